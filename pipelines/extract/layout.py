"""How the lines of a page lie in its tree, and in which element the running text is.

Each line of the page weighs for or against the elements around it: running text for, menus, link
lists and what stands in side columns against. The element with the greatest sum is the region of
the main text: the maximum subsequence segmentation of Pasternack & Roth 2009 ("Extracting article
text from the web with maximum subsequence segmentation", section 4), over the tree instead of the
token sequence.
"""

from dataclasses import dataclass

from lxml.html import HtmlElement

from pipelines.extract.lines import Line, is_listed, running_text
from pipelines.extract.names import ASIDE, roles

_AGAINST = 1.0  # weight of a character that is a link or stands aside; running text weighs +1
_LINE_AGAINST = 3.0  # what each line without running text weighs against its region, characters
# No sources: both from a grid (0.5-2 and 0-10) over benchmark pages, flat around the optimum.

_MOSTLY = 0.5  # an element that holds more of the running text than this does not stand aside


@dataclass(slots=True)
class Node:
    """An element around at least one line, with what all lines in it add up to."""

    element: HtmlElement
    parent: int  # place in `Layout.nodes`, before this one; -1 for the root
    own: int  # roles: what its tag and names say that it is
    text: int = 0  # characters
    linked: int = 0  # characters in links
    prose: int = 0  # characters of running text
    weight: float = 0.0
    aside: bool = False  # stands aside, or is inside of what does
    below: int = 0  # roles of the elements from the region down to this one
    around: int = 0  # roles of all elements around this one
    depth: int = -1  # elements between the region and this one; -1 outside of it

    @property
    def free(self) -> int:
        """Characters outside of links."""
        return self.text - self.linked


@dataclass(slots=True)
class Layout:
    """The lines of a page and the elements around them."""

    lines: list[Line]
    at: list[int]  # for each line its node
    prose: list[int]  # for each line its characters of running text
    listed: list[bool]  # for each line whether most of it is links
    nodes: list[Node]  # parents first
    places: dict[HtmlElement, int]  # of the nodes
    region: int  # the node of the main text; -1 when there is no running text

    def inside(self, element: HtmlElement) -> list[bool]:
        """For each line whether it is in `element`."""
        within: list[bool] = []
        for node in self.nodes:
            within.append(node.element is element or (node.parent >= 0 and within[node.parent]))
        return [within[place] for place in self.at]


def lay_out(lines: list[Line]) -> Layout:
    """The layout of a page that has these lines."""
    nodes: list[Node] = []
    places: dict[HtmlElement, int] = {}
    layout = Layout(
        lines=lines,
        at=[_place(line.element, nodes, places) for line in lines],
        prose=[running_text(line) for line in lines],
        listed=[is_listed(line) for line in lines],
        nodes=nodes,
        places=places,
        region=-1,
    )
    _add_up(layout)
    _set_aside(layout)
    _find_region(layout)
    if layout.region < 0 and any(layout.prose):
        # All running text stands aside by its names: then the names say nothing.
        for node in nodes:
            node.aside, node.weight = False, 0.0
        _find_region(layout)
    _inherit(layout)
    return layout


def _place(element: HtmlElement, nodes: list[Node], places: dict[HtmlElement, int]) -> int:
    """The place of the node of `element`, made with all its ancestors if it is new."""
    new = []
    at: HtmlElement | None = element
    while at is not None and at not in places:
        new.append(at)
        at = at.getparent()
    parent = -1 if at is None else places[at]
    for one in reversed(new):
        places[one] = len(nodes)
        nodes.append(Node(one, parent, roles(one)))
        parent = places[one]
    return parent


def _add_up(layout: Layout) -> None:
    nodes = layout.nodes
    for line, place, prose in zip(layout.lines, layout.at, layout.prose, strict=True):
        node = nodes[place]
        node.text += len(line.text)
        node.linked += line.linked
        node.prose += prose
    for node in reversed(nodes):
        if node.parent >= 0:
            parent = nodes[node.parent]
            parent.text += node.text
            parent.linked += node.linked
            parent.prose += node.prose


def _set_aside(layout: Layout) -> None:
    total = layout.nodes[0].prose if layout.nodes else 0
    for node in layout.nodes:
        node.aside = (bool(node.own & ASIDE) and node.prose <= _MOSTLY * total) or (
            node.parent >= 0 and layout.nodes[node.parent].aside
        )


def _find_region(layout: Layout) -> None:
    nodes = layout.nodes
    for index, place in enumerate(layout.at):
        node, length = nodes[place], len(layout.lines[index].text)
        if node.aside:
            node.weight -= _AGAINST * length
        elif layout.listed[index]:
            node.weight -= _AGAINST * length + _LINE_AGAINST
        else:
            node.weight += layout.prose[index] or -_LINE_AGAINST
    best, most = -1, 0.0
    for place in range(len(nodes) - 1, -1, -1):
        node = nodes[place]
        if node.parent >= 0:
            nodes[node.parent].weight += node.weight
        # Children come first here: of elements that weigh the same the innermost wins.
        if node.weight > most:
            best, most = place, node.weight
    layout.region = best


def _inherit(layout: Layout) -> None:
    total = layout.nodes[0].prose if layout.nodes else 0
    for place, node in enumerate(layout.nodes):
        parent = layout.nodes[node.parent] if node.parent >= 0 else None
        node.around = node.own | (parent.around if parent else 0)
        if place == layout.region:
            node.depth = 0
            continue
        if node.prose <= _MOSTLY * total:
            node.below = node.own
        if parent:
            node.below |= parent.below
            if parent.depth >= 0:
                node.depth = parent.depth + 1
