"""What still has to be told, and what has been: a restart neither loses a message nor sends one twice.

It is a small database in the archive folder. A channel is a webhook, or the mail digest. For each, `after`
is the change up to which all is in here; a message is in here once, whatever happens. Only a machine that
dies between an answer and its note makes a receiver hear of it again, under the same id.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from archive.sqlite_connection import connect, errors_of

FILE = "told.sqlite"
ATTEMPTS = 12  # after which a message is given up: with the waits below, two days and a half
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=12)
_LEASE = timedelta(minutes=5)  # that one process has for a message before another takes it
_KEPT = timedelta(days=90)  # that delivered messages stay to be looked at
_SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (
    name TEXT PRIMARY KEY, after TEXT, told_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, channel TEXT NOT NULL, change TEXT NOT NULL, body BLOB NOT NULL,
    made_at TEXT NOT NULL, due_at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting', error TEXT, UNIQUE (channel, change)
) STRICT;
CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at) WHERE state = 'waiting';
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message that this process is to deliver now."""

    id: str
    channel: str
    body: bytes
    attempts: int  # before this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How far a channel has been told."""

    name: str
    after: str | None  # id of a change; None: from the beginning
    told_at: datetime  # when it was last told of anything, or was opened


class Outbox:
    """Open for one thread; several processes may have it open at once."""

    def __init__(self, archive: Path) -> None:
        """Open that of an archive folder.

        Raises:
            NotKept: the disk will not have it.
        """
        self._path = archive / FILE
        self._db = connect(self._path, write=True)
        with errors_of(self._path):
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)

    def channel(self, name: str) -> Channel | None:
        """How far the channel is; None for one that was never opened."""
        row = self._db.row("SELECT name, after, told_at FROM channels WHERE name = ?", (name,))
        return Channel(name=row[0], after=row[1], told_at=_moment(row[2])) if row else None

    def open(self, name: str, after: str | None, now: datetime) -> str | None:
        """Open a channel at the change `after`, unless another process just did; where it is open."""
        self._db.execute(
            "INSERT OR IGNORE INTO channels VALUES (?, ?, ?)", (name, after, _text(now))
        )
        row = self._db.row("SELECT after FROM channels WHERE name = ?", (name,))
        return str(row[0]) if row and row[0] is not None else None

    def move(self, name: str, after: str | None, now: datetime) -> None:
        """Note that the channel was told of everything up to the change `after`."""
        self._db.execute(
            "INSERT INTO channels VALUES (?, ?, ?) ON CONFLICT (name)"
            " DO UPDATE SET after = excluded.after, told_at = excluded.told_at",
            (name, after, _text(now)),
        )

    def put(
        self, channel: str, after: str | None, messages: Sequence[tuple[str, bytes]], now: datetime
    ) -> int:
        """Take in messages, as (change, body), and move the channel, all or nothing; how many were new."""
        new = 0
        with self._db.transaction():
            for change, body in messages:
                row = (str(uuid4()), channel, change, body, _text(now), _text(now))
                new += self._db.execute(
                    "INSERT OR IGNORE INTO messages (id, channel, change, body, made_at, due_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                ).rowcount
            self.move(channel, after, now)
            self._db.execute(
                "DELETE FROM messages WHERE state = 'sent' AND due_at < ?", (_text(now - _KEPT),)
            )
        return new

    def due(self, clock: Callable[[], datetime]) -> Iterator[Due]:
        """The messages whose time has come by now, each taken so that no other process delivers it too."""
        now = clock()
        while True:
            with self._db.transaction():
                row = self._db.row(
                    "SELECT id, channel, body, attempts FROM messages"
                    " WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, made_at, rowid LIMIT 1",
                    (_text(now),),
                )
                if row is None:
                    return
                self._db.execute(
                    "UPDATE messages SET due_at = ? WHERE id = ?", (_text(clock() + _LEASE), row[0])
                )
            yield Due(id=row[0], channel=row[1], body=row[2], attempts=row[3])

    def delivered(self, id: str, now: datetime) -> None:
        """Note that the receiver has it."""
        self._db.execute(
            "UPDATE messages SET state = 'sent', attempts = attempts + 1, error = NULL, due_at = ?"
            " WHERE id = ?",
            (_text(now), id),
        )

    def failed(self, due: Due, error: str, now: datetime) -> None:
        """Note that the receiver did not take it: later again, or given up."""
        wait = min(_FIRST_WAIT * 2 ** min(due.attempts, 20), _LONGEST_WAIT)
        state = "waiting" if due.attempts + 1 < ATTEMPTS else "given up"
        self._db.execute(
            "UPDATE messages SET state = ?, attempts = attempts + 1, error = ?, due_at = ?"
            " WHERE id = ?",
            (state, error[:500], _text(now + wait), due.id),
        )

    def counts(self) -> dict[str, int]:
        """How many messages are waiting, sent and given up."""
        rows = self._db.execute("SELECT state, COUNT(*) FROM messages GROUP BY state").fetchall()
        return {"waiting": 0, "sent": 0, "given up": 0} | dict(rows)

    def troubles(self, limit: int = 20) -> tuple[tuple[str, str, int, str], ...]:
        """Channel, change, attempts and error of what was tried in vain, the newest first."""
        rows = self._db.execute(
            "SELECT channel, change, attempts, error FROM messages WHERE error IS NOT NULL"
            " ORDER BY made_at DESC, rowid DESC LIMIT ?",
            (limit,),
        )
        return tuple(rows.fetchall())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes in here while this lasts.

        Raises:
            ArchiveBusy: somebody else does, for long.
        """
        with self._db.transaction():
            yield

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def waiting(archive: Path) -> int:
    """How many messages wait to be delivered, without opening the file for writing; 0 where it is none."""
    path = archive / FILE
    if not path.exists():
        return 0
    try:
        db = connect(path, write=False)
        try:
            row = db.row("SELECT COUNT(*) FROM messages WHERE state = 'waiting'", ())
        finally:
            db.close()
    except sqlite3.OperationalError:  # another process makes its tables at this moment
        return 0
    return int(row[0])


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
