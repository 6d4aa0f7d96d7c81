"""What the reading of an attachment gives."""

from dataclasses import dataclass

from archive.records import Description, Found
from pipelines.errors import Refused
from pipelines.extract import MainText
from pipelines.extract.lines import Kind
from pipelines.extract.model import laid_out

STAGE = "attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that carries the text itself, read."""

    kind: str  # "pdf", "docx", "doc", "ofd"
    main: MainText
    description: Description


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One block of a text that is being put together; no line feed in it."""

    text: str
    kind: Kind = "paragraph"
    level: int = 0  # of a heading, 1-6; 0 otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a file says about itself in its own fields, as written there."""

    title: Found | None = None
    author: Found | None = None
    written_at: Found | None = None  # RFC 3339, or an ISO day


def refused(reason: str) -> Refused:
    """The refusal of an attachment, with its reason."""
    return Refused(STAGE, reason)


def main_text(pieces: list[Piece], chosen: str) -> MainText:
    """The main text that consists of `pieces`.

    Raises:
        Refused: there is no letter and no digit in them.
    """
    if not any(character.isalnum() for piece in pieces for character in piece.text):
        raise refused("The file has no text.")
    return laid_out(((piece.kind, piece.text, piece.level) for piece in pieces), chosen)
