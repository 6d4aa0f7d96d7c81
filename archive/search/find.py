"""The search of one archive: the search file and the index in one connection, and the texts behind them."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from archive.errors import Damaged, UnknownKey, UnusableIndex
from archive.query import Filters, Query
from archive.records import Version
from archive.recovery import index_path
from archive.search.errors import BadQuery
from archive.search.passages import Form, Passage, passages
from archive.searchable import SEARCH_VERSION, path_of
from archive.sqlite_connection import Connection, connect, errors_of
from archive.sqlite_search import NEWEST, SHOWN, statements
from archive.store import Archive

Parse = Callable[[str], Query]
Fold = Callable[[str], Form]

MOST = 100  # hits of one page
_SECONDS = 5.0  # a query may take, before the words are called too common
_STEPS = 20_000  # of SQLite between two looks at the clock: a millisecond or so
_CACHE_KB = 16_000  # of the search file: a common word is in some MB of it
_LONG = 2_000_000  # characters of a text in which passages are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A version that has the words."""

    version: Version
    document: str  # key
    title: str | None
    passages: tuple[Passage, ...]  # empty where the text cannot be read
    score: float  # 0..1, of the best hit: 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """One page of hits, best first."""

    hits: tuple[Hit, ...]
    found: int  # hits that can be looked through
    all: bool  # whether those are all that fit, or the best of the newest
    next: str | None  # what `find` takes as `after` for the next page


@dataclass(frozen=True, slots=True)
class _Row:
    version: str
    document: str
    title: str | None
    rank: float  # low is good
    id: int
    ranked: int  # texts that were ranked with it


class Search:
    """Open for searching; not for two threads at once."""

    def __init__(self, archive: Archive, db: Connection, parse: Parse, fold: Fold) -> None:
        self._archive, self._db = archive, db
        self._parse, self._fold = parse, fold

    @classmethod
    def open(cls, path: Path, parse: Parse, fold: Fold) -> Self:
        """The search of the archive in the folder; `pipelines.search_form.search_in` knows the last two.

        Raises:
            NotAnArchive, NewerFormat: as for `Archive.open`.
            UnusableIndex: the index or the search file is missing, damaged or of another version.
        """
        with ExitStack() as stack:
            archive = stack.enter_context(Archive.open(path))
            db = connect(index_path(path), write=False)
            stack.callback(db.close)
            _attach(db, path)
            stack.pop_all()
            return cls(archive, db, parse, fold)

    def find(
        self,
        query: str,
        *,
        filters: Filters | None = None,
        limit: int = 20,
        after: str | None = None,
    ) -> Hits:
        """The versions that have the words, at most `limit`; one of each document, unless one is named.

        Raises:
            BadQuery: it asks for nothing, for too much, or takes too long; or `after` is no such mark.
        """
        filters = filters or Filters()
        first = _first(after)
        limit = max(1, min(limit, MOST))
        parsed = self._parse(query)
        rows, whole = self._rows(parsed, filters)
        best = _best(rows, apart=filters.document is not None)
        shown = best[first : first + limit]
        top = best[0].rank if best else 0.0
        return Hits(
            hits=tuple(
                hit
                for row in shown
                if (hit := self._hit(row, parsed, row.rank / top if top else 1.0))
            ),
            found=len(best),
            all=whole,
            next=str(first + limit) if first + limit < len(best) else None,
        )

    def _rows(self, query: Query, filters: Filters) -> tuple[list[_Row], bool]:
        """What is ranked, and whether that is all there is."""
        end = monotonic() + _SECONDS
        self._db.set_progress_handler(lambda: monotonic() > end, _STEPS)
        try:
            with errors_of(path_of(self._archive.path)):
                in_titles, newest = (
                    [
                        _Row(*row)
                        for row in sqlite3.Connection.execute(self._db, each.sql, each.values)
                    ]
                    for each in statements(query, filters)
                )
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise BadQuery("These words are in too many texts; add a rarer one") from error
        finally:
            self._db.set_progress_handler(None, 0)
        whole = not newest or newest[0].ranked < min(NEWEST, SHOWN)
        return _together(newest, in_titles), whole

    def _hit(self, row: _Row, query: Query, score: float) -> Hit | None:
        """The hit with its passages; None when it went from the archive just now."""
        try:
            version = self._archive.index.version(row.version)
        except UnknownKey:
            return None
        try:
            text = self._archive.text(version.text)[:_LONG]
            found = passages(text, self._fold(text), query.wanted)
        except Damaged:  # verify reports it; the title is worth showing all the same
            found = ()
        return Hit(
            version=version,
            document=row.document,
            title=row.title,
            passages=found,
            score=min(1.0, max(0.0, score)),
        )

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _attach(db: Connection, archive: Path) -> None:
    path = path_of(archive)
    if not path.exists():
        raise UnusableIndex(path, "is missing")
    mode = "immutable=1" if _is_immutable(db) else "mode=rw"
    address = f"{path.absolute().as_uri()}?{mode}"
    with errors_of(path):  # by the bare method: that of `Connection` would name the index
        sqlite3.Connection.execute(db, "ATTACH DATABASE ? AS search", (address,))
        sqlite3.Connection.execute(db, f"PRAGMA search.cache_size = -{_CACHE_KB}")
        found = sqlite3.Connection.execute(db, "PRAGMA search.user_version").fetchone()[0]
    if found != SEARCH_VERSION:
        raise UnusableIndex(path, "was made by another version of Variorum")


def _is_immutable(db: Connection) -> bool:
    """Whether the index was opened as a file on a medium that cannot be written."""
    return str(db.execute("PRAGMA journal_mode").fetchone()[0]) != "wal"


def _first(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 7):
        raise BadQuery(f"{after[:20]!r} is no mark of a next page")
    return int(after)


def _together(newest: list[_Row], in_titles: list[_Row]) -> list[_Row]:
    """All of them once; words in a title count beside those in the text."""
    found = {row.version: row for row in newest}
    for row in in_titles:
        known = found.get(row.version)
        found[row.version] = replace(row, rank=row.rank + known.rank) if known else row
    return list(found.values())


def _best(rows: list[_Row], *, apart: bool) -> list[_Row]:
    """Best first; the newer of equals; one of each document, unless they stand apart."""
    ordered = sorted(rows, key=lambda row: (row.rank, -row.id))
    if apart:
        return ordered
    best: dict[str, _Row] = {}
    for row in ordered:
        best.setdefault(row.document, row)
    return list(best.values())
