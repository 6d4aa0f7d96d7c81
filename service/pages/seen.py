"""The witnesses of a work over time, from the index alone."""

from dataclasses import dataclass
from datetime import datetime

from archive.store import Archive
from archive.works import Work

MOST = 500  # witnesses in one list


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An address of a work."""

    url: str
    version: str
    language: str  # BCP 47
    publisher: str | None
    published_at: str | None  # as the page says: RFC 3339, or an ISO day
    first_seen: datetime  # UTC
    last_seen: datetime


def seen(archive: Archive, work: Work) -> tuple[Seen, ...]:
    """The witnesses by the date that they bear; those without one behind, as they were first seen."""
    found = [
        Seen(
            url=witness.url,
            version=version.key,
            language=version.language,
            publisher=witness.publisher,
            published_at=witness.published_at,
            first_seen=witness.captures[0].fetched_at,
            last_seen=witness.captures[-1].fetched_at,
        )
        for document in work.documents
        for version in archive.index.versions(document)
        for witness in archive.index.witnesses(version.key)
    ]
    found.sort(key=lambda each: (each.published_at or "9", each.first_seen, each.url))
    return tuple(found[:MOST])
