"""What a reader of a plan must not miss: its dates, its numbers and its words of duty, leave and ban.

Rules of form only, from `stress.toml`; they serve the eye, and nothing is filed by them.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

VERSION = "1"

Kind = Literal["date", "number", "obligation"]
_KINDS: dict[str | None, Kind] = {"date": "date", "number": "number", "obligation": "obligation"}
_HAN = re.compile(r"[\u3400-\u9fff]")
_DIGITS = r"[0-9０-９]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stressed:
    """A date, a number with its sign, or a word of obligation, as a span of the text."""

    kind: Kind
    start: int  # code points, half-open
    end: int


def stressed(text: str) -> tuple[Stressed, ...]:
    """The dates, numbers and obligations of a text in its order; they do not overlap.

    >>> [(s.kind, s.start, s.end) for s in stressed("不得晚于2026年9月建成30家")]
    [('obligation', 0, 2), ('date', 4, 11), ('number', 13, 15)]
    """
    return tuple(
        Stressed(kind=_KINDS[match.lastgroup], start=match.start(), end=match.end())
        for match in _pattern().finditer(text)
        if match.lastgroup in _KINDS
    )


@cache
def _pattern() -> re.Pattern[str]:
    """One pattern for all: at each place a date goes before a number, that before a word."""
    rules = tomllib.loads(Path(__file__).with_name("stress.toml").read_text("utf-8"))
    return re.compile(
        f"(?P<inside>{'|'.join(rules['obligations']['inside'])})"
        f"|(?P<date>{_dates(rules)})"
        f"|(?P<number>{_numbers(rules['numbers'])})"
        f"|(?P<obligation>{_obligations(rules['obligations'])})",
        re.IGNORECASE,
    )


def _dates(rules: dict[str, dict[str, list[str]]]) -> str:
    """Chinese, ISO and written-out dates; a bare year counts where it is called one."""
    day = rf"(?:{_DIGITS}{{1,2}}|[一二三四五六七八九十]{{1,3}})"
    year = rf"(?:{_DIGITS}{{4}}|[〇零○一二三四五六七八九]{{4}})"
    months = "|".join(
        sorted({m for group in rules["months"].values() for m in group}, reverse=True)
    )
    month = rf"\b(?:{months})\b"
    return "|".join(
        (
            rf"{year}\s?年(?:\s?{day}\s?月(?:份|\s?{day}\s?日)?)?(?:[上下]半年|年?[底初末])?",
            rf"{day}\s?月\s?{day}\s?日",
            r"(?<![\d.])\d{4}(?:-\d{1,2}-|/\d{1,2}/|\.\d{1,2}\.)\d{1,2}(?![\d.])",
            rf"\b\d{{1,2}}(?:st|nd|rd|th|º|\.)?\s(?:of\s|de\s)?{month}(?:,?\s(?:de\s|del\s)?\d{{4}})?",
            rf"{month}\s(?:\d{{1,2}}(?:st|nd|rd|th)?,\s)?(?:de\s|del\s)?\d{{4}}",
        )
    )


def _numbers(rules: dict[str, str]) -> str:
    """Figures with separators and sign, and Chinese numerals that count something."""
    numerals, measures, signs = (rules[name] for name in ("numerals", "measures", "signs"))
    return "|".join(
        (
            rf"[$€£¥￥]?{_DIGITS}+(?:[.,．，]{_DIGITS}+)*[万亿萬億]*(?:\s?[{signs}])?",
            rf"百分之[{numerals}点點]+",
            rf"[{numerals}]+(?=[{measures}])",
        )
    )


def _obligations(words: dict[str, list[str]]) -> str:
    """The words, longest first, so that "shall not" is one."""
    every = sorted(
        {word for language, group in words.items() if language != "inside" for word in group},
        key=lambda word: (-len(word), word),
    )
    return "|".join(re.escape(word) if _HAN.search(word) else _whole(word) for word in every)


def _whole(word: str) -> str:
    """A Latin word that stands alone; a star is any ending."""
    return r"\b" + r"\w*".join(map(re.escape, word.split("*"))) + ("" if word[-1] == "*" else r"\b")
