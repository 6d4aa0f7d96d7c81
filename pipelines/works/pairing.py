"""The units of two texts side by side: in order as far as they are, out of it where they moved.

Each two units get the log-odds of saying the same, from their clues alone; the best ones are paired, the
longest chain of pairs that ascends in both texts is taken for the order, and the log-odds are worked out
again with what the order says. Pairs against the order are found where their clues are strong enough.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pipelines.works.likeness import Clues, Matrix, Outlined, by_terms, clues
from pipelines.works.outline import Unit

VERSION = "2"

Places = tuple[int, int]  # of a unit in the first text, in the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each clue adds to the log-odds that two units say the same."""

    start: float
    clues: tuple[float, ...]  # in the order of `Clues`, but for its last one
    order: tuple[float, ...]  # in the order of `Order`


# By logistic regression on every other document of NTREX, eight languages against Chinese, a quarter of
# the lines left out, foreign ones put in, two exchanged: benchmarks/fit_works.py. What they reach on
# the other documents is in docs/works.md.
ALONE = Weights(
    start=-2.96, clues=(-1.57, 13.88, 12.13, -2.9, 1.19, -2.08, 8.19), order=(0.0, 0.0, 0.0)
)
ORDERED = Weights(
    start=-4.5,
    clues=(-2.15, 13.54, 8.47, -2.85, 1.18, -2.37, 9.5),
    order=(2.43, -0.04, 0.41),
)
# The same with no vectors, by terms: numbers, names and a dictionary.
TERMS_ALONE = Weights(
    start=0.5, clues=(-1.13, 7.84, 5.67, -4.22, 1.26, -0.53, -1.13), order=(0.0, 0.0, 0.0)
)
TERMS_ORDERED = Weights(
    start=1.07,
    clues=(-1.03, 7.67, 5.0, -4.05, 0.89, -0.98, -1.03),
    order=(0.84, -0.61, 1.05),
)
_SAME_PLACE = 1.0  # the same number in both trees; news has none, so this is no fitted one
PAIRED = -1.5  # log-odds from which two units are paired: each is in the other's way besides
FIRST = 0.0  # the same for the pairs that tell the order
_FARTHEST = 4.0  # units off the line beyond which it makes no difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A unit of one text and the unit of the other that says the same; None where there is none."""

    a: Unit | None
    b: Unit | None
    score: float  # 0..1, of the two saying the same; 0 for a unit that stands alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the pairs around two units say about them."""

    between: Matrix  # 1 where both stand between the same two pairs
    off_line: Matrix  # 0..4 units away from where the pairs around it would have it
    neighbours: Matrix  # how many of the units before and behind are paired: 0, 1, 2


def align(a: Outlined, b: Outlined) -> tuple[Pair, ...]:
    """Every unit of both texts once, in the order of `a`; one of `b` alone follows what it follows there."""
    odds = log_odds(a, b, clues(a, b))
    partner = _headed(a, b, dict(pairs(odds, PAIRED)))
    origin = {column: row for row, column in partner.items()}
    found: list[Pair] = []
    lonely = [place for place in range(len(b.units)) if place not in origin]
    behind: dict[int, list[Unit]] = {}
    for place in lonely:
        before = next((origin[at] for at in range(place - 1, -1, -1) if at in origin), -1)
        behind.setdefault(before, []).append(b.units[place])
    found += [Pair(a=None, b=unit, score=0.0) for unit in behind.get(-1, ())]
    for row, unit in enumerate(a.units):
        column = partner.get(row)
        if column is None:
            found.append(Pair(a=unit, b=None, score=0.0))
        else:
            score = float(1 / (1 + np.exp(-odds[row, column])))
            found.append(Pair(a=unit, b=b.units[column], score=score))
        found += [Pair(a=None, b=other, score=0.0) for other in behind.get(row, ())]
    return tuple(found)


def _headed(a: Outlined, b: Outlined, partner: dict[int, int]) -> dict[int, int]:
    """The same with headings paired as what stands under them is: a few words of their own tell little."""
    places_a, places_b = ({unit.path: at for at, unit in enumerate(one.units)} for one in (a, b))
    under: dict[str, Counter[str]] = {}
    for row, column in partner.items():
        above, over = (unit.path.rpartition(".")[0] for unit in (a.units[row], b.units[column]))
        if above in places_a and over in places_b:
            under.setdefault(above, Counter())[over] += 1
    likely = {
        above: over.most_common(1)[0][0]
        for above, over in under.items()
        if over.most_common(1)[0][1] * 2 > over.total() and over.total() > 1
    }
    moved = {
        places_a[above]: places_b[over]
        for above, over in likely.items()
        if list(likely.values()).count(over) == 1
    }
    kept = {
        row: column
        for row, column in partner.items()
        if row not in moved and column not in moved.values()
    }
    return kept | moved


