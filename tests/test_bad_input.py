"""Bad input: each ends in a clear sentence, the right exit status, and an unharmed archive."""

import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.errors import AmbiguousKey
from tests.commands import Variorum, harmless, page
from tests.loopback import Asked, Loopback, Reply, ok

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.mark.parametrize("address", ["ftp://example.org/a", "example.org", "http://", "no address"])
def test_what_is_no_web_address_is_a_usage_error(variorum: Variorum, address: str) -> None:
    answer = variorum("submit", address)
    assert answer.status == 2
    assert "not an http or https address" in answer.err
    assert not variorum.archive.exists(), "nothing was begun"


def test_an_unknown_host_is_said_to_be_unknown(variorum: Variorum) -> None:
    answer = variorum("submit", "--json", "http://no-such-host.invalid/plan")
    (result,) = answer.json["results"]
    assert answer.status == 1
    assert result["status"] == "failed"
    assert "no-such-host.invalid" in result["reason"]
    harmless(variorum)


def test_a_closed_port_is_said_to_be_closed(variorum: Variorum) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/plan"
    answer = variorum("submit", "--json", "--delay", "0", url, allow=f"127.0.0.1/32:{port}")
    (result,) = answer.json["results"]
    assert answer.status == 1
    assert result["status"] == "failed"
    assert f"127.0.0.1:{port}" in result["reason"]
    assert result["reason"].endswith(".")
    harmless(variorum)


@pytest.mark.parametrize(
    ("reply", "status", "sentence"),
    [
        (ok(b"<p>not here</p>", status="404 Not Found"), "refused", "404"),
        (ok(b"<p>oops</p>", status="500 Internal Server Error"), "refused", "500"),
        (ok(b""), "refused", "empty"),
        (ok(PNG, "Content-Type: image/png"), "archived", ""),
        (ok(b"<html><body><img src=a.png></body></html>"), "archived", "text"),
    ],
    ids=["404", "500", "empty body", "a PNG", "a page without text"],
)
def test_an_answer_without_a_document_is_kept_with_the_reason(
    variorum: Variorum,
    serve: Callable[..., Loopback],
    reply: bytes,
    status: str,
    sentence: str,
) -> None:
    server = serve({"/plan": reply})
    answer = variorum.submit(server, "/plan")
    (result,) = answer.json["results"]
    assert answer.status == 1
    assert result["status"] == status
    assert result["document"] is None
    assert sentence in result["reason"]
    assert result["reason"].endswith(".")
    assert result["capture"], "the bytes are kept"
    harmless(variorum)


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("aaaaaaaaaaaa", 1),
        ("a" * 52, 1),
        ("sha256:" + "A" * 52, 1),
        ("../../etc/passwd", 2),
        ("abc", 2),
        ("", 2),
    ],
)
@pytest.mark.parametrize("command", ["lookup", "show", "text"])
def test_a_key_that_leads_nowhere_is_answered_with_a_sentence(
    filled: Variorum, command: str, key: str, status: int
) -> None:
    answer = filled(command, key)
    assert answer.status == status
    assert answer.err.startswith("variorum: ")


def test_an_ambiguous_prefix_names_what_it_could_be(variorum: Variorum, tmp_path: Path) -> None:
    message = str(AmbiguousKey("abcdefgh", ("abcdefghij" * 5, "abcdefghik" * 5)))
    assert "abcdefghij" in message
    assert "abcdefghik" in message


def test_a_folder_that_is_no_archive_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for arguments in (("stats",), ("submit", "http://example.org/"), ("rebuild-index",)):
        answer = Variorum(tmp_path)(*arguments)
        assert answer.status == 3
        assert "not a Variorum archive" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_archive_of_a_newer_format_is_not_touched(filled: Variorum) -> None:
    mark = filled.archive / "variorum.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"format": 99}), encoding="utf-8")
    answer = filled("stats")
    assert answer.status == 3
    assert "Upgrade Variorum" in answer.err


def test_a_file_that_is_no_warc_is_reported(variorum: Variorum, tmp_path: Path) -> None:
    letter = tmp_path / "letter.warc.gz"
    letter.write_text("Dear archive", encoding="utf-8")
    answer = variorum("import", str(letter), "--json")
    assert answer.status == 1
    (problem,) = answer.json["files"][0]["problems"]
    assert problem["code"] == "not-a-warc"


def test_a_warc_cut_in_the_middle_gives_what_is_whole_and_says_what_is_not(
    filled: Variorum, tmp_path: Path
) -> None:
    (warc,) = (filled.archive / "warc").glob("*.warc.gz")
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(warc.read_bytes()[:-40])
    other = Variorum(tmp_path / "other")
    answer = other("import", str(torn), "--json")
    assert answer.status == 1
    (file,) = answer.json["files"]
    assert file["captures"] == 1
    assert [problem["code"] for problem in file["problems"]] == ["torn-tail"]
    harmless(other)


def test_two_processes_that_write_at_once_do_not_harm_each_other(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_: Asked) -> bytes:
        asked.set()
        go_on.wait(600)
        return ok(page())

    server = serve({"/slow": slow, "/plan": ok(page())})
    first = variorum.start(
        "submit", "--json", "--timeout", "60", f"{server.origin}/slow", allow=server.allow
    )
    assert asked.wait(600)
    second = variorum.submit(server, "/plan")
    go_on.set()
    out, _ = first.communicate(timeout=600)
    assert second.status == 4
    assert "is being written by process" in second.err
    assert first.returncode == 0
    assert json.loads(out)["results"][0]["document"]
    harmless(variorum)


def test_ctrl_c_in_the_middle_keeps_what_was_archived(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    asked = threading.Event()

    def never(_: Asked) -> Reply:
        asked.set()
        return Reply(pieces=(b"HTTP/1.1 200 OK\r\n",), after="hang")

    server = serve({"/plan": ok(page()), "/never": never})
    urls = (f"{server.origin}/plan", f"{server.origin}/never")
    process = variorum.start("submit", "--json", "--delay", "0", *urls, allow=server.allow)
    assert asked.wait(600)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    by_url = {result["url"]: result for result in json.loads(out)["results"]}
    assert by_url[urls[0]]["document"]
    assert by_url[urls[1]]["status"] == "failed"
    harmless(variorum)


def test_help_is_there_for_every_command(variorum: Variorum) -> None:
    listed = variorum("--help").out
    for command in ("submit", "ingest", "import", "lookup", "show", "diff", "verify", "stats"):
        assert command in listed
        assert variorum(command, "--help").status == 0
