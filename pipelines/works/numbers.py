"""The numbers in a text, in one form whatever language and digits they are written in.

Numbers below ten are left out: languages write them as words, and they prove little.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

_LEAST = 10
_SHORT_WORD = 5  # letters: "mil" begins many words
_MOST_DIGITS = 15  # what is longer is an identifier
_MYRIADS = {
    "百": 2, "千": 3, "万": 4, "萬": 4, "만": 4, "百万": 6, "百萬": 6, "千万": 7, "千萬": 7, "천만": 7,
    "亿": 8, "億": 8, "억": 8, "万亿": 12, "萬億": 12, "兆": 12, "조": 12,
}  # fmt: skip
_WORDS = {  # a million and a (short or long) billion in the languages that write them out
    "thousand": 3, "mil": 3, "mille": 3, "tausend": 3, "тыс": 3, "тысяч": 3, "ألف": 3, "آلاف": 3,
    "million": 6, "millón": 6, "millon": 6, "milhõ": 6, "milhã": 6, "mln": 6, "mio": 6, "млн": 6,
    "миллион": 6, "мільйон": 6, "مليون": 6, "ملايين": 6, "milion": 6, "milyon": 6,
    "billion": 9, "milliard": 9, "mrd": 9, "млрд": 9, "миллиард": 9, "مليار": 9, "bilhõ": 9,
    "trillion": 12, "трлн": 12,
}  # fmt: skip
_POWERS = "|".join(sorted(_MYRIADS, key=len, reverse=True))
_WORDED = "|".join(  # a short word is whole, a long one may have an ending
    word if len(word) > _SHORT_WORD else rf"{word}(?!\w)"
    for word in sorted(_WORDS, key=len, reverse=True)
)
_NUMBER = re.compile(
    r"(?<![\w.])(?<!\d,)\d+(?:[.,'\u00a0\u202f\u2009 ]\d{3})*(?:[.,]\d+)?"
    rf"(?:\s*(?:(?P<han>{_POWERS})|(?P<word>{_WORDED})))?"
    rf"|(?<=[^\W\d_])\d+(?:\.\d+)?(?:\s*(?P<tail>{_POWERS}))?",
    re.IGNORECASE,
)
_HAN_NUMBER = re.compile(
    "(?<![0-9])[零〇一二两三四五六七八九十][〇零一二两三四五六七八九十百千万萬亿億]+"
)
_HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_DIGIT = re.compile(r"(?![0-9])\d")


@lru_cache(maxsize=1 << 13)  # a text is compared with ten others, unit by unit
def numbers(text: str) -> frozenset[str]:
    """The numbers from ten up, as plain decimals.

    >>> sorted(numbers("投资1.2亿元，30家，二十五个")), sorted(numbers("1.2 million, in 2025"))
    (['120000000', '25', '30'], ['1200000', '2025'])
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = _DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), plain)
    return frozenset((*_written_in_digits(plain), *_written_in_han(plain)))


def _written_in_digits(text: str) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        digits = re.match(r"[\d.,'\s]*\d", match[0])
        if digits is None:
            continue
        value = _value(digits[0])
        power = _MYRIADS.get(match["han"] or match["tail"] or "", 0)
        power = power or _WORDS.get((match["word"] or "").lower(), 0)
        if value is not None and (value := value.scaleb(power)) >= _LEAST:
            yield _plain(value)


def _value(digits: str) -> Decimal | None:
    """The value of digits with separators: a group of three behind one is of thousands."""
    bare = re.sub(r"['\s]", "", digits)
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", bare):
        bare = re.sub("[.,]", "", bare)
    else:
        whole, mark, part = re.sub(r"[.,](?=\d{3}[.,])", "", bare).replace(",", ".").rpartition(".")
        bare = f"{whole.replace('.', '')}.{part}" if mark else part
    return Decimal(bare) if len(bare) <= _MOST_DIGITS else None


def _written_in_han(text: str) -> Iterator[str]:
    for match in _HAN_NUMBER.finditer(text):
        value = _han_value(match[0])
        if _counted(match[0]):
            continue
        if value >= _LEAST and len(str(value)) <= _MOST_DIGITS:
            yield str(value)


def _counted(text: str) -> bool:
    """Whether digits in a row are counted up, not read as one: 一二三产 are three kinds of industry."""
    places = [_HAN_DIGITS.get(character) for character in text]
    return len(text) < 4 and all(
        a is not None and b == a + 1 for a, b in itertools.pairwise(places)
    )


def _han_value(text: str) -> int:
    """The value of Chinese numerals; digits in a row are read as such: 二〇二五."""
    if all(character in _HAN_DIGITS for character in text):
        return int("".join(str(_HAN_DIGITS[character]) for character in text))
    total = section = digit = 0
    for character in text:
        if digit and character in _HAN_DIGITS:
            break  # 十四五 is the fifth after the fourteenth, no number
        if character in _HAN_GROUPS:
            total = (total + section + digit or 1) * _HAN_GROUPS[character]
            section = digit = 0
        elif character in _HAN_UNITS:
            section += (digit or 1) * _HAN_UNITS[character]
            digit = 0
        else:
            digit = _HAN_DIGITS[character]
    return total + section + digit


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
