"""A main text as it is compared: its letters alone, each with its place, and where units of it end.

The letters are those of the normal form, so that width, case, script, tags, glosses and damage that
can be read are out of the comparison; what stands between them is looked at afterwards.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from archive.records import Repair
from pipelines.characters import table
from pipelines.normal_form import normalise
from pipelines.repair import repaired

Span = tuple[int, int]

_STOP = re.compile(r"[。！？；!?;…｡]|[.](?=[\s\"'”’»)\]（(]|$)")
_PAUSE = re.compile(r"[，、,：:—–“”‘’\"'()（）《》<>「」『』\[\]【】·]")
NEWLINE, STOP, PAUSE, SPACE, NONE = 4, 3, 2, 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The letters of a main text, with the place of each."""

    main: str
    letters: str
    starts: npt.NDArray[np.int64]  # of each letter in `main`
    ends: npt.NDArray[np.int64]
    # What stands before each letter: NONE to NEWLINE; one more at the end.
    breaks: npt.NDArray[np.int8]
    # Letters up to each place; a Han character, kana, Hangul says two.
    weights: npt.NDArray[np.int64]

    def span(self, start: int, end: int) -> Span:
        """The characters of the main text behind the letters start to end; empty for none."""
        if start < end:
            return int(self.starts[start]), int(self.ends[end - 1])
        place = int(self.ends[start - 1]) if start else 0
        return place, place

    def whole(self, start: int, end: int) -> Span:
        """The same with the marks and glosses that belong to it on either side."""
        first, last = self.span(start, end)
        lower = int(self.ends[start - 1]) if start else 0
        upper = int(self.starts[end]) if end < len(self.letters) else len(self.main)
        while first > lower and self.main[first - 1] in _OPENING:
            first -= 1
        return first, last + len(_closing(self.main[last:upper]))

    def weight(self, start: int, end: int) -> int:
        """Size of the letters start to end."""
        return int(self.weights[end] - self.weights[start])

    def at(self, place: int) -> int:
        """The number of letters that begin before the place in the main text."""
        return int(np.searchsorted(self.starts, place))


_OPENING = frozenset("“‘「『《〈（(【[\"'«¿¡")
_CLOSING = re.compile(r"(?:\s*[(（][^()（）\s]{1,9}[)）])?[^\w\s“‘「『《〈（(【\[«¿¡]*")
_PINYIN = re.compile(r"\s*[(（][a-zà-ǿ\u0300-\u030c\s]{1,12}[)）]")


def _closing(between: str) -> str:
    """What of the characters between two letters belongs to the first."""
    gloss = _PINYIN.match(between)
    length = gloss.end() if gloss else 0
    marks = _CLOSING.match(between, length)
    return between[: marks.end() if marks else length]


def form(main: str, repairs: Sequence[Repair] = ()) -> Form:
    """The form of a main text, read with its repairs."""
    read = repaired(main, repairs)
    normal = normalise(read)
    inner = np.frombuffer(normal.offsets, np.uint32).astype(np.int64)
    first, last = _origins(main, repairs, len(read))
    codes = np.frombuffer(normal.text.encode("utf-32-le"), "<u4")
    weights = np.concatenate(([0], np.cumsum(1 + table().wide[codes].astype(np.int64))))
    return Form(
        main=main,
        letters=normal.text,
        starts=first[inner],
        ends=last[inner],
        breaks=_breaks(read, inner),
        weights=weights,
    )


def _origins(
    main: str, repairs: Sequence[Repair], length: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each character of the repaired text, the start and end in `main` of what it was read from."""
    if not repairs:
        places = np.arange(length, dtype=np.int64)
        return places, places + 1
    first: list[npt.NDArray[np.int64]] = []
    last: list[npt.NDArray[np.int64]] = []
    at = 0
    for repair in [*repairs, Repair(kind="markup", start=len(main), end=len(main), reading="")]:
        kept = np.arange(at, repair.start, dtype=np.int64)
        stands = _spread(repair)
        first += [kept, stands[0]]
        last += [kept + 1, stands[1]]
        at = repair.end
    return np.concatenate(first), np.concatenate(last)


def _spread(repair: Repair) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Starts and ends for the characters of a reading: side by side where there are as many."""
    size = len(repair.reading)
    if size and size == repair.end - repair.start:
        places = np.arange(repair.start, repair.end, dtype=np.int64)
        return places, places + 1
    return np.full(size, repair.start, np.int64), np.full(size, repair.end, np.int64)


def _breaks(read: str, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """What stands before each letter, and behind the last."""
    breaks = np.zeros(len(places) + 1, np.int8)
    breaks[0] = breaks[-1] = NEWLINE
    for letter in np.flatnonzero(np.diff(places) > 1).tolist():
        between = read[places[letter] + 1 : places[letter + 1]]
        breaks[letter + 1] = _strength(between)
    return breaks


def _strength(between: str) -> int:
    if "\n" in between:
        return NEWLINE
    if _STOP.search(between + " "):
        return STOP
    if _PAUSE.search(between):
        return PAUSE
    return SPACE if between.strip() != between else NONE


def cut(spoken: Form, least: int, start: int = 0, end: int | None = None) -> list[Span]:
    """The stretches of letters between breaks of at least that strength."""
    last = len(spoken.letters) if end is None else end
    inside = np.flatnonzero(spoken.breaks[start + 1 : last] >= least) + start + 1
    edges = [start, *inside.tolist(), last]
    return [(x, y) for x, y in itertools.pairwise(edges) if x < y]
