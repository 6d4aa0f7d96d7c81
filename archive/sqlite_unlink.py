"""Takes apart in the SQLite index what a person says does not belong together."""

import sqlite3

from archive.errors import UnknownKey
from archive.index import title_key
from archive.records import Unlink


def separate(db: sqlite3.Connection, unlink: Unlink) -> None:
    """Undo the link between the two texts.

    A text that was a copy of the other's version gets a version and a document of its own; a version of the
    other's document gets a document of its own; of an excerpt only the link goes. What founded the document
    or the version stays where it is, and the other one leaves.

    Raises:
        UnknownKey: one of them is no text of this archive.
    """
    source, target = _home(db, unlink.source), _home(db, unlink.target)
    pairs = ((unlink.source, unlink.target), (unlink.target, unlink.source))
    for pair in pairs:
        db.execute("DELETE FROM links WHERE source = ? AND target = ?", pair)
        db.execute(
            "INSERT OR REPLACE INTO unlinks VALUES (?, ?, ?, ?)", (*pair, unlink.by, unlink.reason)
        )
    if source["version"] == target["version"]:
        leaving = unlink.target if unlink.source == source["version_key"] else unlink.source
        _own_version(db, leaving)
    elif source["document"] == target["document"]:
        founder = source["version_key"] == source["document_key"]
        leaving_home = target if founder else source
        document = _own_document(db, leaving_home["version_key"], leaving_home["language"])
        db.execute(
            "UPDATE versions SET document = ? WHERE id = ?", (document, leaving_home["version"])
        )


def _home(db: sqlite3.Connection, key: str) -> dict[str, str | int]:
    """The version and document in which the text stands now."""
    cursor = db.execute(
        "SELECT v.id AS version, v.key AS version_key, v.language, d.id AS document,"
        " d.key AS document_key FROM aliases a JOIN versions v ON v.id = a.version"
        " JOIN documents d ON d.id = v.document WHERE a.key = ?",
        (key,),
    )
    row = cursor.fetchone()
    if row is None:
        raise UnknownKey(key)
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


def _own_version(db: sqlite3.Connection, key: str) -> None:
    """A version and a document of its own for the text."""
    reading = db.execute(
        "SELECT language, title, recipe, near, iscc, iscc_form, text_warc, text_offset, text_length"
        " FROM readings WHERE exact = ? ORDER BY capture LIMIT 1",
        (key,),
    ).fetchone()
    if reading is None:
        raise UnknownKey(key)
    document = _own_document(db, key, reading[0])
    version = db.execute(
        "INSERT INTO versions (key, document, language, title, recipe, near, iscc, iscc_form, warc,"
        " offset, length, title_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (key, document, *reading, title_key(reading[1])),
    ).lastrowid
    db.execute("UPDATE readings SET version = ?, fresh = 1 WHERE exact = ?", (version, key))
    db.execute("UPDATE aliases SET version = ? WHERE key = ?", (version, key))


def _own_document(db: sqlite3.Connection, key: str | int, language: str | int) -> int:
    """A document with this key, which may have been the alias of another until now."""
    db.execute("DELETE FROM document_aliases WHERE key = ?", (key,))
    row = db.execute(
        "INSERT INTO documents (key, language) VALUES (?, ?)", (key, language)
    ).lastrowid
    assert row is not None
    return row
