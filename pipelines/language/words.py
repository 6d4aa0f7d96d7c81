"""Common words and punctuation as evidence for a language, where a line is too short for letters."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import sqrt

# Natural logarithms of a likelihood ratio, our own estimates: a word such as "oui" or "nicht" is
# some twenty times as frequent in its own language as by accident in another.
ONE_WORD = 3.0
MOST = 4.0  # several words count little more: they come in the same phrases
ONE_LETTER = 0.3  # of a word's worth: "a", "o" and "y" are also initials
PUNCTUATION = 2.0

_APART = re.compile(r"[\s'’‘`\"“”„«»()\[\]{}.,;:!?…،؛؟।-]+")
_PUNCTUATION: Mapping[str, re.Pattern[str]] = {
    "es": re.compile(r"[¿¡]"),
    "fr": re.compile(r"«\s\S|\S\s»|\w\s[?!;:](?:\s|$)"),  # spaces inside, as its typography asks
}


def evidence(line: str) -> dict[str, float]:
    """For each language that the words of `line` speak for: how strongly, 0 to 6.

    A word that several languages share counts less for each.

    >>> sorted(evidence("wat is dat"))
    ['af', 'de', 'en', 'nl', 'sv']
    """
    languages, shared_by = _words()
    found: dict[str, float] = {}
    for word in _APART.split(line.lower()):
        if word in shared_by:
            worth = ONE_WORD / sqrt(shared_by[word]) * (ONE_LETTER if len(word) == 1 else 1)
            for tag in languages[word]:
                found[tag] = min(MOST, found.get(tag, 0.0) + worth)
    for tag, pattern in _PUNCTUATION.items():
        if pattern.search(line):
            found[tag] = found.get(tag, 0.0) + PUNCTUATION
    return found


@cache
def _words() -> tuple[Mapping[str, tuple[str, ...]], Counter[str]]:
    """For each common word its languages, and how many they are."""
    table = tomllib.loads((files(__package__) / "common_words.toml").read_text("utf-8"))
    languages: dict[str, tuple[str, ...]] = {}
    for tag, words in table.items():
        for word in set(words.split()):
            languages[word] = (*languages.get(word, ()), tag)
    return languages, Counter({word: len(tags) for word, tags in languages.items()})