def log_odds(a: Outlined, b: Outlined, known: Clues) -> Matrix:
    """The log-odds that two units of the texts say the same, for each two, by what is known of them."""
    first, second = (TERMS_ALONE, TERMS_ORDERED) if by_terms(a, b) else (ALONE, ORDERED)
    alone = weighed(known, first)
    order = order_of(pairs(alone, FIRST), alone.shape)
    ordered = weighed(known, second)
    for clue, weight in zip(clues_of(order), second.order, strict=True):
        ordered += weight * clue
    return ordered


def pairs(odds: Matrix, least: float) -> list[Places]:
    """Rows and columns with at least these log-odds, each in one pair at most; by row.

    The best ones come first; then a pair is broken up where its two ends are worth more in two others.
    """
    found: list[Places] = []
    rows: set[int] = set()
    columns: set[int] = set()
    likely = np.argwhere(odds >= least)
    for row, column in likely[np.argsort(-odds[odds >= least], kind="stable")].tolist():
        if row not in rows and column not in columns:
            found.append((row, column))
            rows.add(row)
            columns.add(column)
    return _broken_up(odds - least, found)


def _broken_up(worth: Matrix, found: Sequence[Places]) -> list[Places]:
    """The pairs with a greater sum of what they are worth, if breaking up a single one gives that."""
    column_of = dict(found)
    row_of = {column: row for row, column in found}
    waiting = [row for row in range(len(worth)) if row not in column_of]
    for row in waiting:
        best, change = 0.0, (-1, -1)
        for column in np.flatnonzero(worth[row] >= 0).tolist():
            other = row_of[column]
            free = [c for c in np.flatnonzero(worth[other] >= 0).tolist() if c not in row_of]
            second = max(free, key=lambda c: worth[other, c], default=-1)
            if second >= 0:
                gain = worth[row, column] + worth[other, second] - worth[other, column]
                best, change = max((best, change), (float(gain), (column, second)))
        if best > 0:
            column, second = change
            other = row_of[column]
            column_of |= {row: column, other: second}
            row_of |= {column: row, second: other}
    return sorted(column_of.items())


def weighed(known: Clues, weights: Weights) -> Matrix:
    """The log-odds by the clues of each two units alone."""
    *fitted, same_place = clues_of(known)
    total = np.full(known.alike.shape, weights.start) + _SAME_PLACE * same_place
    for clue, weight in zip(fitted, weights.clues, strict=True):
        total += weight * clue
    return total


def clues_of(known: Clues | Order) -> tuple[Matrix, ...]:
    """The matrices in the order of their fields."""
    return tuple(getattr(known, each.name) for each in fields(known))


def order_of(found: Sequence[Places], shape: tuple[int, ...]) -> Order:
    """What the pairs say of every place, each seen without the pair of its own row."""
    height, width = shape
    chain = [(-1, -1), *_ascending(found), (height, width)]
    firsts = [row for row, _ in chain]
    between, off_line = np.zeros(shape), np.zeros(shape)
    columns = np.arange(width)
    for row in range(height):
        place = bisect_left(firsts, row)
        low, high = chain[place - 1], chain[place + (firsts[place] == row)]
        between[row] = (columns > low[1]) & (columns < high[1])
        line = low[1] + (high[1] - low[1]) * (row - low[0]) / (high[0] - low[0])
        off_line[row] = np.minimum(np.abs(columns - line), _FARTHEST)
    near = np.zeros((height + 2, width + 2))
    for row, column in found:
        near[row + 2, column + 2] += 1
        near[row, column] += 1
    return Order(between=between, off_line=off_line, neighbours=near[1:-1, 1:-1])


def _ascending(found: Sequence[Places]) -> list[Places]:
    """The longest chain of pairs that ascends in both texts (Schensted 1961); `found` ascends by row."""
    ends: list[int] = []  # the least last column of a chain of each length
    last: list[int] = []  # its pair
    before: list[int] = []
    for index, (_, column) in enumerate(found):
        place = bisect_left(ends, column)
        before.append(last[place - 1] if place else -1)
        ends[place : place + 1], last[place : place + 1] = [column], [index]
    chain: list[Places] = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(found[at])
        at = before[at]
    return chain[::-1]
