"""Variorum as one line in the settings of any Scrapy project.

    ADDONS = {"crawlers.addon.Variorum": 100}
    VARIORUM_ARCHIVE = "plans.archive"

Every answer that the project's spiders get is then archived byte for byte, robots.txt and redirects
included; connections go to public addresses only, one at a time for each host, with a pause. The
project's spiders, items, pipelines, cookies and redirects work as before. docs/addon.md tells what
changes.
"""

import logging
import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy import Request, signals
from scrapy.downloadermiddlewares import cookies
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import BaseSettings
from scrapy.utils.defer import deferred_from_coro, maybe_deferred_to_future
from tldextract import TLDExtract
from twisted.internet.threads import deferToThread

from archive.errors import ArchiveError
from archive.index import Outcome
from archive.records import Capture, Exchange, Refusal
from archive.store import Archive
from crawlers import settings as ours
from crawlers.addresses import allowances
from crawlers.errors import RobotsForbid
from crawlers.guard import check_handlers
from crawlers.renditions import (
    ASKED,
    PART,
    PART_REASON,
    Rendition,
    file_rendered,
    is_rendered,
    keep_rendered,
    page_rendered,
)
from crawlers.sink import Arrival, Courier, Failure
from crawlers.wire import exchange_done
from pipelines.flow import Flow, catch_up, is_page
from pipelines.workers import Readers

logger = logging.getLogger(__name__)

MAX_BYTES = 32 << 20  # of one answer; other projects fetch larger files than pages
# Scrapy drops what it had when its own limit is reached, so ours must come first.
OF_THEIR_TIMEOUT = 0.9

# Set where the project says nothing else. Each with its reason in `crawlers.settings`.
_QUIETLY = (
    "DEFAULT_REQUEST_HEADERS",
    "USER_AGENT",
    "DOWNLOAD_FAIL_ON_DATALOSS",
    "DOWNLOAD_TLS_MIN_VERSION",
    "DOWNLOADER_CLIENT_TLS_CIPHERS",
    "DOWNLOAD_VERIFY_CERTIFICATES",
    "HTTPPROXY_ENABLED",
    "TELNETCONSOLE_ENABLED",
    "REMOTE_CONTROL_ENABLED",
    "ROBOTSTXT_OBEY",
    "CONCURRENT_REQUESTS_PER_DOMAIN",
    "DOWNLOAD_DELAY",
    "VARIORUM_DELAY_SECONDS",
    "VARIORUM_PATIENCE_SECONDS",
)
_MIDDLEWARES = {
    "crawlers.addon.ForbiddenMiddleware": 45,
    "crawlers.guard.GuardMiddleware": 50,
    "crawlers.pacing.PacingMiddleware": 75,
    "crawlers.wire.WireMiddleware": 950,
}


class Variorum:
    """The add-on."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Scrapy's hook: adds what evidence and safety need to what the project has.

        Raises:
            ValueError: if no archive is named, or an address list is malformed.
            Unguarded: if the project has a download handler or a proxy that passes by the guard.
        """
        _default(settings, "VARIORUM_ARCHIVE", os.environ.get("VARIORUM_ARCHIVE", ""))
        _default(settings, "VARIORUM_FILE", True)
        if not settings["VARIORUM_ARCHIVE"]:
            raise ValueError(
                "The Variorum add-on does not know where to archive. "
                'Add a line such as VARIORUM_ARCHIVE = "plans.archive" to the settings.'
            )
        _guard(settings)
        for name in _QUIETLY:
            _default(settings, name, getattr(ours, name))
        _limit(settings)
        retried = [*settings.getlist("RETRY_EXCEPTIONS"), "crawlers.errors.ConnectionLost"]
        _default(settings, "RETRY_EXCEPTIONS", retried)
        _obey(settings)
        for middleware, place in _MIDDLEWARES.items():
            _part(settings, "DOWNLOADER_MIDDLEWARES", middleware, place)
        _part(settings, "EXTENSIONS", "crawlers.addon.Archiving", 0)
        # Its own would ask the internet for a list at first use, past the guard; it ships with one.
        cookies._split_domain = TLDExtract(include_psl_private_domains=True, suffix_list_urls=())


