"""The commands as a person or a program calls them: answers, exit statuses, and what bad input leads to."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastArchiveIterator
from warcio.archiveiterator import ArchiveIterator

from tests.loopback import Asked, Loopback, Reply, moved, ok

ROOT = Path(__file__).resolve().parents[1]
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
ITEMS = (
    "到2028年，全区建成湿地保护小区30处，湿地保护率稳定在百分之五十五以上。",
    "各市要把湿地修复列入年度计划，由自然资源部门会同财政部门逐项下达任务并按季度通报进度。",
    "支持企业、社会组织和个人以捐赠、认养等方式参与湿地保护，依法保障其合法权益。",
    "建立湿地监测站网，对水位、水质和鸟类种群开展长期观测，观测数据向社会公开。",
    "鼓励高等学校设立湿地生态实验室，联合培养专业人才，推动成果在基层转化应用。",
)
TEXT = "\n".join(f"{number}. {item}" for number, item in enumerate(ITEMS, 1))


def page(items: tuple[str, ...] = ITEMS, title: str = "湿地保护行动方案") -> bytes:
    paragraphs = "".join(f"<p>{item}</p>" for item in items)
    return (
        f'<html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="nav"><a href="/">首页</a><a href="/a">政务公开</a></div>'
        f'<h1>{title}</h1><div class="TRS_Editor">{paragraphs}</div></body></html>'
    ).encode()


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Variorum:
    """The command on one archive folder."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive

    def start(self, *arguments: str, allow: str = "") -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "service.cli", "--archive", str(self.archive), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"VARIORUM_ALLOW_ADDRESSES": allow},
        )

    def __call__(self, *arguments: str, allow: str = "") -> Answer:
        process = self.start(*arguments, allow=allow)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        return Answer(process.returncode, out, err)

    def submit(self, server: Loopback, *paths: str, delay: str = "0") -> Answer:
        urls = [server.origin + path for path in paths]
        return self("submit", "--json", "--delay", delay, *urls, allow=server.allow)


@pytest.fixture
def variorum(tmp_path: Path) -> Variorum:
    return Variorum(tmp_path / "archive")


@pytest.fixture
def filled(variorum: Variorum, tmp_path: Path) -> Variorum:
    """An archive with one document, ingested from a file."""
    saved = tmp_path / "plan.html"
    saved.write_bytes(page())
    answer = variorum("ingest", str(saved), "--url", "https://example.org/plan.html", "--json")
    assert answer.status == 0, answer.err
    return variorum


def key_of(variorum: Variorum) -> str:
    found = variorum("lookup", "--url", "https://example.org/plan.html", "--json")
    version = found.json["matches"][0]["version"]
    assert isinstance(version, str)
    return version


