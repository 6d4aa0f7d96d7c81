"""What an archive keeps about works, as frozen values.

    WorkLink     what the linker says of two texts: certain, or a suggestion to a person
    Weighing     what it found out about one text
    WorkWord     a person's yes or no to two texts; it outranks every WorkLink
    Work         the documents that are one plan, as follows from all of these

Weighings and words are records in the WARC, so that nothing of them is found out or asked twice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from archive import warc
from archive.records import Capture
from archive.warc import Record

WEIGHING_TYPE = "application/vnd.variorum.weighing+json"
WORD_TYPE = "application/vnd.variorum.work-word+json"

Kind = Literal["same", "part", "announces"]
# same: one plan in two languages or wordings; part: the source is in the target; announces: the source is
# the circular by which the target was issued. The first two make one work of them, the third does not.


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLink:
    """What the linker says of two texts, with its evidence."""

    source: str  # exact part of a fingerprint
    target: str
    kind: Kind
    certain: bool  # False: a suggestion that a person has to confirm
    score: float  # 0..1
    because: str  # one line for people
    recipe: str  # of the linker
    covered: tuple[float, float] = (0.0, 0.0)  # share of the source, of the target, that is paired
    pairs: int = 0  # units that are paired
    numbers: tuple[int, int] = (0, 0)  # pairs that share a number, that have numbers and share none
    signals: tuple[str, ...] = ()  # beside the text: "same document number", "other issue date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What the linker found out about one text."""

    text: str  # exact part of its fingerprint: a version key
    capture: str  # id of the capture that it was read from
    recipe: str  # of the linker and, behind a space, of the vector; without one there is none
    vector: bytes  # 512 half-precision floats, little-endian: the whole text; b"" for none
    title: str  # of the plan in the text, by which a circular may announce it; "" where it has none
    announces: str  # title of the plan that the text is the circular of; "" for other texts
    links: tuple[WorkLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the index keeps of a weighing for later ones."""

    number: int  # in the order of weighing
    text: str  # exact part
    language: str  # of its version
    recipe: str
    vector: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkWord:
    """A person's word on whether two texts are of one work. The last one about two texts counts."""

    source: str  # exact part of a fingerprint
    target: str
    belongs: bool
    by: str  # who says so
    reason: str  # "" where none was given
    at: datetime  # when


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Documents that are one plan, in one language or several."""

    key: str  # of the first of its documents
    documents: tuple[str, ...]  # keys, in the order in which they came


class WorksIndex(Protocol):
    """The part of an index that is about works."""

    def add_weighing(self, weighing: Weighing) -> None:
        """Take what the linker found out about a text; the newest of a text counts.

        Raises:
            UnknownKey: one of the texts is not there.
        """
        ...

    def add_word(self, word: WorkWord) -> None:
        """Take a person's word.

        Raises:
            UnknownKey: one of the texts is not there.
        """
        ...

    def work(self, key: str) -> Work:
        """The work of a document or version; one alone is a work too.

        Raises:
            UnknownKey: there is no such document or version.
        """
        ...

    def all_works(self) -> tuple[Work, ...]:
        """Every work, those with most documents first, then in the order in which they came."""
        ...

    def work_links(self, document: str) -> tuple[WorkLink, ...]:
        """What the linker says of the texts of a document, oldest first."""
        ...

    def work_words(self, document: str) -> tuple[WorkWord, ...]:
        """What people say of the texts of a document, oldest first."""
        ...

    def unweighed(self, recipes: Collection[str], limit: int) -> tuple[str, ...]:
        """Keys of at most `limit` versions that were weighed by none of these recipes, newest first."""
        ...

    def weighed_after(self, number: int) -> tuple[Weighed, ...]:
        """All that was weighed behind that number and has a vector, in order."""
        ...

    def weighed_titled(self, title: str) -> tuple[str, ...]:
        """The texts whose plan has a title with the same `title_key`, oldest first; a few at most."""
        ...

    def weighed_announcing(self, title: str) -> tuple[str, ...]:
        """The texts that announce a plan with such a title, oldest first; a few at most."""
        ...

    def languages(self) -> frozenset[str]:
        """The languages of the documents, as BCP 47 tags."""
        ...


def weighing_record(weighing: Weighing, capture: Capture, made_at: datetime) -> Record:
    """The metadata record that holds a weighing."""
    fields = [
        ("WARC-Target-URI", capture.url),
        ("WARC-Date", warc.timestamp(made_at)),
        ("WARC-Refers-To", warc.wrapped_id(capture.id)),
    ]
    return warc.record("metadata", msgspec.json.encode(weighing), WEIGHING_TYPE, fields)


def word_record(word: WorkWord) -> Record:
    """The metadata record that keeps a person's word on a work."""
    fields = [("WARC-Date", warc.timestamp(word.at))]
    return warc.record("metadata", msgspec.json.encode(word), WORD_TYPE, fields)
