"""Which letters of the base a witness of the same language has, once and again.

The collation finds what stands in the order of the base. What it leaves over on the witness's side is
looked for everywhere in the base: there it is a section in another place, or said twice.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.report.collation import Block, Collation, Edit, collate, collation
from pipelines.report.form import PAUSE, STOP, Form, cut

_GRAM = 10  # letters of a stretch that is looked up; a Han character says two
_LEAST = 12  # letters of a stretch that repeats the base: less is chance
_OVERHANG = 3  # letters behind a clause that the base happens to have there too
_FEW = 1000  # letters that are looked up one by one in the base; no source
_OFTEN = 40  # places of one gram that are looked at; a phrase that is more common tells nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Letters of the witness that say again what it has already said."""

    a: tuple[int, int]  # in the base
    b: tuple[int, int]  # in the witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Where each letter of the base stands in the witness, and what is left over on either side."""

    a: Form
    b: Form
    home: npt.NDArray[np.int64]  # for each letter of the base, that of the witness; -1 for none
    taken: npt.NDArray[np.bool_]  # letters of the witness that are the base's, copies included
    copies: tuple[Copy, ...]
    moved: tuple[Copy, ...]  # out of the base's order
    edits: tuple[Edit, ...]  # what is left over, in the order of the witness
    collated: tuple[Edit, ...]  # what differs in order, before anything was found elsewhere

    def lost(self, start: int, end: int) -> list[tuple[int, int]]:
        """The runs of base letters start to end that the witness has not."""
        return _runs(self.home[start:end] < 0, start)


def match(a: Form, b: Form) -> Matching:
    """The letters of the base `a` in the witness `b`."""
    found = _with_whole_clauses(a, b, collate(a, b))
    home = np.full(len(a.letters), -1, np.int64)
    taken = np.zeros(len(b.letters), np.bool_)
    for x, y, n in found.blocks:
        home[x : x + n] = np.arange(y, y + n)
        taken[y : y + n] = True
    copies, moved = _again(a, b, found, home, taken)
    return Matching(
        a=a,
        b=b,
        home=home,
        taken=taken,
        copies=tuple(copies),
        moved=tuple(moved),
        edits=tuple(_left(found, home, taken)),
        collated=found.edits,
    )


def _with_whole_clauses(a: Form, b: Form, found: Collation) -> Collation:
    """The collation without pieces of clauses that the base has whole in another place.

    A heading that is said twice would else be torn up and matched with a passage that is only like it.
    """
    torn = sorted({edge for edit in found.edits for edge in edit.b})
    blocks = list(found.blocks)
    for start, end in cut(b, PAUSE):
        first = bisect_left(torn, start)
        inside = first < len(torn) and torn[first] <= end
        if not inside or b.weight(start, end) < _LEAST or _is_one(blocks, start, end):
            continue
        place = a.letters.find(b.letters[start:end])
        if place >= 0 and a.breaks[place] >= PAUSE and a.breaks[place + end - start] >= PAUSE:
            blocks = list(_outside(blocks, start, end))
    return found if tuple(blocks) == found.blocks else collation(a, b, blocks)


def _is_one(blocks: list[Block], start: int, end: int) -> bool:
    """Whether the witness's letters start to end are within one block."""
    place = bisect_right(blocks, start, key=lambda block: block[1]) - 1
    return place >= 0 and blocks[place][1] + blocks[place][2] >= end


def _outside(blocks: list[Block], start: int, end: int) -> Iterator[Block]:
    """The blocks without the witness's letters start to end."""
    for x, y, n in blocks:
        if y < min(start, y + n):
            yield x, y, min(start, y + n) - y
        if max(y, end) < y + n:
            skipped = max(0, end - y)
            yield x + skipped, y + skipped, n - skipped


def _again(
    a: Form,
    b: Form,
    found: Collation,
    home: npt.NDArray[np.int64],
    taken: npt.NDArray[np.bool_],
) -> tuple[list[Copy], list[Copy]]:
    """What the collation left over and the base has all the same: copies, and passages moved."""
    wanted = [edit for edit in found.edits if b.weight(*edit.b) >= _LEAST]
    copies: list[Copy] = []
    moved: list[Copy] = []
    if not wanted:
        return copies, moved
    grams = _Grams(a, sum(edit.b[1] - edit.b[0] for edit in wanted))
    for edit in wanted:
        for start, place, size in _repeats(a, b, edit, grams, home):
            there = Copy(a=(start, start + size), b=(place, place + size))
            free = home[start : start + size] < 0
            inside = edit.a[0] <= start < edit.a[1]
            taken[place : place + size] = True
            if 2 * int(free.sum()) < size or not (inside or _is_passage(a, b, there)):
                copies.append(there)
                continue
            home[start : start + size][free] = np.arange(place, place + size)[free]
            if not inside:
                moved.append(there)
    return copies, moved


