"""The pages of a document, of one of its versions, and of one capture."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from archive.records import Document, Reading, Version
from archive.store import Archive
from service.pages.parts import RelatedView, VersionView, related_views, version_view


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """A document: its versions, where each was seen, and what is linked to it."""

    document: str  # its key
    language: str  # BCP 47
    work: str | None  # key of the plan that it is in one language
    title: str | None  # of the newest version that has one
    publishers: tuple[str, ...]  # of all witnesses, the most frequent first
    first_seen: datetime  # UTC
    last_seen: datetime
    versions: tuple[VersionView, ...]  # in the order of observation, at least one
    related: tuple[RelatedView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document in a list."""

    document: str
    title: str | None
    language: str
    versions: int
    first_seen: datetime  # UTC
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsPage:
    """Documents, those that came last first."""

    documents: tuple[DocumentRow, ...]
    older: str | None  # key of the last one here where there are more behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairView:
    """Damage in a main text, and what it is read as."""

    kind: str  # gloss, misread, markup, mojibake
    span: tuple[int, int]  # code points of the text
    text: str  # what stands there
    reading: str  # "" where it is only noise


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """How a main text came out of the bytes."""

    capture: str
    encoding: str
    evidence: str  # for the encoding
    damage: float  # share of characters lost in decoding, 0..1
    chosen: str  # how the main text was told from the rest
    language: str
    confidence: float  # 0..1
    repairs: tuple[RepairView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """One version: its text, how that was read, and where it was seen."""

    document: str
    version: VersionView
    of: int  # versions that the document has
    previous: str | None  # key of the version before it
    next: str | None  # key of the version behind it
    text: str  # main text; paragraphs end in a line break
    reading: ReadingView
    related: tuple[RelatedView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePage:
    """One capture: when, where, what bytes, and what became of them."""

    capture: str
    url: str
    captured_at: datetime  # UTC
    kind: str  # response, resource, revisit
    status: int
    media_type: str
    payload_digest: str
    entity_digest: str
    warc: str
    offset: int  # bytes
    length: int
    refers_to: str | None  # the capture that holds the bytes of a revisit
    truncated: str | None
    document: str | None
    version: str | None
    title: str | None
    reason: str | None  # why it has no version


def document_page(archive: Archive, key: str) -> DocumentPage:
    """The page of the document with this key, or an alias of it.

    Raises:
        UnknownKey: there is none.
    """
    found: Document = archive.index.document(key)
    links = archive.index.links(found.key)
    versions = tuple(
        version_view(archive, each, links) for each in archive.index.versions(found.key)
    )
    titles = [each.title for each in versions if each.title]
    publishers = Counter(
        witness.publisher for each in versions for witness in each.witnesses if witness.publisher
    )
    return DocumentPage(
        document=found.key,
        language=found.language,
        work=found.work,
        title=titles[-1] if titles else None,
        publishers=tuple(name for name, _ in publishers.most_common()),
        first_seen=min(each.first_seen for each in versions),
        last_seen=max(each.last_seen for each in versions),
        versions=versions,
        related=related_views(archive, found.key, links),
    )


def version_page(archive: Archive, version: Version) -> VersionPage:
    """The page of the version.

    Raises:
        Damaged: its text is not there or not as written.
    """
    filed = archive.index.first_filed(version.key)
    reading = archive.reading(filed.entry.record, filed.entry.text)
    links = archive.index.links(version.document)
    others = [each.key for each in archive.index.versions(version.document)]
    at = others.index(version.key)
    return VersionPage(
        document=version.document,
        version=version_view(archive, version, links),
        of=len(others),
        previous=others[at - 1] if at else None,
        next=others[at + 1] if at + 1 < len(others) else None,
        text=reading.text,
        reading=reading_view(reading),
        related=related_views(archive, version.document, links),
    )


def reading_view(reading: Reading) -> ReadingView:
    """How the text came out of the bytes; offsets of repairs are those of the text."""
    return ReadingView(
        capture=reading.capture,
        encoding=reading.encoding,
        evidence=reading.evidence,
        damage=reading.damage,
        chosen=reading.chosen,
        language=reading.language.tag,
        confidence=reading.language.confidence,
        repairs=tuple(
            RepairView(
                kind=repair.kind,
                span=(repair.start, repair.end),
                text=reading.text[repair.start : repair.end],
                reading=repair.reading,
            )
            for repair in reading.repairs
        ),
    )


def capture_page(archive: Archive, id: str) -> CapturePage:
    """The page of the capture with this id.

    Raises:
        UnknownKey: there is none.
    """
    capture = archive.index.capture(id)
    filed = archive.index.filed(id)
    refusal = archive.index.refusal(id)
    return CapturePage(
        capture=capture.id,
        url=capture.url,
        captured_at=capture.fetched_at,
        kind=capture.kind,
        status=capture.status,
        media_type=capture.media_type,
        payload_digest=capture.payload_digest,
        entity_digest=capture.entity_digest,
        warc=capture.place.warc,
        offset=capture.place.offset,
        length=capture.place.length,
        refers_to=capture.refers_to,
        truncated=capture.truncated,
        document=filed.document if filed else None,
        version=filed.version if filed else None,
        title=filed.entry.title if filed else None,
        reason=refusal.reason if refusal else None,
    )


def documents_page(archive: Archive, before: str | None, limit: int) -> DocumentsPage:
    """The documents that came before the one with the key `before`, newest first.

    Raises:
        UnknownKey: there is no such document.
    """
    keys = archive.index.newest_documents(before, limit + 1)
    rows = tuple(_row(archive, key) for key in keys[:limit])
    return DocumentsPage(documents=rows, older=keys[limit - 1] if len(keys) > limit else None)


def _row(archive: Archive, key: str) -> DocumentRow:
    versions = archive.index.versions(key)
    titles = [each.title for each in versions if each.title]
    return DocumentRow(
        document=key,
        title=titles[-1] if titles else None,
        language=versions[0].language,
        versions=len(versions),
        first_seen=min(each.first_seen for each in versions),
        last_seen=max(each.last_seen for each in versions),
    )
