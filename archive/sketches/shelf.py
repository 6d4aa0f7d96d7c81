"""The files of the segments: found, opened, written, merged, and put away when they are not needed."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from archive import files
from archive.errors import UnusableIndex
from archive.sketches.segment import OnDisk, Segment

SCHEMA = """
CREATE TABLE IF NOT EXISTS sketch_segment (
    name TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    versions INTEGER NOT NULL
);
"""

_MAPPED = 7 << 28  # bytes of segments that may be memory of the process; larger ones are read
_SUFFIX = ".segment"

Fill = Callable[[Callable[[bytes], object]], None]  # is given what takes bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A segment as the index names it."""

    name: str  # of its file
    size: int  # of its file, bytes
    versions: int


class Shelf:
    """The segments of one index, in the order of their newest version, newest first."""

    def __init__(self, connection: sqlite3.Connection, folder: Path | None) -> None:
        """Take those that the index names; `folder` is None for an index that never has any."""
        self._connection = connection
        self._folder = folder
        self._open: dict[str, OnDisk] = {}
        self._named: tuple[Row, ...] = ()
        self._segments: tuple[Segment, ...] = ()

    def rows(self) -> tuple[Row, ...]:
        """What the index names."""
        named = self._connection.execute(
            "SELECT name, size, versions FROM sketch_segment ORDER BY rowid"
        )
        return tuple(Row(name=row[0], size=row[1], versions=row[2]) for row in named.fetchall())

    def segments(self) -> tuple[Segment, ...]:
        """The segments that the index names now.

        Raises:
            UnusableIndex: one of them is missing or damaged.
        """
        rows = self.rows()
        while rows != self._named:
            self._follow(rows)
            rows = self.rows()
        return self._segments

    def _follow(self, rows: tuple[Row, ...]) -> None:
        before: tuple[Row, ...] = ()
        missing: Path | None = None
        while rows != before:
            before, missing = rows, None
            for row in rows:
                try:
                    if row.name not in self._open:
                        self._open[row.name] = OnDisk(self._path(row))
                except FileNotFoundError:  # merged with others since the index named it?
                    missing = self._path(row)
            rows = self.rows() if missing else rows
        if missing:
            raise UnusableIndex(missing, "is missing")
        names = {row.name for row in rows}
        self._open = {name: store for name, store in self._open.items() if name in names}
        room = _MAPPED
        segments = []
        for row in sorted(rows, key=lambda row: row.size):
            room -= row.size
            store = self._open[row.name]
            segments.append(_segment(store, self._path(row), row, room >= 0))
        self._segments = tuple(sorted(segments, key=lambda each: -each.last))
        self._named = rows

    def write(self, fill: Fill) -> Row:
        """A new file with what `fill` appends, on the disk; the index does not name it yet.

        Raises:
            NotKept: the disk would not take it.
        """
        name = secrets.token_hex(8) + _SUFFIX
        appender = files.Appender(self.folder / (name + files.OPEN_SUFFIX))
        filled = False
        try:
            fill(appender.append)
            filled = True
        finally:
            if not filled:
                appender.abandon()
        path = appender.seal()
        row = Row(name=name, size=appender.size, versions=0)
        opened = _segment(OnDisk(path), path, row)
        return replace(row, versions=opened.layout.versions)

    def name(self, old: Sequence[Row], new: Row) -> None:
        """Have the index name the new segment, which holds all that the old ones do."""
        for row in old:
            self._connection.execute("DELETE FROM sketch_segment WHERE name = ?", (row.name,))
        self._connection.execute(
            "INSERT INTO sketch_segment VALUES (?, ?, ?)", (new.name, new.size, new.versions)
        )

    def stored(self, row: Row) -> Segment:
        """A segment to be read from its beginning to its end, which takes no memory."""
        path = self._path(row)
        try:
            return _segment(OnDisk(path), path, row)
        except FileNotFoundError as error:
            raise UnusableIndex(path, "is missing") from error

    def sweep(self) -> None:
        """Delete what lies in the folder and the index does not name; only outside of a transaction.

        That is what was merged, and what a writer left that died.
        """
        if self._folder is None or not self._folder.is_dir():
            return
        named = {row.name for row in self.rows()}
        named |= {name + files.SIDECAR_SUFFIX for name in named}
        for path in sorted(self._folder.iterdir()):
            if path.name not in named:
                path.unlink(missing_ok=True)

    def faults(self) -> Iterator[str]:
        """What is wrong with the files, a sentence each; reads all of them."""
        for row in self.rows():
            path = self._path(row)
            try:
                said = files.sidecar_digest(path)
                sound = path.stat().st_size == row.size and files.sha256(path) == said
            except OSError as error:
                yield f"the segment {row.name} cannot be read ({error.strerror})"
                continue
            if not sound:
                yield f"the segment {row.name} is not as it was written"

    @property
    def folder(self) -> Path:
        """Where the files lie.

        Raises:
            ValueError: this index has none.
        """
        if self._folder is None:
            raise ValueError("This index keeps its sketches in its tables alone.")
        return self._folder

    def _path(self, row: Row) -> Path:
        return self.folder / row.name


def _segment(store: OnDisk, path: Path, row: Row, mapped: bool = False) -> Segment:
    """The segment in a store, which has the size that the index names."""
    if store.size != row.size:
        raise UnusableIndex(path, "has not the size with which it was written")
    return Segment(store.mapped() if mapped else store, row.size, path)
