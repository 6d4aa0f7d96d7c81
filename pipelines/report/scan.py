"""Whether a witness was recognised from a picture, and which of its letters are misread ones of the base.

A reader of pictures puts as many letters as there are, wrong ones here and there all over the text. A hand at
work changes words and numbers in some places. So single letters in place of single letters, many and in
most of what differs, are a scan; then short runs of as many other letters are misread too. What is a
number on both sides is never taken for misread: that is left for a person to see.
"""

from dataclasses import replace

import numpy as np

from pipelines.report.collation import Edit
from pipelines.report.matching import Matching

_LEAST = 5  # single letters misread
_MANY = 0.004  # of the letters, in so many that short runs are taken for misread as well
_RUN = 4  # other letters of such a run
_LONGEST = 12  # letters of it, with those between that agree by place
NUMERALS = frozenset("〇零一二两三四五六七八九十百千万亿0123456789")


def misread(found: Matching) -> frozenset[Edit]:
    """The edits of a witness that was recognised from a picture; none of another witness."""
    changes = [e for e in found.edits if e.a[0] < e.a[1] and e.b[0] < e.b[1]]
    even = [e for e in changes if _is_even(found, e)]
    single = [e for e in even if e.a[1] - e.a[0] == 1]
    if len(single) < _LEAST or 2 * len(single) <= len(changes):
        return frozenset()
    dense = len(single) >= _MANY * len(found.b.letters)
    return frozenset(even if dense else single)


def _is_even(found: Matching, edit: Edit) -> bool:
    a, b = found.a.letters[slice(*edit.a)], found.b.letters[slice(*edit.b)]
    if len(a) != len(b) or len(a) > _LONGEST:
        return False
    other = sum(x != y for x, y in zip(a, b, strict=True))
    return other <= _RUN and not (set(a) <= NUMERALS and set(b) <= NUMERALS)


def as_meant(found: Matching, wrong: frozenset[Edit]) -> Matching:
    """The matching with each misread letter in the place of the one that it stands for."""
    if not wrong:
        return found
    home, taken = found.home.copy(), found.taken.copy()
    for edit in wrong:
        home[slice(*edit.a)] = np.arange(*edit.b)
        taken[slice(*edit.b)] = True
    return replace(found, home=home, taken=taken)
