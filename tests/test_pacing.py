"""When a host is asked: its pauses, its opening hours, and what it asks for itself."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from crawlers.errors import ComeBackLater, SiteClosed
from crawlers.pacing import (
    MAX_BACK_OFF_SECONDS,
    MAX_THROTTLE_SECONDS,
    Pacing,
    retry_after_seconds,
)
from crawlers.policy import Policy, policy_for
from tests.crawl_driver import Report
from tests.loopback import Asked, Loopback, Page, Reply, keep_alive, moved, ok

Crawl = Callable[..., Report]
Serve = Callable[..., Loopback]
TEXT = keep_alive(ok(b"<p>text</p>"))
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
URL = "https://a.example/page"


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


def pacing(delay: float = 1.0, *policies: Policy) -> tuple[Pacing, Clock]:
    clock = Clock()
    made = Pacing(delay, policies, patience_seconds=60.0, clock=clock.monotonic, now=clock.now)
    return made, clock


def waits(made: Pacing, latency: float | None = 0.0, status: int = 200, url: str = URL) -> float:
    host = made.host(url)
    made.answered(host, latency, status)
    return made.wait_seconds(host)


@given(st.floats(0, 60), st.floats(0, 100), st.floats(0, 100), st.sampled_from([0, 200, 404, 503]))
def test_no_pause_is_shorter_than_the_delay(
    delay: float, crawl_delay: float, latency: float, status: int
) -> None:
    made, _ = pacing(delay)
    made.slow_down(URL, crawl_delay)
    for _ in range(3):
        assert waits(made, latency, status) >= max(delay, min(crawl_delay, 30.0))


def test_a_slow_host_gets_longer_pauses_and_shorter_ones_when_it_has_recovered() -> None:
    made, clock = pacing(1.0)
    assert 1.0 <= waits(made, 0.1) <= 1.5
    assert waits(made, 8.0) >= 8.0
    clock.seconds += 1000
    assert waits(made, 0.1, 404) >= 8.0  # an error is quick, and says nothing good
    for _ in range(8):
        clock.seconds += 1000
        last = waits(made, 0.1)
    assert 1.0 <= last <= 1.5
    clock.seconds += 1000
    assert waits(made, 10_000.0) <= MAX_THROTTLE_SECONDS + 5.0


def test_a_host_that_is_overloaded_gets_ever_longer_pauses_up_to_a_limit() -> None:
    made, clock = pacing(0.5)
    pauses = []
    for _ in range(9):
        pauses.append(waits(made, 0.1, 429))
        clock.seconds += 1000
    assert all(pause >= 2.0**n for n, pause in enumerate(pauses[:5]))
    assert MAX_BACK_OFF_SECONDS <= pauses[-1] <= MAX_BACK_OFF_SECONDS + 5.0
    assert waits(made, 0.1, 200) <= 0.75


def test_the_policy_of_a_site_decides_its_delay_and_that_of_the_names_below_it() -> None:
    slow, slower = (
        Policy(hosts=("example.org",), delay_seconds=7.0),
        Policy(hosts=("www.example.org",), delay_seconds=9.0),
    )
    made, _ = pacing(1.0, slow, slower, Policy(hosts=("none.example",)))
    for host, least in (
        ("example.org", 7), ("A.Example.Org.", 7), ("www.example.org:81", 9),
        ("myexample.org", 1), ("none.example", 1), ("a.example", 1),
    ):  # fmt: skip
        wait = waits(made, url=f"http://{host}/")
        assert least <= wait <= least * 1.5 + 0.001, host
    assert policy_for((slow, slower), "www.example.org") is slower


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 5 ", 5), ("0", 0), ("Wed, 04 Mar 2026 12:01:00 GMT", 60),
        ("Wednesday, 04-Mar-26 12:01:00 GMT", 60), ("Wed Mar  4 12:01:00 2026", 60),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0), ("9" * 50, 10 * 365 * 24 * 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 10 * 365 * 24 * 3600),
        ("", None), ("-1", None), ("1.5", None), ("soon", None), ("٣", None), ("Wed, 99", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_every_form(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(Headers({"Retry-After": value}), NOON) == seconds


def test_a_server_whose_clock_is_wrong_is_understood() -> None:
    wrong = NOON + timedelta(days=400)
    said = {
        "Date": format_datetime(wrong, usegmt=True),
        "Retry-After": format_datetime(wrong + timedelta(seconds=30), usegmt=True),
    }
    assert retry_after_seconds(Headers(said), NOON) == 30


@given(st.text())
def test_no_retry_after_is_an_error(value: str) -> None:
    headers = Headers({"Retry-After": value.encode("utf-8", "replace")})
    seconds = retry_after_seconds(headers, NOON)
    assert seconds is None or seconds >= 0


def test_a_host_is_left_in_peace_as_long_as_it_asks_for() -> None:
    made, clock = pacing(0.0)
    made.heed(URL, Headers({"Retry-After": "40"}))
    assert made.wait_seconds(made.host(URL)) == 40
    with pytest.raises(ComeBackLater, match="come back after 2026-03-04 13:00:00 UTC"):
        made.heed(URL, Headers({"Retry-After": "3600"}))
    with pytest.raises(ComeBackLater):
        made.check("http://a.example:8080/other")
    made.check("https://b.example/")
    clock.seconds += 3601
    made.check(URL)


SHANGHAI = Policy(hosts=("a.example",), hours=((22 * 60, 6 * 60),), zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("utc_hour", "opens"),
    [(13, "2026-03-04 22:00 CST"), (14, None), (21, None), (22, "2026-03-05 22:00 CST")],
)
def test_opening_hours_run_over_midnight_in_the_zone_of_the_site(
    utc_hour: int, opens: str | None
) -> None:
    made, clock = pacing(1.0, SHANGHAI)
    clock.seconds = (utc_hour - 12) * 3600
    if opens is None:
        made.check(URL)
        return
    with pytest.raises(SiteClosed, match=f"It opens at {opens}."):
        made.check(URL)
    made.check("https://b.example/")


@given(
    st.lists(
        st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(
            lambda span: span[0] != span[1]
        ),
        min_size=1,
        max_size=3,
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Madrid", "America/St_Johns"]),
)
def test_a_site_is_open_at_the_moment_that_is_named(
    hours: list[tuple[int, int]], moment: datetime, zone: str
) -> None:
    policy = Policy(hosts=("a.example",), hours=tuple(hours), zone=zone)
    now = moment.replace(tzinfo=UTC)
    opens = policy.opens_at(now)
    if opens is not None:
        assert now < opens.astimezone(UTC) <= now + timedelta(hours=50)
        skipped = opens.utcoffset() != (opens - timedelta(hours=2)).utcoffset()
        assert skipped or policy.opens_at(opens) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": ((0, 1441),)}, {"hours": ((-1, 5),)}, {"hours": ((7, 7),)},
        {"zone": "Moon/Tycho"}, {"zone": "../etc/passwd"}, {"delay_seconds": -1.0},
        {"delay_seconds": float("nan")}, {"ports": (0,)}, {"ports": (65536,)},
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_kept_is_a_callers_mistake(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\S+ .*\."):
        Policy(hosts=("a.example",), **wrong)  # type: ignore[arg-type]


def test_nothing_is_asked_outside_the_opening_hours(serve: Serve, crawl: Crawl) -> None:
    server = serve({"/": TEXT})
    here = datetime.now(ZoneInfo("Asia/Shanghai"))
    begins = (here.hour * 60 + here.minute + 120) % 1440
    shut = Policy(
        hosts=("127.0.0.1",), hours=((begins, (begins + 60) % 1440),), zone="Asia/Shanghai"
    )
    report = crawl(server.origin + "/", allow=server.allow, policies=(shut,))
    assert "outside the site's opening hours" in report.reason(server.origin + "/")
    assert f"{begins // 60:02}:{begins % 60:02} CST" in report.reason(server.origin + "/")
    assert server.log == []


def overloaded(asks: str, times: int, status: str = "503 Later") -> Page:
    count = iter(range(1000))

    def answered(_: Asked) -> Reply:
        if next(count) < times:
            return keep_alive(ok(b"busy", f"Retry-After: {asks}", status=status))
        return TEXT

    return answered


@pytest.mark.parametrize("status", ["503 Later", "429 Slow down"])
def test_a_retry_after_holds_for_every_page_of_the_host(
    serve: Serve, crawl: Crawl, status: str
) -> None:
    server = serve({"/busy": overloaded("2", 1, status), "/other": TEXT, "/more": TEXT})
    addresses = [server.origin + path for path in ("/busy", "/other", "/more")]
    report = crawl(*addresses, allow=server.allow)
    for address in addresses:
        assert report.answer(address).response == TEXT.pieces[0]
    refused = server.asked("/busy")[0]
    after = [asked for asked in server.log if asked.began > refused.began]
    assert len(after) >= 1
    assert min(asked.began for asked in after) >= refused.ended + 1.98


def test_a_host_that_wants_hours_of_peace_gets_them(serve: Serve, crawl: Crawl) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    hosts = [
        serve({"/": overloaded(asks, 99), "/other": TEXT}, host=f"127.0.0.{n}")
        for n, asks in ((2, "7200"), (3, later))
    ]
    began = time.monotonic()
    addresses = [server.origin + path for server in hosts for path in ("/", "/other")]
    report = crawl(*addresses, allow="127.0.0.0/29")
    assert time.monotonic() - began < 60
    for server in hosts:
        assert "asked to come back after 20" in report.reason(server.origin + "/")
        assert len(server.asked("/")) == 1
        (kept,) = report.exchanges(server.origin + "/")
        assert kept.response.startswith(b"HTTP/1.1 503")


def test_the_log_of_every_host_shows_manners(serve: Serve, crawl: Crawl) -> None:
    """Several hosts, redirects from one to the other, attempts that are repeated, and dropped ones."""
    delay = 0.25
    hosts: list[Loopback] = []
    pages: dict[str, Page] = {
        f"/{n}": Reply(pieces=(ok(b"x"),), pause_seconds=0.05) for n in range(4)
    }
    pages["/shaky"] = overloaded("0", 1, "502 Bad")
    pages["/dropped"] = Reply(pieces=())
    for n in range(3):
        away: Page = lambda _, n=n: moved(hosts[(n + 1) % 3].origin + "/0")  # noqa: E731
        hosts.append(serve(pages | {"/away": away}, host=f"127.0.0.{n + 2}"))
    paths = ("/away", "/0", "/shaky", "/1", "/dropped", "/2", "/3")
    addresses = [server.origin + path for path in paths for server in hosts]
    report = crawl(*addresses, allow="127.0.0.0/29", delay_seconds=delay)
    assert len(report.finals) == len(addresses)
    for server in hosts:
        log = sorted(server.log, key=lambda asked: asked.began)
        assert log[0].path == "/robots.txt"
        assert [asked.path for asked in log].count("/robots.txt") == 1
        assert len(log) >= 10
        for before, after in pairwise(log):
            assert after.began >= max(before.began, before.ended) + delay
