"""The numbers that head the units of an official text, in Chinese form and in translations."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

# The kinds of numbering, the outer ones first as Chinese official texts order them
# (GB/T 9704-2012, section 7.3.3: 一、 then （一） then 1. then （1）; laws: 编 章 节 条).
Kind = Literal[
    "annex", "part", "chapter", "section", "article", "roman", "han", "han-brackets",
    "decimal", "number", "number-brackets", "circle", "lost-outer", "lost-inner",
]  # fmt: skip
OUTER: Sequence[Kind] = ("annex", "part", "chapter", "section", "article", "roman", "han")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A line that begins a unit."""

    kind: Kind
    number: int  # as printed; 0 for an annex without one
    label: str  # as printed, "" where a translation lost it
    start: int  # of the line in the text, without the space before it
    end: int  # of the line
    depth: int = 1  # of a decimal number: "2.6.1" has 3; 1 otherwise


_HAN_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")}
_HAN_DIGITS |= {"零": 0, "两": 2, "○": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_WORDS = {
    word: number
    for number, words in enumerate(
        (
            "one first uno primero", "two second dos segundo", "three third tres tercero",
            "four fourth cuatro cuarto", "five fifth cinco quinto", "six sixth seis sexto",
            "seven seventh siete séptimo", "eight eighth ocho octavo",
            "nine ninth nueve noveno", "ten tenth diez décimo",
        ),
        start=1,
    )
    for word in words.split(" ")
}  # fmt: skip
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


def han_number(text: str) -> int:
    """The value of a Chinese or ASCII number up to some thousands.

    >>> han_number("十二"), han_number("二十"), han_number("一百零三"), han_number("7")
    (12, 20, 103, 7)
    """
    if text.isascii():
        return int(text)
    total, digit = 0, 0
    for character in text:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _HAN_DIGITS[character]
    return total + digit


def roman_number(text: str) -> int:
    """The value of a Roman number up to 89.

    >>> roman_number("IV"), roman_number("XII")
    (4, 12)
    """
    values = [_ROMAN[character] for character in text]
    return sum(
        -value if later and value < max(later) else value
        for value, later in ((value, values[place + 1 :]) for place, value in enumerate(values))
    )


def _word(text: str) -> int:
    return _WORDS[text.lower()]


def _firstly(text: str) -> int:
    return list(_FIRSTLY.values()).index(_NO_TANWIN.sub("", text)) + 1


def _circle(text: str) -> int:
    return ord(text) - ord("①") + 1


def _either(text: str) -> int:
    return roman_number(text.upper()) if set(text.upper()) <= set(_ROMAN) else han_number(text)


_NO_TANWIN = re.compile("\u064b")
# "Firstly" to "tenthly" in Arabic, which number the parts of a plan, with and without the mark of the ending.
_FIRSTLY = {
    f"{word[:-1]}\u064b?{word[-1]}\u064b?": word
    for word in "أولا ثانيا ثالثا رابعا خامسا سادسا سابعا ثامنا تاسعا عاشرا".split()
}
_HAN = "[〇○零一二两三四五六七八九十百千]{1,7}"
_NUMBER = rf"(?:{_HAN}|\d{{1,4}})"
_ROMAN_NUMBER = r"(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_EITHER = rf"(?:{_ROMAN_NUMBER}|\d{{1,3}})"
_DOT = r"[.．。、]"

# Each with the group that holds the number, and how that is read.
_RULES: Sequence[tuple[Kind, str, Callable[[str], int]]] = (
    ("annex", rf"附(?:件|录|錄)\s*(?P<n>{_NUMBER})?\s*(?=[:：\s]|$)", han_number),
    ("annex", rf"(?:Annex|Anexo|Annexe|Anhang|Appendix)\s*(?P<n>{_EITHER})?\b", _either),
    ("part", rf"第\s*(?P<n>{_NUMBER})\s*[编編篇]", han_number),
    ("chapter", rf"第\s*(?P<n>{_NUMBER})\s*章", han_number),
    ("chapter", rf"제\s*(?P<n>{_NUMBER})\s*장", han_number),
    ("article", rf"제\s*(?P<n>{_NUMBER})\s*조", han_number),
    ("chapter", rf"(?:Chapter|Cap[ií]tulo|Chapitre|Kapitel|Глава)\s+(?P<n>{_EITHER})\b", _either),
    ("section", rf"第\s*(?P<n>{_NUMBER})\s*[节節]", han_number),
    ("section", rf"(?:Section|Secci[oó]n)\s+(?P<n>{_EITHER})\b", _either),
    ("article", rf"第\s*(?P<n>{_NUMBER})\s*[条條]", han_number),
    ("article", rf"(?:Article|Art[ií]culo|Artikel|Статья)\s+(?P<n>{_EITHER})\b", _either),
    ("han", rf"(?P<n>{_HAN})\s*(?:、|[.．](?=\D))", han_number),
    ("han-brackets", rf"[（(]\s*(?P<n>{_HAN})\s*[）)]", han_number),
    ("han", rf"(?P<n>{'|'.join(_FIRSTLY)})\s*[:：،.]", _firstly),
    ("roman", rf"(?P<n>{_ROMAN_NUMBER})\s*[.．。、](?=\s|\D)", roman_number),
    ("number-brackets", r"[（(]\s*(?P<n>\d{1,3})\s*[）)]", int),
    ("number-brackets", r"(?P<n>\d{1,3})[）)]", int),
    ("number", rf"(?P<n>\d{{1,3}})\s*{_DOT}(?!\d)", int),
    ("circle", r"(?P<n>[①-⑳])", _circle),
    # A machine translated "2." as a word and kept the Chinese full stop: "two。"
    ("number", rf"(?P<n>(?i:{'|'.join(_WORDS)}))\s*[。、．]", _word),
)
_PATTERNS = tuple((kind, re.compile(pattern), read) for kind, pattern, read in _RULES)
_ANY = re.compile("|".join(pattern.replace("(?P<n>", "(?:") for _, pattern, _ in _RULES))
_DECIMAL = re.compile(  # "2.1 Water", "2.1供水", but no quantity: "1.5亿元"
    r"(?P<n>\d{1,2}(?:\.\d{1,2}){1,4})(?=[\s\u3000、.．]|[^\W\d])(?![亿億万萬千百十元倍个個米公吨噸度平立天])"
)


def head(line: str, start: int) -> Head | None:
    """The head of a unit that `line` is, or None for other text; `start` is its place."""
    text = line.lstrip(' \t\u3000\xa0*#“"')
    at = start + len(line) - len(text)
    end = start + len(line.rstrip())
    decimal = _DECIMAL.match(text)
    if decimal:
        numbers = decimal["n"].split(".")
        return Head(
            kind="decimal",
            number=int(numbers[-1]),
            label=decimal["n"],
            start=at,
            end=end,
            depth=len(numbers),
        )
    if not _ANY.match(text):
        return None
    for kind, pattern, read in _PATTERNS:
        match = pattern.match(text)
        if match:
            number = read(match["n"]) if match["n"] else 0
            return Head(kind=kind, number=number, label=match[0].strip(), start=at, end=end)
    return None
