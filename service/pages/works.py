"""The page of a work and the list of works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive import lookup
from archive.errors import UnknownKey
from archive.records import Version
from archive.store import Archive
from archive.works import Work, WorkLink, WorkWord


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDocument:
    """A document of a work."""

    document: str
    language: str  # BCP 47
    title: str | None  # of its newest version that has one
    versions: int
    witnesses: tuple[str, ...]  # addresses, the earliest first
    publishers: tuple[str, ...]
    first_seen: datetime  # UTC
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEnd:
    """One of the two documents that a link is about."""

    document: str
    version: str
    language: str
    title: str | None
    work: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLinkView:
    """What ties two documents, or what a person should decide about."""

    kind: str  # same, part (the source is in the target), announces (it is the circular of the target)
    standing: str  # made, suggested, confirmed, refused
    source: WorkEnd
    target: WorkEnd
    score: float  # 0..1
    because: str
    covered: tuple[float, float]  # share of the source, of the target, that is paired
    pairs: int  # units
    numbers: tuple[int, int]  # pairs of units that share a number, that have numbers and share none
    signals: tuple[str, ...]
    by: str | None  # the person whose word it is
    reason: str | None
    at: datetime | None  # of the word, UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPage:
    """A work: its documents, why they are one, what is suggested, what announces it."""

    work: str
    title: str | None
    title_language: str  # of the original
    languages: tuple[str, ...]
    original: str  # key of the document that has the title
    documents: tuple[WorkDocument, ...]  # in the order in which they came
    links: tuple[WorkLinkView, ...]  # made, confirmed or refused
    suggestions: tuple[WorkLinkView, ...]
    announced_by: tuple[WorkLinkView, ...]  # circulars that issue it, or what it issues itself


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """A work in a list."""

    work: str
    title: str | None
    title_language: str
    languages: tuple[str, ...]
    documents: tuple[str, ...]
    witnesses: int  # addresses
    suggestions: int  # that wait for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksPage:
    """Works, those with most documents first."""

    works: tuple[WorkRow, ...]
    more: str | None  # key of the last one here where there are more behind it


def works_page(
    archive: Archive,
    *,
    several: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> WorksPage:
    """At most `limit` works behind that with the key `after`; with `several`, of more than one document.

    Raises:
        UnknownKey: there is no such work.
    """
    found = [work for work in archive.index.all_works() if len(work.documents) > 1 or not several]
    start = 0
    if after:
        at = (place for place, work in enumerate(found, 1) if after in (work.key, *work.documents))
        start = next(at, -1)
        if start < 0:
            raise UnknownKey(after)
    end = len(found) if limit is None else start + limit
    return WorksPage(
        works=tuple(_row(archive, work) for work in found[start:end]),
        more=found[end - 1].key if end < len(found) else None,
    )


def work_page(archive: Archive, key: str) -> WorkPage:
    """The page of the work that a key of it, of a document or of a version names.

    Raises:
        UnknownKey: there is no such work.
    """
    work = archive.index.work(key)
    held = documents(archive, work)
    first = original(held)
    views = _links(archive, work)
    return WorkPage(
        work=work.key,
        title=first.title,
        title_language=first.language,
        original=first.document,
        languages=_languages(held),
        documents=held,
        links=tuple(v for v in views if v.standing != "suggested" and v.kind != "announces"),
        suggestions=tuple(v for v in views if v.standing == "suggested"),
        announced_by=tuple(
            v for v in views if v.kind == "announces" and v.standing in ("made", "confirmed")
        ),
    )


def _row(archive: Archive, work: Work) -> WorkRow:
    held = documents(archive, work)
    first = original(held)
    return WorkRow(
        work=work.key,
        title=first.title,
        title_language=first.language,
        languages=_languages(held),
        documents=work.documents,
        witnesses=len({url for each in held for url in each.witnesses}),
        suggestions=sum(view.standing == "suggested" for view in _links(archive, work)),
    )


def documents(archive: Archive, work: Work) -> tuple[WorkDocument, ...]:
    """The documents of the work, in the order in which they came."""
    return tuple(_document(archive, each) for each in work.documents)


def original(held: Sequence[WorkDocument]) -> WorkDocument:
    """The one in the language of the original: a Chinese one where there is any, else the first.

    Of several, in either script, it is the one that most addresses show.
    """
    chinese = [each for each in held if each.language.startswith("zh")]
    return max(chinese or held[:1], key=lambda each: len(each.witnesses))


def _languages(held: Sequence[WorkDocument]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.language for each in held))


def _document(archive: Archive, key: str) -> WorkDocument:
    versions = archive.index.versions(key)
    seen = [each for version in versions for each in archive.index.witnesses(version.key)]
    titles = [version.title for version in versions if version.title]
    return WorkDocument(
        document=key,
        language=archive.index.document(key).language,
        title=titles[-1] if titles else None,
        versions=len(versions),
        witnesses=tuple(dict.fromkeys(each.url for each in seen)),
        publishers=tuple(dict.fromkeys(each.publisher for each in seen if each.publisher)),
        first_seen=min(version.first_seen for version in versions),
        last_seen=max(version.last_seen for version in versions),
    )


def _links(archive: Archive, work: Work) -> tuple[WorkLinkView, ...]:
    """Every link and word about a document of the work; a word stands in place of a link."""
    words: dict[tuple[str, str], WorkWord] = {}
    links: dict[tuple[str, str], WorkLink] = {}
    for document in work.documents:
        for word in archive.index.work_words(document):
            words[_pair(archive, word.source, word.target)] = word
        for link in archive.index.work_links(document):
            pair = _pair(archive, link.source, link.target)
            known = links.get(pair)
            if known is None or (link.certain, link.score) > (known.certain, known.score):
                links[pair] = link
    views = [_view(archive, links.get(pair), words.get(pair)) for pair in {**links, **words}]
    members = set(work.documents)
    return tuple(
        view
        for view in views
        if view.standing != "suggested" or {view.source.document, view.target.document} - members
    )


def _pair(archive: Archive, source: str, target: str) -> tuple[str, str]:
    a, b = sorted(archive.index.version(key).document for key in (source, target))
    return a, b


def _view(archive: Archive, link: WorkLink | None, word: WorkWord | None) -> WorkLinkView:
    said = link or word
    assert said is not None
    standing = "made" if link and link.certain else "suggested"
    if word:
        standing = "confirmed" if word.belongs else "refused"
    return WorkLinkView(
        kind=link.kind if link else "same",
        standing=standing,
        source=_end(archive, said.source),
        target=_end(archive, said.target),
        score=link.score if link else 1.0,
        because=link.because if link else "A person says so.",
        covered=link.covered if link else (0.0, 0.0),
        pairs=link.pairs if link else 0,
        numbers=link.numbers if link else (0, 0),
        signals=link.signals if link else (),
        by=word.by if word else None,
        reason=word.reason if word else None,
        at=word.at if word else None,
    )


def _end(archive: Archive, text: str) -> WorkEnd:
    version: Version = archive.index.version(text)
    return WorkEnd(
        document=version.document,
        version=version.key,
        language=version.language,
        title=version.title,
        work=archive.index.work(version.document).key,
    )


def work_named(archive: Archive, key: str) -> str:
    """The key of the work that a key of a work, document or version names, or a unique prefix of one.

    Raises:
        UnknownKey, AmbiguousKey, ValueError: as for `archive.lookup.by_key`.
    """
    try:
        return archive.index.work(key).key
    except UnknownKey:
        return archive.index.work(lookup.by_key(archive, key).document).key
