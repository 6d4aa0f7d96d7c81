"""Two or more texts side by side, the units that say the same in one row, across languages too."""

from collections import defaultdict
from dataclasses import dataclass

from archive.lookup import by_key
from archive.records import Version
from archive.store import Archive
from pipelines.works import Outlined, Unit, align, outlined

LEAST, MOST = 2, 4  # texts; a reader has so many columns before the eyes


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the texts."""

    version: str
    document: str
    language: str
    title: str | None
    url: str  # where it was seen first


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A unit of one text."""

    section: str  # its path in that text: "2.6.1"
    span: tuple[int, int]  # of the main text, code points
    text: str
    score: float  # 0..1, of saying the same as the first text's; 1 for the first text itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Units that say the same; None where a text has nothing of the kind."""

    cells: tuple[Cell | None, ...]  # one for each side


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelPage:
    """The texts, and their units row by row in the order of the first one."""

    sides: tuple[Side, ...]
    rows: tuple[Row, ...]


def parallel_page(archive: Archive, keys: tuple[str, ...]) -> ParallelPage:
    """The page of the versions with these keys; the others are lined up with the first.

    Raises:
        UnknownKey, AmbiguousKey: as for `archive.lookup.by_key`.
        ValueError: a key has the form of none, or there are fewer than 2 or more than 4.
    """
    if not LEAST <= len(keys) <= MOST:
        raise ValueError(f"{LEAST} to {MOST} texts stand side by side, not {len(keys)}.")
    versions = [by_key(archive, key) for key in keys]
    first, *others = [outlined(archive.text(each.text), each.language) for each in versions]
    beside = [_beside(first, other) for other in others]
    rows = []
    for place in range(-1, len(first.units)):
        if place >= 0:
            pivot = _cell(first, first.units[place], 1.0)
            rows.append(Row(cells=(pivot, *(same.get(place) for same, _ in beside))))
        for column, (_, alone) in enumerate(beside, 1):
            for cell in alone[place]:
                before, behind = (None,) * column, (None,) * (len(versions) - column - 1)
                rows.append(Row(cells=(*before, cell, *behind)))
    return ParallelPage(sides=tuple(_side(archive, each) for each in versions), rows=tuple(rows))


def _beside(first: Outlined, other: Outlined) -> tuple[dict[int, Cell], dict[int, list[Cell]]]:
    """What stands beside each unit of the first text, and what stands alone behind each, -1 before all."""
    places = {unit.path: place for place, unit in enumerate(first.units)}
    same: dict[int, Cell] = {}
    alone: dict[int, list[Cell]] = defaultdict(list)
    place = -1
    for pair in align(first, other):
        if pair.a is not None:
            place = places[pair.a.path]
        if pair.b is None:
            continue
        cell = _cell(other, pair.b, pair.score)
        if pair.a is None:
            alone[place].append(cell)
        else:
            same[place] = cell
    return same, alone


def _cell(text: Outlined, unit: Unit, score: float) -> Cell:
    start, end = unit.span
    return Cell(
        section=unit.path, span=unit.span, text=text.text[start:end].strip(), score=round(score, 3)
    )


def _side(archive: Archive, version: Version) -> Side:
    return Side(
        version=version.key,
        document=version.document,
        language=version.language,
        title=version.title,
        url=archive.index.witnesses(version.key)[0].url,
    )
