"""What there is to tell: changes that cannot turn out to be blinks any more."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from archive.changes import Change, changes, latest
from archive.index import Index
from crawlers.discovery.links import Link
from service.watches import Watch
from service.words import Words, read_words

_PAGE = 200  # changes that are read at once
_MOST_READ = 5_000  # changes that are looked through for a watch, the newest; no source


def settled(index: Index, now: datetime, *, document: str | None = None) -> Iterator[Change]:
    """The changes that are settled by `now`, newest first."""
    before = None
    while page := latest(index, before=before, limit=_PAGE, document=document):
        before = page[-1].id
        yield from (change for change in page if is_settled(change, now))


def fitting(index: Index, now: datetime, watch: Watch) -> Iterator[Change]:
    """The same of what a watch looks for, by title and address."""
    wish = watch.wish()
    for count, change in enumerate(settled(index, now)):
        if count >= _MOST_READ:
            return
        if wish.fits(Link(url=change.url, title=change.title or "")):
            yield change


def since(index: Index, after: str | None, now: datetime) -> tuple[tuple[Change, ...], str | None]:
    """The settled changes behind the one with the id `after`, oldest first, and from where to go on.

    That is the last one before the first that is not settled: those behind it come again.
    """
    found: list[Change] = []
    mark, waits = after, False
    place = after
    while page := changes(index, after=place, limit=_PAGE):
        place = page[-1].id
        for change in page:
            if is_settled(change, now):
                found.append(change)
                mark = mark if waits else change.id
            else:
                waits = True
    return tuple(found), mark


def is_settled(change: Change, now: datetime) -> bool:
    """Whether the change cannot turn out to be a blink any more."""
    return change.open_until is None or change.open_until <= now


def words_in(language: str) -> Words:
    """What is said of changes in this language, one of `service.words.LANGUAGES`."""
    return read_words(Path(__file__).with_name("strings.toml"))[language]


def headline(change: Change, words: Words) -> str:
    """One line: what happened to which text."""
    return words("tell.headline", kind=words(f"kind.{change.kind}"), title=title(change))


def title(change: Change) -> str:
    """What the text calls itself, or its address."""
    return one_line(change.title or "") or change.url


def one_line(text: str) -> str:
    """The text without line breaks and control characters, as XML and mail headers must have it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
