"""Circulars: short texts by which a plan is issued, and the title of the plan that they name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.works import encoder
from pipelines.works.numbers import numbers
from pipelines.works.outline import Unit

_HEAD = 1000  # characters in which a circular says what it is
_LONGEST = 4000  # characters of a circular that does not hold the plan itself
_MOST_NUMBERED = 6  # units of a circular; a plan has more
_TITLE = r"[“\"«„「『《〈](?P<title>[^”\"»“」』》〉\n]{4,200})[”\"»“」』》〉]"
_ISSUING = (
    re.compile(
        r"(?:印发|印發|发布|發布|公布|颁布|頒布|下发|转发)[^《》\n]{0,20}《(?P<title>[^》\n]{4,120})》"
    ),
    re.compile(
        r"(?:circular|notice|announcement)\b[^\n]{0,160}?\b(?:issu|print|publi|promulgat|releas)\w*"
        rf"[^\n“\"]{{0,60}}{_TITLE}",
        re.IGNORECASE,
    ),
    re.compile(  # Spanish, Portuguese, French, Italian
        r"(?:circular|aviso|notificaci[oó]n|circulaire|avis|notification|circolare|notifica)\b"
        r"[^\n]{0,200}?\b(?:emis|impres|publica|expedici|promulga|distribu|diffus|difus|impress)\w*"
        rf"[^\n“\"«]{{0,80}}{_TITLE}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:уведомлени|циркуляр|извещени)\w*[^\n]{0,200}?\b(?:издани|опубликован|распростран|рассылк|"
        rf"утвержден|обнародован)\w*[^\n«“\"]{{0,80}}{_TITLE}",
        re.IGNORECASE,
    ),
    re.compile(  # Japanese, Korean: the title comes first
        rf"{_TITLE}[^\n「『《“\"]{{0,20}}(?:印刷|配布|公布|発布|発行|公表|인쇄|배포|발표|공포|발행|시달)"
        r"[^\n]{0,30}(?:通知|通達|告示|통지|공고|고시|통보)"
    ),
    re.compile(
        rf"(?:إشعار|تعميم|إعلان)[^\n]{{0,200}}?(?:إصدار|نشر|طباعة|توزيع)[^\n«“\"]{{0,60}}{_TITLE}"
    ),
)
_CIRCULAR = re.compile(
    r"通知|通告|公告|通達|告示|통지|공고|고시|통보|إشعار|تعميم|إعلان|уведомлени|циркуляр|извещени|"
    r"\b(?:circular|notice|announcement|aviso|notificaci[oó]n|circulaire|avis|notification|circolare|"
    r"notifica)\b",
    re.IGNORECASE,
)
# Cosines of titles. Of titles of eight plans in Chinese, English and Spanish those
# of one plan had .69 to .94, those of two on like matters at most .61.
_ALIKE, _LIKELY = 0.68, 0.62


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a text calls itself, or the plan that it is the circular of."""

    title: str  # of the plan in the text; "" where it has none
    announces: str  # title of the plan that it announces; "" for all but circulars


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Named:
    """How far two titles in two languages are one."""

    score: float  # -1..1, cosine of the titles
    title: str  # the second of them
    certain: bool
    likely: bool  # enough to ask a person


def announced(title: str, text: str, units: Sequence[Unit]) -> str:
    """The title of the plan that the text is the circular of; "" for any other text.

    >>> announced("关于印发《海岛供水规划》的通知", "各单位：现印发给你们，请认真贯彻执行。", ())
    '海岛供水规划'
    """
    numbered = sum(bool(unit.label) for unit in units)
    if len(text) > _LONGEST or numbered > _MOST_NUMBERED:
        return ""
    head = f"{title}\n{text[:_HEAD]}"
    if not _CIRCULAR.search(head):
        return ""
    found = (pattern.search(head) for pattern in _ISSUING)
    return next((match["title"].strip() for match in found if match), "")


def own_title(text: str, units: Sequence[Unit]) -> str:
    """The title that stands over the numbered units, "" where none does."""
    return next((text[slice(*unit.span)] for unit in units if unit.path == "title"), "")


def named_across(named: str, title: str, *, encode: bool) -> Named:
    """How far the title that a circular names is one with the title of a plan in another language.

    Other numbers make them two; without vectors nothing is known.
    """
    if not encode:
        return Named(score=0.0, title=title, certain=False, likely=False)
    first, second = encoder.vectors((named, title), encoder.load())
    score = float(first @ second)
    known, theirs = numbers(named), numbers(title)
    apart = bool(known and theirs and known != theirs)
    return Named(
        score=score,
        title=title,
        certain=score >= _ALIKE and known == theirs,
        likely=score >= _LIKELY and not apart,
    )