def _is_passage(a: Form, b: Form, there: Copy) -> bool:
    """Whether it is whole sentences or lines of the base; less is a phrase that is quoted."""
    whole = a.breaks[there.a[0]] >= PAUSE and a.breaks[there.a[1]] >= STOP
    return bool(whole and stands_alone(b, *there.b))


def _size_of_gram(spoken: Form, place: int) -> int:
    wide = spoken.weight(place, place + 1) > 1
    return _GRAM // 2 if wide else _GRAM


class _Grams:
    """Where each gram of the base begins: looked up where few are wanted, else indexed once."""

    def __init__(self, a: Form, wanted: int) -> None:
        self._letters = a.letters
        self._index: dict[str, list[int]] | None = None
        if wanted > _FEW:
            self._index = defaultdict(list)
            for place in range(len(a.letters)):
                self._index[a.letters[place : place + _size_of_gram(a, place)]].append(place)

    def places(self, gram: str) -> list[int]:
        """The first places of the gram, in order."""
        if self._index is not None:
            return self._index.get(gram, [])[:_OFTEN]
        found: list[int] = []
        place = self._letters.find(gram)
        while place >= 0 and len(found) < _OFTEN:
            found.append(place)
            place = self._letters.find(gram, place + 1)
        return found


def _repeats(
    a: Form, b: Form, edit: Edit, grams: _Grams, home: npt.NDArray[np.int64]
) -> Iterator[tuple[int, int, int]]:
    """(place in the base, in the witness, letters) of what the edit's side of the witness repeats."""
    place, end = edit.b
    while place < end:
        gram = b.letters[place : min(end, place + _size_of_gram(b, place))]
        best = max(
            (_judged(a, b, (start, place, end), edit, home) for start in grams.places(gram)),
            default=None,
        )
        if best is None or best[0] < _LEAST:
            place += 1
            continue
        yield best[3], place, best[4]
        place += best[4]


def _judged(
    a: Form, b: Form, at: tuple[int, int, int], edit: Edit, home: npt.NDArray[np.int64]
) -> tuple[int, bool, bool, int, int]:
    """How good a place in the base is: size, whether it is free, near, then the place and letters."""
    start, place, end = at
    size = 0
    room = min(end - place, len(a.letters) - start)
    while size < room and a.letters[start + size] == b.letters[place + size]:
        size += 1
    near = edit.a[0] <= start < edit.a[1]
    while size and not _may_end(a, b, start + size, place + size):
        size -= 1
    size = _to_clause(b, place, size)
    free = bool(size) and home[start] < 0
    return a.weight(start, start + size), free, near, start, size


def _to_clause(b: Form, place: int, size: int) -> int:
    """The size without one or two words by which a repeated clause seems longer than it is."""
    for less in range(min(_OVERHANG, size // 4) + 1):
        if b.breaks[place + size - less] >= PAUSE:
            return size - less
    return size


def _may_end(a: Form, b: Form, x: int, y: int) -> bool:
    """Whether a repeated stretch may end there: not within a word."""
    before = (a, x), (b, y)
    return all(spoken.breaks[at] > 0 or spoken.weight(at - 1, at) > 1 for spoken, at in before)


def _left(
    found: Collation, home: npt.NDArray[np.int64], taken: npt.NDArray[np.bool_]
) -> Iterator[Edit]:
    """The edits without what was found elsewhere; one whose sides were split gives several."""
    for edit in found.edits:
        lost = _runs(home[slice(*edit.a)] < 0, edit.a[0])
        added = _runs(~taken[slice(*edit.b)], edit.b[0])
        if len(lost) == 1 and len(added) == 1 and lost[0] == edit.a and added[0] == edit.b:
            yield edit
            continue
        yield from (Edit(a=run, b=(edit.b[0], edit.b[0])) for run in lost)
        yield from (Edit(a=(edit.a[0], edit.a[0]), b=run) for run in added)


def _runs(mask: npt.NDArray[np.bool_], start: int) -> list[tuple[int, int]]:
    """The stretches of a mask that are set, counted from `start`."""
    padded = np.concatenate(([False], mask, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded)) + start
    return [(int(x), int(y)) for x, y in zip(edges[::2], edges[1::2], strict=True)]


def stands_alone(spoken: Form, start: int, end: int) -> bool:
    """Whether letters start to end are a clause or a line of their own."""
    return bool(spoken.breaks[start] >= PAUSE and spoken.breaks[end] >= PAUSE)
