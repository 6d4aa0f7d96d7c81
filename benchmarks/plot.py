"""Pictures of measurements as SVG: lines over a logarithmic scale of documents, values beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 420, 260  # of one panel
_LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 62, 56, 330, 150
_COLOURS = ("#1b6ca8", "#c4561d")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:14px}"
    ".grid{stroke:#ddd}.limit{stroke:#999;stroke-dasharray:4 4}.note{fill:#777}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Values that belong together."""

    name: str
    values: tuple[float, ...]  # one for each number of documents
    digits: int = 2  # behind the point, where the values are written


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture: lines over the same numbers of documents."""

    title: str
    documents: tuple[int, ...]
    lines: tuple[Line, ...]
    top: float  # the greatest value that is shown
    limits: tuple[float, ...]  # values that must not be passed, as broken lines


def drawing(panels: Sequence[Panel]) -> str:
    """The panels side by side."""
    width = _WIDTH * len(panels)
    body = [
        f'<g transform="translate({_WIDTH * place} 0)">{_panel(panel)}</g>'
        for place, panel in enumerate(panels)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" role="img">'
        f'<style>{_STYLE}</style><rect width="{width}" height="{_HEIGHT}" fill="#fff"/>'
        + "\n".join(body)
        + "</svg>\n"
    )


def _panel(panel: Panel) -> str:
    parts = [f'<text class="title" x="{_LEFT}" y="20">{escape(panel.title)}</text>']
    for quarter in range(5):
        value = panel.top * quarter / 4
        parts.append(_rule("grid", _y(panel, value)))
        parts.append(_text(_LEFT - 8, _y(panel, value) + 4, f"{value:,g}", "end"))
    parts += [_rule("limit", _y(panel, limit)) for limit in panel.limits]
    for documents in panel.documents:
        parts.append(_text(_x(panel, documents), _TOP + _PLOT_HEIGHT + 20, _short(documents)))
    parts.append(
        _text(_LEFT + _PLOT_WIDTH / 2, _TOP + _PLOT_HEIGHT + 40, "documents in the archive")
    )
    for place, line in enumerate(panel.lines):
        parts.append(_line(panel, line, _COLOURS[place % len(_COLOURS)]))
        parts.append(
            f'<text x="{_LEFT + 110 * place}" y="42" style="fill:{_COLOURS[place % len(_COLOURS)]}">'
            f"● {escape(line.name)}</text>"
        )
    return "".join(parts)


def _line(panel: Panel, line: Line, colour: str) -> str:
    places = [
        (_x(panel, documents), _y(panel, value))
        for documents, value in zip(panel.documents, line.values, strict=True)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        + _text(x, y - 7, f"{value:,.{line.digits}f}")
        for (x, y), value in zip(places, line.values, strict=True)
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}'


def _x(panel: Panel, documents: int) -> float:
    low, high = math.log10(min(panel.documents)), math.log10(max(panel.documents))
    return _LEFT + 20 + (_PLOT_WIDTH - 40) * (math.log10(documents) - low) / max(high - low, 1e-9)


def _y(panel: Panel, value: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1 - min(value, panel.top) / panel.top)


def _rule(kind: str, y: float) -> str:
    return (
        f'<line class="{kind}" x1="{_LEFT}" x2="{_LEFT + _PLOT_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(number: int) -> str:
    """10000 as "10 k"."""
    for size, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g} {name}"
    return str(number)
