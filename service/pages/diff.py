"""The page on which two versions stand beside each other: what changed, section by section.

What a change is, `pipelines.editions` says; here each one gets its row, its section and its anchor. Rows
are paragraphs, with the same text in both columns or what stands in its place.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from archive.records import Section, Version
from archive.store import Archive
from pipelines.editions import Edit, Edition, Kind, Span, edition, edits, touched
from pipelines.sections import sections

_CONTEXT = 12  # characters shown on either side of a change
RowState = Literal["same", "notation", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffSide:
    """One of the two versions."""

    version: str
    document: str
    number: int
    title: str | None
    language: str  # BCP 47
    first_seen: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffChange:
    """One change; the first five fields are those that `diff --json` has."""

    op: Literal["insert", "delete", "replace"]
    a: Span  # code points of the older text, half-open
    b: Span
    a_text: str
    b_text: str
    id: str  # "c1", "c2", ... in the order of the texts: the anchor
    kinds: tuple[Kind, ...]
    a_phrase: str  # the text with the whole number or date that the change touches
    b_phrase: str
    context: tuple[str, str]  # a few characters before and behind it on its line
    section: str  # path of the section where it stands, "" outside of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Some characters, with the weight that they have."""

    text: str
    stress: Literal["", "date", "number", "obligation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What stands in both columns at one place of a row."""

    change: str  # id of the change; "" where both say the same
    notation: bool  # the change is one of notation
    a: tuple[Run, ...]
    b: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A paragraph in both versions, or in one."""

    state: RowState
    section: str  # path of the innermost section
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Rows that belong together: those that changed, or some in a row that did not."""

    changed: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffSection:
    """An outermost section of the newer text, or of the older one where only that has it."""

    path: str  # "1", "2"; "" before the first and where the text has no sections
    label: str  # the number as printed: "二、"
    heading: str  # as printed, with its number
    changes: int  # of the text in it, those of notation not counted
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage:
    """Two versions, and what changed from the older to the newer."""

    older: DiffSide
    newer: DiffSide
    changes: tuple[DiffChange, ...]
    counts: dict[str, int]  # of changes by their kinds; "changes" is all but those of notation
    sections: tuple[DiffSection, ...]


def diff_page(archive: Archive, older: Version, newer: Version) -> DiffPage:
    """The page of the two versions.

    Raises:
        Damaged: a text is not there or not as written.
    """
    a, b = (edition(archive.text(version.text)) for version in (older, newer))
    found = edits(a, b)
    frame = _Frame(a.text, b.text)
    changes = tuple(
        _change(a.text, b.text, edit, f"c{number}", frame.path(edit.a, edit.b))
        for number, edit in enumerate(found, 1)
    )
    rows = [_row(a, b, each, frame) for each in _rows(a.text, b.text, found)]
    return DiffPage(
        older=_side(older),
        newer=_side(newer),
        changes=changes,
        counts=_counts(found),
        sections=tuple(frame.sections(rows)),
    )


def _side(version: Version) -> DiffSide:
    return DiffSide(
        version=version.key,
        document=version.document,
        number=version.number,
        title=version.title,
        language=version.language,
        first_seen=version.first_seen,
    )


def _change(a: str, b: str, edit: Edit, id: str, section: str) -> DiffChange:
    text, (start, end) = (a, edit.phrase_a) if edit.op == "delete" else (b, edit.phrase_b)
    return DiffChange(
        op=edit.op,
        a=edit.a,
        b=edit.b,
        a_text=a[slice(*edit.a)],
        b_text=b[slice(*edit.b)],
        id=id,
        kinds=edit.kinds,
        a_phrase=a[slice(*edit.phrase_a)],
        b_phrase=b[slice(*edit.phrase_b)],
        context=(
            text[max(0, start - _CONTEXT) : start].rpartition("\n")[2],
            "" if text[start:end].endswith("\n") else text[end : end + _CONTEXT].partition("\n")[0],
        ),
        section=section,
    )


def _counts(found: Sequence[Edit]) -> dict[str, int]:
    kinds = Counter(kind for edit in found for kind in edit.kinds)
    return {"changes": sum(not edit.is_notation for edit in found)} | {
        str(kind): count for kind, count in kinds.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of both texts: equal, or one change."""

    a: Span
    b: Span
    change: int  # its number, counted from 1; 0 where the texts are equal
    notation: bool = False


_Pieces = tuple[_Piece, ...]


def _rows(a: str, b: str, found: Sequence[Edit]) -> Iterator[_Pieces]:
    """The pieces of each row; a row ends where a line ends in both texts."""
    row: list[_Piece] = []
    for piece in _pieces(a, found):
        row.append(piece)
        came = len(row) == 1 and piece.a[0] == piece.a[1] and b[slice(*piece.b)].endswith("\n")
        if came or a[slice(*piece.a)].endswith("\n"):
            yield tuple(row)
            row = []
    if row:
        yield tuple(row)


def _pieces(a: str, found: Sequence[Edit]) -> Iterator[_Piece]:
    """Both texts from start to end, equal stretches cut behind each line."""
    end_a = end_b = 0
    for number, edit in enumerate(found, 1):
        yield from _equal(a, (end_a, edit.a[0]), end_b)
        yield _Piece(a=edit.a, b=edit.b, change=number, notation=edit.is_notation)
        end_a, end_b = edit.a[1], edit.b[1]
    yield from _equal(a, (end_a, len(a)), end_b)


def _equal(a: str, span: Span, start_b: int) -> Iterator[_Piece]:
    start, end = span
    while start < end:
        cut = a.find("\n", start, end) + 1 or end
        yield _Piece(a=(start, cut), b=(start_b, start_b + cut - start), change=0)
        start, start_b = cut, start_b + cut - start


def _row(a: Edition, b: Edition, pieces: _Pieces, frame: "_Frame") -> Row:
    in_a = (pieces[0].a[0], pieces[-1].a[1])
    in_b = (pieces[0].b[0], pieces[-1].b[1])
    return Row(
        state=_state(pieces),
        section=frame.path(in_a, in_b),
        parts=tuple(
            Part(
                change=f"c{piece.change}" if piece.change else "",
                notation=piece.notation,
                a=_runs(a, piece.a),
                b=_runs(b, piece.b),
            )
            for piece in pieces
        ),
    )


def _state(pieces: _Pieces) -> RowState:
    weighty = [piece for piece in pieces if piece.change and not piece.notation]
    if not weighty:
        return "notation" if any(piece.change for piece in pieces) else "same"
    if pieces[0].a[0] == pieces[-1].a[1]:
        return "added"
    return "removed" if pieces[0].b[0] == pieces[-1].b[1] else "changed"


def _runs(text: Edition, span: Span) -> tuple[Run, ...]:
    """The characters of the span, cut where a date, number or obligation begins or ends."""
    runs, at = [], span[0]
    for each in touched(text.stress, span) if span[0] < span[1] else ():
        start, end = max(each.start, span[0]), min(each.end, span[1])
        if at < start:
            runs.append(Run(text=text.text[at:start], stress=""))
        runs.append(Run(text=text.text[start:end], stress=each.kind))
        at = end
    if at < span[1]:
        runs.append(Run(text=text.text[at : span[1]], stress=""))
    return tuple(runs)


class _Frame:
    """The sections of both texts, to say where something stands."""

    def __init__(self, a: str, b: str) -> None:
        self._a, self._b = a, b
        self._in_a, self._in_b = sections(a), sections(b)
        self._paths_a, self._paths_b = _paths(a, self._in_a), _paths(b, self._in_b)

    def path(self, in_a: Span, in_b: Span) -> str:
        """Path of the innermost section: of the newer text, else of the older; "" outside of all."""
        places, (start, end) = (self._paths_b, in_b) if in_b[0] < in_b[1] else (self._paths_a, in_a)
        return next(filter(None, places[start : max(end, start + 1)]), "")

    def sections(self, rows: Sequence[Row]) -> Iterator[DiffSection]:
        """The rows under the headings of their outermost sections, in order."""
        for top, group in groupby(rows, lambda row: _top(row.section)):
            inside = tuple(group)
            label, heading = self._heading(top)
            ids = {
                part.change
                for row in inside
                for part in row.parts
                if part.change and not part.notation
            }
            yield DiffSection(
                path=top,
                label=label,
                heading=heading,
                changes=len(ids),
                stretches=tuple(_stretches(inside)),
            )

    def _heading(self, top: str) -> tuple[str, str]:
        for text, units in ((self._b, self._in_b), (self._a, self._in_a)):
            for unit in units:
                if unit.path == top:
                    return unit.label, text[slice(*unit.heading)].strip()
        return "", ""


def _top(path: str) -> str:
    """The outermost section of a path; title and preamble stand before all of them."""
    top = path.partition(".")[0]
    return "" if top in {"title", "pre"} else top


def _paths(text: str, units: Sequence[Section]) -> list[str]:
    """For each code point of the text the path of the innermost section."""
    paths = [""] * len(text)
    for unit in units:  # outer ones come before those inside
        paths[unit.start : unit.end] = [unit.path] * (unit.end - unit.start)
    return paths


def _stretches(rows: Sequence[Row]) -> Iterator[Stretch]:
    for changed, group in groupby(rows, lambda row: row.state not in {"same", "notation"}):
        yield Stretch(changed=changed, rows=tuple(group))
