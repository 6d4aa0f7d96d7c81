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


# What the index says is read of the best alone; filters look into narrow indexes, never into its rows.
_BEST = (
    "SELECT v.key, d.key, v.title, f.rank, f.id, f.ranked FROM"
    " (SELECT id, rank, COUNT(*) OVER () AS ranked FROM ({0}) ORDER BY rank, id DESC"
    f" LIMIT {SHOWN}) f CROSS JOIN search.texts t ON t.id = f.id"
    " CROSS JOIN versions v ON v.id = f.id AND v.key = t.version"
    " CROSS JOIN documents d ON d.id = v.document"
)
_DOCUMENT = (
    "+{0}.rowid IN (SELECT v.id FROM versions v JOIN documents d ON d.id = v.document"
    " WHERE d.key = ? UNION SELECT v.id FROM versions v JOIN document_aliases a"
    " ON a.document = v.document WHERE a.key = ?)"
)
_LANGUAGE = (
    "EXISTS (SELECT 1 FROM versions v INDEXED BY versions_language WHERE v.id = {0}.rowid"
    " AND (v.language = ? COLLATE NOCASE OR v.language LIKE ? ESCAPE '\\'))"
)
# Newer texts than a day that is asked for would all be looked at: then what fits is gathered first.
_GATHERED = "+{0}.rowid IN (SELECT r.version FROM readings r INDEXED BY readings_day WHERE {1})"
_EACH = (
    "EXISTS (SELECT 1 FROM readings r INDEXED BY readings_version"
    " WHERE r.version = {0}.rowid AND {1})"
)
_Condition = tuple[str, tuple[str, ...]]  # SQL and its values
_NOTHING: _Condition = ("TRUE", ())


def statements(query: Query, filters: Filters) -> tuple[Statement, Statement]:
    """What finds the texts that have it all in their title, and the newest of all that have it."""
    if any(not phrase.letter for phrase in query.wanted):
        return _in_titles(query, filters), _anywhere(query, filters)
    return _of_letters(query, filters, in_title=True), _of_letters(query, filters, in_title=False)


def _in_titles(query: Query, filters: Filters) -> Statement:
    """The texts that have all words in their title, and all single characters anywhere."""
    words, letters = _parted(query)
    asked = [_unwanted_words("titles", words.unwanted), *_with_letters("titles", letters)]
    return _ranked("titles", "bm25(titles)", IN_TITLES, (_all(words.wanted), asked, filters))


def _anywhere(query: Query, filters: Filters) -> Statement:
    """The newest texts that have all words, and all single characters."""
    words, letters = _parted(query)
    match = _all(words.wanted)
    if words.unwanted:
        match = f"({match}) NOT ({_any(words.unwanted)})"
    asked = _with_letters("words", letters)
    return _ranked("words", f"bm25(words, {_TITLE_WEIGHT}, 1.0)", NEWEST, (match, asked, filters))


def _of_letters(query: Query, filters: Filters, *, in_title: bool) -> Statement:
    """The same where nothing but single characters is asked for."""
    words, letters = _parted(query)
    match = _all(letters.wanted)
    if in_title:
        match = f"{{title}} : ({match})"
    without = Query(wanted=(), unwanted=letters.unwanted)
    asked = [*_with_letters("letters", without), _unwanted_words("letters", words.unwanted)]
    rank, limit = (_IN_TITLE_RANK, IN_TITLES) if in_title else (_IN_TEXT_RANK, NEWEST)
    return _ranked("letters", str(rank), limit, (match, asked, filters))


def _ranked(
    table: str, rank: str, limit: int, what: tuple[str, list[_Condition], Filters]
) -> Statement:
    """The newest texts that match and fit, the best of them first."""
    match, asked, filters = what
    conditions = [*asked, *_of_filters(table, filters)]
    sql = (
        f"SELECT {table}.rowid AS id, {rank} AS rank FROM search.{table} WHERE {table} MATCH ?"
        f"{''.join(f' AND {each}' for each, _ in conditions)}"
        f" ORDER BY {table}.rowid DESC LIMIT {limit}"
    )
    values = (match, *(value for _, given in conditions for value in given))
    return Statement(sql=_BEST.format(sql), values=values)


def _parted(query: Query) -> tuple[Query, Query]:
    """What it asks of words, and what of single characters."""
    words, letters = (
        Query(
            wanted=tuple(each for each in query.wanted if each.letter is letter),
            unwanted=tuple(each for each in query.unwanted if each.letter is letter),
        )
        for letter in (False, True)
    )
    return words, letters


def _with_letters(table: str, letters: Query) -> list[_Condition]:
    """Single characters that must be there, and that must not."""
    within = f"{table}.rowid {{}}IN (SELECT rowid FROM search.letters WHERE letters MATCH ?)"
    found: list[_Condition] = []
    if letters.wanted:
        found.append((within.format(""), (_all(letters.wanted),)))
    if letters.unwanted:
        found.append((within.format("NOT "), (_any(letters.unwanted),)))
    return found


def _unwanted_words(table: str, words: tuple[Phrase, ...]) -> _Condition:
    """Words that must be nowhere in the text."""
    if not words:
        return _NOTHING
    within = f"{table}.rowid NOT IN (SELECT rowid FROM search.words WHERE words MATCH ?)"
    return within, (_any(words),)


def _all(phrases: tuple[Phrase, ...]) -> str:
    return " AND ".join(map(_quoted, phrases))


def _any(phrases: tuple[Phrase, ...]) -> str:
    return " OR ".join(map(_quoted, phrases))


def _quoted(phrase: Phrase) -> str:
    """The phrase for FTS5: in quotes, so that no letter of it is an operator."""
    return f'"{phrase.match}"{" *" if phrase.open_end and not phrase.letter else ""}'


def _of_filters(table: str, filters: Filters) -> list[_Condition]:
    """What the filters ask of the version that a row of the table is about."""
    found: list[_Condition] = []
    if filters.document is not None:
        found.append((_DOCUMENT.format(table), (filters.document,) * 2))
    if filters.language is not None:
        spoken = (filters.language, f"{_escaped(filters.language)}-%")
        found.append((_LANGUAGE.format(table), spoken))
    if witness := _of_witness(filters):
        sql = _EACH if filters.until is None else _GATHERED
        together = " AND ".join(condition for condition, _ in witness)
        values = tuple(value for _, given in witness for value in given)
        found.append((sql.format(table, together), values))
    return found


def _of_witness(filters: Filters) -> list[_Condition]:
    """What one and the same reading of the version has to be."""
    found: list[_Condition] = []
    if filters.since is not None:
        found.append(("r.day >= ?", (filters.since.isoformat(),)))
    if filters.until is not None:
        found.append(("r.day <= ?", (filters.until.isoformat(),)))
    if filters.relation is not None:
        found.append(("r.relation = ?", (filters.relation,)))
    if filters.publisher is not None:
        found.append(("r.publisher LIKE ? ESCAPE '\\'", (f"%{_escaped(filters.publisher)}%",)))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
