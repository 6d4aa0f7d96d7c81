"""A crawl as its caller sees it: each address has one outcome, whatever happens meanwhile."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from archive.message import entity, parse
from archive.records import Exchange
from crawlers.run import Limits
from crawlers.sink import Arrival, Failure
from tests.crawl_driver import Report, report_of
from tests.forked import Forked
from tests.loopback import Asked, Loopback, Page, Reply, keep_alive, moved, ok

Crawl = Callable[..., Report]
Serve = Callable[..., Loopback]
Start = Callable[..., Forked]
TEXT = ok(b"<p>text</p>")
ROOT = Path(__file__).resolve().parents[1]


def status(exchange: Exchange) -> int:
    return parse(exchange.response).status


def test_every_address_has_exactly_one_outcome(serve: Serve, crawl: Crawl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    pages: dict[str, Page] = {
        "/": TEXT,
        "/500": ok(b"oops", status="500 Oops"),
        "/404": ok(b"gone", status="404 Not Found"),
        "/loop": moved("/loop"),
        "/empty": ok(b""),
        "/bad": moved("http://[::1"),
        "/中文?q=文": TEXT,
    }
    server = serve(pages)
    addresses = [server.origin + path for path in pages]
    addresses += [server.origin + "/", server.origin + "#part"]  # the first one twice
    addresses += [closed, "http://nowhere.invalid/", "no address", "", "ftp://example.com/"]
    addresses += [
        "http://[::1",
        "http://h:99999/",
        "http://" + "a" * 300 + ".example/",
        "http://\0/",
    ]
    report = crawl(*addresses, allow="127.0.0.1/32")
    assert sorted(item.requested for item in report.finals) == sorted(set(addresses))
    summary = report.summary
    assert summary is not None
    assert summary.requested == len(set(addresses))
    assert summary.answered == sum(isinstance(item, Arrival) for item in report.finals)
    assert summary.failed == sum(isinstance(item, Failure) for item in report.finals)
    assert summary.exchanges == sum(isinstance(item, Arrival) for item in report.items)
    assert not summary.interrupted
    assert len(server.asked("/")) == 2  # the address given twice was asked once, "#part" is another


def test_each_failure_says_what_went_wrong_in_one_sentence(serve: Serve, crawl: Crawl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    server = serve({
        "/slow": Reply(pieces=(), after="hang"),
        "/loop": moved("/loop"),
        "/drop": Reply(pieces=()),
        "/script": moved("javascript:alert(1)"),
    })  # fmt: skip
    secure = "https" + server.origin[4:] + "/"
    expected = {
        closed: "the connection was refused",
        "http://nowhere.invalid/": "unknown host nowhere.invalid",
        "no address": "it is no URL",
        "ftp://example.com/": "only http and https",
        "http://127.0.0.1:1/": "127.0.0.1 port 1, which is not a public web address",
        server.origin + "/slow": "timed out after 5 s",
        server.origin + "/loop": "after 10 redirects",
        server.origin + "/drop": "the connection was lost before an answer",
        server.origin + "/script": "it leads to what is no URL",
        secure: "TLS failed",
    }
    allow = f"{server.allow},{closed[7:-1].replace(':', '/32:')}"
    report = crawl(*expected, allow=allow, timeout_seconds=5.0)
    for address, words in expected.items():
        reason = report.reason(address)
        assert words in reason
        assert reason.endswith(".")
        assert "Error" not in reason
        assert "\n" not in reason


def test_what_an_address_was_asked_with_is_what_its_outcome_names(
    serve: Serve, crawl: Crawl
) -> None:
    server = serve({"/%E4%B8%AD?q=1": TEXT, "/go": moved("/%E4%B8%AD?q=1")})
    address = server.origin + "/中?q=1#part"
    report = crawl(address, server.origin + "/go", allow=server.allow)
    assert report.answer(address).url == server.origin + "/%E4%B8%AD?q=1"
    assert report.answer(server.origin + "/go").url == server.origin + "/%E4%B8%AD?q=1"


def test_a_chain_of_redirects_ends_after_ten(serve: Serve, crawl: Crawl) -> None:
    pages: dict[str, Page] = {f"/{n}": moved(f"/{n + 1}") for n in range(20)}
    server = serve(pages | {"/10": TEXT} | {"/b0": moved("/b1")})
    longer = serve({f"/{n}": moved(f"/{n + 1}") for n in range(20)})
    report = crawl(server.origin + "/0", longer.origin + "/0", allow="127.0.0.1/32")
    assert status(report.answer(server.origin + "/0")) == 200
    assert "after 10 redirects" in report.reason(longer.origin + "/0")
    assert len([asked for asked in longer.log if asked.path != "/robots.txt"]) == 11


def test_errors_of_the_server_are_tried_again_and_every_attempt_is_kept(
    serve: Serve, crawl: Crawl
) -> None:
    seen: list[str] = []

    def flaky(asked: Asked) -> bytes:
        seen.append(asked.path)
        return TEXT if len(seen) == 3 else ok(b"later", status="503 Later")

    server = serve({"/flaky": flaky, "/broken": ok(b"oops", status="500 Oops")})
    flaky_address, broken = server.origin + "/flaky", server.origin + "/broken"
    report = crawl(flaky_address, broken, allow=server.allow)
    assert [status(exchange) for exchange in report.exchanges(flaky_address)] == [503, 503, 200]
    assert status(report.answer(flaky_address)) == 200
    assert [status(exchange) for exchange in report.exchanges(broken)] == [500, 500, 500]
    assert status(report.answer(broken)) == 500
    assert report.summary is not None
    assert report.summary.exchanges == 7  # robots.txt too


def test_a_lost_connection_is_tried_again_and_a_timeout_is_not(serve: Serve, crawl: Crawl) -> None:
    server = serve({"/drop": Reply(pieces=()), "/hang": Reply(pieces=(), after="hang")})
    crawl(server.origin + "/drop", server.origin + "/hang", allow=server.allow, timeout_seconds=5.0)
    assert len(server.asked("/drop")) >= 3
    assert len(server.asked("/hang")) == 1


def test_a_kept_connection_that_the_server_lets_go_of_costs_no_attempt(
    serve: Serve, crawl: Crawl
) -> None:
    """It answers one request on each connection and says nothing of the end, as many do."""
    answered: set[int] = set()
    oops = ok(b"oops", status="500 Oops")
    left = [oops, oops, TEXT]

    def once(asked: Asked) -> Reply:
        if asked.connection in answered:
            return Reply(pieces=())
        answered.add(asked.connection)
        return keep_alive(left.pop(0))

    rules = keep_alive(ok(b"", "Content-Type: text/plain"))
    server = serve({"/": once, "/robots.txt": rules})
    report = crawl(server.origin + "/", allow=server.allow, delay_seconds=0.2)
    assert status(report.answer(server.origin + "/")) == 200
    assert [status(each) for each in report.exchanges(server.origin + "/")] == [500, 500, 200]
    assert len(server.asked("/")) == 5
    for before, after in pairwise(server.log):
        assert after.began - before.ended >= 0.2, "asked again, and never sooner than the delay"


def test_items_arrive_one_by_one_in_one_thread_that_is_not_the_networks(
    serve: Serve, crawl: Crawl
) -> None:
    servers = [serve({"/": TEXT}, host=f"127.0.0.{n}") for n in range(1, 9)]
    report = crawl(
        *[server.origin + "/" for server in servers], allow="127.0.0.0/24", receive_seconds=0.05
    )
    assert len(report.items) == 16
    assert report.most_at_once == 1
    assert len(report.threads) == 1
    assert "MainThread" not in report.threads


def test_a_slow_receiver_slows_the_crawl_down(serve: Serve, crawl: Crawl) -> None:
    server = serve({f"/{n}": TEXT for n in range(100)})
    addresses = [f"{server.origin}/{n}" for n in range(100)]
    report = crawl(*addresses, allow=server.allow, receive_seconds=0.03)
    times = sorted(asked.began for asked in server.log)
    assert len(report.finals) == 100
    assert times[-1] - times[0] > 0.03 * (100 - 45)  # 16 under way, 16 waiting, and some between


def test_redirects_alone_do_not_block_a_slow_receiver(serve: Serve, crawl: Crawl) -> None:
    pages: dict[str, Page] = {f"/{n}": moved(f"/to/{n}") for n in range(60)}
    pages |= {f"/to/{n}": TEXT for n in range(60)}
    server = serve(pages)
    addresses = [f"{server.origin}/{n}" for n in range(60)]
    report = crawl(*addresses, allow=server.allow, receive_seconds=0.01)
    assert all(isinstance(item, Arrival) for item in report.finals)
    assert len(report.finals) == 60


def test_progress_counts_every_outcome_once(serve: Serve, crawl: Crawl) -> None:
    server = serve({"/a": TEXT, "/b": moved("/a")})
    addresses = [server.origin + "/a", server.origin + "/b", "http://nowhere.invalid/"]
    report = crawl(*addresses, allow=server.allow)
    assert [(each.settled, each.total) for each in report.progress] == [(1, 3), (2, 3), (3, 3)]
    assert sorted(each.latest for each in report.progress) == sorted(addresses)


def test_an_error_of_the_receiver_ends_the_crawl_and_comes_out(serve: Serve, crawl: Crawl) -> None:
    server = serve({f"/{n}": TEXT for n in range(30)})
    addresses = [f"{server.origin}/{n}" for n in range(30)]
    report = crawl(*addresses, allow=server.allow, raise_at=3, delay_seconds=0.1)
    assert str(report.raised) == "the disk is full"
    assert isinstance(report.raised, RuntimeError)
    assert report.summary is None
    assert len(report.items) == 3
    assert len(server.log) < 8


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_in_flight_finish_and_fails_the_rest(
    serve: Serve, start_crawl: Start, which: signal.Signals
) -> None:
    slow = Reply(pieces=(TEXT[:50], TEXT[50:]), pause_seconds=1.5)
    server = serve({"/0": TEXT} | {f"/{n}": slow for n in range(1, 40)})
    addresses = [f"{server.origin}/{n}" for n in range(40)]
    process = start_crawl(*addresses, allow=server.allow)
    while not (
        under_way := [asked for asked in server.log if asked.path not in ("/robots.txt", "/0")]
    ):
        time.sleep(0.01)
    process.send_signal(which)
    report = report_of(process)
    assert report.summary is not None
    assert report.summary.interrupted
    assert sorted(item.requested for item in report.finals) == sorted(addresses)
    assert report.answer(server.origin + under_way[0].path).truncated is None
    interrupted = [item for item in report.finals if isinstance(item, Failure)]
    assert len(interrupted) >= 37
    assert all("the crawl was interrupted" in item.reason for item in interrupted)
    assert len(server.log) <= 4


def test_an_interrupted_crawl_does_not_wait_for_its_delays(
    serve: Serve, start_crawl: Start
) -> None:
    server = serve({f"/{n}": TEXT for n in range(12)})
    process = start_crawl(
        *[f"{server.origin}/{n}" for n in range(12)], allow=server.allow, delay_seconds=10.0
    )
    while not server.log:
        time.sleep(0.01)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    report = report_of(process)
    assert report.summary is not None
    assert report.summary.interrupted
    assert time.monotonic() - began < 60  # of 110 seconds of delays


def test_a_crawl_of_nothing_is_over_at_once(crawl: Crawl) -> None:
    report = crawl()
    assert report.items == []
    assert report.summary is not None
    assert report.summary.requested == 0


@pytest.mark.parametrize(
    "wrong", [{"delay_seconds": -1.0}, {"max_bytes": 0}, {"timeout_seconds": 0.0}]
)
def test_limits_that_make_no_sense_are_a_callers_mistake(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Limits need"):
        Limits(**wrong)  # type: ignore[arg-type]


TWICE = """
from crawlers.errors import AlreadyCrawled
from crawlers.run import Limits, fetch
fetch([], Limits(), print)
try:
    fetch([], Limits(), print)
except AlreadyCrawled as error:
    print(error)
"""
MISTYPED = """
from crawlers.run import Limits, fetch
try:
    fetch(["http://127.0.0.1/"], Limits(), print)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [(TWICE, "This process has crawled already"), (MISTYPED, "'local' is not a network")],
)
def test_mistakes_of_the_caller_are_told_before_anything_is_fetched(code: str, said: str) -> None:
    allow = "local" if code == MISTYPED else ""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=os.environ | {"VARIORUM_ALLOW_ADDRESSES": allow},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    assert done.stdout.startswith(said)


def test_what_was_fetched_can_be_read(serve: Serve, crawl: Crawl) -> None:
    server = serve({"/": TEXT})
    message = parse(
        crawl(server.origin + "/", allow=server.allow).answer(server.origin + "/").response
    )
    assert entity(message, 1000).body == b"<p>text</p>"
