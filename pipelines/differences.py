"""What an alignment leaves over: changed numbers and words, passages of one text only, noise.

Sizes are in letters: a character of Han, kana or Hangul counts as two, because it says about as much.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipelines import wording
from pipelines.alignment import Alignment, Block
from pipelines.characters import table
from pipelines.normal_form import NormalForm

PASSAGE = 24  # letters; shorter insertions are tickers, advertisements and notes as a rule
_MANY = 4  # insertions
_TITLE = 120  # letters
_WORDING = 60  # letters; a longer passage is not one wording
_WORD = 3  # letters that differ make another word rather than a misread character
_NUMERALS = frozenset("0123456789〇零一二三四五六七八九十百千万亿两")
_GAP_WEIGHT = 0.5  # of the smaller side of a gap, against the letters of a block beyond it
_GAP_MOST = 40  # letters, for the larger side: a summary leaves out a lot
_OPENING = 4  # characters with which both texts start: no chance, it is their title
_CLOSING = 8  # characters with which both end; more, because endings of words are alike
_FRAME = 200  # letters of short blocks at one end
_FAIR = 0.2  # of all that is in common: so much at one end is no chance, whatever lies before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one text has by itself."""

    size: int  # of the whole text
    matched: int  # in common with the other
    head: int  # before everything in common
    tail: int  # after everything in common
    alone: int  # passages between, where the other has nothing
    rewritten: int  # passages between, where the other has another passage
    head_text: str
    tail_text: str
    tail_said: str  # the same as the main text writes it
    common_said: str  # the lines of the main text that hold everything in common

    @property
    def covered(self) -> float:
        """Share of the text that the other has too, 0..1."""
        return self.matched / self.size if self.size else 0.0

    @property
    def inner(self) -> int:
        """Size from the first thing in common to the last."""
        return self.size - self.head - self.tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What two aligned texts do not have in common."""

    a: Side
    b: Side
    blocks: tuple[Block, ...]
    numbers: tuple[tuple[str, str], ...]  # (in a, in b), each with all of its digits
    # Numbers that lost or won digits, as misreading also does.
    extended: tuple[tuple[str, str], ...]
    words: int  # other words in place of words
    insertions: tuple[int, int]  # short runs that only a has, and only b
    inserted: tuple[int, int]  # their size, quotes of prices and advertisements left out
    noise: int  # single characters misread, lost or doubled
    numerals: float  # share of the characters of a that write numbers, 0..1


@dataclass(slots=True)
class _Tally:
    """Counts while the gaps are read; lives only within `differences`."""

    alone: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    rewritten: list[int] = field(default_factory=lambda: [0, 0])
    insertions: list[int] = field(default_factory=lambda: [0, 0])
    inserted: list[int] = field(default_factory=lambda: [0, 0])
    numbers: list[tuple[str, str]] = field(default_factory=list)
    extended: list[tuple[str, str]] = field(default_factory=list)
    words: int = 0
    noise: int = 0


def differences(form_a: NormalForm, form_b: NormalForm, alignment: Alignment) -> Differences:
    """What is left over between the blocks of the alignment, but for coincidences at the ends."""
    a, b = form_a.text, form_b.text
    sizes_a, sizes_b = _sizes(a), _sizes(b)
    blocks = _without_chance(_without_frame(alignment.blocks, a, sizes_a), sizes_a, sizes_b)
    gaps = Alignment(blocks=blocks, length_a=len(a), length_b=len(b)).gaps()
    tally = _Tally()
    for start_a, end_a, start_b, end_b in gaps[1:-1]:
        size_a = int(sizes_a[end_a] - sizes_a[start_a])
        size_b = int(sizes_b[end_b] - sizes_b[start_b])
        in_a, in_b = (a, start_a, end_a), (b, start_b, end_b)
        if max(size_a, size_b) <= PASSAGE:
            _small(tally, in_a, in_b, (size_a, size_b))
        elif max(size_a, size_b) > _WORDING or not _same_wording(in_a, in_b):
            _passage(tally, size_a, size_b)
    if blocks:
        _outermost(tally, (a, *gaps[0][:2]), (b, *gaps[0][2:]), at_start=True)
        _outermost(tally, (a, *gaps[-1][:2]), (b, *gaps[-1][2:]), at_start=False)
    side_a = _side(form_a, sizes_a, [(x, n) for x, _, n in blocks])
    side_b = _side(form_b, sizes_b, [(y, n) for _, y, n in blocks])
    return Differences(
        a=replace(
            side_a,
            alone=_passages(tally.alone[0], tally.insertions[0]),
            rewritten=side_a.rewritten + tally.rewritten[0],
        ),
        b=replace(
            side_b,
            alone=_passages(tally.alone[1], tally.insertions[1]),
            rewritten=side_b.rewritten + tally.rewritten[1],
        ),
        blocks=blocks,
        numbers=tuple(tally.numbers),
        extended=tuple(tally.extended),
        words=tally.words,
        insertions=(tally.insertions[0], tally.insertions[1]),
        inserted=(tally.inserted[0], tally.inserted[1]),
        noise=tally.noise,
        numerals=sum(map(a.count, _NUMERALS)) / max(1, len(a)),
    )


def _side(form: NormalForm, sizes: npt.NDArray[np.int64], spans: list[tuple[int, int]]) -> Side:
    """What the text has outside the (start, length) of what is in common; all of it when nothing is."""
    size = int(sizes[-1])
    if not spans:
        return Side(
            size=size,
            matched=0,
            head=0,
            tail=0,
            alone=0,
            rewritten=size,
            head_text="",
            tail_text="",
            tail_said="",
            common_said="",
        )
    first, last = spans[0][0], sum(spans[-1])
    return Side(
        size=size,
        matched=sum(int(sizes[start + length] - sizes[start]) for start, length in spans),
        head=int(sizes[first]),
        tail=size - int(sizes[last]),
        alone=0,
        rewritten=0,
        head_text=form.text[:first],
        tail_text=form.text[last:],
        tail_said=form.said_from(last),
        common_said=_lines(form, first, last),
    )


def _lines(form: NormalForm, first: int, last: int) -> str:
    """The lines of the main text from the one that holds `first` to the one before `last`."""
    main = form.main
    end = main.find("\n", form.offsets[last - 1])
    return main[main.rfind("\n", 0, form.offsets[first]) + 1 : end if end >= 0 else len(main)]


def _outermost(
    tally: _Tally, in_a: tuple[str, int, int], in_b: tuple[str, int, int], *, at_start: bool
) -> None:
    """Counts a number that changed in the first or last words of one text, where the other goes on.

    The words around it have to be there in both, for what goes on is furniture as a rule.
    """
    (a, start_a, end_a), (b, start_b, end_b) = in_a, in_b
    size = min(end_a - start_a, end_b - start_b)
    if not 1 < size <= PASSAGE:
        return
    place_a, place_b = (end_a - size, end_b - size) if at_start else (start_a, start_b)
    own, other = a[place_a : place_a + size], b[place_b : place_b + size]
    changed = [place for place in range(size) if own[place] != other[place]]
    numeric = all(own[place] in _NUMERALS and other[place] in _NUMERALS for place in changed)
    if changed and numeric and len(changed) < size:
        first, last = changed[0], changed[-1] + 1
        pair = (
            _whole_number(a, place_a + first, place_a + last),
            _whole_number(b, place_b + first, place_b + last),
        )
        tally.numbers.append(pair)


def _passages(alone: list[int], insertions: int) -> int:
    """Size of the passages; among many short insertions, one twice as long is another of them."""
    least = 2 * PASSAGE if insertions >= _MANY else PASSAGE
    return sum(size for size in alone if size > least)


def _sizes(text: str) -> npt.NDArray[np.int64]:
    """The size of the text up to each place."""
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    return np.concatenate(([0], np.cumsum(1 + table().wide[codes].astype(np.int64))))


def _without_frame(
    blocks: tuple[Block, ...], a: str, sizes_a: npt.NDArray[np.int64]
) -> tuple[Block, ...]:
    """The blocks without those of the frame that two pages of one kind of site have in common.

    Such a block is short, for what stands in the frame differs from page to page, and it or one
    further out has a phrase of furniture.
    """
    for run in (blocks, blocks[::-1]):
        end = size = 0
        for place, (x, _, n) in enumerate(run[:-1]):
            size += int(sizes_a[x + n] - sizes_a[x])
            if size > _FRAME:
                break
            if wording.is_notice(a[x : x + n]):
                end = place + 1
        blocks = tuple(block for block in blocks if block not in run[:end])
    return blocks


def _without_chance(
    blocks: tuple[Block, ...], sizes_a: npt.NDArray[np.int64], sizes_b: npt.NDArray[np.int64]
) -> tuple[Block, ...]:
    """The blocks without those at either end that are there by chance.

    Furniture and unrelated passages share a phrase here and there. Such blocks are small beside what
    both texts have between them and the rest: the run of blocks that outweighs its gaps most is kept
    (the idea of Smith & Waterman 1981), and whatever else makes up a fair part of all.
    """
    sizes = [int(sizes_a[x + n] - sizes_a[x]) for x, _, n in blocks]
    whole = (len(sizes_a) - 1, len(sizes_b) - 1)
    gaps = [0.0]
    for (x, y, n), (next_x, next_y, next_n) in pairwise(blocks):
        gap_a = int(sizes_a[next_x] - sizes_a[x + n])
        gap_b = int(sizes_b[next_y] - sizes_b[y + n])
        gaps.append(_GAP_WEIGHT * min(gap_a, gap_b))
        starts = (x, y) == (0, 0) and n >= _OPENING
        ends = (next_x + next_n, next_y + next_n) == whole and next_n >= _CLOSING
        if not starts and not ends:
            gaps[-1] += min(_GAP_MOST, max(gap_a, gap_b) / 20)
    if len(blocks) > 1 and _is_heading(blocks[0], blocks[1], sizes[0], sizes_a, sizes_b):
        return _without_chance(blocks[1:], sizes_a, sizes_b)
    fair = _FAIR * sum(sizes)
    last = _worthy_end(sizes, gaps[1:], fair)
    first = len(blocks) - _worthy_end(sizes[:last][::-1], gaps[1:last][::-1], fair)
    return blocks[max(0, first - (len(blocks) - last)) : last]


def _is_heading(
    first: Block,
    second: Block,
    size: int,
    sizes_a: npt.NDArray[np.int64],
    sizes_b: npt.NDArray[np.int64],
) -> bool:
    """Whether the first block is the title of one text, met in what a site put above the other."""
    after_a = int(sizes_a[second[0]] - sizes_a[first[0] + first[2]])
    after_b = int(sizes_b[second[1]] - sizes_b[first[1] + first[2]])
    above = (first[0] == 0) != (first[1] == 0)
    after = max(after_a, after_b)
    return above and after > PASSAGE and size < min(_TITLE, after)


def _worthy_end(sizes: list[int], gaps: list[float], fair: float) -> int:
    """How many blocks to keep, counted from the first: up to the highest sum, or a fair part."""
    total, best, end, beyond = 0.0, float("-inf"), 0, 0
    for index, size in enumerate(sizes):
        total += size - (gaps[index - 1] if index else 0)
        beyond += size
        if total > best or beyond > fair:
            best, end, beyond = total, index + 1, 0
    return end


def _passage(tally: _Tally, size_a: int, size_b: int) -> None:
    """Counts a gap that holds a passage."""
    if min(size_a, size_b) <= max(PASSAGE, max(size_a, size_b) // 8):
        tally.alone[0 if size_a > size_b else 1].append(max(size_a, size_b))
    else:
        tally.rewritten[0] += size_a
        tally.rewritten[1] += size_b


def _same_wording(in_a: tuple[str, int, int], in_b: tuple[str, int, int]) -> bool:
    """Whether the gap is one wording in two regions.

    With the characters beside it, because a phrase may be longer than what differs of it; and
    without, because they may make another phrase.
    """
    (a, start_a, end_a), (b, start_b, end_b) = in_a, in_b
    return any(
        wording.alike(a[max(0, start_a - n) : end_a + n], b[max(0, start_b - n) : end_b + n])
        for n in (0, 2)
    )


def _small(
    tally: _Tally, in_a: tuple[str, int, int], in_b: tuple[str, int, int], sizes: tuple[int, int]
) -> None:
    """Counts a gap of a few characters."""
    (a, start_a, end_a), (b, start_b, end_b) = in_a, in_b
    gap_a, gap_b = a[start_a:end_a], b[start_b:end_b]
    numerals = _numerals(gap_a), _numerals(gap_b)
    pair = (_whole_number(a, start_a, end_a), _whole_number(b, start_b, end_b))
    if gap_a and gap_b and numerals[0] and numerals[1] and numerals[0] != numerals[1]:
        if len(numerals[0]) == len(numerals[1]) or max(len(gap_a), len(gap_b)) > 2:
            tally.numbers.append(pair)
        else:
            tally.extended.append(pair)
    elif max(len(gap_a), len(gap_b)) == 1:
        if _numerals(gap_a + gap_b) and len(max(pair, key=len)) > 1:
            tally.extended.append(pair)
        else:
            tally.noise += 1
    elif not gap_a or not gap_b:
        tally.insertions[0 if gap_a else 1] += 1
        if not _is_notice(gap_a or gap_b):
            tally.inserted[0 if gap_a else 1] += max(sizes)
    elif max(sizes) >= _WORD and not _same_wording(in_a, in_b):
        tally.words += 1


def _is_notice(text: str) -> bool:
    """Whether a short insertion is a quote of prices, or furniture."""
    return 2 * len(_numerals(text)) > len(text) or wording.is_notice(text)


def _numerals(text: str) -> str:
    return "".join(c for c in text if c in _NUMERALS)


def _whole_number(text: str, start: int, end: int) -> str:
    """The number that the span touches, with its digits on both sides."""
    while start > 0 and text[start - 1] in _NUMERALS:
        start -= 1
    while end < len(text) and text[end] in _NUMERALS:
        end += 1
    return text[start:end]
