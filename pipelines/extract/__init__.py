"""Page to main text."""

from pipelines.decode import Decoded
from pipelines.errors import Refused
from pipelines.extract.choice import choose
from pipelines.extract.layout import lay_out
from pipelines.extract.lines import lines, tidy
from pipelines.extract.model import MainText, laid_out
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
    return laid_out(((line.kind, line.text, line.level) for line in kept), chosen)


def plain_text(decoded: Decoded) -> MainText:
    """The main text of a body that is no HTML: each line a paragraph, empty ones left out.

    Raises:
        Refused: there is no letter and no digit in it.
    """
    texts = [tidy(line) for line in decoded.text.replace("\0", "").splitlines()]
    if not any(character.isalnum() for text in texts for character in text):
        raise Refused("extract", "The file has no text.")
    return laid_out((("paragraph", text, 0) for text in texts if text), "plain text")
