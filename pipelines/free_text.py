"""The free text of a page: what stands outside of links, menus, forms, programs and hidden parts.

A quick look, made before the main text is chosen: it tells a page that has something to say from one
that has not, and stops as soon as that is plain.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

MOST_READ = 1600  # letters after which reading stops: such a page has something to say
_NOT_SAID = {
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select", "button",
    "textarea", "nav", "footer", "head", "title", "noframes", "video", "audio", "canvas",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "img", "input",
    "ins", "kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TITLE_READ = 400  # characters
_PARAGRAPH = 80  # letters: what is shorter may be a caption or a line of a menu


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeText:
    """What a page says for itself."""

    title: str
    blocks: tuple[str, ...]  # in the order of the page, spaces tidied, none empty
    weight: int  # of all blocks, letters; at least MOST_READ where `cut`
    longest: int  # of the heaviest block, letters
    links: int  # that were passed
    cut: bool  # there is more, which was not read


def weight(text: str) -> int:
    """How much a text says, in letters; a Han, kana or Hangul character counts as two.

    >>> weight("plan"), weight("规划")
    (4, 4)
    """
    return len(text) + (len(text.encode("utf-8", "replace")) - len(text)) // 2


def is_running(tree: HtmlElement) -> bool:
    """Whether the page plainly has running text: paragraphs, as no message has them."""
    total = 0
    for paragraph in tree.iter("p"):
        said = weight(paragraph.text or "") + sum(weight(each.tail or "") for each in paragraph)
        if said >= _PARAGRAPH:
            total += said
            if total >= MOST_READ:
                return True
    return False


def free_text(tree: HtmlElement) -> FreeText:
    """The free text of a page, up to MOST_READ letters."""
    blocks: list[str] = []
    total = longest = links = 0
    cut = False
    for block, passed in _blocks(tree):
        links = passed
        if not block:
            continue
        blocks.append(block)
        heavy = weight(block)
        total, longest = total + heavy, max(longest, heavy)
        if total >= MOST_READ:
            cut = True
            break
    title = tree.find(".//title")
    return FreeText(
        title=" ".join((title.text or "")[:_TITLE_READ].split()) if title is not None else "",
        blocks=tuple(blocks),
        weight=total,
        longest=longest,
        links=links,
        cut=cut,
    )


def of_lines(text: str) -> FreeText:
    """The same for plain text, of which each line is a block."""
    blocks = [" ".join(line.split()) for line in text[: 2 * MOST_READ].splitlines()]
    heavy = [weight(block) for block in blocks]
    return FreeText(
        title="",
        blocks=tuple(block for block in blocks if block),
        weight=sum(heavy),
        longest=max(heavy, default=0),
        links=0,
        cut=len(text) > 2 * MOST_READ or sum(heavy) >= MOST_READ,
    )


def _blocks(tree: HtmlElement) -> Iterator[tuple[str, int]]:
    """Each block, empty ones too, with the number of links before its end."""
    body = tree.find("body")
    walk = etree.iterwalk(tree if body is None else body, events=("start", "end"))
    pieces: list[str] = []
    links = 0
    for event, element in walk:
        tag = element.tag
        if tag not in _INLINE and pieces:
            yield " ".join("".join(pieces).split()), links
            pieces.clear()
        if event == "end":
            if element.tail:
                pieces.append(element.tail)
        elif tag == "a":
            links += 1
            walk.skip_subtree()
        elif tag in _NOT_SAID or _is_hidden(element):
            walk.skip_subtree()
        elif element.text:
            pieces.append(element.text)
    yield " ".join("".join(pieces).split()), links


def _is_hidden(element: HtmlElement) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and _HIDDEN.search(style))
