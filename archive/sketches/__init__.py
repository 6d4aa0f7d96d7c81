"""Candidates: which versions may be near-copies of a text, or excerpts of it, or contain it.

Two inverted indexes in one: bands find near-copies from a near part alone, samples find what shares
a passage. Recall comes first: whoever asks compares the texts. The newest sketches are rows of the
index, in the connection's own transaction; when many have gathered they become a segment, a file
beside the index, and segments of like size are merged. What is found does not depend on when.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from archive.records import Sketch
from archive.sketches import newest, shelf
from archive.sketches.build import merge, pack
from archive.sketches.newest import Newest, add, keys_of
from archive.sketches.ranking import Shared, Source, Tally
from archive.sketches.segment import MOST_VERSIONS, Segment
from archive.sketches.shelf import Row, Shelf

__all__ = ["SCHEMA", "SEGMENTS", "Shared", "Sketches", "add", "candidates"]

SCHEMA = newest.SCHEMA + shelf.SCHEMA

SEGMENTS = "sketches"  # the folder of the segments, beside the file of the index
GATHERED = 2048  # sketches that make a segment: about three megabytes
# A segment is at least so many times all smaller ones together, or it is merged with them: five
# segments hold ten million texts, and each key is written some twenty times on the way there.
_LARGER = 4
# Keys of a sample that are looked up: so many, of a long text an eighth of all, and no more than these.
_ASKED, _ASKED_PART, _ASKED_MOST = 200, 8, 512


class Sketches:
    """All sketches of an index: the newest in its tables, the others in segments."""

    def __init__(
        self, connection: sqlite3.Connection, folder: Path | None, gathered: int | None = None
    ) -> None:
        """Take the sketches of an index; `folder` is None where they never leave its tables."""
        self._connection = connection
        self._newest = Newest(connection)
        self._shelf = Shelf(connection, folder)
        self._gathered = gathered or GATHERED
        self._segments: tuple[Segment, ...] = ()
        self._known: tuple[int, int] | None = None  # the state in which they were read

    def add(self, version: int, sketch: Sketch) -> None:
        """Make a version findable, in the transaction of the connection; again changes nothing.

        Ids of versions are never used again, and the text of a version never changes.

        Raises:
            ValueError: a key is wider than the index takes.
        """
        add(self._connection, version, sketch)

    def candidates(self, sketch: Sketch) -> Iterator[Shared]:
        """The versions worth comparing with the text, best first.

        Worth it is a version that shares a band, or SHARED_KEYS keys of the sample that make up
        SHARED_PART of the smaller one. A key that more than MOST_OF_A_KEY versions have counts only
        for the newest of them, so that a template costs no more than another text.

        Raises:
            UnusableIndex: a segment is missing or damaged.
        """
        bands, sample = keys_of(sketch)
        count = min(_ASKED_MOST, max(_ASKED, len(sample) // _ASKED_PART))
        asked = sample[:count]  # ascending hashes: the same choice for every text
        tally = Tally(bands, asked, of=len(sample))
        state = self._state()
        if state is None or state != self._known:
            self._learn()
            self._known = state
        sources: list[Source] = [self._newest] if self._newest.rows else []
        for source in (*sources, *self._segments):
            tally.count(source)
        return tally.ranked()

    def _state(self) -> tuple[int, int] | None:
        """What stays the same while nobody changes the index; None while this connection may.

        The first counts what other connections have committed, the second what this one has done, and
        neither what is undone again in a transaction that goes on.
        """
        if self._connection.in_transaction:
            return None
        (others,) = self._connection.execute("PRAGMA data_version").fetchone()
        return others, self._connection.total_changes

    def _learn(self) -> None:
        """Know the rows and the segments, as they are at one time."""
        current = False
        while not current:
            # A row that becomes part of a segment meanwhile is met twice or, asked in this order,
            # not at all when it is gone from the rows before they are read.
            self._follow()
            self._segments = self._shelf.segments()
            current = self._newest.is_current()

    def settle(self) -> None:
        """Put away what has gathered; only outside of a transaction, by the one writer.

        Raises:
            NotKept: the disk would not take it; nothing has changed.
            UnusableIndex: a segment that must be merged is missing or damaged.
        """
        (last,) = self._connection.execute("SELECT MAX(seq) FROM sketch_newest").fetchone()
        if last is None or last < self._gathered:
            return
        self._follow()
        row = self._shelf.write(lambda append: pack(self._newest.rows, append))
        self._replace((), row)
        while alike := self._alike():
            self._replace(alike, self._merged(alike))
        self._shelf.sweep()

    def faults(self) -> Iterator[str]:
        """What is wrong with the segments, a sentence each; reads all of them."""
        return self._shelf.faults()

    def sweep(self) -> None:
        """Delete what a writer left that died; only outside of a transaction, by the one writer."""
        self._shelf.sweep()

    def _follow(self) -> None:
        """Know every row of the table."""
        if not self._newest.is_current():
            self._newest = Newest(self._connection)
        self._newest.follow()

    def _replace(self, old: Sequence[Row], new: Row) -> None:
        """Have the index name a segment instead of the rows, or of the segments, that are in it."""
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:  # commits, or rolls back what failed
            if not old:
                self._newest.clear()
            self._shelf.name(old, new)

    def _merged(self, alike: Sequence[Row]) -> Row:
        """The segment of all that these hold, written but not yet named."""
        segments = [self._shelf.stored(row) for row in alike]
        return self._shelf.write(lambda append: merge(segments, append))

    def _alike(self) -> tuple[Row, ...]:
        """The smallest segments, as far as the next one is not much larger than all of them; or none."""
        rows = sorted(self._shelf.rows(), key=lambda row: row.versions)
        taken, total = rows[:1], sum(row.versions for row in rows[:1])
        for row in rows[1:]:
            if row.versions >= _LARGER * total or total + row.versions > MOST_VERSIONS:
                break
            taken.append(row)
            total += row.versions
        return tuple(taken) if len(taken) > 1 else ()


def candidates(
    connection: sqlite3.Connection, sketch: Sketch, limit: int = 20
) -> tuple[Shared, ...]:
    """The best `limit` among the newest sketches alone; see `Sketches.candidates`."""
    return tuple(islice(Sketches(connection, None).candidates(sketch), limit))
