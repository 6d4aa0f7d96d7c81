"""What a page claims in its head: meta tags, JSON-LD and links, gathered in one walk."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lxml.html import HtmlElement

from archive.records import Found

Node: TypeAlias = Mapping[str, object]

LONGEST_JSON = 400_000  # characters; a longer block is data for a program, not a description
LONGEST_VALUE = 500  # characters; a longer one is no title, name or date
DEEPEST = 12  # of nested JSON-LD nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The statements of a page about itself, not yet weighed."""

    metas: Mapping[str, str]  # lower-case name, property or itemprop -> first content
    nodes: tuple[Node, ...]  # JSON-LD objects, the page's own article first
    title: str  # of the title element, one line; "" when none
    canonical: str | None  # link rel=canonical, as written
    language: str  # lang of the html element, lower-case; "" when none

    def meta(self, *names: str) -> Found | None:
        """The first of these meta tags that says something."""
        for name in names:
            value = self.metas.get(name.lower())
            if value:
                return Found(value=value, origin=f"meta:{name}")
        return None

    def stated(self, *keys: str) -> Iterator[Found]:
        """What the JSON-LD objects say under these keys, as text."""
        for node in self.nodes:
            for key in keys:
                value = text_of(node.get(key))
                if value:
                    yield Found(value=value, origin="json-ld")


def one_line(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())


def text_of(value: object) -> str:
    """A JSON-LD value as text: itself, the name of an object, or the names of a list."""
    if isinstance(value, str):
        return one_line(value)[:LONGEST_VALUE]
    if isinstance(value, Mapping):
        return text_of(value.get("name") or value.get("@value"))
    if isinstance(value, list):
        return "; ".join(name for name in map(text_of, value[:20]) if name)
    return ""


def claims(tree: HtmlElement) -> Claims:
    """The claims of the page that `tree` is."""
    metas: dict[str, str] = {}
    blocks: list[str] = []
    title, canonical = "", None
    for element in tree.iter("meta", "link", "script", "title"):
        if element.tag == "meta":
            _keep_meta(element, metas)
        elif element.tag == "title":
            title = title or one_line(element.text_content())
        elif element.tag == "link":
            if canonical is None and (element.get("rel") or "").lower() == "canonical":
                canonical = (element.get("href") or "").strip() or None
        elif "ld+json" in (element.get("type") or "").lower():
            blocks.append(element.text or "")
    return Claims(
        metas=metas,
        nodes=tuple(sorted(_nodes(blocks), key=_rank)),
        title=title,
        canonical=canonical,
        language=(tree.get("lang") or tree.get("xml:lang") or "").lower(),
    )


def _keep_meta(element: HtmlElement, metas: dict[str, str]) -> None:
    content = one_line(element.get("content") or "")
    if not content or len(content) > LONGEST_VALUE:
        return
    for attribute in ("name", "property", "itemprop"):
        name = (element.get(attribute) or "").strip().lower()
        if name:
            metas.setdefault(name, content)


def _nodes(blocks: Iterable[str]) -> Iterator[Node]:
    for block in blocks:
        if len(block) > LONGEST_JSON:
            continue
        try:
            data = json.loads(block.strip().strip(";"), strict=False)
        except (ValueError, RecursionError):  # broken, or nested to exhaust a parser
            continue
        yield from _walk(data, DEEPEST)


def _walk(data: object, depth: int) -> Iterator[Node]:
    if depth == 0:
        return
    if isinstance(data, list):
        for item in data:
            yield from _walk(item, depth - 1)
    elif isinstance(data, dict):
        yield data
        yield from _walk(data.get("@graph"), depth - 1)
        yield from _walk(data.get("mainEntity"), depth - 1)


def _rank(node: Node) -> int:
    """0 for an article, 1 for a page, 2 for what else stands there (the site, a list)."""
    kind = node.get("@type")
    kinds = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
    names = [str(name).lower() for name in kinds]
    if any(name.endswith(("article", "posting", "report", "document")) for name in names):
        return 0
    return 1 if any(name.endswith("page") for name in names) else 2
