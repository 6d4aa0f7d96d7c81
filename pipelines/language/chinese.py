"""Simplified or Traditional, by the characters that only one of the two scripts has."""

import re
from functools import cache
from itertools import compress

import opencc

BASIC_HAN = range(0x4E00, 0xA000)  # CJK Unified Ideographs: all that both standards use


@cache
def _differing() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The characters that only Simplified has, and those that only Traditional has.

    By OpenCC's tables: a character that its conversion to the other script changes. One that
    both conversions change (a variant of neither standard) counts for neither.
    """
    every = [chr(code) for code in BASIC_HAN]
    lines = "\n".join(every)
    changed = {
        name: frozenset(
            compress(every, map(str.__ne__, every, opencc.OpenCC(name).convert(lines).split("\n")))
        )
        for name in ("s2t", "t2s")
    }
    both = changed["s2t"] & changed["t2s"]
    simplified, traditional = (
        re.compile("[" + "".join(sorted(changed[name] - both)) + "]") for name in ("s2t", "t2s")
    )
    return simplified, traditional


def evidence(text: str) -> tuple[int, int]:
    """How many characters of `text` only Simplified has, and how many only Traditional has.

    >>> evidence("东西部科技合作"), evidence("東西部科技合作")
    ((1, 0), (0, 1))
    """
    simplified, traditional = _differing()
    return len(simplified.findall(text)), len(traditional.findall(text))


def script_tag(simplified: int, traditional: int) -> str:
    """The tag for that evidence; a text that shows neither is called Simplified, as most are."""
    return "zh-Hant" if traditional > simplified else "zh-Hans"
