"""The news of NTREX in many languages, with units left out, put in and exchanged."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks import corpus
from pipelines.works import Outlined, encoder, outline

FILES = {
    "en": "eng-US", "es": "spa", "fr": "fra", "de": "deu", "ru": "rus", "ja": "jpn", "ko": "kor",
    "ar": "arb", "zh-Hans": "zho-CN", "zh-Hant": "zho-TW",
}  # fmt: skip
FOREIGN = ("en", "es", "fr", "de", "ru", "ja", "ko", "ar")
CHINESE = ("zh-Hans", "zh-Hant")
_LEFT_OUT, _PUT_IN = 0.25, 0.15  # share of a side's lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Two documents in two languages, and which of their lines are translations of each other."""

    a: Outlined
    b: Outlined
    same: frozenset[tuple[int, int]]  # places of units


@cache
def documents() -> tuple[range, ...]:
    """The lines of each document, by their numbers."""
    names = (corpus.folder("ntrex") / "DOCUMENT_IDS.tsv").read_text("utf-8").split()
    starts = [n for n, name in enumerate(names) if n == 0 or name != names[n - 1]]
    return tuple(range(a, b) for a, b in zip(starts, [*starts[1:], len(names)], strict=True))


@cache
def lines(language: str) -> tuple[str, ...]:
    """All lines of a language, in the order that they share."""
    file = corpus.folder("ntrex") / f"NTREX-128/newstest2019-ref.{FILES[language]}.txt"
    return tuple(line.strip() for line in file.read_text("utf-8").split("\n"))


@cache
def _vectors(language: str, first: int) -> encoder.Vectors:
    return encoder.vectors(lines(language)[:first], encoder.load())


def document(numbers: list[int], language: str, first: int | None = None) -> Outlined:
    """The lines, of the `first` ones or of all, as a text of which they are the units.

    What they are encoded to is worked out once for all documents.
    """
    text = "\n".join(lines(language)[number] for number in numbers)
    units = outline(text, language)
    ends = np.cumsum([len(lines(language)[number]) + 1 for number in numbers])
    places = np.searchsorted(ends, [unit.span[0] for unit in units], side="right")
    vectors = _vectors(language, first or len(lines(language)))[
        [numbers[place] for place in places]
    ]
    return Outlined(text=text, language=language, units=units, vectors=vectors)


def disturbed(language: str, chinese: str, seed: int, most: int | None = None) -> Iterator[Sides]:
    """The first `most` documents in two languages: lines left out and put in, two exchanged on one side."""
    chance = random.Random(seed)
    chosen = documents()[:most]
    for whole in chosen:
        sides = [_disturbed(chance, whole, chosen) for _ in range(2)]
        if len(sides[1]) > 1:
            one, other = chance.sample(range(len(sides[1])), 2)
            sides[1][one], sides[1][other] = sides[1][other], sides[1][one]
        a, b = (
            document(side, tag, chosen[-1].stop)
            for side, tag in zip(sides, (language, chinese), strict=True)
        )
        same = frozenset(
            (row, column)
            for row, x in enumerate(sides[0])
            for column, y in enumerate(sides[1])
            if x == y
        )
        yield Sides(a=a, b=b, same=same)


def _disturbed(chance: random.Random, whole: range, pool: Sequence[range]) -> list[int]:
    kept = [number for number in whole if chance.random() >= _LEFT_OUT] or [whole[0]]
    for _ in range(max(1, round(_PUT_IN * len(kept)))):
        other = chance.choice([each for each in pool if each != whole])
        kept.insert(chance.randrange(len(kept) + 1), chance.choice(other))
    return kept
