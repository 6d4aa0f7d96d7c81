"""Coming back to a page: what is asked, what a 304 is kept as, and what it counts for."""

import copy
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.imports import import_warc
from archive.records import Capture, Exchange
from archive.store import Archive
from archive.validators import validators_of, validators_sent
from archive.verify import verify_fully
from crawlers.memory import ArchiveMemory, Visit
from crawlers.returning import FULL_AFTER_DAYS, MOST_CONFIRMED, is_due_in_full
from pipelines.direct import process
from pipelines.flow import is_page
from tests.commands import page
from tests.crawl_driver import Report
from tests.loopback import Asked, Loopback, Page, moved, ok
from tests.samples import PAGE, START, answer, dump, exchange, warcs
from tests.warc_tools import demand_that_tools_agree, records

Crawl = Callable[..., Report]
Serve = Callable[..., Loopback]
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
ETAG = b'"v1"'
DATE = b"Tue, 03 Mar 2026 10:00:00 GMT"
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nX-Cache: HIT\r\n\r\n'
ASKING = b'GET /plan.html HTTP/1.1\r\nHost: ministry.example\r\nIf-None-Match: "v1"\r\n\r\n'


def first(body: bytes = b"<p>plan</p>", *, url: str = PAGE, after: float = 0) -> Exchange:
    return exchange(body, b"ETag: " + ETAG, url=url, after=after)


def unchanged(after: float, *, url: str = PAGE, request: bytes = ASKING) -> Exchange:
    return replace(exchange(response=UNCHANGED, url=url, after=after), request=request)


def validating(body: bytes, *headers: str) -> Page:
    """A page that answers 304 to whoever sends back one of its headers' values."""
    sent_back = [line.partition(": ")[2].encode() for line in headers]

    def answered(asked: Asked) -> bytes:
        if any(value in asked.request for value in sent_back):
            return b"HTTP/1.1 304 Not Modified\r\n" + headers[0].encode() + b"\r\n\r\n"
        return ok(body, *headers)

    return answered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        (('ETag: "v1"',), b'If-None-Match: "v1"\r\n'),
        (('ETag: W/"v1"',), b'If-None-Match: W/"v1"\r\n'),
        ((f"Last-Modified: {DATE.decode()}",), b"If-Modified-Since: " + DATE + b"\r\n"),
    ],
)
def test_a_page_that_is_known_is_asked_whether_it_has_changed(
    serve: Serve, crawl: Crawl, folder: Path, headers: tuple[str, ...], sent: bytes
) -> None:
    server = serve({"/plan": validating(b"<p>plan</p>", *headers)})
    for _ in range(3):
        crawl(server.origin + "/plan", allow=server.allow, archive=folder)
    requests = [asked.request for asked in server.asked("/plan")]
    assert [sent in request for request in requests] == [False, True, True]
    assert all(b"\r\nIf-" not in asked.request for asked in server.asked("/robots.txt"))
    with Archive.open(folder) as archive:
        captures = archive.index.captures_at(server.origin + "/plan")
        assert [(each.kind, each.status) for each in captures] == [
            ("response", 200), ("revisit", 304), ("revisit", 304),
        ]  # fmt: skip
        assert {each.refers_to for each in captures[1:]} == {captures[0].id}  # never a chain
        assert all(archive.body(each).data == b"<p>plan</p>" for each in captures)
        assert verify_fully(archive).problems == ()
    demand_that_tools_agree(folder)


def test_a_page_without_validators_and_one_that_changed_are_kept_whole(
    serve: Serve, crawl: Crawl, folder: Path
) -> None:
    texts = iter((b"<p>one</p>", b"<p>two</p>"))
    pages: dict[str, Page] = {
        "/bare": ok(b"<p>bare</p>"),
        "/changing": lambda _: ok(body := next(texts), f'ETag: "{body.decode()[3:6]}"'),
    }
    server = serve(pages)
    for _ in range(2):
        crawl(*[server.origin + path for path in pages], allow=server.allow, archive=folder)
    assert b"\r\nIf-" not in server.asked("/bare")[1].request
    assert b'If-None-Match: "one"' in server.asked("/changing")[1].request
    with Archive.open(folder) as archive:
        changed = archive.index.captures_at(server.origin + "/changing")[-1]
        assert (changed.kind, archive.body(changed).data) == ("response", b"<p>two</p>")


