"""Links and codes that a page puts around words inside its sentences: stock tickers, keyword links."""

from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from pipelines.report.model import Span
from pipelines.report.reading import PageLink

_BLOCKS = frozenset(
    "p div td th li dd dt blockquote h1 h2 h3 h4 h5 h6 article section body".split()
)
_INLINE = frozenset(("a", "span"))
_SILENT = frozenset(("script", "style"))
_LONGEST = 40  # characters of the words; a longer link is a passage of its own
_AROUND = 10  # characters beside the words that tell where they stand
_LEAST = 6  # of them


def page_links(tree: HtmlElement, main: str) -> tuple[PageLink, ...]:
    """The links around words of the main text, in its order."""
    squeezed = [
        (place, character) for place, character in enumerate(main) if not character.isspace()
    ]
    text = "".join(character for _, character in squeezed)
    found: dict[Span, PageLink] = {}
    for before, words, after, target in _inner_links(tree):
        place = text.find(before + words + after)
        while place >= 0:
            first = place + len(before)
            span = squeezed[first][0], squeezed[first + len(words) - 1][0] + 1
            if span not in found:
                found[span] = PageLink(span=span, target=target)
                break
            place = text.find(before + words + after, place + 1)
    return tuple(found[span] for span in sorted(found))


def _inner_links(tree: HtmlElement) -> Iterator[tuple[str, str, str, str]]:
    """(text before, words, text behind, target) of each link inside a sentence, without spaces."""
    said, links = _written(tree)
    for start, end, target in links:
        words = said[start:end]
        before = said[max(0, start - _AROUND) : start].rpartition("\n")[2]
        after = said[end : end + _AROUND].partition("\n")[0]
        fits = words and "\n" not in words and len(words) <= _LONGEST
        if fits and len(before) + len(after) >= _LEAST:
            yield before, words, after, target


def _written(tree: HtmlElement) -> tuple[str, list[tuple[int, int, str]]]:
    """The page's text without spaces, a line for each block, and its links as spans of that."""
    pieces: list[str] = []
    links: list[tuple[int, int, str]] = []
    starts: list[int] = []
    size = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        begins = event == "start"
        if not isinstance(element.tag, str):
            continue
        if begins:
            starts.append(size)
        else:
            target = element.get("href") or element.get("data-code") or element.get("data-sym")
            if element.tag in _INLINE and target:
                links.append((starts[-1], size, target))
            starts.pop()
        more = "" if element.tag in _INLINE else "\n" * (element.tag in _BLOCKS)
        said = (element.text if begins else element.tail) or ""
        piece = more + "".join(said.split()) if element.tag not in _SILENT or not begins else more
        pieces.append(piece)
        size += len(piece)
    return "".join(pieces), sorted(links)
