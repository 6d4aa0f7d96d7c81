"""The same thing in other words: regional vocabulary, and the phrases of a site's furniture."""

import tomllib
from functools import cache
from pathlib import Path

import opencc

from pipelines.characters import converter
from pipelines.normal_form import normalise

VERSION = "1"

_PHRASES = 4  # of furniture: so many are enough, however long the list of related pages
_PHRASE_EVERY = 800  # characters


def alike(a: str, b: str) -> bool:
    """Whether one wording is the other as Taiwan would say it; both in the normal form.

    >>> alike("信息网络", "资讯网路")
    True
    """
    if a.isascii() or b.isascii():
        return False
    return any(
        normalise(_to_taiwan().convert(x)).text == normalise(y).text for x, y in ((a, b), (b, a))
    )


def is_furniture(text: str, edge: str) -> bool:
    """Whether a text in the normal form has as many phrases of furniture as its length asks for.

    At least one must be in `edge`, the end of it that touches the main text.
    """
    wanted = min(_PHRASES, 1 + len(text) // _PHRASE_EVERY)
    around = _phrases("around")
    return any(phrase in edge for phrase in around) and (
        sum(phrase in text for phrase in around) >= wanted
    )


def is_notice(text: str) -> bool:
    """Whether a few words in the normal form are an advertisement or furniture."""
    return any(phrase in text for kind in ("within", "around") for phrase in _phrases(kind))


@cache
def _to_taiwan() -> opencc.OpenCC:
    return converter("s2twp")


@cache
def _phrases(kind: str) -> tuple[str, ...]:
    kinds = tomllib.loads(Path(__file__).with_name("furniture.toml").read_text("utf-8"))
    return tuple(normalise(phrase).text for group in kinds[kind].values() for phrase in group)
