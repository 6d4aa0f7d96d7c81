"""Sites are asked as they may expect: robots.txt first and obeyed, one at a time, with a pause."""

import gzip
from collections.abc import Callable
from itertools import pairwise

import pytest
from scrapy.http import TextResponse

from crawlers.pacing import MAX_CRAWL_DELAY_SECONDS
from crawlers.robots import MAX_ROBOTS_BYTES, rules_from, user_agent
from tests.crawl_driver import Report
from tests.loopback import Loopback, Page, Reply, moved, ok

Crawl = Callable[..., Report]
Serve = Callable[..., Loopback]
TEXT = ok(b"<p>text</p>")
PLAIN = "Content-Type: text/plain"


def robots(text: str) -> bytes:
    return ok(text.encode(), PLAIN)


FORBID_ALL = robots("User-agent: *\nDisallow: /\n")
# What a robots.txt answers, and whether /page may be fetched then.
CASES: dict[str, tuple[Page, bool]] = {
    "allows all": (robots("User-agent: *\nAllow: /\n"), True),
    "empty": (robots(""), True),
    "forbids all": (FORBID_ALL, False),
    "forbids the page": (robots("User-agent: *\nDisallow: /page\n"), False),
    "forbids another page": (robots("User-agent: *\nDisallow: /other\n"), True),
    "forbids us by name": (robots("User-agent: variorum\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), False),
    "allows us by name": (robots("User-agent: *\nDisallow: /\n\nUser-agent: VARIORUM\nAllow: /\n"), True),
    "forbids others": (robots("User-agent: OtherBot\nDisallow: /\n"), True),
    "longest rule allows": (robots("User-agent: *\nDisallow: /\nAllow: /page\n"), True),
    "wildcard forbids": (robots("User-agent: *\nDisallow: /*ge$\n"), False),
    "byte order mark": (ok(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n", PLAIN), False),
    "carriage returns": (ok(b"User-agent: *\rDisallow: /\r", PLAIN), False),
    "gzip": (ok(gzip.compress(b"User-agent: *\nDisallow: /\n"), PLAIN, "Content-Encoding: gzip"), False),
    "a page instead of rules": (ok(b"<html><p>Welcome</p></html>"), True),
    "404": (ok(b"", status="404 Not Found"), True),
    "401": (ok(b"", status="401 Unauthorized"), True),
    "429": (ok(b"", status="429 Too Many Requests"), True),
    "500": (ok(b"", status="500 Oops"), False),
    "503": (ok(b"", status="503 Later"), False),
    "cut off": (Reply(pieces=(ok(b"User-agent: *\nAllow: /\n" + b"#" * 99, PLAIN)[:-50],)), False),
    "connection dropped": (Reply(pieces=()), False),
    "never answers": (Reply(pieces=(), after="hang"), False),
    "not HTTP": (b"SSH-2.0-OpenSSH\r\n", False),
    "redirected to rules": (moved("/rules"), False),
    "redirected to itself for ever": (moved("/robots.txt"), True),
    "500 wildcards": (robots("User-agent: *\nDisallow: /" + "*a" * 500 + "$\n"), True),
    "rule within 500 KiB": (
        robots("#" * (MAX_ROBOTS_BYTES - 40) + "\nUser-agent: *\nDisallow: /\n"), False,
    ),
    "rule behind 500 KiB": (robots("#" * MAX_ROBOTS_BYTES + "\nUser-agent: *\nDisallow: /\n"), True),
}  # fmt: skip


def test_robots_txt_is_obeyed_in_every_form(serve: Serve, crawl: Crawl) -> None:
    servers = {
        case: serve({"/robots.txt": answer, "/rules": FORBID_ALL, "/page": TEXT})
        for case, (answer, _) in CASES.items()
    }
    report = crawl(
        *[server.origin + "/page" for server in servers.values()],
        allow="127.0.0.1/32",
        timeout_seconds=5.0,
    )
    fetched = {case: bool(server.asked("/page")) for case, server in servers.items()}
    assert fetched == {case: expected for case, (_, expected) in CASES.items()}
    for case, server in servers.items():
        assert server.log[0].path == "/robots.txt", case
        if not fetched[case]:
            assert len(report.reason(server.origin + "/page")) > 40


def test_the_reason_says_whether_the_site_forbids_or_cannot_be_asked(
    serve: Serve, crawl: Crawl
) -> None:
    forbids = serve({"/robots.txt": FORBID_ALL})
    fails = serve({"/robots.txt": ok(b"", status="503 Later")})
    gone = "http://127.0.0.1:9/"
    report = crawl(forbids.origin + "/", fails.origin + "/", gone, allow="127.0.0.1/32")
    assert report.reason(forbids.origin + "/").endswith("the site's robots.txt forbids it.")
    assert "robots.txt answered 503" in report.reason(fails.origin + "/")
    assert "the connection was refused" in report.reason(gone)


def test_robots_txt_is_asked_once_for_each_site_and_before_its_pages(
    serve: Serve, crawl: Crawl
) -> None:
    servers = [serve({f"/{n}": TEXT for n in range(8)}) for _ in range(2)]
    addresses = [f"{server.origin}/{n}" for n in range(8) for server in servers]
    report = crawl(*addresses, allow="127.0.0.1/32")
    assert len(report.finals) == 16
    for server in servers:
        assert [asked.path for asked in server.log].count("/robots.txt") == 1
        assert server.log[0].path == "/robots.txt"


def test_a_redirect_to_another_site_obeys_the_rules_there(serve: Serve, crawl: Crawl) -> None:
    there = serve({"/robots.txt": FORBID_ALL, "/page": TEXT})
    here = serve({"/go": moved(there.origin + "/page")})
    report = crawl(here.origin + "/go", allow="127.0.0.1/32")
    assert "robots.txt forbids it" in report.reason(here.origin + "/go")
    assert there.asked("/page") == []


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_a_host_gets_one_request_at_a_time_and_never_sooner_than_the_delay(
    serve: Serve, crawl: Crawl, delay: float
) -> None:
    slow: Page = Reply(pieces=(TEXT,), pause_seconds=0.1, after="keep")
    hop: Page = lambda asked: moved("/after" + asked.path)  # noqa: E731
    pages = {f"/{n}": slow for n in range(6)} | {f"/hop{n}": hop for n in range(2)}
    pages |= {f"/after/hop{n}": slow for n in range(2)}
    server = serve(pages)
    asked_for = [
        f"{server.origin}/{name}" for name in ["0", "1", "2", "hop0", "hop1", "3", "4", "5"]
    ]
    report = crawl(*asked_for, allow=server.allow, delay_seconds=delay)
    assert len(report.finals) == 8
    log = sorted(server.log, key=lambda asked: asked.began)
    assert len(log) == 11
    for before, after in pairwise(log):
        assert after.began >= before.ended - 0.005  # the client may read the end before it is noted
        assert after.began - before.began >= delay - 0.01


def test_hosts_are_asked_side_by_side(serve: Serve, crawl: Crawl) -> None:
    slow = Reply(pieces=(TEXT,), pause_seconds=2.0)
    servers = [serve({"/": slow}, host=f"127.0.0.{n}") for n in range(1, 7)]
    crawl(*[server.origin + "/" for server in servers], allow="127.0.0.0/24")
    asked = [server.asked("/")[0] for server in servers]
    assert max(each.began for each in asked) < min(each.ended for each in asked)


def test_the_delay_varies_so_that_it_does_not_hammer_in_step(serve: Serve, crawl: Crawl) -> None:
    server = serve({f"/{n}": TEXT for n in range(8)})
    crawl(*[f"{server.origin}/{n}" for n in range(8)], allow=server.allow, delay_seconds=0.2)
    times = [asked.began for asked in server.log]
    gaps = [round(after - before, 2) for before, after in pairwise(times)]
    assert len(set(gaps)) > 2


def test_what_was_read_holds_for_24_hours_and_a_failure_for_less() -> None:
    read = TextResponse("http://h/robots.txt", body=b"User-agent: *\nDisallow: /x\n")
    assert rules_from(read).kept_seconds == 24 * 3600
    assert rules_from(read.replace(status=404)).kept_seconds == 24 * 3600
    assert 60 <= rules_from(read.replace(status=503)).kept_seconds < 24 * 3600


def test_robots_txt_is_read_to_500_kib_whatever_the_limit_for_pages(
    serve: Serve, crawl: Crawl
) -> None:
    rules = "#" * 40_000 + "\nUser-agent: *\nDisallow: /\n"
    server = serve({"/robots.txt": robots(rules), "/page": TEXT})
    report = crawl(server.origin + "/page", allow=server.allow, max_bytes=1000)
    assert "robots.txt forbids it" in report.reason(server.origin + "/page")


def test_an_absurd_crawl_delay_is_cut() -> None:
    wish = TextResponse("http://h/robots.txt", body=b"User-agent: *\nCrawl-delay: 1000000000\n")
    assert rules_from(wish).crawl_delay_seconds == MAX_CRAWL_DELAY_SECONDS


def test_crawl_delay_is_kept_between_pages(serve: Serve, crawl: Crawl) -> None:
    server = serve({
        "/robots.txt": robots("User-agent: *\nCrawl-delay: 0.7\n"), "/a": TEXT, "/b": TEXT, "/c": TEXT,
    })  # fmt: skip
    crawl(*[server.origin + path for path in ("/a", "/b", "/c")], allow=server.allow)
    times = [asked.began for asked in server.log if asked.path != "/robots.txt"]
    assert all(after - before >= 0.69 for before, after in pairwise(times))


def test_the_user_agent_names_us_and_a_contact() -> None:
    assert user_agent("https://example.org/bot") == "Variorum/0.1 (+https://example.org/bot)"
    assert user_agent("") == "Variorum/0.1"