def _default(settings: BaseSettings, name: str, value: Any) -> None:
    """Sets what the project does not set; of a table, the rows that it does not have."""
    if isinstance(value, dict):
        for key, row in value.items():
            _part(settings, name, key, row)
    else:
        settings.set(name, value, priority="addon")


def _part(settings: BaseSettings, name: str, key: str, value: Any) -> None:
    settings[name].set(key, value, priority="addon")


def _is_theirs(settings: BaseSettings, name: str) -> bool:
    """Whether the project, a spider or the command line has set it."""
    return (settings.getpriority(name) or 0) > 15  # "addon" in scrapy.settings


def _guard(settings: BaseSettings) -> None:
    """Puts every connection under the guard, or raises."""
    _default(settings, "DOWNLOAD_HANDLERS", ours.DOWNLOAD_HANDLERS)
    check_handlers(settings)
    allowed = os.environ.get("VARIORUM_ALLOW_ADDRESSES", "")
    _default(settings, "VARIORUM_ALLOW_ADDRESSES", allowed)
    allowances(settings["VARIORUM_ALLOW_ADDRESSES"] or "")
    proxied = _is_theirs(settings, "HTTPPROXY_ENABLED") and settings.getbool("HTTPPROXY_ENABLED")
    if proxied and not settings.get("VARIORUM_PROXY"):
        raise ValueError(
            "HTTPPROXY_ENABLED lets requests pass by the address guard. Remove it, or name the one "
            "proxy that may be used in VARIORUM_PROXY."
        )


def _limit(settings: BaseSettings) -> None:
    theirs = settings.getint("DOWNLOAD_MAXSIZE")
    most = min(theirs or MAX_BYTES, MAX_BYTES)
    _default(settings, "VARIORUM_MAX_BYTES", most)
    seconds = OF_THEIR_TIMEOUT * settings.getfloat("DOWNLOAD_TIMEOUT")
    _default(settings, "VARIORUM_TIMEOUT_SECONDS", seconds)


def _obey(settings: BaseSettings) -> None:
    """Our middleware reads robots.txt as RFC 9309 asks; Scrapy's takes an error for a yes."""
    if settings.getbool("ROBOTSTXT_OBEY"):
        _part(settings, "DOWNLOADER_MIDDLEWARES", "crawlers.robots.RobotsMiddleware", 100)
    else:
        logger.warning("ROBOTSTXT_OBEY is off in this project: robots.txt will not be asked for.")
    stock = "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware"
    _part(settings, "DOWNLOADER_MIDDLEWARES", stock, None)


class ForbiddenMiddleware:
    """Drops what robots.txt forbids in the way that Scrapy's own middleware does."""

    def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002
        """Scrapy's hook.

        Raises:
            IgnoreRequest: in place of RobotsForbid.
        """
        if isinstance(exception, RobotsForbid):
            logger.info("%s", exception)
            raise IgnoreRequest(str(exception)) from exception


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rendered(Arrival):
    """The exchange of a page, once more, with what a browser made of it."""

    rendition: Rendition


class _Part(Arrival):
    """What a page under rendering asked for."""


