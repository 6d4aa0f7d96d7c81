"""Fetches given addresses, and follows nothing but redirects."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.records import Exchange
from crawlers import wire
from crawlers.errors import CrawlError, NoAnswer, TooManyRedirects, Unfetchable
from crawlers.sink import Arrival, Failure

_META_KEY = "variorum_journey"


@dataclass(slots=True)
class Journey:
    """The way from one requested address to its outcome, over redirects and repeated attempts."""

    requested: str
    latest: Exchange | None = None  # not delivered yet: what comes next shows whether it is final


class AddressesSpider(Spider):
    """Gives each address exactly one outcome, and every exchange on the way to it."""

    name = "addresses"

    def __init__(
        self,
        addresses: Sequence[str],
        deliver: Callable[[Arrival | Failure], Awaitable[None]],
        room: Callable[[], Awaitable[None]],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._addresses = tuple(dict.fromkeys(addresses))
        self._deliver, self._room = deliver, room
        self.settled: set[str] = set()  # addresses that have their outcome

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> "AddressesSpider":
        """The spider, listening to what crosses the wire."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.exchange_done, signal=wire.exchange_done)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Scrapy's hook: the requests to begin with."""
        for address in self._addresses:
            try:
                request = Request(
                    address,
                    callback=self.parse,
                    errback=self.failed,
                    dont_filter=True,
                    meta={_META_KEY: Journey(address)},
                )
            except ValueError as error:
                await self._settle(
                    address, address, Unfetchable(address, f"it is no URL ({error})")
                )
            else:
                yield request

    async def exchange_done(self, request: Request, exchange: Exchange) -> None:
        """Delivers the exchange before this one, which this one shows not to have been final.

        The download is not over until there is room for what it brought.
        """
        await self._room()
        journey: Journey | None = request.meta.get(_META_KEY)
        if journey is None:
            await self._deliver(Arrival(requested=request.url, exchange=exchange, final=False))
            return
        before, journey.latest = journey.latest, exchange
        if before is not None:
            await self._deliver(Arrival(requested=journey.requested, exchange=before, final=False))

    async def parse(self, response: Response) -> None:
        """The end of a journey at an answer."""
        journey: Journey = response.meta[_META_KEY]
        if journey.latest is None:
            error = NoAnswer(response.url, "nothing of it was recorded")
            await self._settle(journey.requested, response.url, error)
            return
        self.settled.add(journey.requested)
        await self._deliver(
            Arrival(requested=journey.requested, exchange=journey.latest, final=True)
        )

    async def failed(self, reason: Any) -> None:
        """The end of a journey at an error; what was received on the way is kept."""
        request: Request = reason.request
        journey: Journey = request.meta[_META_KEY]
        if journey.latest is not None:
            await self._deliver(
                Arrival(requested=journey.requested, exchange=journey.latest, final=False)
            )
        await self._settle(journey.requested, request.url, reason.value)

    async def _settle(self, requested: str, url: str, error: BaseException) -> None:
        if isinstance(error, IgnoreRequest):  # the redirect middleware says no more than this
            error = TooManyRedirects(url, self.settings.getint("REDIRECT_MAX_TIMES"))
        if isinstance(error, ValueError):
            error = Unfetchable(url, f"it leads to what is no URL ({error})")
        if not isinstance(error, CrawlError):
            error = NoAnswer(url, f"{type(error).__name__}: {error}")
        self.settled.add(requested)
        await self._deliver(Failure(requested=requested, url=url, reason=str(error)))
