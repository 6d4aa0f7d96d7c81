"""A segment: many sketches in one sorted file that is written once and then only looked into.

Every key of every sketch is one entry of four bytes. The upper bits of a key say in which bucket
its entries lie, so an entry holds only the lower bits and the ordinal of its version:

    header       64 bytes, see _HEADER
    versions     for each ordinal the id of the version, ascending, 4 bytes
    sizes        for each ordinal the size of its sample, 2 bytes, padded to 4
    regions      for each: where its buckets begin among its entries, 4 bytes each, and one more for
                 the end; then its entries, ascending
    table        for each region the word at which it begins, and one more for the end, 8 bytes

Numbers are little-endian; a word is four bytes. Finding a key is two reads, whatever the size of
the segment, and counting the versions that have it is a subtraction of positions. Sorted runs that
are merged as they grow are those of O'Neil et al. 1996, "The log-structured merge-tree".
"""

import mmap
import os
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from archive.errors import UnusableIndex

SAMPLE_BITS = 32  # of a key of a sample
BAND_BITS = 30  # of a band; its key lies behind all keys of samples
KEYS = (1 << SAMPLE_BITS) + (1 << BAND_BITS)
MOST_VERSIONS = 1 << 28  # of one segment: leaves four bits of an entry for its key

_MAGIC = b"VSKETCH1"
_HEADER = struct.Struct("<8sIIIIQ32x")  # magic, versions, shift, region_shift, 0, entries
# Entries of a bucket, on the average. Of small segments there are many, and few entries to a bucket
# make them quick; of a large one there is one, and the fewer places to jump to, the fewer bytes.
_BUCKET, _LARGE_BUCKET = 4, 16
_LARGE = 1 << 29  # entries
_REGION = 1 << 20  # entries of a region, on the average: bounds the memory of writing
_LONG = 128  # entries of a bucket that are read as a whole
_WORD = 4

Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Entries that were found: for each, which of the keys it has, and its version."""

    which: Longs  # index of the key among those that were asked for
    versions: Integers
    sizes: Integers  # of the samples of the versions


def joined(found: Sequence[Hits]) -> Hits:
    """All of these, one after the other."""
    return Hits(
        which=np.concatenate([each.which for each in found]),
        versions=np.concatenate([each.versions for each in found]),
        sizes=np.concatenate([each.sizes for each in found]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the bits of a key are spread over region, bucket and entry."""

    versions: int
    entries: int  # at most; a merge may drop repeated ones
    shift: int  # lower bits of a key that stand in the entry
    region_shift: int  # lower bits of a key within its region

    @property
    def ordinal_bits(self) -> int:
        """Bits of an entry that hold the ordinal of the version."""
        return max(1, (self.versions - 1).bit_length())

    @property
    def buckets(self) -> int:
        """How many there are in a region."""
        return 1 << (self.region_shift - self.shift)

    @property
    def regions(self) -> int:
        """How many there are; together they hold every possible key."""
        return KEYS >> self.region_shift

    @property
    def words_before(self) -> int:
        """Words in front of the first region."""
        return (_HEADER.size + _WORD * self.versions + _padded(2 * self.versions)) // _WORD


