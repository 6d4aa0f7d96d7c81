"""What a witness has of each section of the base: full, partial, truncated, a heading, or less.

A number in front of a section is notation: it does not count. Letters do, a Han character as two.
"""

import re
from dataclasses import dataclass

import numpy as np

from pipelines.report.form import NEWLINE, NONE, PAUSE, STOP, Form
from pipelines.report.matching import Matching, stands_alone
from pipelines.report.model import SectionState, Span, Status
from pipelines.works import Unit

_FULL = 0.9  # of a section's letters; below, it is partial whatever is missing
_CLAUSE = 20  # letters; a longer loss in one piece is a clause, and the section is not full
_HEADING = 0.75  # of a heading's letters
_BODY = 0.2  # of the text below a heading; less is heading only
_SENTENCE = 40  # letters of a section that is one line of text, not the name of one
_TRACE = 0.05  # of a section; less of it is chance
_WHOLE = 0.9  # of a sentence
_PHRASE = 8  # letters of the shortest phrase that shows a section at all
_NEAR = 80  # letters between two pieces of one section in the witness
_ORDINAL = re.compile(
    r"(?:第?[〇零一二三四五六七八九十百千\d]{1,6}[是编章节条款项目]?|要|and|to|y|a)\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A unit of the base in letters of its form."""

    unit: Unit
    start: int  # of the label
    heading: int  # behind the label
    body: int  # behind the heading
    end: int


def extents(base: Form, units: tuple[Unit, ...]) -> tuple[Extent, ...]:
    """The units in letters."""
    found = []
    for unit in units:
        start, end = base.at(unit.span[0]), base.at(unit.span[1])
        first = start
        if unit.label:
            first = base.at(unit.span[0] + _label_end(base.main[slice(*unit.span)], unit.label))
        body = max(first, base.at(unit.heading[1])) if unit.heading[1] > unit.heading[0] else first
        found.append(Extent(unit=unit, start=start, heading=first, body=min(body, end), end=end))
    return tuple(found)


def _label_end(said: str, label: str) -> int:
    at = said.find(label)
    return at + len(label) if at >= 0 else 0


def state(found: Matching, extent: Extent) -> SectionState:
    """The status of one section, with where the witness has it."""
    pieces = _pieces(found, extent)
    coverage = _share(found, extent.heading, extent.end)
    status = _status(found, extent, coverage)
    if status == "absent" or not pieces:
        return SectionState(id=extent.unit.path, status="absent", span=None, coverage=coverage)
    also = _also(found, extent)
    return SectionState(
        id=extent.unit.path,
        status=status,
        span=pieces,
        coverage=round(coverage, 4),
        times=1 + len(also),
        also=also,
    )


def _status(found: Matching, extent: Extent, coverage: float) -> Status:
    head = _share(found, extent.heading, extent.body)
    has_head, has_body = extent.body > extent.heading, extent.end > extent.body
    body = _share(found, extent.body, extent.end) if has_body else coverage
    if coverage < _TRACE or not _shown(found, extent):
        return "absent"
    if has_head and not has_body:
        return _of_heading(found, extent, coverage)
    if has_head and has_body and body < _BODY:
        return "heading_only" if head >= _HEADING else _of_pieces(found, extent)
    lost = found.lost(extent.heading, extent.end)
    losses = [run for run in lost if _is_clause(found, run)]
    last = [run for run in lost if run[1] == extent.end and found.a.weight(*run) >= _PHRASE]
    if any(is_cut(found, run) for run in {*losses, *last}):
        return "truncated"
    if coverage >= _FULL and not losses:
        return "full"
    return "partial" if coverage > 1 / 2 else _of_pieces(found, extent)


def _of_heading(found: Matching, extent: Extent, coverage: float) -> Status:
    """The status of a section that is only a heading: it may be named within a sentence."""
    lost = found.lost(extent.heading, extent.end)
    at_edge = [run for run in lost if run[0] == extent.heading or run[1] == extent.end]
    if coverage < _HEADING:
        cut = any(_is_clause(found, run) and is_cut(found, run) for run in at_edge)
        return "truncated" if cut else "summarised"
    there = found.home[extent.heading : extent.end]
    first, last = int(there[there >= 0].min()), int(there[there >= 0].max()) + 1
    if coverage >= _FULL and found.a.weight(extent.heading, extent.end) >= _SENTENCE:
        return "full"  # nobody names a section by so many words
    if extent.unit.path == "title" and stands_alone(found.b, first, last):
        return "full"  # also where a sentence names it in quotes
    return "full" if _is_sentence(found.b, first, last) else "summarised"


def _is_sentence(b: Form, first: int, last: int) -> bool:
    """Whether the letters are what a sentence or line says, but for a number before them."""
    start = first
    while start and b.breaks[start] < STOP:
        start -= 1
    before = b.letters[start:first]
    return (not before or _ORDINAL.search(before) is not None) and bool(b.breaks[last] >= PAUSE)


def _of_pieces(found: Matching, extent: Extent) -> Status:
    """Partial where whole sentences are there, else a summary."""
    base = found.a
    edges = [base.at(end) for _, end in extent.unit.sentences]
    start = extent.body
    for edge in edges:
        if edge > start:
            if _share(found, start, edge) >= _WHOLE and base.weight(start, edge) > _CLAUSE:
                return "partial"
            start = edge
    return "summarised"


def _share(found: Matching, start: int, end: int) -> float:
    """The share of base letters start to end that the witness has, by weight."""
    if start >= end:
        return 0.0
    weights = np.diff(found.a.weights[start : end + 1])
    return float(weights[found.home[start:end] >= 0].sum() / weights.sum())


def _shown(found: Matching, extent: Extent) -> bool:
    """Whether one piece of the section is more than chance."""
    size = extent.end - extent.heading
    there = found.home[extent.heading : extent.end]
    if size and bool((there >= 0).all()):
        return True
    longest, run = 0, 0
    for place in range(extent.heading, extent.end):
        run = run + found.a.weight(place, place + 1) if found.home[place] >= 0 else 0
        longest = max(longest, run)
    whole = found.a.weight(extent.heading, extent.end)
    if _share(found, extent.heading, extent.end) >= _HEADING and 2 * longest > whole:
        return True
    return longest >= min(_PHRASE, found.a.weight(extent.heading, extent.end))


def _is_clause(found: Matching, run: tuple[int, int]) -> bool:
    return found.a.weight(*run) >= _CLAUSE


def is_cut(found: Matching, run: tuple[int, int]) -> bool:
    """Whether base letters that are lost leave a sentence of the witness cut off in its middle."""
    a, b = found.a, found.b
    start, end = run
    if start and found.home[start - 1] >= 0 and a.breaks[start] < STOP:
        here = int(found.home[start - 1]) + 1
        between = (
            b.main[int(b.ends[here - 1]) : int(b.starts[here])] if here < len(b.letters) else ""
        )
        if here == len(b.letters):
            between = b.main[int(b.ends[here - 1]) :]
        if b.breaks[here] in {NONE, 1} and a.breaks[start] == NONE and a.breaks[end] >= PAUSE:
            return _goes_on_elsewhere(found, here, end)
        stopped = re.search(r"[。！？；!?;]|\.(?!\.)", between.partition("\n")[0])
        return bool(b.breaks[here] == NEWLINE and (not stopped or "…" in between))
    if end < len(a.letters) and found.home[end] >= 0 and a.breaks[end] < PAUSE:
        return bool(b.breaks[int(found.home[end])] == NEWLINE)
    return False


def _goes_on_elsewhere(found: Matching, here: int, end: int) -> bool:
    """Whether behind the cut the witness goes on with what the base says behind the loss."""
    return end >= len(found.home) or found.home[end] in {-1, here}


def _pieces(found: Matching, extent: Extent) -> Span | None:
    """Where most of the section stands in the witness."""
    there = np.sort(found.home[extent.heading : extent.end])
    there = there[there >= 0]
    if not len(there):
        return None
    breaks = np.flatnonzero(np.diff(there) > _NEAR)
    firsts = np.concatenate(([0], breaks + 1))
    lasts = np.concatenate((breaks, [len(there) - 1]))
    best = int(np.argmax(lasts - firsts))
    first, last = int(there[firsts[best]]), int(there[lasts[best]])
    start, end = found.b.whole(first, last + 1)
    labels = found.home[extent.start : extent.heading]
    if len(labels) and labels[0] >= 0 and first - 8 <= labels[0] < first:
        start = found.b.whole(int(labels[0]), first)[0]
    return start, end


def _also(found: Matching, extent: Extent) -> tuple[Span, ...]:
    """Where the witness has the heading, or most of the section, again."""
    wanted = extent.body - extent.heading or extent.end - extent.heading
    again = []
    for copy in found.copies:
        first, last = max(copy.a[0], extent.heading), min(copy.a[1], extent.end)
        if last - first >= _HEADING * wanted:
            offset = copy.b[0] - copy.a[0]
            again.append(found.b.whole(first + offset, last + offset))
    return tuple(again)
