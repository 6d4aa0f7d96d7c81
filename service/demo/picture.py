"""The picture of the demo that stands in README.md: two of its commands with their own output and colours."""

import re
from html import unescape
from io import StringIO
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from service.demo.show import Stage

WIDTH = 112  # columns: the longest line, a witness with its publisher, needs 109
_CELL = 12.2  # units that a column is wide in an SVG of Rich

# Rich's own form names fonts on foreign servers; a picture in a README loads nothing.
_FORM = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def draw(stage: Stage, first: str, second: str, pasted: Path, picture: Path) -> None:
    """Write an SVG of what differs between two versions, and of a paragraph that finds them again.

    Raises:
        StoryBroken: a command failed.
    """
    console = Console(width=WIDTH, record=True, force_terminal=True, file=StringIO())
    for words in (("diff", first, second), ("lookup", "--text", str(pasted))):
        console.print(Text(f"$ variorum {' '.join(words)}", style="bold green"))
        console.print(Text.from_ansi(stage.coloured(*words).rstrip()))
        console.print()
    drawn = console.export_svg(title="make demo", code_format=_FORM, unique_id="demo")
    picture.write_text(_with_wide_characters(drawn), encoding="utf-8")


def _with_wide_characters(drawn: str) -> str:
    """The picture with two columns for each Han character: Rich counts characters and squeezes them."""

    def widened(found: re.Match[str]) -> str:
        length = cell_len(unescape(found["text"])) * _CELL
        return f'textLength="{length:g}"{found["rest"]}>{found["text"]}</text>'

    return re.sub(r'textLength="[\d.]+"(?P<rest>[^>]*)>(?P<text>[^<]*)</text>', widened, drawn)
