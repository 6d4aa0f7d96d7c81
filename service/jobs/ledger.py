"""What a worker writes about the jobs that it has. Each write counts only while the job is still its own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from service.jobs import database as db
from service.jobs.database import Database
from service.jobs.jobs import as_job, note, stamp
from service.jobs.records import Job, Level, Progress, State
from service.views import View

MOST_ATTEMPTS = 100  # a job that ends its worker so often will do it again

Attempt = tuple[str, int]  # id of a job, and the number of the attempt at it, from 1

_JOB, _PAGE = db.jobs.c, db.pages.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An address, or file, that a job has come to."""

    url: str  # as it was asked for
    answered_by: str  # address of the answer, behind its redirects
    fetched_at: datetime  # of the capture that was to be kept
    result: View | None  # None: the worker was ended between keeping it and saying so


class Ledger:
    """The database of jobs as one worker writes it."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database, self.worker = database, worker

    def begin(self, job: str, tries: int) -> Job | None:
        """The job, which is now this worker's and running; None when it is over or was begun anew.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        now = stamp(datetime.now(UTC))
        mine = (_JOB.state == "running") & (_JOB.worker == self.worker)
        ours = sa.or_(_JOB.state == "queued", mine)
        with self._database.writing() as connection:
            row = connection.execute(
                db.jobs.update()
                .where(_JOB.id == job, _JOB.tries == tries, ours)
                .values(state="running", worker=self.worker, attempts=_JOB.attempts + 1,
                        started_at=sa.func.coalesce(_JOB.started_at, now), waiting=None)
                .returning(db.jobs)
            ).first()  # fmt: skip
            if row is None:
                return None
            if row.attempts > 1:
                note(connection, job, f"Attempt {row.attempts}, by {self.worker}.")
            return as_job(row)

    def lost(self, running: tuple[Attempt, ...]) -> set[Attempt]:
        """Those that are not this worker's any more: cancelled, taken over, or begun once more.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        jobs = {job for job, _ in running}
        mine = sa.select(_JOB.id, _JOB.attempts).where(
            _JOB.id.in_(jobs), _JOB.state == "running", _JOB.worker == self.worker
        )
        with self._database.reading() as connection:
            return set(running) - {(row.id, row.attempts) for row in connection.execute(mine)}

    def note(self, job: str, text: str, level: Level = "info") -> None:
        """Add a line to the log of the job.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            note(connection, job, text, level)

    def wait(self, job: str, why: str | None) -> None:
        """Say what the job waits for; None when it goes on.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            changed = connection.execute(self._mine(job).values(waiting=why)).rowcount
            if changed and why is not None:
                note(connection, job, why)

    def advance(self, job: str, progress: Progress) -> None:
        """Say how far the job is.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            self._advance(connection, job, progress)

    def finish(
        self, job: str, state: State, *, result: View | None = None, error: str | None = None
    ) -> None:
        """End the job, if it is still this worker's.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        encoded = None if result is None else msgspec.json.encode(result).decode()
        with self._database.writing() as connection:
            ended = connection.execute(
                self._mine(job).values(
                    state=state,
                    ended_at=stamp(datetime.now(UTC)),
                    waiting=None,
                    result=encoded,
                    error=error,
                )
            ).rowcount
            if ended and error is not None:
                note(connection, job, error, "error")
            connection.execute(db.leases.delete().where(db.leases.c.job == job))

    def give_back(self, job: str) -> None:
        """Let the job wait for the next worker: this one stops.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            if connection.execute(self._mine(job).values(state="queued", worker=None)).rowcount:
                note(connection, job, "The worker was stopped; the next one goes on with this.")
            connection.execute(db.leases.delete().where(db.leases.c.job == job))

    # ------------------------------------------------------------------ pages

    def arriving(self, job: str, page: Page | None, *, final: bool) -> None:
        """Count an exchange before it is kept; a `page` among them is found again whatever happens next.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            connection.execute(
                self._mine(job).values(
                    fetched=_JOB.fetched + int(final), captures=_JOB.captures + 1
                )
            )
            if page is not None:
                connection.execute(db.pages.delete().where(_PAGE.job == job, _PAGE.url == page.url))
                self._add(connection, job, page)

    def counts(self, job: str) -> tuple[int, int]:
        """How many answers the job was given, lists included, and how many exchanges it kept in all.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        query = sa.select(_JOB.fetched, _JOB.captures).where(_JOB.id == job)
        with self._database.reading() as connection:
            fetched, captures = connection.execute(query).one()
            return fetched, captures

    def settled(self, job: str, page: Page, progress: Progress | None) -> None:
        """Note what became of an address, and how far the job is with it.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        result = msgspec.json.encode(page.result).decode()
        with self._database.writing() as connection:
            known = connection.execute(
                db.pages.update()
                .where(_PAGE.job == job, _PAGE.url == page.url)
                .values(result=result)
            )
            if not known.rowcount:
                self._add(connection, job, page)
            if progress is not None:
                self._advance(connection, job, progress)

    def pages(self, job: str) -> tuple[Page, ...]:
        """The addresses that the job has come to, in order.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        query = sa.select(db.pages).where(_PAGE.job == job).order_by(_PAGE.place)
        with self._database.reading() as connection:
            return tuple(
                Page(
                    url=row.url,
                    answered_by=row.answered_by,
                    fetched_at=datetime.fromisoformat(row.fetched_at),
                    result=msgspec.json.decode(row.result) if row.result else None,
                )
                for row in connection.execute(query)
            )

    def forget(self, job: str, url: str) -> None:
        """Take back that an answer was about to be kept: it was not.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            connection.execute(db.pages.delete().where(_PAGE.job == job, _PAGE.url == url))

    # ------------------------------------------------------------------ one crawl for a host

    def lease(self, job: str, hosts: tuple[str, ...]) -> str | None:
        """None when the hosts, with every name below them, are now this job's; else the job that has one.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        lease = db.leases.c
        with self._database.writing() as connection:
            self._database.lock(connection, "leases")
            for row in connection.execute(sa.select(db.leases).where(lease.job != job)):
                if any(_overlap(row.host, host) for host in hosts):
                    return str(row.job)
            connection.execute(db.leases.delete().where(lease.job == job))
            now = stamp(datetime.now(UTC))
            for host in dict.fromkeys(hosts):
                connection.execute(
                    db.leases.insert().values(host=host, job=job, worker=self.worker, since=now)
                )
        return None

    def _mine(self, job: str) -> sa.Update:
        return db.jobs.update().where(
            _JOB.id == job, _JOB.state == "running", _JOB.worker == self.worker
        )

    def _advance(self, connection: sa.Connection, job: str, progress: Progress) -> None:
        connection.execute(
            self._mine(job).values(
                settled=progress.settled, total=progress.total, latest=progress.latest
            )
        )

    def _add(self, connection: sa.Connection, job: str, page: Page) -> None:
        place = sa.select(sa.func.count()).where(_PAGE.job == job).scalar_subquery()
        connection.execute(
            db.pages.insert().values(
                job=job,
                url=page.url,
                place=place,
                answered_by=page.answered_by,
                fetched_at=stamp(page.fetched_at),
                result=None if page.result is None else _json(page.result),
            )
        )


def _json(view: Any) -> str:
    return msgspec.json.encode(view).decode()


def _overlap(one: str, other: str) -> bool:
    """Whether a host is the other one, or a name below it.

    >>> _overlap("www.gov.example", "gov.example"), _overlap("agov.example", "gov.example")
    (True, False)
    """
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
