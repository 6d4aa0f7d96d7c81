"""Makes segments: of sketches, and of smaller segments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from archive.ascending import ascending, unrepeated
from archive.sketches.segment import Layout, Longs, Segment, layout, write


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketched:
    """A version with the keys of its sketch in one space."""

    version: int
    size: int  # keys of its sample
    keys: Longs  # samples as they are, bands behind them


def pack(sketched: Sequence[Sketched], append: Callable[[bytes], object]) -> None:
    """Hand the segment of these sketches to `append`; a version that comes twice counts once.

    Raises:
        ValueError: they are none, or too many.
    """
    rows = list({each.version: each for each in sketched}.values())
    rows.sort(key=lambda each: each.version)
    keys = np.concatenate([each.keys for each in rows]) if rows else np.zeros(0, np.int64)
    plan = layout(len(rows), len(keys))
    owners = np.repeat(np.arange(len(rows)), [len(each.keys) for each in rows])
    write(
        plan,
        np.array([each.version for each in rows]),
        np.array([each.size for each in rows]),
        _split(_ascending((keys << plan.ordinal_bits) | owners), plan),
        append,
    )


def merge(segments: Sequence[Segment], append: Callable[[bytes], object]) -> None:
    """Hand the segment of all that these hold to `append`, in little memory whatever their size.

    Raises:
        UnusableIndex: one of them is damaged.
        ValueError: together they have too many versions.
    """
    versions = ascending(np.concatenate([each.versions for each in segments])).astype(np.int64)
    plan = layout(len(versions), sum(each.layout.entries for each in segments))
    sizes = np.zeros(len(versions), np.int64)
    ordinals = [np.searchsorted(versions, each.versions) for each in segments]
    for own, each in zip(ordinals, segments, strict=True):
        sizes[own] = each.sizes

    def regions() -> Iterator[Longs]:
        size = 1 << plan.region_shift
        for number in range(plan.regions):
            pieces = [
                (keys << plan.ordinal_bits) | own[old]
                for own, each in zip(ordinals, segments, strict=True)
                for keys, old in each.entries(number * size, (number + 1) * size)
            ]
            yield _ascending(np.concatenate(pieces))

    write(plan, versions, sizes, regions(), append)


def _ascending(numbers: Longs) -> Longs:
    """The numbers in order, none twice; sorted where they are, for they may take a gigabyte."""
    numbers.sort()
    return unrepeated(numbers)


def _split(numbers: Longs, plan: Layout) -> Iterator[Longs]:
    """The entries of each region."""
    borders = np.arange(plan.regions + 1) << (plan.region_shift + plan.ordinal_bits)
    places = np.searchsorted(numbers, borders).tolist()
    return (numbers[start:end] for start, end in pairwise(places))
