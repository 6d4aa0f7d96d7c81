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
        self._found = [Hits(which=self._counts[:0], versions=self._keys[:0], sizes=self._keys[:0])]
        self._oldest = 1 << 62  # version of the sources so far

    def count(self, source: Source) -> None:
        """Ask a source. Of a key that is known to be common only newer versions matter."""
        asked = np.arange(len(self._keys))
        if source.last < self._oldest:
            asked = np.flatnonzero(self._counts <= _COMMON)
        hits = source.find(self._keys[asked], _COMMON + 1)
        which = asked[hits.which]
        self._counts += np.bincount(which, minlength=len(self._keys))
        self._found.append(Hits(which=which, versions=hits.versions, sizes=hits.sizes))
        self._oldest = min(self._oldest, source.first)

    def ranked(self) -> Iterator[Shared]:
        """The versions that share enough, best first."""
        common = self._counts > _COMMON
        common_keys = int(common[self._bands :].sum())
        hits = self._cut(joined(self._found), common)
        versions, first, inverse = np.unique(hits.versions, return_index=True, return_inverse=True)
        size = hits.sizes[first]
        of_band, telling = hits.which < self._bands, ~common[hits.which]

        def count(chosen: npt.NDArray[np.bool_]) -> Longs:
            return np.bincount(inverse[chosen], minlength=len(versions))

        bands, sample, tells = count(of_band), count(~of_band), count(telling)
        asked = len(self._keys) - self._bands - common_keys
        own = asked / max(self._part, 1e-9)
        worth = (bands > 0) | _enough(sample / max(self._part, 1e-9), np.minimum(size, own))
        order = np.lexsort((versions, bands, sample, tells))[::-1]
        for row in order[worth[order]].tolist():
            yield Shared(
                version=int(versions[row]),
                bands=int(bands[row]),
                sample=int(sample[row]),
                size=int(size[row]),
            )

    def _cut(self, hits: Hits, common: npt.NDArray[np.bool_]) -> Hits:
        """Without common keys, but for a few of them and their newest versions."""
        if not common.any():
            return hits
        keys = np.flatnonzero(common)
        followed = np.zeros(len(common), np.bool_)
        followed[keys[keys < self._bands][:_COMMON_ASKED]] = True
        followed[keys[keys >= self._bands][:_COMMON_ASKED]] = True
        rows = np.flatnonzero(followed[hits.which])
        rows = rows[np.lexsort((-hits.versions[rows], hits.which[rows]))]  # newest first, by key
        which = hits.which[rows]
        place = np.arange(len(rows)) - np.searchsorted(which, which)  # of a hit among its key's
        rows = np.concatenate((np.flatnonzero(~common[hits.which]), rows[place < _COMMON]))
        return Hits(which=hits.which[rows], versions=hits.versions[rows], sizes=hits.sizes[rows])


def _enough(
    shared: npt.NDArray[np.float64], smaller: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Whether so many shared keys are worth a comparison."""
    few = smaller < _FEW
    many = (shared >= SHARED_KEYS) & (shared >= SHARED_PART * smaller)
    worth: npt.NDArray[np.bool_] = np.where(few, 3 * shared >= smaller, many)
    return worth
