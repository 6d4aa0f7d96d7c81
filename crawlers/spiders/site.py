"""Crawls one site as its row says: what is asked next is for the explorer to say."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.threads import deferToThread

from archive.records import Exchange
from crawlers.discovery.explorer import Explorer
from crawlers.discovery.findings import Page, Read, page_of, read
from crawlers.discovery.frontier import Findings, Role, Target
from crawlers.errors import ComeBackLater, CrawlError, Interrupted, SiteClosed, Unfetchable
from crawlers.renditions import MEDIA_TYPE, Rendition
from crawlers.sink import Arrival, Failure
from crawlers.spiders.journeys import Journey, JourneysSpider

# Requests that wait in Scrapy: enough that a host is never idle while an answer is being kept.
_AHEAD = 4
# What a later crawl may well be given: the address is left over, and is no failure.
_LATER: dict[type[CrawlError], str] = {
    Interrupted: "the crawl was interrupted",
    SiteClosed: "it is outside the site's opening hours",
    ComeBackLater: "the site asked to be left alone for now",
}
_RENDERED = {Role.LISTING, Role.PAGE}  # the others are files, which a browser would spoil
_NOTHING = Read(findings=Findings())


class SiteSpider(JourneysSpider):
    """Asks for what the explorer names, and tells it what came."""

    name = "site"

    def __init__(self, explorer: Explorer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._explorer = explorer
        self._asked: dict[str, Target] = {}

    @property
    def waiting(self) -> int:
        """Addresses that are known and have no outcome yet."""
        return self._explorer.waiting

    async def start(self) -> AsyncIterator[Request]:
        """Scrapy's hook: the requests to begin with."""
        while (request := await self._next()) is not None:
            yield request

    async def exchange_done(self, request: Request, exchange: Exchange) -> None:
        """Counts what crosses the wire, and delivers it."""
        self._explorer.add_bytes(len(exchange.response))
        await super().exchange_done(request, exchange)

    async def arrived(self, journey: Journey, exchange: Exchange) -> None:
        """The end of a journey at an answer: its links are followed, then it is delivered."""
        target = self._asked[journey.requested]
        rendition = journey.rendition
        page = _shown(rendition) if rendition else await _aside(_answered, exchange)
        if page.status == 304:
            kept = self._explorer.on_shelf(target)
            if kept is None and b"\r\nif-" in exchange.request.lower():
                await self._once_more(journey, exchange)
                return
            page = kept or page
        found = await _aside(read, target.role, page)
        filed = self._explorer.settle(target, page, found)
        await self._deliver(
            Arrival(
                requested=journey.requested,
                exchange=exchange,
                final=True,
                leads=not filed,
                rendition=rendition,
            )
        )
        await self._go_on(target)

    async def _once_more(self, journey: Journey, exchange: Exchange) -> None:
        """Asks for all of a page that has not changed, because its links can be read nowhere."""
        await self._deliver(Arrival(requested=journey.requested, exchange=exchange, final=False))
        engine = self.crawler.engine
        assert engine is not None
        engine.crawl(self.asking(journey.requested, full=True))

    async def lost(self, journey: Journey, failure: Failure, error: CrawlError) -> None:
        """The end of a journey at an error; where the time was wrong, the address is left over."""
        target = self._asked[journey.requested]
        if type(error) in _LATER:
            self._explorer.leave(target, _LATER[type(error)])
        else:
            self._explorer.settle(target, None, _NOTHING)
            await self._deliver(failure)
        await self._go_on(target)

    async def _go_on(self, target: Target) -> None:
        del self._asked[target.url]
        while self.crawler.crawling and (request := await self._next()) is not None:
            engine = self.crawler.engine
            assert engine is not None
            engine.crawl(request)

    async def _next(self) -> Request | None:
        """The next request; None while there are enough, or nothing is left to ask.

        A document that the archive has fresh is not asked for; what it leads to is.
        """
        while len(self._asked) < _AHEAD and (target := self._explorer.next()) is not None:
            if self._explorer.kept(target):
                await self._from_shelf(target)
                continue
            self._explorer.ask()
            self._asked[target.url] = target
            try:
                return self.asking(target.url, rendered=target.role in _RENDERED)
            except Unfetchable as error:
                await self.settle(Journey(target.url), target.url, error)
        return None

    async def _from_shelf(self, target: Target) -> None:
        page = self._explorer.on_shelf(target) if target.role is Role.PAGE else None
        found = await _aside(read, target.role, page) if page is not None else _NOTHING
        self._explorer.settle(target, page, found)


def _answered(exchange: Exchange) -> Page:
    return page_of(exchange.url, exchange.response)


def _shown(rendition: Rendition) -> Page:
    return Page(url=rendition.url, status=200, data=rendition.html, media_type=MEDIA_TYPE)


async def _aside(function: Any, *arguments: Any) -> Any:
    """The function's answer, worked out beside the network thread: pages can be slow to read."""
    return await maybe_deferred_to_future(deferToThread(function, *arguments))
