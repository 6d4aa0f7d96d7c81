"""A hostile web, crawled by `variorum crawl`: the listed cases that are fast, and kinds of our own."""

import gzip
import os
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from archive.store import Archive
from archive.verify import verify_fully
from benchmarks import corpus
from benchmarks.hostile import ROOM_BYTES, Trial, World, world
from benchmarks.processes import watched
from tests.commands import Answer, Variorum
from tests.loopback import Asked, Loopback, Page, Reply, keep_alive, moved, ok
from tests.replica_pages import html, xml
from tests.replicas import row_text
from tests.test_crawl_site import asked, document, documents
from tests.warc_listing import demand_that_others_list_the_same

Serve = Callable[..., Loopback]
SCRIPT = corpus.folder("measure") / "hostile_server.py"
LISTED = pytest.mark.skipif(
    not SCRIPT.exists(), reason=f"{SCRIPT.name} is not beside this checkout"
)
# Not in the index of the server, and over in seconds.
ALONE = (
    "/ce/bomb-gzip", "/ce/bomb-br", "/ce/bomb-nested", "/fr/headers-endless", "/endless/chunked",
    "/big/9mb", "/xml/sitemap.xml.gz", "/robots/delay", "/robots/regex",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile() -> Iterator[World]:
    with world() as there:
        yield there


@LISTED
@pytest.mark.timeout(900)
def test_every_case_that_is_linked_has_its_listed_outcome_in_one_crawl(
    hostile: World, tmp_path: Path
) -> None:
    trial = Trial(hostile, tmp_path)
    trial.begin()
    results = trial.crawl(pages=len([case for case in hostile.cases if case["in_index"]]) + 20)
    trial.submit([case for case in hostile.cases if case["path"] in ALONE])
    report = trial.end()
    assert [(each.path, each.wrong, each.why) for each in report.broken] == []
    # Pictures are no documents, and a crawl leaves them where they are.
    left = {case["path"] for case in trial.unasked() if case["in_index"]}
    assert left <= {"/doc/png-bomb.png"}
    assert len(results) > 130
    assert report.canary == 0
    assert report.growth_bytes < ROOM_BYTES
    assert report.sound
    demand_that_others_list_the_same(trial.archive)


# ---------------------------------------------------------------- kinds that the server has not

BOMB = gzip.compress(bytes(256 << 20), 1)
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">'
    '<!ENTITY n SYSTEM "{canary}/entity"><!ENTITY % d SYSTEM "{canary}/dtd">%d;]>'
    '<rss version="2.0"><channel><title>&f;</title><item><title>&n;</title>'
    "<link>/doc/2.html</link></item></channel></rss>"
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def endless(piece: bytes, first: bytes = b"", pause_seconds: float = 0.0) -> Page:
    """Sends until the other side hangs up."""

    def answer(_: Asked) -> Reply:
        pieces: Any = chain((first,), repeat(piece))
        return Reply(pieces=pieces, pause_seconds=pause_seconds)

    return answer


NASTY: dict[str, Page] = {
    "/old-http": b"<html><body>HTTP/0.9 has no status line, and neither has this.</body></html>",
    "/early-hints": endless(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 99),
    "/continue": endless(b"HTTP/1.1 100 Continue\r\n\r\n", pause_seconds=0.05),
    "/many-headers": HEAD + b"X-More: yes\r\n" * 100_000 + b"Content-Length: 1\r\n\r\nx",
    "/long-header": HEAD + b"X-Long: " + b"y" * (1 << 20) + b"\r\nContent-Length: 1\r\n\r\nx",
    "/drip": Reply(pieces=(HEAD + b"Content-Length: 9999\r\n\r\n", *[b"x"] * 60), pause_seconds=1.0),
    "/drip-head": Reply(pieces=tuple(bytes([each]) for each in HEAD), pause_seconds=1.0),
    "/endless": endless(b"<p>more</p>" * 999, HEAD + b"\r\n"),
    "/huge-length": HEAD + b"Content-Length: 999999999999999999\r\n\r\n<p>x</p>",
    "/two-answers": ok(b"<p>one</p>") + ok(b"<p>two, which nobody asked for</p>"),
    "/bomb": ok(BOMB, "Content-Encoding: gzip"),
    "/backwards": moved("//"),
    "/self": Reply(pieces=(moved("/self?" + "a" * 7000),)),
}  # fmt: skip


def index_of_itself(asked: Asked) -> Page:
    entry = "<sitemap><loc>{}</loc></sitemap>"
    more = entry.format("/index.xml") + entry.format(
        f"{asked.path.partition('?')[0]}?n={time.time_ns()}"
    )
    return xml(f"<sitemapindex>{more}{entry.format('/bomb.xml.gz')}</sitemapindex>")


class Endless(dict[str, Page]):
    """Sitemaps under every name."""

    def get(self, path: str, default: Any = None) -> Any:
        return index_of_itself if path.startswith("/index.xml") else super().get(path, default)


def crawled(variorum: Variorum, row: dict[str, Any], allow: str, *options: str) -> Answer:
    file = variorum.archive.with_name("sites.toml")
    usual = {"kind": "news", "publisher": "Nobody", "language": "en", "zone": "UTC"}
    file.write_text(row_text("here", usual | row), encoding="utf-8")
    words = ("crawl", "here", "--json", "--delay", "0", "--timeout", "3", "--sites", str(file))
    return variorum(*words, *options, allow=allow)


def around(serve: Serve) -> tuple[Loopback, Loopback, Loopback]:
    """Hosts that lead to each other for ever, and two whose robots.txt has no end."""
    ping, pong = serve({}, host="127.0.0.3"), serve({}, host="127.0.0.4")
    ping.pages, pong.pages = {"/": moved(f"{pong.origin}/")}, {"/": moved(f"{ping.origin}/")}
    streams = serve(
        {"/robots.txt": endless(b"# no end\n" * 999, HEAD + b"\r\n"), "/doc/3.html": document(3)},
        host="127.0.0.5",
    )
    drips = serve(
        {"/robots.txt": Reply(pieces=(HEAD + b"\r\n", *[b"#"] * 60), pause_seconds=1.0)},
        host="127.0.0.6",
    )
    return ping, streams, drips


@pytest.mark.timeout(600)
def test_no_server_of_ours_breaks_a_crawl_either(variorum: Variorum, serve: Serve) -> None:
    canary = serve({}, host="127.0.0.1")
    ping, streams, drips = around(serve)
    others = [f"{ping.origin}/", f"{streams.origin}/doc/3.html", f"{drips.origin}/doc/4.html"]
    links = "".join(f'<a href="{url}">x</a>' for url in (*NASTY, "/doc/1.html", *others))
    server = serve(
        Endless(
            documents(range(3))
            | NASTY
            | {
                "/list": html(links),
                "/feed": xml(ENTITIES.format(canary=canary.origin)),
                "/bomb.xml.gz": keep_alive(ok(BOMB, "Content-Type: application/gzip")),
            }
        ),
        host="127.0.0.2",
    )
    row = {
        "hosts": [f"127.0.0.{n}" for n in range(2, 7)], "listings": [f"{server.origin}/list"],
        "sitemaps": [f"{server.origin}/index.xml"], "feeds": [f"{server.origin}/feed"],
        "max_pages": 60,
    }  # fmt: skip
    began = time.monotonic()
    with watched(os.getpid()) as peaks:
        answer = crawled(variorum, row, "127.0.0.2/31,127.0.0.4/30")
    assert answer.status == 0, answer.err
    assert time.monotonic() - began < 240
    assert max(peaks.values()) < ROOM_BYTES + (300 << 20)
    assert canary.log == []
    assert len(asked(server)) < 120, "what leads to itself ends by budget"
    results = {each["url"]: each for each in answer.json["results"]}
    filed = {url for url, each in results.items() if each["document"] and not each["truncated"]}
    good = {f"{server.origin}/doc/{n}.html" for n in (1, 2)} | {f"{streams.origin}/doc/3.html"}
    assert good <= filed
    for path in NASTY.keys() - {"/two-answers"}:
        result = results[server.origin + path]
        assert result["reason"] or result["truncated"], path
        assert server.origin + path not in filed
    assert "after 10 redirects" in results[f"{ping.origin}/"]["reason"]
    assert "robots.txt" in results[f"{drips.origin}/doc/4.html"]["reason"]
    with Archive.open(variorum.archive) as archive:
        assert archive.index.unread() == ()
        assert verify_fully(archive).problems == ()
    demand_that_others_list_the_same(variorum.archive)


def test_npms_warcio_lists_the_same_records(variorum: Variorum, serve: Serve) -> None:
    """Told apart from the tests above, so that its absence is seen."""
    server = serve(documents(range(4)))
    paths = [f"/doc/{n}.html" for n in (0, 1, 2, 3, 3)]
    variorum.submit(server, *paths, "/missing")
    variorum.submit(server, *paths)
    if missing := demand_that_others_list_the_same(variorum.archive):
        pytest.skip(missing)


@pytest.mark.timeout(600)
def test_a_list_of_a_hundred_thousand_links_costs_what_its_budget_allows(
    variorum: Variorum, serve: Serve
) -> None:
    pages = documents(range(5))
    links = "".join(f'<a href="/doc/{n}.html">{n}</a>' for n in range(100_000))
    server = serve(pages | {"/list": keep_alive(ok(f"<html>{links}</html>".encode()))})
    row = {"listings": [f"{server.origin}/list"], "max_pages": 6}
    with watched(os.getpid()) as peaks:
        answer = crawled(variorum, row, server.allow)
    assert answer.status == 0, answer.err
    assert max(peaks.values()) < ROOM_BYTES + (300 << 20)
    assert len(asked(server)) == 6
    left = answer.json["left"]
    assert left["count"] == 100_000 - 5, "nothing that was found is lost in silence"
    assert len(left["addresses"]) == 1000
