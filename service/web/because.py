"""Why texts belong together, in the language of the reader: the stages say it in English sentences."""

import re
import tomllib
from functools import cache
from pathlib import Path

from markupsafe import Markup

_ENGLISH = "en"
_ENDS = {"zh": "。"}
_PARTS = {"zh": "；"}


class Why:
    """The sentences as a reader of one language gets them."""

    def __init__(self, tag: str) -> None:
        self._tag = tag

    def __call__(self, sentence: str) -> Markup:
        """The sentence in this language; as it is, and marked as English, where it has no translation."""
        told = translated(sentence, self._tag)
        if told is None:
            return Markup('<span lang="{}">{}</span>').format(_ENGLISH, sentence)
        return Markup("{}").format(told)


def translated(sentence: str, tag: str) -> str | None:
    """The sentence, or the clauses of it, in the language; None where any of them is not known.

    >>> translated("A number differs: 30 / 50.", "zh-Hans")
    '有一个数字不同：30 / 50。'
    """
    if tag == _ENGLISH or not sentence:
        return sentence
    family = tag.partition("-")[0]
    ends = _ENDS.get(family, ".") if sentence.endswith(".") else ""
    told = _clauses(sentence.removesuffix("."), tag, _PARTS.get(family, "; "))
    return None if told is None else told + ends


def _clauses(text: str, tag: str, between: str) -> str | None:
    found = [_clause(each, tag, between) for each in text.split("; ")]
    known = [each for each in found if each is not None]
    return between.join(known) if len(known) == len(found) else _clause(text, tag, between)


def _clause(text: str, tag: str, between: str) -> str | None:
    for pattern, form in _table().get(tag, ()):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        if "rest" in parts:
            parts["rest"] = _clauses(parts["rest"], tag, between)
        if "signals" in parts:
            named = [_clause(each, tag, between) for each in parts["signals"].split(" and ")]
            parts["signals"] = "、".join(each for each in named if each) if all(named) else None
        return form.format(**parts) if None not in parts.values() else None
    return None


@cache
def _table() -> dict[str, tuple[tuple[re.Pattern[str], str], ...]]:
    read = tomllib.loads(Path(__file__).with_name("because.toml").read_text("utf-8"))
    return {
        tag: tuple((re.compile(pattern), form) for pattern, form in patterns.items())
        for tag, patterns in read.items()
    }
