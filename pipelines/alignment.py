"""Two key forms to the passages that they have in common, and the gaps between these.

Anchors are k-grams that occur once in each text (Heckel 1978, "A technique for isolating
differences between files"); the heaviest chain that increases in both texts is kept, stretched,
and what is left between two passages is aligned again with shorter anchors.
"""

from bisect import bisect_left
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from pipelines.characters import table

VERSION = "1"

Block = tuple[int, int, int]  # start in a, start in b, length
_Codes = npt.NDArray[np.uint32]

_GRAMS = ((8, 16), (4, 8))  # (wide, narrow) characters of an anchor: whole text, then in gaps
_FACTOR = 0x9E3779B97F4A7C15  # odd; 2**64 / golden ratio
_SHORT_GRAM = 3  # characters, in gaps of at most _SHORT_GAP
_SHORT_GAP = 60
_SMALL = 400  # characters, below which plain strings are faster than arrays
_HOPELESS = 0.04  # of the shorter text: less in common than this, and they are different
_LIKE = 0.7  # of a gap's characters in order: then it is one passage, badly read
_LIKE_GAP = 400  # characters; beyond it the comparison would be too slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The passages that two texts have in common, in order, and none of them overlapping."""

    blocks: tuple[Block, ...]
    length_a: int
    length_b: int

    @property
    def matched(self) -> int:
        """Characters in common."""
        return sum(length for _, _, length in self.blocks)

    def gaps(self) -> list[tuple[int, int, int, int]]:
        """(start in a, end in a, start in b, end in b) before, between and after the blocks."""
        starts = [(0, 0), *((a + n, b + n) for a, b, n in self.blocks)]
        ends = [*((a, b) for a, b, _ in self.blocks), (self.length_a, self.length_b)]
        return [(a, x, b, y) for (a, b), (x, y) in zip(starts, ends, strict=True)]


def align(a: str, b: str) -> Alignment:
    """The passages that `a` and `b` have in common; both are normal forms."""
    head = _common_head(a, b, 0, 0, min(len(a), len(b)))
    tail = _common_tail(a, b, min(len(a), len(b)) - head)
    found = [(0, 0, head)] if head else []
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    least = int(_HOPELESS * min(len(a), len(b))) - head - tail
    found += [(x + head, y + head, n) for x, y, n in _anchored(middle_a, middle_b, 0, least)]
    if tail:
        found.append((len(a) - tail, len(b) - tail, tail))
    return Alignment(blocks=tuple(_joined(found)), length_a=len(a), length_b=len(b))


def _anchored(a: str, b: str, level: int, least: int = 0) -> list[Block]:
    """The blocks of two texts by anchors of this level, with finer ones in their gaps.

    Where they come to less than `least` characters, finer ones will not help.
    """
    if not a or not b:
        return []
    if level == len(_GRAMS) or min(len(a), len(b)) < _GRAMS[level][0]:
        return _last_resort(a, b)
    if max(len(a), len(b)) <= _SMALL:
        blocks = _stretched(a, b, _chain(_small_runs(a, b, _gram(a, b, _GRAMS[level]))))
    else:
        blocks = _stretched(a, b, _chain(_runs(a, b, _GRAMS[level])))
    if sum(n for _, _, n in blocks) < least:
        return blocks
    whole: list[Block] = []
    end_a = end_b = 0
    for start_a, start_b, length in [*blocks, (len(a), len(b), 0)]:
        inner = _anchored(a[end_a:start_a], b[end_b:start_b], level + 1)
        whole += [(end_a + x, end_b + y, n) for x, y, n in inner]
        if length:
            whole.append((start_a, start_b, length))
        end_a, end_b = start_a + length, start_b + length
    return whole


