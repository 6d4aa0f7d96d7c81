"""The form in which texts are searched: words, and pairs of characters where there are no spaces.

Made of the same table as the key of a text, so that 濕地 finds 湿地 and "ano" finds "año". A run of Han,
kana, Hangul or a script without spaces becomes its pairs and, at its end, its last character, so that a
word of two characters is one token, a longer one is a phrase, and no dictionary has a say.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.ascending import ascending
from archive.records import Reading
from archive.search import BadQuery, Phrase, Query, Search
from archive.searchable import Words
from archive.store import Archive
from pipelines.characters import CODE_POINTS, table
from pipelines.normal_form import NormalForm, normalise

__all__ = ["normalise", "offer", "parse", "search_in", "tokens", "words"]

LONGEST = 1000  # characters of a query; a longer text is for `lookup --text`
MOST_PHRASES = 32

_SPACELESS = (range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800))
_SPACE = 0x20
_SPACES = " \t\u00a0\u3000"  # within a line: 通　知 is one word set wide
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂〝〞", '"'))
_MINUS = "-－−"
_PART = re.compile(rf'(?P<minus>[{_MINUS}]?)(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))')


def words(text: NormalForm, title: NormalForm) -> Words:
    """What the search file keeps of a version."""
    return Words(
        title=tokens(title),
        text=tokens(text),
        title_letters=_letters(title),
        text_letters=_letters(text),
    )


def offer(archive: Archive, version: str, form: NormalForm, reading: Reading) -> None:
    """Make the version, whose first reading this is, findable when the next thing is filed."""
    if archive.searchable:
        title = reading.description.title
        archive.searchable.add(version, words(form, normalise(title.value if title else "")))


def tokens(form: NormalForm) -> str:
    """The words of a normal form, separated by spaces.

    >>> tokens(normalise("湿地保护：到2030年"))
    '湿地 地保 保护 护 到 2030 年'
    """
    codes = np.frombuffer(form.text.encode("utf-32-le"), "<u4")
    if not len(codes):
        return ""
    wide = _wide()[codes]
    goes_on = np.zeros(len(codes), np.bool_)
    goes_on[:-1] = (wide[:-1] == wide[1:]) & _joined(form, wide)
    paired = goes_on & wide
    lengths = np.where(wide, np.where(paired, 3, 2), np.where(goes_on, 1, 2))
    ends = np.cumsum(lengths)
    starts = ends - lengths
    written = np.full(ends[-1], _SPACE, "<u4")
    written[starts] = codes
    written[starts[paired] + 1] = codes[1:][paired[:-1]]
    return written.tobytes().decode("utf-32-le").rstrip(" ")


def _joined(form: NormalForm, wide: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether nothing that parts words stands between each character and the next."""
    places = np.frombuffer(form.offsets, np.uint32).astype(np.int64)
    joined = np.diff(places) <= 1
    apart = np.flatnonzero(~joined)
    lone = apart[places[apart + 1] - places[apart] == 2]  # one character stands between, as a rule
    between_lone = map(form.main.__getitem__, (places[lone] + 1).tolist())
    joined[lone] = list(map(_joins, between_lone, wide[lone].tolist()))
    for place in apart[places[apart + 1] - places[apart] > 2].tolist():
        between = form.main[int(places[place]) + 1 : int(places[place + 1])]
        joined[place] = _joins(between[:32], bool(wide[place]))
    return joined


@lru_cache(maxsize=8192)  # a text has the same few commas and spaces over and over
def _joins(between: str, wide: bool) -> bool:
    """Whether two characters with this between them are in one word, or in one run of wide ones."""
    marks = all(unicodedata.category(letter) in {"Mn", "Me", "Mc", "Cf"} for letter in between)
    if marks or not wide:
        return marks
    # Letters that the normal form leaves out are glosses: 儀器網(wǎng)站 is 儀器網站.
    inside = not between.strip(_SPACES) or any(map(str.isalpha, between))
    return inside and "\n" not in between


@cache
def _wide() -> npt.NDArray[np.bool_]:
    wide = table().wide.copy()
    for block in _SPACELESS:
        wide[block.start : block.stop] = True
    assert len(wide) == CODE_POINTS
    return wide


def _letters(form: NormalForm) -> str:
    """The different characters of scripts without spaces, separated by spaces."""
    codes = ascending(np.frombuffer(form.text.encode("utf-32-le"), "<u4"))
    return " ".join(codes[_wide()[codes]].tobytes().decode("utf-32-le"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A word or a quoted phrase of a query as it was typed."""

    text: str
    without: bool  # texts that have it are not wanted


def parse(query: str) -> Query:
    """What a query asks for: words and "phrases in quotes" that must be there, and -words that must not.

    An unbalanced quotation mark counts for nothing. A Latin word that ends in `*` finds all that begin so.

    Raises:
        BadQuery: it asks for nothing, for too much, or only for what must not be there.
    """
    if len(query) > LONGEST:
        raise BadQuery(f"A query has at most {LONGEST} characters; this one has {len(query):,}")
    # Control characters, surrogates and unassigned ones are no part of any text.
    plain = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in query)
    wanted: dict[str, Phrase] = {}
    unwanted: dict[str, Phrase] = {}
    for part in _parts(plain.translate(_QUOTES)):
        if phrase := _phrase(part.text):
            (unwanted if part.without else wanted)[phrase.match] = phrase
    if len(wanted) + len(unwanted) > MOST_PHRASES:
        raise BadQuery(f"A query has at most {MOST_PHRASES} words and phrases")
    if not wanted:
        raise BadQuery("The query names no word that must be there")
    return Query(wanted=tuple(wanted.values()), unwanted=tuple(unwanted.values()))


def _parts(query: str) -> list[_Part]:
    if query.count('"') % 2:
        before, _, behind = query.rpartition('"')
        query = f"{before} {behind}"
    found = []
    for match in _PART.finditer(query):
        # A minus sign inside of a word, as in COVID-19, parts nothing.
        lone = match.start() == 0 or query[match.start() - 1].isspace()
        text = match["quoted"] if match["quoted"] is not None else match["word"]
        found.append(_Part(text=text, without=bool(match["minus"]) and lone))
    return found


def _phrase(text: str) -> Phrase | None:
    """The phrase as the search file has it; None where it has neither letter nor digit."""
    form = normalise(text)
    if not form.text:
        return None
    found = tokens(form).split(" ")
    wide = bool(_wide()[ord(found[-1][0])])
    open_end = text.endswith("*") and not wide
    if wide and len(found[-1]) == 1:
        if len(found) == 1:
            return Phrase(match=found[0], letter=True, open_end=True, needle=form.text)
        if len(found[-2]) == 2 and found[-2][1] == found[-1]:
            found.pop()  # the last of a run: what is searched may go on behind it
        else:
            open_end = True
    return Phrase(match=" ".join(found), letter=False, open_end=open_end, needle=form.text)


def search_in(archive: Path) -> Search:
    """The search of the archive in this folder, to be closed after use.

    Raises:
        NotAnArchive, NewerFormat, UnusableIndex: as `archive.store.Archive.open`.
    """
    return Search.open(archive, parse, normalise)
