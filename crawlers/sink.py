"""From the network thread to the archive: what a crawl hands to its caller, and how.

`Arrival` and `Failure` are what the caller receives. `Courier` brings them over to one worker thread
and makes the crawl wait for it: a slow archive slows the crawl down, and nothing piles up in memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from archive.records import Exchange
from crawlers.renditions import Rendition


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One finished exchange."""

    requested: str  # the address as the caller wrote it; for robots.txt that of the robots.txt
    exchange: Exchange
    final: bool  # answers the request: no redirect, no attempt that was repeated, no robots.txt
    leads: bool = False  # a list, sitemap or feed: to be kept, and no document of its own
    part: bool = False  # what a page under rendering asked for: the same
    rendition: Rendition | None = None  # what a browser made of it, where one was wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A requested address that gave nothing to keep as its answer."""

    requested: str  # the address as the caller wrote it
    url: str  # where it failed: the same, or where a redirect led
    reason: str  # a sentence for people
    refused: bool = False  # by robots.txt or the address guard: asking again changes nothing


Receive = Callable[[Arrival | Failure], None]
MOST_WAITING = 16  # items on their way to the worker before downloads pause: as many as there are
_LOOK_SECONDS = 0.5  # between two looks whether there is room again


class Courier:
    """Calls `receive` in one thread of its own, one item after the other."""

    def __init__(self, receive: Receive, may_go_on: Callable[[], bool] = lambda: True) -> None:
        self._receive = receive
        self._may_go_on = may_go_on  # asked on the network thread
        self._ending = False
        self._pool = ThreadPool(minthreads=1, maxthreads=1, name="receive")
        self.error: BaseException | None = None  # what `receive` raised; nothing is delivered after
        self._waiting = 0
        self._paused: list[Deferred[None]] = []
        self._pool.start()

    async def room(self) -> None:
        """Returns once the worker has caught up so far that more may be fetched, and may go on."""
        while not (self._ending or self._may_go_on()):
            await _moment()
        if self._waiting >= MOST_WAITING or self._paused:
            caught_up: Deferred[None] = Deferred()
            self._paused.append(caught_up)
            await maybe_deferred_to_future(caught_up)

    async def deliver(self, reactor: Any, item: Arrival | Failure) -> None:
        """Returns once the item was received, or dropped because an earlier one failed."""
        self._waiting += 1
        try:
            await maybe_deferred_to_future(
                deferToThreadPool(reactor, self._pool, self._hand_over, item)
            )
        finally:
            self._waiting -= 1
            # One for one; but when nothing is left that could wake them, all.
            count = 1 if self._waiting else len(self._paused)
            awake, self._paused = self._paused[:count], self._paused[count:]
            for caught_up in awake:
                caught_up.callback(None)

    def _hand_over(self, item: Arrival | Failure) -> None:
        if self.error is not None:
            return
        try:
            self._receive(item)
        except BaseException as error:  # noqa: BLE001 - any thread's edge; crawlers.run raises it
            self.error = error

    def end(self) -> None:
        """What is under way is delivered whether there is room or not, so that the crawl can end."""
        self._ending = True

    def close(self, last: list[Failure]) -> None:
        """Hands over what is left, after the crawl, and ends the thread."""
        for item in last:
            self._pool.callInThread(self._hand_over, item)
        self._pool.stop()


async def _moment() -> None:
    from twisted.internet import reactor  # noqa: PLC0415 - Scrapy has installed it by now

    await maybe_deferred_to_future(deferLater(reactor, _LOOK_SECONDS, lambda: None))
