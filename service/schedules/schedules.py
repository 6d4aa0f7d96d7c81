"""Schedules in the database of jobs: kept, listed, and run when they are due."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service.jobs import database as db
from service.jobs.errors import UnknownSchedule, UnusableArgument
from service.jobs.jobs import Jobs, as_job, stamp
from service.jobs.records import Argument, Job
from service.jobs.rows import site_rows
from service.schedules.clock import next_due
from service.schedules.records import Schedule, found
from service.watches import watch as watch_named

_COLUMNS = db.schedules.c
_LONGEST_NAME = 80  # characters
_MOST_JITTER_SECONDS = 86_400.0


def _now() -> datetime:
    return datetime.now(UTC)


class Schedules:
    """The schedules of an archive; any number of processes may use them, and each run happens once."""

    def __init__(self, jobs: Jobs, archive: Path, clock: Callable[[], datetime] = _now) -> None:
        """`clock` gives the time in UTC."""
        self._jobs, self._archive, self._clock = jobs, archive, clock
        self._database = jobs.database

    def add(
        self,
        name: str,
        *,
        cron: str,
        site: str | None = None,
        watch: str | None = None,
        zone: str = "UTC",
        jitter_seconds: float = 0.0,
    ) -> Schedule:
        """The schedule, kept; one of the same name is replaced, and keeps its history.

        Raises:
            UnusableArgument: the cron line, the zone, the site or the name will not do.
            UnknownKey: there is no such watch.
            JobsUnreachable: the database cannot be used.
        """
        self._check(name, site, watch, jitter_seconds)
        now = self._clock()
        row = {
            "site": site,
            "watch": watch,
            "cron": " ".join(cron.split()),
            "zone": zone,
            "jitter_seconds": jitter_seconds,
            "paused": False,
            **_times(cron, zone, jitter_seconds, now),
        }
        with self._database.writing() as connection:
            self._database.lock(connection, f"schedule {name}")
            changed = connection.execute(
                db.schedules.update().where(_COLUMNS.name == name).values(**row)
            )
            if not changed.rowcount:
                new = db.schedules.insert().values(name=name, created_at=stamp(now), **row)
                connection.execute(new)
            return self._one(connection, name)

    def remove(self, name: str) -> None:
        """Forget a schedule; what it has archived stays.

        Raises:
            UnknownSchedule: there is none of this name.
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            if not connection.execute(db.schedules.delete().where(_COLUMNS.name == name)).rowcount:
                raise UnknownSchedule(name)
            connection.execute(db.runs.delete().where(db.runs.c.schedule == name))

    def pause(self, name: str) -> Schedule:
        """The schedule, which runs no more until it is resumed; a crawl that has begun goes on.

        Raises:
            UnknownSchedule: there is none of this name.
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            self._one(connection, name)
            connection.execute(
                db.schedules.update().where(_COLUMNS.name == name).values(paused=True)
            )
            return self._one(connection, name)

    def resume(self, name: str) -> Schedule:
        """The schedule, which runs again from its next time on; what it missed is not caught up.

        Raises:
            UnknownSchedule: there is none of this name.
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            known = self._one(connection, name)
            if known.paused:
                times = _times(known.cron, known.zone, known.jitter_seconds, self._clock())
                connection.execute(
                    db.schedules.update().where(_COLUMNS.name == name).values(paused=False, **times)
                )
            return self._one(connection, name)

    def run(self, name: str) -> tuple[Job, ...]:
        """The crawls that the schedule asks for, accepted now; its next time stays as it is.

        A crawl of an earlier run that is not over serves this one too.

        Raises:
            UnknownSchedule: there is none of this name.
            UnusableArgument: a file of rows is wrong.
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            schedule = self._one(connection, name)
            return self._begin(connection, schedule, self._clock())

    def run_due(self) -> tuple[Job, ...]:
        """The crawls of all schedules that are due by now; what was missed is caught up once.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        now = self._clock()
        due = sa.select(_COLUMNS.name).where(
            _COLUMNS.paused.is_(False), _COLUMNS.due_at <= stamp(now)
        )
        with self._database.reading() as connection:
            names = connection.scalars(due.order_by(_COLUMNS.due_at)).all()
        return tuple(job for name in names for job in self._run_if_due(name, now))

    def list(self) -> tuple[Schedule, ...]:
        """All schedules, by name.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(db.schedules).order_by(_COLUMNS.name)).all()
            return tuple(self._schedule(connection, row) for row in rows)

    def schedule(self, name: str) -> Schedule:
        """The schedule of this name.

        Raises:
            UnknownSchedule: there is none.
            JobsUnreachable: the database cannot be used.
        """
        with self._database.reading() as connection:
            return self._one(connection, name)

    def _check(self, name: str, site: str | None, watch: str | None, jitter_seconds: float) -> None:
        if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise UnusableArgument("name", f"it is one line, at most {_LONGEST_NAME} characters.")
        if site is None and watch is None:
            raise UnusableArgument("site", "a schedule needs a site, or a watch, or both.")
        if site is not None:
            _demand_row(site)
        if watch is not None:
            watch_named(self._archive, watch)
        if not 0 <= jitter_seconds <= _MOST_JITTER_SECONDS:
            raise UnusableArgument("jitter", "it is between 0 and 86400 seconds.")

    def _run_if_due(self, name: str, now: datetime) -> tuple[Job, ...]:
        """The schedule is looked at again, alone: another worker may have run it meanwhile."""
        with self._database.writing() as connection:
            self._database.lock(connection, f"schedule {name}")
            row = connection.execute(
                sa.select(db.schedules).where(
                    _COLUMNS.name == name,
                    _COLUMNS.paused.is_(False),
                    _COLUMNS.due_at <= stamp(now),
                )
            ).first()
            if row is None:
                return ()
            times = _times(row.cron, row.zone, row.jitter_seconds, now)
            connection.execute(db.schedules.update().where(_COLUMNS.name == name).values(**times))
            due = datetime.fromisoformat(row.due)
            return self._begin(connection, self._schedule(connection, row), due)

    def _begin(
        self, connection: sa.Connection, schedule: Schedule, due: datetime
    ) -> tuple[Job, ...]:
        accepted: dict[str, Argument] = {}
        for argument in _crawls(schedule):
            accepted[self._jobs.accept(connection, "crawl", argument, schedule=schedule.name)] = (
                argument
            )
        for job in accepted:
            connection.execute(
                db.runs.insert().values(
                    schedule=schedule.name, due=stamp(due), job=job, ran_at=stamp(self._clock())
                )
            )
        return _jobs(connection, tuple(accepted))

    def _one(self, connection: sa.Connection, name: str) -> Schedule:
        row = connection.execute(sa.select(db.schedules).where(_COLUMNS.name == name)).first()
        if row is None:
            raise UnknownSchedule(name)
        return self._schedule(connection, row)

    def _schedule(self, connection: sa.Connection, row: Any) -> Schedule:
        runs = db.runs.c
        last = connection.scalar(
            sa.select(sa.func.max(runs.ran_at)).where(runs.schedule == row.name)
        )
        of_last = sa.select(runs.job).where(runs.schedule == row.name, runs.ran_at == last)
        jobs = _jobs(connection, tuple(connection.scalars(of_last)) if last else ())
        return Schedule(
            name=row.name,
            site=row.site,
            watch=row.watch,
            cron=row.cron,
            zone=row.zone,
            jitter_seconds=row.jitter_seconds,
            paused=row.paused,
            next_run=None if row.paused else datetime.fromisoformat(row.due_at),
            last_run=datetime.fromisoformat(last) if last else None,
            last_found=found(jobs),
        )


def _crawls(schedule: Schedule) -> tuple[Argument, ...]:
    """What a run of the schedule asks for: a crawl of its site, or one of each site for its watch."""
    sites = (schedule.site,) if schedule.site else tuple(sorted(site_rows()))
    watches = {"watches": [schedule.watch]} if schedule.watch else {}
    return tuple({"site": site, **watches} for site in sites)


def _demand_row(site: str) -> None:
    rows = site_rows()
    if site not in rows:
        known = ", ".join(sorted(rows))
        raise UnusableArgument("site", f"{site[:80]!r} is none of {known}.")


def _times(cron: str, zone: str, jitter_seconds: float, after: datetime) -> dict[str, str]:
    """When the schedule is next due, and when it runs: later by chance, and before it is due again."""
    due = next_due(cron, zone, after)
    room = (next_due(cron, zone, due) - due).total_seconds() - 1
    late = random.uniform(0, min(jitter_seconds, max(room, 0)))  # noqa: S311 - no secret
    return {"due": stamp(due), "due_at": stamp(due + timedelta(seconds=late))}


def _jobs(connection: sa.Connection, ids: tuple[str, ...]) -> tuple[Job, ...]:
    query = sa.select(db.jobs).where(db.jobs.c.id.in_(ids)).order_by(db.jobs.c.id)
    return tuple(as_job(row) for row in connection.execute(query))
