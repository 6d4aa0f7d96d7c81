"""Which texts of other languages may say what a text says: those whose vectors are nearest to its own."""

import zlib
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from archive.works import WorksIndex
from pipelines.works import encoder
from pipelines.works.likeness import Outlined
from pipelines.works.terms import terms

# Cosine; translations have .54 and more, half of the other texts near them less than that.
LEAST = 0.4
_LOOKED_AT = 200  # nearest ones among which those of other languages are sought
_ROWS = 1024  # for which room is made at a time
_HAN = 128  # places of a vector of terms that pairs of Chinese characters have to themselves
_NUMBER = 2.0  # what a number counts, against a word

Vector = npt.NDArray[np.float32]


def mean_vector(text: Outlined) -> Vector:
    """The vector of a whole text: the mean of its units, longer ones counting more; of length 1."""
    if text.vectors is None or not len(text.units):
        return np.zeros(encoder.DIMENSIONS, np.float32)
    weights = np.sqrt([end - start for start, end in (unit.span for unit in text.units)])
    total = (text.vectors * weights[:, None]).sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)


def term_vector(text: Outlined) -> Vector:
    """The vector of a whole text where there is no encoder: its terms, hashed to places; of length 1.

    Names are left out: the pinyin of a Chinese text is mostly none. (Weinberger et al. 2009, "Feature
    Hashing for Large Scale Multitask Learning", section 2.)
    """
    held = Counter(term for unit in text.units for term in terms(text.said(unit), text.language))
    total = np.zeros(encoder.DIMENSIONS, np.float32)
    words = encoder.DIMENSIONS - _HAN
    for term, count in held.items():
        place = zlib.crc32(term.encode())
        sign = 1.0 if place >> 31 else -1.0
        weight = sign * (1 + np.log(count)) * (_NUMBER if term[0] == "#" else 1.0)
        if term[0] == "h":
            total[words + place % _HAN] += weight
        elif term[0] != "p":
            total[place % words] += weight
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)


class Nearest:
    """The vectors of all texts of an index, read once and then as they come: 1 KiB of memory each."""

    def __init__(self, index: WorksIndex, made_by: str, least: float) -> None:
        """Those `made_by` this version of an encoder; what has a cosine below `least` is not near."""
        self._index = index
        self._made_by = made_by
        self._least = least
        self._number = 0  # up to which weighings are here
        self._texts: list[str] = []
        self._languages: list[str] = []
        self._vectors = np.zeros((_ROWS, encoder.DIMENSIONS), np.float16)

    def near(self, vector: Vector, language: str) -> Iterator[tuple[str, float]]:
        """Texts of other languages with their cosines, the nearest first."""
        self._catch_up()
        if not self._texts:
            return
        cosines = self._vectors[: len(self._texts)].astype(np.float32) @ vector
        for place in np.argsort(-cosines)[:_LOOKED_AT].tolist():
            if cosines[place] < self._least:
                return
            if self._languages[place] != _base(language):
                yield self._texts[place], float(cosines[place])

    def _catch_up(self) -> None:
        for weighed in self._index.weighed_after(self._number):
            self._number = weighed.number
            if not weighed.recipe.endswith(self._made_by):
                continue
            if len(self._texts) == len(self._vectors):
                more = np.zeros((len(self._vectors), encoder.DIMENSIONS), np.float16)
                self._vectors = np.concatenate([self._vectors, more])
            self._vectors[len(self._texts)] = np.frombuffer(weighed.vector, "<f2")
            self._texts.append(weighed.text)
            self._languages.append(_base(weighed.language))


def _base(language: str) -> str:
    return language.partition("-")[0]
