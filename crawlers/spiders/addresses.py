"""Fetches given addresses, and follows nothing but redirects."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from scrapy import Request

from archive.records import Exchange
from crawlers.errors import CrawlError, Unfetchable
from crawlers.sink import Failure
from crawlers.spiders.journeys import Journey, JourneysSpider


class AddressesSpider(JourneysSpider):
    """Gives each address exactly one outcome."""

    name = "addresses"

    def __init__(self, addresses: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._addresses = tuple(dict.fromkeys(addresses))
        self.settled: set[str] = set()  # addresses that have their outcome

    @property
    def waiting(self) -> int:
        """Addresses that have no outcome yet."""
        return len(self._addresses) - len(self.settled)

    async def start(self) -> AsyncIterator[Request]:
        """Scrapy's hook: the requests to begin with."""
        for address in self._addresses:
            try:
                request = self.asking(address)
            except Unfetchable as error:
                await self.settle(Journey(address), address, error)
            else:
                yield request

    async def arrived(self, journey: Journey, exchange: Exchange) -> None:
        """The end of a journey at an answer."""
        self.settled.add(journey.requested)
        await super().arrived(journey, exchange)

    async def lost(self, journey: Journey, failure: Failure, error: CrawlError) -> None:
        """The end of a journey at an error."""
        self.settled.add(journey.requested)
        await super().lost(journey, failure, error)
