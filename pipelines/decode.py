"""Bytes to text, with the encoding, the evidence for it and the damage.

The order of belief: a byte order mark; strict UTF-8, which text in another encoding almost never
satisfies; what the HTTP header and the page itself name, least damage first; what the bytes look
like. A name counts only if the WHATWG Encoding Standard knows it. East Asian encodings can often
read each other's bytes without an error, so damage alone does not decide between them: a reading
must also be made of characters that people write every day.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from pipelines.errors import Refused

VERSION = "1"

_LABELS = {
    label: codec
    for codec, labels in tomllib.loads(
        Path(__file__).with_name("charsets.toml").read_text("utf-8")
    ).items()
    for label in labels
}
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_EAST_ASIAN = ("gb18030", "big5hkscs", "euc_jp", "cp932", "cp949")

# Where browsers look for the name: the standard says 1,024 bytes; pages with long comments before
# it are common enough that browsers go on reading, so we do too.
_PRESCAN_BYTES = 4096
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")

# Detection looks at this much; more does not change its mind.
_SAMPLE_BYTES = 65536

# The most frequent characters of running Chinese, simplified and traditional. On the benchmark's
# Chinese pages at least 37 % of the characters are among them, of wrong readings at most 11 %.
_EVERYDAY = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度"
    "這個們來為國說時會對於過發後裡動樣實軍無與長機關點業將兩間問應戰頭體見產經麼學現當沒還進開從種東西區創技術科展支持建設項"
    "各省市部门们区委会厅局办通知规定条款计划规划工作实施推动加强门門辦規劃條計劃強"
)
_COMMON_HANGUL = frozenset(
    "이다의는에을가를고하은지한로사도어기리인서자시대들스나일정그해라아보있제수만원장전부과으"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The text of a page or file, and how sure we are of it."""

    text: str
    encoding: str  # Python's name: "utf-8", "gb18030"
    evidence: str  # why this one: "bom", "utf-8 is valid", "http", "meta", "detected"
    damage: float  # share of characters that could not be decoded, 0..1


# What a body begins with when it is no text at all, and what to call it.
_SIGNATURES = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM\x00", "a bitmap image"),
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"Rar!\x1a", "a RAR file"),
    (b"7z\xbc\xaf", "a 7-Zip file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\x7fELF", "a program"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)


def decode(body: bytes, declared: str | None = None) -> Decoded:
    """The text of `body`; `declared` is the charset that the HTTP header names, if any.

    Raises:
        Refused: the bytes are an image, a file of another kind, or no text in any encoding.
    """
    for mark, marked in _BOMS:
        if body.startswith(mark):
            return _read(body[len(mark) :], marked, "bom")
    _refuse_files(body)
    hints = dict(_hints(body, declared))
    if codec := _silent_utf16(body):
        return _read(body, codec, "detected")
    if b"\0" in body[:_SAMPLE_BYTES] and _binary_share(body[:_SAMPLE_BYTES]) > 0.1:
        raise Refused("decode", "The bytes are not text: one in ten is a control character.")
    if "iso2022_jp" in hints and b"\x1b" in body:
        return _read(body, "iso2022_jp", hints["iso2022_jp"])
    try:
        return Decoded(
            text=body.decode("utf-8"), encoding="utf-8", evidence="utf-8 is valid", damage=0.0
        )
    except UnicodeDecodeError:
        return _least_damaged(body, hints)


def known_charset(label: str) -> str | None:
    """The Python codec for a charset label, None for what is no charset on the web.

    >>> known_charset("GB2312"), known_charset("unicode_escape")
    ('gb18030', None)
    """
    return _LABELS.get(label.strip(" \t\r\n\f\"'").lower())


def _hints(body: bytes, declared: str | None) -> Iterator[tuple[str, str]]:
    """Codec and who named it, the least trusted first so that a later one overrides it."""
    head = body[:_PRESCAN_BYTES]
    for pattern in (_XML_DECLARATION, _META):
        if found := pattern.search(head):
            codec = known_charset(found[1].decode("ascii"))
            # A page whose own bytes spell "utf-16" in ASCII is not UTF-16 (WHATWG prescan).
            if codec and not codec.startswith("utf-16"):
                yield codec, "meta"
    if declared and (codec := known_charset(declared)):
        yield codec, "http"


