"""Candidates: which versions may be near-copies of a text, or excerpts of it, or contain it.

Two inverted indexes, in the connection's own transaction. `sketch_band` finds near-copies from a
near part alone; `sketch_sample` finds what shares a passage. Recall comes first: whoever asks
compares the texts.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.records import Sketch

SCHEMA = """
CREATE TABLE IF NOT EXISTS sketch_band (
    key INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (key, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sketch_sample (
    key INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (key, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sketch_size (
    version INTEGER PRIMARY KEY, size INTEGER NOT NULL
);
"""

SHARED_KEYS = 3  # of the samples, at least, and
SHARED_PART = 0.12  # of the smaller one: together they recalled every excerpt of republished laws
_FEW = 9  # keys; of a smaller sample, that of a pasted passage, a third is enough
_COMMON = 64  # versions with one key, from which on the key says little: a template, page furniture
_COMMON_ASKED = 16  # common keys that are followed all the same, to the newest _COMMON versions
_ASKED = 512  # keys of a sample that are looked up: bounds the time for a long text


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the sketch of one version has in common with the one that was looked up."""

    version: int  # id of the version in the index
    bands: int  # of its near part, 0..20
    sample: int  # keys of its sample, of those that were looked up
    size: int  # keys of its sample in all


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """How often versions were met under the keys of one table."""

    telling: Counter[int]  # by version; under keys that few versions have
    common: Counter[int]  # by version; under a few of the keys that many have
    common_keys: int  # how many of the keys were common


def add(connection: sqlite3.Connection, version: int, sketch: Sketch) -> None:
    """Makes a version findable; adding it again changes nothing."""
    for table, keys in (("sketch_band", sketch.bands), ("sketch_sample", sketch.sample)):
        connection.executemany(
            f"INSERT OR IGNORE INTO {table} VALUES (?, ?)",  # noqa: S608 - one of two names
            ((_stored(key), version) for key in keys),
        )
    connection.execute(
        "INSERT OR REPLACE INTO sketch_size VALUES (?, ?)", (version, len(sketch.sample))
    )


def remove(connection: sqlite3.Connection, version: int, sketch: Sketch) -> None:
    """Makes a version with this sketch unfindable; doing it again changes nothing."""
    for table, keys in (("sketch_band", sketch.bands), ("sketch_sample", sketch.sample)):
        connection.executemany(
            f"DELETE FROM {table} WHERE key = ? AND version = ?",  # noqa: S608 - one of two names
            ((_stored(key), version) for key in keys),
        )
    connection.execute("DELETE FROM sketch_size WHERE version = ?", (version,))


def candidates(
    connection: sqlite3.Connection, sketch: Sketch, limit: int = 20
) -> tuple[Shared, ...]:
    """The versions worth comparing with the text, best first, at most `limit`.

    Worth it is a version that shares a band, or SHARED_KEYS keys of the sample that make up
    SHARED_PART of the smaller one. A key that more than 64 versions have counts only for the
    newest of them, so that a template costs no more than another text.
    """
    asked = sketch.sample[:_ASKED]  # ascending hashes: the same choice for every text
    bands = _counted(connection, "sketch_band", sketch.bands)
    sample = _counted(connection, "sketch_sample", asked)
    part = len(asked) / max(1, len(sketch.sample))
    own = (len(asked) - sample.common_keys) / max(part, 1e-9)
    met = bands.telling.keys() | bands.common.keys() | sample.telling.keys() | sample.common.keys()
    ranked = []
    for version, size in _sizes(connection, met):
        shared = Shared(
            version=version,
            bands=bands.telling[version] + bands.common[version],
            sample=sample.telling[version] + sample.common[version],
            size=size,
        )
        if shared.bands or _enough(shared.sample / max(part, 1e-9), min(size, own)):
            telling = bands.telling[version] + sample.telling[version]
            ranked.append((telling, shared.sample, shared.bands, version, shared))
    ranked.sort(reverse=True)
    return tuple(row[-1] for row in ranked[:limit])


def _enough(shared: float, smaller: float) -> bool:
    """Whether so many shared keys are worth a comparison."""
    if smaller < _FEW:
        return 3 * shared >= smaller
    return shared >= SHARED_KEYS and shared >= SHARED_PART * smaller


def _counted(connection: sqlite3.Connection, table: str, keys: Sequence[int]) -> _Count:
    """The versions that have these keys."""
    query = f"SELECT version FROM {table} WHERE key = ? ORDER BY version DESC LIMIT {_COMMON + 1}"  # noqa: S608 - one of two names
    telling: list[int] = []
    common: list[int] = []
    common_keys = 0
    for key in keys:
        versions = [row[0] for row in connection.execute(query, (_stored(key),))]
        if len(versions) <= _COMMON:
            telling += versions
            continue
        common_keys += 1
        if common_keys <= _COMMON_ASKED:
            common += versions[:_COMMON]
    return _Count(telling=Counter(telling), common=Counter(common), common_keys=common_keys)


def _sizes(connection: sqlite3.Connection, versions: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Each version with the size of its sample."""
    for version in versions:
        row = connection.execute("SELECT size FROM sketch_size WHERE version = ?", (version,))
        yield version, row.fetchone()[0]


def _stored(key: int) -> int:
    """An unsigned key of up to 32 bits as the signed one that fits SQLite's four bytes."""
    return key - (1 << 32) if key >> 31 else key
