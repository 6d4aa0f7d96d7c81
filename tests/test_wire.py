"""What is recorded is what crossed the wire."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.message import entity, parse
from crawlers.sink import Arrival
from tests.crawl_driver import Report, report_of, start
from tests.loopback import (
    ALLOW_ALL,
    Loopback,
    Page,
    Reply,
    certificate,
    keep_alive,
    moved,
    ok,
    server_tls,
)

Crawl = Callable[..., Report]
Serve = Callable[..., Loopback]

TEXT = b"<html><body><p>" + "第一条　为了规范。".encode() * 20 + b"</p></body></html>"
CHUNKED = (
    b"HTTP/1.1 200 Fine\r\ntransfer-ENCODING: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b'5;ext="a;b"\r\nfirst\r\n006\r\nsecond\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n'
)
FOLDED = (
    b"HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\n\tthree\r\nSET-cookie: a=1\r\nset-Cookie: b=2\r\n"
    b"Content-Length: 4\r\n\r\nbody"
)
HINTS = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
)
WHOLE: dict[str, bytes] = {
    "plain": ok(TEXT),
    "chunked with extensions and trailers": CHUNKED,
    "folded, repeated and oddly spelt headers": FOLDED,
    "204": b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
    "304 unasked": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    "404": ok(b"gone", status="404 Nicht gefunden"),
    "early hints first": HINTS + ok(TEXT),
    "gzip": ok(gzip.compress(TEXT), "Content-Encoding: gzip"),
    "deflate": ok(zlib.compress(TEXT), "Content-Encoding: deflate"),
    "no reason phrase": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "no length, ended by closing": b"HTTP/1.1 200 OK\r\n\r\n" + TEXT,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + TEXT,
    "empty": ok(b""),
    "a header line of 60,000 bytes": ok(TEXT, "X-Long: " + "a" * 60_000),
    "line without colon": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nhi",
    "carriage return in a value": ok(TEXT, "X-A: a\rWARC-Type: warcinfo"),
}


LENGTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CUT = {
    "closed": Reply(pieces=(LENGTHY,)),
    "reset": Reply(pieces=(LENGTHY,), after="reset"),
    "in a chunk": Reply(pieces=(CHUNKS + b"ff\r\nhalf",)),
    "between chunks": Reply(pieces=(CHUNKS + b"4\r\nhalf\r\n",)),
    "bad chunk": Reply(pieces=(CHUNKS + b"zz\r\nhalf\r\n",)),
    "reset without a length": Reply(pieces=(b"HTTP/1.1 200 OK\r\n\r\nhalf",), after="reset"),
}
NO_HTTP = {
    "garbage": bytes(range(256)),
    "an answer of HTTP/0.9": b"<html>old</html>",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
}
TOO_LONG_A_HEAD = {
    "one line": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "many lines": b"HTTP/1.1 200 OK\r\n" + b"X-A: bcdefghijklmnop\r\n" * 30_000 + b"\r\n",
}
HOPS = {"hop 1": moved("/hop2"), "hop2": moved("/hop3", "301 Moved"), "hop3": ok(TEXT)}


def path(name: str) -> str:
    return "/" + name.replace(" ", "").replace("/", "")


@pytest.fixture(scope="module")
def seen() -> Iterator[tuple[Report, Loopback]]:
    """One crawl of every page above, and the server that it asked."""
    pages: dict[str, Page] = {}
    pages |= WHOLE | CUT | NO_HTTP | TOO_LONG_A_HEAD | HOPS
    with Loopback({path(name): page for name, page in pages.items()}) as server:
        yield (
            report_of(
                start(
                    *[server.origin + path(name) for name in pages if name not in ("hop2", "hop3")],
                    allow=server.allow,
                    contact="mailto:plans@example.org",
                    timeout_seconds=20.0,
                )
            ),
            server,
        )


@pytest.fixture
def fetched(serve: Serve, crawl: Crawl) -> Callable[..., tuple[Report, Loopback]]:
    """Crawls the paths of a server of these pages, or all of them."""

    def fetch(pages: dict[str, Page], *paths: str, **options: object) -> tuple[Report, Loopback]:
        server = serve(pages)
        addresses = [server.origin + each for each in (paths or pages)]
        return crawl(*addresses, allow=server.allow, **options), server

    return fetch


Fetched = Callable[..., tuple[Report, Loopback]]
Seen = tuple[Report, Loopback]


@pytest.mark.parametrize("kind", WHOLE)
def test_request_and_response_equal_the_wire(seen: Seen, kind: str) -> None:
    report, server = seen
    exchange = report.answer(server.origin + path(kind))
    (asked,) = server.asked(path(kind))
    assert exchange.response == WHOLE[kind] == asked.sent
    assert exchange.request == asked.request
    assert exchange.truncated is None
    assert exchange.address == "127.0.0.1"
    assert exchange.certificate is None
    assert exchange.url == server.origin + path(kind)
    assert exchange.protocols == ("http/1.0" if kind == "HTTP/1.0" else "http/1.1",)


@pytest.mark.parametrize("kind", CUT)
def test_a_lost_connection_keeps_what_came_and_marks_it(seen: Seen, kind: str) -> None:
    report, server = seen
    exchange = report.answer(server.origin + path(kind))
    assert (exchange.response, exchange.truncated) == (CUT[kind].pieces[0], "disconnect")


@pytest.mark.parametrize("kind", NO_HTTP)
def test_what_is_no_http_fails_and_its_bytes_are_kept_as_evidence(seen: Seen, kind: str) -> None:
    report, server = seen
    assert "not valid HTTP" in report.reason(server.origin + path(kind))
    kept = report.exchanges(server.origin + path(kind))
    assert {exchange.response for exchange in kept} == {NO_HTTP[kind]}


@pytest.mark.parametrize("kind", TOO_LONG_A_HEAD)
def test_a_head_without_end_fails(seen: Seen, kind: str) -> None:
    report, server = seen
    assert "the head of its answer is too long" in report.reason(server.origin + path(kind))
    (kept,) = report.exchanges(server.origin + path(kind))
    assert kept.truncated == "length"
    assert TOO_LONG_A_HEAD[kind].startswith(kept.response)


def test_the_request_names_us_honestly_and_asks_for_codings_that_archives_can_read(
    seen: Seen,
) -> None:
    report, server = seen
    request = report.answer(server.origin + "/plain").request
    assert b"User-Agent: Variorum/0.1 (+mailto:plans@example.org)\r\n" in request
    assert b"Accept-Encoding: gzip, deflate, br\r\n" in request
    assert b"Cookie" not in request


def test_redirects_are_recorded_hop_by_hop_with_their_referrer(seen: Seen) -> None:
    report, server = seen
    urls = [server.origin + path(name) for name in HOPS]
    hops = [item for item in report.items if item.requested == urls[0]]
    assert all(isinstance(hop, Arrival) for hop in hops)
    kept = [hop.exchange for hop in hops if isinstance(hop, Arrival)]
    assert [exchange.url for exchange in kept] == urls
    assert [exchange.referrer for exchange in kept] == [None, *urls[:2]]
    assert [exchange.response for exchange in kept] == list(HOPS.values())
    assert [hop.final for hop in hops if isinstance(hop, Arrival)] == [False, False, True]


def test_robots_txt_is_recorded_too(seen: Seen) -> None:
    report, server = seen
    (robots,) = report.exchanges(server.origin + "/robots.txt")
    assert parse(robots.response).body == ALLOW_ALL
    assert robots.response == server.asked("/robots.txt")[0].sent


def test_tls_is_recorded_with_its_version_and_the_certificates_outcome(
    serve: Serve, crawl: Crawl, tmp_path: Path
) -> None:
    own, old = certificate(tmp_path), certificate(tmp_path, expired=True)
    other = certificate(tmp_path, host="127.0.0.9")
    servers = [serve({"/": CHUNKED}, tls=server_tls(pem)) for pem in (own, old, other)]
    addresses = [server.origin + "/" for server in servers]
    report = crawl(*addresses, allow="127.0.0.1/32", env={"SSL_CERT_FILE": str(own)})
    exchanges = [report.answer(address) for address in addresses]
    assert [exchange.response for exchange in exchanges] == [CHUNKED] * 3
    assert all(exchange.protocols == ("http/1.1", "tls/1.3") for exchange in exchanges)
    trusted, expired, stranger = (exchange.certificate or "" for exchange in exchanges)
    assert trusted == "trusted"
    assert "expired" in expired
    assert "not valid for 127.0.0.1" in stranger


def test_the_size_limit_keeps_exactly_that_much_and_marks_it(fetched: Fetched) -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000
    honest = ok(b"y" * 300_000)
    report, server = fetched({"/endless": endless, "/honest": honest}, max_bytes=100_000)
    for path, raw in (("/endless", endless), ("/honest", honest)):
        exchange = report.answer(server.origin + path)
        assert exchange.response == raw[:100_000]
        assert exchange.truncated == "length"


def test_the_time_limit_keeps_what_came_and_marks_it(fetched: Fetched) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    drip = Reply(pieces=(start, *[b"x"] * 90), pause_seconds=0.1)
    stalled = Reply(pieces=(start + b"half",), after="hang")
    report, server = fetched({"/drip": drip, "/stalled": stalled}, timeout_seconds=5.0)
    dripped, halved = (report.answer(server.origin + path) for path in ("/drip", "/stalled"))
    assert dripped.truncated == halved.truncated == "time"
    assert halved.response == start + b"half"
    assert dripped.response.startswith(start + b"xxx")


def test_no_whole_head_in_time_fails_and_what_came_is_kept_as_evidence(fetched: Fetched) -> None:
    pages: dict[str, Page] = {
        "/never": Reply(pieces=(), after="hang"),
        "/head": Reply(pieces=(b"HTTP/1.1 200 OK\r\nX-A: ",), after="hang"),
    }
    report, server = fetched(pages, timeout_seconds=5.0)
    for name in pages:
        assert "timed out after 5 s" in report.reason(server.origin + name)
    assert report.exchanges(server.origin + "/never") == []
    (head,) = report.exchanges(server.origin + "/head")
    assert (head.response, head.truncated) == (b"HTTP/1.1 200 OK\r\nX-A: ", "time")


def test_bytes_behind_an_answer_are_in_no_record_and_end_the_connection(fetched: Fetched) -> None:
    poison = ok(b"POISON", "X-Poison: POISON")
    pages: dict[str, Page] = {
        "/a": keep_alive(ok(TEXT) + poison),
        "/b": keep_alive(ok(TEXT)),
        "/c": keep_alive(CHUNKED + poison),
        "/d": keep_alive(b"HTTP/1.1 204 No\r\n\r\n" + poison),
    }
    report, server = fetched(pages, "/a", "/b", "/c", "/d")
    assert report.answer(server.origin + "/a").response == ok(TEXT)
    assert report.answer(server.origin + "/b").response == ok(TEXT)
    assert report.answer(server.origin + "/c").response == CHUNKED
    assert not any(b"POISON" in item.exchange.response for item in report.items)
    assert len({server.asked(path)[0].connection for path in pages}) > 1


def test_a_kept_connection_serves_several_requests_each_with_its_own_record(
    fetched: Fetched,
) -> None:
    pages: dict[str, Page] = {f"/{n}": keep_alive(ok(b"page %d" % n)) for n in range(6)}
    report, server = fetched(pages)
    assert len({asked.connection for asked in server.log}) == 1
    for path, page in pages.items():
        assert report.answer(server.origin + path).response == page.pieces[0]
        assert report.answer(server.origin + path).request == server.asked(path)[0].request


def test_a_kept_connection_that_went_stale_is_replaced_without_a_trace(fetched: Fetched) -> None:
    times = iter(range(100))

    def flaky(asked: object) -> Reply:  # the first answer promises to keep the connection
        return Reply(pieces=(ok(b"%d" % next(times)),), after="close")

    report, server = fetched({f"/{n}": flaky for n in range(4)})
    bodies = sorted(entity(parse(i.exchange.response), 99).body for i in report.finals)
    assert bodies == [b"0", b"1", b"2", b"3"]
    assert len(server.log) >= 5
