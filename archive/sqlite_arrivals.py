"""Which captures may have shown something new, in the SQLite index: those marked as `fresh`.

A reading is fresh when the one before it at its address, in the order of time, was of another version, or
there was none. More may be marked than are changes, never fewer: `archive.changes` looks at each.
"""

from collections.abc import Iterator
from typing import Any

from archive.errors import UnknownKey
from archive.index import Arrival, Turn
from archive.sqlite_connection import Connection, errors_of
from archive.sqlite_rows import moment

_ARRIVAL = (
    "SELECT c.seq, c.id, c.url, c.fetched_at, v.key, d.key, r.title, r.language, r.publisher,"
    " r.relation, COALESCE((SELECT json_extract(evidence, '$.because') FROM links"
    " WHERE source = r.exact AND relation = r.relation ORDER BY score DESC, id LIMIT 1), '')"
)
_ALL = (
    f"{_ARRIVAL} FROM readings r CROSS JOIN captures c ON c.seq = r.capture"
    " JOIN versions v ON v.id = r.version JOIN documents d ON d.id = v.document WHERE r.fresh"
)
_OF_DOCUMENT = (
    f"{_ARRIVAL} FROM documents d CROSS JOIN versions v ON v.document = d.id"
    " CROSS JOIN readings r ON r.version = v.id JOIN captures c ON c.seq = r.capture"
    " WHERE r.fresh AND d.id ="
    " (SELECT id FROM documents WHERE key = ?3"
    " UNION ALL SELECT document FROM document_aliases WHERE key = ?3)"
)
_RANGE = "AND r.capture > ?1 AND r.capture < ?2 ORDER BY r.capture"
_LAST = (1 << 63) - 1  # no capture has this number

_ONE = (
    f"{_ARRIVAL} FROM captures c JOIN readings r ON r.capture = c.seq"
    " JOIN versions v ON v.id = r.version JOIN documents d ON d.id = v.document WHERE c.id = ?"
)
_NEIGHBOUR = (
    "SELECT n.seq, o.version FROM captures c JOIN captures n ON n.url = c.url"
    " JOIN readings o ON o.capture = n.seq"
    " WHERE c.seq = ?1 AND (n.fetched_at, n.id) {0} (c.fetched_at, c.id)"
    " ORDER BY n.fetched_at {1}, n.id {1} LIMIT 1"
)
_BEFORE, _AFTER = _NEIGHBOUR.format("<", "DESC"), _NEIGHBOUR.format(">", "ASC")
# Of a version that an address shows again and again, the first and the last sighting say enough.
_TURNS = (
    "SELECT seq, id, fetched_at, key FROM ("
    " SELECT c.seq, c.id, c.fetched_at, r.version, r.fresh, v.key,"
    "  LAG(r.version) OVER seen AS before, LEAD(r.version) OVER seen AS after"
    " FROM captures c JOIN readings r ON r.capture = c.seq JOIN versions v ON v.id = r.version"
    " WHERE c.url = ? WINDOW seen AS (ORDER BY c.fetched_at, c.id))"
    " WHERE fresh OR before IS NOT version OR after IS NOT version ORDER BY fetched_at, id"
)


def mark(db: Connection, capture: int, version: int) -> None:
    """Mark the reading of a capture, and the one behind it at its address, if they are fresh."""
    before, after = db.row(_BEFORE, (capture,)), db.row(_AFTER, (capture,))
    fresh = [capture] if before is None or before[1] != version else []
    if after is not None and after[1] != version:
        fresh.append(after[0])
    for each in fresh:
        db.execute("UPDATE readings SET fresh = 1 WHERE capture = ? AND NOT fresh", (each,))


def arrivals(
    db: Connection, between: tuple[int, int | None], document: str | None, *, back: bool
) -> Iterator[Arrival]:
    """The fresh ones with a number between these two, in the order in which they came in, or backwards."""
    after, before = between
    query = f"{_OF_DOCUMENT if document else _ALL} {_RANGE} {'DESC' if back else 'ASC'}"
    values: tuple[Any, ...] = (after, _LAST if before is None else before)
    with errors_of(db.path):
        for row in db.execute(query, (*values, document) if document else values):
            yield _arrival(row)


def arrival(db: Connection, capture: str) -> Arrival:
    """That of the capture with this id, fresh or not.

    Raises:
        UnknownKey: there is none, or it has no reading.
    """
    row = db.row(_ONE, (capture,))
    if row is None:
        raise UnknownKey(capture)
    return _arrival(row)


def turns(db: Connection, url: str) -> tuple[Turn, ...]:
    """See `archive.index.Index.turns`."""
    with errors_of(db.path):
        return tuple(
            Turn(seq=seq, capture=capture, seen_at=moment(seen_at), version=version)
            for seq, capture, seen_at, version in db.execute(_TURNS, (url,))
        )


def _arrival(row: Any) -> Arrival:
    return Arrival(
        seq=row[0],
        capture=row[1],
        url=row[2],
        seen_at=moment(row[3]),
        version=row[4],
        document=row[5],
        title=row[6],
        language=row[7],
        publisher=row[8],
        relation=row[9],
        because=row[10],
    )
