"""Which writing systems a text uses, and the languages that each of them leaves possible."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

# Scripts as the Unicode character names call them, each with the one language that it is read as.
# A minority language in such a script (Assamese, Yiddish, Tigrinya) is listed below instead.
ONE_LANGUAGE: Mapping[str, str] = {
    "HANGUL": "ko",
    "THAI": "th",
    "GREEK": "el",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "KHMER": "km",
    "LAO": "lo",
    "MYANMAR": "my",
    "TIBETAN": "bo",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "ORIYA": "or",
    "THAANA": "dv",
    "CHEROKEE": "chr",
    "CANADIAN": "iu",
    "MONGOLIAN": "mn-Mong",
}

# Scripts of several languages; the first is taken when no voter names one of them.
SEVERAL_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "CYRILLIC": (
        *("ru", "uk", "bg", "mk", "be", "sr", "kk", "ky", "mn", "tg", "tt"),
        *("ba", "cv", "ce", "os", "sah", "kv", "mhr", "mrj", "xal", "av", "ab"),
    ),
    "ARABIC": ("ar", "fa", "ur", "ug", "ps", "ckb", "sd", "pnb", "mzn", "ks", "lrc"),
    "DEVANAGARI": ("hi", "mr", "ne", "sa", "new", "bh", "mai", "gom"),
    "BENGALI": ("bn", "as", "bpy"),
    "HEBREW": ("he", "yi"),
    "ETHIOPIC": ("am", "ti"),
}

HAN = "CJK"
JAPANESE = "JAPANESE"
LATIN = "LATIN"
_NOT_LATIN = (
    frozenset(ONE_LANGUAGE.values())
    | {tag for tags in SEVERAL_LANGUAGES.values() for tag in tags}
    | {"zh", "ja"}
)

# How many Latin letters a letter of another script weighs: names and abbreviations stand in Latin
# letters in texts of every script, and a Han character says more. One plan in its translations
# has 5.4 English and 5.6 Spanish letters to a Chinese character; the 3 is our own estimate.
HAN_WORTH = 5
OTHER_WORTH = 3
# Chinese texts hold a few kana (の in brand names); a Japanese sentence without a tenth is rare.
LEAST_KANA = 0.1

# Shortcuts past the Unicode names, for what most texts consist of.
_COMMON_HAN = re.compile("[\u4e00-\u9fff]")
_LAST_LATIN = "\u024f"  # of the block Latin Extended-B
_BEYOND_LATIN = re.compile(  # but for punctuation
    "[^\x00-\u024f\u2000-\u206f\u20ac\u3000-\u3004\u3008-\u3020\uff00-\uff20]"
)
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())


@cache
def script_of(letter: str) -> str:
    """The script of one character by its Unicode name, or "" when it is no letter.

    >>> script_of("网"), script_of("п"), script_of("ﾃ"), script_of("7")
    ('CJK', 'CYRILLIC', 'JAPANESE', '')
    """
    if not letter.isalpha():
        return ""
    if letter <= _LAST_LATIN:  # "ª", "º" and "µ" have names of their own
        return LATIN
    words = unicodedata.name(letter, "").split()
    if words and words[0] in {"FULLWIDTH", "HALFWIDTH"}:
        words = words[1:]
    first = words[0] if words else ""
    return JAPANESE if first in {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"} else first


def letters_by_script(text: str) -> Counter[str]:
    """How many letters of each script `text` has; marks, digits and signs are not counted."""
    rest, han = _COMMON_HAN.subn("", text)
    found: Counter[str] = Counter({HAN: han} if han else {})
    if rest.isascii():
        found[LATIN] = len(rest.encode().translate(None, _NO_LETTERS))
        return +found
    if not _BEYOND_LATIN.search(rest):
        found[LATIN] = sum(map(str.isalpha, rest))
        return +found
    for character, count in Counter(rest).items():
        script = script_of(character)
        if script:
            found[script] += count
    return found


def leading_script(letters: Mapping[str, int]) -> str:
    """The script that a text with these letters is written in, or "" without letters.

    Han with kana is Japanese. Latin leads only when it outweighs every other script.
    """
    weights = {script: float(count * worth(script)) for script, count in letters.items()}
    han, kana = weights.get(HAN, 0.0), weights.get(JAPANESE, 0.0)
    if kana and kana >= LEAST_KANA * (han + kana):
        weights[JAPANESE] = weights.pop(HAN, 0.0) + kana
    return max(sorted(weights), key=lambda script: weights[script], default="")


def worth(script: str) -> int:
    """How many Latin letters one letter of `script` weighs."""
    return 1 if script == LATIN else HAN_WORTH if script == HAN else OTHER_WORTH


def possible(tag: str, script: str) -> bool:
    """Whether the language `tag` is one that is written in `script`."""
    if script == LATIN:
        return tag not in _NOT_LATIN
    return tag == ONE_LANGUAGE.get(script) or tag in SEVERAL_LANGUAGES.get(script, ())
