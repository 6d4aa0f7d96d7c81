"""What is searched for by words."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that must stand behind each other, in the form of the search file."""

    match: str  # its words, separated by spaces: letters and digits alone
    letter: bool  # one character of a script without spaces
    open_end: bool  # whether the last word may go on
    needle: str  # the phrase in the normal form of texts, to be marked there


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Phrases that must all be there, at least one, and phrases that must not."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What else a version must be. None asks for nothing."""

    language: str | None = None  # BCP 47; "zh" fits zh-Hans and zh-Hant
    publisher: str | None = None  # part of the name of a publisher of one of its witnesses
    since: date | None = None  # published on that day or later; where a page says no day, captured
    until: date | None = None  # published on that day or earlier
    document: str | None = None  # key; then every version of it counts by itself
    relation: str | None = None  # to what was there before it: new, version, excerpt
