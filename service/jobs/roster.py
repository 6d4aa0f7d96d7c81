"""The workers of a database: who is alive, and whose jobs are taken over.

A worker gives a sign of life every few seconds. One that has given none for long is dead; one on the same
machine is dead as soon as its process is gone.
"""

import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from service.jobs import database as db
from service.jobs.database import Database
from service.jobs.jobs import note, stamp

BEAT_SECONDS = 2.0
DEAD_SECONDS = 30.0  # without a sign of life; no source: a machine that swaps may pause for ten

_WORKER, _JOB = db.workers.c, db.jobs.c


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that does jobs, alive or not."""

    id: str
    host: str
    pid: int
    began_at: datetime
    beat_at: datetime  # its last sign of life

    def is_dead(self, now: datetime, dead_seconds: float = DEAD_SECONDS) -> bool:
        """Whether its jobs are anybody's."""
        if self.host == socket.gethostname() and not Path(f"/proc/{self.pid}").exists():
            return True
        return now - self.beat_at > timedelta(seconds=dead_seconds)


class Roster:
    """Which workers there are."""

    def __init__(
        self,
        database: Database,
        *,
        dead_seconds: float = DEAD_SECONDS,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database, self._dead_seconds, self._clock = database, dead_seconds, clock

    def enter(self, worker: str = "") -> str:
        """The id of this process as a worker, alive from now on; a new one where it has none.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        host, pid = socket.gethostname(), os.getpid()
        worker = worker or f"{host}:{pid}:{uuid.uuid4().hex[:8]}"
        now = stamp(self._clock())
        with self._database.writing() as connection:
            connection.execute(
                db.workers.insert().values(id=worker, host=host, pid=pid, began_at=now, beat_at=now)
            )
        return worker

    def beat(self, worker: str) -> bool:
        """Give a sign of life; False when the others have given this worker up.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self._database.writing() as connection:
            changed = connection.execute(
                db.workers.update().where(_WORKER.id == worker).values(beat_at=stamp(self._clock()))
            )
            return bool(changed.rowcount)

    def leave(self, worker: str) -> None:
        """This worker is no more; jobs that it still has are anybody's.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        self._strike(worker, "stopped")

    def workers(self) -> tuple[Worker, ...]:
        """All that are on the roster, the oldest first.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        query = sa.select(db.workers).order_by(_WORKER.began_at)
        with self._database.reading() as connection:
            return tuple(
                Worker(
                    id=row.id,
                    host=row.host,
                    pid=row.pid,
                    began_at=datetime.fromisoformat(row.began_at),
                    beat_at=datetime.fromisoformat(row.beat_at),
                )
                for row in connection.execute(query)
            )

    def ids(self) -> set[str]:
        """Of all that are on the roster.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        return {each.id for each in self.workers()}

    def bury(self) -> tuple[str, ...]:
        """The ids of the workers that were found dead; their jobs are queued again.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        now = self._clock()
        dead = [each.id for each in self.workers() if each.is_dead(now, self._dead_seconds)]
        for worker in dead:
            self._strike(worker, "died")
        return tuple(dead)

    def _strike(self, worker: str, how: str) -> None:
        with self._database.writing() as connection:
            connection.execute(db.workers.delete().where(_WORKER.id == worker))
            connection.execute(db.leases.delete().where(db.leases.c.worker == worker))
            its = (_JOB.worker == worker, _JOB.state == "running")
            left = connection.scalars(
                db.jobs.update()
                .where(*its)
                .values(state="queued", worker=None, waiting=None)
                .returning(_JOB.id)
            ).all()
            for job in left:
                note(connection, job, f"The worker {worker} {how}; another one goes on with this.")
