"""The feeds as addresses, each as .atom and .rss: of all changes, a document, a watch, a search."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import islice
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from archive.changes import Change
from archive.search import Filters
from service.api.answers import entity
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import PROBLEMS
from service.tell import feeds
from service.tell.feeds import MOST, Entry, Feed
from service.tell.news import fitting, one_line, settled, words_in
from service.watches import watch
from service.words import Words

Form = Literal["atom", "rss"]
_FORMS = {"atom": (feeds.atom, feeds.ATOM_TYPE), "rss": (feeds.rss, feeds.RSS_TYPE)}
_READ = 100  # hits of a search, of which the newest make the feed

router = APIRouter(
    prefix="/feeds", dependencies=[needs("read")], responses=PROBLEMS, tags=["feeds"]
)


@router.get("/changes.{form}")
def changes(request: Request, form: Form) -> Response:
    """What changed, newest first. A change that may be a blink comes when it cannot be one any more."""
    with opened(request).archive() as archive:
        entries = _newest(request, settled(archive.index, datetime.now(UTC)))
    what = _words(request)("tell.changes")
    return _answer(request, form, f"Variorum: {what}", "/", entries)


@router.get("/d/{key}.{form}")
def document(request: Request, key: str, form: Form) -> Response:
    """What changed of one document."""
    with opened(request).archive() as archive:
        found = archive.index.document(key)
        versions = archive.index.versions(found.key)
        title = one_line(versions[-1].title or "") or found.key[:12]
        news = settled(archive.index, datetime.now(UTC), document=found.key)
        entries = _newest(request, news)
    return _answer(request, form, f"Variorum: {title}", f"/d/{found.key}", entries)


@router.get("/watch/{name}.{form}")
def watched(request: Request, name: str, form: Form) -> Response:
    """What changed of the plans that a watch looks for."""
    ours = opened(request)
    wanted = watch(ours.config.archive, name)
    with ours.archive() as archive:
        entries = _newest(request, fitting(archive.index, datetime.now(UTC), wanted))
    return _answer(request, form, f"Variorum: {name}", "/", entries)


@router.get("/search.{form}")
def search(
    request: Request,
    form: Form,
    *,
    q: Annotated[str, Query(max_length=1000, description="Words, and phrases in quotes.")],
    language: Annotated[str | None, Query(max_length=35)] = None,
    publisher: Annotated[str | None, Query(max_length=200)] = None,
    since: date | None = None,
) -> Response:
    """The versions that a search finds, those that were seen first most lately at the front."""
    filters = Filters(language=language, publisher=publisher, since=since)
    ours = opened(request)
    with ours.search() as finder:
        hits = finder.find(q, filters=filters, limit=_READ).hits
    entries = feeds.of_hits(hits, ours.config.url)
    page = "/search?" + urlencode({"q": q.encode("utf-8", "replace")})
    return _answer(request, form, f"Variorum: {one_line(q)}", page, entries)


def _newest(request: Request, news: Iterable[Change]) -> tuple[Entry, ...]:
    return feeds.of_changes(islice(news, MOST), opened(request).config.url, _words(request))


def _words(request: Request) -> Words:
    return words_in(opened(request).config.language)


def _answer(
    request: Request, form: Form, title: str, page: str, entries: tuple[Entry, ...]
) -> Response:
    base = opened(request).config.url
    query = f"?{request.url.query}" if request.url.query else ""
    own = f"{base}{quote(request.scope['path'])}{query}"
    feed = Feed(title=title, url=base + page, own_url=own, entries=entries)
    write, media_type = _FORMS[form]
    return entity(request, write(feed), media_type)
