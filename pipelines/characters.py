"""What each code point becomes in the normal form, as one table for the whole of Unicode.

A key form has no width, case, accent or script variant. For one character that is: Unicode's
compatibility decomposition, marks off, compatibility composition, case folding, decimal digits as
ASCII, Traditional to Simplified (the one-character tables of OpenCC), the variants below; again
until nothing changes.
"""

import base64
import hashlib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import opencc

from pipelines.letters import letters

CODE_POINTS = 0x110000
WIDE = (  # scripts of words or syllables: a character of these says about twice what a letter says
    range(0x3005, 0x3008),  # 々 〆 〇
    range(0x3041, 0x3100),  # kana
    range(0x31F0, 0x3200),
    range(0x3400, 0x4DC0),  # Han
    range(0x4E00, 0xA000),
    range(0xAC00, 0xD7A4),  # Hangul syllables
    range(0x20000, 0x32000),  # Han, rare
)

# Printed forms that OpenCC 1.4.2 leaves as they are, each before what it stands for: old type,
# Japanese forms met in Chinese pages, and the circles that are typed for a zero.
VARIANTS = (
    "吿告 戸户 毎每 黒黑 歩步 巻卷 塡填 靑青 淸清 緖绪 値值 愼慎 顚颠 尙尚 囘回 廻回 汚污 査查 硏研 "
    "郷乡 戦战 兑兌 歳岁 刄刃 冊册 兪俞 濶阔 盃杯 甦苏 擕携 攷考 崐昆 袴裤 纎纤 羡羨 烖灾 瘉愈 葠参 "
    "谘咨 雠仇 讐仇 豓艳 遯遁 鑛矿 鉱矿 馀余 鬪斗 鬭斗 鬬斗 鼇鳌 龢和 ○〇 ◯〇 ⚪〇"
)
# Modifier letters that are typed for an apostrophe or a tone, and the Arabic stretching stroke:
# letters by category, but they carry no sound of their own.
_DROPPED = frozenset((*range(0x2B9, 0x2E0), 0x2EC, 0x2EE, 0x374, 0x640))
_OPENCC_CONFIGS = Path(opencc.__file__).parent / "clib" / "share" / "opencc"
_ROUNDS = 8  # a bound on "until nothing changes"; three suffice with Unicode 14 and OpenCC 1.4.2


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterTable:
    """What each code point becomes, as one number.

    0 drops it, a code point replaces it by one character, and `CODE_POINTS + i` by the several
    characters of `expansions[i]`.
    """

    codes: npt.NDArray[np.uint32]
    expansions: tuple[str, ...]
    wide: npt.NDArray[np.bool_]  # by code point: of a script in WIDE
    digest: str  # 26 characters a-z2-7 that change when any entry does


def _han() -> str:
    """All Han characters of the ranges in WIDE, and the compatibility forms."""
    ranges = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))
    return "".join(map(chr, (c for r in (*ranges, range(0x20000, 0x32000)) for c in r)))


def converter(name: str) -> opencc.OpenCC:
    """OpenCC's converter of that name, from its own package.

    By the bare name it would take a file "t2s.json" of the working folder instead, if there is one.
    """
    return opencc.OpenCC(str(_OPENCC_CONFIGS / f"{name}.json"))


def _simplified() -> dict[str, str]:
    """Han characters that change, each with the form that the key has for it."""
    han = _han()
    lines = "\n".join(han)  # one a line, so that OpenCC's phrases cannot match
    folded: dict[str, str] = {}
    for name in ("tw2s", "hk2s", "t2s"):  # the last one wins
        converted = converter(name).convert(lines).split("\n")
        folded |= {a: b for a, b in zip(han, converted, strict=True) if a != b}
    folded |= {pair[0]: pair[1] for pair in VARIANTS.split()}
    return folded


def _folded(character: str, simplified: dict[str, str]) -> str:
    """One round of folding."""
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in parts if unicodedata.category(c)[0] != "M")
    composed = unicodedata.normalize("NFKC", bare).casefold()
    digits = (unicodedata.decimal(c, None) for c in composed)
    ascii_digits = (c if d is None else str(d) for c, d in zip(composed, digits, strict=True))
    return "".join(simplified.get(c, c) for c in ascii_digits)


def _settled(character: str, simplified: dict[str, str], known: frozenset[int]) -> str:
    """The character's normal form."""
    now = character
    for _ in range(_ROUNDS):
        before, now = now, "".join(_folded(c, simplified) for c in now)
        if now == before:
            break
    return "".join(c for c in now if ord(c) in known and ord(c) not in _DROPPED)


def _moves(code: int) -> bool:
    """Whether Unicode alone gives the character another form."""
    character = chr(code)
    return bool(
        unicodedata.decomposition(character)
        or character.casefold() != character
        or unicodedata.decimal(character, None) is not None
    )


def _changing(simplified: dict[str, str], known: frozenset[int]) -> list[int]:
    """Code points that need a look, ascending; other letters stay, all else is dropped.

    Han characters and Hangul syllables outside the compatibility blocks have no case, no width and
    no marks: only the Traditional ones change. Symbols count when they may be letters underneath;
    letters that came later do not, so that every Python makes the same table.
    """
    plain = {c for r in WIDE[3:] for c in r}
    blocks = (range(0x2000, 0x3400), range(0xF900, 0x10000), range(0x1D000, 0x1FC00))
    symbols = {c for block in blocks for c in block if unicodedata.category(chr(c))[0] not in "LN"}
    moving = {c for c in (known - plain) | symbols if _moves(c)}
    return sorted(moving | set(map(ord, simplified)) | _DROPPED)


@cache
def table() -> CharacterTable:
    """The table; built at the first call, in about a fifth of a second."""
    simplified = _simplified()
    known = frozenset(c for r in letters() for c in r)
    codes = np.zeros(CODE_POINTS, np.uint32)
    for r in letters():
        codes[r.start : r.stop] = np.arange(r.start, r.stop)
    expansions: dict[str, int] = {}
    for code in _changing(simplified, known):
        form = _settled(chr(code), simplified, known)
        if len(form) > 1:
            codes[code] = CODE_POINTS + expansions.setdefault(form, len(expansions))
        else:
            codes[code] = ord(form) if form else 0
    wide = np.zeros(CODE_POINTS, np.bool_)
    for r in WIDE:
        wide[r.start : r.stop] = True
    content = hashlib.sha256(codes.astype("<u4").tobytes())
    content.update("\n".join(expansions).encode())
    digest = base64.b32encode(content.digest()).decode().lower()[:26]
    return CharacterTable(codes=codes, expansions=tuple(expansions), wide=wide, digest=digest)
