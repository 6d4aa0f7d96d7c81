"""What every spider of ours does: one outcome for each address, and every exchange on the way to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.records import Exchange
from crawlers import wire
from crawlers.errors import (
    AddressRefused,
    CrawlError,
    NoAnswer,
    RobotsForbid,
    TooManyRedirects,
    Unfetchable,
)
from crawlers.renditions import ASKED, PART, Rendition, page_rendered
from crawlers.returning import FETCH_FULL
from crawlers.sink import Arrival, Failure

_META_KEY = "variorum_journey"
_REFUSALS = (AddressRefused, RobotsForbid, Unfetchable)


@dataclass(slots=True)
class Journey:
    """The way from one requested address to its outcome, over redirects and repeated attempts."""

    requested: str
    latest: Exchange | None = None  # not delivered yet: what comes next shows whether it is final
    rendition: Rendition | None = None  # what a browser made of `latest`


class JourneysSpider(Spider):
    """Delivers what crosses the wire; what an outcome means is for `arrived` and `lost`."""

    name = "journeys"

    def __init__(
        self,
        deliver: Callable[[Arrival | Failure], Awaitable[None]],
        room: Callable[[], Awaitable[None]],
        browser: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._deliver, self._room = deliver, room
        self._browser = browser  # whether pages are to be rendered

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> "JourneysSpider":
        """The spider, listening to what crosses the wire."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.exchange_done, signal=wire.exchange_done)
        crawler.signals.connect(spider.page_rendered, signal=page_rendered)
        return spider

    @property
    def waiting(self) -> int:
        """Addresses that are known and have no outcome yet."""
        return 0

    async def arrived(self, journey: Journey, exchange: Exchange) -> None:
        """The end of a journey at an answer."""
        await self._deliver(
            Arrival(
                requested=journey.requested,
                exchange=exchange,
                final=True,
                rendition=journey.rendition,
            )
        )

    async def lost(self, journey: Journey, failure: Failure, error: CrawlError) -> None:  # noqa: ARG002
        """The end of a journey at an error."""
        await self._deliver(failure)

    def asking(self, address: str, *, full: bool = False, rendered: bool = True) -> Request:
        """The request that begins a journey; `full` is one that no 304 answers.

        Where this crawl renders pages, this one is rendered too, unless `rendered` is false.

        Raises:
            Unfetchable: the address is no URL.
        """
        meta: dict[str, Any] = {_META_KEY: Journey(address)}
        if self._browser and rendered:
            meta[ASKED] = full = True  # a browser needs a page to begin with, and a 304 has none
        if full:
            meta[FETCH_FULL] = True
        try:
            return Request(
                address,
                callback=self.parse,
                errback=self.failed,
                dont_filter=True,
                meta=meta,
            )
        except ValueError as error:
            raise Unfetchable(address, f"it is no URL ({error})") from error

    async def exchange_done(self, request: Request, exchange: Exchange) -> None:
        """Delivers the exchange before this one, which this one shows not to have been final.

        The download is not over until there is room for what it brought.
        """
        await self._room()
        journey: Journey | None = request.meta.get(_META_KEY)
        if journey is None:
            part = bool(request.meta.get(PART))
            await self._deliver(
                Arrival(requested=request.url, exchange=exchange, final=False, part=part)
            )
            return
        before, journey.latest = journey.latest, exchange
        if before is not None:
            await self._deliver(Arrival(requested=journey.requested, exchange=before, final=False))

    def page_rendered(self, request: Request, rendition: Rendition) -> None:
        """Notes what the browser made of the page that came last."""
        journey: Journey = request.meta[_META_KEY]
        journey.rendition = rendition

    async def parse(self, response: Response) -> None:
        """Scrapy's hook: an answer."""
        journey: Journey = response.meta[_META_KEY]
        if journey.latest is None:
            await self.settle(journey, response.url, NoAnswer(response.url, "nothing was recorded"))
            return
        await self.arrived(journey, journey.latest)

    async def failed(self, reason: Any) -> None:
        """Scrapy's hook: an error; what was received on the way is kept."""
        request: Request = reason.request
        journey: Journey = request.meta[_META_KEY]
        if journey.latest is not None:
            await self._deliver(
                Arrival(requested=journey.requested, exchange=journey.latest, final=False)
            )
        await self.settle(journey, request.url, reason.value)

    async def settle(self, journey: Journey, url: str, error: BaseException) -> None:
        """Ends a journey at an error of any kind, told as one of ours."""
        if isinstance(error, IgnoreRequest):  # the redirect middleware says no more than this
            error = TooManyRedirects(url, self.settings.getint("REDIRECT_MAX_TIMES"))
        if isinstance(error, ValueError):
            error = Unfetchable(url, f"it leads to what is no URL ({error})")
        if not isinstance(error, CrawlError):
            error = NoAnswer(url, f"{type(error).__name__}: {error}")
        failure = Failure(
            requested=journey.requested,
            url=url,
            reason=str(error),
            refused=isinstance(error, _REFUSALS),
        )
        await self.lost(journey, failure, error)