def test_a_redirect_does_not_take_the_validators_of_one_page_to_another(
    serve: Serve, crawl: Crawl, folder: Path
) -> None:
    server = serve({"/old": ok(b"<p>a</p>", 'ETag: "old"'), "/new": ok(b"<p>b</p>", 'ETag: "new"')})
    crawl(server.origin + "/old", server.origin + "/new", allow=server.allow, archive=folder)
    server.pages = {"/old": moved("/new"), "/new": ok(b"<p>b</p>", 'ETag: "new"')}
    crawl(server.origin + "/old", allow=server.allow, archive=folder)
    assert b'If-None-Match: "old"' in server.asked("/old")[1].request
    assert b'If-None-Match: "new"' in server.asked("/new")[1].request
    assert b'"old"' not in server.asked("/new")[1].request


def test_a_server_that_says_304_for_ever_is_found_out(
    serve: Serve, crawl: Crawl, folder: Path
) -> None:
    server = serve({"/plan": ok(b"<p>a new text under the old name</p>", 'ETag: "v1"')})
    url = server.origin + "/plan"
    now = datetime.now(UTC)
    with Archive.open(folder, write=True) as archive:
        for n in range(MOST_CONFIRMED[1] + 1):
            kept = first(url=url) if n == 0 else unchanged(0, url=url)
            archive.keep(replace(kept, fetched_at=now - timedelta(minutes=60 - n)))
    crawl(url, allow=server.allow, archive=folder)
    assert b"If-None-Match" not in server.asked("/plan")[0].request
    with Archive.open(folder) as archive:
        assert b"new text" in archive.body(archive.index.captures_at(url)[-1]).data


def visit(*, days: float, confirmed: int = 0) -> Visit:
    moment = START - timedelta(days=days)
    return Visit(
        capture="", seen_at=START, fetched_at=moment, etag="x", last_modified=None,
        confirmed=confirmed,
    )  # fmt: skip


@given(st.text())
def test_every_page_has_its_turn_to_be_fetched_in_full(url: str) -> None:
    least, most = MOST_CONFIRMED
    soonest, latest = FULL_AFTER_DAYS
    turns = [is_due_in_full(visit(days=0, confirmed=n), START, url) for n in range(most + 1)]
    assert turns == sorted(turns)
    assert not any(turns[:least])
    assert turns[-1]
    assert not is_due_in_full(visit(days=soonest - 0.01), START, url)
    assert is_due_in_full(visit(days=latest), START, url)


def test_the_turns_of_many_pages_are_spread() -> None:
    due = [is_due_in_full(visit(days=0, confirmed=7), START, f"{PAGE}?{n}") for n in range(400)]
    assert 100 < sum(due) < 300