def _last_resort(a: str, b: str) -> list[Block]:
    """The blocks of two gaps that have no anchors."""
    shorter, longer = sorted((len(a), len(b)))
    if longer <= _LIKE_GAP and shorter > (longer * 7) // 10 and shorter > _SHORT_GRAM:
        matcher = SequenceMatcher(None, a, b, autojunk=False)
        if matcher.quick_ratio() > _LIKE and matcher.ratio() > _LIKE:
            return [(x, y, n) for x, y, n in matcher.get_matching_blocks() if n]
    if longer <= _SHORT_GAP and shorter >= _SHORT_GRAM:
        return _stretched(a, b, _chain(_small_runs(a, b, _SHORT_GRAM)))
    return []


def _gram(a: str, b: str, grams: tuple[int, int]) -> int:
    """The length of anchors for two short passages, by the script in the middle of them."""
    wide = table().wide
    return grams[0] if wide[ord(a[len(a) // 2])] or wide[ord(b[len(b) // 2])] else grams[1]


def _runs(a: str, b: str, grams: tuple[int, int]) -> list[Block]:
    """Stretches of anchors on one diagonal, by start in a."""
    bits = max(len(a), len(b)).bit_length()
    keys_a, places_a = _unique_grams(a, grams, bits)
    keys_b, places_b = _unique_grams(b, grams, bits)
    if not len(keys_a) or not len(keys_b):
        return []
    where = np.minimum(np.searchsorted(keys_b, keys_a), len(keys_b) - 1)
    both = keys_b[where] == keys_a
    starts_a, starts_b = places_a[both], places_b[where[both]]
    if not len(starts_a):
        return []
    order = np.argsort(starts_a)
    starts_a, starts_b = starts_a[order], starts_b[order]
    step = np.diff(starts_a)
    breaks = np.flatnonzero((step != np.diff(starts_b)) | (step > grams[0]))
    firsts, lasts = np.append(0, breaks + 1), np.append(breaks, len(starts_a) - 1)
    ends = starts_a[lasts] + grams[0]
    runs = (starts_a[firsts], starts_b[firsts], ends - starts_a[firsts])
    return [
        (x, y, n)
        for x, y, n in zip(*(run.tolist() for run in runs), strict=True)
        if a[x : x + n] == b[y : y + n]  # a hash is no proof
    ]


def _unique_grams(
    text: str, grams: tuple[int, int], place_bits: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Hashes of the k-grams that occur once, ascending, and where.

    The place is kept in the low bits of the hash, because sorting one array of numbers is several
    times faster than sorting an order of it.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    wide, narrow = _gram_hashes(codes, grams)
    starts = table().wide[codes[: len(wide)]]
    wide[: len(narrow)] = np.where(starts[: len(narrow)], wide[: len(narrow)], narrow)
    starts[: len(narrow)] = True
    bits = np.uint64(place_bits)
    packed = (wide >> bits << bits) | np.arange(len(wide), dtype=np.uint64)
    packed = np.sort(packed[starts])
    keys = packed >> bits
    other = keys[1:] != keys[:-1]  # than the one before
    once = (np.append(True, other) & np.append(other, True))[: len(keys)]
    places = packed[once] & ((np.uint64(1) << bits) - np.uint64(1))
    return keys[once], places.astype(np.int64)


def _gram_hashes(codes: _Codes, grams: tuple[int, int]) -> list[npt.NDArray[np.uint64]]:
    """The hashes of all k-grams of each length, which are powers of two: each from two halves."""
    hashes, length, factor = codes.astype(np.uint64), 1, _FACTOR
    found = []
    while length < grams[-1]:
        hashes = hashes[: max(0, len(hashes) - length)] * np.uint64(factor) + hashes[length:]
        length, factor = 2 * length, factor * factor % (1 << 64)
        if length in grams:
            # The last character only reached the low bits, which the places will take.
            found.append((hashes ^ (hashes >> np.uint64(32))) * np.uint64(_FACTOR))
    return found


def _small_runs(a: str, b: str, gram: int) -> list[Block]:
    """The same for short passages, where the cost of arrays would prevail."""
    where_a, where_b = _small_grams(a, gram), _small_grams(b, gram)
    runs: list[Block] = []
    for key, x in where_a.items():  # in the order of a, but for grams that occur again
        y = where_b.get(key, -1)
        if x < 0 or y < 0:
            continue
        if runs and runs[-1][0] + runs[-1][2] >= x and x - runs[-1][0] == y - runs[-1][1]:
            runs[-1] = (runs[-1][0], runs[-1][1], x + gram - runs[-1][0])
        else:
            runs.append((x, y, gram))
    return runs


def _small_grams(text: str, gram: int) -> dict[str, int]:
    """Where each gram starts; -1 for one that occurs again."""
    places: dict[str, int] = {}
    for start in range(len(text) - gram + 1):
        key = text[start : start + gram]
        places[key] = -1 if key in places else start
    return places


def _chain(runs: list[Block]) -> list[Block]:
    """The heaviest selection of runs that increases in both texts; `runs` are sorted by start in a.

    A longest increasing subsequence with weights: `ends` ascends, and so does the weight of the
    best chain that ends there.
    """
    ends: list[int] = []  # start in b of the last run of a chain
    tops: list[tuple[int, int]] = []  # (weight, index of its last run) of the best such chain
    previous: list[int] = []
    for index, (_, start_b, length) in enumerate(runs):
        place = bisect_left(ends, start_b)
        weight, before = tops[place - 1] if place else (0, -1)
        previous.append(before)
        weight += length
        stop = place
        while stop < len(ends) and tops[stop][0] <= weight:
            stop += 1
        if place < len(ends) and ends[place] == start_b and stop == place:
            continue  # a better chain ends here already
        ends[place:stop] = [start_b]
        tops[place:stop] = [(weight, index)]
    chain: list[Block] = []
    at = tops[-1][1] if tops else -1
    while at >= 0:
        chain.append(runs[at])
        at = previous[at]
    return chain[::-1]


def _stretched(a: str, b: str, chain: list[Block]) -> list[Block]:
    """The runs cut where they overlap, and lengthened as far as the texts agree."""
    blocks: list[Block] = []
    ends = [*((x, y) for x, y, _ in chain[1:]), (len(a), len(b))][: len(chain)]
    end_a = end_b = 0
    for run, (limit_a, limit_b) in zip(chain, ends, strict=True):
        cut = max(0, end_a - run[0], end_b - run[1])
        if cut >= run[2]:
            continue
        start_a, start_b, length = run[0] + cut, run[1] + cut, run[2] - cut
        while start_a > end_a and start_b > end_b and a[start_a - 1] == b[start_b - 1]:
            start_a, start_b, length = start_a - 1, start_b - 1, length + 1
        end_a, end_b = start_a + length, start_b + length
        more = _common_head(a, b, end_a, end_b, min(limit_a - end_a, limit_b - end_b))
        end_a, end_b = end_a + more, end_b + more
        blocks.append((start_a, start_b, length + more))
    return blocks


def _joined(blocks: list[Block]) -> list[Block]:
    """The blocks with those that touch in both texts made one."""
    joined: list[Block] = []
    for start_a, start_b, length in blocks:
        if joined:
            x, y, n = joined[-1]
            if (x + n, y + n) == (start_a, start_b):
                joined[-1] = (x, y, n + length)
                continue
        joined.append((start_a, start_b, length))
    return joined


def _common_head(a: str, b: str, start_a: int, start_b: int, room: int) -> int:
    """How many characters agree from there on, up to `room`."""
    done, step = 0, 64
    while done < room:
        step = min(step, room - done)
        if a[start_a + done : start_a + done + step] == b[start_b + done : start_b + done + step]:
            done += step
            step *= 2
        elif step == 1:
            break
        else:
            step //= 2
    return max(0, done)


def _common_tail(a: str, b: str, room: int) -> int:
    """How many characters agree at the end, up to `room`."""
    done, step = 0, 64
    while done < room:
        step = min(step, room - done)
        if a[len(a) - done - step : len(a) - done] == b[len(b) - done - step : len(b) - done]:
            done += step
            step *= 2
        elif step == 1:
            break
        else:
            step //= 2
    return max(0, done)
