"""Which lines of a page are its main text, and by which way of extraction."""

from lxml.html import HtmlElement

from pipelines.extract import judge
from pipelines.extract.containers import Container, known_containers
from pipelines.extract.layout import Layout, Node
from pipelines.extract.lines import Line, is_wide
from pipelines.extract.opinion import ASKED_FROM, trafilatura_text
from pipelines.extract.traits import traits, votes

# Beyond these trafilatura takes longer than a worker has, or recurses too deep. Measured: 700,000
# elements take it 60 s, 1.4 million characters 4 s; the largest benchmark page has 10,000 elements.
_MOST_ELEMENTS = 50_000
_MOST_CHARACTERS = 500_000
_DEEPEST = 250

# A container with fewer characters than this outside of links is an empty frame. No source.
_LEAST_FREE = 20


def choose(tree: HtmlElement, layout: Layout) -> tuple[str, list[Line]]:
    """The way that won, and the lines of `tree` that it keeps."""
    if found := _container(tree, layout):
        return found
    if layout.region < 0:
        return "page", _unlisted(layout)
    if _east_asian(layout):
        return "region", _region(layout)
    return _judged(tree, layout)


def _container(tree: HtmlElement, layout: Layout) -> tuple[str, list[Line]] | None:
    """The lines of a known container, None when the page has none that holds its text."""
    total = sum(
        prose
        for prose, place in zip(layout.prose, layout.at, strict=True)
        if not layout.nodes[place].aside
    )
    east_asian = _east_asian(layout)
    best: tuple[Container, Node] | None = None
    for row, element in known_containers(tree):
        place = layout.places.get(element)
        if place is None or (row.trust == "likely" and not east_asian):
            continue
        node = layout.nodes[place]
        if best and row is not best[0]:
            break
        if node.free < _LEAST_FREE or (row.trust == "likely" and node.prose <= 0.5 * total):
            continue
        # Several of one row: the text is in the fullest, the others hold notes and captions.
        if best is None or node.free > best[1].free:
            best = (row, node)
    if best is None:
        return None
    inside = layout.inside(best[1].element)
    held = [line for line, is_in in zip(layout.lines, inside, strict=True) if is_in]
    return f"container:{best[0].name}", held


def _region(layout: Layout) -> list[Line]:
    return [
        line
        for line, place, listed in zip(layout.lines, layout.at, layout.listed, strict=True)
        if layout.nodes[place].depth >= 0 and not layout.nodes[place].aside and not listed
    ]


def _unlisted(layout: Layout) -> list[Line]:
    return [
        line
        for line, place, listed in zip(layout.lines, layout.at, layout.listed, strict=True)
        if not layout.nodes[place].aside and not listed
    ]


def _judged(tree: HtmlElement, layout: Layout) -> tuple[str, list[Line]]:
    columns = traits(layout, tree.findtext(".//title") or "")
    model, way = judge.ALONE, "lines"
    chance = judge.chances(columns, model)
    unsure = judge.doubt_of([line.text for line in layout.lines], chance) > ASKED_FROM
    if unsure and _bearable(tree, layout):
        columns |= votes(layout, columns, trafilatura_text(tree))
        model, way = judge.VOTED, "lines+trafilatura"
        chance = judge.chances(columns, model)
    kept = [line for line, c in zip(layout.lines, chance, strict=True) if c > model.kept_from]
    return (way, kept) if kept else ("region", _region(layout))


def _bearable(tree: HtmlElement, layout: Layout) -> bool:
    """Whether trafilatura reads the page in seconds and without running out of stack."""
    levels: list[int] = []
    for node in layout.nodes:
        levels.append(levels[node.parent] + 1 if node.parent >= 0 else 0)
    return (
        max(levels) <= _DEEPEST
        and layout.nodes[0].text <= _MOST_CHARACTERS
        and int(tree.xpath("count(//*)")) <= _MOST_ELEMENTS
    )


def _east_asian(layout: Layout) -> bool:
    """Whether most of the running text is Chinese, Japanese or Korean."""
    wide = total = 0
    for line, prose in zip(layout.lines, layout.prose, strict=True):
        total += prose
        wide += prose if is_wide(line.text) else 0
    return wide > 0.5 * total
