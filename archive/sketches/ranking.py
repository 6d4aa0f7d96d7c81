"""What the versions that were met have in common with a sketch, and which are worth comparing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from archive.sketches.segment import Hits, Longs, joined

SHARED_KEYS = 3  # of the samples, at least, and
SHARED_PART = 0.12  # of the smaller one: together they recalled every excerpt of republished laws
_FEW = 9  # keys; of a smaller sample, that of a pasted passage, a third is enough
_COMMON = 64  # versions with one key, from which on the key says little: a template, page furniture
_COMMON_ASKED = 16  # common keys that are followed all the same, to the newest _COMMON versions
_COUNT_BITS = 20  # of a count of keys; a sketch has far fewer
_COUNT_MASK = (1 << _COUNT_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the sketch of one version has in common with the one that was looked up."""

    version: int  # id of the version in the index
    bands: int  # of its near part, 0..20
    sample: int  # keys of its sample, of those that were looked up
    size: int  # keys of its sample in all


class Source(Protocol):
    """Something that knows which versions have a key."""

    first: int  # the smallest id of its versions
    last: int  # the greatest

    def find(self, keys: Longs, most: int) -> Hits:
        """The versions that have these keys; of each key at least the newest `most`."""
        ...


class Tally:
    """How often versions were met under the keys of one sketch."""

    def __init__(self, bands: Longs, sample: Longs, of: int) -> None:
        """Take the keys that are looked up: those of a sample are the first of so many."""
        self._keys = np.concatenate((bands, sample))
        self._bands = len(bands)
        self._part = len(sample) / max(1, of)
        self._counts = np.zeros(len(self._keys), np.int64)  # versions met, by key
        self._common = np.zeros(len(self._keys), np.bool_)
        self._any_common = False
        self._found: list[Hits] = []
        self._oldest = 1 << 62  # version of the sources so far

    def count(self, source: Source) -> None:
        """Ask a source. Of a key that is known to be common only newer versions matter."""
        if self._any_common and source.last < self._oldest:
            asked = (~self._common).nonzero()[0]
            hits = source.find(self._keys.take(asked), _COMMON + 1)
            which = asked.take(hits.which)
            hits = Hits(which=which, versions=hits.versions, sizes=hits.sizes)
        else:
            hits = source.find(self._keys, _COMMON + 1)
        self._oldest = min(self._oldest, source.first)
        if len(hits.which):
            self._found.append(hits)
            self._counts += np.bincount(hits.which, minlength=len(self._keys))
            self._common = self._counts > _COMMON
            self._any_common = bool(self._common.any())

    def ranked(self) -> Iterator[Shared]:
        """The versions that share enough, best first."""
        if not self._found:
            return
        hits = self._cut(joined(self._found))
        order = hits.versions.argsort(kind="stable")
        versions = hits.versions.take(order)
        fresh = np.ones(len(versions), np.bool_)
        np.not_equal(versions[1:], versions[:-1], out=fresh[1:])
        first = fresh.nonzero()[0]
        # Three counts in one number: of hits that tell, of bands, of keys of the sample.
        worth = np.where(self._common, 0, 1 << (2 * _COUNT_BITS))
        worth[: self._bands] += 1 << _COUNT_BITS
        worth[self._bands :] += 1
        sums = np.add.reduceat(worth.take(hits.which.take(order)), first)
        found = (
            versions.take(first).astype(np.int64),
            sums >> _COUNT_BITS & _COUNT_MASK,
            sums & _COUNT_MASK,
            sums >> (2 * _COUNT_BITS),
            hits.sizes.take(order.take(first)).astype(np.int64),
        )
        yield from self._best(*found)

    def _best(
        self, versions: Longs, bands: Longs, sample: Longs, tells: Longs, sizes: Longs
    ) -> Iterator[Shared]:
        """Those of the versions with these counts that share enough, best first."""
        part = max(self._part, 1e-9)
        asked = len(self._keys) - self._bands - int(self._common[self._bands :].sum())
        worth = (bands > 0) | _enough(sample / part, np.minimum(sizes, asked / part))
        rows = worth.nonzero()[0]
        columns = (each.take(rows) for each in (versions, bands, sample, sizes, tells))
        chosen = list(zip(*(each.tolist() for each in columns), strict=True))
        chosen.sort(key=lambda row: (row[4], row[2], row[1], row[0]), reverse=True)
        for version, in_bands, in_sample, size, _ in chosen:
            yield Shared(version=version, bands=in_bands, sample=in_sample, size=size)

    def _cut(self, hits: Hits) -> Hits:
        """Without common keys, but for a few of them and their newest versions."""
        if not self._any_common:
            return hits
        common = self._common.take(hits.which)
        keys = self._common.nonzero()[0]
        followed = np.zeros(len(self._keys), np.bool_)
        followed[keys[keys < self._bands][:_COMMON_ASKED]] = True
        followed[keys[keys >= self._bands][:_COMMON_ASKED]] = True
        rows = followed.take(hits.which).nonzero()[0]
        newest = np.lexsort((-hits.versions.take(rows).astype(np.int64), hits.which.take(rows)))
        rows = rows.take(newest)  # newest first, by key
        which = hits.which.take(rows)
        place = np.arange(len(rows)) - which.searchsorted(which)  # of a hit among its key's
        rows = np.concatenate(((~common).nonzero()[0], rows[place < _COMMON]))
        return Hits(
            which=hits.which.take(rows),
            versions=hits.versions.take(rows),
            sizes=hits.sizes.take(rows),
        )


def _enough(
    shared: npt.NDArray[np.float64], smaller: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Whether so many shared keys are worth a comparison."""
    few = smaller < _FEW
    many = (shared >= SHARED_KEYS) & (shared >= SHARED_PART * smaller)
    worth: npt.NDArray[np.bool_] = np.where(few, 3 * shared >= smaller, many)
    return worth
