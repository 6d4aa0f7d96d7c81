"""Two texts unit by unit: what speaks for and against two units saying the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipelines.normal_form import normalise
from pipelines.works import encoder
from pipelines.works.numbers import numbers
from pipelines.works.outline import MOST_UNITS, Unit, outline
from pipelines.works.terms import terms

Matrix = npt.NDArray[np.float64]  # a row for each unit of one text, a column for each of the other

_HAN_GRAM, _OTHER_GRAM = 2, 4  # characters of the normal form
_BINS = 4096  # that k-grams are counted in: two foreign units share a few by chance
_WITHIN = 0.9  # what a unit that lies wholly in a longer one counts; 1.0 would be the same text
_LEAST_WITHIN = 8  # k-grams of a unit below which lying in another one says nothing
_PULL = 3.0  # units whose weight the middle of all texts has against that of a short text's own
_FEW_TERMS = 3.0  # weight of terms that a unit has besides its own: one in common is little
_BACKGROUND = 0.15  # likeness of two units that have nothing to do with each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlined:
    """A text with its units, and their vectors where its language has some."""

    text: str
    language: str  # BCP 47
    units: tuple[Unit, ...]
    vectors: encoder.Vectors | None = field(default=None, compare=False, repr=False)

    def said(self, unit: Unit) -> str:
        """The characters of one of the units."""
        return self.text[slice(*unit.span)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What is known of every two units; each matrix has a row for each unit of the first text."""

    alike: Matrix  # about 0..1: cosine of vectors; of letters within a language; of terms without vectors
    ahead_in_row: Matrix  # how far it is ahead of the best other unit of the second text
    ahead_in_column: Matrix  # how far it is ahead of the best other unit of the first
    longer: Matrix  # 0..2: |log| of how much longer one is than the other texts would have it
    numbers_shared: Matrix  # 1 where both have numbers and share one
    numbers_apart: Matrix  # 1 where both have numbers and share none
    centred: Matrix  # -1..1: `alike` without what all units of a text have in common
    same_place: Matrix  # 1 where both are numbered and stand at the same place of the tree


def outlined(text: str, language: str, *, encode: bool = True, most: int = MOST_UNITS) -> Outlined:
    """The text with its first `most` units; with `encode`, their vectors, where there can be any."""
    units = outline(text, language)[:most]
    made: encoder.Vectors | None = None
    if encode and encoder.knows(language) and encoder.is_there():
        made = encoder.vectors([text[slice(*u.span)] for u in units], encoder.load())
    return Outlined(text=text, language=language, units=units, vectors=made)


def same_language(a: Outlined, b: Outlined) -> bool:
    """Whether the letters of the two texts can be compared; the scripts of Chinese are one."""
    return a.language.partition("-")[0] == b.language.partition("-")[0]


def by_terms(a: Outlined, b: Outlined) -> bool:
    """Whether nothing better than numbers, names and a dictionary can compare the two texts."""
    return not same_language(a, b) and (a.vectors is None or b.vectors is None)


def clues(a: Outlined, b: Outlined) -> Clues:
    """Everything that can be compared of the units of two texts."""
    encoder.one_thread()
    texts_a, texts_b = ([one.said(unit) for unit in one.units] for one in (a, b))
    if same_language(a, b):
        alike = centred = _letters(texts_a, texts_b)
    elif a.vectors is None or b.vectors is None:
        alike = centred = _terms((texts_a, a.language), (texts_b, b.language))
    else:
        alike = (a.vectors @ b.vectors.T).astype(np.float64)
        centred = (_centred(a.vectors) @ _centred(b.vectors).T).astype(np.float64)
    shared, apart = _numbers(texts_a, texts_b)
    return Clues(
        alike=alike,
        centred=centred,
        ahead_in_row=_ahead(alike),
        ahead_in_column=_ahead(alike.T).T,
        longer=_longer(texts_a, texts_b),
        numbers_shared=shared,
        numbers_apart=apart,
        same_place=_same_place(a.units, b.units),
    )


def _centred(vectors: encoder.Vectors) -> encoder.Vectors:
    """The vectors without their mean, which is what the language and the topic have in all of them."""
    moved = vectors - vectors.mean(axis=0) * (len(vectors) / (len(vectors) + _PULL))
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.maximum(lengths, 1e-6), np.float32)


def _ahead(alike: Matrix) -> Matrix:
    """For each place of a row, how far it is ahead of the best other one."""
    if alike.shape[1] < 2:
        return alike - _BACKGROUND
    two = np.sort(alike, axis=1)[:, -2:]
    best, second = two[:, 1:], two[:, :1]
    return np.asarray(alike - np.maximum(np.where(alike >= best, second, best), _BACKGROUND))


def _longer(texts_a: Sequence[str], texts_b: Sequence[str]) -> Matrix:
    long_a, long_b = (np.log([len(text) for text in texts]) for texts in (texts_a, texts_b))
    usual = (long_a.mean() - long_b.mean()) if len(long_a) and len(long_b) else 0.0
    return np.minimum(np.abs(long_a[:, None] - long_b[None, :] - usual), 2.0)


