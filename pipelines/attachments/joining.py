"""Printed lines to paragraphs: a line that fills its column goes on in the next one."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipelines.attachments.model import Piece
from pipelines.attachments.printed import HYPHEN, Line, Sheet, is_wide
from pipelines.attachments.running import without_running

# None of these has a source; they were chosen on files made for the tests, and are in units of the
# type's size unless said otherwise.
_INDENT = 0.8  # a line that begins further right than its column begins a paragraph
_OVERHANG = 2.2  # full-width characters that a full line may lack, for marks that may not begin one
_SLACK = 1.0  # the same for letters, beyond the room of the next word
_NARROW = 15.0  # no column of text has fewer full-width characters in a line
_FEW_LINES = 5
_SAME_SIZE = 1.12  # ratio from which two sizes differ
_LOOSE = 1.5  # ratio to the usual distance of two lines from which they are paragraphs apart
_LEADING = 2.0  # the distance of two lines in a file that has too few to show it
_HEADING_CHARACTERS = 120  # longer lines in a large type are no headings
_HEADING_SHARE = 0.3  # of all lines; more of them are no headings but a part in a larger type

_SENTENCE_END = re.compile(r"[。！？；：.!?;:…][”’」』）)\"']*$")
_LABEL = re.compile(
    r"第[一二三四五六七八九十百零〇\d]+[章节条编部篇款]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]{1,3}[)）]"
    r"|\d{1,3}[、．.)）](?!\d)|\d+(?:\.\d+)+\s|[①-⑳]|附\s*件|[•●▪◆■◦‣○□–-]\s|[a-zA-Z][.)]\s|[IVX]{1,5}\.\s"
)
_CONTENTS = re.compile(r"(?:[.．·…]\s?){3,}\s*\d*$")  # a line of a table of contents: dots, page
_WORD = re.compile(r"\S+")


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """A line in its column; `column` numbers the columns in reading order."""

    line: Line
    column: int
    bounds: _Column


def pieces(sheets: list[Sheet]) -> list[Piece]:
    """The paragraphs and headings that the pages print, without running heads and page numbers."""
    settled = list(_settled(without_running(sheets)))
    if not settled:
        return []
    body = _body_size(settled)
    leading = _usual_leading(settled)
    words = Counter(
        word.casefold()
        for each in settled
        for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", each.line.text)
    )
    paragraphs = [_Paragraph([settled[0].line])]
    for before, after in pairwise(settled):
        if _goes_on(before, after, paragraphs[-1], leading) or _title_goes_on(before, after, body):
            paragraphs[-1].lines.append(after.line)
        else:
            paragraphs.append(_Paragraph([after.line]))
    levels = _levels(paragraphs, body)
    return [
        _piece(_joined(paragraph.lines, words), levels.get(round(paragraph.lines[0].size, 1), 0))
        for paragraph in paragraphs
    ]


def _piece(text: str, level: int) -> Piece:
    if level and len(text) <= _HEADING_CHARACTERS:
        return Piece(text=text, kind="heading", level=level)
    return Piece(text=text)


def _settled(sheets: list[Sheet]) -> Iterator[_Set]:
    """Every line with the column that it stands in."""
    columns = [column for sheet in sheets for column in _columns(sheet.lines)]
    usual = _usual_bounds(columns)
    for number, lines in enumerate(columns):
        bounds = _bounds(lines)
        # A few lines, or names one below the other, do not show how wide their column is.
        narrow = bounds.right - bounds.left < _NARROW * lines[0].size
        if narrow or len(lines) < _FEW_LINES:
            bounds = _wider(bounds, usual, narrow=narrow)
        for line in lines:
            yield _Set(line=line, column=number, bounds=bounds)


def _wider(bounds: _Column, usual: _Column | None, *, narrow: bool) -> _Column:
    """The usual column if these lines fit into it; else their own, without end if it is narrow."""
    if usual and usual.left - 1 <= bounds.left and bounds.right <= usual.right + 1:
        return usual
    return _Column(left=bounds.left, right=math.inf) if narrow else bounds


def _columns(lines: list[Line]) -> list[list[Line]]:
    """The lines of a page, apart wherever the next line is not below the one before."""
    found: list[list[Line]] = []
    for line in lines:
        last = found[-1][-1] if found else None
        beside = last is not None and (line.left >= last.right or line.right <= last.left)
        if last is None or line.bottom < last.top or (beside and line.top < last.bottom):
            found.append([])
        found[-1].append(line)
    return found


def _bounds(lines: list[Line]) -> _Column:
    # One line in twenty may stick out: a table, a formula.
    out = len(lines) // 20
    return _Column(
        left=sorted(line.left for line in lines)[out],
        right=sorted((line.right for line in lines), reverse=True)[out],
    )


def _usual_bounds(columns: list[list[Line]]) -> _Column | None:
    large = [lines for lines in columns if len(lines) >= _FEW_LINES]
    return _bounds(max(large, key=len)) if large else None


def _body_size(settled: list[_Set]) -> float:
    counts: Counter[float] = Counter()
    for each in settled:
        counts[round(each.line.size, 1)] += len(each.line.text)
    return counts.most_common(1)[0][0]


def _usual_leading(settled: list[_Set]) -> float:
    """The usual distance from one line to the next, in sizes of the type."""
    steps = [
        (after.line.top - before.line.top) / before.line.size
        for before, after in pairwise(settled)
        if before.column == after.column and before.line.size > 0
    ]
    usual = [step for step in steps if 0.8 < step < 4]
    return median(usual) if usual else _LEADING


def _goes_on(before: _Set, after: _Set, paragraph: _Paragraph, leading: float) -> bool:
    """Whether the sentence of one line goes on in the next."""
    one, two = before.line, after.line
    if one.text.endswith(HYPHEN):
        return True
    if not _alike(one.size, two.size):
        return False
    if before.column == after.column:
        step = (two.top - one.top) / one.size
        if step > _LOOSE * leading:
            return False
    if _CONTENTS.search(one.text) or not _is_full(before, two):
        return False
    if _LABEL.match(two.text) and _SENTENCE_END.search(one.text):
        return False
    return not _is_indented(before, after, paragraph)


def _alike(one: float, two: float) -> bool:
    return max(one, two) <= _SAME_SIZE * min(one, two)


def _is_full(before: _Set, two: Line) -> bool:
    """Whether what follows would not have fitted into the line."""
    one = before.line
    room = before.bounds.right - one.right
    if is_wide(one.text[-1]) or is_wide(two.text[0]):
        return room <= _OVERHANG * one.size
    word = _WORD.match(two.text)
    letter = (one.right - one.left) / len(one.text)
    return room <= letter * (len(word[0]) if word else 1) + _SLACK * one.size


def _is_indented(before: _Set, after: _Set, paragraph: _Paragraph) -> bool:
    """Whether a line begins a paragraph by its indent."""
    one, two = before.line, after.line
    indent = two.left - after.bounds.left
    if indent <= _INDENT * two.size:
        return False
    if before.column != after.column:
        return True
    first = paragraph.lines[0]
    if _LABEL.match(first.text) and two.left > first.left + _INDENT * two.size / 2:
        return False  # an item whose further lines stand under its text
    level = abs(one.left - two.left) <= _INDENT * two.size / 2
    return not level or bool(_SENTENCE_END.search(one.text))


def _title_goes_on(before: _Set, after: _Set, body: float) -> bool:
    """Whether two lines are one title: large, alike, centred over each other."""
    one, two = before.line, after.line
    return (
        min(one.size, two.size) > _SAME_SIZE * body
        and _alike(one.size, two.size)
        and before.column == after.column
        and abs(one.middle - two.middle) < one.size
        and two.top - one.top < 2.2 * one.size
        and not _SENTENCE_END.search(one.text)
    )


def _levels(paragraphs: list[_Paragraph], body: float) -> dict[float, int]:
    """The level of a heading in each size of type that is for headings: 1 is the largest."""
    large = [each for each in paragraphs if each.lines[0].size > _SAME_SIZE * body]
    if not large or len(large) > max(3, _HEADING_SHARE * len(paragraphs)):
        return {}
    sizes = sorted({round(each.lines[0].size, 1) for each in large}, reverse=True)
    return {size: min(6, rank) for rank, size in enumerate(sizes, start=1)}


def _joined(lines: list[Line], words: Counter[str]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text = joined(text, line.text, words)
    return text.removesuffix(HYPHEN) + ("-" if text.endswith(HYPHEN) else "")


def joined(text: str, more: str, words: Counter[str]) -> str:
    """`text` with the next line: no space between full-width characters, hyphenation undone.

    `words` counts the words of the whole file: one that it also writes with a hyphen keeps it.

    >>> joined("国家", "规划", Counter()), joined("a sustain-", "able plan", Counter())
    ('国家规划', 'a sustainable plan')
    """
    if is_wide(text[-1]) or is_wide(more[0]):
        return text + more
    if text[-1] not in {"-", "\u2010", HYPHEN}:
        return f"{text} {more}"
    stem, rest = text[:-1], more
    head = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*$", stem)
    tail = re.match(r"[^\W\d_]+", rest)
    if not head or not tail:
        return f"{stem}-{rest}"
    hyphened = f"{head[0]}-{tail[0]}".casefold()
    if not tail[0][0].islower() or (
        words[hyphened] > 0 and words[hyphened] >= words[hyphened.replace("-", "")]
    ):
        return f"{stem}-{rest}"
    return stem + rest
