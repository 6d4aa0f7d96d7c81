"""One job while a worker has it: what it waits for, what it has got, and whether it is to stop."""

import threading
from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue

from crawlers.run import Progress as Fetched
from crawlers.sink import Arrival, Failure
from service.fetching import Counted
from service.intake import Intake
from service.jobs.desk import Desk
from service.jobs.ledger import Attempt, Ledger, Page
from service.jobs.records import Job, Progress
from service.views import View


class Ceased(Exception):
    """The job goes no further here: it was cancelled, taken over, or the worker stops."""


class Case:
    """What the threads that work for one job share."""

    def __init__(self, job: Job, ledger: Ledger, desk: Desk) -> None:
        self.job, self.ledger, self.desk = job, ledger, desk
        self.expected = 0  # Results that will be told of, or have been; counted by who fetches
        self.ceased = threading.Event()  # nothing of it is wanted any more
        self.ended = threading.Event()  # nothing works for it here any more
        self.stopping = threading.Event()  # the worker stops: what is in flight is still wanted
        self._events: SimpleQueue[View | BaseException | Fetched | None] = SimpleQueue()

    @property
    def id(self) -> str:
        """Of the job."""
        return self.job.id

    @property
    def attempt(self) -> Attempt:
        """At the job: it may be begun again while this one still stops."""
        return self.job.id, self.job.attempts

    # ------------------------------------------------------------------ from other threads

    def cease(self) -> None:
        """Wake whoever waits for events: there will be no more that count."""
        self.ceased.set()
        self._events.put(Ceased())

    def tell(self, event: View | BaseException | Fetched | None) -> None:
        """A Result, how far it is, an error, or None: nothing more will be fetched."""
        self._events.put(event)

    def waits(self, why: str | None) -> None:
        """Say what the job waits for."""
        self.ledger.wait(self.id, why)

    # ------------------------------------------------------------------ in the thread of the job

    def events(self) -> Iterator[View | Fetched]:
        """The Results as they come, and how far it is, until nothing more will come.

        Raises:
            Ceased: the job goes no further here.
            Exception: what the fetching ended with.
        """
        fetching, received = True, 0
        while fetching or received < self.expected:
            event = self._events.get()
            if isinstance(event, BaseException):
                raise event
            if event is None:
                fetching = False
                continue
            received += isinstance(event, dict)
            yield event

    def known(self) -> dict[str, View]:
        """What earlier attempts have settled, by address, in order.

        Raises:
            GaveUp: the archive was busy until nobody waited any more.
            ArchiveError: the archive cannot be read.
            JobsUnreachable: the database cannot be used.
        """
        pages = self.ledger.pages(self.id)
        known = {page.url: page.result for page in pages if page.result is not None}
        open_ones = [page for page in pages if page.result is None]
        for page in open_ones:
            found = self.desk.run(partial(_recall, page), self.waits, self.ceased.is_set)
            if found is None:
                self.ledger.forget(self.id, page.url)
            else:
                self.settle(found, None)
                known[page.url] = found
        return {page.url: known[page.url] for page in pages if page.url in known}

    def settle(self, result: View, progress: Progress | None) -> None:
        """Note what became of an address.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        page = Page(
            url=result["url"],
            answered_by=result["url"],
            fetched_at=self.job.created_at,
            result=result,
        )
        self.ledger.settled(self.id, page, progress)
        if result["status"] != "archived":
            self.ledger.note(self.id, f"{result['url']}: {result['reason']}", "warning")


def take(cases: tuple[Case, ...], item: Arrival | Failure) -> None:
    """Take in what a fetcher brought, for every job that asked for it; the first one counts it.

    Raises:
        GaveUp: the archive was busy until nobody waited any more.
        ArchiveError: the archive will not have it.
        JobsUnreachable: the database cannot be used.
    """
    cases = tuple(case for case in cases if not case.ceased.is_set())
    if not cases:
        return  # nobody wants it any more
    first = cases[0]
    if isinstance(item, Failure) and first.stopping.is_set():
        return  # it may be the stop that it failed by: the next worker tries again
    settles = isinstance(item, Failure) or (item.final and not item.leads)
    for case in cases:
        case.expected += settles
        if isinstance(item, Arrival):
            case.ledger.arriving(case.id, _page_of(item) if settles else None, final=item.final)

    def tell_all(result: View) -> None:
        for case in cases:
            case.tell(result)

    def wait_all(why: str | None) -> None:
        for case in cases:
            case.waits(why)

    def receive(intake: Intake) -> None:
        intake.tell = tell_all
        Counted(intake).receive(item)

    first.desk.run(
        receive,
        wait_all,
        lambda: all(case.ceased.is_set() for case in cases),
    )


def _page_of(item: Arrival) -> Page:
    return Page(
        url=item.requested,
        answered_by=item.exchange.url,
        fetched_at=item.exchange.fetched_at,
        result=None,
    )


def _recall(page: Page, intake: Intake) -> View | None:
    return intake.recall(page.url, page.answered_by, page.fetched_at)
