"""Which clauses without a counterpart are lost: a probability for each, from what the rest says.

An alignment leaves a clause alone for two reasons: the witness has not got it, or says it in other words
within another clause. Six clues tell the two apart. The weights are a logistic regression on translations
from which clauses had been deleted (benchmarks/reports.py makes the like): eight languages, none of which
was judged by weights that had seen it: recall .72 and precision .89 at 0.5.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.report.clauses import Clauses, Floats, Step

CLAIMED = 0.55  # probability from which a loss is claimed; the fit saw more losses than texts have
SHOWN = 0.3  # from which it is shown for a person to judge
_LEAST = 8  # letters of a clause whose loss can be told

_START = -3.596
_NEAREST = -0.713  # likeness of what in the witness is most like the clause
_OTHERS = 3.483  # how much more another clause of the base is like that
_WITHOUT = 34.645  # how much nearer the units come when the clause is left out
_SHORTER = -1.353  # log of the witness's length by that of the base
_THEN = -0.272  # the same without the clause
_SIZE = 0.316  # log of its letters
_SHARE = 17.631  # of the unit's letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A clause of the base that the witness seems not to have."""

    clause: int
    before: int  # number of the witness's clause behind which it would stand, -1 for none
    probability: float  # 0..1


def losses(a: Clauses, b: Clauses, found: tuple[Step, ...], ratio: float) -> tuple[Loss, ...]:
    """The clauses of `a` that no step gives a counterpart, each with its probability of being lost.

    A unit of one clause has its counterpart in the unit that it is paired with.
    """
    if len(a.spans) < 2 or not len(b.spans):
        return ()
    windows = _windows(b)
    return tuple(
        Loss(
            clause=clause,
            before=step.b[0] - 1,
            probability=_probability(a, b, clause, windows, ratio),
        )
        for step in found
        if step.b[0] == step.b[1]
        for clause in range(*step.a)
        if a.sizes[clause] >= _LEAST
    )


def _windows(b: Clauses) -> Floats:
    """Vectors of one, two and three clauses in a row."""
    rows = b.vectors.astype(np.float64)
    runs = [
        sum(rows[at : len(rows) - length + 1 + at] for at in range(length))
        for length in (1, 2, 3)
        if len(rows) >= length
    ]
    every = np.concatenate(runs)
    return np.asarray(every / np.maximum(np.linalg.norm(every, axis=1, keepdims=True), 1e-9))


def _probability(a: Clauses, b: Clauses, clause: int, windows: Floats, ratio: float) -> float:
    others = [place for place in range(len(a.spans)) if place != clause]
    likeness = a.vectors.astype(np.float64) @ windows.T
    column = int(likeness[clause].argmax())
    nearest = float(likeness[clause, column])
    rival = float(likeness[others, column].max()) if others else 0.0
    whole = _sum(a, [*others, clause]) @ _sum(b, range(len(b.spans)))
    rest = _sum(a, others) @ _sum(b, range(len(b.spans))) if others else 0.0
    length, size = a.sizes.sum(), a.sizes[clause]
    own = b.sizes.sum() / ratio
    odds = (
        _START
        + _NEAREST * nearest
        + _OTHERS * (rival - nearest)
        + _WITHOUT * (rest - whole)
        + _SHORTER * np.log(own / length)
        + _THEN * np.log(own / max(1.0, length - size))
        + _SIZE * np.log(size)
        + _SHARE * size / length
    )
    return float(1 / (1 + np.exp(-odds)))


def _sum(clauses: Clauses, places: "range | list[int]") -> Floats:
    """The direction of some clauses together, longer ones counting more."""
    chosen = list(places)
    total = (clauses.vectors[chosen] * clauses.sizes[chosen, None]).sum(0)
    return np.asarray(total / max(1e-9, float(np.linalg.norm(total))), np.float64)
