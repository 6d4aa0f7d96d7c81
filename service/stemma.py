"""Who copied from whom, drawn: one SVG picture of a report's descent, and the order of its lines in words.

A witness stands to the right of its source and below the one drawn before it. What has no known source begins
a line of its own; one for which there is not enough evidence has a dashed ring. Everything that the
picture says stands in the text beside it too: it is hidden from those who cannot see it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from pipelines.report import Edge, Report

MOST = 200  # witnesses that are drawn; a longer picture is read by nobody
_ROW, _STEP, _LETTER = 26, 34, 7.4  # pixels: of a line, of a generation, of a character on average
_LONGEST = 46  # characters of a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A witness in its place."""

    url: str
    name: str  # what is written beside it
    depth: int  # generations from the first
    row: int
    edge: Edge | None  # from its source, which stands above


def nodes(report: Report) -> tuple[Node, ...]:
    """The witnesses, each behind its source: the base first, those without evidence last."""
    urls = tuple(dict.fromkeys(each.identity.url for each in report.witnesses))
    base = report.base.identity.url
    source: dict[str, Edge] = {}
    for edge in report.descent:
        if edge.target != base:
            source.setdefault(edge.target, edge)
    below: dict[str, list[str]] = defaultdict(list)
    for url, edge in source.items():
        below[edge.source].append(url)
    found: dict[str, Node] = {}
    first = [base, *(url for url in urls if url in below and url not in source)]
    for start in (*first, *urls):  # the last are alone, or copied in a ring
        waiting = [(start, 0)]
        while waiting:
            url, depth = waiting.pop()
            if url in found or url not in urls:
                continue
            found[url] = Node(
                url=url, name=_name(url, urls), depth=depth, row=len(found), edge=source.get(url)
            )
            waiting += [(each, depth + 1) for each in reversed(below[url])]
    return tuple(found.values())


def _name(url: str, among: Sequence[str]) -> str:
    """The host, and the path where the host has several."""
    parts = urlsplit(url)
    host = parts.hostname or url
    same = sum(urlsplit(each).hostname == parts.hostname for each in among)
    name = host if same == 1 else host + parts.path
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def svg(report: Report, label: str) -> str:
    """The picture; `label` is its name for those who cannot see it. Empty without two witnesses."""
    drawn = nodes(report)[:MOST]
    if len(drawn) < 2:
        return ""
    width = max(_x(node) + 16 + _LETTER * len(node.name) for node in drawn)
    height = _ROW * len(drawn) + 8
    return "".join(
        (
            f'<svg class="stemma" role="img" aria-label="{escape(label)}" '
            f'xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
            f'viewBox="0 0 {width:.0f} {height}" font-size="13" fill="currentColor">',
            *_lines(drawn),
            *(_dot(node, report) for node in drawn),
            "</svg>",
        )
    )


def _lines(drawn: Sequence[Node]) -> Iterator[str]:
    places = {node.url: node for node in drawn}
    for node in drawn:
        above = places.get(node.edge.source) if node.edge else None
        if above is None or above.row >= node.row:
            continue
        claimed = ' stroke-dasharray="3 3"' if node.edge and node.edge.p == 1 else ""
        yield (
            f'<path d="M{_x(above)} {_y(above) + 5}V{_y(node)}H{_x(node) - 5}" fill="none" '
            f'stroke="currentColor" stroke-opacity=".55"{claimed}/>'
        )


def _dot(node: Node, report: Report) -> str:
    known = node.url == report.base.identity.url or node.edge is not None
    ring = "" if known else ' fill="none" stroke="currentColor" stroke-dasharray="2 2"'
    bold = ' font-weight="700"' if node.url == report.base.identity.url else ""
    return (
        f'<circle cx="{_x(node)}" cy="{_y(node)}" r="4.5"{ring}/>'
        f'<text x="{_x(node) + 11}" y="{_y(node) + 4.5}"{bold}>{escape(node.name)}'
        f"<title>{escape(node.url)}</title></text>"
    )


def _x(node: Node) -> int:
    return 8 + _STEP * node.depth


def _y(node: Node) -> int:
    return 16 + _ROW * node.row
