"""A process that fetches for a worker: one crawl each, because a network loop cannot start twice.

The worker starts it ahead of need; it has all it needs loaded and waits for its `Order`. What arrives goes
through a pipe, one item at a time, and the crawl goes no faster than the worker takes it in. When the
worker is gone, the fetcher ends at once.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from archive.errors import ArchiveError
from crawlers import run as runs
from crawlers.discovery.explorer import Discovery, Errand, Explorer
from crawlers.discovery.shelf import Shelf
from crawlers.errors import CrawlError
from crawlers.sink import Arrival, Failure
from crawlers.sites import Site
from service.fetching import manners

_FORKS = multiprocessing.get_context("forkserver")
# Loaded once in the server that all children are forked from: the readers of pages are, too.
PRELOADED = ["service.jobs.preloaded"]
_READY = "ready"
_KEPT = "kept"
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a fetcher is to do: ask the addresses, or go on an errand to a site."""

    archive: Path
    limits: runs.Limits
    sites: dict[str, Site]  # whose wishes are kept
    addresses: tuple[str, ...] = ()
    errand: Errand | None = None
    browser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a crawl ended."""

    summary: runs.Summary | None
    discovery: Discovery | None
    error: str  # a sentence; "" when it came to its end


Item = Arrival | Failure | runs.Progress
Take = Callable[[Item], None]


class FetcherDied(Exception):
    """The process ended without saying how; the message is a sentence."""


class Fetcher:
    """The process as its worker sees it."""

    def __init__(self) -> None:
        _FORKS.set_forkserver_preload(PRELOADED)
        self._pipe, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    def run(self, order: Order, take: Take) -> End:
        """Blocks until the crawl is over; `take` gets each item, and the next comes when it returns.

        Raises:
            FetcherDied: the process was killed, or broke.
            Exception: whatever `take` raised; the process is ended before.
        """
        try:
            self._wait_until_ready()
            self._pipe.send(order)
            while True:
                item = self._pipe.recv()
                if isinstance(item, End):
                    return item
                take(item)
                if not isinstance(item, runs.Progress):
                    self._pipe.send(_KEPT)
        except (EOFError, ConnectionError) as error:
            self._process.join(5)
            why = f"The fetching process ended with {self._process.exitcode}."
            raise FetcherDied(why) from error
        finally:
            self.discard()

    def discard(self) -> None:
        """End it, and let go of it; for one that has not been run, too."""
        self.kill()
        self._pipe.close()
        self._process.join()

    def interrupt(self) -> None:
        """Let what is in flight finish, and begin nothing new."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        pid = self._process.pid
        if pid is not None and self._process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _wait_until_ready(self) -> None:
        if not self._pipe.poll(_START_SECONDS) or self._pipe.recv() != _READY:
            raise FetcherDied("No fetching process could be started.")


def _serve(pipe: Connection) -> None:
    """The child: waits for its order, goes, and ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which ends us
    try:
        pipe.send(_READY)
        order = pipe.recv()
    except (EOFError, ConnectionError):  # the worker is gone, or needs this one no more
        return
    link = _Link(pipe)
    try:
        end = _go(order, link)
    except (CrawlError, ArchiveError, OSError, ValueError) as error:
        end = End(summary=None, discovery=None, error=str(error))
    link.send(end)


class _Link:
    """The child's side of the pipe, and its only tie to life."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._kept: SimpleQueue[object] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def receive(self, item: Arrival | Failure) -> None:
        """Hand over one item; returns once it is kept."""
        self.send(item)
        self._kept.get()

    def send(self, item: object) -> None:
        """Hand over something that nobody waits for."""
        self._pipe.send(item)

    def _listen(self) -> None:
        while True:
            try:
                self._kept.put(self._pipe.recv())
            except (EOFError, OSError):
                os._exit(1)  # the worker is gone: nobody would keep what is fetched


def _go(order: Order, link: _Link) -> End:
    visit = manners(order.archive, order.sites, order.limits, browser=order.browser)
    if order.errand is None:
        summary = runs.fetch(order.addresses, order.limits, link.receive, link.send, manners=visit)
        return End(summary=summary, discovery=None, error="")
    with closing(Shelf.open(order.archive)) as shelf:
        explorer = Explorer(order.errand, shelf)
        summary, found = runs.discover(
            explorer, order.limits, link.receive, link.send, manners=visit
        )
    return End(summary=summary, discovery=found, error="")