class Archiving:
    """Brings every exchange of a crawl into the archive, in a thread of its own."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._counts: Counter[str] = Counter()
        self._stack = ExitStack()
        self._flow: Flow | None = None
        self._courier: Courier | None = None
        self._pages: dict[str, Exchange] = {}  # of pages that are being rendered
        self._captures: dict[str, Capture] = {}
        path = Path(crawler.settings["VARIORUM_ARCHIVE"])
        with ExitStack() as stack:
            self._archive = stack.enter_context(Archive.open(path, write=True))
            if crawler.settings.getbool("VARIORUM_FILE"):
                self._readers = stack.enter_context(Readers())
                catch_up(self._archive, self._readers)
                self._flow = Flow(self._archive, self._readers, self._settle)
            self._stack = stack.pop_all()

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Archiving":
        """The extension, with the archive open for writing.

        Raises:
            ArchiveError: if the folder is none, or another process is writing there.
        """
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.arrived, signal=exchange_done)
        crawler.signals.connect(extension.rendered, signal=page_rendered)
        crawler.signals.connect(extension.closed, signal=signals.spider_closed)
        return extension

    def opened(self) -> None:
        """Scrapy's signal: the crawl begins."""
        self._courier = Courier(self._receive)

    async def arrived(self, request: Request, exchange: Exchange) -> None:
        """The wire's signal: one more answer. Returns when it is on the disk."""
        asked = bool(request.meta.get(ASKED))
        if asked:
            self._pages[request.url] = exchange
        if request.meta.get(PART):
            await self._deliver(_Part(requested=request.url, exchange=exchange, final=False))
            return
        await self._deliver(
            Arrival(requested=request.url, exchange=exchange, final=not asked, leads=asked)
        )

    async def rendered(self, request: Request, rendition: Rendition) -> None:
        """The browser's signal: what it made of a page that has arrived."""
        page = self._pages.pop(request.url)
        await self._deliver(
            _Rendered(requested=request.url, exchange=page, final=True, rendition=rendition)
        )

    async def _deliver(self, arrival: Arrival) -> None:
        if self._courier is None:
            return
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        await self._courier.deliver(reactor, arrival)
        if self._courier.error is not None and self._crawler.crawling:
            logger.critical("The crawl ends: %s", self._courier.error)
            # Not awaited: it waits for what is in flight, and this answer is.
            deferred_from_coro(self._crawler.engine.close_spider_async(reason="archive_failed"))

    async def closed(self) -> None:
        """Scrapy's signal: the crawl is over. Returns when everything is filed and durable."""
        await maybe_deferred_to_future(deferToThread(self._finish))
        for name, count in self._counts.items():
            self._crawler.stats.set_value(f"variorum/{name}", count)
        if self._courier is not None and self._courier.error is not None:
            self._crawler.stats.set_value("variorum/error", str(self._courier.error))

    def _receive(self, item: Arrival | Failure) -> None:
        if isinstance(item, Failure):
            return
        if isinstance(item, _Rendered):
            self._file_rendered(self._captures.pop(item.requested), item.rendition)
            return
        capture = self._archive.keep(item.exchange)
        self._counts["captures"] += 1
        if isinstance(item, _Part):
            self._archive.refuse(Refusal(capture=capture.id, stage="browser", reason=PART_REASON))
        elif item.leads and is_rendered(capture.status, capture.media_type):
            self._captures[item.requested] = capture
        elif self._flow is not None and is_page(capture):
            self._flow.take(capture)

    def _file_rendered(self, capture: Capture, rendition: Rendition) -> None:
        self._counts["rendered"] += 1
        if self._flow is None:
            keep_rendered(self._archive, capture, rendition)
        else:
            self._flow.finish()  # what came before it is filed before it
            file_rendered(self._archive, self._readers, capture, rendition)

    def _settle(self, outcome: Outcome) -> None:
        if outcome.filed:
            self._counts[f"filed/{outcome.filed.relation}"] += 1
        if outcome.refusal:
            self._counts["refused"] += 1
            logger.info("%s: %s", outcome.capture.url, outcome.refusal.reason)

    def _finish(self) -> None:
        with self._stack:
            if self._courier is None:
                return
            self._courier.close([])
            if self._flow is None or self._courier.error is not None:
                return
            try:
                self._flow.finish()
            except ArchiveError as error:
                self._courier.error = error
                logger.critical("Not everything could be filed: %s", error)