def layout(versions: int, entries: int) -> Layout:
    """The layout for so many versions with so many entries in all.

    Raises:
        ValueError: that is more than one segment holds.
    """
    if not 0 < versions <= MOST_VERSIONS:
        raise ValueError(f"A segment holds 1 to {MOST_VERSIONS} versions, not {versions}.")
    room = 32 - max(1, (versions - 1).bit_length())
    region_shift = min(BAND_BITS, _bits(KEYS * _REGION // max(1, entries)))
    bucket = _BUCKET if entries < _LARGE else _LARGE_BUCKET
    shift = min(room, region_shift, _bits(KEYS * bucket // max(1, entries)))
    return Layout(versions=versions, entries=entries, shift=shift, region_shift=region_shift)


def write(
    plan: Layout,
    versions: Longs,
    sizes: Longs,
    regions: Iterator[Longs],
    append: Callable[[bytes], object],
) -> None:
    """Hand a whole segment to `append`, piece by piece.

    `regions` gives for each region its entries, ascending and none twice, as numbers: the key, then
    the ordinal in `plan.ordinal_bits`.
    """
    append(_HEADER.pack(_MAGIC, plan.versions, plan.shift, plan.region_shift, 0, plan.entries))
    append(versions.astype("<u4").tobytes())
    append(sizes.astype("<u2").tobytes().ljust(_padded(2 * plan.versions), b"\0"))
    starts = [plan.words_before]
    below = plan.shift + plan.ordinal_bits
    for number, entries in enumerate(regions):
        buckets = (entries >> below) - number * plan.buckets
        counts = np.bincount(buckets, minlength=plan.buckets)
        append(np.concatenate(([0], np.cumsum(counts))).astype("<u4").tobytes())
        append((entries & ((1 << below) - 1)).astype("<u4").tobytes())
        starts.append(starts[-1] + plan.buckets + 1 + len(entries))
    append(np.array(starts, "<u8").tobytes())


class Store(Protocol):
    """Where the words of a segment are: in memory, mapped, or read from the disk each time."""

    def words(self, first: int, count: int) -> Words:
        """So many words from there on."""
        ...

    def pairs(self, places: Longs) -> Words:
        """The word at each place and the one behind it, side by side."""
        ...

    def runs(self, tops: Longs, lengths: Longs, ends: Longs) -> Words:
        """The words of several runs that stop before `tops`, one after the other.

        `ends` are their lengths, summed up.
        """
        ...

    def bounds(self, values: tuple[int, int], start: int, length: int) -> tuple[int, int]:
        """Where, in an ascending run, the words begin and end that lie within these two values."""
        ...


class InMemory:
    """Words in an array, which may be a mapped file."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._all: Words = np.frombuffer(data, "<u4")
        # At each word it and the next as one item: both come with one jump into memory.
        count = max(0, len(self._all) - 1)
        self._both = np.ndarray((count,), f"V{2 * _WORD}", data, strides=(_WORD,))
        self.size = len(data)

    def words(self, first: int, count: int) -> Words:
        """See `Store.words`."""
        return self._all[first : first + count]

    def pairs(self, places: Longs) -> Words:
        """See `Store.pairs`."""
        both: Words = self._both[places].view("<u4")
        return both

    def runs(self, tops: Longs, lengths: Longs, ends: Longs) -> Words:
        """See `Store.runs`."""
        places = (tops - ends).repeat(lengths)
        places += np.arange(len(places))
        words: Words = self._all.take(places)
        return words

    def bounds(self, values: tuple[int, int], start: int, length: int) -> tuple[int, int]:
        """See `Store.bounds`."""
        run = self._all[start : start + length]
        first = start + int(run.searchsorted(np.uint32(values[0])))
        return first, start + int(run.searchsorted(np.uint32(values[1]), "right"))


class OnDisk:
    """Words that are read when they are asked for: a mapping would count as memory of the process."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._descriptor).st_size

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def mapped(self) -> "InMemory":
        """The same words as memory of the process."""
        return InMemory(mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ))

    def words(self, first: int, count: int) -> Words:
        """See `Store.words`."""
        return np.frombuffer(os.pread(self._descriptor, _WORD * count, _WORD * first), "<u4")

    def pairs(self, places: Longs) -> Words:
        """See `Store.pairs`."""
        read, descriptor = os.pread, self._descriptor
        pieces = [read(descriptor, 2 * _WORD, place) for place in (_WORD * places).tolist()]
        return np.frombuffer(b"".join(pieces), "<u4")

    def bounds(self, values: tuple[int, int], start: int, length: int) -> tuple[int, int]:
        """See `Store.bounds`."""
        sought = _Sought(self)
        first = bisect_left(sought, values[0], start, start + length)
        return first, bisect_right(sought, values[1], first, start + length)

    def runs(self, tops: Longs, lengths: Longs, ends: Longs) -> Words:  # noqa: ARG002
        """See `Store.runs`."""
        read, descriptor = os.pread, self._descriptor
        starts = tops - lengths
        bounds = zip((_WORD * lengths).tolist(), (_WORD * starts).tolist(), strict=True)
        pieces = [read(descriptor, size, place) for size, place in bounds if size]
        return np.frombuffer(b"".join(pieces), "<u4")


class Segment:
    """A segment that can be asked which versions have a key."""

    def __init__(self, store: Store, size: int, path: Path) -> None:
        """Take the segment of `size` bytes; `path` is what an error names.

        Raises:
            UnusableIndex: it is no whole segment.
        """
        self._store, self._size, self._path = store, size // _WORD, path
        header = store.words(0, _HEADER.size // _WORD).tobytes()
        if len(header) < _HEADER.size or not header.startswith(_MAGIC):
            raise UnusableIndex(path, "is no segment of the index")
        _, versions, shift, region_shift, _, entries = _HEADER.unpack(header)
        self.layout = Layout(
            versions=versions, entries=entries, shift=shift, region_shift=region_shift
        )
        self._bits = self.layout.ordinal_bits
        self._demand(versions > 0 and shift + self._bits <= 32)
        self._demand(shift <= region_shift <= BAND_BITS)
        self._shift, self._region_shift = shift, region_shift
        after = self._size - 2 * (self.layout.regions + 1)
        self._demand(after >= self.layout.words_before)
        self._table: Longs = store.words(after, self._size - after).view("<u8").astype(np.int64)
        self._demand(int(self._table[0]) == self.layout.words_before)
        self._demand(int(self._table[-1]) == after)
        # By region: from a bucket's number to its word, and to where the entries begin.
        self._to_bucket = self._table - np.arange(len(self._table)) * self.layout.buckets
        self._behind = self._table + (self.layout.buckets + 1)
        head = _HEADER.size // _WORD
        self.versions = store.words(head, versions)
        sizes = store.words(head + versions, _padded(2 * versions) // _WORD)
        self.sizes: npt.NDArray[np.uint16] = sizes.view("<u2")[:versions]
        self.first, self.last = int(self.versions[0]), int(self.versions[-1])

    def find(self, keys: Longs, most: int) -> Hits:
        """The versions that have these keys; of a key that very many have, at least the newest `most`.

        Raises:
            UnusableIndex: the segment is damaged.
        """
        try:
            return self._found(keys, most)
        except (IndexError, ValueError) as error:  # it leads outside of itself
            raise UnusableIndex(self._path, "is damaged") from error

    def _found(self, keys: Longs, most: int) -> Hits:
        shift, bits = self._shift, self._bits
        region = keys >> self._region_shift
        places = keys >> shift
        places += self._to_bucket.take(region)
        both = self._store.pairs(places)
        tops = self._behind.take(region)  # of the entries
        tops += both[1::2]
        lengths = np.subtract(both[1::2], both[::2], dtype=np.int64)
        wanted = keys.astype(np.uint32) << bits
        if shift + bits < 32:
            wanted &= (1 << (shift + bits)) - 1
        for place in (lengths > _LONG).nonzero()[0].tolist():
            values = int(wanted[place]), int(wanted[place]) + (1 << bits) - 1
            first = int(tops[place] - lengths[place])
            start, end = self._store.bounds(values, first, int(lengths[place]))
            tops[place], lengths[place] = end, min(most, end - start)
        ends = lengths.cumsum()
        # An entry whose upper bits are those that are wanted is left with its ordinal alone.
        entries = wanted.repeat(lengths)
        entries ^= self._store.runs(tops, lengths, ends)
        own = (entries < 1 << bits).nonzero()[0]
        ordinals = entries.take(own)
        return Hits(
            which=ends.searchsorted(own, "right"),
            versions=self.versions.take(ordinals),
            sizes=self.sizes.take(ordinals),
        )

    def entries(self, first: int, end: int) -> Iterator[tuple[Longs, Longs]]:
        """Keys and ordinals of the entries from key `first` to before `end`, ascending, in pieces."""
        plan = self.layout
        size = 1 << plan.region_shift
        for region in range(first >> plan.region_shift, ((end - 1) >> plan.region_shift) + 1):
            begin = region * size
            low = (max(first, begin) - begin) >> plan.shift
            high = -(-(min(end, begin + size) - begin) // (1 << plan.shift))
            base = int(self._table[region])
            places = self._store.words(base + low, high - low + 1).astype(np.int64)
            start = base + plan.buckets + 1
            count = int(places[-1] - places[0])
            words = self._store.words(start + int(places[0]), count).astype(np.int64)
            self._demand(len(words) == count and bool((np.diff(places) >= 0).all()))
            keys = (np.repeat(np.arange(low, high), np.diff(places)) << plan.shift) + begin
            keys += words >> plan.ordinal_bits
            inside = slice(*np.searchsorted(keys, (first, end)).tolist())
            yield keys[inside], words[inside] & ((1 << plan.ordinal_bits) - 1)

    def _demand(self, sound: bool) -> None:
        if not sound:
            raise UnusableIndex(self._path, "is damaged")


class _Sought:
    """The words of a store one at a time, for a binary search."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, place: int) -> int:
        return int(self._store.words(place, 1)[0])

    def __len__(self) -> int:
        return 1 << 62


def _bits(number: int) -> int:
    """The greatest power of two that is not above the number, as an exponent; 0 for less than 1."""
    return max(0, number.bit_length() - 1)


def _padded(size: int) -> int:
    return -(-size // _WORD) * _WORD
