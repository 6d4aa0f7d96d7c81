"""What the tag, id and class of an element say about its part in a page."""

import re
from functools import lru_cache

from lxml.html import HtmlElement

# Parts that an element can have in a page, as bits of a plain int: enum.IntFlag takes a
# microsecond for each "|", which is a tenth of the whole extraction.
COMMENTS = 1 << 0
RELATED = 1 << 1
SHARING = 1 << 2
CONTROLS = 1 << 3
SIDE = 1 << 4
AUTHOR = 1 << 5
PICTURE = 1 << 6
PROMOTION = 1 << 7
KEYWORDS = 1 << 8
DETAILS = 1 << 9
TITLE = 1 << 10
BODY = 1 << 11  # named as the place of the main text
FIGURE = 1 << 12
ASIDE_TAG = 1 << 13
FOOTER = 1 << 14
HEADER = 1 << 15
NAVIGATION = 1 << 16
FORM = 1 << 17
QUOTATION = 1 << 18
LIST = 1 << 19
TABLE = 1 << 20
ARTICLE = 1 << 21
MAIN = 1 << 22
MARKED_BODY = 1 << 23  # schema.org articleBody

_W = r"(?:^|[^a-z])"
_E = r"(?:$|[^a-z])"
_NAMES: dict[int, str] = {
    COMMENTS: r"comment(?!ary)|disqus|respond|replies|pinglun|kommentar",
    RELATED: (
        r"related|recommend|more-|also|most-|popular|trending|teaser|latest|read-next|next-"
        r"|outbrain|taboola|suggest|promo|tuijian|xgyd|similar|recirc|headlines"
        rf"|{_W}(?:hot|rank(?:ing)?){_E}"
    ),
    SHARING: r"share|sharing|social|follow|facebook|twitter|addthis|sociable",
    CONTROLS: (
        rf"nav{_E}|{_W}nav|menu|footer|{_W}foot{_E}|crumb|toolbar|tools|login|search|pagination"
        r"|pager|banner|cookie|consent|modal|popup|overlay|skip"
    ),
    SIDE: rf"side-?bar|aside|widget|rail|column-?(?:2|right)|{_W}right{_E}|secondary|complementary",
    AUTHOR: rf"author|byline|bio{_E}|contributor|profile|credit",
    PICTURE: r"caption|figure|photo|image|gallery|media|video|slide",
    PROMOTION: (
        rf"newsletter|subscri|sign-?up|paywall|premium|donat|membership|{_W}ads?{_E}|advert"
        r"|sponsor|commercial|optin|mailing"
    ),
    KEYWORDS: rf"{_W}tags?{_E}|keyword|topics?{_E}|categor|label",
    DETAILS: (
        rf"{_W}meta|date|time(?:$|stamp)|info{_E}|{_W}by{_E}|kicker|rating|copyright|disclaimer"
    ),
    TITLE: r"title|headline",
    BODY: (
        r"article-?_?-?(?:body|text|content|main|copy|detail)"
        r"|(?:entry|post|story|news|page|main|body|rich|node|field)-?_?(?:content|body|text|copy|full)"
        rf"|{_W}(?:article|story|post|entry|text|hentry|prose|richtext|content){_E}"
        r"|fulltext|bodytext|blog-?post"
    ),
}
_PATTERNS = tuple((role, re.compile(names)) for role, names in _NAMES.items())

_TAGS = {
    "figure": FIGURE,
    "figcaption": FIGURE,
    "aside": ASIDE_TAG,
    "footer": FOOTER,
    "header": HEADER,
    "nav": NAVIGATION,
    "form": FORM,
    "blockquote": QUOTATION,
    "ul": LIST,
    "ol": LIST,
    "table": TABLE,
    "article": ARTICLE,
    "main": MAIN,
}

# What stands aside from the main text unless it holds most of it.
ASIDE = COMMENTS | RELATED | SHARING | CONTROLS | SIDE | PROMOTION | ASIDE_TAG | FOOTER | NAVIGATION


def roles(element: HtmlElement) -> int:
    """The parts that `element` says it has in the page."""
    tag = element.tag
    if tag in {"html", "body"}:
        return 0
    found = _TAGS.get(tag, 0)
    names = f"{element.get('id', '')} {element.get('class', '')}"
    if len(names) > 1:
        found |= _named(names[:400].lower())
    if "articleBody" in element.get("itemprop", ""):
        found |= MARKED_BODY
    return found


@lru_cache(maxsize=8192)  # a site uses the same few hundred names on all its pages
def _named(names: str) -> int:
    found = 0
    for role, pattern in _PATTERNS:
        if pattern.search(names):
            found |= role
    return found
