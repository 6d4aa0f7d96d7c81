"""xxHash, 32 bit, of very many short runs of bytes at once.

The specification is Collet's, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, XXH32. One call
for each run, as the `xxhash` package offers it, takes most of the time of an ISCC.
"""

import numpy as np
import numpy.typing as npt

_Words = npt.NDArray[np.uint32]

_P1, _P2, _P3, _P4, _P5 = (
    np.uint32(prime) for prime in (2654435761, 2246822519, 3266489917, 668265263, 374761393)
)
_STARTS = (606290984, 2246822519, 0, 1640531535)  # P1 + P2, P2, 0, -P1, modulo 2**32


def xxh32(runs: npt.NDArray[np.uint8]) -> _Words:
    """The hash, with seed 0, of each row of `runs`, shape (count, bytes)."""
    count, length = runs.shape
    whole = np.ascontiguousarray(runs[:, : length // 4 * 4]).view("<u4")
    words = np.ascontiguousarray(whole.T, np.uint32)  # by place: each step reads one row
    if length >= 16:
        striped = length // 16 * 4
        hashes = _stripes(words[:striped])
    else:
        striped, hashes = 0, np.full(count, _P5, np.uint32)
    hashes = hashes + np.uint32(length)
    for word in words[striped:]:
        hashes = _rotated(hashes + word * _P3, 17) * _P4
    for place in range(len(words) * 4, length):
        hashes = _rotated(hashes + runs[:, place].astype(np.uint32) * _P5, 11) * _P1
    hashes = (hashes ^ (hashes >> np.uint32(15))) * _P2
    hashes = (hashes ^ (hashes >> np.uint32(13))) * _P3
    return hashes ^ (hashes >> np.uint32(16))


def _stripes(words: _Words) -> _Words:
    """The four accumulators after all stripes of four words, brought together."""
    lanes = [np.full(words.shape[1], start, np.uint32) for start in _STARTS]
    for place, word in enumerate(words):
        lane = place % 4
        lanes[lane] = _rotated(lanes[lane] + word * _P2, 13) * _P1
    turned = [_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)]
    return turned[0] + turned[1] + turned[2] + turned[3]


def _rotated(words: _Words, bits: int) -> _Words:
    turned = words << np.uint32(bits)
    turned |= words >> np.uint32(32 - bits)
    return turned
