"""What the well-known libraries find of the same near-copies, and how fast they sign.

Each is given texts twice: as they are, and in our normal form, which is where most of the difference
lies. Shingles are characters, as many as ours have.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from datasketch import MinHash, MinHashLSH
from rensa import RMinHash, RMinHashLSH
from simhash import Simhash, SimhashIndex

from pipelines.fingerprint import NARROW_SHINGLE, WIDE_SHINGLE, signed
from pipelines.normal_form import NormalForm

_PERMUTATIONS = 128
_BANDS = 32  # of rensa, four rows each: half similar texts are found nine times in ten
_SIMILAR = 0.5  # Jaccard; no source
_SIMHASH_BITS = 3  # of 64 that may differ; Manku, Jain & Das Sarma 2007, section 3.2

Pairs = set[tuple[int, int]]  # places of texts that are taken for near-copies, the smaller first


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many of the pairs are right, and how many of the right ones are there; 0..1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def scored(pairs: Pairs, families: Sequence[str]) -> Found:
    """The pairs held against the families, one for each text."""
    members: dict[str, list[int]] = {}
    for place, family in enumerate(families):
        members.setdefault(family, []).append(place)
    wanted = {pair for places in members.values() for pair in combinations(places, 2)}
    right = len(pairs & wanted)
    return Found(precision=right / max(1, len(pairs)), recall=right / max(1, len(wanted)))


def together(labels: Iterable[str]) -> Pairs:
    """The pairs of places that have the same label."""
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    return {pair for same in places.values() for pair in combinations(same, 2)}


def shingles(text: str, language: str) -> list[str]:
    """All runs of so many characters as ours have; the text itself where it is shorter."""
    length = WIDE_SHINGLE if language in ("zh", "ja", "ko") else NARROW_SHINGLE
    return [text[start : start + length] for start in range(max(1, len(text) - length + 1))]


def by_datasketch(texts: Sequence[list[str]]) -> Pairs:
    """MinHash with 128 permutations behind its LSH; what is found is checked by its estimate."""
    index = MinHashLSH(threshold=_SIMILAR, num_perm=_PERMUTATIONS)
    signatures = [_datasketch(text) for text in texts]
    pairs: Pairs = set()
    for place, signature in enumerate(signatures):
        found = (other for other in index.query(signature))
        pairs |= {(o, place) for o in found if signature.jaccard(signatures[o]) >= _SIMILAR}
        index.insert(place, signature)
    return pairs


def by_rensa(texts: Sequence[list[str]]) -> Pairs:
    """The same with rensa."""
    index = RMinHashLSH(threshold=_SIMILAR, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    signatures = [_rensa(text) for text in texts]
    pairs: Pairs = set()
    for place, signature in enumerate(signatures):
        found = index.query(signature)
        pairs |= {(o, place) for o in found if signature.jaccard(signatures[o]) >= _SIMILAR}
        index.insert(place, signature)
    return pairs


def by_simhash(texts: Sequence[list[str]]) -> Pairs:
    """Simhash of 64 bits, of which three may differ."""
    signatures = [Simhash(text) for text in texts]
    index = SimhashIndex([(str(place), each) for place, each in enumerate(signatures)], k=3)
    return {
        (int(other), place)
        for place, each in enumerate(signatures)
        for other in index.get_near_dups(each)
        if int(other) < place
    }


LIBRARIES: dict[str, Callable[[Sequence[list[str]]], Pairs]] = {
    "datasketch": by_datasketch,
    "rensa": by_rensa,
    "simhash": by_simhash,
}


def signing(forms: Sequence[NormalForm], languages: Sequence[str]) -> dict[str, float]:
    """Documents a second from normal form to signature, for each library and for "ours".

    One document after the other through all of them, so that all meet the same machine.
    """
    ways: dict[str, Callable[[Any], object]] = {
        "datasketch": _datasketch, "rensa": _rensa, "simhash": Simhash,
    }  # fmt: skip
    spent = dict.fromkeys((*ways, "ours"), 0.0)
    for form, language in zip(forms, languages, strict=True):
        start = time.process_time()
        signed(form)
        spent["ours"] += time.process_time() - start
        for name, sign in ways.items():
            start = time.process_time()
            sign(shingles(form.text, language))
            spent[name] += time.process_time() - start
    return {name: len(forms) / seconds for name, seconds in spent.items()}


def _datasketch(text: list[str]) -> MinHash:
    signature = MinHash(num_perm=_PERMUTATIONS)
    signature.update_batch([shingle.encode() for shingle in set(text)])
    return signature


def _rensa(text: list[str]) -> RMinHash:
    signature = RMinHash(num_perm=_PERMUTATIONS, seed=1)
    signature.update(text)
    return signature
