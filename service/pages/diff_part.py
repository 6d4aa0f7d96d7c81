"""As much of a comparison as one page can show: long texts come in parts, what is the same is cut short.

The whole of it is what the API gives. A part has whole rows; only a row that would fill a page by itself
is cut, and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.pages.diff import DiffChange, DiffPage, DiffSection, Part, Row, Run, Stretch

_MOST = 24_000  # characters of both sides of a part: 72 kB where each has three bytes
_ROW = 12_000  # of one row
_SAME = 3_000  # of rows in a row that did not change
_PIECE = 4_000  # of one side of a change
_BETWEEN = 400  # of what is the same between two changes of a row
_CUT = Run(text=" … ", stress="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStretch:
    """A stretch as it is shown."""

    changed: bool
    rows: tuple[Row, ...]
    left_out: int  # rows that are not shown: they did not change


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSection:
    """A section, or as much of it as is in this part."""

    path: str
    heading: str  # as printed, with its number
    changes: int  # in the whole section
    stretches: tuple[ShownStretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPart:
    """A part of a comparison."""

    sections: tuple[ShownSection, ...]
    changes: tuple[DiffChange, ...]  # that are in it, those of notation left out
    earlier: int | None  # what the part before begins with; None where this is the first
    later: int | None  # what the next one begins with; None at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """What is not divided: a row that changed, or a stretch that did not."""

    section: int
    stretch: ShownStretch
    cost: int  # characters of both sides


def diff_part(page: DiffPage, first: int = 0) -> DiffPart:
    """The part that begins with the unit of this number, 0 for the first; the last one for any beyond."""
    units = tuple(_units(page.sections))
    starts = _starts(units)
    at = max((number for number, start in enumerate(starts) if start <= first), default=0)
    shown = units[starts[at] : starts[at + 1] if at + 1 < len(starts) else len(units)]
    ids = {
        part.change
        for unit in shown
        for row in unit.stretch.rows
        for part in row.parts
        if part.change and not part.notation
    }
    return DiffPart(
        sections=tuple(_sections(page.sections, shown)),
        changes=tuple(each for each in page.changes if each.id in ids),
        earlier=starts[at - 1] if at else None,
        later=starts[at + 1] if at + 1 < len(starts) else None,
    )


def _units(sections: Sequence[DiffSection]) -> Iterator[_Unit]:
    for number, section in enumerate(sections):
        for stretch in section.stretches:
            if stretch.changed:
                for row in map(_shortened, stretch.rows):
                    shown = ShownStretch(changed=True, rows=(row,), left_out=0)
                    yield _Unit(section=number, stretch=shown, cost=_cost(row))
            else:
                shown = _folded(stretch)
                yield _Unit(section=number, stretch=shown, cost=sum(map(_cost, shown.rows)))


def _starts(units: Sequence[_Unit]) -> list[int]:
    """The numbers of the units with which parts begin."""
    starts, cost = [0], 0
    for number, unit in enumerate(units):
        if cost and cost + unit.cost > _MOST:
            starts.append(number)
            cost = 0
        cost += unit.cost
    return starts


def _sections(sections: Sequence[DiffSection], units: Sequence[_Unit]) -> Iterator[ShownSection]:
    for number, section in enumerate(sections):
        inside = [unit.stretch for unit in units if unit.section == number]
        if inside:
            yield ShownSection(
                path=section.path,
                heading=section.heading,
                changes=section.changes,
                stretches=tuple(_joined(inside)),
            )


def _joined(stretches: Sequence[ShownStretch]) -> Iterator[ShownStretch]:
    """Rows that changed and follow each other, together again."""
    rows: list[Row] = []
    for stretch in stretches:
        if stretch.changed:
            rows += stretch.rows
            continue
        if rows:
            yield ShownStretch(changed=True, rows=tuple(rows), left_out=0)
            rows = []
        yield stretch
    if rows:
        yield ShownStretch(changed=True, rows=tuple(rows), left_out=0)


def _folded(stretch: Stretch) -> ShownStretch:
    """The first rows of what did not change."""
    shown: list[Row] = []
    cost = 0
    for row in stretch.rows:
        short = _shortened(row)
        cost += _cost(short) // 2
        if shown and cost > _SAME:
            break
        shown.append(short)
    left_out = len(stretch.rows) - len(shown)
    return ShownStretch(changed=False, rows=tuple(shown), left_out=left_out)


def _shortened(row: Row) -> Row:
    """The row, cut where it would fill a page by itself."""
    if _cost(row) <= _MOST // 4:
        return row
    parts: list[Part] = []
    cost = 0
    for part in row.parts:
        most = _PIECE if part.change or len(row.parts) == 1 else _BETWEEN
        parts.append(replace(part, a=_clipped(part.a, most), b=_clipped(part.b, most)))
        cost += _length(parts[-1].a) + _length(parts[-1].b)
        if cost > _ROW:
            parts.append(Part(change="", notation=False, a=(_CUT,), b=(_CUT,)))
            break
    return replace(row, parts=tuple(parts))


def _clipped(runs: tuple[Run, ...], most: int) -> tuple[Run, ...]:
    """Beginning and end of the runs where they are longer than that."""
    if _length(runs) <= most:
        return runs
    return (*_first(runs, most // 2), _CUT, *reversed([*_last(runs, most // 2)]))


def _first(runs: Sequence[Run], most: int) -> Iterator[Run]:
    for run in runs:
        if most <= 0:
            return
        yield replace(run, text=run.text[:most])
        most -= len(run.text)


def _last(runs: Sequence[Run], most: int) -> Iterator[Run]:
    for run in reversed(runs):
        if most <= 0:
            return
        yield replace(run, text=run.text[-most:])
        most -= len(run.text)


def _length(runs: Sequence[Run]) -> int:
    return sum(len(run.text) for run in runs)


def _cost(row: Row) -> int:
    return sum(_length(part.a) + _length(part.b) for part in row.parts)
