"""Rows of the SQLite index as nouns, and the two queries whose columns they name."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from archive.index import Entry
from archive.records import Capture, Fingerprint, Place, Version

CAPTURE = (
    "SELECT c.seq, c.id, c.url, c.fetched_at, c.kind, c.status, c.media_type, c.payload_digest,"
    " c.entity_digest, c.refers_to, c.truncated, w.name, c.offset, c.length"
    " FROM captures c JOIN warcs w ON w.id = c.warc"
)
# Versions of one document are numbered in the order in which they were first observed.
VERSION = (
    "SELECT v.key, d.key, v.language, v.title, v.recipe, v.near, v.iscc, v.iscc_form, w.name,"
    " v.offset, v.length, MIN(c.fetched_at) AS first_seen, MAX(c.fetched_at)"
    " FROM versions v JOIN documents d ON d.id = v.document JOIN warcs w ON w.id = v.warc"
    " JOIN readings r ON r.version = v.id JOIN captures c ON c.seq = r.capture"
    " WHERE v.document = ? GROUP BY v.id ORDER BY first_seen, v.id"
)


def to_text(moment: datetime) -> str:
    """The moment in UTC with microseconds: the order of the texts is the order in time."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")  # strftime does not pad 999
    return text.replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """What `to_text` made, back again."""
    return datetime.fromisoformat(text)


def capture_row(row: Sequence[Any]) -> Capture:
    """A row of CAPTURE."""
    return Capture(
        id=row[1],
        url=row[2],
        fetched_at=moment(row[3]),
        kind=row[4],
        status=row[5],
        media_type=row[6],
        payload_digest=row[7],
        entity_digest=row[8],
        refers_to=row[9],
        truncated=row[10],
        place=place(row[11:14]),
    )


def version_row(row: Sequence[Any], number: int) -> Version:
    """A row of VERSION, with its number in the document."""
    key, document, language, title, recipe, near, iscc, iscc_form = row[:8]
    return Version(
        key=key,
        document=document,
        number=number,
        language=language,
        title=title,
        first_seen=moment(row[11]),
        last_seen=moment(row[12]),
        fingerprint=Fingerprint(recipe=recipe, exact=key, near=near),
        iscc=iscc,
        iscc_form=iscc_form,
        text=place(row[8:11]),
    )


def entry_row(row: Sequence[Any]) -> Entry:
    """The seventeen columns that `SqliteQueries.filed` selects: an entry with its two places."""
    return Entry(
        capture=row[0],
        fingerprint=Fingerprint(recipe=row[1], exact=row[2], near=row[3]),
        iscc=row[4],
        iscc_form=row[5],
        language=row[6],
        title=row[7],
        publisher=row[8],
        published_at=row[9],
        text_id=row[10],
        text=place(row[11:14]),
        record=place(row[14:17]),
    )


def place(row: Sequence[Any]) -> Place:
    """File, offset, length."""
    return Place(warc=row[0], offset=row[1], length=row[2])
