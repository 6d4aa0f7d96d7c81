"""What texts of two languages have in common without an encoder: numbers, names, and words that are alike.

    #2030       a number
    w:econo     the beginning of a word as it sounds, so that `económico` and `экономика` have it too; of a
                Chinese word, those of the English ones that explain it (pipelines.works.dictionary)
    p:qinghai   a name: pinyin of Chinese characters, a word with a capital in Latin letters
    h:经济      two characters, which Chinese and Japanese share

Each package that this needs is optional; without one, its terms are missing.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec

import opencc

from pipelines.works import dictionary
from pipelines.works.numbers import numbers

VERSION = "words-1"

_BEGINNING = 5  # letters that words of one root share in most languages
_LEAST = 4  # letters of a word that says anything; 2 of one in capitals
_LEAST_NAME = 6  # letters of pinyin; shorter ones are words of other languages
_NAME = 4  # characters
_WORD = re.compile(r"[^\W\d_]+")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
_CYRILLIC = str.maketrans(
    dict(
        zip(
            "абвгдезийклмнопрстуфхыэіўґ",
            ["a", "b", "v", "g", "d", "e", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s",
             "t", "u", "f", "h", "i", "e", "i", "v", "g"],
            strict=True,
        )
    )
    | {"ё": "e", "ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": "",
       "ю": "iu", "я": "ia", "є": "e", "ї": "i"}
)  # fmt: skip
_SOUNDS = (  # spellings of one sound, roughly, in the languages of Europe
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("ck|qu|c(?![eihy])"), "k"),
    (re.compile("c(?=[eiy])|z"), "s"),
    (re.compile("[yj]"), "i"),
    (re.compile("w"), "v"),
    (re.compile(r"(.)\1"), r"\1"),
)


@lru_cache(maxsize=1 << 11)  # units; a text is compared with ten others
def terms(said: str, language: str) -> frozenset[str]:
    """The terms of a passage in the language with this BCP 47 tag.

    >>> sorted(terms("GDP rose by 12 %", "en"))
    ['#12', 'w:gdp', 'w:rose']
    """
    found = {f"#{number}" for number in numbers(said)}
    base = language.partition("-")[0]
    found |= {f"w:{each}" for each in _beginnings(said)}
    if base in {"zh", "ja"}:
        plain = _converter("t2s").convert(
            _converter("jp2t").convert(said) if base == "ja" else said
        )
        runs = _HAN_RUN.findall(plain)
        found |= {f"h:{run[at : at + 2]}" for run in runs for at in range(len(run) - 1)}
        if base == "zh":
            found |= {f"w:{each}" for run in runs for each in _explained(run)}
            found |= {f"p:{each}" for run in runs for each in _spelt(run)}
    else:
        found |= {f"p:{each}" for each in _capitals(said)}
    return frozenset(found)


def _beginnings(said: str) -> Iterator[str]:
    for match in _WORD.finditer(said):
        if len(match[0]) >= _LEAST or (len(match[0]) > 1 and match[0].isupper()):
            yield from _beginning(match[0])


@lru_cache(maxsize=1 << 14)
def _beginning(word: str) -> tuple[str, ...]:
    """How a word of Latin or Cyrillic letters begins, as it sounds; nothing for other scripts."""
    bare = unicodedata.normalize("NFD", word.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c)).translate(_CYRILLIC)
    if not bare.isascii():
        return ()
    for spelling, sound in _SOUNDS:
        bare = spelling.sub(sound, bare)
    return (bare[:_BEGINNING],) if len(bare) > 1 else ()


def _explained(run: str) -> Iterator[str]:
    for word in dictionary.words(run):
        for meaning in dictionary.meanings(word):
            yield from _beginning(meaning)


def _spelt(run: str) -> Iterator[str]:
    """The pinyin of every two to four characters; most of them are no names, and no other text has them."""
    syllables = _pinyin(run)
    for start in range(len(syllables)):
        for end in range(start + 2, min(len(syllables), start + _NAME) + 1):
            spelt = "".join(syllables[start:end])
            if len(spelt) >= _LEAST_NAME:
                yield spelt


def _capitals(said: str) -> Iterator[str]:
    """Words with a capital, and every two of them in a row as one."""
    found = [match[0] for match in _WORD.finditer(said)]
    for at, word in enumerate(found):
        if not word[0].isupper() or not word.isascii():
            continue
        after = found[at + 1] if at + 1 < len(found) else ""
        pair = word + after if after[:1].isupper() and after.isascii() else ""
        yield from (each.casefold() for each in (word, pair) if len(each) >= _LEAST_NAME)


@cache
def _converter(direction: str) -> opencc.OpenCC:
    return opencc.OpenCC(direction)


@lru_cache(maxsize=1 << 12)
def _pinyin(run: str) -> tuple[str, ...]:
    if find_spec("pypinyin") is None:
        return ()
    spoken: list[str] = import_module("pypinyin").lazy_pinyin(run)
    return tuple(spoken) if len(spoken) == len(run) else ()
