"""A crawl as one call: from a list of addresses to their outcomes.

    summary = fetch(["https://www.gov.example/plan.html"], Limits(), receive)

`receive` is called in one thread, one item at a time: any number of `Arrival`s and, for each address,
exactly one outcome, which is an `Arrival` with `final` or a `Failure`. `discover` does the same for
what a site's row leads to.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.defer import deferred_from_coro

from crawlers.addresses import allowances
from crawlers.chromium import chromium
from crawlers.discovery.explorer import Discovery, Explorer
from crawlers.errors import AlreadyCrawled, Interrupted, NoAnswer
from crawlers.memory import Memory
from crawlers.policy import Policy
from crawlers.settings import crawl_settings
from crawlers.sink import Arrival, Courier, Failure, Receive
from crawlers.spiders.addresses import AddressesSpider
from crawlers.spiders.journeys import JourneysSpider
from crawlers.spiders.site import SiteSpider
from crawlers.turns import Turns

ALLOW_VARIABLE = "VARIORUM_ALLOW_ADDRESSES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How politely and how far to go for each page."""

    delay_seconds: float = 1.0  # at least, between requests to one host
    max_bytes: int = 8 << 20  # of one answer as on the wire; what is longer is cut and marked
    timeout_seconds: float = 10.0  # for one answer, from connecting to its last byte
    contact: str = ""  # URL or mail address for the User-Agent

    def __post_init__(self) -> None:
        if self.delay_seconds < 0 or self.max_bytes < 1 or self.timeout_seconds <= 0:
            raise ValueError(
                "Limits need a delay of 0 s or more, at least 1 byte, and a time above 0 s."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a crawl is."""

    settled: int  # addresses that have their outcome
    total: int  # addresses in all, each counted once; of a site, as far as is known
    latest: str  # the address that was settled last


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a crawl did."""

    requested: int  # different addresses that were given or found, and asked
    answered: int  # of them, with a final answer, whatever its status
    failed: int  # of them, with a failure
    exchanges: int  # delivered in all: redirects, repeated attempts and robots.txt included
    bytes_received: int
    seconds: float
    interrupted: bool  # by SIGINT or SIGTERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the sites of a crawl want to be visited, and what is remembered of them."""

    policies: Sequence[Policy] = ()
    memory: Memory | None = None  # asked on the network thread
    browser: bool = False  # pages are to be filled in by a browser before they are read
    turns: Turns | None = None  # shared with all who fetch for the archive; None: nobody does
    # While not, nothing new is fetched; network thread.
    may_go_on: Callable[[], bool] = lambda: True


_begun = threading.Event()


def fetch(
    addresses: Sequence[str],
    limits: Limits,
    receive: Receive,
    progress: Callable[[Progress], None] | None = None,
    *,
    manners: Manners | None = None,
) -> Summary:
    """What the crawl did, once every address has its outcome.

    An address that is given twice is fetched once and has one outcome. SIGINT and SIGTERM let what is
    in flight finish; the rest fails as interrupted. `progress` is called in the thread of `receive`.

    Raises:
        AlreadyCrawled: at the second call in one process.
        NoBrowser: pages are to be rendered, and the machine cannot.
        ValueError: for a malformed VARIORUM_ALLOW_ADDRESSES.
        Exception: whatever `receive` or `progress` raised; the crawl was ended before.
    """
    wanted = tuple(dict.fromkeys(addresses))
    way = _Way(spider=AddressesSpider, arguments={"addresses": wanted}, addresses=wanted)
    return _Crawl(way, limits, receive, progress, manners or Manners()).run()


def discover(
    explorer: Explorer,
    limits: Limits,
    receive: Receive,
    progress: Callable[[Progress], None] | None = None,
    *,
    manners: Manners | None = None,
) -> tuple[Summary, Discovery]:
    """What the crawl of a site did, and what it found beside; see `fetch`.

    Raises:
        AlreadyCrawled: at the second call in one process.
        NoBrowser: pages are to be rendered, and the machine cannot.
        ValueError: for a malformed VARIORUM_ALLOW_ADDRESSES.
        Exception: whatever `receive` or `progress` raised; the crawl was ended before.
    """
    way = _Way(spider=SiteSpider, arguments={"explorer": explorer}, addresses=())
    summary = _Crawl(way, limits, receive, progress, manners or Manners()).run()
    return summary, explorer.finish(interrupted=summary.interrupted)


def _begin(manners: Manners) -> str:
    """What VARIORUM_ALLOW_ADDRESSES says; from now on this process has crawled."""
    if manners.browser:
        chromium()  # it is told before anything is fetched that there is none
    allowed = os.environ.get(ALLOW_VARIABLE, "")
    allowances(allowed)  # a typing error should be heard before anything is fetched
    if _begun.is_set():
        raise AlreadyCrawled
    _begun.set()
    return allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Which spider goes, and with what."""

    spider: type[JourneysSpider]
    arguments: dict[str, Any]
    addresses: tuple[str, ...]  # that must have an outcome, come what may


class _Crawl:
    """One crawl while it runs, and its count."""

    def __init__(
        self,
        way: _Way,
        limits: Limits,
        receive: Receive,
        progress: Callable[[Progress], None] | None,
        manners: Manners,
    ) -> None:
        self.allowed = _begin(manners)
        self.way, self.limits, self.manners = way, limits, manners
        self._receive, self._progress = receive, progress
        self.answered = self.failed = self.exchanges = self.bytes_received = 0
        self.interrupted = False
        self.courier = Courier(self._received, manners.may_go_on)
        self.crawler: Crawler | None = None
        self.reactor: Any = None

    def run(self) -> Summary:
        """Blocks until the crawl is over."""
        began = time.monotonic()
        rest: list[str] = []
        try:
            self._crawl(self._settings())
            rest = [address for address in self.way.addresses if address not in self._settled()]
        finally:
            self.courier.close([self._unsettled(url) for url in rest])
        if self.courier.error is not None:
            raise self.courier.error
        return Summary(
            requested=len(self.way.addresses) or self.answered + self.failed,
            answered=self.answered,
            failed=self.failed,
            exchanges=self.exchanges,
            bytes_received=self.bytes_received,
            seconds=time.monotonic() - began,
            interrupted=self.interrupted,
        )

    def _unsettled(self, url: str) -> Failure:
        """The outcome of an address that the crawl never came to."""
        error = (
            Interrupted(url) if self.interrupted else NoAnswer(url, "the crawl lost sight of it")
        )
        return Failure(requested=url, url=url, reason=str(error))

    def _settled(self) -> set[str]:
        spider = self.crawler.spider if self.crawler is not None else None
        return spider.settled if isinstance(spider, AddressesSpider) else set()

    def _waiting(self) -> int:
        """A number that the network thread may be changing: good enough for a progress bar."""
        spider = self.crawler.spider if self.crawler is not None else None
        return spider.waiting if isinstance(spider, JourneysSpider) else 0

    def _settings(self) -> Settings:
        settings = crawl_settings(
            delay_seconds=self.limits.delay_seconds,
            max_bytes=self.limits.max_bytes,
            timeout_seconds=self.limits.timeout_seconds,
            contact=self.limits.contact,
            allowed=self.allowed,
        )
        # Scrapy would copy a dict or a list into settings of its own; a tuple stays as it is.
        settings.set("VARIORUM_POLICIES", tuple(self.manners.policies), priority="cmdline")
        settings.set("VARIORUM_MEMORY", self.manners.memory, priority="cmdline")
        settings.set("VARIORUM_TURNS", self.manners.turns, priority="cmdline")
        if self.manners.browser:
            browser = "crawlers.browser.BrowserMiddleware"
            settings["DOWNLOADER_MIDDLEWARES"].set(browser, 110, priority="cmdline")
        if not self.way.addresses:  # what was found first is asked first
            for name in ("SCHEDULER_MEMORY_QUEUE", "SCHEDULER_START_MEMORY_QUEUE"):
                settings.set(name, "scrapy.squeues.FifoMemoryQueue", priority="cmdline")
        return settings

    def _crawl(self, settings: Settings) -> None:
        for name in ("scrapy", "twisted", "protego"):  # silent unless the caller sets up logging
            logging.getLogger(name).addHandler(logging.NullHandler())
        process = CrawlerProcess(settings)
        self.crawler = process.create_crawler(self.way.spider)
        crawling = process.crawl(
            self.crawler, deliver=self._deliver, room=self.courier.room,
            browser=self.manners.browser, **self.way.arguments,
        )  # fmt: skip
        crawling.addErrback(self._broken)
        from twisted.internet import reactor  # noqa: PLC0415 - Scrapy installs it in crawl()

        self.reactor = reactor
        with _stopping(self._interrupt):
            process.start(install_signal_handlers=False)

    async def _deliver(self, item: Arrival | Failure) -> None:
        """Hands over one item; after an error of the receiver the crawl is ended."""
        await self.courier.deliver(self.reactor, item)
        if self.courier.error is not None:
            self._stop()

    def _received(self, item: Arrival | Failure) -> None:
        """Runs in the worker thread: the caller's own functions, and the count."""
        self._receive(item)
        if isinstance(item, Arrival):
            self.exchanges += 1
            self.bytes_received += len(item.exchange.response)
            self.answered += item.final
        else:
            self.failed += 1
        if self._progress is not None and (isinstance(item, Failure) or item.final):
            settled = self.answered + self.failed
            total = len(self.way.addresses) or settled + self._waiting()
            self._progress(Progress(settled=settled, total=total, latest=item.requested))

    def _broken(self, reason: Any) -> None:
        """An error of the crawl itself, which no page caused: it comes out of `fetch`."""
        if self.courier.error is None:
            self.courier.error = reason.value

    def _interrupt(self) -> None:
        """Runs in a signal handler."""
        self.interrupted = True
        self.reactor.callFromThread(self._stop)

    def _stop(self) -> None:
        """Lets what is in flight finish and begins nothing new."""
        self.courier.end()
        if self.crawler is None or not self.crawler.crawling:
            return
        for slot in self.crawler.engine.downloader.slots.values():
            slot.delay = 0.0  # what waits for its turn is refused at once, see WireHandler
        deferred_from_coro(self.crawler.stop_async())


@contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Calls `stop` at the first SIGINT or SIGTERM meanwhile; the second does what it always does.

    Only the main thread can hear signals: elsewhere this changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - Python's signature
        restore()
        stop()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        restore()
