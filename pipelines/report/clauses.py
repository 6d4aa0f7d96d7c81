"""Which clauses of the base a translation of one unit has, by meaning and by length.

Clauses of both are aligned in order, as Gale & Church 1993 ("A Program for Aligning Sentences in Bilingual
Corpora") align sentences, with the likeness of vectors beside the lengths: up to three of one with up to
three of the other, or one with none. A clause of the base that is left alone leaves the translation too
short there; whether that is a loss is judged by what the vectors of the rest say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.works.encoder import DIMENSIONS, Encoder, Vectors, vectors

Span = tuple[int, int]
Floats = npt.NDArray[np.float64]

_UNRELATED = 0.3  # likeness that two unrelated clauses reach
_ALONE = 0.06  # cost of a letter that has no counterpart
_LENGTH = 0.5  # cost of a letter whose clause is e times longer or shorter than it should be
_MOST = 3  # clauses of both in one step
_LIST = 10  # clauses of the witness beside one of the base: a list whose items have commas
_SHORT = 12  # letters; a shorter clause goes with its neighbour
_LONG = 48  # letters; a longer clause is cut at the marks of a list, for a part of it may be lost
_CLAUSE = re.compile(r"[^，；。：！？\n]+(?:[，；。：！？]+[”’」』）]*|(?=\n)|\Z)", re.DOTALL)
_ITEM = re.compile(r"(?:[“「『（][^“”「」『』（）\n]*[”」』）]|[^、])+、*")
_LATIN_CLAUSE = re.compile(r"\S.*?(?:[,;:.!?،؛۔]+[\"”’»)]*(?=\s)|(?:\\\\+\s*)+|$|\n)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clauses:
    """The clauses of one unit."""

    text: str
    spans: tuple[Span, ...]
    sizes: Floats  # letters of each; a Han character says two
    vectors: Vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Clauses of the base and those of the witness that say the same; one side may be empty."""

    a: Span  # numbers of clauses, half-open
    b: Span
    likeness: float  # -1..1; 0 where one side is empty


def split(text: str, start: int, end: int) -> tuple[Span, ...]:
    """The clauses of a stretch; a short one is part of its neighbour.

    >>> said = "推动青海与长江流域省区建立联盟，提高钾、镁、锂的利用水平。"
    >>> [said[slice(*span)] for span in split(said, 0, len(said))]
    ['推动青海与长江流域省区建立联盟，', '提高钾、镁、锂的利用水平。']
    """
    wide = sum(_size(c) > 1 for c in text[start:end]) * 3 > end - start
    if not wide:
        return _joined(text, _found(_LATIN_CLAUSE, text, (start, end)))
    found: list[Span] = []
    for clause in _found(_CLAUSE, text, (start, end)):
        long = size(text[slice(*clause)]) > _LONG
        found += _joined(text, _found(_ITEM, text, clause)) if long else [clause]
    return _joined(text, found)


def _found(pattern: re.Pattern[str], text: str, span: Span) -> list[Span]:
    return [each.span() for each in pattern.finditer(text, *span) if each[0].strip()]


def _joined(text: str, pieces: list[Span]) -> tuple[Span, ...]:
    """The pieces, each that is short with the one before it, the first with the one behind."""
    found: list[Span] = []
    for piece in pieces:
        if found and (_short(text, found[-1]) or _short(text, piece)):
            found[-1] = (found[-1][0], piece[1])
        else:
            found.append(piece)
    return tuple(found)


def _short(text: str, span: Span) -> bool:
    return size(text[slice(*span)]) < _SHORT


def size(said: str) -> int:
    """Letters; a Han character, kana or Hangul says two."""
    return sum(map(_size, filter(str.isalnum, said)))


def _size(character: str) -> int:
    return 2 if "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" else 1


