"""Links of HTML pages, and of JSON that stands in their place.

The parser reports tags as they come and builds no tree, so its time is linear in the length of the page,
however many attributes or levels somebody has put there.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from crawlers.discovery.links import MAX_TITLE, Link, link

_REFRESH = re.compile(r"[\d.]*\s*[;,]?\s*url\s*=\s*['\"]?([^'\">]+)", re.IGNORECASE)
# TRS WCM writes its paging with a script: createPageHTML(pages, current, "index", "html").
_SCRIPTED = re.compile(r"createPageHTML\(\s*['\"]?(\d{1,6})")
_ADDRESS_KEY = re.compile(r"(?:.*_?(?:url|link|href))", re.IGNORECASE)
_TITLE_KEY = re.compile(r".*(?:title|headline)", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s", re.IGNORECASE)
_DEEPEST = 40  # levels of JSON that are looked into; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a page says of others."""

    links: tuple[Link, ...]  # in order; an address stands once, with its longest title
    title: str = ""  # the page's own
    page_count: int | None = None  # of the list that it belongs to, where a script says so


@dataclass(slots=True)
class _Tags:
    """Notes links while the parser goes by: a target for lxml."""

    base: str
    found: list[Link] = field(default_factory=list)
    title: str = ""
    script: str = ""
    _open: str | None = None  # href of the link whose text is being read
    _said: str = ""  # its title attribute
    _text: list[str] = field(default_factory=list)
    _length: int = 0
    _within: str = ""  # "title" or "script" while one is open

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """The parser's hook: a tag begins."""
        if tag == "a":
            self._close_link()
            self._open = attributes.get("href")
            self._said = attributes.get("title", "")
        elif tag in {"area", "iframe", "frame"}:
            self._note(
                attributes.get("href" if tag == "area" else "src"), attributes.get("alt", "")
            )
        elif tag == "base" and "href" in attributes:
            self._rebase(attributes["href"])
        elif tag == "img" and self._open is not None:
            self._text.append(attributes.get("alt", "")[:MAX_TITLE])
        elif tag == "link" and "next" in attributes.get("rel", "").lower().split():
            self._note(attributes.get("href"), "")
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            found = _REFRESH.match(attributes.get("content", "").strip())
            self._note(found[1] if found else None, "")
        if tag in {"title", "script"}:
            self._within = tag

    def end(self, tag: str) -> None:
        """The parser's hook: a tag ends."""
        if tag == "a":
            self._close_link()
        if tag == self._within:
            self._within = ""

    def data(self, text: str) -> None:
        """The parser's hook: characters."""
        if self._within == "title" and len(self.title) < MAX_TITLE:
            self.title += text
        elif self._within == "script" and "createPageHTML" in text:
            self.script = text
        elif self._open is not None and self._length < 4 * MAX_TITLE:
            self._text.append(text)
            self._length += len(text)

    def close(self) -> None:
        """The parser's hook: the page is over."""
        self._close_link()

    def _close_link(self) -> None:
        text = " ".join("".join(self._text).split())
        # A list shows the first words of a long title and keeps the whole in the attribute.
        self._note(self._open, self._said if len(self._said) > len(text) else text)
        self._open, self._said, self._text, self._length = None, "", [], 0

    def _note(self, address: str | None, title: str) -> None:
        made = link(address, self.base, title) if address else None
        if made is not None:
            self.found.append(made)

    def _rebase(self, address: str) -> None:
        made = link(address, self.base)
        self.base = made.url if made is not None else self.base


def listing(text: str, url: str) -> Listing:
    """The links of the page or the JSON at `url`, in order."""
    if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
        try:
            return Listing(links=_once(_in_json(json.loads(text.lstrip("\ufeff")), url, 0)))
        except (ValueError, RecursionError):
            pass  # it only looks like JSON
    tags = _read(text, url)
    paging = _SCRIPTED.search(tags.script)
    return Listing(
        links=_once(tags.found),
        title=" ".join(tags.title.split()),
        page_count=int(paging[1]) if paging else None,
    )


def _read(text: str, url: str) -> _Tags:
    tags = _Tags(url)
    target: Any = tags  # comments are left out: lxml asks for no such method, its stubs do
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True)
    data = text.replace("\0", "").encode("utf-8", "replace")
    if data.strip():
        parser.feed(data)
        parser.close()
    return tags


def _once(links: list[Link]) -> tuple[Link, ...]:
    best: dict[str, Link] = {}
    for each in links:
        known = best.get(each.url)
        if known is None or len(each.title) > len(known.title):
            best[each.url] = each
    return tuple(best.values())


def _in_json(value: Any, base: str, depth: int) -> list[Link]:
    """Links of a JSON value: fields that are named like addresses, and HTML inside strings."""
    if depth > _DEEPEST:
        return []
    if isinstance(value, str):
        return _read(value, base).found if _MARKUP.search(value) else []
    if isinstance(value, list):
        return [found for each in value for found in _in_json(each, base, depth + 1)]
    if not isinstance(value, dict):
        return []
    title = next(_titles(value), "")
    found: list[Link] = []
    for key, inner in value.items():
        if isinstance(inner, str) and _ADDRESS_KEY.fullmatch(key) and inner.strip():
            made = link(inner, base, title)
            found += [made] if made is not None else []
        else:
            found += _in_json(inner, base, depth + 1)
    return found


def _titles(value: dict[str, Any]) -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, str) and _TITLE_KEY.fullmatch(key):
            yield re.sub(r"<[^<>]{0,200}>", "", inner)  # searches mark what they found with tags


def next_address(url: str, template: str, page: int) -> str:
    """The address of a later page of the list at `url`.

    >>> next_address("https://a.example/tz/", "{stem}_{page}{ext}", 1)
    'https://a.example/tz/index_1.html'
    >>> next_address("https://a.example/a/list.htm", "?p={page}", 2)
    'https://a.example/a/list.htm?p=2'
    """
    name = url.partition("?")[0].rpartition("/")[2]
    stem, dot, ext = name.rpartition(".") if "." in name else (name or "index", "", "html")
    written = (
        template.replace("{stem}", stem)
        .replace("{page}", str(page))
        .replace("{ext}", f"{dot or '.'}{ext}")
    )
    return urljoin(url, written)
