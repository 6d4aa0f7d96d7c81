"""The versions that a new text is compared with."""

from datetime import date

from archive.records import Candidate, Issued, Reading, Sketch
from archive.store import Archive
from pipelines.repair import repaired

_MOST = 20  # by their sketches, likeliest first
_AT_ADDRESS = (
    3  # seen at the same address, newest first: their new text is a version, however different
)


def candidates(archive: Archive, sketch: Sketch, url: str | None = None) -> tuple[Candidate, ...]:
    """Versions that may be near-copies of a text with this sketch, hold it, be held by it, or precede it."""
    keys = dict.fromkeys(archive.index.candidates(sketch, _MOST))
    keys |= dict.fromkeys(_seen_at(archive, url) if url else ())
    return tuple(_candidate(archive, key) for key in keys)


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