def _refuse_files(body: bytes) -> None:
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            raise Refused("decode", f"The bytes are {name}, not a page.")
    if body[:4] == b"RIFF" and body[8:12] in {b"WEBP", b"WAVE", b"AVI "}:
        raise Refused("decode", "The bytes are an image or a recording, not a page.")
    if body[4:8] == b"ftyp":
        raise Refused("decode", "The bytes are a film, not a page.")


def _silent_utf16(body: bytes) -> str | None:
    """The codec of UTF-16 without a mark, told by the zero half of its ASCII characters."""
    sample = body[:2048]
    pairs = len(sample) // 2
    if not pairs:
        return None
    high, low = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    # Markup keeps a fifth of the characters ASCII even in a Chinese page; plain bytes have no NULs.
    if high > 0.2 * pairs and low < 0.02 * pairs:
        return "utf-16-be"
    if low > 0.2 * pairs and high < 0.02 * pairs:
        return "utf-16-le"
    return None


def _binary_share(sample: bytes) -> float:
    """Share of bytes that no text holds: control characters but tab, line feeds and escape."""
    kept = sample.translate(None, bytes(set(range(32)) - {9, 10, 12, 13, 27}))
    return 1 - len(kept) / max(1, len(sample))


def _read(body: bytes, codec: str, evidence: str) -> Decoded:
    text = body.decode(codec, "replace")
    return Decoded(text=text, encoding=codec, evidence=evidence, damage=_damage(text))


def _damage(text: str) -> float:
    return text.count("\ufffd") / max(1, len(text))


def _least_damaged(body: bytes, hints: dict[str, str]) -> Decoded:
    """The best reading of bytes that are not valid UTF-8."""
    if _mostly_utf8(body):
        return _read(body, "utf-8", hints.get("utf-8", "detected"))
    sample = body[:_SAMPLE_BYTES]
    if east := _east_asian(sample, hints):
        return _read(body, east, hints.get(east, "detected"))
    # A hint that is wrong for a single-byte encoding shows no damage, so it is believed here:
    # which of Latin, Cyrillic or Greek was meant cannot be told from validity.
    named = [codec for codec in reversed(hints) if codec not in {"utf-8", *_EAST_ASIAN}]
    if named:
        readings = [_read(body, codec, hints[codec]) for codec in named]
        return min(readings, key=lambda reading: reading.damage)
    if "utf-8" in hints and _broken_and_whole(body)[0] <= 3:
        return _read(body, "utf-8", hints["utf-8"])
    return _read(body, _guessed(sample), "detected")


def _broken_and_whole(body: bytes) -> tuple[int, int]:
    """How many UTF-8 sequences of `body` are broken, and how many non-ASCII ones are whole."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken, len(text) - len(text.encode("ascii", "ignore")) - broken


def _mostly_utf8(body: bytes) -> bool:
    # Bytes of another encoding form a whole UTF-8 sequence only by accident. No source for ten: it
    # is far above what accident gives, and a text with a few bad bytes has hundreds for each.
    broken, whole = _broken_and_whole(body)
    return whole >= 10 * broken


def _east_asian(sample: bytes, hints: dict[str, str]) -> str | None:
    """The East Asian codec under which `sample` reads as everyday text, None when under none."""
    best: str | None = None
    best_score = 0.15  # between the 0.37 and the 0.11 measured for _EVERYDAY
    for codec in _EAST_ASIAN:
        text = sample.decode(codec, "replace")
        written = [c for c in text if c > "\x7f"]
        if not written:
            continue
        broken = text.count("\ufffd") + sum("\ue000" <= c <= "\uf8ff" for c in written)
        score = sum(map(_everyday, written)) / len(written) - 3 * broken / len(written)
        # Between two readings alike, the one that the page names.
        score += 0.02 if codec in hints else 0.0
        if score > best_score:
            best, best_score = codec, score
    return best


def _everyday(character: str) -> float:
    """1 for a character that running East Asian text is full of, 0 for another."""
    if "\u3040" <= character <= "\u30ff":  # kana; half-width kana are what misreadings make
        return 1.0
    return float(character in _EVERYDAY or character in _COMMON_HANGUL)


def _guessed(sample: bytes) -> str:
    """The single-byte codec that `sample` looks like; Windows-1252 when it looks like none."""
    best = from_bytes(sample).best()
    if best is None or best.encoding.startswith("utf"):
        return "cp1252"
    return known_charset(best.encoding.replace("_", "-")) or best.encoding
