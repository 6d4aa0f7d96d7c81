"""The reading half of the SQLite index."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from archive import sqlite_arrivals, sqlite_rows
from archive.errors import UnknownKey
from archive.index import Arrival, Filed, Turn, title_key
from archive.records import (
    Capture,
    Document,
    Evidence,
    Link,
    Place,
    Refusal,
    Relation,
    Sketch,
    Tombstone,
    Version,
    Witness,
)
from archive.sketches import Sketches
from archive.sqlite_connection import Connection, errors_of
from archive.sqlite_rows import CAPTURE, VERSION, capture_row, entry_row, place, version_row
from archive.sqlite_schema import DUMP, ENDS, FAULTS

_FEW = 8  # captures of the same bytes that are offered as the original of another


class SqliteQueries:
    """What `archive.index.Index` answers."""

    _db: Connection
    _sketches: Sketches

    def indexed(self) -> dict[str, int]:
        """See `Index.indexed`."""
        return dict(self._db.execute("SELECT name, indexed FROM warcs ORDER BY name"))

    def capture(self, id: str) -> Capture:
        """See `Index.capture`."""
        return capture_row(self._one(f"{CAPTURE} WHERE c.id = ?", id))

    def original(self, entity_digest: str) -> Capture | None:
        """See `Index.original`."""
        found = self.originals(entity_digest)
        return found[0] if found else None

    def originals(self, entity_digest: str) -> tuple[Capture, ...]:
        """See `Index.originals`."""
        found = self._captures("c.entity_digest = ? AND c.kind <> 'revisit'", entity_digest)
        return found[:_FEW]

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        """See `Index.captures_at`."""
        if moment is None:
            return self._captures("c.url = ?", url)
        query = f"{CAPTURE} WHERE c.url = ? AND c.fetched_at = ? ORDER BY c.seq LIMIT 1"
        row = self._db.row(query, (url, sqlite_rows.to_text(moment)))
        return (capture_row(row),) if row else ()

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        """See `Index.newest_at`."""
        rows = self._db.execute(
            f"{CAPTURE} WHERE c.url = ? ORDER BY c.fetched_at DESC, c.seq DESC LIMIT ?",
            (url, limit),
        )
        return tuple(capture_row(row) for row in rows)

    def captures_with(self, digest: str) -> tuple[Capture, ...]:
        """See `Index.captures_with`."""
        if not digest:  # that of a revisit whose original is missing
            return ()
        return self._captures("(c.payload_digest = ?1 OR c.entity_digest = ?1)", digest)

    def filed(self, capture: str) -> Filed | None:
        """See `Index.filed`."""
        row = self._db.execute(
            "SELECT c.id, r.recipe, exact, r.near, r.iscc, r.iscc_form, r.language, r.title,"
            " publisher, published_at, text_id, tw.name, text_offset, text_length,"
            " w.name, r.offset, r.length,"
            " v.key, d.key, r.relation"
            " FROM readings r JOIN captures c ON c.seq = r.capture"
            " JOIN warcs tw ON tw.id = r.text_warc JOIN warcs w ON w.id = r.warc"
            " JOIN versions v ON v.id = r.version JOIN documents d ON d.id = v.document"
            " WHERE c.id = ?",
            (capture,),
        ).fetchone()
        if row is None:
            return None
        return Filed(entry=entry_row(row[:17]), version=row[17], document=row[18], relation=row[19])

    def first_filed(self, version: str) -> Filed:
        """See `Index.first_filed`."""
        (capture,) = self._one(
            "SELECT c.id FROM captures c JOIN readings r ON r.capture = c.seq"
            " JOIN aliases a ON a.version = r.version WHERE a.key = ? ORDER BY c.seq LIMIT 1",
            version,
        )
        filed = self.filed(capture)
        assert filed is not None
        return filed

    def text(self, text_id: str) -> Place:
        """See `Index.text`."""
        return place(
            self._one(
                "SELECT w.name, text_offset, text_length FROM readings"
                " JOIN warcs w ON w.id = text_warc WHERE text_id = ?",
                text_id,
            )
        )

    def refusal(self, capture: str) -> Refusal | None:
        """See `Index.refusal`."""
        row = self._db.execute(
            "SELECT c.id, stage, reason FROM refusals r JOIN captures c ON c.seq = r.capture"
            " WHERE c.id = ?",
            (capture,),
        ).fetchone()
        return Refusal(capture=row[0], stage=row[1], reason=row[2]) if row else None

    def unread(self) -> tuple[Capture, ...]:
        """See `Index.unread`."""
        return self._captures(
            "(c.status = 0 OR c.status BETWEEN 200 AND 299"
            " OR c.status = 304 AND c.kind = 'revisit' AND c.entity_digest <> '')"
            " AND c.url NOT LIKE '%/robots.txt'"
            " AND NOT EXISTS (SELECT 1 FROM readings WHERE capture = c.seq)"
            " AND NOT EXISTS (SELECT 1 FROM refusals WHERE capture = c.seq)"
        )

    def unsketched(self) -> tuple[Version, ...]:
        """See `Index.unsketched`."""
        keys = self._db.execute("SELECT key FROM versions WHERE NOT sketched ORDER BY id")
        return tuple(self.version(key) for (key,) in keys.fetchall())

    def versions_with(self, prefix: str, limit: int) -> tuple[str, ...]:
        """See `Index.versions_with`."""
        bounds = (prefix, prefix + "\U0010ffff")
        rows = self._db.execute(
            "SELECT v.key FROM versions v WHERE v.id IN ("
            " SELECT version FROM aliases WHERE key BETWEEN ?1 AND ?2"
            " UNION SELECT version FROM readings WHERE iscc BETWEEN ?1 AND ?2"
            " UNION SELECT version FROM readings WHERE iscc_form BETWEEN ?1 AND ?2)"
            " ORDER BY v.id LIMIT ?3",
            (*bounds, limit),
        )
        return tuple(key for (key,) in rows)

    def version(self, key: str) -> Version:
        """See `Index.version`."""
        document, own = self._one(
            "SELECT v.document, v.key FROM aliases a JOIN versions v ON v.id = a.version"
            " WHERE a.key = ?",
            key,
        )
        rows = enumerate(self._db.execute(VERSION, (document,)), 1)
        return next(version_row(row, number) for number, row in rows if row[0] == own)

    def document(self, key: str) -> Document:
        """See `Index.document`."""
        row = self._document_id(key)
        if row is None:
            raise UnknownKey(key)
        own, language, work = self._one(
            "SELECT d.key, language, w.key FROM documents d LEFT JOIN works w ON w.id = d.work"
            " WHERE d.id = ?",
            row,
        )
        return Document(key=own, language=language, work=work)

    def versions(self, document: str) -> tuple[Version, ...]:
        """See `Index.versions`."""
        row = self._document_id(document)
        rows = self._db.execute(VERSION, (row,))
        return tuple(version_row(row, number) for number, row in enumerate(rows, 1))

    def witnesses(self, version: str) -> tuple[Witness, ...]:
        """See `Index.witnesses`."""
        (own,) = self._one(
            "SELECT v.key FROM aliases a JOIN versions v ON v.id = a.version WHERE a.key = ?",
            version,
        )
        rows = self._db.execute(
            f"SELECT r.publisher, r.published_at, s.* FROM ({CAPTURE}) s"
            " JOIN readings r ON r.capture = s.seq JOIN aliases a ON a.version = r.version"
            " WHERE a.key = ? ORDER BY s.fetched_at, s.seq",
            (version,),
        ).fetchall()
        by_url: dict[str, list[tuple[str | None, str | None, Capture]]] = {}
        for publisher, published_at, *row in rows:
            capture = capture_row(row)
            by_url.setdefault(capture.url, []).append((publisher, published_at, capture))
        return tuple(
            Witness(
                url=url,
                version=own,
                publisher=seen[0][0],
                published_at=seen[0][1],
                captures=tuple(capture for _, _, capture in seen),
            )
            for url, seen in by_url.items()
        )

    def links(self, document: str) -> tuple[Link, ...]:
        """See `Index.links`."""
        row = self._document_id(document)
        rows = self._db.execute(
            "SELECT source, target, relation, score, evidence, recipe FROM links WHERE id IN ("
            " SELECT l.id FROM versions v JOIN aliases a ON a.version = v.id"
            "  JOIN links l ON l.source = a.key WHERE v.document = ?1"
            " UNION SELECT l.id FROM versions v JOIN aliases a ON a.version = v.id"
            "  JOIN links l ON l.target = a.key WHERE v.document = ?1) ORDER BY id",
            (row,),
        )
        return tuple(
            Link(
                source=source,
                target=target,
                relation=Relation(relation),
                score=score,
                evidence=msgspec.json.decode(evidence, type=Evidence),
                recipe=recipe,
            )
            for source, target, relation, score, evidence, recipe in rows
        )

    def unlinked(self, exact: str) -> frozenset[str]:
        """See `Index.unlinked`."""
        rows = self._db.execute(
            "SELECT d.key FROM unlinks u JOIN aliases a ON a.key = u.target"
            " JOIN versions v ON v.id = a.version JOIN documents d ON d.id = v.document"
            " WHERE u.source = ?",
            (exact,),
        )
        return frozenset(key for (key,) in rows)

    def tombstone(self, key: str) -> Tombstone | None:
        """See `Index.tombstone`."""
        query = (
            "SELECT content FROM tombstones WHERE capture = ?1 OR seq ="
            " (SELECT tombstone FROM taken_keys WHERE key = ?1) ORDER BY seq LIMIT 1"
        )
        row = self._db.row(query, (key,))
        return msgspec.json.decode(row[0], type=Tombstone) if row else None

    def tombstones(self) -> tuple[Tombstone, ...]:
        """See `Index.tombstones`."""
        rows = self._db.execute("SELECT content FROM tombstones ORDER BY seq").fetchall()
        return tuple(msgspec.json.decode(content, type=Tombstone) for (content,) in rows)

    def adoptions(self) -> tuple[tuple[str, Place], ...]:
        """See `Index.adoptions`."""
        rows = self._db.execute(
            "SELECT f.name, w.name, a.offset, a.length FROM adoptions a"
            " JOIN warcs f ON f.id = a.file JOIN warcs w ON w.id = a.warc ORDER BY a.seq"
        )
        return tuple((row[0], place(row[1:])) for row in rows.fetchall())

    def same_title(self, title: str, limit: int) -> tuple[str, ...]:
        """See `Index.same_title`."""
        rows = self._db.execute(
            "SELECT key FROM versions WHERE title_key = ? ORDER BY id DESC LIMIT ?",
            (title_key(title), limit),
        )
        return tuple(key for (key,) in rows)

    def candidates(self, sketch: Sketch, limit: int) -> tuple[str, ...]:
        """See `Index.candidates`."""
        query = "SELECT key FROM versions WHERE id = ?"
        with errors_of(self._db.path):
            found = self._sketches.candidates(sketch)
            rows = (self._db.execute(query, (each.version,)).fetchone() for each in found)
            return tuple(
                islice((row[0] for row in rows if row), limit)
            )  # a sketch outlives its version

    def texts(self) -> Iterator[tuple[str, Place]]:
        """See `Index.texts`."""
        with errors_of(self._db.path):
            rows = self._db.execute(
                "SELECT v.key, w.name, v.offset, v.length FROM versions v"
                " CROSS JOIN warcs w ON w.id = v.warc ORDER BY v.id DESC"
            )
            for key, *where in rows:
                yield key, place(where)

    def keys_after(self, number: int) -> Iterator[tuple[int, str]]:
        """See `Index.keys_after`."""
        with errors_of(self._db.path):
            yield from self._db.execute(
                "SELECT id, key FROM versions WHERE id > ? ORDER BY id", (number,)
            )

    def arrival(self, capture: str) -> Arrival:
        """See `Index.arrival`."""
        return sqlite_arrivals.arrival(self._db, capture)

    def arrivals(self, after: int, document: str | None) -> Iterator[Arrival]:
        """See `Index.arrivals`."""
        return sqlite_arrivals.arrivals(self._db, (after, None), document, back=False)

    def arrivals_back(self, before: int | None, document: str | None) -> Iterator[Arrival]:
        """See `Index.arrivals_back`."""
        return sqlite_arrivals.arrivals(self._db, (0, before), document, back=True)

    def turns(self, url: str) -> tuple[Turn, ...]:
        """See `Index.turns`."""
        return sqlite_arrivals.turns(self._db, url)

    def all_versions(self) -> Iterator[Version]:
        """See `Index.all_versions`."""
        documents = self._db.execute("SELECT key FROM documents ORDER BY id").fetchall()
        for (key,) in documents:
            yield from self.versions(key)

    def newest_documents(self, before: str | None, limit: int) -> tuple[str, ...]:
        """See `Index.newest_documents`."""
        end = self._document_id(before) if before else None
        if before and end is None:
            raise UnknownKey(before)
        rows = self._db.execute(
            "SELECT key FROM documents WHERE id < ? ORDER BY id DESC LIMIT ?",
            ((1 << 62) if end is None else end, limit),
        )
        return tuple(key for (key,) in rows)

    def refused(self) -> dict[str, int]:
        """See `Index.refused`."""
        return dict(self._db.execute("SELECT stage, COUNT(*) FROM refusals GROUP BY stage"))

    def counts(self) -> dict[str, int]:
        """See `Index.counts`."""
        tables = ("captures", "readings", "refusals", "documents", "versions", "links", "works")
        counts = {name: self._one(f"SELECT COUNT(*) FROM {name}")[0] for name in tables}
        witnesses = self._one(
            "SELECT COUNT(*) FROM (SELECT DISTINCT r.version, c.url"
            " FROM readings r JOIN captures c ON c.seq = r.capture)"
        )
        return {**counts, "witnesses": witnesses[0]}

    def dump(self) -> Iterator[str]:
        """See `Index.dump`."""
        return (json.dumps(row, ensure_ascii=False) for row in self.rows())

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """See `Index.rows`."""
        with errors_of(self._db.path):  # damage may show at any row
            for query in DUMP:
                for row in self._db.execute(query):  # noqa: UP028 - would close the cursor, too late
                    yield row

    def ends(self) -> dict[str, Place]:
        """See `Index.ends`."""
        rows = self._db.execute(ENDS)  # the other bare columns are those of the greatest offset
        return {name: Place(warc=name, offset=row[0], length=row[1]) for name, *row in rows}

    def faults(self) -> tuple[str, ...]:
        """See `Index.faults`."""
        with errors_of(self._db.path):
            found = [row[0] for row in self._db.execute("PRAGMA quick_check") if row[0] != "ok"]
            for table, row, target, _ in self._db.execute("PRAGMA foreign_key_check"):
                found.append(f"row {row} of {table} refers to nothing in {target}")
            for query, message in FAULTS:
                found += [message.format(*row) for row in self._db.execute(query)]
            found += self._sketches.faults()
        return tuple(found)

    def close(self) -> None:
        """See `Index.close`."""
        self._db.close()

    def _captures(self, condition: str, *values: str) -> tuple[Capture, ...]:
        query = f"{CAPTURE} WHERE {condition} ORDER BY c.fetched_at, c.seq"
        with errors_of(self._db.path):
            return tuple(capture_row(row) for row in self._db.execute(query, values))

    def _document_id(self, key: str) -> int | None:
        row = self._db.execute(
            "SELECT id FROM documents WHERE key = ?1"
            " UNION ALL SELECT document FROM document_aliases WHERE key = ?1",
            (key,),
        ).fetchone()
        return row[0] if row else None

    def _one(self, query: str, value: str | int | None = None) -> tuple[Any, ...]:
        """The one row of a query; UnknownKey names `value` where there is none."""
        row = self._db.row(query, () if value is None else (value,))
        if row is None:
            raise UnknownKey(str(value))
        found: tuple[Any, ...] = row
        return found
