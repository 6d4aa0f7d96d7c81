"""What official texts say of themselves: document number, issuers, date of issue, index number."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.metadata.dates import whole_day

_LEFT, _RIGHT = r"[〔\[［(（【﹝]", r"[〕\]］)）】﹞]"
NUMBER = re.compile(
    r"[\u4e00-\u9fff]{1,14}\s*"
    + _LEFT
    + r"\s*(?:19|20)\d{2}\s*"
    + _RIGHT
    + r"\s*第?\s*\d{1,5}\s*号"
    r"|[\u4e00-\u9fff]{2,14}令\s*第?\s*\d{1,4}\s*号"
)
_GAP = r"[\s\u3000]*(?:[:：]|\n)[\s\u3000]*"


def _labelled(labels: str, value: str) -> re.Pattern[str]:
    spaced = "|".join(r"[\s\u3000]*".join(label) for label in labels.split())
    return re.compile(
        rf"(?:^|[\s\u3000|【\[])(?:{spaced})[】\]]?{_GAP}(?P<value>{value})", re.MULTILINE
    )


_NUMBER_FIELD = _labelled("发文字号 文号 发文号 文件编号 文件号 发文文号", r"[^\n|]{4,40}")
_INDEX_FIELD = _labelled("索引号 信息索引号 索引码", r"[0-9A-Za-z][\w/.\-〔〕()（）—]{3,50}")
_ISSUER_FIELD = _labelled(
    "发文机关 发布机构 制发机关 发文单位 发布单位 制定机关 发布机关 信息来源机构 公开主体",
    r"[^\n|:：]{2,60}",
)
_ISSUED_FIELD = _labelled("成文日期 发文日期 印发日期 成文时间 制发日期 签发日期", r"[^\n|]{6,20}")

# What the name of a public body ends in.
_BODY = re.compile(
    r"(?:部|委|局|厅|署|院|办|办公厅|办公室|政府|委员会|协会|学会|总会|中心|银行|法院|检察院|集团|公司|总局|总署|科协|国资委|"
    r"联合会|工商联|大学|研究所|总工会|团中央|妇联|军委)$"
)
_BODY_LATIN = re.compile(
    r"\b(?:Ministry|Ministerio|Commission|Comisión|Administration|Administración|Academy|"
    r"Academia|Association|Asociación|Bureau|Office|Oficina|Department|Departamento|Council|"
    r"Consejo|Committee|Comité|Government|Gobierno|Bank|Banco|Agency|Agencia|SASAC|NDRC)\b"
)
_NAMES_APART = re.compile(r"[\s\u3000、，,;；]+")
_NAMES_APART_LATIN = re.compile(r"\s*[,;]\s*")
HEAD_LINES = 15  # of the main text, in which a document number stands on its own
SIGNATURE_LINES = 15  # bodies that sign together: the largest circulars have about as many


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed a text, and when."""

    issuers: tuple[str, ...]
    day: str  # ISO


def document_number(fields: str, main: str, title: str) -> str | None:
    """The number of the document, from a field, the head of its text, or its title."""
    match = _NUMBER_FIELD.search(fields)
    found = NUMBER.search(match["value"]) if match else None
    if found:
        return _tidy(found[0])
    for line in _head(main):
        found = NUMBER.fullmatch(line.strip(" \u3000()（）"))
        if found:
            return _tidy(found[0])
    found = re.search(r"[（(]\s*(" + NUMBER.pattern + r")\s*[）)]\s*$", title)
    return _tidy(found[1]) if found else None


def _head(main: str) -> Iterator[str]:
    return iter(main[:4000].split("\n")[:HEAD_LINES])


def _tidy(number: str) -> str:
    """The number in the form of the standard GB/T 9704-2012: year in 〔〕, no spaces."""
    bare = re.sub(r"\s+", "", number)
    return re.sub(_LEFT + r"((?:19|20)\d{2})" + _RIGHT, r"〔\1〕", bare)


def index_number(fields: str) -> str | None:
    """The index number (索引号) that a field of the page gives."""
    match = _INDEX_FIELD.search(fields)
    return match["value"] if match else None


def issuer_field(fields: str) -> tuple[str, ...]:
    """The bodies that a field of the page names as issuers."""
    match = _ISSUER_FIELD.search(fields)
    if not match:
        return ()
    parts = [part.strip() for part in re.split(r"[\s\u3000、，,;；]+", match["value"])]
    return tuple(part for part in parts if _BODY.search(part))


def issued_field(fields: str) -> str | None:
    """The day of issue that a field of the page gives, ISO."""
    match = _ISSUED_FIELD.search(fields)
    return whole_day(match["value"]) if match else None


def signature(main: str) -> Signature | None:
    """The bodies and the day that sign a text: names, then a date alone on its line."""
    lines = main.split("\n")
    for place in _signing_order(lines):
        day = whole_day(lines[place])
        if day:
            issuers = _issuers_above(lines, place)
            if issuers:
                return Signature(issuers=issuers, day=day)
    return None


def _signing_order(lines: Sequence[str]) -> Iterator[int]:
    """Lines short enough for a date, the first letter's before its annex's."""
    return (place for place, line in enumerate(lines) if 6 <= len(line.strip()) <= 30)


def _issuers_above(lines: Sequence[str], place: int) -> tuple[str, ...]:
    found: list[tuple[str, ...]] = []
    for line in reversed(lines[max(0, place - 2 * SIGNATURE_LINES) : place]):
        if not line.strip():
            continue
        bodies = bodies_in(line)
        if not bodies or len(found) == SIGNATURE_LINES:
            break
        found.append(bodies)
    return tuple(dict.fromkeys(body for bodies in reversed(found) for body in bodies))


def bodies_in(line: str) -> tuple[str, ...]:
    """The public bodies that `line` lists; empty when it holds anything else.

    >>> bodies_in("科技部　教育部"), bodies_in("各有关单位：")
    (('科技部', '教育部'), ())
    """
    text = line.strip(" \t\u3000\xa0,，、.")
    if len(text) > 200:
        return ()
    latin = text[:1].isascii()
    parts = [part for part in (_NAMES_APART_LATIN if latin else _NAMES_APART).split(text) if part]
    rule = _BODY_LATIN if latin else _BODY
    return tuple(parts) if parts and all(len(p) <= 80 and rule.search(p) for p in parts) else ()
