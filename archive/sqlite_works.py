"""Works in the SQLite index: what the linker and people say, and which documents follow to be one."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

import msgspec

from archive.errors import UnknownKey
from archive.index import title_key
from archive.sqlite_connection import Connection
from archive.works import Weighed, Weighing, Work, WorkLink, WorkWord

SCHEMA = """
CREATE TABLE weighings (                    -- what the linker has seen
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE REFERENCES aliases,
    recipe TEXT NOT NULL,
    vector BLOB NOT NULL,
    title TEXT,                             -- archive.index.title_key, as the next
    announces TEXT
) STRICT;
CREATE INDEX weighings_title ON weighings (title) WHERE title IS NOT NULL;
CREATE INDEX weighings_announces ON weighings (announces) WHERE announces IS NOT NULL;
CREATE TABLE work_links (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES aliases,
    target TEXT NOT NULL REFERENCES aliases,
    weighed TEXT NOT NULL REFERENCES aliases, -- the text that it was found with
    content TEXT NOT NULL,                  -- JSON of archive.works.WorkLink
    UNIQUE (source, target)
) STRICT;
CREATE INDEX work_links_target ON work_links (target);
CREATE INDEX work_links_weighed ON work_links (weighed);
CREATE TABLE work_words (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES aliases,
    target TEXT NOT NULL REFERENCES aliases,
    belongs INTEGER NOT NULL,               -- 0: a person parts them
    content TEXT NOT NULL,                  -- JSON of archive.works.WorkWord
    UNIQUE (source, target)
) STRICT;
CREATE INDEX work_words_parting ON work_words (belongs) WHERE NOT belongs;
CREATE INDEX work_words_target ON work_words (target);
"""

DUMP = (
    "SELECT 'weighing', text, recipe, hex(vector), title, announces FROM weighings ORDER BY text",
    "SELECT 'work link', source, target, weighed, content FROM work_links ORDER BY source, target",
    "SELECT 'work word', source, target, content FROM work_words ORDER BY source, target",
)

# Rows of `work_links` or `work_words` of which an end is a text of the document.
_TOUCHING = (
    "SELECT content FROM {0} WHERE id IN ("
    " SELECT l.id FROM versions v JOIN aliases a ON a.version = v.id"
    "  JOIN {0} l ON l.source = a.key WHERE v.document = ?1"
    " UNION SELECT l.id FROM versions v JOIN aliases a ON a.version = v.id"
    "  JOIN {0} l ON l.target = a.key WHERE v.document = ?1) ORDER BY id"
)
_HOME = "SELECT v.document FROM aliases a JOIN versions v ON v.id = a.version WHERE a.key = ?"
_JOINING = ("same", "part")
_FEW = 8  # texts of one title
_Said = TypeVar("_Said", WorkLink, WorkWord)


class SqliteWorks:
    """What `archive.works.WorksIndex` asks for."""

    _db: Connection

    def add_weighing(self, weighing: Weighing) -> None:
        """See `WorksIndex.add_weighing`."""
        texts = {
            weighing.text,
            *(key for link in weighing.links for key in (link.source, link.target)),
        }
        with self._db.transaction():
            touched = {_home(self._db, text) for text in texts}
            gone = self._db.execute("DELETE FROM work_links WHERE weighed = ?", (weighing.text,))
            self._db.execute(
                "INSERT OR REPLACE INTO weighings (text, recipe, vector, title, announces)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    weighing.text,
                    weighing.recipe,
                    weighing.vector,
                    title_key(weighing.title),
                    title_key(weighing.announces),
                ),
            )
            for link in weighing.links:
                content = msgspec.json.encode(link).decode()
                self._db.execute(
                    "INSERT OR REPLACE INTO work_links (source, target, weighed, content)"
                    " VALUES (?, ?, ?, ?)",
                    (link.source, link.target, weighing.text, content),
                )
            if gone.rowcount or _somebody_parted(self._db):
                settle(self._db, touched)
            else:
                _join(self._db, weighing.links)

    def add_word(self, word: WorkWord) -> None:
        """See `WorksIndex.add_word`."""
        with self._db.transaction():
            touched = {_home(self._db, key) for key in (word.source, word.target)}
            source, target = sorted((word.source, word.target))  # one word about the two of them
            self._db.execute(
                "INSERT OR REPLACE INTO work_words (source, target, belongs, content)"
                " VALUES (?, ?, ?, ?)",
                (source, target, word.belongs, msgspec.json.encode(word).decode()),
            )
            settle(self._db, touched)

    def work(self, key: str) -> Work:
        """See `WorksIndex.work`."""
        row = self._db.execute(
            "SELECT id FROM documents WHERE key = ?1"
            " UNION ALL SELECT document FROM document_aliases WHERE key = ?1"
            " UNION ALL SELECT v.document FROM aliases a JOIN versions v ON v.id = a.version"
            " WHERE a.key = ?1",
            (key,),
        ).fetchone()
        if row is None:
            raise UnknownKey(key)
        documents = self._db.execute(
            "SELECT key FROM documents WHERE id = ?1 OR work ="
            " (SELECT work FROM documents WHERE id = ?1) ORDER BY id",
            row,
        ).fetchall()
        return _work([each for (each,) in documents])

    def all_works(self) -> tuple[Work, ...]:
        """See `WorksIndex.all_works`."""
        groups: dict[int, list[str]] = {}
        for document, key, work in self._db.execute(
            "SELECT id, key, work FROM documents ORDER BY id"
        ):
            groups.setdefault(-document if work is None else work, []).append(key)
        return tuple(_work(keys) for keys in sorted(groups.values(), key=len, reverse=True))

    def work_links(self, document: str) -> tuple[WorkLink, ...]:
        """See `WorksIndex.work_links`."""
        rows = self._db.execute(_TOUCHING.format("work_links"), (self._numbered(document),))
        return tuple(msgspec.json.decode(content, type=WorkLink) for (content,) in rows)

    def work_words(self, document: str) -> tuple[WorkWord, ...]:
        """See `WorksIndex.work_words`."""
        rows = self._db.execute(_TOUCHING.format("work_words"), (self._numbered(document),))
        return tuple(msgspec.json.decode(content, type=WorkWord) for (content,) in rows)

    def unweighed(self, recipes: Collection[str], limit: int) -> tuple[str, ...]:
        """See `WorksIndex.unweighed`."""
        marks = ", ".join("?" * len(recipes))
        rows = self._db.execute(
            "SELECT key FROM versions v WHERE NOT EXISTS"
            f" (SELECT 1 FROM weighings WHERE text = v.key AND recipe IN ({marks}))"
            " ORDER BY id DESC LIMIT ?",
            (*recipes, limit),
        )
        return tuple(key for (key,) in rows)

    def weighed_after(self, number: int) -> tuple[Weighed, ...]:
        """See `WorksIndex.weighed_after`."""
        rows = self._db.execute(
            "SELECT w.id, w.text, v.language, w.recipe, w.vector FROM weighings w"
            " JOIN aliases a ON a.key = w.text JOIN versions v ON v.id = a.version"
            " WHERE w.id > ? AND w.vector <> x'' ORDER BY w.id",
            (number,),
        )
        return tuple(
            Weighed(number=row[0], text=row[1], language=row[2], recipe=row[3], vector=row[4])
            for row in rows
        )

    def weighed_titled(self, title: str) -> tuple[str, ...]:
        """See `WorksIndex.weighed_titled`."""
        return self._weighed_as("title", title)

    def weighed_announcing(self, title: str) -> tuple[str, ...]:
        """See `WorksIndex.weighed_announcing`."""
        return self._weighed_as("announces", title)

    def languages(self) -> frozenset[str]:
        """See `WorksIndex.languages`."""
        return frozenset(
            tag for (tag,) in self._db.execute("SELECT DISTINCT language FROM documents")
        )

    def _weighed_as(self, column: str, title: str) -> tuple[str, ...]:
        rows = self._db.execute(
            f"SELECT text FROM weighings WHERE {column} = ? ORDER BY id LIMIT ?",
            (title_key(title), _FEW),
        )
        return tuple(text for (text,) in rows)

    def _numbered(self, document: str) -> int:
        row = self._db.execute(
            "SELECT id FROM documents WHERE key = ?1"
            " UNION ALL SELECT document FROM document_aliases WHERE key = ?1",
            (document,),
        ).fetchone()
        if row is None:
            raise UnknownKey(document)
        return int(row[0])


def _somebody_parted(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM work_words WHERE NOT belongs LIMIT 1").fetchone() is not None


def _join(db: sqlite3.Connection, links: Iterable[WorkLink]) -> None:
    """What `settle` comes to where links are only added and nobody parts any: works grow together."""
    for link in links:
        if not link.certain or link.kind not in _JOINING:
            continue
        ends = _ends(db, link.source, link.target)
        groups = {
            db.execute("SELECT COALESCE(work, -id) FROM documents WHERE id = ?", (one,)).fetchone()[
                0
            ]
            for one in ends
        }
        if len(groups) < 2:
            continue
        where = " OR ".join("work = ?" if group > 0 else "id = -?" for group in groups)
        first = db.execute(
            f"SELECT key FROM documents WHERE {where} ORDER BY id LIMIT 1", tuple(groups)
        ).fetchone()[0]
        (row,) = db.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM works").fetchone()
        db.execute("INSERT INTO works VALUES (?, ?)", (row, f"{first} to be"))
        db.execute(f"UPDATE documents SET work = {row} WHERE {where}", tuple(groups))
        db.executemany("DELETE FROM works WHERE id = ?", [(group,) for group in groups])
        db.execute("UPDATE works SET key = ? WHERE id = ?", (first, row))


def settle_texts(db: sqlite3.Connection, texts: Iterable[str]) -> None:
    """The same for the documents in which these texts stand now."""
    settle(db, {_home(db, text) for text in texts})


def settle(db: sqlite3.Connection, touched: Iterable[int]) -> None:
    """Work out again which documents are one work, for those with these row numbers and all tied to them.

    Links are taken in the order of their weight, a person's yes first; one that would put into one work what
    a person keeps apart is passed over (Kruskal 1956, with forbidden pairs).
    """
    members, edges, apart = _tied(db, touched)
    group = {one: {one} for one in members}
    for a, b in edges:
        first, second = group[a], group[b]
        if first is second or any(
            (x in first and y in second) or (x in second and y in first) for x, y in apart
        ):
            continue
        first |= second
        group |= dict.fromkeys(second, first)
    db.executemany("UPDATE documents SET work = NULL WHERE id = ?", [(one,) for one in members])
    db.execute("DELETE FROM works WHERE id NOT IN (SELECT work FROM documents WHERE work > 0)")
    for whole in {min(each): each for each in group.values() if len(each) > 1}.values():
        key = db.execute("SELECT key FROM documents WHERE id = ?", (min(whole),)).fetchone()[0]
        row = db.execute("INSERT INTO works (key) VALUES (?)", (key,)).lastrowid
        db.executemany("UPDATE documents SET work = ? WHERE id = ?", [(row, one) for one in whole])


def _tied(
    db: sqlite3.Connection, touched: Iterable[int]
) -> tuple[set[int], list[tuple[int, int]], set[tuple[int, int]]]:
    """All documents that are tied to these; what joins two of them, weightiest first; what parts two."""
    members: set[int] = set()
    waiting = set(touched)
    ties: dict[tuple[int, int], tuple[float, str]] = {}
    apart: set[tuple[int, int]] = set()
    while waiting:
        one = waiting.pop()
        members.add(one)
        fellows = db.execute(
            "SELECT id FROM documents WHERE work = (SELECT work FROM documents WHERE id = ?)",
            (one,),
        ).fetchall()
        words = _decoded(db, "work_words", one, WorkWord)
        links = _decoded(db, "work_links", one, WorkLink)
        around = {row[0] for row in fellows}
        for word in words:
            ends = _ends(db, word.source, word.target)
            around |= set(ends)
            if word.belongs:
                ties[ends] = (2.0, word.at.isoformat())
            else:
                apart.add(ends)
        for link in links:
            if link.certain and link.kind in _JOINING:
                ends = _ends(db, link.source, link.target)
                around |= set(ends)
                ties[ends] = max(ties.get(ends, (0.0, "")), (link.score, ""))
        waiting |= around - members
    apart = {(a, b) for a, b in apart if a != b}
    order = sorted(ties.items(), key=lambda tie: (-tie[1][0], tie[1][1], tie[0]))
    return members, [ends for ends, _ in order if ends not in apart], apart


def _decoded(db: sqlite3.Connection, table: str, document: int, kind: type[_Said]) -> list[_Said]:
    rows = db.execute(_TOUCHING.format(table), (document,)).fetchall()
    return [msgspec.json.decode(content, type=kind) for (content,) in rows]


def _ends(db: sqlite3.Connection, source: str, target: str) -> tuple[int, int]:
    a, b = sorted((_home(db, source), _home(db, target)))
    return a, b


def _home(db: sqlite3.Connection, text: str) -> int:
    """The row number of the document in which the text stands."""
    row = db.execute(_HOME, (text,)).fetchone()
    if row is None:
        raise UnknownKey(text)
    return int(row[0])


def _work(documents: Sequence[str]) -> Work:
    return Work(key=documents[0], documents=tuple(documents))
