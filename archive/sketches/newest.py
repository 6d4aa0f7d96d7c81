"""The newest sketches: rows of the index that stand in no segment yet, as this process knows them."""

import sqlite3
from pathlib import Path

import numpy as np

from archive.ascending import ascending
from archive.records import Sketch
from archive.sketches.build import Sketched, pack
from archive.sketches.segment import (
    BAND_BITS,
    SAMPLE_BITS,
    Hits,
    InMemory,
    Longs,
    Segment,
    joined,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS sketch_newest (
    seq INTEGER PRIMARY KEY,
    version INTEGER NOT NULL UNIQUE,
    bands BLOB NOT NULL,
    sample BLOB NOT NULL,
    mark INTEGER NOT NULL DEFAULT (random())
);
"""

_LOOSE = 64  # sketches that are looked up one by one, at least; or
_LOOSE_PART = 8  # this part of all: sorting them again costs as much as that many look-ups


def keys_of(sketch: Sketch) -> tuple[Longs, Longs]:
    """Its different keys in one space: those of its bands, in their order, and of its sample.

    Raises:
        ValueError: a key is wider than the index takes.
    """
    bands = np.array(list(dict.fromkeys(sketch.bands)), np.int64)
    sample = np.fromiter(sketch.sample, np.int64, len(sketch.sample))
    if len(sample) > 1 and not (sample[1:] > sample[:-1]).all():
        sample = ascending(sample)
    if (bands >> BAND_BITS).any() or (len(sample) and sample[-1] >> SAMPLE_BITS):
        raise ValueError(f"A band has {BAND_BITS} bits and a key of a sample {SAMPLE_BITS}.")
    return bands + (1 << SAMPLE_BITS), sample


def add(connection: sqlite3.Connection, version: int, sketch: Sketch) -> None:
    """Makes a version findable; adding it again changes nothing."""
    bands, sample = keys_of(sketch)
    connection.execute(
        "INSERT OR IGNORE INTO sketch_newest (version, bands, sample) VALUES (?, ?, ?)",
        (
            version,
            (bands - (1 << SAMPLE_BITS)).astype("<u4").tobytes(),
            sample.astype("<u4").tobytes(),
        ),
    )


class Newest:
    """A copy of the rows in memory, sorted, that follows what is added while it is current."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rows: list[Sketched] = []
        self._ends: tuple[int, ...] = ()  # seq and mark of the first row and of the last
        self.first, self.last = 1 << 62, -1  # of the versions
        self._sorted = 0  # rows that are in the segment
        self._ready = 0  # rows that are in the segment or loose
        self._segment: Segment | None = None
        self._loose: dict[int, list[int]] = {}  # of the rest: from a key to the rows that have it

    def follow(self) -> None:
        """Take in what was added since the last time."""
        rows = self._connection.execute(
            "SELECT seq, mark, version, bands, sample FROM sketch_newest WHERE seq > ? ORDER BY seq",
            (self.seq,),
        )
        for seq, mark, version, bands, sample in rows:
            self._ends = (*self._ends[:2], seq, mark) if self._ends else (seq, mark, seq, mark)
            own = np.frombuffer(bands, "<u4").astype(np.int64) + (1 << SAMPLE_BITS)
            rest = np.frombuffer(sample, "<u4").astype(np.int64)
            keys = np.concatenate((own, rest))
            self.rows.append(Sketched(version=version, size=len(rest), keys=keys))
            self.first, self.last = min(self.first, version), max(self.last, version)

    def is_current(self) -> bool:
        """Whether every row that was taken in is still there.

        Rows are only added at the end; they go all at once, or the last ones when a transaction fails.
        So the first and the last, with marks that no other row ever has, speak for all.
        """
        if not self._ends:
            return True
        (there,) = self._connection.execute(
            "SELECT COUNT(*) FROM sketch_newest WHERE (seq = ? AND mark = ?) OR (seq = ? AND mark = ?)",
            self._ends,
        ).fetchone()
        return bool(there == len(set(self._ends[::2])))

    @property
    def seq(self) -> int:
        """The last row that was taken in; 0 for none."""
        return self._ends[2] if self._ends else 0

    def clear(self) -> None:
        """Delete the rows that were taken in from the table."""
        self._connection.execute("DELETE FROM sketch_newest WHERE seq <= ?", (self.seq,))

    def find(self, keys: Longs, most: int) -> Hits:
        """As `Segment.find`, from what is sorted and from what is not."""
        self._prepare()
        if not self._loose and self._segment:
            return self._segment.find(keys, most)
        which: list[int] = []
        rows: list[int] = []
        for place, own in enumerate(map(self._loose.get, keys.tolist())):
            if own:
                which += [place] * len(own)
                rows += own
        versions = np.array([self.rows[row].version for row in rows], np.int64)
        sizes = np.array([self.rows[row].size for row in rows], np.int64)
        loose = Hits(which=np.array(which, np.int64), versions=versions, sizes=sizes)
        return joined((self._segment.find(keys, most), loose)) if self._segment else loose

    def _prepare(self) -> None:
        """Sort what has gathered since, or make it ready to be looked up one by one."""
        if len(self.rows) - self._sorted >= max(_LOOSE, len(self.rows) // _LOOSE_PART):
            data = bytearray()
            pack(self.rows, data.extend)
            self._segment = Segment(InMemory(bytes(data)), len(data), Path("newest sketches"))
            self._sorted, self._loose = len(self.rows), {}
            self._ready = self._sorted
        for place in range(self._ready, len(self.rows)):
            for key in self.rows[place].keys.tolist():
                self._loose.setdefault(key, []).append(place)
        self._ready = len(self.rows)
