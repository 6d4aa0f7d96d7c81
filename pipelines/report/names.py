"""Chinese names in Latin letters: which of them a translation has lost.

A name is a run of Chinese characters in the base whose pinyin stands as a word in a translation of the
same work. Where one translation has it in a section and another has not, the other has lost it. Pinyin
comes from `pypinyin`, an optional package; without it there are no names, and nothing is claimed.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_WORD = re.compile(r"[A-Za-zÀ-ž]+")
_LEAST = 7  # letters of pinyin: shorter ones are words of other languages, "danger", "women"
_LONGEST = 4  # characters of a name


def is_there() -> bool:
    """Whether pinyin can be told."""
    return find_spec("pypinyin") is not None


@cache
def _pinyin(run: str) -> tuple[str, ...]:
    spoken: list[str] = import_module("pypinyin").lazy_pinyin(run)
    return tuple(spoken)


def words(text: str) -> frozenset[str]:
    """The words of a text in lower case, and every two and three that follow each other as one."""
    found = [match[0].casefold() for match in _WORD.finditer(text)]
    return frozenset(
        "".join(found[at : at + length]) for length in (1, 2, 3) for at in range(len(found))
    )


def named(said: str) -> Iterator[tuple[int, int, str]]:
    """Runs of two to four characters with their pinyin; most of them are no names."""
    for match in _HAN_RUN.finditer(said):
        syllables = _pinyin(match[0])
        if len(syllables) != len(match[0]):
            continue
        for start in range(len(syllables)):
            for end in range(start + 2, min(len(syllables), start + _LONGEST) + 1):
                spelt = "".join(syllables[start:end])
                if len(spelt) >= _LEAST and spelt.isalpha():
                    yield match.start() + start, match.start() + end, spelt


def names(said: str, known: frozenset[str]) -> dict[str, tuple[int, int]]:
    """The names in a passage of the base whose pinyin is a known word, each where it first stands.

    Of two that overlap, the longer one.
    """
    found = sorted(
        ((start, end, spelt) for start, end, spelt in named(said) if spelt in known),
        key=lambda each: (each[0] - each[1], each[0]),
    )
    kept: dict[str, tuple[int, int]] = {}
    taken: list[tuple[int, int]] = []
    for start, end, spelt in found:
        if all(end <= first or last <= start for first, last in taken):
            taken.append((start, end))
            kept.setdefault(spelt, (start, end))
    return kept


def known_names(texts: Iterable[str]) -> frozenset[str]:
    """What several translations write with a capital, two and three such words as one."""
    every: set[str] = set()
    for text in texts:
        found = [(match[0].casefold(), match[0][0].isupper()) for match in _WORD.finditer(text)]
        for at in range(len(found)):
            for length in (1, 2, 3):
                run = found[at : at + length]
                if all(capital for _, capital in run):
                    every.add("".join(word for word, _ in run))
    return frozenset(every)


def writes(said: Iterable[tuple[str, str]], known: frozenset[str]) -> bool:
    """Whether a witness writes names in pinyin at all, as (passage of the base, its own) tell.

    Japanese has the characters, Russian its own letters, Vietnamese its own names: nothing is lost there.
    """
    kept = whole = 0
    for base, own in said:
        spelt = words(own)
        found = names(base, known)
        kept += sum(has(each, spelt) for each in found)
        whole += len(found)
    return 2 * kept > whole


def has(spelt: str, said: frozenset[str]) -> bool:
    """Whether the words of a passage have the name, whole or as two names in either order."""
    if spelt in said:
        return True
    return any(spelt[:at] in said and spelt[at:] in said for at in range(3, len(spelt) - 2))
