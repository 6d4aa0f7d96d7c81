"""Whether an answer is the page that was asked for, or something that came in its place.

Firewalls, tests for a browser, captchas, logins, soft 404s, error messages, maintenance notices and
placeholders are often served with status 200. Each has signs, which are rows of `soundness.toml`. A
sign counts only on a page that has little else to say: it must be the title, or begin a short block
of its own, and the free text of the whole page (outside of links, menus and programs) must be short.
So a page about captchas is no captcha. Where in doubt a page is sound: a false version can be seen
and taken apart later, a refused page is missed by nobody.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from lxml import etree
from lxml.html import HtmlElement

from pipelines.errors import Refused
from pipelines.free_text import MOST_READ, FreeText, free_text, is_running, of_lines, weight
from pipelines.page import Page

VERSION = "1"

Where = Literal["title", "text", "start", "markup"]

# A message stands in a block of its own; running text is longer. In letters, a Han character two.
_LONGEST_MESSAGE = 240
_FIRST_BLOCKS = 8  # a message comes first; what stands below a text belongs to the site around it
_HEAD_READ = 64 << 10  # characters, in which an article says what it is
_SOURCE_READ = 16 << 10  # characters: what comes in place of a page shows itself early
_EMPTY = 16  # letters: "Loading..." and the like
_EMPTY_IN_ALL = 120  # letters, links and hidden text included
_FEW_LINKS = 2
_ONLY_LEADS_ON = 160  # letters: "You will be taken to the new page. If not, click here."

_TITLE_PARTS = re.compile(
    r"\s+[-–—|·:»]\s+|[_|｜»]|[-–—]{2,}|(?<=[\u4e00-\u9fff0-9])[-–—]|[-–—](?=[\u4e00-\u9fff])"
)
# What only an article has: a day of publication, an author, a source, as content systems write them.
_ARTICLE = re.compile(
    r"<meta[^>]{1,200}[\"'](?:ArticleTitle|PubDate|ContentSource|article:published_time|datePublished)"
    r"[\"']|\"@type\"\s{0,9}:\s{0,9}\[?\s{0,9}\"(?:News|Blog)?(?:Article|Posting)\"",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:来源|來源|作者|责任编辑|责编|发布时间|发布日期|发文日期|成文日期|發佈日期)\s*[:：]|\d{4}年\d{1,2}月\d{1,2}日\s*$"
)
_LEADS_ON = re.compile(
    r"(?:window|document|self|top)\.location(?:\.href)?\s{0,9}=[^=]"
    r"|location\.(?:replace|assign|href\s{0,9}=[^=])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One sign that an answer is not the page: a row of `soundness.toml`."""

    kind: str
    where: Where
    pattern: re.Pattern[str]
    by: str  # whose product shows it, "" when it is nobody's
    most: int  # letters of free text beside which it still counts alone

    def found(self, page: Page, free: FreeText) -> str:
        """What of the page shows the sign, as people can recognise it; "" where it is absent."""
        if free.weight > 2 * self.most:
            return ""
        if self.where == "markup":
            return "markup" if self.pattern.search(page.html, 0, _SOURCE_READ) else ""
        if self.where == "title":
            parts = _title_parts(free.title)
            return next((part for part in parts if self.pattern.fullmatch(part)), "")
        return self.shown_by(free.blocks)

    def shown_by(self, blocks: Sequence[str]) -> str:
        """The block that shows the sign, "" where none does."""
        first = blocks[: 2 if self.where == "start" else _FIRST_BLOCKS]
        for block in first:
            short = self.where == "start" or weight(block) <= _LONGEST_MESSAGE
            if short and self.pattern.match(block):
                return block
        return ""


def _table() -> tuple[dict[str, str], tuple[Sign, ...]]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    signs = tuple(
        Sign(
            kind=row["kind"],
            where=row["where"],
            pattern=re.compile(row["pattern"], re.IGNORECASE),
            by=row.get("by", ""),
            most=row.get("most", MOST_READ),
        )
        for row in table["sign"]
    )
    return {kind: row["reason"] for kind, row in table["kind"].items()}, signs


REASONS, SIGNS = _table()
_SPOKEN = tuple(sign for sign in SIGNS if sign.where in ("text", "start"))
_AT_ANY_LENGTH = tuple(sign for sign in SIGNS if sign.where == "start")

_BY_STATUS = {
    401: "the page is behind a login",
    402: "the page is behind a payment",
    403: "the site, or a firewall before it, does not let the page be read",
    404: "there is no such page",
    405: "firewalls answer so when they block a visitor",
    407: "a proxy asks for a login",
    410: "the page was taken away for good",
    412: "firewalls answer so to test for a browser",
    429: "the site has had too many requests",
    451: "the page was taken away for legal reasons",
    503: "the site is overloaded or closed for maintenance, or a firewall tests for a browser",
    521: "the server behind a firewall is down, or the firewall tests for a browser",
}


