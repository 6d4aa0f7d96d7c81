"""One parse of a page, which text, metadata and links share."""

import re
from dataclasses import dataclass
from typing import cast

from lxml import etree, html
from lxml.html import HtmlElement

from pipelines.decode import Decoded
from pipelines.errors import Refused

VERSION = "1"

# libxml2 compares each attribute with those before it: 50,000 on one element take 14 s, 2,000
# take 20 ms. No page that people read comes near.
_MOST_ATTRIBUTES = 2000
_LONG_TAG_BYTES = 4 * _MOST_ATTRIBUTES  # "a=1 " is as short as they get
_PROGRAM = re.compile(rb"<script\b.*?</script", re.DOTALL | re.IGNORECASE)
_TAG_NAME = re.compile(rb"[a-zA-Z][^\s>]*")
_ATTRIBUTE = re.compile(rb"\s+[^\s\"'>/=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")

# Each costs the stages about 10 microseconds; the largest benchmark page has 10,000.
_MOST_ELEMENTS = 500_000

# C0 controls and DEL: HTML forbids them, and neither XML tools nor terminals take them well.
_CONTROLS = bytes({*range(32), 127} - {9, 10, 12, 13})

# What may stand before the first element; a document type may bring entities along.
_PROLOG = re.compile(
    r"\s+|<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE
)
_DATA_ROOT = re.compile(r"<(rss|feed|urlset|sitemapindex|svg|rdf:RDF)[\s>]")
_DATA = {
    "rss": "a news feed",
    "feed": "a news feed",
    "rdf:RDF": "a news feed",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
    "svg": "a drawing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A parsed HTML page. Stages read the tree; one that must change it works on a copy."""

    url: str | None
    html: str
    tree: HtmlElement  # without comments and processing instructions


def parse(decoded: Decoded, url: str | None) -> Page:
    """The page that `decoded` holds.

    Raises:
        Refused: there is no element in it, it is data rather than a page, or it is built to
            exhaust a parser.
    """
    text = decoded.text
    if not text or text.isspace():
        raise Refused("page", "The answer has no content.")
    _refuse_data(text)
    # From bytes, because lxml refuses a str with an XML encoding declaration. The encoding given
    # to the parser overrides every name inside the page.
    body = text.encode("utf-8", "replace").translate(None, _CONTROLS)
    _refuse_attribute_floods(body)
    parser = html.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,  # without it libxml2 drops texts over 10 MB and nesting over 256
        collect_ids=False,
    )
    try:
        tree = html.document_fromstring(body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise Refused("page", f"There is no element in the page ({error}).") from error
    elements = int(cast(float, tree.xpath("count(//*)")))
    if elements > _MOST_ELEMENTS:
        raise Refused(
            "page", f"The page has {elements:,} elements; {_MOST_ELEMENTS:,} is the most."
        )
    # A text that lost its middle must not pass for the whole.
    if any(
        entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT
        for entry in parser.error_log.filter_from_fatals()
    ):
        raise Refused("page", "The page nests more than 2,000 elements in each other.")
    return Page(url=url, html=text, tree=tree)


def _refuse_data(text: str) -> None:
    at = 0
    while found := _PROLOG.match(text, at):
        at = found.end()
    if root := _DATA_ROOT.match(text, at):
        raise Refused("page", f"The answer is {_DATA[root[1]]} (<{root[1]}>), not a page.")


def _refuse_attribute_floods(body: bytes) -> None:
    if not _flooded(body):
        return
    # A program may hold "<" before a long expression: only what is left without programs counts.
    if attributes := _flooded(_PROGRAM.sub(b"", body)):
        raise Refused("page", f"One element of the page has {attributes} attributes.")


def _flooded(body: bytes) -> int:
    """The attributes of the first element that has too many, 0 when none has."""
    for tag in body.split(b"<"):
        name = _TAG_NAME.match(tag) if len(tag) > _LONG_TAG_BYTES else None
        if name:
            attributes, at = 0, name.end()
            while found := _ATTRIBUTE.match(tag, at):
                attributes, at = attributes + 1, found.end()
            if attributes > _MOST_ATTRIBUTES:
                return attributes
    return 0
