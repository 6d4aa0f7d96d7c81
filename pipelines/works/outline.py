"""A main text as a list of units that can be compared one by one: the leaves of its section tree.

    title, pre           as `pipelines.sections` finds them
    1, 1.body, 2.6.1     a numbered unit with its own text, without that of the units inside it
    front.1, back.1      paragraphs before and behind the tree: a lead, credits
    p.1, p.2             the paragraphs of a text that has no tree

Every character that is no space belongs to exactly one unit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.records import Section
from pipelines.sections import sections
from pipelines.works.sentences import sentences

_MANY = 8  # numbered units whose habit says something
MOST_UNITS = 6000  # of one text; what follows is part of the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of a text with what is its own; all spans are code points of the main text, half-open."""

    path: str  # "title", "pre", "1", "1.body", "2.6.1", "front.1", "p.1"; unique in its text
    label: str  # the number as printed: "（一）"; "" where there is none
    # The line that heads it, or its first sentence; empty where it has none.
    heading: tuple[int, int]
    span: tuple[int, int]  # heading and text, without the units inside it
    sentences: tuple[tuple[int, int], ...]  # of the span, in order, a heading is one


def outline(text: str, language: str) -> tuple[Unit, ...]:  # noqa: ARG001 - numbers tell the language
    r"""The units of `text` in its order; `language` is its BCP 47 tag.

    >>> [unit.path for unit in outline("一、甲\n正文。\n二、乙", "zh-Hans")]
    ['1', '1.body', '2']
    """
    tree = sections(text)
    if not tree:
        return tuple(_paragraphs(text, 0, len(text), "p"))
    units = [*_paragraphs(text, 0, tree[0].start, "front")]
    after = max(section.end for section in tree)
    for place, section in enumerate(tree):
        if place and section.start > (reached := _reached(tree, place)):
            units += _paragraphs(text, reached, section.start, f"between.{place}")
        units.append(_unit(text, section, _own_end(tree, place)))
    after = min(after, _last_line(text, units))
    if units[-1].span[1] > after:
        units[-1] = _unit(text, tree[-1], after)
    units += _paragraphs(text, after, len(text), "back")
    return tuple(units)


def _last_line(text: str, units: Sequence[Unit]) -> int:
    """Where the last unit ends if it has one line, as all others of many have: what follows is the page's."""
    *others, last = units
    numbered = [unit for unit in others if unit.label]
    first_line = text.find("\n", *last.span)
    if first_line < 0 or not last.label or len(numbered) < _MANY:
        return last.span[1]
    alike = all("\n" not in text[slice(*unit.span)] for unit in numbered)
    return first_line if alike else last.span[1]


def _own_end(tree: Sequence[Section], place: int) -> int:
    """Where the unit's own text ends: at the first unit behind it, or with it."""
    section = tree[place]
    following = tree[place + 1].start if place + 1 < len(tree) else section.end
    return min(section.end, following)


def _reached(tree: Sequence[Section], place: int) -> int:
    """How far the units before this one go, each with its own text alone."""
    return max(_own_end(tree, before) for before in range(max(0, place - 2), place))


def _unit(text: str, section: Section, end: int) -> Unit:
    start, stop = section.start, section.start + len(text[section.start : end].rstrip())
    first, last = section.heading
    spans = list(sentences(text, start, stop))
    if first < last < stop:  # the heading is a sentence of its own, whatever it ends with
        spans = [(first, last), *sentences(text, last, stop)]
    return Unit(
        path=section.path,
        label=section.label,
        heading=(first, min(last, stop)),
        span=(start, stop),
        sentences=tuple(spans),
    )


def _paragraphs(text: str, start: int, end: int, name: str) -> Iterator[Unit]:
    """The lines of a stretch that have text in them, numbered below `name`."""
    at, number = start, 0
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 or number >= MOST_UNITS - 1 else stop
        piece = text[at:stop]
        if bare := piece.strip():
            number += 1
            first = at + piece.index(bare[0])
            last = first + len(bare)
            spans = tuple(sentences(text, first, last))
            yield Unit(
                path=f"{name}.{number}",
                label="",
                heading=(first, first),
                span=(first, last),
                sentences=spans,
            )
        at = stop + 1
