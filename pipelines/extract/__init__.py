"""Page to main text."""

from archive.records import Block
from pipelines.decode import Decoded
from pipelines.errors import Refused
from pipelines.extract.choice import choose
from pipelines.extract.layout import lay_out
from pipelines.extract.lines import Line, lines, tidy
from pipelines.extract.model import MainText
from pipelines.page import Page

VERSION = "1"

__all__ = ["VERSION", "MainText", "extract", "plain_text"]


def extract(page: Page) -> MainText:
    """The main text of `page`.

    Raises:
        Refused: the page has no usable text.
    """
    chosen, kept = choose(page.tree, lay_out(lines(page.tree)))
    if not any(character.isalnum() for line in kept for character in line.text):
        raise Refused("extract", "The page has no text of its own, only links or none at all.")
    return _laid_out(kept, chosen)


def plain_text(decoded: Decoded) -> MainText:
    """The main text of a body that is no HTML: each line a paragraph, empty ones left out.

    Raises:
        Refused: there is no letter and no digit in it.
    """
    texts = [tidy(line) for line in decoded.text.replace("\0", "").splitlines()]
    if not any(character.isalnum() for text in texts for character in text):
        raise Refused("extract", "The file has no text.")
    blocks, at = [], 0
    for text in filter(None, texts):
        blocks.append(Block(kind="paragraph", start=at, end=at + len(text)))
        at += len(text) + 1
    return MainText(
        text="".join(f"{text}\n" for text in texts if text),
        blocks=tuple(blocks),
        chosen="plain text",
    )


def _laid_out(kept: list[Line], chosen: str) -> MainText:
    blocks, at = [], 0
    for line in kept:
        end = at + len(line.text)
        blocks.append(Block(kind=line.kind, start=at, end=end, level=line.level))
        at = end + 1
    return MainText(
        text="".join(f"{line.text}\n" for line in kept), blocks=tuple(blocks), chosen=chosen
    )
