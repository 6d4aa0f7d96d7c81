"""Printed pages: lines with their places, as PDF and OFD have them."""

from dataclasses import dataclass, field

HYPHEN = "\u00ad"  # ends a line whose last word goes on in the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed line. Units are the page's own; y runs downwards."""

    text: str  # at least one character, no white space at its ends
    left: float
    right: float
    top: float
    bottom: float
    size: float  # of its type

    @property
    def middle(self) -> float:
        """Half way between its ends."""
        return (self.left + self.right) / 2


@dataclass(slots=True, kw_only=True)
class Sheet:
    """One printed page."""

    height: float
    lines: list[Line] = field(default_factory=list)  # in the order of the file
    pictured: bool = False  # has an image; asked only where there is hardly any text


def is_wide(character: str) -> bool:
    """Whether the character is East Asian and has no spaces beside it: Han, kana, their signs."""
    return (
        "\u2e80" <= character <= "\ua4cf"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff00" <= character <= "\uffef"
        or character in "“”‘’…—·"
        or "\U00020000" <= character <= "\U0003ffff"
    )
