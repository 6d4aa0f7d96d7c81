"""The index in one SQLite file: many readers, one writer (WAL), commits that reach the disk."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from archive.errors import NotKept, UnusableIndex
from archive.index import Entry, title_key
from archive.records import (
    Adoption,
    Capture,
    Filing,
    Link,
    Place,
    Refusal,
    Sketch,
    Tombstone,
    Unlink,
)
from archive.sketches import SCHEMA as SKETCHES
from archive.sketches import SEGMENTS, Sketches
from archive.sqlite_arrivals import mark
from archive.sqlite_connection import connect
from archive.sqlite_queries import SqliteQueries
from archive.sqlite_rows import to_text
from archive.sqlite_schema import SCHEMA, SCHEMA_VERSION
from archive.sqlite_unlink import separate
from archive.sqlite_works import SqliteWorks, settle_texts

# Of `published_at`, the twelfth value of a reading, or of the capture, the first.
_DAY = (
    "COALESCE(substr(?12, 1, 10), (SELECT substr(fetched_at, 1, 10) FROM captures WHERE seq = ?1))"
)


class SqliteIndex(SqliteQueries, SqliteWorks):
    """`archive.index.Index` on SQLite."""

    def __init__(self, path: Path, *, write: bool = False, lasting: bool = True) -> None:
        """Open the index at `path`; a writer makes it where it is missing.

        One that is not `lasting` is gone before the next power cut and is not synced.

        Raises:
            UnusableIndex: it must be made again.
            NotKept: the disk will not have it.
        """
        self._db = connect(path, write=write)
        self._writes = write
        self._warc_ids: dict[str, int] = {}
        self._sketches = Sketches(self._db, path.with_name(SEGMENTS))
        if write:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'OFF'}")
        found = self._one("PRAGMA user_version")[0]
        if found == 0 and write and self._one("SELECT COUNT(*) FROM sqlite_master")[0] == 0:
            with self._db.transaction():
                for statement in f"{SCHEMA} {SKETCHES}".split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif found != SCHEMA_VERSION:
            self._db.close()
            raise UnusableIndex(path, "was made by another version of Variorum")
        if write:
            self._sketches.sweep()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `Index.transaction`."""
        done = False
        try:
            with self._db.transaction():
                yield
            done = True
        finally:
            if not done:  # a row that was made inside is gone
                self._warc_ids.clear()
        if self._writes and not self._db.in_transaction:
            with suppress(NotKept):  # what was added is kept; tried again after the next
                self._sketches.settle()

    def add_capture(self, capture: Capture) -> None:
        """See `Index.add_capture`."""
        if capture.entity_digest and capture.kind != "revisit":
            self._db.execute(
                "UPDATE captures SET entity_digest = ? WHERE refers_to = ? AND entity_digest = ''",
                (capture.entity_digest, capture.id),
            )
        values = (
            capture.id,
            capture.url,
            to_text(capture.fetched_at),
            capture.kind,
            capture.status,
            capture.media_type,
            capture.payload_digest,
            capture.entity_digest,
            capture.refers_to,
            capture.truncated,
            *self._place(capture.place),
        )
        self._db.execute(
            "INSERT OR IGNORE INTO captures (id, url, fetched_at, kind, status, media_type,"
            " payload_digest, entity_digest, refers_to, truncated, warc, offset, length)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )

    def add_reading(self, entry: Entry, filing: Filing) -> None:
        """See `Index.add_reading`."""
        with self.transaction():
            capture = self._seq(entry.capture)
            version = self._version_row(filing, entry)
            before = self._db.execute("SELECT version FROM readings WHERE capture = ?", (capture,))
            left = {row[0] for row in before} - {version}
            exact = entry.fingerprint.exact
            self._db.execute("INSERT OR IGNORE INTO aliases VALUES (?, ?)", (exact, version))
            self._db.execute("DELETE FROM refusals WHERE capture = ?", (capture,))
            self._db.execute(
                f"INSERT OR REPLACE INTO readings VALUES ({', '.join('?' * 19)}, 0, {_DAY})",
                (
                    capture,
                    version,
                    filing.relation,
                    entry.fingerprint.recipe,
                    exact,
                    entry.fingerprint.near,
                    entry.iscc,
                    entry.iscc_form,
                    entry.language,
                    entry.title,
                    entry.publisher,
                    entry.published_at,
                    entry.text_id,
                    *self._place(entry.text),
                    *self._place(entry.record),
                ),
            )
            mark(self._db, capture, version)
            for link in filing.links:
                self._add_link(link)
            for emptied in left:
                self._give_up(emptied, version)
            if filing.merged or left:
                settle_texts(self._db, (filing.version,))

    def number(self, version: str) -> int:
        """See `Index.number`."""
        (row,) = self._one("SELECT id FROM versions WHERE key = ?", version)
        return int(row)

    def add_refusal(self, refusal: Refusal) -> None:
        """See `Index.add_refusal`."""
        self._db.execute(
            "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?)",
            (self._seq(refusal.capture), refusal.stage, refusal.reason),
        )

    def add_unlink(self, unlink: Unlink) -> None:
        """See `Index.add_unlink`."""
        with self.transaction():
            separate(self._db, unlink)
            settle_texts(self._db, (unlink.source, unlink.target))

    def add_tombstone(self, tombstone: Tombstone) -> None:
        """See `Index.add_tombstone`."""
        row = self._inserted(
            "INSERT OR REPLACE INTO tombstones (capture, content) VALUES (?, ?)",
            tombstone.capture,
            msgspec.json.encode(tombstone).decode(),
        )
        for key in tombstone.keys:
            self._db.execute("INSERT OR IGNORE INTO taken_keys VALUES (?, ?)", (key, row))

    def add_adoption(self, adoption: Adoption, record: Place) -> None:
        """See `Index.add_adoption`."""
        self.set_indexed(adoption.name, adoption.size)
        self._db.execute(
            "INSERT OR IGNORE INTO adoptions (file, warc, offset, length) VALUES (?, ?, ?, ?)",
            (self._warc_id(adoption.name), *self._place(record)),
        )
        for capture in adoption.captures:
            self.add_capture(capture)

    def add_sketch(self, version: str, sketch: Sketch) -> None:
        """See `Index.add_sketch`."""
        with self.transaction():
            (row,) = self._one("SELECT version FROM aliases WHERE key = ?", version)
            (sketched,) = self._one("SELECT sketched FROM versions WHERE id = ?", row)
            if not sketched:
                self._sketches.add(row, sketch)
                self._db.execute("UPDATE versions SET sketched = 1 WHERE id = ?", (row,))

    def set_indexed(self, warc: str, size: int) -> None:
        """See `Index.set_indexed`."""
        self._db.execute("UPDATE warcs SET indexed = ? WHERE id = ?", (size, self._warc_id(warc)))

    def _document_row(self, key: str, language: str) -> int:
        known = self._document_id(key)
        if known is not None:
            return known
        return self._inserted("INSERT INTO documents (key, language) VALUES (?, ?)", key, language)

    def _version_row(self, filing: Filing, entry: Entry) -> int:
        """The version that the filing names, in its document, into which others are merged."""
        row = self._db.execute("SELECT version FROM aliases WHERE key = ?", (filing.version,))
        known = row.fetchone()
        document = self._document_id(filing.document)
        if known and document is None:  # a document begins with a version of its own
            (document,) = self._one("SELECT document FROM versions WHERE id = ?", known[0])
        elif document is None:
            document = self._document_row(filing.document, entry.language)
        for merged in filing.merged:
            self._merge(merged, document)
        if known:
            return int(known[0])
        version = self._inserted(
            "INSERT INTO versions (key, document, language, title, title_key, recipe, near, iscc,"
            " iscc_form, warc, offset, length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            filing.version,
            document,
            entry.language,
            entry.title,
            title_key(entry.title),
            entry.fingerprint.recipe,
            entry.fingerprint.near,
            entry.iscc,
            entry.iscc_form,
            *self._place(entry.text),
        )
        self._db.execute("INSERT INTO aliases VALUES (?, ?)", (filing.version, version))
        return version

    def _give_up(self, version: int, successor: int) -> None:
        """When no reading has this version any more, let its keys and links stand for the successor."""
        if self._db.execute("SELECT 1 FROM readings WHERE version = ?", (version,)).fetchone():
            return
        (document,) = self._one("SELECT document FROM versions WHERE id = ?", version)
        (heir,) = self._one("SELECT document FROM versions WHERE id = ?", successor)
        change = (successor, version)
        self._db.execute("UPDATE aliases SET version = ? WHERE version = ?", change)
        self._db.execute("DELETE FROM versions WHERE id = ?", (version,))
        rest = self._db.execute("SELECT 1 FROM versions WHERE document = ?", (document,))
        if document != heir and not rest.fetchone():
            (key,) = self._one("SELECT key FROM documents WHERE id = ?", document)
            self._merge(key, heir)

    def _merge(self, merged: str, document: int) -> None:
        other = self._document_id(merged)
        if other is None or other == document:
            return
        self._db.execute("UPDATE versions SET document = ? WHERE document = ?", (document, other))
        self._db.execute(
            "UPDATE document_aliases SET document = ? WHERE document = ?", (document, other)
        )
        (old_key,) = self._one("SELECT key FROM documents WHERE id = ?", other)
        self._db.execute("DELETE FROM documents WHERE id = ?", (other,))
        self._db.execute(
            "INSERT OR IGNORE INTO document_aliases VALUES (?, ?)", (old_key, document)
        )

    def _add_link(self, link: Link) -> None:
        for end in (link.source, link.target):
            self._one("SELECT 1 FROM aliases WHERE key = ?", end)
        evidence = msgspec.json.encode(link.evidence).decode()
        self._db.execute(
            "INSERT OR REPLACE INTO links (source, target, relation, score, evidence, recipe)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (link.source, link.target, link.relation, link.score, evidence, link.recipe),
        )

    def _place(self, place: Place) -> tuple[int, int, int]:
        return self._warc_id(place.warc), place.offset, place.length

    def _warc_id(self, name: str) -> int:
        known = self._warc_ids.get(name)
        if known is None:
            found = self._db.execute("SELECT id FROM warcs WHERE name = ?", (name,)).fetchone()
            known = (
                found[0] if found else self._inserted("INSERT INTO warcs (name) VALUES (?)", name)
            )
            self._warc_ids[name] = known
        return known

    def _inserted(self, statement: str, *values: str | int | None) -> int:
        """The id of the row that the statement makes."""
        row = self._db.execute(statement, values).lastrowid
        assert row is not None
        return row

    def _seq(self, capture: str) -> int:
        (seq,) = self._one("SELECT seq FROM captures WHERE id = ?", capture)
        return int(seq)