def harmless(variorum: Variorum) -> None:
    """The archive is as sound as before, and every WARC in it is one for other tools too."""
    answer = variorum("verify", "--json")
    assert answer.json["ok"], answer.out
    for path in (variorum.archive / "warc").glob("*.warc.gz"):
        with path.open("rb") as stream:
            ids = [r.rec_headers.get_header("WARC-Record-ID") for r in ArchiveIterator(stream)]
        with path.open("rb") as stream:
            fast = [record.record_id for record in FastArchiveIterator(stream)]
        assert [one.strip("<>") for one in ids] == [one.strip("<>") for one in fast]
        check = subprocess.run(
            [Path(sys.executable).with_name("warcio"), "check", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert check.returncode == 0, check.stdout


# ---------------------------------------------------------------- what the commands answer


def test_a_page_goes_in_and_a_document_comes_out(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/plan": ok(page())})
    answer = variorum.submit(server, "/plan")
    assert answer.status == 0, answer.err
    (result,) = answer.json["results"]
    assert result["status"] == "archived"
    assert (result["relation"], result["language"]) == ("new", "zh-Hans")
    assert result["title"] == "湿地保护行动方案"
    assert result["document"] == result["version"]
    assert [asked.path for asked in server.log] == ["/robots.txt", "/plan"]
    text = variorum("text", result["version"], "--json").json["text"]
    assert [line for line in text.splitlines() if line in ITEMS] == list(ITEMS)
    assert "政务公开" not in text
    harmless(variorum)


def test_the_same_page_again_is_another_observation_of_the_same_version(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/plan": ok(page())})
    first = variorum.submit(server, "/plan").json["results"][0]
    again = variorum.submit(server, "/plan").json["results"][0]
    assert again["relation"] == "same"
    assert again["version"] == first["version"]
    assert again["capture"] != first["capture"]
    shown = variorum("show", first["document"], "--json").json
    (version,) = shown["versions"]
    (witness,) = version["witnesses"]
    assert len(witness["captures"]) == 2
    assert version["first_seen"] < version["last_seen"]
    assert stored_types(variorum).count("revisit") == 2  # the page, and robots.txt


def test_a_changed_number_is_a_new_version_and_the_diff_names_it(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    pages = {"/plan": ok(page())}
    server = serve(pages)
    first = variorum.submit(server, "/plan").json["results"][0]
    pages["/plan"] = ok(page((ITEMS[0].replace("30处", "50处"), *ITEMS[1:])))
    second = variorum.submit(server, "/plan").json["results"][0]
    assert second["relation"] == "version"
    assert second["document"] == first["document"]
    (change,) = variorum("diff", first["version"], second["version"], "--json").json["changes"]
    assert (change["op"], change["a_text"], change["b_text"]) == ("replace", "30", "50")
    pages["/plan"] = ok(page())
    third = variorum.submit(server, "/plan").json["results"][0]
    assert third["version"] == first["version"], "A -> B -> A returns to the version of A"
    shown = variorum("show", first["document"], "--json").json
    assert [version["number"] for version in shown["versions"]] == [1, 2]


def test_lookup_finds_a_version_by_every_kind_of_key(filled: Variorum, tmp_path: Path) -> None:
    shown = filled("show", key_of(filled), "--json").json
    version = shown["versions"][0]
    witness = version["witnesses"][0]
    keys = [
        version["fingerprint"],
        version["fingerprint"][:10],
        version["version"],
        version["version"][:8],
        version["iscc"],
        witness["payload_digest"],
    ]
    for key in keys:
        answer = filled("lookup", key, "--json")
        assert answer.status == 0, (key, answer.err)
        assert answer.json["matches"][0]["version"] == version["version"], key


def test_lookup_finds_a_document_by_a_pasted_passage(filled: Variorum, tmp_path: Path) -> None:
    pasted = tmp_path / "pasted.txt"
    pasted.write_text(ITEMS[1] + ITEMS[2], encoding="utf-8")
    match = filled("lookup", "--text", str(pasted), "--json").json["matches"][0]
    assert match["version"] == key_of(filled)
    assert match["relation"] == "excerpt"
    assert match["evidence"]["because"]


def test_the_fingerprint_of_an_unseen_text_finds_its_near_copy(
    filled: Variorum, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_text("\n".join(ITEMS).replace("30处", "31处"), encoding="utf-8")
    unseen = filled("fingerprint", str(copy), "--json").json["fingerprint"]
    match = filled("lookup", unseen, "--json").json["matches"][0]
    assert match["version"] == key_of(filled)
    assert match["relation"] == "similar"


def test_lookup_at_a_moment_gives_what_stood_there_then(filled: Variorum, tmp_path: Path) -> None:
    url = "https://example.org/plan.html"
    later = tmp_path / "later.html"
    later.write_bytes(page((ITEMS[0].replace("30处", "50处"), *ITEMS[1:])))
    answer = filled("ingest", str(later), "--url", url, "--at", "2099-01-01", "--json")
    newest = answer.json["results"][0]["version"]
    at = lambda moment: filled("lookup", "--url", url, "--at", moment, "--json")  # noqa: E731
    assert at("2099-06-01").json["matches"][0]["version"] == newest
    assert at("2098-01-01").json["matches"][0]["version"] != newest
    assert at("1999-01-01").status == 1


def test_fingerprint_needs_no_archive(tmp_path: Path) -> None:
    saved = tmp_path / "plan.txt"
    saved.write_text(TEXT, encoding="utf-8")
    answer = Variorum(tmp_path / "nowhere")("fingerprint", str(saved), "--json")
    assert set(answer.json) == {"fingerprint", "exact", "iscc", "recipe", "language"}
    assert answer.json["exact"] in answer.json["fingerprint"]
    assert not (tmp_path / "nowhere").exists()


def test_the_index_made_again_answers_the_same(filled: Variorum) -> None:
    before = filled("show", key_of(filled), "--json").json
    for path in filled.archive.glob("index.sqlite*"):
        path.unlink()
    assert filled("stats").status == 3
    rebuilt = filled("rebuild-index", "--json")
    assert rebuilt.json == {"captures": 1, "documents": 1, "versions": 1}
    assert filled("show", key_of(filled), "--json").json == before


def test_a_redirect_is_archived_and_the_result_bears_the_address_asked_for(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/old": moved("/plan"), "/plan": ok(page())})
    (result,) = variorum.submit(server, "/old").json["results"]
    assert result["url"].endswith("/old")
    assert result["document"]
    statuses = [
        r.http_headers.get_statuscode() for r in stored(variorum) if r.rec_type == "response"
    ]
    assert statuses == ["200", "302", "200"]


def test_importing_a_warc_files_its_pages_and_a_second_time_changes_nothing(
    filled: Variorum, tmp_path: Path
) -> None:
    (warc,) = (filled.archive / "warc").glob("*.warc.gz")
    other = Variorum(tmp_path / "other")
    answer = other("import", str(warc), "--json")
    assert answer.status == 0, answer.err
    assert answer.json["files"][0]["captures"] == 1
    assert answer.json["results"][0]["version"] == key_of(filled)
    again = other("import", str(warc), "--json")
    assert again.status == 0
    assert other("stats", "--json").json["captures"] == 1


# ---------------------------------------------------------------- bad input


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


def test_a_closed_port_is_said_to_be_closed(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/": ok(b"")})
    server.__exit__(None, None, None)
    answer = variorum.submit(server, "/plan")
    assert answer.status == 1
    assert answer.json["results"][0]["status"] == "failed"
    assert answer.json["results"][0]["reason"].endswith(".")
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
    from archive.errors import AmbiguousKey  # noqa: PLC0415 - the message is what is tested

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
    def slow(_: Asked) -> Reply:
        return Reply(pieces=(ok(page()),), pause_seconds=3.0)

    server = serve({"/slow": slow, "/plan": ok(page())})
    first = variorum.start("submit", "--json", f"{server.origin}/slow", allow=server.allow)
    wait_for(lambda: any(asked.path == "/slow" for asked in server.log))
    second = variorum.submit(server, "/plan")
    out, _ = first.communicate(timeout=60)
    assert second.status == 4
    assert "is being written by process" in second.err
    assert first.returncode == 0
    assert json.loads(out)["results"][0]["document"]
    harmless(variorum)


def test_ctrl_c_in_the_middle_keeps_what_was_archived(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    def never(_: Asked) -> Reply:
        return Reply(pieces=(b"HTTP/1.1 200 OK\r\n",), after="hang")

    server = serve({"/plan": ok(page()), "/never": never})
    urls = (f"{server.origin}/plan", f"{server.origin}/never")
    process = variorum.start("submit", "--json", "--delay", "0", *urls, allow=server.allow)
    wait_for(lambda: any(asked.path == "/never" for asked in server.log))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
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


# ---------------------------------------------------------------- reading the archive from outside


def stored(variorum: Variorum) -> list[Any]:
    records = []
    for path in sorted((variorum.archive / "warc").glob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(io.BytesIO(stream.read())):
                record.content_stream().read()
                records.append(record)
    return records


def stored_types(variorum: Variorum) -> list[str]:
    return [record.rec_type for record in stored(variorum)]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen within 30 s"
        time.sleep(0.02)
