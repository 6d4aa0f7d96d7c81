"""Crawls of sites as jobs: one for a host at a time, a few side by side."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from crawlers.discovery.explorer import DAY_SECONDS, Errand
from crawlers.discovery.wish import Wish
from crawlers.run import Progress as Fetched
from crawlers.sites import Site
from service import discovered
from service.jobs.case import Case, Ceased, take
from service.jobs.errors import FetchFailed, UnusableArgument
from service.jobs.fetcher import End, Fetcher, FetcherDied, Item, Order
from service.jobs.limits import limits_of
from service.jobs.nest import Nest
from service.jobs.records import Progress
from service.jobs.rows import site_rows
from service.views import View
from service.watches import watch

_MOST = 64  # threads; how many crawls there are is the queue's to say
_WAIT_SECONDS = 1.0  # between two looks whether a host is free


class Crawls:
    """The crawls that are under way in one worker."""

    def __init__(self, nest: Nest) -> None:
        self._nest = nest
        self._lock = threading.Lock()
        self._under_way: dict[str, Fetcher] = {}  # by job
        self._fetches = ThreadPoolExecutor(_MOST, thread_name_prefix="crawl")

    def run(self, case: Case) -> View:
        """The answer to a crawl, once it is over.

        Raises:
            Ceased: it goes no further here.
            ArchiveError: the archive cannot be used.
            JobError: there is no such site, nothing could be fetched, or the database cannot be used.
        """
        rows = site_rows()
        name = case.job.argument["site"]
        if name not in rows:
            raise UnusableArgument("site", f"{name!r} is none of {', '.join(sorted(rows))}.")
        errand = _errand(case, rows[name])
        self._lease(case, errand.site.hosts)
        known = case.known()
        limits = limits_of(case.job.argument)
        order = Order(
            archive=case.desk.path, limits=limits, sites=rows | {name: errand.site}, errand=errand,
            browser=errand.site.browser,
        )  # fmt: skip
        fetching = self._fetches.submit(self._fetch, case, order)
        fetching.add_done_callback(lambda done: case.tell(done.exception()))
        before = len(known)
        try:
            for event in case.events():
                if isinstance(event, dict):
                    known[event["url"]] = event
                    case.settle(event, None)
                else:
                    case.ledger.advance(case.id, _further(event, before))
        except FetcherDied as death:
            if case.stopping.is_set():
                raise Ceased from death
            raise FetchFailed(str(death)) from death
        end = fetching.result()
        if end.error:
            raise FetchFailed(end.error)
        if end.summary is not None and end.summary.interrupted:
            raise Ceased
        fetched, captures = case.ledger.counts(case.id)
        view = discovered.crawl(name, fetched, captures, list(known.values()))
        return view | (discovered.discovery(end.discovery) if end.discovery else {})

    def cease(self, case: Case) -> None:
        """End its process at once."""
        with self._lock:
            if case.id in self._under_way:
                self._under_way[case.id].kill()

    def interrupt(self) -> None:
        """Let what is in flight finish."""
        with self._lock:
            for fetcher in self._under_way.values():
                fetcher.interrupt()

    def _lease(self, case: Case, hosts: tuple[str, ...]) -> None:
        """Wait until no other crawl is at one of the hosts."""
        said = None
        while (other := case.ledger.lease(case.id, hosts)) is not None:
            if other != said:
                case.waits(f"The crawl {other} is at a host of this site; one at a time.")
                said = other
            if case.ceased.wait(_WAIT_SECONDS) or case.stopping.is_set():
                raise Ceased
        if said is not None:
            case.waits(None)

    def _fetch(self, case: Case, order: Order) -> End:
        """Runs in a thread of its own: from the fetcher to the desk."""
        fetcher = self._nest.take()
        with self._lock:
            self._under_way[case.id] = fetcher
            if case.ceased.is_set() or case.stopping.is_set():
                fetcher.kill()
        try:
            return fetcher.run(order, lambda item: _take(case, item))
        finally:
            with self._lock:
                del self._under_way[case.id]


def _errand(case: Case, site: Site) -> Errand:
    """What to look for, and where to stop. What an earlier attempt has fetched counts as fresh."""
    argument = case.job.argument
    budget = {name: argument[name] for name in ("max_pages", "max_depth") if name in argument}
    wanted = [watch(case.desk.path, name) for name in argument.get("watches", ())]
    wish = Wish(
        titles=tuple(title for each in wanted for title in each.titles),
        terms=tuple(term for each in wanted for term in each.terms),
    )
    fresh = float(argument.get("fresh_seconds", DAY_SECONDS))
    if case.job.attempts > 1 and case.job.started_at is not None:
        fresh = max(fresh, (datetime.now(UTC) - case.job.started_at).total_seconds())
    return Errand(site=replace(site, **budget), wish=wish, fresh_seconds=fresh)


def _further(event: Fetched, before: int) -> Progress:
    """How far the job is, with what earlier attempts have settled."""
    return Progress(settled=before + event.settled, total=before + event.total, latest=event.latest)


def _take(case: Case, item: Item) -> None:
    if isinstance(item, Fetched):
        case.tell(item)
    else:
        take((case,), item)
