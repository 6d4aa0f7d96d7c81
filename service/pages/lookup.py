"""The page of a lookup: by key, by address and time, or by a text that somebody pasted."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from archive import lookup as find
from archive.errors import AmbiguousKey, TakenDown, UnknownKey
from archive.store import Archive
from pipelines import recognise
from service.pages.parts import MatchView, match_view

_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?/\S*")  # without its scheme
SCAN_SECONDS = 2.0  # a short passage is searched for in the texts for so long, newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupPage:
    """What a lookup found."""

    asked: str  # the key, the address, or how the text begins
    by: Literal["key", "url", "text"]
    matches: tuple[MatchView, ...]  # best first
    remark: str  # why there may be more, or what became of it: a sentence, or nothing


def lookup_any(archive: Archive, asked: str) -> LookupPage:
    """What the one box for everything leads to: an address, else a key, else a text."""
    bare = asked.strip()
    if "\n" not in bare and bare.lower().startswith(("http://", "https://")):
        return lookup_url(archive, bare, None)
    if _ADDRESS.fullmatch(bare) and (page := lookup_url(archive, bare, None)).matches:
        return page
    try:
        return lookup_key(archive, bare)
    except ValueError:
        return lookup_text(archive, asked)


def lookup_key(archive: Archive, key: str) -> LookupPage:
    """What the key leads to; nothing is found under one that the archive does not have.

    Raises:
        ValueError: it has the form of no key.
    """
    found: tuple[find.Match, ...] = ()
    remark = ""
    try:
        found = find.matches(archive, key)
    except TakenDown as gone:
        remark = str(gone)
    except UnknownKey:
        pass
    except AmbiguousKey as error:
        remark = str(error)
    return _page(archive, key, "key", found, remark)


def lookup_url(archive: Archive, url: str, at: datetime | None) -> LookupPage:
    """What was seen at the address, newest first; with `at`, what stood there then."""
    return _page(archive, url, "url", find.by_url(archive, url, at), "")


def lookup_text(archive: Archive, text: str, seconds: float = SCAN_SECONDS) -> LookupPage:
    """The versions that are, or hold, or are held by the text; searched for so many seconds."""
    known = recognise.recognise(archive, text, seconds)
    return _page(archive, text[:80], "text", known.matches, known.remark)


def _page(
    archive: Archive,
    asked: str,
    by: Literal["key", "url", "text"],
    found: tuple[find.Match, ...],
    remark: str,
) -> LookupPage:
    matches = tuple(match_view(archive, match) for match in found)
    return LookupPage(asked=asked, by=by, matches=matches, remark=remark)
