"""Addresses that people hand in.

Small submissions share a fetching process when they want the same of it, and no two of these processes are
at one host.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawlers.policy import canonical_host
from crawlers.run import Limits
from crawlers.run import Progress as Fetched
from crawlers.sink import Arrival
from service import views
from service.jobs.case import Case, Ceased, take
from service.jobs.errors import FetchFailed
from service.jobs.fetcher import Fetcher, FetcherDied, Item, Order
from service.jobs.limits import limits_of
from service.jobs.nest import Nest
from service.jobs.records import Progress
from service.jobs.rows import site_rows
from service.views import View

CARRIERS = 4  # fetching processes for submissions, at most
MOST_TOGETHER = 100  # addresses that share a process
SMALL = 10  # addresses; one process is kept free of submissions with more


@dataclass(eq=False, slots=True, kw_only=True)
class Request:
    """The addresses of one job that are to be asked for."""

    case: Case
    addresses: tuple[str, ...]
    limits: Limits
    browser: bool
    alone: bool = False  # it shared a process that died
    settled: set[str] = field(default_factory=set)  # addresses that were answered, or failed

    @property
    def hosts(self) -> set[str]:
        """Those that are asked."""
        return {canonical_host(urlsplit(url).hostname or "") for url in self.addresses}

    @property
    def is_small(self) -> bool:
        """Whether others need not be kept waiting by it."""
        return len(self.addresses) <= SMALL

    def goes_with(self, others: list["Request"]) -> bool:
        """Whether it can be asked for in one process with them."""
        if not others:
            return True
        if self.alone or others[0].alone or not (self.is_small and others[0].is_small):
            return False
        if (self.limits, self.browser) != (others[0].limits, others[0].browser):
            return False
        return sum(len(each.addresses) for each in (self, *others)) <= MOST_TOGETHER


@dataclass(eq=False, slots=True, kw_only=True)
class _Batch:
    """Requests that share a process."""

    requests: list[Request]
    fetcher: Fetcher | None = None  # None: it is being started


class Carriers:
    """The fetching processes for submissions."""

    def __init__(self, nest: Nest, count: int = CARRIERS) -> None:
        self._nest, self._count = nest, count
        self._changed = threading.Condition()
        self._asked: list[Request] = []
        self._under_way: list[_Batch] = []
        self._closed = False
        self._fetches = ThreadPoolExecutor(count, thread_name_prefix="fetch")
        self._threads = [
            threading.Thread(target=self._serve, name=f"carrier-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, request: Request) -> None:
        """Have the addresses asked for as soon as their hosts are free."""
        with self._changed:
            self._asked.append(request)
            self._changed.notify_all()

    def cease(self, case: Case) -> None:
        """Forget what the job wants; a process that works for it alone is ended at once."""
        with self._changed:
            self._asked = [each for each in self._asked if each.case is not case]
            for batch in self._under_way:
                if batch.fetcher and all(each.case.ceased.is_set() for each in batch.requests):
                    batch.fetcher.kill()

    def interrupt(self) -> None:
        """Begin nothing new, and let what is in flight finish."""
        with self._changed:
            self._closed = True
            for request in self._asked:
                request.case.tell(None)
            for batch in self._under_way:
                if batch.fetcher:
                    batch.fetcher.interrupt()
            self._changed.notify_all()

    def kill(self) -> None:
        """End what is under way, and wait until it is ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            for batch in self._under_way:
                if batch.fetcher:
                    batch.fetcher.kill()
        for thread in self._threads:
            thread.join()
        self._fetches.shutdown()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not (chosen := self._next()) and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                batch = _Batch(requests=chosen)
                self._under_way.append(batch)
            try:
                self._carry(batch)
            finally:
                with self._changed:
                    self._under_way.remove(batch)
                    self._changed.notify_all()

    def _next(self) -> list[Request]:
        """What is asked for next in one process, taken off the list; nothing while all hosts are busy."""
        busy = {host for batch in self._under_way for each in batch.requests for host in each.hosts}
        large = sum(not batch.requests[0].is_small for batch in self._under_way)
        chosen: list[Request] = []
        for request in self._asked:
            room = request.is_small or large < self._count - 1
            if room and request.hosts.isdisjoint(busy) and request.goes_with(chosen):
                chosen.append(request)
            else:
                busy |= request.hosts  # who came first to a host is served first
        self._asked = [each for each in self._asked if each not in chosen]
        return chosen

    def _carry(self, batch: _Batch) -> None:
        """Ask for the addresses of the batch, and tell each job what came."""
        fetching = self._fetches.submit(self._fetch, batch)
        error = fetching.exception()
        if isinstance(error, FetcherDied):
            self._again(batch, str(error))
            return
        if error is None and fetching.result():
            error = FetchFailed(fetching.result())
        for request in batch.requests:
            request.case.tell(error)

    def _fetch(self, batch: _Batch) -> str:
        """Why nothing could be fetched; "" when every address has its outcome."""
        first, sites = batch.requests[0], site_rows()
        fetcher = self._nest.take()
        with self._changed:
            batch.fetcher = fetcher
            if self._closed:
                fetcher.kill()
        order = Order(
            archive=first.case.desk.path,
            limits=first.limits,
            sites=sites,
            addresses=tuple(
                dict.fromkeys(url for each in batch.requests for url in each.addresses)
            ),
            browser=first.browser,
        )
        return fetcher.run(order, lambda item: _take(batch, item)).error

    def _again(self, batch: _Batch, why: str) -> None:
        """Which address it was that ended the process shows when each job has one for itself."""
        for request in batch.requests:
            left = tuple(url for url in request.addresses if url not in request.settled)
            if request.case.ceased.is_set() or request.case.stopping.is_set():
                request.case.tell(None)
            elif len(batch.requests) > 1:
                again = Request(
                    case=request.case,
                    addresses=left,
                    limits=request.limits,
                    browser=request.browser,
                    alone=True,
                )
                self.ask(again)
            else:
                request.case.expected += len(left)
                for url in left:
                    request.case.tell(views.failure(url, "failed", why))
                request.case.tell(None)


def submission(case: Case, carriers: Carriers) -> View:
    """The answer to a submission, once every address has its outcome.

    Raises:
        Ceased: it goes no further here.
        ArchiveError: the archive cannot be used.
        JobError: nothing could be fetched, or the database cannot be used.
    """
    asked: list[str] = case.job.argument["urls"]
    known = case.known()
    left = tuple(url for url in asked if url not in known)
    if known:
        case.ledger.advance(case.id, _progress(asked, known))
    if left:
        argument = case.job.argument
        request = Request(
            case=case,
            addresses=left,
            limits=limits_of(argument),
            browser=bool(argument.get("browser")),
        )
        carriers.ask(request)
        for event in case.events():
            if isinstance(event, dict):
                known[event["url"]] = event
                case.settle(event, _progress(asked, known))
    if len(known) < len(asked):  # the worker stops
        raise Ceased
    return {"results": [known[url] for url in asked]}


def _progress(asked: list[str], known: dict[str, View]) -> Progress:
    return Progress(settled=len(known), total=len(asked), latest=next(reversed(known), ""))


def _take(batch: _Batch, item: Item) -> None:
    if isinstance(item, Fetched):
        return
    owners = [each for each in batch.requests if item.requested in each.addresses]
    take(tuple(each.case for each in owners or batch.requests[:1]), item)
    if not isinstance(item, Arrival) or item.final:
        for each in owners:
            each.settled.add(item.requested)
