"""The part of the API that reads: documents, versions, captures, diffs, lookups, changes, health.

What takes a few indexed reads is a coroutine, and runs where the server listens: handing it to a thread
would take several times as long. All else runs in threads.
"""

import re
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from archive import lookup as find
from archive.captures import ENTITY_LIMIT
from archive.changes import Change
from archive.changes import change as known_change
from archive.errors import UnknownKey
from archive.records import Capture, Version
from archive.search import Filters
from archive.store import Archive
from service.api.answers import CHECKED, answer, entity, from_cursor, to_cursor
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import PROBLEMS, Refused
from service.api.times import moment_of
from service.pages.diff import DiffPage, diff_page
from service.pages.document import (
    CapturePage,
    DocumentPage,
    DocumentRow,
    VersionPage,
    capture_page,
    document_page,
    documents_page,
    version_page,
)
from service.pages.home import HealthPage, changes_page, counts, health_page
from service.pages.lookup import LookupPage, lookup_key, lookup_text, lookup_url
from service.pages.parts import WitnessView, witness_views
from service.pages.search import SearchPage, search_page

TEXT_LIMIT = 1_000_000  # bytes of UTF-8 of a text that is looked up
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}", re.IGNORECASE)
_BOX = {  # archived bytes are shown to nobody as a page of this origin
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "attachment",
}

