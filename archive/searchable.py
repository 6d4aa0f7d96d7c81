"""The file in which texts are found by their words, beside the index and made from the same records.

It is a full-text index without the texts (SQLite's FTS5, contentless): what is found is read from the WARC
files, and a text has the number that its version has in the index. Words come in the form that
`pipelines.search_form` makes of them: folded, separated by spaces, scripts without spaces as pairs of
characters. Beside them stand the words of titles alone, and the single characters of such scripts.

Nothing is ever deleted from it: what is not in the index any more is passed over, and a takedown drops
the whole file. What a writer that died did not come to is made up for by `pipelines.flow.catch_up`.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive.errors import ArchiveBusy, NotKept, UnknownKey, UnusableIndex
from archive.index import Index
from archive.sqlite_connection import Connection, connect, errors_of

FILE = "search.sqlite"
SIDES = ("", "-wal", "-shm")  # the file and what SQLite keeps beside it
SEARCH_VERSION = 2  # of the tables below and of the form of the words
_SCHEMA = """
CREATE TABLE texts (id INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE done (version INTEGER NOT NULL, key TEXT NOT NULL) STRICT;
CREATE VIRTUAL TABLE words USING fts5(title, text, content='', tokenize='ascii');
CREATE VIRTUAL TABLE titles USING fts5(title, content='', tokenize='ascii');
CREATE VIRTUAL TABLE letters USING fts5(
    title, text, content='', tokenize='ascii', detail='column', columnsize=0);
"""
_GATHERED = 64  # texts that are written together: one alone costs twice as much


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A version as the search file takes it: folded words, and its single characters, by spaces."""

    title: str
    text: str
    title_letters: str
    text_letters: str


def path_of(archive: Path) -> Path:
    """The search file of an archive folder."""
    return archive / FILE


def drop(archive: Path) -> None:
    """Delete the search file, which can be made again from the texts."""
    for side in SIDES:
        path = path_of(archive)
        path.with_name(path.name + side).unlink(missing_ok=True)


class Searchable:
    """The search file of an archive that is open for writing."""

    def __init__(self, archive: Path, index: Index) -> None:
        """Open the file; one that is missing, damaged, or not of this index is begun anew.

        Raises:
            NotKept: the disk will not have it.
        """
        self._archive, self._index = archive, index
        self._pending: dict[str, Words] = {}  # added, perhaps not kept yet
        self._ready: dict[str, Words] = {}  # kept, not written yet
        self._damaged = False
        try:
            self._db = self._opened()
        except UnusableIndex:
            drop(archive)
            self._db = self._opened()

    def _opened(self) -> Connection:
        path = path_of(self._archive)
        db = connect(path, write=True)
        fits = False
        try:
            with errors_of(path):
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")  # it can be made again: no fsync a text
                found = db.execute("PRAGMA user_version").fetchone()[0]
                if found == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    with db.transaction():
                        for statement in _SCHEMA.split(";"):
                            db.execute(statement)
                        db.execute(f"PRAGMA user_version = {SEARCH_VERSION}")
                elif found != SEARCH_VERSION:
                    raise UnusableIndex(path, "was made by another version of Variorum")
                self._demand_same_index(db)
            fits = True
        finally:
            if not fits:
                db.close()
        return db

    def _demand_same_index(self, db: Connection) -> None:
        """Return when what this file is made of is the index beside it, as far as can be told at once."""
        row = db.execute("SELECT version, key FROM done").fetchone()
        if row is None:
            return
        last, key = row
        there = next(self._index.keys_after(last - 1), None)
        if there is None or (there[0] == last and there[1] != key):
            raise UnusableIndex(path_of(self._archive), "is of another index")

    def missing(self) -> tuple[str, ...]:
        """Keys of the versions that cannot be found yet, in the order of the index."""
        return tuple(key for number, key in self._after_done() if not self._has(number, key))

    def caught_up(self) -> None:
        """Note that every version of the index is in this file, so that `missing` begins behind them."""
        self.settle(kept=True)
        self.flush()
        rows = tuple(self._after_done())
        if rows and all(self._has(*row) for row in rows):
            with suppress(NotKept), self._db.transaction():
                self._db.execute("DELETE FROM done")
                self._db.execute("INSERT INTO done VALUES (?, ?)", rows[-1])

    def add(self, version: str, words: Words) -> None:
        """Make a version findable once it is kept and written; one that is there already changes nothing."""
        self._pending[version] = words

    def settle(self, *, kept: bool) -> None:
        """Write what was added when it was `kept` and enough has gathered; forget it when it was not."""
        if kept:
            self._ready |= self._pending
        self._pending.clear()
        if len(self._ready) >= _GATHERED:
            self.flush()

    def flush(self) -> None:
        """Write what was kept; what the disk will not take now is made up for at the next start."""
        while self._ready:
            some, self._ready = tuple(self._ready.items()), {}
            try:
                with self._db.transaction():
                    for version, words in some:
                        with suppress(UnknownKey):  # it is one with another version by now
                            self._insert(self._index.number(version), version, words)
            except (NotKept, ArchiveBusy):
                continue
            except UnusableIndex:
                self._damaged = True

    def _insert(self, number: int, version: str, words: Words) -> None:
        if self._has(number, version):
            return
        # A version that was taken apart from another one has a new number; its old one leads nowhere.
        self._db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (number, version))
        self._db.execute("INSERT INTO titles (rowid, title) VALUES (?, ?)", (number, words.title))
        self._db.execute(
            "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)",
            (number, words.title, words.text),
        )
        self._db.execute(
            "INSERT INTO letters (rowid, title, text) VALUES (?, ?, ?)",
            (number, words.title_letters, words.text_letters),
        )

    def _after_done(self) -> Iterator[tuple[int, str]]:
        row = self._db.execute("SELECT version FROM done").fetchone()
        return self._index.keys_after(row[0] if row else 0)

    def _has(self, number: int, version: str) -> bool:
        query = "SELECT 1 FROM texts WHERE id = ? AND version = ?"
        return self._db.row(query, (number, version)) is not None

    def close(self) -> None:
        """Let go of the file; one that was found damaged goes, and the next writer makes it again."""
        self.flush()
        self._db.close()
        if self._damaged:
            drop(self._archive)


def faults(archive: Path) -> Iterator[str]:
    """What is wrong inside the search file, a sentence each; none where there is no file."""
    path = path_of(archive)
    if not path.exists():
        return
    try:
        db = connect(path, write=False)
        try:
            with errors_of(path):  # damage may show at any row
                found = db.execute("PRAGMA quick_check").fetchall()
        finally:
            db.close()
    except UnusableIndex as error:
        yield f"{FILE} {error.why}"
    else:
        yield from (f"{FILE}: {why}" for (why,) in found if why != "ok")
