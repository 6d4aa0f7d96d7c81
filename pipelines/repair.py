"""Damage in a main text that can be read all the same, for the key and for search.

The stored text keeps what the page said. A repair says which characters are damaged and what they
are read as; each kind of damage has its own rule, and a rule speaks only where the damage cannot
be a text of its own.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import opencc

from archive.records import Repair

VERSION = "2"

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"

# Pinyin: a syllable with or without tone mark, perhaps broken by white space, in brackets.
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeiiiioooouuuuüüüünnnm")
_PINYIN = "a-züêāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_GLOSS = re.compile(rf"\s*[(（]\s*((?:[{_PINYIN}]\s*){{1,8}})[)）]")
_SYLLABLE = re.compile(
    r"(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?"
    r"(?:a|ai|an|ang|ao|e|ei|en|eng|er|o|ong|ou|i|ia|ian|iang|iao|ie|in|ing|iong|iu|u|ua|uai|uan|"
    r"uang|ue|ui|un|uo|ü|üan|üe|ün|ê)|ng?|hng|m|hm"
)
GLOSSED = 3  # glosses with a tone mark that make a text a glossed one

_TAG = re.compile(
    r"<(?:/\s*)?(?P<name>a|abbr|article|b|big|blockquote|body|br|center|cite|code|dd|div|dl|dt|em|"
    r"figure|font|footer|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|"
    r"nav|o:p|ol|option|p|pre|script|section|small|span|strike|strong|style|sub|sup|table|tbody|"
    r"td|th|thead|title|tr|u|ul|video)(?:\s[^<>]{0,400})?/?>|<!--.{0,400}?-->",
    re.IGNORECASE | re.DOTALL,
)
_BLOCKS = re.compile(
    r"blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|table|td|th|tr|ul", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")

# Windows-1252's characters for the bytes 0x80 to 0x9F; the five holes stay C1 controls.
_CP1252 = {
    bytes([code]).decode("cp1252"): code
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_HIGH = re.compile("[\x80-\xff" + re.escape("".join(_CP1252)) + "]{2,}")
_HAN_RUN = re.compile(r"[^\x00-\x7f\ufffd][^\x00-\x7f]{2,}\??")

# What Chinese is written in, but for ASCII, which does not survive in such bytes.
_CHINESE = re.compile(rf"[{_HAN}\u2010-\u2026\u00b7\u3000-\u303f\uff00-\uffef]")

# A filter that takes the bytes A3 BF for a question mark leaves A1 A3 BF (the end of a sentence
# and the first byte of the next) as two of them; all that follows is read one byte off, up to the
# first character whose second byte is an ASCII one.
_ONE_OFF = re.compile(r"[?？\ufffd]{2}(?P<run>[^\x00-\x7f]{1,60}[\x40-\x7e])")
_LOST = b"\xa1\xa3\xbf"
_COMMON = 0.9  # share of common characters from which a reading is believed


def find_repairs(text: str, tag: str) -> tuple[Repair, ...]:
    """The damage in `text`, a text in the language `tag`: disjoint, in the order of the text."""
    chinese = tag.split("-", maxsplit=1)[0] in {"zh", "ja", "und"}
    glosses = list(_glosses(text)) if chinese else []
    found = list(_misread(text, glosses)) if chinese else []
    found += _markup(text)
    found += _mojibake(text)
    found += glosses
    return tuple(_disjoint(found))


def repaired(text: str, repairs: Iterable[Repair]) -> str:
    """`text` as it is read with `repairs`, which are disjoint and in its order.

    >>> repaired("儀器網(wǎng)", find_repairs("儀器網(wǎng)", "zh-Hant"))
    '儀器網'
    """
    parts: list[str] = []
    at = 0
    for repair in repairs:
        if not at <= repair.start <= repair.end <= len(text):
            raise ValueError(f"{repair} overlaps another repair or lies outside the text.")
        parts += (text[at : repair.start], repair.reading)
        at = repair.end
    parts.append(text[at:])
    return "".join(parts)


def _disjoint(found: Iterable[Repair]) -> Iterator[Repair]:
    """The repairs in the order of the text; of two that overlap, the one that begins first."""
    end = 0
    for repair in sorted(found, key=lambda repair: (repair.start, -repair.end)):
        if repair.start >= end:
            yield repair
            end = repair.end


def _glosses(text: str) -> Iterator[Repair]:
    """Pinyin in brackets after the character that it spells.

    With a tone mark it is certain; without one it may be an abbreviation, so that it counts only
    in a text that is glossed throughout.
    """
    if "(" not in text and "（" not in text:
        return
    matches = [
        match
        for match in _GLOSS.finditer(text)
        if match.start() and _SYLLABLE.fullmatch(_bare(match[1]).translate(_TONES))
    ]
    toned = [match for match in matches if not _bare(match[1]).isascii()]
    han = re.compile(f"[{_HAN}]")
    glossed = len(toned) >= GLOSSED
    for match in matches if glossed else toned:
        after_han = han.match(text, match.start() - 1) is not None
        if after_han or (glossed and not _bare(match[1]).isascii()):
            yield Repair(kind="gloss", start=match.start(), end=match.end(), reading="")


def _bare(syllable: str) -> str:
    return "".join(syllable.split())


def _markup(text: str) -> Iterator[Repair]:
    """Tags of HTML and character references that stand in the text as such."""
    if "<" in text:
        for match in _TAG.finditer(text):
            block = _BLOCKS.fullmatch(match["name"] or "") is not None
            yield Repair(
                kind="markup", start=match.start(), end=match.end(), reading="\n" if block else ""
            )
    if "&" in text:
        for match in _ENTITY.finditer(text):
            reading = html.unescape(match[0])
            if reading != match[0]:
                yield Repair(kind="markup", start=match.start(), end=match.end(), reading=reading)


def _mojibake(text: str) -> Iterator[Repair]:
    """UTF-8 or GBK that was read as Windows-1252, and UTF-8 that was read as GBK."""
    if text.isascii():
        return
    for match in _HIGH.finditer(text):
        reading = _from_western(match[0])
        if reading:
            yield Repair(kind="mojibake", start=match.start(), end=match.end(), reading=reading)
    for match in _HAN_RUN.finditer(text):
        reading = _from_gbk(match[0])
        if _is_chinese(reading) and _common_share(reading) >= _COMMON > _common_share(match[0]):
            yield Repair(kind="mojibake", start=match.start(), end=match.end(), reading=reading)


def _from_gbk(run: str) -> str:
    """What the bytes behind `run` say in UTF-8; a character that lost bytes is U+FFFD there."""
    parts = run.rstrip("?").split("\ufffd")
    body = b"\xff".join(part.encode("gb18030", "replace") for part in parts)
    return re.sub("\ufffd+", "\ufffd", body.decode("utf-8", "replace"))


def _is_chinese(reading: str) -> bool:
    """Whether at least half of it came through, and that as Chinese: other bytes give odd letters."""
    kept = reading.replace("\ufffd", "")
    letters = sum(_CHINESE.match(character) is not None for character in kept)
    return letters >= 2 and 2 * len(kept) >= len(reading) and letters >= _COMMON * len(kept)


def _from_western(run: str) -> str:
    """What the bytes behind `run` say in UTF-8 or GBK; "" when they say nothing likely."""
    body = bytes(_CP1252.get(character, ord(character)) for character in run)
    reading = _decoded(body, "utf-8")
    # Bytes from C4 to DF begin letters of other alphabets: two of them may meet by accident, as
    # in a German "Ü“".
    if reading and (len(reading) > 1 or body[0] in {0xC2, 0xC3} or body[0] >= 0xE2):
        return reading
    reading = _decoded(body, "gb18030")
    # One sign over and over, such as "××××" for a number left open, is meant as it stands.
    believed = len(set(reading)) >= 2 and _common_share(reading) == 1.0
    return reading if believed else ""


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _misread(text: str, glosses: Sequence[Repair]) -> Iterator[Repair]:
    """GBK read one byte off after a lost one. Glosses may stand in the run; it is read without."""
    plain, starts, skipped = _without(text, glosses)
    for match in _ONE_OFF.finditer(plain):
        try:
            body = _LOST + match["run"].encode("gb18030")
        except UnicodeEncodeError:
            continue
        reading = _decoded(body, "gb18030")
        before, after = _common_share(match["run"]), _common_share(reading)
        if reading and after >= _COMMON and after > before:
            yield Repair(
                kind="misread",
                start=_place(match.start(), starts, skipped),
                end=_place(match.end() - 1, starts, skipped) + 1,
                reading=reading,
            )


def _without(text: str, repairs: Sequence[Repair]) -> tuple[str, list[int], list[int]]:
    """`text` without the spans of `repairs`; for each kept piece its place and what it skipped."""
    parts: list[str] = []
    starts, skipped = [0], [0]
    at = kept = 0
    for repair in repairs:
        parts.append(text[at : repair.start])
        kept += repair.start - at
        at = repair.end
        starts.append(kept)
        skipped.append(at - kept)
    parts.append(text[at:])
    return "".join(parts), starts, skipped


def _place(at: int, starts: Sequence[int], skipped: Sequence[int]) -> int:
    return at + skipped[bisect_right(starts, at) - 1]


def _common_share(text: str) -> float:
    """The share of Han characters of `text` that are common ones, 0 without any.

    Common are the 3,755 of level 1 in GB 2312-1980, in either script.
    """
    simplified = _to_simplified().convert(text)
    han = [character for character in simplified if "\u4e00" <= character <= "\u9fff"]
    if not han:
        return 0.0
    return sum(character in _level_one() for character in han) / len(han)


@cache
def _level_one() -> frozenset[str]:
    rows = (bytes([lead, trail]) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF))
    return frozenset(row.decode("gb2312", "ignore") for row in rows) - {""}


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
