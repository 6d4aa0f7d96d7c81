"""The differences between two texts of one language, one operation for one edit.

Sentences first, by a longest common subsequence (rapidfuzz: Hyyrö 2004, bit-parallel), then anchors in
what is left (pipelines.alignment), then tokens: a Han character or kana, a number, a word. Single
characters that agree by chance between two edits do not part them, and an insertion that could stand
in several places stands where a clause begins.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from pipelines.alignment import align
from pipelines.characters import table
from pipelines.report.form import NONE, PAUSE, SPACE, STOP, Form, cut

Block = tuple[int, int, int]  # start in a, start in b, length

_PLAIN = 250_000  # tokens of one side times those of the other, compared at once: a millisecond
_LIKE = 8  # so many times longer may one side of a gap be, for its tokens to be compared
_CHANCE = 10  # letters; fewer that agree between two longer edits agree by chance
_TOKEN = re.compile(r"\d+|[^\W\d_]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One difference, as letters of both forms; the letters before and behind it agree."""

    a: tuple[int, int]
    b: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    """What two forms have in common, and the edits between."""

    blocks: tuple[Block, ...]
    edits: tuple[Edit, ...]


def collate(a: Form, b: Form) -> Collation:
    """The blocks that `a` and `b` share, in order, and what is different between them.

    >>> from pipelines.report.form import form
    >>> collate(form("建设30家中心"), form("建设50家中心")).edits
    (Edit(a=(2, 4), b=(2, 4)),)
    """
    blocks: list[Block] = []
    for part_a, part_b, agree in _sentences(a, b):
        if agree:
            blocks.append((part_a[0], part_b[0], part_a[1] - part_a[0]))
        else:
            blocks.extend(_inside(a, b, part_a, part_b))
    settled = _without_chance(a, b, _joined(blocks))
    placed = _at_clauses(a, b, settled)
    return collation(a, b, placed)


def collation(a: Form, b: Form, blocks: list[Block]) -> Collation:
    """The blocks with the edits between them."""
    return Collation(blocks=tuple(blocks), edits=tuple(_edits(a, b, blocks)))


def _sentences(a: Form, b: Form) -> Iterator[tuple[tuple[int, int], tuple[int, int], bool]]:
    """Stretches of both that agree sentence by sentence, and the stretches between."""
    units_a, units_b = cut(a, STOP), cut(b, STOP)
    matching = Indel.opcodes(
        [a.letters[x:y] for x, y in units_a], [b.letters[x:y] for x, y in units_b]
    ).as_matching_blocks()
    end_a = end_b = 0
    for block in matching:
        start_a = units_a[block.a][0] if block.a < len(units_a) else len(a.letters)
        start_b = units_b[block.b][0] if block.b < len(units_b) else len(b.letters)
        if end_a < start_a or end_b < start_b:
            yield (end_a, start_a), (end_b, start_b), False
        end_a, end_b = start_a, start_b
        if block.size:
            end_a = units_a[block.a + block.size - 1][1]
            end_b = units_b[block.b + block.size - 1][1]
            yield (start_a, end_a), (start_b, end_b), True


def _inside(a: Form, b: Form, part_a: tuple[int, int], part_b: tuple[int, int]) -> Iterator[Block]:
    """The blocks of two stretches that have no sentence in common."""
    size_a, size_b = part_a[1] - part_a[0], part_b[1] - part_b[0]
    if not size_a or not size_b:
        return
    if size_a * size_b <= _PLAIN and max(size_a, size_b) <= _LIKE * min(size_a, size_b):
        yield from _by_tokens(a, b, part_a, part_b)
        return
    found = align(a.letters[slice(*part_a)], b.letters[slice(*part_b)])
    end_a, end_b = part_a[0], part_b[0]
    for x, y, n in [*found.blocks, (size_a, size_b, 0)]:
        start_a, start_b, length = _at_words(a, b, (part_a[0] + x, part_b[0] + y, n))
        yield from _gap(a, b, (end_a, start_a), (end_b, start_b))
        if length:
            yield start_a, start_b, length
        end_a, end_b = start_a + length, start_b + length


def _gap(a: Form, b: Form, part_a: tuple[int, int], part_b: tuple[int, int]) -> Iterator[Block]:
    """The blocks between two anchors: token by token, where one side may be a form of the other."""
    size_a, size_b = part_a[1] - part_a[0], part_b[1] - part_b[0]
    if min(size_a, size_b) < 1 or size_a * size_b > _PLAIN:
        return
    if max(size_a, size_b) <= _LIKE * min(size_a, size_b):
        yield from _by_tokens(a, b, part_a, part_b)


def _at_words(a: Form, b: Form, block: Block) -> Block:
    """The block without the parts of words at its edges."""
    x, y, n = block
    while n and not (_is_edge(a, x) and _is_edge(b, y)):
        x, y, n = x + 1, y + 1, n - 1
    while n and not (_is_edge(a, x + n) and _is_edge(b, y + n)):
        n -= 1
    return x, y, n


def _is_edge(spoken: Form, place: int) -> bool:
    """Whether a token may begin at the place."""
    if place == 0 or place >= len(spoken.letters) or spoken.breaks[place] > NONE:
        return True
    wide = table().wide
    before, here = spoken.letters[place - 1], spoken.letters[place]
    if wide[ord(before)] or wide[ord(here)]:
        return True
    return before.isdigit() != here.isdigit()


