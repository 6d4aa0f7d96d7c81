"""Jobs as those see them who ask for them: hand in, look at, cancel, try again."""

import secrets
import threading
import time
from base64 import b32encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions, WorkflowSerializationFormat

from archive import folder
from archive.store import Archive
from service.jobs import database as db
from service.jobs.database import WAIT_SECONDS, Database, database_url
from service.jobs.errors import NotRetried, UnknownJob
from service.jobs.records import (
    FRESH_SECONDS,
    OVER,
    UNITS,
    Argument,
    Job,
    Kind,
    LogLine,
    Progress,
    State,
    checked,
    same_as,
)

WORKFLOW = "variorum.job"  # the name under which DBOS knows what runs a job
# One queue for what people wait for, one for crawls, one for what looks after the archive: none of
# them stands in the way of another.
QUEUES: dict[Kind, str] = {
    "submit": "variorum-pages",
    "crawl": "variorum-crawls",
    "import": "variorum-care",
    "verify": "variorum-care",
    "push": "variorum-care",
    "rebuild": "variorum-care",
}


class Jobs:
    """The jobs of an archive; any number of processes may have them open."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._client = DBOSClient(system_database_url=database.dbos_url, lazy=True)
        self._minting = threading.Lock()
        self._last = 0

    @classmethod
    def open(
        cls,
        url: str | None,
        archive: Path,
        *,
        wait_seconds: float = WAIT_SECONDS,
        synced: bool = True,
    ) -> Self:
        """The jobs of the archive in this folder, which is made where it is missing.

        `url` is that of a database; without one it is a SQLite file beside the folder. `wait_seconds` is how
        long another process may have that locked; what is accepted outlives a power cut if `synced`.

        Raises:
            JobsUnreachable: the database cannot be used.
            ArchiveError: the folder is no archive, and cannot be made one.
        """
        if folder.is_vacant(archive):
            Archive.open(archive, write=True).close()
        folder.check_format(archive)
        database = Database(database_url(url, archive), wait_seconds, synced=synced)
        try:
            database.prepare()
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Let go of the database."""
        self._client.destroy()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ handing in

    def submit(
        self, kind: str, argument: Argument, *, freshness_seconds: float | None = None
    ) -> Job:
        """The job that does this, accepted: it is on the disk. See `submit_all`."""
        return self.submit_all(kind, (argument,), freshness_seconds=freshness_seconds)[0]

    def submit_all(
        self,
        kind: str,
        arguments: tuple[Argument, ...],
        *,
        freshness_seconds: float | None = None,
    ) -> tuple[Job, ...]:
        """The jobs that do this, all accepted or none.

        One that was asked already and is not over, or was done less than `freshness_seconds` ago, is the
        same job. Without a number it is an hour for submissions, and nothing for the other kinds.

        Raises:
            UnusableArgument: a job of this kind cannot be asked this.
            JobsUnreachable: the database cannot be used; nothing was accepted.
        """
        known = [checked(kind, argument) for argument in arguments]
        with self.database.writing() as connection:
            ids = [
                self.accept(connection, name, argument, freshness_seconds)
                for name, argument in known
            ]
            rows = {each: _row(connection, each) for each in ids}
        return tuple(rows[each] for each in ids)

    def accept(
        self,
        connection: sa.Connection,
        kind: Kind,
        argument: Argument,
        freshness_seconds: float | None = None,
        schedule: str | None = None,
    ) -> str:
        """The id of the job that does this, within a transaction of the caller."""
        key = same_as(kind, argument)
        self.database.lock(connection, key)
        fresh = FRESH_SECONDS.get(kind, 0.0) if freshness_seconds is None else freshness_seconds
        known = connection.scalar(_same(key, timedelta(seconds=fresh)))
        if known is not None:
            return str(known)
        new, counted = self._mint(), argument.get("urls")
        connection.execute(
            db.jobs.insert().values(
                id=new,
                kind=kind,
                argument=msgspec.json.encode(argument).decode(),
                same_as=key,
                state="queued",
                settled=0 if counted else None,
                total=len(counted) if counted else None,
                created_at=stamp(datetime.now(UTC)),
                schedule=schedule,
            )
        )
        self._enqueue(connection, new, kind, 0)
        return new

    def _enqueue(self, connection: sa.Connection, job: str, kind: Kind, tries: int) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUES[kind],
            "workflow_id": workflow_id(job, tries),
            "serialization_type": WorkflowSerializationFormat.PORTABLE,  # JSON, and no pickle
        }
        self._client.enqueue_in_transaction(connection, options, job)

    def _mint(self) -> str:
        """An id that is greater than all before it of this process, and in all likelihood nobody else's."""
        with self._minting:
            # Microseconds: 55 bits until 3111.
            self._last = max(time.time_ns() // 1000, self._last + 1)
            number = self._last << 25 | secrets.randbits(25)
        return b32encode(number.to_bytes(10, "big")).decode().translate(_SORTED)

    # ------------------------------------------------------------------ looking

    def job(self, job: str) -> Job:
        """The job as it is now.

        Raises:
            UnknownJob: there is none of this id.
            JobsUnreachable: the database cannot be used.
        """
        with self.database.reading() as connection:
            return _row(connection, job)

    def jobs(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        before: str | None = None,
        schedule: str | None = None,
        limit: int = 50,
    ) -> tuple[Job, ...]:
        """Newest first, those that were accepted before the job `before`."""
        query = sa.select(db.jobs).order_by(db.jobs.c.id.desc()).limit(limit)
        for column, value in (
            (db.jobs.c.kind, kind),
            (db.jobs.c.state, state),
            (db.jobs.c.schedule, schedule),
        ):
            query = query if value is None else query.where(column == value)
        if before is not None:
            query = query.where(db.jobs.c.id < before)
        with self.database.reading() as connection:
            return tuple(as_job(row) for row in connection.execute(query))

    def counts(self) -> dict[State, int]:
        """How many jobs there are in each state that has any."""
        query = sa.select(db.jobs.c.state, sa.func.count()).group_by(db.jobs.c.state)
        with self.database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def oldest_queued_at(self) -> datetime | None:
        """When the job was accepted that has waited longest; None while none waits."""
        query = sa.select(sa.func.min(db.jobs.c.created_at)).where(db.jobs.c.state == "queued")
        with self.database.reading() as connection:
            found = connection.scalar(query)
        return datetime.fromisoformat(found) if found else None

    def log(self, job: str, after: int = 0, limit: int = 1000) -> tuple[LogLine, ...]:
        """What the job did, oldest first, behind the line with the number `after`.

        Raises:
            UnknownJob: there is none of this id.
            JobsUnreachable: the database cannot be used.
        """
        lines = db.log.c
        query = (
            sa.select(db.log)
            .where(lines.job == job, lines.number > after)
            .order_by(lines.number)
            .limit(limit)
        )
        with self.database.reading() as connection:
            _row(connection, job)
            return tuple(
                LogLine(
                    number=row.number,
                    at=datetime.fromisoformat(row.at),
                    level=row.level,
                    text=row.text,
                )
                for row in connection.execute(query)
            )

    # ------------------------------------------------------------------ ending, beginning again

    def cancel(self, job: str) -> Job:
        """The job, which now goes no further: what it had fetched stays archived.

        One that is over stays as it is.

        Raises:
            UnknownJob: there is none of this id.
            JobsUnreachable: the database cannot be used.
        """
        with self.database.writing() as connection:
            found = _row(connection, job)
            ended = connection.execute(
                db.jobs.update()
                .where(db.jobs.c.id == job, db.jobs.c.state.not_in(OVER))
                .values(state="cancelled", ended_at=stamp(datetime.now(UTC)), waiting=None)
                .returning(db.jobs.c.tries)
            ).first()
            if ended is None:
                return found
            note(connection, job, "Cancelled.")
            now = _row(connection, job)
        with self.database.errors():
            self._client.cancel_workflow(workflow_id(job, ended.tries))
        return now

    def retry(self, job: str) -> Job:
        """The same job, queued again: what it had archived stands, what failed is tried once more.

        Raises:
            UnknownJob: there is none of this id.
            NotRetried: it is not over, or ended well.
            JobsUnreachable: the database cannot be used.
        """
        with self.database.writing() as connection:
            found = _row(connection, job)
            if found.state not in {"failed", "cancelled"}:
                raise NotRetried(job, found.state)
            tries = connection.execute(
                db.jobs.update()
                .where(db.jobs.c.id == job)
                .values(state="queued", ended_at=None, error=None, result=None,
                        tries=db.jobs.c.tries + 1)
                .returning(db.jobs.c.tries)
            ).scalar_one()  # fmt: skip
            connection.execute(
                db.pages.delete().where(
                    db.pages.c.job == job, db.pages.c.result.not_like('%"status":"archived"%')
                )
            )
            note(connection, job, "Tried again.")
            self._enqueue(connection, job, found.kind, tries)
            return _row(connection, job)

    def take_over(self, alive: Callable[[], set[str]]) -> int:
        """How many jobs were put back into the queue: those that no living worker has.

        `alive` gives the ids of the workers on the roster.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self.database.errors(), self.database.alone("take over"):
            pending = self._client.list_workflows(status="PENDING", name=WORKFLOW, load_input=False)
            living = alive()
            left = [each for each in pending if each.executor_id not in living]
            for each in left:
                self._client.resume_workflow(each.workflow_id, queue_name=each.queue_name)
        return len(left)


def workflow_id(job: str, tries: int) -> str:
    """Under which DBOS knows the job when it was asked for again so often."""
    return f"{job}.{tries}"


def note(connection: sa.Connection, job: str, text: str, level: str = "info") -> None:
    """Add a line to the log of a job."""
    now = stamp(datetime.now(UTC))
    connection.execute(db.log.insert().values(job=job, at=now, level=level, text=text))


def stamp(moment: datetime) -> str:
    """The moment as it stands in the database: text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_job(row: Any) -> Job:
    """The job of a row."""

    def when(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    counted = row.total is not None
    return Job(
        id=row.id,
        kind=row.kind,
        argument=msgspec.json.decode(row.argument),
        state=row.state,
        progress=Progress(
            settled=row.settled or 0,
            total=row.total,
            latest=row.latest or "",
            unit=UNITS[row.kind],
        )
        if counted
        else None,
        waiting=row.waiting,
        created_at=datetime.fromisoformat(row.created_at),
        started_at=when(row.started_at),
        ended_at=when(row.ended_at),
        result=msgspec.json.decode(row.result) if row.result else None,
        error=row.error,
        attempts=row.attempts,
        schedule=row.schedule,
    )


def _row(connection: sa.Connection, job: str) -> Job:
    found = connection.execute(sa.select(db.jobs).where(db.jobs.c.id == job)).first()
    if found is None:
        raise UnknownJob(job)
    return as_job(found)


def _same(key: str, fresh: timedelta) -> sa.Select[Any]:
    """The newest job with this key that still stands for another one."""
    since = stamp(datetime.now(UTC) - fresh)
    columns = db.jobs.c
    ended = (columns.state == "done") & (columns.ended_at > since)
    stands = sa.or_(columns.state.in_(("queued", "running")), ended)
    return (
        sa.select(columns.id)
        .where(columns.same_as == key, stands)
        .order_by(columns.id.desc())
        .limit(1)
    )


# Base32 whose letters sort as the numbers do: digits come before letters in ASCII.
_SORTED = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "234567abcdefghijklmnopqrstuvwxyz")
