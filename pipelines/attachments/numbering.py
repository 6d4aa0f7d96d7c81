"""The numbers that a word processor prints before paragraphs and keeps out of their text.

ECMA-376 part 1, section 17.9: a paragraph names a list (`numId`) and a level in it; the number is counted
while the document is read, and printed by the level's format.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from pipelines.attachments.package import attribute, child, local

_LEVELS = 9  # ECMA-376 part 1, 17.9.3: 0 to 8
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_DIGITS = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    start: int
    format: str  # "decimal", "chineseCounting", "bullet", ...
    pattern: str  # "%1.%2", "第%1章"
    spaced: bool  # something stands between the number and the text


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    counted_with: str  # lists of one abstract definition count on together
    levels: dict[int, _Level]


class Numbers:
    """Counts the numbered paragraphs of a document, in its order."""

    def __init__(self, root: etree._Element | None) -> None:
        """The lists that the part `numbering.xml` defines; none when the document has no such part."""
        self._lists = _lists(root) if root is not None else {}
        self._counts: dict[str, list[int]] = {}
        self._begun: set[str] = set()

    def label(self, number_id: str, level: int) -> str:
        """What is printed before the next paragraph of this list and level; "" for a bullet."""
        known = self._lists.get(number_id)
        if known is None or level not in known.levels:
            return ""
        counts = self._counts.setdefault(known.counted_with, [0] * _LEVELS)
        if number_id not in self._begun:
            self._begun.add(number_id)
            if known.counted_with == number_id:
                counts[:] = [0] * _LEVELS
        for above in range(level):
            counts[above] = counts[above] or _start(known, above)
        counts[level] = counts[level] + 1 if counts[level] else _start(known, level)
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        own = known.levels[level]
        if own.format in {"bullet", "none"}:
            return ""
        text = own.pattern
        for place in range(_LEVELS):
            shape = known.levels[place].format if place in known.levels else "decimal"
            text = text.replace(f"%{place + 1}", shaped(counts[place], shape))
        # A number that ends in a full-width sign has its space inside.
        return f"{text} " if own.spaced and text and ord(text[-1]) < 0x2E80 else text


def shaped(number: int, format: str) -> str:
    """`number` in one of the formats of ECMA-376 part 1, 17.18.59; Arabic in one not known here.

    >>> shaped(12, "chineseCountingThousand"), shaped(4, "upperRoman"), shaped(28, "lowerLetter")
    ('十二', 'IV', 'bb')
    """
    shape = _SHAPES.get(format)
    return shape(number) if shape and 0 < number < 10_000 else str(number)


def _start(known: _List, level: int) -> int:
    return known.levels[level].start if level in known.levels else 1


def _lists(root: etree._Element) -> dict[str, _List]:
    abstract = {
        attribute(each, "abstractNumId") or "": _levels(each)
        for each in root
        if local(each) == "abstractNum"
    }
    found = {}
    for each in root:
        number_id, base = attribute(each, "numId"), child(each, "abstractNumId")
        if local(each) != "num" or number_id is None or base is None:
            continue
        name = attribute(base, "val") or ""
        levels = dict(abstract.get(name, {}))
        own = False
        for override in each:
            place = _number(attribute(override, "ilvl"), -1)
            restart = child(override, "startOverride")
            if restart is not None and place in levels:
                own = True
                start = _number(attribute(restart, "val"), 1)
                level = levels[place]
                levels[place] = _Level(
                    start=start, format=level.format, pattern=level.pattern, spaced=level.spaced
                )
            levels |= _levels(override)
        found[number_id] = _List(
            counted_with=number_id if own else f"abstract {name}", levels=levels
        )
    return found


def _levels(element: etree._Element) -> dict[int, _Level]:
    found = {}
    for each in element:
        place = _number(attribute(each, "ilvl"), -1)
        if local(each) != "lvl" or not 0 <= place < _LEVELS:
            continue
        found[place] = _Level(
            start=_number(_value(each, "start"), 1),
            format=_value(each, "numFmt") or "decimal",
            pattern=(_value(each, "lvlText") or "")[:100],
            spaced=_value(each, "suff") != "nothing",
        )
    return found


def _value(element: etree._Element, name: str) -> str | None:
    found = child(element, name)
    return attribute(found, "val") if found is not None else None


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        text += sign * (number // value)
        number %= value
    return text


def _letters(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _chinese(number: int) -> str:
    text, zero = "", False
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + unit
            zero = False
        else:
            zero = True
    return text.removeprefix("一") if text.startswith("一十") else text


def _circled(number: int) -> str:
    return _CIRCLED[number - 1] if number <= len(_CIRCLED) else str(number)


_SHAPES: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02d}",
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalFullWidth": lambda number: str(number).translate(
        {48 + n: 0xFF10 + n for n in range(10)}
    ),
    "upperRoman": _roman,
    "lowerRoman": lambda number: _roman(number).lower(),
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerLetter": _letters,
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese,
    "japaneseCounting": _chinese,
    "ideographDigital": lambda number: "".join(_DIGITS[int(digit)] for digit in str(number)),
    "ideographTraditional": lambda number: _STEMS[(number - 1) % len(_STEMS)],
}