def _tokens(spoken: Form, part: tuple[int, int]) -> list[int]:
    """Where the tokens of a stretch begin, and its end."""
    return [
        *(place for place in range(*part) if _is_edge(spoken, place) or place == part[0]),
        part[1],
    ]


def _by_tokens(
    a: Form, b: Form, part_a: tuple[int, int], part_b: tuple[int, int]
) -> Iterator[Block]:
    """The longest common subsequence of tokens."""
    edges_a, edges_b = _tokens(a, part_a), _tokens(b, part_b)
    words_a = [a.letters[x:y] for x, y in itertools.pairwise(edges_a)]
    words_b = [b.letters[x:y] for x, y in itertools.pairwise(edges_b)]
    for block in Indel.opcodes(words_a, words_b).as_matching_blocks():
        if block.size:
            start = edges_a[block.a]
            yield start, edges_b[block.b], edges_a[block.a + block.size] - start


def _joined(blocks: list[Block]) -> list[Block]:
    """The blocks with those that touch in both texts made one."""
    joined: list[Block] = []
    for x, y, n in blocks:
        if joined and (joined[-1][0] + joined[-1][2], joined[-1][1] + joined[-1][2]) == (x, y):
            joined[-1] = (*joined[-1][:2], joined[-1][2] + n)
        else:
            joined.append((x, y, n))
    return joined


def _without_chance(a: Form, b: Form, blocks: list[Block]) -> list[Block]:
    """The blocks without short ones that lie between longer edits.

    The rule of "semantic cleanup" (Fraser 2006): what agrees is no longer than what differs on either
    side of it; and it is short, so that a phrase kept by a summary stays.
    """
    kept = blocks
    while True:
        gaps = [_between(a, b, left, right) for left, right in _neighbours(a, b, kept)]
        less = [
            block
            for place, block in enumerate(kept)
            if not _is_chance(a, block, gaps[place], gaps[place + 1])
        ]
        if len(less) == len(kept):
            return kept
        kept = less


def _neighbours(a: Form, b: Form, blocks: list[Block]) -> Iterator[tuple[Block, Block]]:
    ends = (0, 0, 0), (len(a.letters), len(b.letters), 0)
    yield from zip([ends[0], *blocks], [*blocks, ends[1]], strict=True)


def _between(a: Form, b: Form, left: Block, right: Block) -> tuple[int, int]:
    """Sizes of the gap between two blocks, in both texts."""
    return (
        a.weight(left[0] + left[2], right[0]),
        b.weight(left[1] + left[2], right[1]),
    )


def _is_chance(a: Form, block: Block, before: tuple[int, int], after: tuple[int, int]) -> bool:
    size = a.weight(block[0], block[0] + block[2])
    if size > _CHANCE:
        return False
    stands = all((a.breaks[block[0]] >= PAUSE, a.breaks[block[0] + block[2]] >= PAUSE))
    if stands and size > _CHANCE // 2:
        return False
    return size <= max(before) and size <= max(after)


def _at_clauses(a: Form, b: Form, blocks: list[Block]) -> list[Block]:
    """The blocks with each pure insertion or deletion where a clause begins, if it can stand there."""
    placed = list(blocks)
    for place in range(len(placed) - 1):
        x, y, n = placed[place]
        next_x, next_y, next_n = placed[place + 1]
        gap_a, gap_b = next_x - x - n, next_y - y - n
        if bool(gap_a) == bool(gap_b):
            continue
        form, at, size = (a, x + n, gap_a) if gap_a else (b, y + n, gap_b)
        shift = _best_shift(form, at, size, (n, next_n))
        placed[place] = (x, y, n + shift)
        placed[place + 1] = (next_x + shift, next_y + shift, next_n - shift)
    return [block for block in placed if block[2]]


def _best_shift(spoken: Form, at: int, size: int, room: tuple[int, int]) -> int:
    """How far to move letters at:at+size along the text that repeats them: to the clearest edge.

    Of places that are as clear, the last: what is said twice was added the second time.
    """
    letters = spoken.letters
    low = high = 0
    while -low < room[0] and at + low > 0 and letters[at + low - 1] == letters[at + size + low - 1]:
        low -= 1
    while (
        high < room[1]
        and at + size + high < len(letters)
        and letters[at + high] == letters[at + size + high]
    ):
        high += 1
    return max(range(low, high + 1), key=lambda shift: (_clear(spoken, at + shift, size), shift))


def _clear(spoken: Form, start: int, size: int) -> int:
    """How clearly a stretch begins and ends: 0 inside words, more at marks."""
    before, after = int(spoken.breaks[start]), int(spoken.breaks[start + size])
    return min(before, after, PAUSE) * 4 + (min(before, after) >= SPACE) + _is_edge(spoken, start)


def _edits(a: Form, b: Form, blocks: list[Block]) -> Iterator[Edit]:
    for left, right in _neighbours(a, b, blocks):
        part_a = (left[0] + left[2], right[0])
        part_b = (left[1] + left[2], right[1])
        if part_a[0] < part_a[1] or part_b[0] < part_b[1]:
            yield Edit(a=part_a, b=part_b)
