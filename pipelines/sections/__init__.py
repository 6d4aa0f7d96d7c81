"""The section tree of an official text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.records import Section
from pipelines.sections.labels import OUTER, Head, Kind, head
from pipelines.sections.lost import Line, with_lost

VERSION = "2"

__all__ = ["VERSION", "sections"]

MOST_SECTIONS = 5000  # the Civil Code has 1,260 articles
MOST_LINES = 50_000  # read for numbers; what follows belongs to the last unit
MOST_SKIPPED = 3  # numbers that a copy may leave out before a number is called no label
LONGEST_TITLE = 200  # characters
_STOPS = ".。;；:：,，!?！？…"
_CREDIT = re.compile(
    r"[（(【\[]?(?:文章|信息|稿件)?(?:来源|來源|责任编辑|責任編輯|责编|编辑)\s*[:：]"
)
_SENTENCE_END = re.compile(r"[。！？](?!\s*$)|[.!?](?=\s+\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """A head with its place in the tree."""

    head: Head
    level: int  # 1 for the outermost
    path: str


def sections(text: str) -> tuple[Section, ...]:
    """The units of `text` in its order, each inside the one that its path names.

    Before the first numbered unit come "title" and "pre" (preamble), where there are such; text
    right under a heading is its ".body". A text without numbered units has no sections.
    """
    lines = list(_lines(text))
    units = _tree(with_lost(lines))[:MOST_SECTIONS]
    if len(units) < 2:
        return ()
    last = _last(lines, units[-1].head.start)
    found = list(_before(lines, units[0].head.start))
    ends = _ends(units, last)
    for place, unit in enumerate(units):
        end = _end(lines, ends[place])
        found.append(
            Section(
                path=unit.path,
                label=unit.head.label,
                heading=(unit.head.start, _heading_end(text, unit.head)),
                start=unit.head.start,
                end=end,
            )
        )
        first_inside = units[place + 1].head.start if place + 1 < len(units) else last
        found.extend(_body(text, unit, _end(lines, min(first_inside, ends[place]))))
    return tuple(found)


def _ends(units: Sequence[_Unit], last: int) -> list[int]:
    """For each unit the place of the next one that is not inside it, or `last`."""
    ends: list[int] = []
    following: list[tuple[int, int]] = []  # level and place, of the units after, outermost first
    for unit in reversed(units):
        while following and following[-1][0] > unit.level:
            following.pop()
        ends.append(following[-1][1] if following else last)
        following.append((unit.level, unit.head.start))
    return ends[::-1]


def _last(lines: Sequence[Line], after: int) -> int:
    """Where the last unit ends: before the credits of the page, else with the text."""
    for line in lines:
        if line.start > after and _CREDIT.match(line.text):
            return line.start
    return lines[-1].end


def _lines(text: str) -> Iterator[Line]:
    at = 0
    for raw in text.split("\n")[:MOST_LINES]:
        bare = raw.strip()
        if bare:
            start = at + raw.index(bare)
            yield Line(text=bare, start=start, end=start + len(bare), head=head(bare, start))
        at += len(raw) + 1


def _tree(heads: Sequence[Head]) -> list[_Unit]:
    """The heads with their levels and paths; a number out of order is no head."""
    units: list[_Unit] = []
    open_kinds: list[tuple[Kind, int, int]] = []  # kind, depth, last number: outermost first
    names: list[str] = []
    seen: dict[str, int] = {}
    for one in heads:
        level = _level(one, open_kinds)
        if level is None:
            continue
        open_kinds[level - 1 :] = [(one.kind, one.depth, one.number)]
        name = f"annex{one.number or ''}" if one.kind == "annex" else str(one.number)
        path = ".".join((*names[: level - 1], name))
        seen[path] = seen.get(path, 0) + 1
        if seen[path] > 1:  # the text gives a unit twice
            name, path = f"{name}~{seen[path]}", f"{path}~{seen[path]}"
        names[level - 1 :] = [name]
        units.append(_Unit(head=one, level=level, path=path))
    return units


def _level(one: Head, open_kinds: Sequence[tuple[Kind, int, int]]) -> int | None:
    """The level of a head below those that are open, or None when its number is out of order."""
    free = one.kind in OUTER and one.kind != "roman"  # an initial looks like a Roman number
    for place, (kind, depth, last) in enumerate(open_kinds):
        if (kind, depth) == (one.kind, one.depth):
            follows = one.number == 1 or 0 < one.number - last <= MOST_SKIPPED
            return place + 1 if free or follows else None
    if not free and one.number != 1 and not one.kind.startswith("lost"):
        return None
    if one.kind in OUTER:
        rank = OUTER.index(one.kind)
        return 1 + sum(kind in OUTER and OUTER.index(kind) < rank for kind, _, _ in open_kinds)
    return len(open_kinds) + 1


def _before(lines: Sequence[Line], first: int) -> Iterator[Section]:
    """The title and the preamble, which stand before the first unit."""
    above = [line for line in lines if line.end <= first]
    title = next(
        (place for place in range(len(above) - 1, -1, -1) if _is_title(above[place])), None
    )
    if title is not None:
        line = above[title]
        yield _plain("title", line.start, line.end)
        if above[title + 1 :]:
            yield _plain("pre", above[title + 1].start, above[-1].end)
    elif above:
        yield _plain("pre", above[-1].start, above[-1].end)


def _is_title(line: Line) -> bool:
    return len(line.text) <= LONGEST_TITLE and line.text[-1] not in _STOPS and line.head is None


def _plain(path: str, start: int, end: int) -> Section:
    return Section(path=path, label="", heading=(start, start), start=start, end=end)


def _end(lines: Sequence[Line], before: int) -> int:
    """The end of the last line that ends before the offset `before`."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        if lines[middle].end <= before:
            low = middle + 1
        else:
            high = middle
    return lines[low - 1].end if low else 0


def _heading_end(text: str, one: Head) -> int:
    """The end of the heading: of the line, or of its first sentence where more follows."""
    match = _SENTENCE_END.search(text, one.start + len(one.label) + 1, one.end)
    return match.end() if match else one.end


def _body(text: str, unit: _Unit, end: int) -> Iterator[Section]:
    """What stands under a heading line of its own before the first unit inside."""
    if _heading_end(text, unit.head) < unit.head.end or end <= unit.head.end:
        return
    start = text.index(text[unit.head.end : end].lstrip()[:1], unit.head.end)
    yield _plain(f"{unit.path}.body", start, end)
