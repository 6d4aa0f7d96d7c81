"""The page of a search: versions whose titles or texts have the words, with the passages that do."""

from dataclasses import dataclass
from datetime import datetime

from archive.search import Filters, Hit, Passage, Search
from archive.store import Archive
from service.pages.parts import WitnessView, witness_views


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """A version that has the words."""

    document: str
    version: str
    number: int  # of the version in its document
    title: str | None
    language: str  # BCP 47
    first_seen: datetime  # UTC
    last_seen: datetime
    score: float  # 0..1, of the best hit: 1
    passages: tuple[Passage, ...]
    witnesses: tuple[WitnessView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """What a search found, best first."""

    query: str
    filters: Filters
    hits: tuple[HitView, ...]
    found: int  # in all, as far as they were ranked
    all: bool  # whether every text that fits was ranked, or only the newest
    next: str | None  # what the next page is asked with; None at the end


def search_page(
    archive: Archive,
    search: Search,
    query: str,
    filters: Filters,
    *,
    after: str | None = None,
    limit: int = 20,
) -> SearchPage:
    """The hits behind the mark `after`.

    Raises:
        BadQuery: it asks for nothing, for too much, or takes too long; or `after` is no such mark.
    """
    found = search.find(query, filters=filters, limit=limit, after=after)
    return SearchPage(
        query=query,
        filters=filters,
        hits=tuple(_hit(archive, each) for each in found.hits),
        found=found.found,
        all=found.all,
        next=found.next,
    )


def _hit(archive: Archive, hit: Hit) -> HitView:
    version = hit.version
    return HitView(
        document=version.document,
        version=version.key,
        number=version.number,
        title=version.title,
        language=version.language,
        first_seen=version.first_seen,
        last_seen=version.last_seen,
        score=round(hit.score, 4),
        passages=hit.passages,
        witnesses=witness_views(archive, version.key),
    )