def encoded(text: str, units: Sequence[Span], encoder: Encoder) -> tuple[Clauses, ...]:
    """The clauses of each unit with their vectors, all made in one go."""
    spans = [split(text, *unit) for unit in units]
    made = vectors([text[slice(*each)] for unit in spans for each in unit], encoder)
    found, at = [], 0
    for unit in spans:
        sizes = np.array([max(1, size(text[slice(*each)])) for each in unit], np.float64)
        found.append(Clauses(text=text, spans=unit, sizes=sizes, vectors=made[at : at + len(unit)]))
        at += len(unit)
    return tuple(found)


def steps(a: Clauses, b: Clauses, ratio: float) -> tuple[Step, ...]:
    """The best way through both; `ratio` is how much longer the witness's language is, letter by letter."""
    height, width = len(a.spans), len(b.spans)
    sizes_b = b.sizes / ratio
    alone_a, alone_b = (-_ALONE * a.sizes).tolist(), (-_ALONE * sizes_b).tolist()
    tables = [(x, y, table.tolist()) for (x, y), table in _scores(a, b, sizes_b).items()]
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    back = [[(0, 0)] * (width + 1) for _ in range(height + 1)]
    for row in range(height + 1):
        for column in range(width + 1):
            offers = [
                (best[row - x][column - y] + table[row - x][column - y], (x, y))
                for x, y, table in tables
                if row >= x and column >= y
            ]
            if row:
                offers.append((best[row - 1][column] + alone_a[row - 1], (1, 0)))
            if column:
                offers.append((best[row][column - 1] + alone_b[column - 1], (0, 1)))
            if offers:
                best[row][column], back[row][column] = max(offers)
    found: list[Step] = []
    row, column = height, width
    while row or column:
        x, y = back[row][column]
        likeness = _likeness(a, b, (row - x, row), (column - y, column)) if x and y else 0.0
        found.append(Step(a=(row - x, row), b=(column - y, column), likeness=likeness))
        row, column = row - x, column - y
    return tuple(found[::-1])


def _scores(a: Clauses, b: Clauses, sizes_b: Floats) -> dict[tuple[int, int], Floats]:
    """For each kind of step, what it is worth at each place."""
    found = {}
    runs_a, runs_b = _runs(a.vectors, a.sizes, _MOST), _runs(b.vectors, sizes_b, _LIST)
    for x, (vectors_a, lengths_a) in runs_a.items():
        for y, (vectors_b, lengths_b) in runs_b.items():
            if y > _MOST and x > 1:
                continue
            both = (lengths_a[:, None] + lengths_b[None]) / 2
            off = np.log(lengths_b[None] / lengths_a[:, None]) ** 2
            found[x, y] = both * (vectors_a @ vectors_b.T - _UNRELATED - _LENGTH * off)
    return found


def _runs(rows: Vectors, sizes: Floats, most: int) -> dict[int, tuple[Floats, Floats]]:
    """Vectors and sizes of so many clauses in a row."""
    if not len(sizes):
        return {}
    sums = np.concatenate((np.zeros((1, rows.shape[1])), np.cumsum(rows * sizes[:, None], 0)))
    ends = np.concatenate(([0.0], np.cumsum(sizes)))
    return {
        n: (_unit(sums[n:] - sums[:-n]), ends[n:] - ends[:-n])
        for n in range(1, min(most, len(sizes)) + 1)
    }


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), np.float64)


def _likeness(a: Clauses, b: Clauses, part_a: Span, part_b: Span) -> float:
    return float(_mean(a, part_a) @ _mean(b, part_b))


def means(units: Sequence[Clauses]) -> Vectors:
    """A vector for each unit: that of its clauses together, longer ones counting more."""
    if not units:
        return np.zeros((0, DIMENSIONS), np.float32)
    return np.stack([_mean(each, (0, len(each.spans))) for each in units]).astype(np.float32)


def _mean(clauses: Clauses, part: Span) -> Floats:
    weighted = clauses.vectors[slice(*part)] * clauses.sizes[slice(*part), None]
    return _unit(weighted.sum(0))
