"""The versions that a new text is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import overload

from archive.records import Candidate, Issued, Reading, Sketch
from archive.store import Archive
from pipelines.repair import repaired

_MOST = 20  # by their sketches, likeliest first
_OF_TITLE = 5  # of the same title, newest first: a text that was rewritten shares no passage
# Seen at the same address, newest first: their new text is a version, however different.
_AT_ADDRESS = 3


class Lazily(Sequence[Candidate]):
    """Candidates that are read from the archive when they are looked at, and once."""

    def __init__(self, archive: Archive, versions: Sequence[str]) -> None:
        self._archive = archive
        self._versions = versions
        self._read: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._versions)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...
    @overload
    def __getitem__(self, place: slice) -> "Lazily": ...
    def __getitem__(self, place: int | slice) -> "Candidate | Lazily":
        if isinstance(place, slice):
            return Lazily(self._archive, self._versions[place])
        if place not in self._read:
            self._read[place] = _candidate(self._archive, self._versions[place])
        return self._read[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Versions that a text may be, or precede, by what they were found by."""

    near: Lazily  # by the sketch, likeliest first
    named: Lazily  # by title or address, and not by the sketch


def candidates(
    archive: Archive, sketch: Sketch, by: Issued | None = None, apart: frozenset[str] = frozenset()
) -> Candidates:
    """Versions that share passages with a text, have its title, or were seen at its address.

    None is of the documents `apart`.
    """
    near = dict.fromkeys(archive.index.candidates(sketch, _MOST))
    titled = archive.index.same_title(by.title, _OF_TITLE) if by and by.title else ()
    seen = _seen_at(archive, by.url) if by and by.url else ()
    named = dict.fromkeys((*titled, *seen))
    if apart:
        near, named = (
            dict.fromkeys(key for key in keys if archive.index.version(key).document not in apart)
            for keys in (near, named)
        )
    return Candidates(
        near=Lazily(archive, list(near)),
        named=Lazily(archive, [key for key in named if key not in near]),
    )


def issued(reading: Reading, url: str | None) -> Issued:
    """What the reading says beside its text about which document it is."""
    described = reading.description
    return Issued(
        title=described.title.value if described.title else None,
        issuers=tuple(found.value for found in described.issuers),
        document_number=described.document_number.value if described.document_number else None,
        issued_on=_day(described.issued_on.value) if described.issued_on else None,
        url=url,
    )


def _seen_at(archive: Archive, url: str) -> list[str]:
    filed = (archive.index.filed(each.id) for each in reversed(archive.index.captures_at(url)))
    return list(dict.fromkeys(each.version for each in filed if each))[:_AT_ADDRESS]


def _candidate(archive: Archive, key: str) -> Candidate:
    filed = archive.index.first_filed(key)
    reading = archive.reading(filed.entry.record, filed.entry.text)
    return Candidate(
        version=filed.version,
        document=filed.document,
        text=repaired(reading.text, reading.repairs),
        issued=issued(reading, archive.index.capture(reading.capture).url),
        exact=filed.entry.fingerprint.exact,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None  # a day that the page got wrong is no evidence
