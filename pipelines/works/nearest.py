"""Which texts of other languages may say what a text says: those whose vectors are nearest to its own."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from archive.works import WorksIndex
from pipelines.works import encoder
from pipelines.works.likeness import Outlined

LEAST = (
    0.4  # cosine; translations have .54 and more, half of the other texts near them less than that
)
_LOOKED_AT = 200  # nearest ones among which those of other languages are sought
_ROWS = 1024  # for which room is made at a time


def mean_vector(text: Outlined) -> npt.NDArray[np.float32]:
    """The vector of a whole text: the mean of its units, longer ones counting more; of length 1."""
    if text.vectors is None or not len(text.units):
        return np.zeros(encoder.DIMENSIONS, np.float32)
    weights = np.sqrt([end - start for start, end in (unit.span for unit in text.units)])
    total = (text.vectors * weights[:, None]).sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)


class Nearest:
    """The vectors of all texts of an index, read once and then as they come: 1 KiB of memory each."""

    def __init__(self, index: WorksIndex) -> None:
        self._index = index
        self._number = 0  # up to which weighings are here
        self._texts: list[str] = []
        self._languages: list[str] = []
        self._vectors = np.zeros((_ROWS, encoder.DIMENSIONS), np.float16)

    def near(self, vector: npt.NDArray[np.float32], language: str) -> Iterator[tuple[str, float]]:
        """Texts of other languages with their cosines, the nearest first."""
        self._catch_up()
        if not self._texts:
            return
        cosines = self._vectors[: len(self._texts)].astype(np.float32) @ vector
        for place in np.argsort(-cosines)[:_LOOKED_AT].tolist():
            if cosines[place] < LEAST:
                return
            if self._languages[place] != _base(language):
                yield self._texts[place], float(cosines[place])

    def _catch_up(self) -> None:
        for weighed in self._index.weighed_after(self._number):
            self._number = weighed.number
            if not weighed.recipe.endswith(encoder.VERSION):
                continue
            if len(self._texts) == len(self._vectors):
                more = np.zeros((len(self._vectors), encoder.DIMENSIONS), np.float16)
                self._vectors = np.concatenate([self._vectors, more])
            self._vectors[len(self._texts)] = np.frombuffer(weighed.vector, "<f2")
            self._texts.append(weighed.text)
            self._languages.append(_base(weighed.language))


def _base(language: str) -> str:
    return language.partition("-")[0]
