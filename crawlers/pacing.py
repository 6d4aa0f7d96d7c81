"""When a host may be asked: one request at a time, after a pause, and never when it asked for peace.

The pause runs from the end of one answer to the beginning of the next request. It is at least the delay
of the site's policy or of the crawl, at least the Crawl-delay of its robots.txt, and at least as long as
the host lately took to begin an answer: who is slow has work enough. It varies upwards, never downwards.
All that may ask a host goes through `crawlers.wire.WireHandler`, and that asks here. What other processes
of the same archive ask counts as asked by us: see `crawlers.turns`.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.http import Headers
from twisted.internet.defer import DeferredSemaphore

from crawlers.errors import ComeBackLater, SiteClosed
from crawlers.policy import Policy, canonical_host, policy_for
from crawlers.turns import Turns

OVERLOADED = (429, 503)  # RFC 6585, section 4; RFC 9110, section 15.6.4
LEAST_JITTER = 0.02  # share of the pause: what the clocks of two machines may differ by in it
MOST_JITTER = 0.5  # share of the pause, so that we do not hammer in step
MOST_JITTER_SECONDS = 5.0
MAX_CRAWL_DELAY_SECONDS = 30.0  # a longer wish is cut to this, else one line stops us for years
MAX_THROTTLE_SECONDS = 15.0  # a pause that the slowness of a host alone can bring about
MAX_BACK_OFF_SECONDS = 30.0  # after 429 and 503 that do not say how long
_FAR = 10 * 365 * 24 * 3600  # seconds; a longer wish would leave the calendar


@dataclass(slots=True)
class Host:
    """What is known of one host while a crawl runs."""

    delay_seconds: float  # as the crawl or the site's policy has it; 0 turns throttling off too
    name: str = ""
    turn: DeferredSemaphore = field(default_factory=lambda: DeferredSemaphore(1))
    not_before: float = 0.0  # of the monotonic clock
    crawl_delay_seconds: float = 0.0  # from its robots.txt
    latency_seconds: float = 0.0  # until an answer begins, smoothed
    refusals: int = 0  # answers in a row that say it is overloaded
    closed_until: datetime | None = None  # it asked to be left alone so long

    def pause_seconds(self) -> float:
        """The least time between an answer and the next request."""
        wished = max(self.delay_seconds, self.crawl_delay_seconds)
        if not self.delay_seconds:
            return wished
        back_off = 2.0 ** min(self.refusals - 1, 10) if self.refusals else 0.0
        throttle = min(self.latency_seconds, MAX_THROTTLE_SECONDS)
        return max(wished, throttle, min(back_off, MAX_BACK_OFF_SECONDS))


class Pacing:
    """The hosts of one crawl. The clocks and chance can be given, for those who test it."""

    def __init__(
        self,
        delay_seconds: float,
        policies: Sequence[Policy] = (),
        *,
        patience_seconds: float,
        turns: Turns | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._delay_seconds, self._policies = delay_seconds, tuple(policies)
        self._patience_seconds = patience_seconds  # a longer Retry-After ends our visit
        self._turns = turns  # None: nobody else fetches
        self._clock, self._now = clock, now
        self._hosts: dict[str, Host] = {}

    def host(self, url: str) -> Host:
        """The host of the address, whatever scheme and port it names."""
        name = _host_name(url)
        known = self._hosts.get(name)
        if known is None:
            policy = policy_for(self._policies, name)
            own = policy.delay_seconds if policy else None
            known = Host(self._delay_seconds if own is None else own, name)
            self._hosts[name] = known
        return known

    def check(self, url: str) -> None:
        """Nothing, if the site receives visitors now.

        Raises:
            SiteClosed: it is outside its opening hours.
            ComeBackLater: it asked for more time than we wait.
        """
        now = self._now()
        policy = policy_for(self._policies, _host_name(url))
        opens = policy.opens_at(now) if policy else None
        if opens is not None:
            raise SiteClosed(url, opens)
        until = self.host(url).closed_until
        if until is not None and until > now:
            raise ComeBackLater(url, until)

    def wait_seconds(self, host: Host) -> float:
        """How long it is until we may ask the host; 0 or less when we may now."""
        return host.not_before - self._clock()

    def begin(self, host: Host) -> float:
        """0 or less when the host is asked now, and by nobody else until `end`; else a time to wait."""
        wait = self.wait_seconds(host)
        if wait > 0 or self._turns is None:
            return wait
        return self._turns.begin(host.name, host.pause_seconds() * (1 + LEAST_JITTER))

    def end(self, host: Host) -> None:
        """Let others ask the host, after the pause; whoever came to `begin` comes here."""
        if self._turns is not None:
            self._turns.end(host.name, max(self.wait_seconds(host), 0.0))

    def answered(self, host: Host, latency_seconds: float | None, status: int = 0) -> None:
        """Begins the pause behind an answer or a failure; latency is None and status 0 without answer."""
        host.refusals = host.refusals + 1 if status in OVERLOADED else 0
        if latency_seconds is not None and (
            200 <= status < 300 or latency_seconds > host.latency_seconds
        ):
            # Errors are quick, and say nothing good about a host.
            mean = (host.latency_seconds + latency_seconds) / 2
            host.latency_seconds = max(mean, latency_seconds)
        pause = host.pause_seconds()
        most = min(MOST_JITTER * pause, MOST_JITTER_SECONDS)
        pause += random.uniform(LEAST_JITTER * pause, max(most, LEAST_JITTER * pause))  # noqa: S311
        host.not_before = max(host.not_before, self._clock() + pause)

    def heed(self, url: str, headers: Headers) -> None:
        """Leaves the host in peace as long as the Retry-After of its answer says.

        Raises:
            ComeBackLater: that is longer than we wait.
        """
        seconds = retry_after_seconds(headers, self._now())
        if seconds is None:
            return
        host = self.host(url)
        if seconds > self._patience_seconds:
            host.closed_until = self._now() + timedelta(seconds=seconds)
            raise ComeBackLater(url, host.closed_until)
        host.not_before = max(host.not_before, self._clock() + seconds)

    def slow_down(self, url: str, seconds: float) -> None:
        """Keeps the Crawl-delay of a host from the next answer on."""
        self.host(url).crawl_delay_seconds = min(seconds, MAX_CRAWL_DELAY_SECONDS)


def retry_after_seconds(headers: Headers, now: datetime) -> float | None:
    """How long the answer asks for peace, 0 or more; None when it does not, or not in a form of RFC 9110.

    A date is measured against the answer's own Date where it has one: a server's clock may be wrong.
    """
    value = _text(headers, "Retry-After")
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), _FAR))
    until = _http_date(value)
    if until is None:
        return None
    since = _http_date(_text(headers, "Date")) or now
    return min(max((until - since).total_seconds(), 0.0), float(_FAR))


def _text(headers: Headers, name: str) -> str:
    return (headers.get(name) or b"").decode("latin-1").strip()


def _http_date(text: str) -> datetime | None:
    """The moment in any of the three forms of RFC 9110, section 5.6.7, which are all in UTC."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _host_name(url: str) -> str:
    return canonical_host(urlsplit(url).hostname or "")


_pacings: WeakKeyDictionary[Any, Pacing] = WeakKeyDictionary()


def pacing_of(crawler: Any) -> Pacing:
    """The pacing of this Scrapy crawler, made at the first question from its settings."""
    found = _pacings.get(crawler)
    if found is None:
        settings = crawler.settings
        found = Pacing(
            max(settings.getfloat("VARIORUM_DELAY_SECONDS"), settings.getfloat("DOWNLOAD_DELAY")),
            settings.get("VARIORUM_POLICIES") or (),
            patience_seconds=settings.getfloat("VARIORUM_PATIENCE_SECONDS", 60.0),
            turns=settings.get("VARIORUM_TURNS"),
        )
        _pacings[crawler] = found
    return found


class PacingMiddleware:
    """Refuses, before anything else is asked, what a site is not open for."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing

    @classmethod
    def from_crawler(cls, crawler: Any) -> "PacingMiddleware":
        """The middleware of this crawl."""
        return cls(pacing_of(crawler))

    def process_request(self, request: Request) -> None:
        """Scrapy's hook.

        Raises:
            SiteClosed, ComeBackLater: see `Pacing.check`.
        """
        self._pacing.check(request.url)