def of_status(status: int) -> str:
    """What the status of an answer without a page means, as a part of a sentence; "" when unknown.

    >>> of_status(410)
    'the page was taken away for good'
    """
    return _BY_STATUS.get(status, "")


def check(page: Page) -> None:
    """Nothing, if the page is what was asked for as far as can be told.

    Raises:
        Refused: something came in its place; the reason says what.
    """
    if is_running(page.tree):
        return
    free = free_text(page.tree)
    signs = _AT_ANY_LENGTH if free.cut else SIGNS
    found = [(sign, shown) for sign in signs if (shown := sign.found(page, free))]
    if found and not _is_article(page, free):
        _refuse(found, free)
    if free.weight <= _ONLY_LEADS_ON:
        _refuse_empty(page, free)


def check_text(text: str) -> None:
    """The same for a body that is plain text.

    Raises:
        Refused: a message came in its place.
    """
    free = of_lines(text)
    signs = _AT_ANY_LENGTH if free.cut else _SPOKEN
    _refuse([(sign, shown) for sign in signs if (shown := sign.shown_by(free.blocks))], free)


def _is_article(page: Page, free: FreeText) -> bool:
    """Whether the page says when or by whom it was published, as no message does."""
    return any(map(_BYLINE.search, free.blocks[:_FIRST_BLOCKS])) or bool(
        _ARTICLE.search(page.html, 0, _HEAD_READ)
    )


def _refuse(found: list[tuple[Sign, str]], free: FreeText) -> None:
    """Raises Refused for the first kind of which there are signs enough."""
    for kind, reason in REASONS.items():
        mine = [(sign, shown) for sign, shown in found if sign.kind == kind]
        if not mine:
            continue
        places = {sign.where for sign, _ in mine}
        most = max(sign.most for sign, _ in mine) * (2 if len(places) > 1 else 1)
        alone = len(places) == 1 and free.longest > _LONGEST_MESSAGE
        if "start" in places or (free.weight <= most and not alone):
            raise Refused("soundness", _sentence(reason, mine))


def _sentence(reason: str, found: list[tuple[Sign, str]]) -> str:
    """The reason, with what the page shows of it and whose product that is."""
    by = next((f" ({sign.by})" for sign, _ in found if sign.by), "")
    words = next((shown for sign, shown in found if sign.where != "markup"), "")
    quoted = f": “{words[:80]}{'…' if len(words) > 80 else ''}”" if words else ""
    return f"{reason}{by}{quoted}."


def _refuse_empty(page: Page, free: FreeText) -> None:
    """Raises Refused for a page that holds no text but leads to where it is."""
    if free.links > _FEW_LINKS:
        return
    if page.tree.find(".//frameset") is not None or _only(page.tree, "iframe", free):
        raise Refused("soundness", "The page is only a frame around other pages.")
    if _leads_on(page) and weight(_all_text(page.tree)) <= _ONLY_LEADS_ON:
        raise Refused("soundness", "The page only leads on to another address.")
    if free.weight < _EMPTY and page.tree.find(".//script") is not None and _is_bare(page.tree):
        raise Refused(
            "soundness",
            "The page is an empty shell: a program (JavaScript) fills it in, which takes a browser.",
        )


def _leads_on(page: Page) -> bool:
    """Whether the page sends its reader to another address, by itself or with a program."""
    for meta in page.tree.iter("meta"):
        if (meta.get("http-equiv") or "").lower() == "refresh":
            return "url" in (meta.get("content") or "").lower()
    return bool(_LEADS_ON.search(page.html, 0, _SOURCE_READ))


def _only(tree: HtmlElement, tag: str, free: FreeText) -> bool:
    return free.weight < _EMPTY and tree.find(f".//{tag}") is not None and _is_bare(tree)


def _is_bare(tree: HtmlElement) -> bool:
    """Whether nothing is there to read or to look at, hidden parts included."""
    shown = any(tree.find(f".//{tag}") is not None for tag in ("embed", "object", "video", "audio"))
    return not shown and weight(_all_text(tree)) <= _EMPTY_IN_ALL


def _all_text(tree: HtmlElement) -> str:
    body = tree.find("body")
    parts = cast("list[str]", _EVERY_TEXT(tree if body is None else body))
    return " ".join(parts)


_EVERY_TEXT = etree.XPath(
    ".//text()[not(parent::script or parent::style or parent::noscript or parent::title)]",
    smart_strings=False,
)


def _title_parts(title: str) -> list[str]:
    """The title and the parts of it: pages put the name of the site beside their own."""
    parts = [part.strip() for part in _TITLE_PARTS.split(title)]
    return [part for part in (title, *parts) if part]
