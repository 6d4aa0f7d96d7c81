"""Main text to key form, with a map of offsets back.

docs/fingerprint.md defines the form. It is a key: never shown, never kept in place of the text.
"""

import html
import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.entities import html5

import numpy as np
import numpy.typing as npt

from pipelines.characters import CODE_POINTS, table

VERSION = "1"

_CHUNK = 1 << 20  # characters mapped at a time: bounds the memory beside the result to some 20 MB

# `<<` is how a half-width 《 is typed, so neither `<` of a pair starts a tag. A page that was wrapped
# as plain text may have a line end within one.
_TAG = re.compile(r"(?<!<)<(?:\n?/?\n?[A-Za-z]|!--|!DOCTYPE)[^<>]*>(?!>)", re.ASCII)
_ENTITY = re.compile(
    r"&(?:amp;)*(?:(nbsp);?|(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)",
    re.ASCII,
)
# A bracket with up to six letters, which may be torn apart where the page wrapped its lines.
_BRACKET = re.compile(
    r"[(（]\s{0,9}([a-zü\u00DF-\u01FFḿ](?:[\s\u0300-\u030C]{0,9}[a-zü\u00DF-\u01FFḿ\u0300-\u030C]){0,11})"
    r"\s{0,9}[)）]"
)
_SYLLABLE = re.compile(r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?[aeiouüê]{1,3}(?:ng?|r)?|h?[mn]g?")
_TONES = re.compile("[\u0300\u0301\u0304\u030c]")
_TONELESS = re.compile("ba|bo|de|la|le|li|lo|luo|ma|me|men|ne|tou|wa|ya|zhe|zi")
_HAN_END = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]\s{0,9}\Z")
# Conjoining jamo that Unicode composes to syllables when they meet: section 3.12 of the standard.
_JAMO = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[\uac00-\ud7a3][\u11a8-\u11c2]")
_ANY_JAMO = re.compile("[\u1161-\u1175\u11a8-\u11c2]")


@dataclass(frozen=True, slots=True)
class NormalForm:
    """The letters and digits of a text in one width, case and script. A key, never the text."""

    text: str
    offsets: "array[int]"  # of unsigned ints: place in the main text of each character
    main: str  # the main text that it was made of

    def said_from(self, start: int) -> str:
        """The main text from where the character at `start` of the form stands."""
        return self.main[self.offsets[start] :] if start < len(self.offsets) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What is no text of its own, and the characters that stand in its place."""

    dropped: npt.NDArray[np.bool_]  # by place in the text
    places: npt.NDArray[np.int64]  # of the characters, ascending
    codes: npt.NDArray[np.uint32]


def normalise(text: str) -> NormalForm:
    """The normal form of `text`: pure, idempotent on its own output, in linear time.

    >>> normalise("第１條：<b>衞生</b>(shēng)局").text
    '第1条卫生局'
    """
    changes = _changes(text)
    pieces: list[str] = []
    offsets = array("I")
    for start in range(0, len(text), _CHUNK):
        piece, places = _mapped(text, start, min(len(text), start + _CHUNK), changes)
        pieces.append(piece)
        offsets.frombytes(places.astype(np.uint32).tobytes())
    form, offsets = _composed("".join(pieces), offsets)
    return NormalForm(form, offsets, text)


def _changes(text: str) -> _Changes | None:
    """The spans that are no text of their own, marked; None when there are none."""
    dropped = bytearray(len(text))
    meant: dict[int, int] = {}
    for start, end, characters in _cuts(text):
        dropped[start:end] = bytes((1,)) * (end - start)
        meant |= {start + place: ord(c) for place, c in enumerate(characters)}
    if not any((meant, 1 in dropped)):
        return None
    places = np.array(sorted(meant), np.int64)
    return _Changes(
        dropped=np.frombuffer(dropped, np.bool_),
        places=places,
        codes=np.array([meant[place] for place in places.tolist()], np.uint32),
    )


def _cuts(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans that are no text of their own, each with the characters that it stands for."""
    if "<" in text:
        for match in _TAG.finditer(text):
            yield match.start(), match.end(), ""
    if "&" in text:
        for match in _ENTITY.finditer(text):
            name = match[1] or match[2]
            if name.startswith("#") or name + ";" in html5:
                yield match.start(), match.end(), html.unescape(f"&{name};")
    if "(" in text or "（" in text:
        for match in _BRACKET.finditer(text):
            before = text[max(0, match.start() - 10) : match.start()]
            if _HAN_END.search(before) and _is_pinyin(match[1]):
                yield match.start(), match.end(), ""


@lru_cache(maxsize=4096)  # a page has the same few hundred syllables over and over
def _is_pinyin(letters: str) -> bool:
    """Whether the letters are one syllable of pinyin with its tone, or one that has none."""
    parts = unicodedata.normalize("NFD", "".join(letters.split()))
    bare = unicodedata.normalize("NFC", _TONES.sub("", parts))
    if _SYLLABLE.fullmatch(bare) is None:
        return False
    return bool(_TONELESS.fullmatch(bare) or _TONES.search(parts))


def _mapped(
    text: str, start: int, end: int, changes: _Changes | None
) -> tuple[str, npt.NDArray[np.int64]]:
    """The normal form of text[start:end] but for jamo, and the place of each of its characters."""
    codes = np.frombuffer(text[start:end].encode("utf-32-le", "surrogatepass"), "<u4")
    forms = table().codes[codes]
    if changes:
        forms[changes.dropped[start:end]] = 0
        first, last = np.searchsorted(changes.places, (start, end))
        forms[changes.places[first:last] - start] = table().codes[changes.codes[first:last]]
    kept = np.flatnonzero(forms)
    forms = forms[kept]
    several = np.flatnonzero(forms >= CODE_POINTS)
    if len(several):
        forms, kept = _expanded(forms, kept, several)
    return forms.astype("<u4").tobytes().decode("utf-32-le"), kept + start


def _expanded(
    forms: npt.NDArray[np.uint32], kept: npt.NDArray[np.int64], several: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The same with every character that stands for several written out."""
    expansions = table().expansions
    strings = [expansions[int(forms[place]) - CODE_POINTS] for place in several]
    counts = np.ones(len(forms), np.int64)
    counts[several] = [len(string) for string in strings]
    longer = np.repeat(forms, counts)
    written = (forms >= CODE_POINTS).repeat(counts)
    longer[written] = np.frombuffer("".join(strings).encode("utf-32-le"), "<u4")
    return longer, np.repeat(kept, counts)


def _composed(text: str, offsets: "array[int]") -> tuple[str, "array[int]"]:
    """The form with conjoining jamo composed to syllables, and its offsets."""
    if _ANY_JAMO.search(text) is None:
        return text, offsets
    pieces: list[str] = []
    places = array("I")
    end = 0
    for match in _JAMO.finditer(text):
        syllable = unicodedata.normalize("NFC", match[0])
        pieces += (text[end : match.start()], syllable)
        places += offsets[end : match.start() + len(syllable)]
        end = match.end()
    pieces.append(text[end:])
    return "".join(pieces), places + offsets[end:]
