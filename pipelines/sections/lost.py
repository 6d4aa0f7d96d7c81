"""Units whose numbers a translation lost, told from the shape of the text.

A machine that translates line by line often keeps "1." and drops "一、" and "（一）". What is left
of the outer levels: a line that is short and ends without a stop, and the line before each "1.".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.sections.labels import Head, Kind

LONGEST_OUTER = 80  # characters: a heading of a part, in a Latin script
LONGEST_INNER = 300  # characters: a heading that is a sentence
_STOPS = ".。;；:：,，!?！？…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with text in it."""

    text: str
    start: int  # of its first character that is no space
    end: int
    head: Head | None


def with_lost(lines: Sequence[Line]) -> list[Head]:
    """The heads of `lines`, with those that lost their number put in where they must have been."""
    kept = [line.head for line in lines if line.head]
    restarts = [
        place
        for place, line in enumerate(lines)
        if line.head and line.head.kind == "number" and line.head.number == 1
    ]
    if len(restarts) < 2 or any(head.kind != "number" for head in kept):
        return kept
    inner = {
        place - 1
        for place in restarts
        if place and not lines[place - 1].head and len(lines[place - 1].text) <= LONGEST_INNER
    }
    outer = {
        place for place, line in enumerate(lines) if place not in inner and _is_outer(line)
    } - {0}
    if len(inner) < 2 or len(outer) < 2:
        return kept
    inner |= _units_without_number(lines, sorted(outer), inner)
    return _numbered(lines, outer, inner)


def _is_outer(line: Line) -> bool:
    return line.head is None and len(line.text) <= LONGEST_OUTER and line.text[-1] not in _STOPS


def _units_without_number(lines: Sequence[Line], outer: Sequence[int], inner: set[int]) -> set[int]:
    """The paragraphs under a heading that are units themselves: several, with none numbered.

    A single paragraph there is the heading's text.
    """
    found: set[int] = set()
    for first, last in zip(outer, (*outer[1:], len(lines)), strict=True):
        under = range(first + 1, last)
        if len(under) > 1 and not any(lines[place].head or place in inner for place in under):
            found |= set(under)
    return found


def _numbered(lines: Sequence[Line], outer: set[int], inner: set[int]) -> list[Head]:
    found: list[Head] = []
    outer_number = inner_number = 0
    for place, line in enumerate(lines):
        kind: Kind
        if place in outer:
            outer_number, inner_number = outer_number + 1, 0
            kind, number = "lost-outer", outer_number
        elif place in inner:
            inner_number += 1
            kind, number = "lost-inner", inner_number
        elif line.head:
            found.append(line.head)
            continue
        else:
            continue
        found.append(Head(kind=kind, number=number, label="", start=line.start, end=line.end))
    return found
