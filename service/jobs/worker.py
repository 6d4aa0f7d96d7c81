"""`variorum worker`: the process that does the jobs of one archive, until it is told to stop.

DBOS holds the queue and hands each job to one worker; what this process was at when it died is handed to
the next one. One worker at a time has an archive folder; a second one stands by.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbos import DBOS

from archive import files
from archive.errors import ArchiveBusy
from service.jobs.desk import LET_GO_SECONDS
from service.jobs.errors import JobError, JobsUnreachable
from service.jobs.jobs import QUEUES, WORKFLOW, Jobs
from service.jobs.ledger import Ledger
from service.jobs.office import Office
from service.jobs.roster import BEAT_SECONDS, DEAD_SECONDS, Roster
from service.schedules.schedules import Schedules

LOCK = "worker.lock"
_APPLICATION_VERSION = "variorum-1"  # jobs of this version are taken over by any later program
_LOOK_SECONDS = 0.2  # between two looks for cancelled jobs
_SCHEDULE_SECONDS = 1.0
_BURY_SECONDS = 2.0
_STAND_BY_SECONDS = 1.0
_DATABASE_WAIT_SECONDS = 60.0  # another process may have the file locked so long
_POLL_SECONDS = {"variorum-pages": 0.25, "variorum-crawls": 1.0, "variorum-care": 1.0}
_logger = logging.getLogger("variorum.worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """How a worker works."""

    crawls: int = 3  # side by side
    submissions: int = 32  # jobs whose addresses are asked for at a time
    let_go_seconds: float = LET_GO_SECONDS  # of quiet before commands may write to the archive
    stop_seconds: float = 20.0  # for what is in flight when it is told to stop
    beat_seconds: float = BEAT_SECONDS  # between two signs of life
    dead_seconds: float = DEAD_SECONDS  # without one, after which a worker is dead


def work(archive: Path, url: str | None, duties: Duties, say: Callable[[str], None]) -> None:
    """Returns after SIGTERM or SIGINT, when what was in flight is kept.

    Threads of unfinished jobs are left waiting: the caller ends the process without asking them.

    Raises:
        ArchiveError: the folder is no archive, and cannot be made one.
        JobsUnreachable: the database cannot be used.
    """
    with ExitStack() as stack:
        stop = stack.enter_context(_told_to_stop())
        # After a power cut what it had noted last may be gone: it is fetched once more, or found.
        jobs = stack.enter_context(
            Jobs.open(url, archive, wait_seconds=_DATABASE_WAIT_SECONDS, synced=False)
        )
        if not stack.enter_context(_only_one(archive, stop, say)):
            return
        roster = Roster(jobs.database, dead_seconds=duties.dead_seconds)
        worker = roster.enter()
        stack.callback(_leave, roster, worker)
        office = Office(archive, Ledger(jobs.database, worker), duties.let_go_seconds)
        with office:
            _launch(jobs, worker, duties, office)
            say(f"Worker {worker} does the jobs of {archive}.")
            _Watch(jobs, archive, roster, worker, office).until(stop, duties.beat_seconds)
            say("Stopping: what is in flight is taken in.")
            office.stop(duties.stop_seconds)
            DBOS.destroy()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Set by the first SIGTERM or SIGINT; the second one does what it always does."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def heard(number: int, _: object) -> None:
        signal.signal(number, before[number])
        stop.set()

    def broke(failed: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(failed)
        stop.set()  # a worker that lacks a thread would let jobs wait for ever

    for told in (signal.SIGTERM, signal.SIGINT):
        before[told] = signal.signal(told, heard)
    hook, threading.excepthook = threading.excepthook, broke
    try:
        yield stop
    finally:
        threading.excepthook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _only_one(archive: Path, stop: threading.Event, say: Callable[[str], None]) -> Iterator[bool]:
    """Whether this process is the worker of the folder; it stands by until it is, or is to stop."""
    with ExitStack() as held:
        said = False
        while not stop.is_set():
            try:
                held.enter_context(files.writer_lock(archive / LOCK))
            except ArchiveBusy as busy:
                if not said:
                    say(f"{busy.holder} is the worker of {archive}; this one stands by.")
                    said = True
                stop.wait(_STAND_BY_SECONDS)
            else:
                yield True
                return
        yield False


def _launch(jobs: Jobs, worker: str, duties: Duties, office: Office) -> None:
    """Listen to the queues."""
    most = {"variorum-pages": duties.submissions, "variorum-crawls": duties.crawls}
    DBOS(
        config={
            "name": "variorum",
            "system_database_url": jobs.database.dbos_url,
            "executor_id": worker,
            "application_version": _APPLICATION_VERSION,
            "run_migrations": False,
            "console_log_level": "CRITICAL",  # what matters of it, this worker says itself
            "max_executor_threads": 2 * (duties.submissions + duties.crawls) + 8,
        }
    )

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
    def run(job: str) -> None:
        known = DBOS.workflow_id or ""
        office.run(job, int(known.rpartition(".")[2]))

    DBOS.listen_queues(sorted(set(QUEUES.values())))
    DBOS.launch()
    for queue, seconds in _POLL_SECONDS.items():
        DBOS.register_queue(
            queue,
            worker_concurrency=most.get(queue, 1),
            polling_interval_sec=seconds,
            on_conflict="always_update",
        )


class _Watch:
    """What a worker looks after all the time: its life, its jobs, the dead, and the clock."""

    def __init__(
        self, jobs: Jobs, archive: Path, roster: Roster, worker: str, office: Office
    ) -> None:
        self._jobs, self._roster, self._worker, self._office = jobs, roster, worker, office
        self._ledger = Ledger(jobs.database, worker)
        self._schedules = Schedules(jobs, archive)

    def until(self, stop: threading.Event, beat_seconds: float) -> None:
        """Returns when it is told to."""
        rounds = {
            self._look_for_lost: _LOOK_SECONDS,
            self._beat: beat_seconds,
            self._take_over: _BURY_SECONDS,
            self._run_schedules: _SCHEDULE_SECONDS,
        }
        due = dict.fromkeys(rounds, 0.0)
        while not stop.wait(_LOOK_SECONDS):
            for each, seconds in rounds.items():
                if time.monotonic() >= due[each]:
                    due[each] = time.monotonic() + seconds
                    try:
                        each()
                    except JobError as error:  # the database is away, or a file of rows is wrong
                        _logger.warning("%s", error)

    def _look_for_lost(self) -> None:
        running = self._office.running()
        if running:
            self._office.cease(self._ledger.lost(running))

    def _beat(self) -> None:
        if not self._roster.beat(self._worker):
            self._roster.enter(self._worker)  # what it had is somebody else's by now

    def _take_over(self) -> None:
        for dead in self._roster.bury():
            _logger.warning("Taking over from %s.", dead)
        self._jobs.take_over(self._roster.ids)

    def _run_schedules(self) -> None:
        self._schedules.run_due()


def _leave(roster: Roster, worker: str) -> None:
    with suppress(JobsUnreachable):  # the next worker finds that this one is gone
        roster.leave(worker)
