"""A connection to the SQLite index whose errors are those of the archive."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.errors import ArchiveBusy, ArchiveError, NotKept, UnusableIndex

_WAIT_SECONDS = 10.0  # for another process to finish its transaction
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MISSING = ("no such table", "no such column", "no such index")  # the schema itself is damaged
_NO_TEXT = "Could not decode to UTF-8"


class Connection(sqlite3.Connection):
    """Every statement through `execute` raises ArchiveError where the file is at fault."""

    path: Path

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """See `sqlite3.Connection.execute`."""
        try:  # what `errors_of` does, without the cost of a context at every statement
            return super().execute(*arguments)
        except sqlite3.DatabaseError as error:
            translated = _translated(self.path, error)
            if translated is None:
                raise
            raise translated from error

    def row(self, query: str, values: tuple[Any, ...]) -> Any:
        """The first row of a query, None where there is none; damage may show when it is taken apart."""
        try:
            return super().execute(query, values).fetchone()
        except sqlite3.DatabaseError as error:
            translated = _translated(self.path, error)
            if translated is None:
                raise
            raise translated from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another can fail alone."""
        if self.in_transaction:
            begin, end, back = "SAVEPOINT inner", "RELEASE inner", "ROLLBACK TO inner"
        else:
            begin, end, back = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
        self.execute(begin)
        done = False
        try:
            yield
            self.execute(end)
            done = True
        finally:
            # Also on Ctrl-C: a half transaction must never be committed. SQLite has rolled back
            # by itself when the disk was full.
            if not done and self.in_transaction:
                self.execute(back)
                if back != "ROLLBACK":
                    self.execute(end)


def connect(path: Path, *, write: bool) -> Connection:
    """A connection; only a writer makes the file where it is missing.

    Raises:
        UnusableIndex: it is missing, and `write` is not set.
        NotKept: it cannot be made.
    """
    if not write and not path.exists():
        raise UnusableIndex(path, "is missing")
    mode = "rwc" if write else "rw"
    if not write and not os.access(path.parent, os.W_OK) and not _wal(path).exists():
        mode = "ro&immutable=1"  # a read-only medium has no room for the files of a WAL
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with errors_of(path):
        db = sqlite3.connect(
            address,
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )
    db.path = path
    return db


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """What SQLite says about the file, as an error of the archive."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        translated = _translated(path, error)
        if translated is None:
            raise
        raise translated from error


def _translated(path: Path, error: sqlite3.DatabaseError) -> ArchiveError | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    if code in _BUSY:
        return ArchiveBusy(path.parent, "another process")
    if code in _FULL:
        return NotKept(path, str(error))
    if code in _BROKEN:
        return UnusableIndex(path, f"is damaged ({error})")
    if _NO_TEXT in str(error):
        return UnusableIndex(path, "holds text that is none")
    if str(error).startswith(_MISSING):
        return UnusableIndex(path, f"lacks a part ({error})")
    return None
