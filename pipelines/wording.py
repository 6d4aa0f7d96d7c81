"""The same thing in other words: regional vocabulary, and the phrases of a site's furniture."""

import re
import tomllib
from functools import cache
from itertools import takewhile
from pathlib import Path

import opencc

from pipelines.characters import converter, table
from pipelines.normal_form import normalise

VERSION = "1"

_PHRASES = 4  # of furniture: so many are enough, however long the list of related pages
_PHRASE_EVERY = 800  # characters
_LONG_LINE = 400  # characters: a text that has lost its lines, and no entry of a list
_SENTENCE = 250  # characters at most to the end of one in it, on the average: laws have long ones
_CLOSING = 6  # characters that may follow the last sentence of a line: quotes, brackets, "; and"
_LIST = 2500  # characters: ten entries
_ENTRY = 250  # characters of one
_HEADING = 60  # letters before the list; more, and a paragraph stands there
_TEASER = 120  # letters of a line that breaks off: a headline and the first words of its page
# Full stops of all scripts; that of ASCII only where a sentence may end, not in 3.5 or example.com.
_SENTENCE_END = re.compile(r"[。！？；：｡؟؛۔।]|[.!?;:](?=[\s\"'”’»)\]]|$)")


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


def is_furniture(text: str, edge: str, said: str = "") -> bool:
    """Whether a text in the normal form has as many phrases of furniture as its length asks for.

    At least one must be in `edge`, the end of it that touches the main text. It is enough where the
    text, as it is `said` with its signs, is no prose; a list of teasers right there needs none.
    """
    around = _phrases("around")
    if not any(phrase in edge for phrase in around):
        return _has_teasers(said)
    wanted = min(_PHRASES, 1 + len(text) // _PHRASE_EVERY)
    return sum(phrase in text for phrase in around) >= wanted or not is_prose(said)


def is_prose(said: str) -> bool:
    """Whether most of a text, with its signs, is in lines that end with a sentence: links do not."""
    lines = _unwrapped(said)
    return 2 * sum(len(line) for line in lines if _is_finished(line)) > sum(map(len, lines))


def _unwrapped(said: str) -> list[str]:
    """The lines of a text; one that starts with a small letter goes on with the line before."""
    lines: list[str] = []
    for line in map(str.strip, said.splitlines()):
        if lines and line[:1].islower() and not _is_finished(lines[-1]):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines


def _is_finished(line: str) -> bool:
    """Whether a line ends with its sentence; one that holds a whole text has enough of them."""
    if len(line) > _LONG_LINE:
        return len(line) <= _SENTENCE * sum(1 for _ in _SENTENCE_END.finditer(line))
    return _SENTENCE_END.search(line, max(0, len(line) - _CLOSING)) is not None


def _has_teasers(said: str) -> bool:
    """Whether it begins a list of headlines, some of them with the first words of what they lead to."""
    lines = _unwrapped(said)
    running = len(lines) < len(said.splitlines())
    if running or len(said) > _LIST or is_prose(said):
        return False
    before = list(takewhile(lambda line: not line or _is_finished(line), lines))
    broken = [line for line in lines if not _is_finished(line)]
    return (
        sum(map(_letters, before)) <= _HEADING and max(map(_letters, broken), default=0) > _TEASER
    )


def is_teaser(said: str, of: str) -> bool:
    """Whether it is an entry in a list of related pages that quotes the beginning `of` one of them.

    It is one line, and breaks off, or has in it what are several lines there: headline and text.
    """
    line = said.strip()
    if len(line) > _ENTRY or len(line.splitlines()) != 1:
        return False
    return not _is_finished(line) or len(of.strip().splitlines()) > 1


def _letters(line: str) -> int:
    wide = table().wide
    return len(line) + sum(bool(wide[ord(character)]) for character in line)


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
