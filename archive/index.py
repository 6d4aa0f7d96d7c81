"""What an index must do. SQLite does it in `archive.sqlite_index`; each one passes the same contract tests.

An index is made from the WARC records and holds nothing that is not in them: it can be deleted and made
again. Its writing half takes records in the order in which they were written; the reading half answers.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from archive.records import (
    Adoption,
    Capture,
    Document,
    Filing,
    Fingerprint,
    Link,
    Place,
    Refusal,
    Sketch,
    Tombstone,
    Unlink,
    Version,
    Witness,
)
from archive.works import WorksIndex

_SITE = re.compile(r"\s*(?:[_|]|\s[-–—]+\s|——).*\Z", re.DOTALL)
_TITLE_LEAST = 4  # letters; shorter ones are "通知" and the like
_TITLE_MOST = 200  # letters: bounds the index where a page takes its text for a title


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the index keeps of a reading; the rest stands in the WARC, at `record`."""

    capture: str
    fingerprint: Fingerprint
    iscc: str
    iscc_form: str
    language: str
    title: str | None
    publisher: str | None
    published_at: str | None
    text_id: str  # record id of the conversion that holds the text
    text: Place
    record: Place  # of the metadata record


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An entry and where it was filed."""

    entry: Entry
    version: str
    document: str
    relation: str  # as decided then


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A capture with a reading, as `archive.changes` looks at it."""

    seq: int  # its number in the order of writing; another one after a takedown and a rebuild
    capture: str  # id
    url: str
    seen_at: datetime
    version: str  # key
    document: str  # key
    title: str | None
    language: str
    publisher: str | None
    relation: str  # as decided then
    because: str  # of the link that decided it; "" where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A capture at which an address turned to another version or from it."""

    seq: int  # its number in the order of writing
    capture: str  # id
    seen_at: datetime
    version: str  # key


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a capture: filed, or refused by a stage."""

    capture: Capture
    filed: Filed | None
    refusal: Refusal | None


def title_key(title: str | None) -> str | None:
    """The title as the index compares it; None for one that is too short to tell documents apart.

    That is its letters and digits alone, NFKC, case-folded, without the name of a site behind it.
    """
    plain = unicodedata.normalize("NFKC", title or "")
    for form in (_SITE.sub("", plain), plain):
        key = "".join(filter(str.isalnum, form.casefold()))
        if len(key) >= _TITLE_LEAST:
            return key[:_TITLE_MOST]
    return None


class Index(WorksIndex, Protocol):
    """The answers that an archive gives without reading its WARCs."""

    def transaction(self) -> AbstractContextManager[None]:
        """All that is added inside is added together, durably at the end, or not at all.

        One inside another can fail alone; only the outermost makes anything durable.

        Raises:
            NotKept: the disk would not take it; nothing was added.
            ArchiveBusy: another process is writing.
        """
        ...

    def add_capture(self, capture: Capture) -> None:
        """Take a capture; one that is there already changes nothing.

        Revisits that came before this one, which they repeat, get its entity digest.
        """
        ...

    def add_reading(self, entry: Entry, filing: Filing) -> None:
        """File a reading. One of the same capture replaces the older; older keys stay as aliases.

        Raises:
            UnknownKey: the capture or a version that a link names is not there; nothing was added.
        """
        ...

    def add_refusal(self, refusal: Refusal) -> None:
        """Note why a capture has no reading."""
        ...

    def add_unlink(self, unlink: Unlink) -> None:
        """Take apart what a person says does not belong together, for good; UnknownKey for a strange text."""
        ...

    def add_tombstone(self, tombstone: Tombstone) -> None:
        """Note that a capture was taken down, and the keys of what was read from it."""
        ...

    def add_adoption(self, adoption: Adoption, record: Place) -> None:
        """Take the captures that a record at this place refers to in another file."""
        ...

    def add_sketch(self, version: str, sketch: Sketch) -> None:
        """Make a version findable by near-copies and excerpts."""
        ...

    def set_indexed(self, warc: str, size: int) -> None:
        """Note that every record in the first `size` bytes of the file is in the index."""
        ...

    def indexed(self) -> dict[str, int]:
        """For each WARC file, how many of its bytes are in the index."""
        ...

    def capture(self, id: str) -> Capture:
        """The capture with this id; UnknownKey where there is none."""
        ...

    def original(self, entity_digest: str) -> Capture | None:
        """The oldest capture that holds these bytes itself, if any."""
        ...

    def originals(self, entity_digest: str) -> tuple[Capture, ...]:
        """The captures that hold these bytes themselves, oldest first; a few at most."""
        ...

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        """Every capture of the address, oldest first; or the first that was kept of one moment."""
        ...

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        """At most `limit` captures of the address, newest first."""
        ...

    def captures_with(self, digest: str) -> tuple[Capture, ...]:
        """Every capture with this payload or entity digest, oldest first."""
        ...

    def filed(self, capture: str) -> Filed | None:
        """The reading of a capture and where it is filed, if it has one."""
        ...

    def first_filed(self, version: str) -> Filed:
        """The reading that made the version; UnknownKey where there is no such version."""
        ...

    def text(self, text_id: str) -> Place:
        """Where the conversion record with this id lies; UnknownKey where no reading uses it."""
        ...

    def refusal(self, capture: str) -> Refusal | None:
        """Why a capture has no reading, if that was found."""
        ...

    def unread(self) -> tuple[Capture, ...]:
        """Captures of pages that have neither a reading nor a refusal, oldest first."""
        ...

    def unsketched(self) -> tuple[Version, ...]:
        """Versions that cannot be found by near-copies yet."""
        ...

    def versions_with(self, prefix: str, limit: int) -> tuple[str, ...]:
        """Keys of at most `limit` versions of which a key, alias or ISCC begins so."""
        ...

    def version(self, key: str) -> Version:
        """The version with this key or alias; UnknownKey where there is none."""
        ...

    def document(self, key: str) -> Document:
        """The document with this key or alias; UnknownKey where there is none."""
        ...

    def versions(self, document: str) -> tuple[Version, ...]:
        """The versions of a document in the order of observation."""
        ...

    def witnesses(self, version: str) -> tuple[Witness, ...]:
        """The addresses at which a version was seen, earliest first."""
        ...

    def links(self, document: str) -> tuple[Link, ...]:
        """Links that start or end at a version of the document, oldest first."""
        ...

    def unlinked(self, exact: str) -> frozenset[str]:
        """Keys of the documents in which a person would not have the text with this exact part."""
        ...

    def tombstone(self, key: str) -> Tombstone | None:
        """That of the capture with this id, or of the first one whose text has this key, if any."""
        ...

    def tombstones(self) -> tuple[Tombstone, ...]:
        """All that was taken down, in the order of the records."""
        ...

    def adoptions(self) -> tuple[tuple[str, Place], ...]:
        """The files that are referred to, each beside the place of a record that does so, in their order."""
        ...

    def same_title(self, title: str, limit: int) -> tuple[str, ...]:
        """Keys of at most `limit` versions of which the title has the same `title_key`, newest first."""
        ...

    def candidates(self, sketch: Sketch, limit: int) -> tuple[str, ...]:
        """Keys of at most `limit` versions that may be near-copies or excerpts, likeliest first."""
        ...

    def texts(self) -> Iterator[tuple[str, Place]]:
        """Key and place of the text of every version, newest first; reads no more than is taken."""
        ...

    def number(self, version: str) -> int:
        """That of the version with this key, no alias; UnknownKey where there is none."""
        ...

    def keys_after(self, number: int) -> Iterator[tuple[int, str]]:
        """Number and key of the versions with a greater number; no number is ever used for two."""
        ...

    def arrival(self, capture: str) -> Arrival:
        """That of the capture with this id; UnknownKey where it has no reading."""
        ...

    def arrivals(self, after: int, document: str | None) -> Iterator[Arrival]:
        """Those that may be changes and come behind the number `after`, in the order of writing."""
        ...

    def arrivals_back(self, before: int | None, document: str | None) -> Iterator[Arrival]:
        """Those that may be changes and come before the number, or all of them, the last one first."""
        ...

    def turns(self, url: str) -> tuple[Turn, ...]:
        """The captures at which an address turned to another version or from it, in the order of time."""
        ...

    def all_versions(self) -> Iterator[Version]:
        """Every version, in the order of observation."""
        ...

    def newest_documents(self, before: str | None, limit: int) -> tuple[str, ...]:
        """Keys of at most `limit` documents that came before `before`, newest first.

        Raises:
            UnknownKey: there is no such document.
        """
        ...

    def refused(self) -> dict[str, int]:
        """How many captures each stage would not take, by its name."""
        ...

    def counts(self) -> dict[str, int]:
        """How many captures, readings, refusals, documents, versions, witnesses and links there are."""
        ...

    def dump(self) -> Iterator[str]:
        """Every row as a line of text, without internal numbers: equal for equal archives."""
        ...

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The same rows as `dump`, as values."""
        ...

    def ends(self) -> dict[str, Place]:
        """For each WARC file that it names, the last record there that it refers to."""
        ...

    def faults(self) -> tuple[str, ...]:
        """What is wrong inside the index itself, a sentence each: damage, references to nothing."""
        ...

    def close(self) -> None:
        """Let go of the file or connection."""
        ...
