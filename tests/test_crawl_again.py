"""`variorum crawl SITE` beside everything else: conditional requests, submissions by hand, manners."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from archive.store import Archive
from tests.commands import Variorum, page
from tests.loopback import Asked, Loopback, Page, Reply, keep_alive, moved, ok
from tests.replica_pages import html
from tests.replicas import row_text
from tests.test_crawl_site import asked, crawl, document, documents, filed, listing, small

Serve = Callable[..., Loopback]


def unchanged(answer: Page) -> Page:
    """The page, with an ETag; 304 to who has it."""
    assert isinstance(answer, Reply)
    head, _, body = answer.pieces[0].partition(b"\r\n")
    whole = Reply(pieces=(head + b'\r\nETag: "1"\r\n' + body,), after="keep")

    def answered(asked: Asked) -> Reply:
        if b"\r\nIf-None-Match:" in asked.request:
            return keep_alive(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
        return whole

    return answered


def test_a_list_that_has_not_changed_leads_where_it_led(variorum: Variorum, serve: Serve) -> None:
    server = serve({"/list": unchanged(listing(range(6)))} | documents(range(6)))
    crawl(variorum, server, small(server), "here", "--max-pages", "3")
    answer = crawl(variorum, server, small(server), "here")
    first, second = server.asked("/list")
    assert b"If-None-Match" not in first.request
    assert second.sent.startswith(b"HTTP/1.1 304")
    assert asked(server)[4:] == [f"/doc/{n}.html" for n in range(2, 6)]
    assert answer.json["fresh"] == 2
    assert answer.json["notices"] == []
    with Archive.open(variorum.archive) as archive:
        assert archive.index.unread() == ()


def test_a_list_that_has_not_changed_and_cannot_be_read_is_asked_once_more(
    variorum: Variorum, serve: Serve
) -> None:
    """In between it had moved to where there is nothing: its newest answer leads nowhere."""
    now: dict[str, Page] = {"/list": unchanged(listing(range(2)))} | documents(range(2))
    server = serve(now)
    crawl(variorum, server, small(server), "here", "--max-pages", "1")
    now["/list"] = moved("/elsewhere")
    crawl(variorum, server, small(server), "here")
    now["/list"] = unchanged(listing(range(2)))
    answer = crawl(variorum, server, small(server), "here")
    *_, conditional, full = server.asked("/list")
    assert conditional.sent.startswith(b"HTTP/1.1 304")
    assert full.sent.startswith(b"HTTP/1.1 200")
    assert filed(answer, server) == {"/doc/0.html", "/doc/1.html"}


def test_a_304_that_nobody_asked_for_ends_the_crawl_of_a_list(
    variorum: Variorum, serve: Serve
) -> None:
    server = serve({"/list": keep_alive(b"HTTP/1.1 304 Not Modified\r\n\r\n")})
    answer = crawl(variorum, server, small(server), "here")
    assert len(server.asked("/list")) == 1
    assert [each["code"] for each in answer.json["notices"]] == ["start"]


def test_a_list_of_a_crawl_is_a_document_when_it_is_submitted_by_hand(
    variorum: Variorum, serve: Serve
) -> None:
    told = page().replace(b"</h1>", b'</h1><a href="/doc/1.html">1</a>')
    server = serve({"/list": keep_alive(ok(told))} | documents(range(1, 2)))
    answer = crawl(variorum, server, small(server), "here")
    assert filed(answer, server) == {"/doc/1.html"}
    (result,) = variorum.submit(server, "/list").json["results"]
    assert result["document"], result["reason"]
    (again,) = variorum.submit(server, "/list").json["results"]
    assert again["relation"] == "same"


def test_what_comes_on_the_way_to_an_answer_is_never_filed(
    variorum: Variorum, serve: Serve
) -> None:
    """A robots.txt behind a redirect, and a page in an answer that is not valid HTTP."""
    rules = ok(b"User-agent: *\nAllow: /\n" + b"# as everybody may read here\n" * 20)
    server = serve({
        "/robots.txt": moved("/rules"),
        "/rules": keep_alive(rules),
        "/doc/1.html": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
        b"Content-Length: 10\r\nContent-Length: 999\r\n\r\n" + page(),
    })  # fmt: skip
    (result,) = variorum.submit(server, "/doc/1.html").json["results"]
    assert not result["document"]
    assert variorum("stats", "--json").json["documents"] == 0
    saved = variorum.archive.with_name("other.html")
    saved.write_bytes(page())
    variorum("ingest", str(saved), "--url", "https://example.org/other.html")  # catches up first
    assert variorum("stats", "--json").json["documents"] == 1


def shaky(answers: list[bytes]) -> Page:
    """These answers in turn, then the last one for ever."""

    def answered(_: Asked) -> Reply:
        return keep_alive(answers.pop(0) if len(answers) > 1 else answers[0])

    return answered


def test_the_log_of_every_host_of_a_site_shows_manners(
    variorum: Variorum, serve: Serve, tmp_path: Path
) -> None:
    """Redirects between hosts, attempts that are repeated, a 429 that says how long, slow pages."""
    delay = 0.25
    hosts: list[Loopback] = []
    for n in range(3):
        text = document(n)
        assert isinstance(text, Reply)
        told = text.pieces[0]
        away: Page = lambda _, n=n: moved(f"{hosts[(n + 1) % 3].origin}/doc/7.html")  # noqa: E731
        busy = ok(b"busy", "Retry-After: 2", status="429 Too Many Requests")
        pages: dict[str, Page] = {
            "/doc/1.html": Reply(pieces=(told,), pause_seconds=0.2, after="keep"),
            "/doc/2.html": shaky([ok(b"oops", status="502 Bad"), told]),
            "/doc/3.html": shaky([busy, told]),
            "/doc/4.html": away,
            "/doc/5.html": Reply(pieces=()),
            "/doc/6.html": document(n * 10 + 6),
            "/doc/7.html": document(n * 10 + 7),
        }
        hosts.append(serve(pages, host=f"127.0.0.{n + 2}"))
    links = "".join(
        f'<a href="{server.origin}/doc/{number}.html">x</a>'
        for number in range(1, 7)
        for server in hosts
    )
    hosts[0].pages = {**hosts[0].pages, "/list": html(links)}
    row: dict[str, Any] = {
        "kind": "ministry", "publisher": "A ministry", "language": "zh-Hans", "zone": "UTC",
        "listings": [f"{hosts[0].origin}/list"], "hosts": [server.host for server in hosts],
        "article": [r"/doc/\d+\.html"], "ports": [server.port for server in hosts],
        "delay_seconds": delay,
    }  # fmt: skip
    file = tmp_path / "sites.toml"
    file.write_text(row_text("here", row), encoding="utf-8")
    words = ("crawl", "here", "--json", "--delay", "0", "--sites", str(file))
    answer = variorum(*words, allow="127.0.0.0/29")
    assert answer.status == 0, answer.err
    assert answer.json["left"]["count"] == 0
    assert len(answer.json["results"]) == 18
    for server in hosts:
        log = sorted(server.log, key=lambda asked: asked.began)
        assert log[0].path == "/robots.txt"
        assert [asked.path for asked in log].count("/robots.txt") == 1
        assert len(log) >= 10
        for before, after in pairwise(log):
            least = 2.0 if b" 429 " in before.sent[:20] else delay
            assert after.began >= max(before.began, before.ended) + least
