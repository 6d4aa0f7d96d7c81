"""Names of persons and bodies, told from the words of an interface."""

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from typing import cast

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.metadata.claims import one_line
from pipelines.metadata.titles import squeezed

_INTERFACE = frozenset(
    line
    for line in (files(__package__) / "interface_words.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
)

_LEAD = re.compile(
    r"^\s*(?:"
    r"(?:(?:written|posted|published|reported|edited|author|autor(?:in)?|auteur|autore|veröffentlicht|"
    r"verfasst|eingestellt|geschrieben|publié|publicado|escrito|text|texte)\s*[:：]?\s*)*"
    r"(?:\b(?:by|von|vom|par|por|di|door)\b|[:：])\s*"
    r"|(?:(?:posted|published|veröffentlicht|publiziert)\s(?:on|am)\b.*?)?\b(?:by|von)\s+"
    r"|(?:author|autor|auteur)\s+"
    r"|(?:作者|撰文|撰稿|编写|文)\s*[:：／/|丨]\s*|作者\s+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://|www\.|@|\.(?:com|cn|net|org|html?|de)\b|[{}<>=\\]", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[;；、|]\s*|\s+(?:and|und|et|y)\s+")
_AFTER = re.compile(r"\s+[·•|–—-]\s.*$|,?\s*\b\d{1,2}[./ ].*$|\s*»\s.*$")
LONGEST_NAME = 60  # characters; "Chinese Academy of Social Sciences Institute of ..." fits
MOST_NAMES = 12

_BYLINES = XPath(
    "//*[@rel='author' or contains(@itemprop,'author') or contains(@class,'uthor') or "
    "contains(@class,'yline')]"
)
_STRICT = re.compile(
    r"(?:^|\s)(?:author|by-?author|author-?name|entry-author|post-author|byline)(?:\s|$)"
)
_NOT_OWN = re.compile(
    r"comment|prep\b|clipboard|copyright|avatar|image|pic\b|photo|bio|about|descri|teaser|related|card\b|tweet|list|widget|follow|social|box",
    re.IGNORECASE,
)
MOST_BYLINES = 40  # elements looked at


def names(text: str, sites: frozenset[str] = frozenset()) -> str | None:
    """The names in `text`, joined by "; "; None when there is none.

    `sites` are the squeezed names of the site, which is no author.

    >>> names("By Anna Ruiz and Ben Li"), names("打印"), names("作者：张三")
    ('Anna Ruiz; Ben Li', None, '张三')
    """
    found: list[str] = []
    for part in _BETWEEN.split(_LEAD.sub("", text)):
        name = part.strip(" \t\u3000\xa0,，。:：()（）[]【】\"'“”*-–—·•/")
        if is_name(name) and squeezed(name) not in sites and name not in found:
            found.append(name)
    return "; ".join(found[:MOST_NAMES]) or None


def is_name(text: str) -> bool:
    """Whether `text` can be the name of a person or a body."""
    if not 2 <= len(text) <= LONGEST_NAME or text.casefold() in _INTERFACE:
        return False
    if _ADDRESS.search(text):
        return False
    # A name has more letters than digits: ids, dates and counters do not.
    letters = sum(character.isalpha() for character in text)
    return letters > sum(character.isdigit() for character in text)


def bylines(tree: HtmlElement) -> Iterator[str]:
    """What the elements say whose class calls them the author's, the plainest class first."""
    found = cast("list[HtmlElement]", _BYLINES(tree))
    own = [element for element in islice(found, MOST_BYLINES) if not _of_other(element)]
    own.sort(key=lambda element: not _is_strict(element))  # stable: else the page's order
    for element in own:
        text = one_line(" ".join(element.itertext()))
        text = _AFTER.sub("", _LEAD.sub("", text))
        if text and len(text) <= 2 * LONGEST_NAME:
            yield text


def _is_strict(element: HtmlElement) -> bool:
    return (
        element.get("rel") == "author"
        or "author" in (element.get("itemprop") or "")
        or _STRICT.search(element.get("class") or "") is not None
    )


def _of_other(element: HtmlElement) -> bool:
    """Whether the element belongs to a comment, a teaser, or a box about the author."""
    near = [element, *islice(element.iterancestors(), 4)]
    return element.tag == "body" or any(
        _NOT_OWN.search(f"{other.get('class') or ''} {other.get('id') or ''}")
        for other in near
        if other.tag != "body"
    )
