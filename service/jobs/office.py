"""Does the jobs that the queue gives to this worker, each in a thread of the queue's."""

import logging
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.errors import ArchiveError
from pipelines.errors import StageError
from pipelines.workers import Readers
from service.jobs.case import Case, Ceased
from service.jobs.chores import Chores
from service.jobs.crawls import Crawls
from service.jobs.desk import LET_GO_SECONDS, Desk, GaveUp
from service.jobs.errors import JobError, JobsUnreachable
from service.jobs.ledger import MOST_ATTEMPTS, Attempt, Ledger
from service.jobs.nest import Nest
from service.jobs.records import Job
from service.jobs.submissions import Carriers, submission
from service.views import View

_CEASE_SECONDS = 3.0  # for a job whose processes were ended to say so
_AWAY_SECONDS = 1.0  # between two tries to reach the database
_logger = logging.getLogger("variorum.worker")


class Office:
    """All that a worker has to do jobs with."""

    def __init__(
        self, archive: Path, ledger: Ledger, let_go_seconds: float = LET_GO_SECONDS
    ) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._cases: dict[Attempt, Case] = {}
        self._stopping = threading.Event()
        with ExitStack() as stack:
            # The server of all child processes starts here, with everything that they need.
            self._nest = stack.enter_context(Nest())
            readers = stack.enter_context(Readers())
            readers.warm_up()  # nobody waits for a start when the first page comes
            self._desk = Desk(archive, readers, let_go_seconds)
            stack.callback(self._desk.close)
            self._carriers = Carriers(self._nest)
            stack.callback(self._carriers.kill)
            self._open = stack.pop_all()
        self._crawls = Crawls(self._nest)
        self._chores = Chores(self._is_fetching)

    def run(self, job: str, tries: int) -> None:
        """Returns when the job is over, or is not this worker's any more; never, when the worker stops.

        A thread that returned would tell the queue that the job is done.
        """
        while not self._stopping.is_set():
            try:
                begun = self._ledger.begin(job, tries)
                if begun is None or self._is_over(begun):
                    return
            except JobsUnreachable as away:  # what it was at is found again when it begins anew
                _logger.warning("%s", away)
                self._stopping.wait(_AWAY_SECONDS)
        threading.Event().wait()

    def running(self) -> tuple[Attempt, ...]:
        """What this worker is at; two attempts at one job where it was cancelled and is tried again."""
        with self._lock:
            return tuple(self._cases)

    def cease(self, attempts: set[Attempt]) -> None:
        """Stop at once with what is not this worker's any more."""
        with self._lock:
            cases = [self._cases[each] for each in attempts if each in self._cases]
        for case in cases:
            if not case.ceased.is_set():
                case.cease()
                for place in (self._carriers, self._crawls, self._chores):
                    place.cease(case)

    def stop(self, patience_seconds: float) -> None:
        """Take in what is in flight, and give back what is not over."""
        self._stopping.set()
        with self._lock:
            cases = list(self._cases.values())
            for case in cases:
                case.stopping.set()
        self._carriers.interrupt()
        self._crawls.interrupt()
        for case in cases:
            if case.job.kind not in {"submit", "crawl"}:
                self.cease({case.attempt})  # there is nothing in flight
        _await(cases, patience_seconds)
        self.cease(set(self.running()))
        _await(cases, _CEASE_SECONDS)

    def _is_over(self, job: Job) -> bool:
        """Do the job; whether it is over, or somebody else's."""
        case = Case(job, self._ledger, self._desk)
        with self._lock:
            self._cases[case.attempt] = case
            if self._stopping.is_set():
                case.stopping.set()
        try:
            if job.attempts > MOST_ATTEMPTS:
                self._ledger.finish(job.id, "failed", error=_TOO_OFTEN)
            else:
                self._ledger.finish(job.id, "done", result=self._answer(case))
        except (Ceased, GaveUp):
            if case.stopping.is_set():
                self._ledger.give_back(job.id)
                return False
        except JobsUnreachable:
            raise
        except (JobError, ArchiveError, StageError, OSError) as error:
            self._ledger.finish(job.id, "failed", error=str(error))
        except BaseException as error:
            _logger.exception("the job %s failed", job.id)
            why = f"Variorum failed: {type(error).__name__}: {error}. Report it."
            self._ledger.finish(job.id, "failed", error=why)
            raise
        finally:
            with self._lock:
                del self._cases[case.attempt]
            case.ended.set()
        return True

    def _answer(self, case: Case) -> View:
        if case.job.kind == "submit":
            return submission(case, self._carriers)
        if case.job.kind == "crawl":
            return self._crawls.run(case)
        return self._chores.run(case)

    def _is_fetching(self) -> bool:
        with self._lock:
            return any(case.job.kind in {"submit", "crawl"} for case in self._cases.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


def _await(cases: list[Case], seconds: float) -> None:
    """Returns when all have ended, or time is up."""
    end = time.monotonic() + seconds
    for case in cases:
        case.ended.wait(max(0.0, end - time.monotonic()))


_TOO_OFTEN = (
    f"It was begun {MOST_ATTEMPTS} times, and the worker never lived to its end. "
    "See the worker's log before you try it again."
)