def test_a_304_is_kept_as_the_confirmation_of_what_it_confirms(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        original = archive.keep(first())
        confirmation = archive.keep(unchanged(5))
    asked, heard, kept = (found.record for found in records(folder)[3:])
    assert (asked.type, asked.block) == ("request", ASKING)
    assert asked.header("WARC-Concurrent-To") == f"<urn:uuid:{confirmation.id}>"
    assert (heard.type, heard.block) == ("metadata", UNCHANGED)
    assert heard.header("Content-Type") == "application/http; msgtype=response"
    assert heard.header("WARC-Concurrent-To") == f"<urn:uuid:{confirmation.id}>"
    assert heard.header("WARC-Target-URI") is None  # or replay would take it for a page
    assert (kept.type, kept.block) == ("revisit", b"")
    assert kept.header("WARC-Profile") == NOT_MODIFIED
    assert kept.header("WARC-Refers-To") == f"<urn:uuid:{original.id}>"
    assert kept.header("WARC-Refers-To-Target-URI") == PAGE
    assert kept.header("WARC-Refers-To-Date") == "2026-03-04T05:06:07.890123Z"
    assert kept.header("WARC-Payload-Digest") == original.payload_digest
    assert confirmation.entity_digest == original.entity_digest
    demand_that_tools_agree(folder)
    rows = dump(folder)
    Archive.rebuild(folder).close()
    assert dump(folder) == rows


def test_the_original_is_what_holds_the_bytes_also_when_another_address_does(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        elsewhere = archive.keep(first(url=f"{PAGE}?elsewhere"))
        typed = answer(b"<p>plan</p>", b"ETag: " + ETAG).replace(b"utf-8", b"gbk")
        here = archive.keep(exchange(response=typed, after=1))
        confirmation = archive.keep(unchanged(2))
        assert (here.kind, here.refers_to) == ("revisit", elsewhere.id)
        assert confirmation.refers_to == elsewhere.id
        assert confirmation.media_type == "text/html; charset=gbk"  # as this address served it
        assert verify_fully(archive).problems == ()


NOT_TRUE = {
    "nobody asked": unchanged(9, request=ASKING.replace(b"If-None-Match", b"X-Other")),
    "asked for another state": unchanged(9, request=ASKING.replace(b"v1", b"v2")),
    "asked with one validator too many": unchanged(
        9, request=ASKING.replace(b"\r\n\r\n", b"\r\nIf-Modified-Since: " + DATE + b"\r\n\r\n")
    ),
    "of an unknown page": unchanged(9, url=f"{PAGE}?unknown"),
    "not a GET": unchanged(9, request=ASKING.replace(b"GET", b"POST")),
    "cut off": replace(unchanged(9), truncated="disconnect"),
    "with a body": replace(unchanged(9), response=UNCHANGED + b"<p>plan</p>"),
    "without a request": unchanged(9, request=b""),
}


@pytest.mark.parametrize("kind", NOT_TRUE)
def test_any_other_304_is_an_answer_like_every_error_and_has_no_text(
    folder: Path, kind: str
) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.keep(first())
        kept = archive.keep(NOT_TRUE[kind])
        assert (kept.kind, kept.status) == ("response", 304)
        assert not is_page(kept)
        outcome = process(archive, kept)
        assert outcome.filed is None
        assert outcome.refusal is not None
        assert "304" in outcome.refusal.reason
        assert archive.record(kept.place).block == NOT_TRUE[kind].response
        assert verify_fully(archive).problems == ()


def test_the_page_is_seen_again_at_the_moment_of_the_304(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        process(archive, archive.keep(first(page())))
        confirmation = archive.keep(unchanged(3600))
        assert is_page(confirmation)
        assert confirmation in archive.index.unread()  # what a crash left undone is found
        outcome = process(archive, confirmation)
        assert outcome.filed is not None
        assert outcome.filed.relation == "same"
        (version,) = archive.index.all_versions()
        assert version.last_seen == START + timedelta(hours=1)
        (witness,) = archive.index.witnesses(version.key)
        assert [each.status for each in witness.captures] == [200, 304]
        rows = list(archive.index.dump())
    Archive.rebuild(folder).close()
    assert dump(folder) == rows


def test_another_archive_takes_a_confirmation_over(folder: Path, tmp_path: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.keep(first())
        archive.keep(unchanged(5))
    taken: list[Capture] = []
    with Archive.open(tmp_path / "other", write=True) as other:
        report = import_warc(other, warcs(folder)[0], taken.append)
        assert report.problems == ()
        assert [(each.kind, each.status) for each in taken] == [("response", 200), ("revisit", 304)]
        assert other.body(taken[1]).data == b"<p>plan</p>"
        assert verify_fully(other).problems == ()


def test_the_memory_knows_the_newest_whole_answer_and_when_it_was_last_confirmed(
    folder: Path,
) -> None:
    memory = ArchiveMemory(folder)
    assert copy.deepcopy(memory) is memory  # Scrapy copies its settings
    with closing(memory), Archive.open(folder, write=True) as archive:
        assert memory.visit(PAGE) is None
        kept = archive.keep(first())
        found = memory.visit(PAGE)  # over its own connection, while the writer is at work
        assert found is not None
        assert (found.capture, found.etag, found.last_modified) == (kept.id, '"v1"', None)
        assert found.seen_at == found.fetched_at == START
        archive.keep(unchanged(60))
        archive.keep(exchange(response=answer(b"oops", status=b"500 Oops"), after=70))
        archive.keep(replace(first(b"<p>pl", after=80), truncated="length"))
        found = memory.visit(PAGE)
        assert found is not None
        assert (found.capture, found.confirmed) == (kept.id, 1)
        assert found.fetched_at == START
        assert found.seen_at == START + timedelta(seconds=60)
        newer = archive.keep(first(b"<p>newer</p>", after=90))
        found = memory.visit(PAGE)
        assert found is not None
        assert (found.capture, found.confirmed) == (newer.id, 0)


@pytest.mark.parametrize("etag", [b'"a\x00b"', b'"' + b"x" * 5000 + b'"', b""])
def test_a_validator_that_cannot_be_sent_back_is_left_out(etag: bytes) -> None:
    assert not validators_of(answer(b"x", b"ETag: " + etag))


def test_validators_are_read_from_requests_whatever_their_spelling() -> None:
    sent = validators_sent(b'GET / HTTP/1.1\r\nif-NONE-match:"a"\r\n\r\n')
    assert (sent.etag, sent.last_modified) == ('"a"', None)


@pytest.fixture(scope="module")
def pywb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of pywb, in an environment of their own: beside Scrapy they would break it."""
    place = tmp_path_factory.mktemp("pywb") / "venv"
    for command in (
        [sys.executable, "-m", "venv", str(place)],
        [str(place / "bin" / "pip"), "install", "--quiet", "pywb"],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            pytest.skip(f"pywb cannot be installed here: {made.stderr[-300:]}")
    return place / "bin"


@pytest.fixture
def replayed(pywb: Path, folder: Path, tmp_path: Path) -> Iterator[Callable[[str], bytes]]:
    """Gives what pywb replays for `20260304050607/https://...`, of the archive as it is by then."""
    running: list[subprocess.Popen[bytes]] = []
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    def replay(memento: str) -> bytes:
        if not running:
            for command in (["init", "c"], ["add", "c", *map(str, warcs(folder))]):
                subprocess.run(
                    [pywb / "wb-manager", *command], cwd=tmp_path, check=True, capture_output=True
                )
            serving = [str(pywb / "wayback"), "--bind", "127.0.0.1", "-p", str(port)]
            quiet = subprocess.DEVNULL
            running.append(subprocess.Popen(serving, cwd=tmp_path, stdout=quiet, stderr=quiet))
        moment, _, url = memento.partition("/")
        address = f"http://127.0.0.1:{port}/c/{moment}id_/{url}"
        for _ in range(200):
            try:
                with urllib.request.urlopen(address, timeout=600) as opened:
                    assert opened.status == 200
                    body = opened.read()
                    assert isinstance(body, bytes)
                    return body
            except ConnectionRefusedError:
                time.sleep(0.1)
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError):
                    raise
                time.sleep(0.1)
        raise AssertionError("pywb does not answer")

    yield replay
    for server in running:
        server.terminate()
        server.wait(600)


def test_pywb_replays_the_page_at_the_moment_of_the_304(
    folder: Path, replayed: Callable[[str], bytes]
) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.keep(first(b"<p>the first text</p>"))
        archive.keep(unchanged(86400))
        archive.keep(first(b"<p>the first text</p>", url=f"{PAGE}?copy", after=10))
        archive.keep(unchanged(86410, url=f"{PAGE}?copy"))
    for memento in (
        f"20260304050607/{PAGE}",
        f"20260305050607/{PAGE}",
        f"20260305050617/{PAGE}?copy",
    ):
        assert replayed(memento) == b"<p>the first text</p>", memento