def _numbers(texts_a: Sequence[str], texts_b: Sequence[str]) -> tuple[Matrix, Matrix]:
    """Where two units share a number, and where they have numbers and share none."""
    sets_a, sets_b = ([numbers(text) for text in texts] for texts in (texts_a, texts_b))
    common = {value for one in sets_a for value in one} & {v for one in sets_b for v in one}
    column = {value: place for place, value in enumerate(sorted(common))}

    def held(sets: Sequence[frozenset[str]]) -> npt.NDArray[np.float32]:
        table = np.zeros((len(sets), len(column)), np.float32)
        for row, one in enumerate(sets):
            table[row, [column[value] for value in one if value in column]] = 1
        return table

    shared = (held(sets_a) @ held(sets_b).T) > 0
    any_a, any_b = (np.array([bool(one) for one in sets], bool) for sets in (sets_a, sets_b))
    both = any_a[:, None] & any_b[None, :]
    return shared.astype(np.float64), (both & ~shared).astype(np.float64)


def _same_place(units_a: Sequence[Unit], units_b: Sequence[Unit]) -> Matrix:
    names_a, names_b = (
        np.array([_place(unit, at) for unit in units])
        for units, at in ((units_a, "a"), (units_b, "b"))
    )
    return np.asarray(names_a[:, None] == names_b[None, :], np.float64).reshape(
        len(units_a), len(units_b)
    )


def _place(unit: Unit, text: str) -> str:
    """The path of a unit of the tree; of others, a name that none of the other text has."""
    counted = unit.path.startswith(("p.", "front.", "back."))
    return f"{text} {unit.path}" if counted else unit.path


def _letters(texts_a: Sequence[str], texts_b: Sequence[str]) -> Matrix:
    """How much of the letters two units share: cosine of their k-grams, rare ones counting more."""
    bags = _bags([*texts_a, *texts_b])
    held = (bags > 0).sum(axis=0)
    bags *= np.sqrt(np.log(1 + len(bags) / np.maximum(held, 1)))
    bags_a, bags_b = bags[: len(texts_a)], bags[len(texts_a) :]
    squares_a, squares_b = ((one**2).sum(axis=1) for one in (bags_a, bags_b))
    product = (bags_a @ bags_b.T).astype(np.float64)
    cosine = product / np.maximum(np.sqrt(np.outer(squares_a, squares_b)), 1e-9)
    least = np.minimum(squares_a[:, None], squares_b[None, :])
    long = np.minimum.outer(*((one > 0).sum(axis=1) for one in (bags_a, bags_b))) >= _LEAST_WITHIN
    within = np.where(long, _WITHIN * np.minimum(1.0, product / np.maximum(least, 1e-9)), 0.0)
    return np.asarray(np.minimum(1.0, np.maximum(cosine, within)))


def _terms(side_a: tuple[Sequence[str], str], side_b: tuple[Sequence[str], str]) -> Matrix:
    """How much of the terms that the two texts have in common two units share, rare ones counting more."""
    sets_a, sets_b = ([terms(text, tag) for text in texts] for texts, tag in (side_a, side_b))
    held_a, held_b = (Counter(term for one in sets for term in one) for sets in (sets_a, sets_b))
    column = {term: place for place, term in enumerate(held_a.keys() & held_b.keys())}
    share = [max(held_a[term] / len(sets_a), held_b[term] / len(sets_b)) for term in column]
    weights = np.log1p(1 / np.array(share, np.float64))

    def table(sets: Sequence[frozenset[str]]) -> Matrix:
        held = np.zeros((len(sets), len(column)))
        for row, one in enumerate(sets):
            held[row, [column[term] for term in one if term in column]] = 1
        return held

    table_a, table_b = table(sets_a), table(sets_b)
    sums_a, sums_b = (one @ weights + _FEW_TERMS for one in (table_a, table_b))
    return np.asarray((table_a * weights) @ table_b.T / np.sqrt(np.outer(sums_a, sums_b)))


def _bags(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """For each text how often each k-gram of its normal form occurs, by the bin of its hash."""
    table = np.zeros((len(texts), _BINS), np.float32)
    for row, text in enumerate(texts):
        codes = np.frombuffer(normalise(text).text.encode("utf-32-le"), "<u4").astype(np.uint64)
        wide = ((codes >= 0x3040) & (codes <= 0x9FFF)).mean() > 0.5 if len(codes) else False
        size = min(len(codes), _HAN_GRAM if wide else _OTHER_GRAM)
        if not size:
            continue
        grams = np.zeros(len(codes) - size + 1, np.uint64)
        for place in range(size):
            grams = grams * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + len(grams)]
        mixed = (grams ^ (grams >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        bins = (mixed >> np.uint64(40)) % np.uint64(_BINS)
        table[row] = np.bincount(bins.astype(np.int64), minlength=_BINS)
    return table