Key = Annotated[
    str,
    InPath(
        max_length=600,
        description="A fingerprint, its exact part, 8 or more characters of how that begins, "
        "an ISCC, or a payload digest.",
    ),
]
Cursor = Annotated[str | None, Query(max_length=600, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]

router = APIRouter(dependencies=[needs("read")], responses=PROBLEMS, tags=["reading"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Documents, those that came last first."""

    documents: tuple[DocumentRow, ...]
    next: str | None  # cursor; None at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Changes, newest first."""

    changes: tuple[Change, ...]
    next: str | None  # cursor; None at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Where a version was seen, earliest first."""

    version: str
    witnesses: tuple[WitnessView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts and sizes."""

    counts: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """A text that is looked for."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """What else a version must be; nothing is asked where a field is not given."""

    language: Annotated[str | None, Query(max_length=35)] = None
    publisher: Annotated[str | None, Query(max_length=200)] = None
    since: date | None = None
    until: date | None = None
    document: Annotated[str | None, Query(max_length=600)] = None
    relation: Annotated[str | None, Query(max_length=20)] = None

    def filters(self) -> Filters:
        """The same for the search."""
        return Filters(**asdict(self))


def body_of(model: Any) -> dict[int | str, dict[str, Any]]:
    """The answer of a route, for its documentation; the routes encode their answers themselves."""
    return {200: {"model": model, "description": (model.__doc__ or "").partition("\n")[0]}}


def version_of(archive: Archive, key: str) -> Version:
    """The version that the key names.

    Raises:
        Refused: it has the form of no key.
        UnknownKey, TakenDown, AmbiguousKey: as for `archive.lookup.by_key`.
    """
    try:
        return find.by_key(archive, key)
    except ValueError as error:
        raise Refused(400, "bad-key", str(error)) from error


def document_of(archive: Archive, key: str) -> str:
    """The key of the document that the key names, itself or one of its versions."""
    try:
        return archive.index.document(key).key
    except UnknownKey:
        return version_of(archive, key).document


def raw(request: Request, archive: Archive, capture: Capture) -> Response:
    """The archived bytes, decoded, as a download that no browser runs."""
    body = archive.body(capture)
    if not body.complete:
        detail = f"It is longer than {ENTITY_LIMIT >> 20} MiB once it is unpacked."
        raise Refused(422, "too-long", detail)
    kind = body.media_type.partition(";")[0].strip()
    media_type = kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
    return entity(request, body.data, media_type, cache=CHECKED, headers=_BOX)


@router.get("/documents", responses=body_of(Documents))
def documents(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """Every document, those that came last first."""
    with opened(request).archive() as archive:
        page = documents_page(archive, from_cursor(cursor), limit)
    follow = to_cursor(page.older) if page.older else None
    return answer(request, Documents(documents=page.documents, next=follow))


@router.get("/documents/{key}", responses=body_of(DocumentPage))
def document(request: Request, key: Key) -> Response:
    """A document: its versions, where each was seen, and what is linked to it."""
    with opened(request).archive() as archive:
        return answer(request, document_page(archive, document_of(archive, key)))


@router.get("/versions/{key}", responses=body_of(VersionPage))
def version(request: Request, key: Key) -> Response:
    """A version: its text, how that was read, and where it was seen."""
    with opened(request).archive() as archive:
        return answer(request, version_page(archive, version_of(archive, key)))


@router.get(
    "/versions/{key}/text",
    responses={200: {"content": {"text/plain": {}}}},
    response_class=Response,
)
async def text(request: Request, key: Key) -> Response:
    """The main text of a version, as it is."""
    with opened(request).archive() as archive:
        body = archive.text(version_of(archive, key).text).encode()
    return entity(request, body, "text/plain; charset=utf-8")


@router.get(
    "/versions/{key}/raw",
    responses={200: {"content": {"application/octet-stream": {}}}},
    response_class=Response,
)
def raw_of_version(request: Request, key: Key) -> Response:
    """The archived bytes of the first capture of a version."""
    with opened(request).archive() as archive:
        filed = archive.index.first_filed(version_of(archive, key).key)
        return raw(request, archive, archive.index.capture(filed.entry.capture))


@router.get("/versions/{key}/witnesses", responses=body_of(Witnesses))
async def witnesses(request: Request, key: Key) -> Response:
    """Where a version was seen, earliest first."""
    with opened(request).archive() as archive:
        known = version_of(archive, key).key
        found = Witnesses(version=known, witnesses=witness_views(archive, known))
    return answer(request, found)


@router.get("/captures/{id}", responses=body_of(CapturePage))
async def capture(request: Request, id: Annotated[str, InPath(max_length=64)]) -> Response:
    """A capture: when, where, which bytes, and what became of them."""
    with opened(request).archive() as archive:
        return answer(request, capture_page(archive, id))


@router.get(
    "/captures/{id}/raw",
    responses={200: {"content": {"application/octet-stream": {}}}},
    response_class=Response,
)
def raw_of_capture(request: Request, id: Annotated[str, InPath(max_length=64)]) -> Response:
    """The archived bytes of a capture."""
    with opened(request).archive() as archive:
        return raw(request, archive, archive.index.capture(id))


@router.get("/diffs/{older}..{newer}", responses=body_of(DiffPage))
def diff(request: Request, older: Key, newer: Key) -> Response:
    """What changed from one version to another; offsets count code points of the two main texts."""
    with opened(request).archive() as archive:
        page = diff_page(archive, version_of(archive, older), version_of(archive, newer))
    return answer(request, page)


@router.get("/lookup", responses=body_of(LookupPage))
async def lookup(
    request: Request,
    key: Annotated[str | None, Query(max_length=600)] = None,
    url: Annotated[str | None, Query(max_length=8192)] = None,
    at: Annotated[str | None, Query(max_length=40, description="With `url`: a time.")] = None,
) -> Response:
    """Versions by a key, or by the address where they were seen and, with `at`, by the time."""
    if (key is None) == (url is None):
        raise Refused(400, "bad-lookup", "Give either `key` or `url`; POST a text to look it up.")
    if key is not None:
        return found_by_key(request, key)
    moment = moment_of(at) if at else None
    with opened(request).archive() as archive:
        return answer(request, lookup_url(archive, url or "", moment))


def found_by_key(request: Request, key: str) -> Response:
    """What the key leads to.

    Raises:
        Refused: it has the form of no key.
    """
    with opened(request).archive() as archive:
        try:
            return answer(request, lookup_key(archive, key))
        except ValueError as error:
            raise Refused(400, "bad-key", str(error)) from error


@router.post("/lookup", responses=body_of(LookupPage))
def lookup_pasted(request: Request, pasted: Annotated[Pasted, Body()]) -> Response:
    """Versions that are, or hold, or are held by a text."""
    if len(pasted.text.encode("utf-8", "replace")) > TEXT_LIMIT:
        raise Refused(
            413, "too-large", f"A text to look up may have {TEXT_LIMIT:,} bytes of UTF-8."
        )
    sound = pasted.text.encode("utf-8", "replace").decode()  # without halves of surrogate pairs
    with opened(request).archive() as archive:
        return answer(request, lookup_text(archive, sound))


@router.get("/search", responses=body_of(SearchPage))
def search(
    request: Request,
    q: Annotated[str, Query(max_length=1000, description="Words, and phrases in quotes.")],
    sieve: Annotated[Sieve, Depends()],
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Versions whose titles or texts have the words, best first, with the passages that do."""
    ours = opened(request)
    after = from_cursor(cursor)
    with ours.archive() as archive, ours.search() as finder:
        page = search_page(archive, finder, q, sieve.filters(), after=after, limit=limit)
    follow = to_cursor(page.next) if page.next else None
    return answer(request, replace(page, next=follow))


@router.get("/changes", responses=body_of(Changes))
def changes(
    request: Request,
    document: Annotated[str | None, Query(max_length=600)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What changed, newest first: documents, versions, excerpts, and texts at further addresses."""
    with opened(request).archive() as archive:
        only = document_of(archive, document) if document else None
        page = changes_page(archive, document=only, before=from_cursor(cursor), limit=limit)
    follow = to_cursor(page.older) if page.older else None
    return answer(request, Changes(changes=page.changes, next=follow))


@router.get("/changes/{id}", responses=body_of(Change))
def change(request: Request, id: Annotated[str, InPath(max_length=64)]) -> Response:
    """One change, by its id."""
    with opened(request).archive() as archive:
        return answer(request, known_change(archive.index, id))


@router.get("/health", responses=body_of(HealthPage))
def health(request: Request) -> Response:
    """What the archive weighs, when its files were last proved, and what is queued."""
    ours = opened(request)
    with ours.archive() as archive:
        return answer(request, health_page(archive, ours.jobs))


@router.get("/stats", responses=body_of(Stats))
def stats(request: Request) -> Response:
    """How much of everything there is."""
    with opened(request).archive() as archive:
        return answer(request, Stats(counts=counts(archive)))
