"""What changed from one edition of a text to another, for a reader: each change whole, weighed and named.

`collate` finds every difference. A reader wants them otherwise: width, script and marks are no change of
the text but of its notation; characters that two other wordings happen to share do not cut a change into
crumbs; and a number, a date or a word of obligation is shown whole, with all of its digits.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel

from pipelines.characters import CODE_POINTS, table
from pipelines.collate import Change, changes
from pipelines.normal_form import normalise
from pipelines.stress import Stressed, stressed

VERSION = "1"

Span = tuple[int, int]
Kind = Literal["number", "date", "obligation", "wording", "notation"]
_ORDER: tuple[Kind, ...] = ("number", "date", "obligation")
_CHANCE = 8  # letters; Han count twice. Four equal characters between other words say nothing
_ALIKE = 45  # of 100, for two lines to be one line changed; no source
_MOST_PAIRS = 40_000  # of lines that are compared: 0.1 s
_FAR_LESS = 0.5
_SIGNS = frozenset("%％‰‱℃°$€£¥￥±≤≥<>＜＞+＋×")  # no letters, but they say how much
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change from a to b. Texts are equal up to it, and again behind it, but for notation."""

    op: Literal["insert", "delete", "replace"]
    a: Span  # code points of the first text, half-open
    b: Span
    kinds: tuple[Kind, ...]  # what it changes, weightiest first; "notation" stands alone
    phrase_a: Span  # the same with the whole number or date that it touches
    phrase_b: Span

    @property
    def is_notation(self) -> bool:
        """Whether only width, script, marks or spaces differ."""
        return self.kinds == ("notation",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A text as it is compared."""

    text: str
    folded: str  # of the same length: one width, case and script
    stress: tuple[Stressed, ...]


def edition(text: str) -> Edition:
    """The text with what comparing it needs."""
    return Edition(text=text, folded=fold(text), stress=stressed(text))


def edits(a: Edition, b: Edition) -> tuple[Edit, ...]:
    """The changes from `a` to `b` in their order, notation included; they do not overlap.

    >>> [(e.kinds, e.a, e.b) for e in edits(edition("建设30家，應當"), edition("建设50家,应当"))]
    [(('number',), (2, 4), (2, 4)), (('notation',), (5, 8), (5, 8))]
    """
    found: list[Edit] = []
    end_a = end_b = 0
    for change in _whole(a, b):
        found.extend(_notation(a, b, (end_a, change.a[0]), end_b))
        found.append(_edit(a, b, change))
        end_a, end_b = change.a[1], change.b[1]
    found.extend(_notation(a, b, (end_a, len(a.text)), end_b))
    return tuple(found)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """A mark in one width; quotation marks of all kinds are one."""
    form = unicodedata.normalize("NFKC", character)
    form = form if len(form) == 1 else character
    return '"' if form in "“”„‟«»「」『』＂'‘’" else form


def fold(text: str) -> str:
    """The text in one width, case and script, character by character, so that offsets stay.

    >>> fold("《應當》，Ａ。")
    '《应当》,a。'
    """
    codes = table().codes
    folded = []
    for character in text:
        code = int(codes[ord(character)])
        folded.append(chr(code) if 0 < code < CODE_POINTS else _plain(character))
    return "".join(folded)


def _whole(a: Edition, b: Edition) -> Iterator[Change]:
    """The differences of the folded texts, those put together that chance had cut apart."""
    stack: list[Change] = []
    for change in _in_lines(a.folded, b.folded):
        joined = change
        while stack and _is_chance(a.folded, b.folded, stack[-1], joined):
            joined = _joined(stack.pop(), joined)
        stack.append(joined)
    yield from stack


def _in_lines(a: str, b: str) -> Iterator[Change]:
    """The differences, each inside one line where lines have a counterpart."""
    lines_a, lines_b = a.splitlines(keepends=True), b.splitlines(keepends=True)
    starts_a, starts_b = _starts(lines_a), _starts(lines_b)
    done_a = done_b = 0
    for block in Indel.opcodes(lines_a, lines_b).as_matching_blocks():
        for change in _best(lines_a[done_a : block.a], lines_b[done_b : block.b]):
            yield _moved(change, starts_a[done_a], starts_b[done_b])
        done_a, done_b = block.a + block.size, block.b + block.size


def _best(a: list[str], b: list[str]) -> Sequence[Change]:
    """The differences of some lines: line against line, or as one text where that leaves far less.

    It does where one text only breaks its lines elsewhere.
    """
    by_line = list(_paired(a, b))
    if not a or not b or len(a) == len(b) == 1:
        return by_line
    as_one = changes("".join(a), "".join(b))
    return as_one if _extent(as_one) < _FAR_LESS * _extent(by_line) else by_line


def _extent(found: Sequence[Change]) -> int:
    return sum(end - start for change in found for start, end in (change.a, change.b))


def _paired(a: list[str], b: list[str]) -> Iterator[Change]:
    """The differences line against line; a line without a counterpart came or went as a whole."""
    starts_a, starts_b = _starts(a), _starts(b)
    done_a = done_b = 0
    for place_a, place_b in (*_counterparts(a, b), (len(a), len(b))):
        if done_a < place_a:
            at = starts_b[done_b]
            yield _change((starts_a[done_a], starts_a[place_a]), (at, at))
        if done_b < place_b:
            at = starts_a[place_a]
            yield _change((at, at), (starts_b[done_b], starts_b[place_b]))
        if place_a < len(a) and place_b < len(b):
            for change in changes(a[place_a], b[place_b]):
                yield _moved(change, starts_a[place_a], starts_b[place_b])
        done_a, done_b = place_a + 1, place_b + 1


def _counterparts(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    """Pairs of lines that are alike, in order, with the greatest likeness together."""
    if not a or not b or len(a) * len(b) > _MOST_PAIRS:
        return []
    alike = process.cdist(a, b, scorer=fuzz.ratio, score_cutoff=_ALIKE, dtype=np.float32)
    best = np.zeros((len(a) + 1, len(b) + 1), np.float32)
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            best[i, j] = max(best[i + 1, j], best[i, j + 1], best[i + 1, j + 1] + alike[i, j])
    pairs, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if alike[i, j] and best[i, j] == best[i + 1, j + 1] + alike[i, j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i, j] == best[i + 1, j]:
            i += 1
        else:
            j += 1
    return pairs


def _starts(lines: list[str]) -> list[int]:
    """Where each line starts, and where the last one ends."""
    return [0, *accumulate(map(len, lines))]


def _moved(change: Change, a: int, b: int) -> Change:
    (start_a, end_a), (start_b, end_b) = change.a, change.b
    return _change((start_a + a, end_a + a), (start_b + b, end_b + b))


def _is_chance(a: str, b: str, before: Change, after: Change) -> bool:
    """Whether what is equal between two changes is less than both (Fraser 2006, semantic clean-up).

    A line that came or went as a whole is a change of its own.
    """
    if a[before.a[0] : before.a[1]].endswith("\n") or b[before.b[0] : before.b[1]].endswith("\n"):
        return False
    if a[after.a[0] : after.a[1]].endswith("\n") or b[after.b[0] : after.b[1]].endswith("\n"):
        return False
    between = a[before.a[1] : after.a[0]]
    least = min(_size(before), _size(after))
    return "\n" not in between and letters(between) <= min(_CHANCE, 2 * least)


def _size(change: Change) -> int:
    return max(change.a[1] - change.a[0], change.b[1] - change.b[0])


def letters(text: str) -> int:
    """The length of a text when a character of Han or kana counts twice."""
    wide = table().wide
    return len(text) + sum(bool(wide[ord(character)]) for character in text)


def _joined(before: Change, after: Change) -> Change:
    return _change((before.a[0], after.a[1]), (before.b[0], after.b[1]))


def _change(a: Span, b: Span) -> Change:
    if a[0] == a[1]:
        return Change(op="insert", a=a, b=b)
    return Change(op="delete" if b[0] == b[1] else "replace", a=a, b=b)


def _notation(a: Edition, b: Edition, span: Span, start_b: int) -> Iterator[Edit]:
    """Where two stretches that are equal when folded are written otherwise."""
    start_a, end_a = span
    one, other = a.text[start_a:end_a], b.text[start_b : start_b + end_a - start_a]
    if one == other:
        return
    places = [
        place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]
    ]
    for first, last in _runs(places, one):
        in_a = (start_a + first, start_a + last)
        in_b = (start_b + first, start_b + last)
        yield Edit(op="replace", a=in_a, b=in_b, kinds=("notation",), phrase_a=in_a, phrase_b=in_b)


def _runs(places: Sequence[int], text: str) -> Iterator[Span]:
    """The places as half-open spans; those on one line with little between are one."""
    start = end = places[0]
    for place in places:
        if place - end > _CHANCE or "\n" in text[end:place]:
            yield start, end
            start = place
        end = place + 1
    yield start, end


def _edit(a: Edition, b: Edition, change: Change) -> Edit:
    """The change with its weight."""
    if _same_form(a.text[slice(*change.a)], b.text[slice(*change.b)]):
        return Edit(
            op=change.op,
            a=change.a,
            b=change.b,
            kinds=("notation",),
            phrase_a=change.a,
            phrase_b=change.b,
        )
    touched_a, touched_b = touched(a.stress, change.a), touched(b.stress, change.b)
    words_a = {(each.kind, fold(a.text[each.start : each.end])) for each in touched_a}
    words_b = {(each.kind, fold(b.text[each.start : each.end])) for each in touched_b}
    differing = {kind for kind, _ in words_a ^ words_b}
    return Edit(
        op=change.op,
        a=change.a,
        b=change.b,
        kinds=tuple(kind for kind in _ORDER if kind in differing) or ("wording",),
        phrase_a=_widened(change.a, touched_a),
        phrase_b=_widened(change.b, touched_b),
    )


def touched(stress: Sequence[Stressed], span: Span) -> tuple[Stressed, ...]:
    """Those that share a character with the span, or hold the empty one inside."""
    start, end = span
    first = bisect_left(stress, start, key=lambda each: each.end)
    found = []
    for each in stress[first:]:
        if each.start >= max(end, start + 1):
            break
        if each.end > start and (each.start < end or each.start < start):
            found.append(each)
    return tuple(found)


def _widened(span: Span, stress: Sequence[Stressed]) -> Span:
    starts = [each.start for each in stress]
    ends = [each.end for each in stress]
    return min(span[0], *starts, span[0]), max(span[1], *ends, span[1])


def _same_form(a: str, b: str) -> bool:
    """Whether both say the same with other marks, widths or spaces: figures and their signs too."""
    if normalise(a).text != normalise(b).text:
        return False
    return _figures(a) == _figures(b)


def _figures(text: str) -> list[str]:
    """The figures, without the commas of thousands, and the signs, in their order."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _GROUPED.sub(lambda match: match[0].replace(",", ""), plain)
    return _FIGURE.findall(plain) + [c for c in plain if c in _SIGNS]
