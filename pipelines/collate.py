"""What changed between two main texts, as spans of both.

Paragraphs are compared first, then the words (characters, for Chinese) inside those that differ. Both steps
find a longest common subsequence (rapidfuzz: Hyyrö 2004, bit-parallel), so equal text is never a change.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Indel

Span = tuple[int, int]
_Units = tuple[str, Sequence[Span], int]  # a text, spans of it, and where the first would stand

# A Han character or kana is a token, so is a number, so is a word of any other script.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|\d+(?:[.,]\d+)*"
    r"|(?:(?![\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[^\W\d_])+"
    r"|.",
    re.DOTALL,
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# Comparing n tokens with m takes n * m / 64 steps and as many bits of memory: this is 50 MB.
_LARGEST = 400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. Texts are equal up to it, and again behind it."""

    op: Literal["insert", "delete", "replace"]
    a: Span  # code points of the first text, half-open; empty for an insertion
    b: Span  # of the second; empty for a deletion


def changes(a: str, b: str) -> tuple[Change, ...]:
    """The differences from `a` to `b`, in order.

    >>> [(c.op, c.a, c.b) for c in changes("建设30家中心", "建设50家中心")]
    [('replace', (2, 4), (2, 4))]
    """
    lines_a, lines_b = _spans(_LINE, a), _spans(_LINE, b)
    found: list[Change] = []
    for part_a, part_b in _differing((a, lines_a, 0), (b, lines_b, 0)):
        found.extend(_inside(a, b, part_a, part_b))
    return tuple(found)


def _inside(a: str, b: str, part_a: Span, part_b: Span) -> Iterator[Change]:
    """The differences inside two stretches of which no paragraph is equal."""
    tokens_a, tokens_b = _spans(_TOKEN, a, part_a), _spans(_TOKEN, b, part_b)
    if len(tokens_a) * len(tokens_b) > _LARGEST:
        yield _change(part_a, part_b)
        return
    previous: Change | None = None
    for span_a, span_b in _differing((a, tokens_a, part_a[0]), (b, tokens_b, part_b[0])):
        if previous and _belongs(a, previous, span_a):
            previous = _change((previous.a[0], span_a[1]), (previous.b[0], span_b[1]))
            continue
        if previous:
            yield previous
        previous = _change(span_a, span_b)
    if previous:
        yield previous


def _belongs(a: str, previous: Change, span: Span) -> bool:
    """Whether two changes are one to a reader: only a space or a mark stands between them."""
    between = a[previous.a[1] : span[0]]
    return len(between) <= 1 and not between.isalnum()


def _differing(first: _Units, second: _Units) -> Iterator[tuple[Span, Span]]:
    """Stretches of units that differ, as spans of the texts."""
    blocks = Indel.opcodes(_words(first), _words(second)).as_matching_blocks()
    last_a = last_b = 0
    for block in blocks:
        if block.a > last_a or block.b > last_b:
            yield _extent(first, last_a, block.a), _extent(second, last_b, block.b)
        last_a, last_b = block.a + block.size, block.b + block.size


def _words(units: _Units) -> list[str]:
    text, spans, _ = units
    return [text[start:end] for start, end in spans]


def _extent(units: _Units, start: int, end: int) -> Span:
    """The span of units start to end; where there are none, the place where they would stand."""
    _, spans, beginning = units
    if start < end:
        return spans[start][0], spans[end - 1][1]
    place = spans[start - 1][1] if start else beginning
    return place, place


def _spans(pattern: re.Pattern[str], text: str, part: Span | None = None) -> list[Span]:
    start, end = part or (0, len(text))
    return [match.span() for match in pattern.finditer(text, start, end)]


def _change(a: Span, b: Span) -> Change:
    if a[0] == a[1]:
        return Change(op="insert", a=a, b=b)
    return Change(op="delete" if b[0] == b[1] else "replace", a=a, b=b)
