"""What the extraction of a page gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from archive.records import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class MainText:
    """What the page is there for, without what stands around it."""

    text: str  # blocks end in "\n"
    blocks: tuple[Block, ...]
    chosen: str  # which way of extraction won: "container:TRS_Editor", "region", "trafilatura"


def laid_out(
    units: Iterable[tuple[Literal["heading", "paragraph", "item", "row"], str, int]], chosen: str
) -> MainText:
    """The main text of these blocks, each with its kind, its text without a line feed, and its level."""
    pieces, blocks, at = [], [], 0
    for kind, text, level in units:
        pieces.append(f"{text}\n")
        blocks.append(Block(kind=kind, start=at, end=at + len(text), level=level))
        at += len(text) + 1
    return MainText(text="".join(pieces), blocks=tuple(blocks), chosen=chosen)
