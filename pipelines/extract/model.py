"""What the extraction of a page gives."""

from dataclasses import dataclass

from archive.records import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class MainText:
    """What the page is there for, without what stands around it."""

    text: str  # blocks end in "\n"
    blocks: tuple[Block, ...]
    chosen: str  # which way of extraction won: "container:TRS_Editor", "region", "trafilatura"
