"""A tree to lines of text: inline elements never break one, block elements always do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from lxml.etree import iterwalk
from lxml.html import HtmlElement

Kind = Literal["heading", "paragraph", "item", "row"]

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset((  # what begins and ends a line
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd",
    "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_ITEMS = frozenset(("li", "dd", "dt"))
_UNSEEN = frozenset((  # what a browser does not show as text
    "applet", "area", "audio", "button", "canvas", "datalist", "embed", "frameset", "head",
    "iframe", "input", "link", "map", "meta", "noframes", "noscript", "object", "optgroup",
    "option", "script", "select", "style", "svg", "template", "textarea", "title", "video",
))  # fmt: skip

_SPACES = re.compile(r"[ \t\n\r\f\v\x85\xa0\u2028\u2029]+")
_INVISIBLE = re.compile("[\xad\u200b\u2060\ufeff]")
# A line feed of the source between two East Asian characters is no space (CSS Text 3, 4.1.3).
_WIDE = (
    "\u2e80-\u303e\u3040-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6"
)
_WIDE_FEED = re.compile(f"(?<=[{_WIDE}])[ \\t]*\\r?\\n[ \\t\\r\\n]*(?=[{_WIDE}])")
_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.IGNORECASE)

# A row of more characters than this is a page laid out as a table. No source; the widest row of the
# benchmark pages has 1,138.
_ROW_CHARACTERS = 2000


@dataclass(slots=True)
class Line:
    """One line of a page, with what decides whether it belongs to the main text."""

    text: str
    kind: Kind
    level: int  # of a heading, 1-6; 0 otherwise
    linked: int  # characters of `text` inside links
    element: HtmlElement  # the block element that directly holds it

    @property
    def free(self) -> int:
        """Characters outside of links."""
        return max(0, len(self.text) - self.linked)


@dataclass(slots=True)
class _Row:
    cells: list[int] = field(default_factory=list)  # index of each cell's first line
    layout: bool = False  # holds a heading or a table of its own


def lines(root: HtmlElement, skip: Iterable[HtmlElement] = ()) -> list[Line]:
    """The visible lines of `root` in document order, without those inside the elements `skip`."""
    reader = _Reader(root)
    unwanted = frozenset(skip)
    skipped: HtmlElement | None = None
    walker = iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in _UNSEEN or element in unwanted or hidden(element):
                # Its own end event still comes, right after this.
                walker.skip_subtree()
                skipped = element
            else:
                reader.open(element, tag)
            continue
        if element is skipped:
            if tag in _BLOCKS:
                reader.flush()
        else:
            reader.close(tag)
        if element.tail and element is not root:
            reader.add(element.tail)
    reader.flush()
    return reader.lines


def hidden(element: HtmlElement) -> bool:
    """Whether a browser would not show the element."""
    style = element.get("style")
    if style is not None and _NO_DISPLAY.search(style):
        return True
    return element.get("hidden") is not None


def tidy(text: str) -> str:
    """`text` with its white space as a browser would show it."""
    if "\n" in text:
        text = _WIDE_FEED.sub("", text)
    return _INVISIBLE.sub("", _SPACES.sub(" ", text)).strip()


SENTENCE = re.compile(r"[.!?…:;\"”»,](?:\s|$)|[,，。；：、！？]")


def is_listed(line: Line) -> bool:
    """Whether most of the line is links."""
    return line.linked > 0.5 * len(line.text)


def is_wide(text: str) -> bool:
    """Whether `text` begins in an East Asian script, whose characters say more each.

    >>> is_wide("一、总体要求"), is_wide("I. General requirements")
    (True, False)
    """
    return sum(character > "\u2e80" for character in text[:12]) > 3


def running_text(line: Line) -> int:
    """The characters of the line if it is running text, 0 if it is a label, a list or links."""
    free = line.free
    # Shorter ones are labels. No source: 25 is the shortest paragraph that trafilatura's fallback
    # takes for text, a Chinese character says about three times as much.
    if free < (8 if is_wide(line.text) else 25) or is_listed(line):
        return 0
    return free if SENTENCE.search(line.text) else 0


class _Reader:
    """Collects text into lines while a tree is walked."""

    def __init__(self, root: HtmlElement) -> None:
        self.lines: list[Line] = []
        self._parts: list[str] = []
        self._linked = 0
        self._links = 0  # open <a> elements
        self._open: list[HtmlElement] = [root]
        self._headings: list[int] = []
        self._items = 0
        self._rows: list[_Row] = []
        self._preformatted = 0

    def open(self, element: HtmlElement, tag: str) -> None:
        if tag in _BLOCKS:
            self.flush()
            if tag != "br":
                self._enter(element, tag)
        elif tag == "a":
            self._links += 1
        if element.text:
            self.add(element.text)

    def close(self, tag: str) -> None:
        if tag in _BLOCKS:
            if tag != "br":
                self.flush()
                self._leave(tag)
        elif tag == "a":
            self._links -= 1

    def add(self, text: str) -> None:
        if self._preformatted and "\n" in text:
            first, *rest = text.split("\n")
            self._parts.append(first)
            for line in rest:
                self.flush()
                self._parts.append(line)
            return
        if text.isspace():
            if self._parts:
                self._parts.append(" " if "\n" not in text else "\n")
            return
        self._parts.append(text)
        if self._links:
            self._linked += len(text.strip())

    def flush(self) -> None:
        if not self._parts:
            return
        text = tidy("".join(self._parts))
        if text:
            kind: Kind = "heading" if self._headings else "item" if self._items else "paragraph"
            level = self._headings[-1] if self._headings else 0
            self.lines.append(Line(text, kind, level, self._linked, self._open[-1]))
        self._parts.clear()
        self._linked = 0

    def _enter(self, element: HtmlElement, tag: str) -> None:
        self._open.append(element)
        if tag in _HEADINGS:
            self._headings.append(_HEADINGS[tag])
        elif tag in _ITEMS:
            self._items += 1
        elif tag == "tr":
            self._rows.append(_Row())
        elif tag in {"td", "th"} and self._rows:
            self._rows[-1].cells.append(len(self.lines))
        elif tag == "pre":
            self._preformatted += 1
        if self._rows and (tag == "table" or tag in _HEADINGS):
            self._rows[-1].layout = True

    def _leave(self, tag: str) -> None:
        element = self._open.pop()
        if tag in _HEADINGS:
            self._headings.pop()
        elif tag in _ITEMS:
            self._items -= 1
        elif tag == "tr":
            self._join(self._rows.pop(), element)
        elif tag == "pre":
            self._preformatted -= 1

    def _join(self, row: _Row, element: HtmlElement) -> None:
        """Make one line of a table row: cells apart by a tab."""
        if row.layout or len(row.cells) < 2:
            return
        bounds = [*row.cells, len(self.lines)]
        cells = [
            " ".join(line.text for line in self.lines[start:end]) for start, end in pairwise(bounds)
        ]
        text = "\t".join(filter(None, cells))
        if "\t" not in text or len(text) > _ROW_CHARACTERS:
            return
        linked = sum(line.linked for line in self.lines[bounds[0] :])
        self.lines[bounds[0] :] = [Line(text, "row", 0, linked, element)]
