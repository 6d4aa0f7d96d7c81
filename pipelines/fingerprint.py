"""Normal form to fingerprint and sketch.

docs/fingerprint.md defines both, with test vectors. The near part is a bottom-k sketch (Broder
1997, "On the resemblance and containment of documents"); the sample keeps the minima of a sliding
window, which is winnowing (Schleimer, Wilkerson & Aiken 2003, section 3).
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from archive import keys
from archive.ascending import ascending
from archive.records import Fingerprint, Sketch
from pipelines.characters import table
from pipelines.normal_form import NormalForm

VERSION = "1"

WIDE_SHINGLE = 5  # characters of Han, kana or Hangul
NARROW_SHINGLE = 9  # characters of any other script
NEAR_VALUES = 20  # so many of the smallest hashes, 30 bits of each
WINDOW = 40  # shingles; one of any 40 in a row is sampled, so 60 Han in a row hold one at least
SPARSE_WINDOW = 120  # for long texts in alphabets, where 200 letters in a row still hold one
SPARSE_FROM = 6000  # shingles in an alphabet
SAMPLE_MOST = 4096  # keys of a text, the smallest: enough for 65,000 Han or 200,000 letters

_RECIPE = "v1"
_PINNED = "3iipmt5tcr33ekhjn4gbin3ava"  # digest of the character table that "v1" is made with
_CHUNK = 1 << 20  # shingles hashed at a time: bounds the memory beside the hashes themselves
_NEAR_MASK = (1 << 30) - 1
_SAMPLE_MASK = np.uint64((1 << 32) - 1)
_BASE = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)  # with the shifts: the finaliser of SplitMix64
_MIX_2 = np.uint64(0x94D049BB133111EB)  # (Steele, Lea & Flood 2014, figure 16)

_Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shingles:
    """The hash of the shingle that starts at each place, and whether a wide character starts it."""

    hashes: _Hashes
    wide: npt.NDArray[np.bool_]


@cache
def recipe() -> str:
    """The id of how keys are made here: "v1", or another when a table gives other forms."""
    digest = table().digest
    return _RECIPE if digest == _PINNED else f"{_RECIPE}x{digest[:8]}"


def fingerprint(form: NormalForm) -> Fingerprint:
    """The key of the text. Equal normal forms have equal keys."""
    return signed(form)[0]


def sketch(form: NormalForm) -> Sketch:
    """What the index keeps of the text, to find near-copies and excerpts of it."""
    return signed(form)[1]


def signed(form: NormalForm) -> tuple[Fingerprint, Sketch]:
    """Fingerprint and sketch together, for little more than one of them costs."""
    shingles = _shingles(form.text)
    tags = _smallest_tags(shingles.hashes)
    near = "".join(map(keys.group, tags))
    key = Fingerprint(recipe=recipe(), exact=exact(form.text), near=near)
    return key, Sketch(bands=tags, sample=_sample(shingles))


def exact(text: str) -> str:
    """The exact part for a normal form: SHA-256 of its UTF-8, as 52 characters a-z2-7."""
    digest = hashlib.sha256(text.encode()).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()


def _shingles(text: str) -> _Shingles:
    """The shingles of a normal form; a text too short for any is one shingle as a whole."""
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    pieces = [
        _shingles_within(codes[start : start + _CHUNK + NARROW_SHINGLE - 1], _CHUNK)
        for start in range(0, len(codes), _CHUNK)
    ]
    hashes = np.concatenate([piece.hashes for piece in pieces] or [np.zeros(0, np.uint64)])
    wide = np.concatenate([piece.wide for piece in pieces] or [np.zeros(0, np.bool_)])
    if len(codes) and not len(hashes):
        return _Shingles(hashes=_mixed(rolled(codes, len(codes))), wide=table().wide[codes[:1]])
    return _Shingles(hashes=hashes, wide=wide)


def _shingles_within(codes: npt.NDArray[np.uint32], starts: int) -> _Shingles:
    """The shingles that start at the first `starts` of these code points."""
    fives = rolled(codes, WIDE_SHINGLE)[:starts]
    nines = rolled(codes, NARROW_SHINGLE)[:starts]
    wide = table().wide[codes[: len(fives)]]
    hashes = fives.copy()
    hashes[: len(nines)] = np.where(wide[: len(nines)], fives[: len(nines)], nines)
    whole = wide.copy()  # near the end, a narrow character may start five but no nine
    whole[: len(nines)] = True
    return _Shingles(hashes=_mixed(hashes[whole]), wide=wide[whole])


def rolled(codes: npt.NDArray[np.uint32], length: int) -> _Hashes:
    """Hash of each run of `length` code points: length, c0, c1, ... as digits to _BASE, mod 2**64."""
    count = max(0, len(codes) - length + 1)
    hashes = np.full(count, length, np.uint64)
    for place in range(length):
        hashes *= _BASE
        hashes += codes[place : place + count]
    return hashes


def _mixed(hashes: _Hashes) -> _Hashes:
    """The hashes with every bit depending on every other."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX_1
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX_2
    mixed: _Hashes = hashes ^ (hashes >> np.uint64(31))
    return mixed


def _smallest_tags(hashes: _Hashes) -> tuple[int, ...]:
    """The low 30 bits of the smallest different hashes, smallest hash first."""
    few = 4 * NEAR_VALUES  # enough, but for texts that repeat themselves
    smallest = ascending(np.partition(hashes, few)[:few] if len(hashes) > few else hashes)
    if len(smallest) < NEAR_VALUES and len(hashes) > few:
        smallest = ascending(hashes)
    return tuple(int(value) & _NEAR_MASK for value in smallest[:NEAR_VALUES])


def _sample(shingles: _Shingles) -> tuple[int, ...]:
    """The low 32 bits of the smallest window minima, wide and narrow shingles apart; ascending."""
    narrow = shingles.hashes[~shingles.wide]
    window = SPARSE_WINDOW if len(narrow) >= SPARSE_FROM else WINDOW
    minima = (*_minima(shingles.hashes[shingles.wide], WINDOW), *_minima(narrow, window))
    kept = ascending(np.concatenate(minima))[:SAMPLE_MOST]
    return tuple(ascending(kept & _SAMPLE_MASK).tolist())


def _minima(hashes: _Hashes, window: int) -> Iterator[_Hashes]:
    """The minima of the runs of `window` hashes, or of all of them when there are fewer."""
    yield np.zeros(0, np.uint64)
    window = min(window, len(hashes))
    for start in range(0, len(hashes) - window + 1 if window else 0, _CHUNK):
        minima, span = hashes[start : start + _CHUNK + window - 1], 1
        while span < window:
            step = min(span, window - span)
            minima = np.minimum(minima[:-step], minima[step:])
            span += step
        yield ascending(minima)
