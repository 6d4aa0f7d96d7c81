"""The SQL that finds versions by words, in the index with the search file attached as `search`."""

from dataclasses import dataclass
from typing import Any

from archive.query import Filters, Phrase, Query

NEWEST = 2000  # texts that are ranked, the newest that fit: some 15 ms
SHOWN = 400  # of those, that can be looked through
IN_TITLES = 1000  # and so many that have it all in their title, however old they are
_TITLE_WEIGHT = 8.0  # of a word in the title, against one in the text; no source
_IN_TITLE_RANK, _IN_TEXT_RANK = -2.0, -1.0  # of texts that are found by single characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query for `version, document, title, rank, id, ranked`, and its values; low ranks are good."""

    sql: str
    values: tuple[Any, ...]


# What the index says is read of the best alone, unless filters ask for it.
_BEST = (
    "SELECT v.key, d.key, v.title, f.rank, f.id, f.ranked FROM"
    " (SELECT id, rank, COUNT(*) OVER () AS ranked FROM ({0}) ORDER BY rank, id DESC"
    f" LIMIT {SHOWN}) f CROSS JOIN search.texts t ON t.id = f.id"
    " CROSS JOIN versions v ON v.key = t.version CROSS JOIN documents d ON d.id = v.document"
)
_FILTERED = (
    "JOIN search.texts t ON t.id = {0}.rowid JOIN versions v ON v.key = t.version"
    " JOIN documents d ON d.id = v.document"
)
_DAY = "COALESCE(substr(r.published_at, 1, 10), substr(c.fetched_at, 1, 10))"
_WITNESS = (
    "EXISTS (SELECT 1 FROM readings r JOIN captures c ON c.seq = r.capture"
    " WHERE r.version = v.id AND {0})"
)


def statements(query: Query, filters: Filters) -> tuple[Statement, Statement]:
    """What finds the texts that have it all in their title, and the newest of all that have it."""
    conditions, values = _conditions(filters)
    titles, anywhere = (_of_words, _of_words) if _words(query) else (_of_letters, _of_letters)
    return (
        titles(query, (conditions, values), in_title=True),
        anywhere(query, (conditions, values), in_title=False),
    )


def _of_words(query: Query, filters: tuple[str, list[Any]], *, in_title: bool) -> Statement:
    """The texts that have all words, and all single characters."""
    match = _all(_words(query))
    if in_title:
        match = f"{{title}} : ({match})"
    if words := [phrase for phrase in query.unwanted if not phrase.letter]:
        match = f"({match}) NOT ({' OR '.join(map(_quoted, words))})"
    letters, values = _letters(query, "words")
    limit = IN_TITLES if in_title else NEWEST
    ranked = (
        f"SELECT words.rowid AS id, bm25(words, {_TITLE_WEIGHT}, 1.0) AS rank FROM search.words"
        f" {_FILTERED.format('words') if filters[0] else ''}"
        f" WHERE words MATCH ?{letters}{filters[0]} ORDER BY words.rowid DESC LIMIT {limit}"
    )
    return Statement(sql=_BEST.format(ranked), values=(match, *values, *filters[1]))


def _of_letters(query: Query, filters: tuple[str, list[Any]], *, in_title: bool) -> Statement:
    """The same where nothing but single characters is asked for."""
    match = _all(query.wanted)
    if in_title:
        match = f"{{title}} : ({match})"
    without, values = _letters(Query(wanted=(), unwanted=query.unwanted), "letters")
    words = [phrase for phrase in query.unwanted if not phrase.letter]
    if words:
        without += " AND letters.rowid NOT IN (SELECT rowid FROM search.words WHERE words MATCH ?)"
        values.append(" OR ".join(map(_quoted, words)))
    rank, limit = (_IN_TITLE_RANK, IN_TITLES) if in_title else (_IN_TEXT_RANK, NEWEST)
    ranked = (
        f"SELECT letters.rowid AS id, {rank} AS rank FROM search.letters"
        f" {_FILTERED.format('letters') if filters[0] else ''}"
        f" WHERE letters MATCH ?{without}{filters[0]} ORDER BY letters.rowid DESC LIMIT {limit}"
    )
    return Statement(sql=_BEST.format(ranked), values=(match, *values, *filters[1]))


def _letters(query: Query, table: str) -> tuple[str, list[Any]]:
    """Conditions on the single characters that must be there, and must not."""
    sql, values = "", []
    wanted = [phrase for phrase in query.wanted if phrase.letter]
    unwanted = [phrase for phrase in query.unwanted if phrase.letter]
    within = "(SELECT rowid FROM search.letters WHERE letters MATCH ?)"
    if wanted:
        sql += f" AND {table}.rowid IN {within}"
        values.append(_all(tuple(wanted)))
    if unwanted:
        sql += f" AND {table}.rowid NOT IN {within}"
        values.append(" OR ".join(map(_quoted, unwanted)))
    return sql, values


def _words(query: Query) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in query.wanted if not phrase.letter)


def _all(phrases: tuple[Phrase, ...]) -> str:
    return " AND ".join(map(_quoted, phrases))


def _quoted(phrase: Phrase) -> str:
    """The phrase for FTS5: in quotes, so that no letter of it is an operator."""
    return f'"{phrase.match}"{" *" if phrase.open_end and not phrase.letter else ""}'


def _conditions(filters: Filters) -> tuple[str, list[Any]]:
    """What the filters ask of a version `v` of a document `d`."""
    sql, values = "", []
    if filters.language is not None:
        sql += " AND (v.language = ? COLLATE NOCASE OR v.language LIKE ? ESCAPE '\\')"
        values += [filters.language, f"{_escaped(filters.language)}-%"]
    if filters.document is not None:
        sql += " AND (d.key = ? OR d.id = (SELECT document FROM document_aliases WHERE key = ?))"
        values += [filters.document] * 2
    witness = []
    if filters.publisher is not None:
        witness.append("r.publisher LIKE ? ESCAPE '\\'")
        values.append(f"%{_escaped(filters.publisher)}%")
    if filters.relation is not None:
        witness.append("r.relation = ?")
        values.append(filters.relation)
    if filters.since is not None:
        witness.append(f"{_DAY} >= ?")
        values.append(filters.since.isoformat())
    if filters.until is not None:
        witness.append(f"{_DAY} <= ?")
        values.append(filters.until.isoformat())
    if witness:
        sql += f" AND {_WITNESS.format(' AND '.join(witness))}"
    return sql, values


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
