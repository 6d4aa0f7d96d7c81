"""What stands in the text near the title: source, author, dates, document and index number."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.metadata.dates import Moment, first_moment, whole_day
from pipelines.metadata.titles import squeezed

_TEXT = XPath("//body//text()[normalize-space()]", smart_strings=False)
MOST_LINES = 20_000  # text nodes of a page that are read
BEFORE, AFTER = 25, 45  # text nodes around the title in which credits stand
MOST_PLACES = 20  # at which a title is looked at
OPENING_LENGTH = 12  # characters of the main text that tell where it begins
LONGEST_CREDIT = 80  # characters of a text node that can hold one


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """The text around the title."""

    before: str
    after: str


def lines_of(tree: HtmlElement) -> tuple[str, ...]:
    """The text nodes of the page in its order, each as one line, without programs."""
    programs = {element.text for element in tree.iter("script", "style", "noscript", "textarea")}
    nodes = cast("list[str]", _TEXT(tree))
    return tuple(" ".join(node.split()) for node in nodes[:MOST_LINES] if node not in programs)


def near(lines: Sequence[str], title: str | None, main: str) -> Near:
    """The lines around the title where it stands in the page; its beginning when it does not.

    `main` is the main text, "" when there is none: the title is the one that it follows.
    """
    place = _place(lines, title, main)
    if place is None:
        return Near(before="", after="\n".join(lines[: BEFORE + AFTER]))
    return Near(
        before="\n".join(lines[max(0, place - BEFORE) : place]),
        after="\n".join(lines[place + 1 : place + AFTER]),
    )


def _place(lines: Sequence[str], title: str | None, main: str) -> int | None:
    """Where the title stands as such: breadcrumbs and lists of links repeat it elsewhere."""
    key = squeezed(title or "")
    if len(key) < 2:
        return None
    longest, begins = 2 * len(title or ""), key[0]
    places = [
        place
        for place, line in enumerate(lines)
        if len(line) <= longest and begins in line[:3].casefold() and squeezed(line) == key
    ]
    if len(places) < 2:
        return places[0] if places else None
    opening = _opening(main, key)
    return max(
        places[:MOST_PLACES],
        key=lambda place: (
            any(line.startswith(opening) for line in lines[place + 1 : place + AFTER]),
            _credits_after(lines, place),
            -place,
        ),
    )


def _opening(main: str, title_key: str) -> str:
    """How the main text begins after its title; a sign that no line begins with, without one."""
    for line in main[: 10 * OPENING_LENGTH].split("\n"):
        bare = " ".join(line.split())
        if len(bare) >= OPENING_LENGTH and squeezed(bare) != title_key:
            return bare[:OPENING_LENGTH]
    return "\0"


def _credits_after(lines: Sequence[str], place: int) -> int:
    """2 when labels of credits follow soon, 1 when a date does, else 0."""
    soon = [line for line in lines[place + 1 : place + 9] if len(line) <= LONGEST_CREDIT]
    if any(_LABEL.search(line) for line in soon):
        return 2
    return int(any(first_moment(line, chinese=False) for line in soon if _is_mostly_date(line)))


def _is_mostly_date(line: str) -> bool:
    """Whether a line is short, or digits make up a third of it."""
    return len(line) <= 30 or 3 * sum(map(str.isdigit, line)) >= len(line)


_GAP = r"[\s\u3000]*[:：][\s\u3000]*"
_VALUE = r"(?P<value>[^\s\u3000|｜【】\[\]：:]{2,40})"
_SOURCE = re.compile(
    r"(?:文章来源|信息来源|稿件来源|新闻来源|文章來源|来源|來源|稿源|出处)" + _GAP + _VALUE
)
_SOURCE_LATIN = re.compile(
    r"^(?:Source|Fuente|Quelle)" + _GAP + r"(?P<value>[^|\n]{2,60})", re.MULTILINE
)
_AUTHOR = re.compile(
    r"(?:作\s*者|撰\s*文|撰\s*稿|文字)" + _GAP + r"(?P<value>[^\s：:|｜\[\]]{2,30})"
)
_LABEL = re.compile(
    r"来源|來源|作者|时间|時間|日期|编辑|編輯|责编|点击|點擊|浏览|瀏覽|阅读|閱讀|字号|字體|字体|打印|分享|发布"
)
_PUBLISHED = re.compile(
    r"(?:发布时间|发布日期|發布時間|發佈時間|发文时间|发表时间|发表日期|发表于|发布于|"
    r"\b(?:Published|Posted|Publicado|Veröffentlicht|Erschienen|Publié|Pubblicato)"
    r"(?:\s(?:on|el|am|le|il))?\b)"
    r"[\s\u3000]*[:：]?[\s\u3000]*(?P<value>[^\n|｜]{6,40})",
    re.IGNORECASE,
)
_DATED = re.compile(  # may be a change, or anything else; only near the title
    r"(?:更新时间|更新日期|上传时间|时间|日期|時間)"
    r"[\s\u3000]*[:：]?[\s\u3000]*(?P<value>[^\n|｜]{6,40})"
)


def source(around: Near) -> str | None:
    """The source that the page claims: "来源：科技部"."""
    for text in (around.after, around.before):
        for pattern in (_SOURCE, _SOURCE_LATIN):
            for match in pattern.finditer(text):
                value = _value(match)
                if value:
                    return value
    return None


def author(around: Near) -> str | None:
    """The author as a Chinese byline names it; not yet told from interface words."""
    for text in (around.after, around.before):
        match = _AUTHOR.search(text)
        if match:
            return _value(match)
    return None


def _value(match: re.Match[str]) -> str | None:
    """The value of a label, cut where the next label begins."""
    value = match["value"]
    label = _LABEL.search(value)
    value = value[: label.start()] if label else value
    return value.strip(" ,，;；()（）.。-") or None


def published(around: Near, *, chinese: bool) -> Moment | None:
    """The date that a label near the title gives, or the first that stands alone after it."""
    backwards = "\n".join(reversed(around.before.split("\n")))
    for text in (around.after, backwards):
        moment = (
            _labelled(text, _PUBLISHED, chinese)
            or _labelled(text, _DATED, chinese)
            or next(
                (found for line in _short(text) if (found := first_moment(line, chinese=chinese))),
                None,
            )
        )
        if moment:
            return moment
    return None


def published_anywhere(lines: Sequence[str], *, chinese: bool) -> Moment | None:
    """The first date in the page whose label says that something was published."""
    short = "\n".join(line for line in lines if len(line) <= LONGEST_CREDIT)
    return _labelled(short, _PUBLISHED, chinese)


def first_date_line(lines: Sequence[str]) -> str | None:
    """The first line of the page that is a date and nothing else, as an ISO day."""
    short = (line for line in lines if 6 <= len(line) <= 30 and line.count("20"))
    return next((day for line in short if (day := whole_day(line))), None)


def _labelled(text: str, pattern: re.Pattern[str], chinese: bool) -> Moment | None:
    moments = (first_moment(found["value"], chinese=chinese) for found in pattern.finditer(text))
    return next((moment for moment in moments if moment), None)


def _short(text: str) -> Iterator[str]:
    return (
        line
        for line in text.split("\n")[:15]
        if len(line) <= LONGEST_CREDIT and (_is_mostly_date(line) or _LABEL.search(line))
    )
