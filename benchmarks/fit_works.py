"""Fits the weights of `pipelines.works.pairing` on every other document of NTREX.

    python -m benchmarks.fit_works

Prints the weights as they stand there. `benchmarks.works` measures on the other documents.
"""

import numpy as np
import numpy.typing as npt

from benchmarks.parallel_news import CHINESE, FOREIGN, Sides, disturbed
from pipelines.works.likeness import clues
from pipelines.works.pairing import FIRST, ORDERED, Weights, clues_of, order_of, pairs, weighed

Numbers = npt.NDArray[np.float64]

_RIDGE = 1e-3
_SEED = 7


def main() -> None:
    """Print the weights of both rounds."""
    known = [
        (sides, clues(sides.a, sides.b))
        for chinese in CHINESE
        for language in FOREIGN
        for place, sides in enumerate(disturbed(language, chinese, _SEED))
        if place % 2 == 0
    ]
    truth = np.concatenate([_truth(sides) for sides, _ in known])
    tables = [np.stack([c.ravel() for c in clues_of(each)[:-1]], 1) for _, each in known]
    first = fit(np.concatenate(tables), truth)
    alone = Weights(start=first[-1], clues=tuple(first[:-1]), order=(0.0,) * len(ORDERED.order))
    for place, (_, each) in enumerate(known):
        odds = weighed(each, alone)
        order = clues_of(order_of(pairs(odds, FIRST), odds.shape))
        tables[place] = np.column_stack([tables[place], *(clue.ravel() for clue in order)])
    second = fit(np.concatenate(tables), truth)
    print("alone", first.round(2).tolist())
    print("ordered", second.round(2).tolist())


def fit(table: Numbers, truth: Numbers) -> Numbers:
    """The weight of each column and, last, of 1: logistic ridge, by Newton."""
    table = np.column_stack([table, np.ones(len(table))])
    at = np.zeros(table.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-table @ at))
        slope = table.T @ (truth - chance) - _RIDGE * at
        bend = (table.T * (chance * (1 - chance))) @ table + _RIDGE * np.eye(len(at))
        at += np.linalg.solve(bend, slope)
    return at


def _truth(sides: Sides) -> Numbers:
    matrix = np.zeros((len(sides.a.units), len(sides.b.units)))
    for row, column in sides.same:
        matrix[row, column] = 1
    return matrix.ravel()


if __name__ == "__main__":
    main()
