"""The pieces that several pages are made of: captures, witnesses, versions, links and their evidence.

The names of the fields are those of the JSON that other programs rely on.
"""

from dataclasses import dataclass
from datetime import datetime

from archive.blinks import is_blink
from archive.lookup import Match
from archive.records import Capture, Evidence, Link, Relation, Version, Witness
from archive.store import Archive

_INVERSE = {Relation.EXCERPT: "contains"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureView:
    """When an address was seen, and where its bytes lie."""

    captured_at: datetime  # UTC
    status: int  # HTTP, 100-599; 0 for a file that was handed in
    capture: str  # its id
    warc: str  # path below the archive folder
    offset: int  # bytes
    payload_digest: str
    truncated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessView:
    """An address, and the first capture at which it showed a version."""

    url: str
    captured_at: datetime  # UTC; this and the next fields are those of the first capture
    status: int
    capture: str
    warc: str
    offset: int
    payload_digest: str
    truncated: str | None
    publisher: str | None
    published_at: str | None  # RFC 3339 or an ISO day
    blink: bool  # it was there for less than a day, between two sightings of something else
    captures: tuple[CaptureView, ...]  # all, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """A text that joined a version although its normal form differs, and why."""

    text: str  # exact part of its fingerprint
    score: float  # 0..1
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedView:
    """Another document, and the strongest link to it."""

    document: str
    title: str | None
    relation: str  # of this document to the other: version, excerpt, contains
    score: float  # 0..1
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One state of a document and where it was seen."""

    version: str
    number: int  # 1, 2, ... in the order of observation
    fingerprint: str
    iscc: str
    iscc_form: str
    first_seen: datetime  # UTC
    last_seen: datetime
    language: str  # BCP 47
    title: str | None
    witnesses: tuple[WitnessView, ...]  # earliest first
    copies: tuple[CopyView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchView:
    """A version that fits what was looked up, and why."""

    document: str
    version: str
    number: int
    relation: str  # same, version, excerpt, similar
    score: float  # 0..1
    evidence: Evidence
    title: str | None
    language: str
    first_seen: datetime  # UTC
    last_seen: datetime
    witnesses: tuple[WitnessView, ...]


def capture_view(capture: Capture) -> CaptureView:
    """The capture as pages name it."""
    return CaptureView(
        captured_at=capture.fetched_at,
        status=capture.status,
        capture=capture.id,
        warc=capture.place.warc,
        offset=capture.place.offset,
        payload_digest=capture.payload_digest,
        truncated=capture.truncated,
    )


def witness_view(archive: Archive, witness: Witness) -> WitnessView:
    """The witness as pages name it."""
    first = witness.captures[0]
    return WitnessView(
        url=witness.url,
        captured_at=first.fetched_at,
        status=first.status,
        capture=first.id,
        warc=first.place.warc,
        offset=first.place.offset,
        payload_digest=first.payload_digest,
        truncated=first.truncated,
        publisher=witness.publisher,
        published_at=witness.published_at,
        blink=is_blink(archive, witness),
        captures=tuple(capture_view(each) for each in witness.captures),
    )


def witness_views(archive: Archive, version: str) -> tuple[WitnessView, ...]:
    """Where the version with this key was seen, earliest first."""
    return tuple(witness_view(archive, each) for each in archive.index.witnesses(version))


def version_view(archive: Archive, version: Version, links: tuple[Link, ...]) -> VersionView:
    """The version as pages name it; `links` are those of its document."""
    copies = tuple(
        CopyView(text=link.source, score=round(link.score, 4), evidence=link.evidence)
        for link in links
        if link.relation is Relation.SAME and link.target == version.key
    )
    return VersionView(
        version=version.key,
        number=version.number,
        fingerprint=str(version.fingerprint),
        iscc=version.iscc,
        iscc_form=version.iscc_form,
        first_seen=version.first_seen,
        last_seen=version.last_seen,
        language=version.language,
        title=version.title,
        witnesses=witness_views(archive, version.key),
        copies=copies,
    )


def match_view(archive: Archive, match: Match) -> MatchView:
    """The match as pages name it."""
    version = match.version
    return MatchView(
        document=version.document,
        version=version.key,
        number=version.number,
        relation=match.relation,
        score=round(match.score, 4),
        evidence=match.evidence,
        title=version.title,
        language=version.language,
        first_seen=version.first_seen,
        last_seen=version.last_seen,
        witnesses=witness_views(archive, version.key),
    )


def related_views(
    archive: Archive, document: str, links: tuple[Link, ...]
) -> tuple[RelatedView, ...]:
    """The other documents that the links lead to, each with the strongest one."""
    strongest: dict[tuple[str, str], RelatedView] = {}
    for link in links:
        source, target = archive.index.version(link.source), archive.index.version(link.target)
        if source.document == target.document:
            continue
        outward = source.document == document
        other = target if outward else source
        relation = str(link.relation if outward else _INVERSE.get(link.relation, link.relation))
        known = strongest.get((other.document, relation))
        if known is None or link.score > known.score:
            strongest[other.document, relation] = RelatedView(
                document=other.document,
                title=other.title,
                relation=relation,
                score=round(link.score, 4),
                evidence=link.evidence,
            )
    return tuple(strongest.values())


def container(archive: Archive, document: str) -> str | None:
    """The document that contains this one, if it is an excerpt: the one it is most of."""
    best: Link | None = None
    for link in archive.index.links(document):
        source = archive.index.version(link.source)
        if link.relation is Relation.EXCERPT and source.document == document:
            best = link if best is None or link.score > best.score else best
    return archive.index.version(best.target).document if best else None
