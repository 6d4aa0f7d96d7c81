"""Circulars: short texts by which a plan is issued, and the title of the plan that they name."""

import re
from collections.abc import Sequence

from pipelines.works.outline import Unit

_HEAD = 1000  # characters in which a circular says what it is
_LONGEST = 4000  # characters of a circular that does not hold the plan itself
_MOST_NUMBERED = 6  # units of a circular; a plan has more
_ISSUING = (
    re.compile(
        r"(?:印发|印發|发布|發布|公布|颁布|頒布|下发|转发)[^《》\n]{0,20}《(?P<title>[^》\n]{4,120})》"
    ),
    re.compile(
        r"(?:circular|notice|announcement)\b[^\n]{0,160}?\b(?:issu|print|publi|promulgat|releas)\w*"
        r"[^\n“\"]{0,60}[“\"](?P<title>[^”\"\n]{4,200})[”\"]",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:circular|aviso|notificaci[oó]n)\b[^\n]{0,160}?\b(?:emisi|publicaci|expedici|promulgaci)\w*"
        r"[^\n“\"«]{0,60}[“\"«](?P<title>[^”\"»\n]{4,200})[”\"»]",
        re.IGNORECASE,
    ),
)
_CIRCULAR = re.compile(
    r"通知|通告|公告|\b(?:circular|notice|announcement|aviso|notificaci[oó]n)\b", re.IGNORECASE
)


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
