"""The pages that only show something."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from archive.changes import change
from archive.search import BadQuery, Filters
from archive.store import Archive
from pipelines.sections import sections
from service.api.answers import FOREVER
from service.api.gate import needs
from service.api.opened import opened
from service.api.reading import document_of, version_of
from service.pages.diff import diff_page
from service.pages.diff_part import diff_part
from service.pages.document import capture_page, document_page, version_page
from service.pages.home import changes_page, health_page, home, sites_page
from service.pages.jobs import job_page, jobs_page, schedules_page
from service.pages.lookup import lookup_any
from service.pages.search import search_page
from service.pages.timeline import timeline
from service.pages.verdict import verdicts
from service.web.render import STATIC, Pages, segment, static_file

_ROWS = 50  # of a list
_MOST_VERDICTS = 100  # a page shows; each compares two texts

Key = Annotated[str, InPath(max_length=600)]
Words = Annotated[str, Query(max_length=2000)]
Part = Annotated[int, Query(ge=0, le=1 << 31)]

open_to_all = APIRouter()
router = APIRouter(dependencies=[needs("read")])


def pages_of(request: Request) -> Pages:
    """What renders the pages of this server."""
    found = request.app.state.pages
    assert isinstance(found, Pages)
    return found


@open_to_all.get("/static/{name}")
def static(name: str) -> Response:
    """A file of ours; its address changes with it."""
    try:
        body, _ = static_file(name)
    except KeyError as error:
        raise HTTPException(404) from error
    return Response(body, headers={"Cache-Control": FOREVER}, media_type=STATIC[name])


@open_to_all.get("/login")
def login(request: Request) -> Response:
    """Where a token is entered."""
    return pages_of(request).page(request, "login.html", wrong=False)


@open_to_all.get("/about")
def about(request: Request) -> Response:
    """What this is, and how to cite it."""
    return pages_of(request).page(request, "about.html")


@router.get("/")
def first(request: Request) -> Response:
    """What changed lately, and the two boxes."""
    ours = opened(request)
    with ours.archive() as archive:
        page = home(archive, ours.jobs)
    return pages_of(request).page(request, "home.html", page=page)


@router.get("/changes")
def changes(
    request: Request, document: Words | None = None, before: Words | None = None
) -> Response:
    """What changed, newest first."""
    with opened(request).archive() as archive:
        key = document_of(archive, document) if document else None
        page = changes_page(archive, document=key, before=before, limit=_ROWS)
    return pages_of(request).page(request, "changes.html", page=page)


@router.get("/d/{older}..{newer}")
def difference(
    request: Request, older: Key, newer: Key, view: str = "side", part: Part = 0
) -> Response:
    """Two versions side by side, or in one column; very long ones in parts."""
    with opened(request).archive() as archive:
        page = diff_page(archive, version_of(archive, older), version_of(archive, newer))
    shown = diff_part(page, part)
    return pages_of(request).page(
        request, "diff.html", page=page, shown=shown, inline=view == "inline"
    )


@router.get("/d/{key}")
def document(request: Request, key: Key) -> Response:
    """A document: its timeline, versions, witnesses, and what is related to it."""
    with opened(request).archive() as archive:
        page = document_page(archive, document_of(archive, key))
    line = timeline(page.versions)
    return pages_of(request).page(request, "document.html", page=page, line=line)


@router.get("/v/{key}")
def version(request: Request, key: Key) -> Response:
    """A version: its text and where it was seen."""
    with opened(request).archive() as archive:
        page = version_page(archive, version_of(archive, key))
    lines = page.text.split("\n")
    headings = {page.text[slice(*each.heading)].strip() for each in sections(page.text)}
    titles = headings & {line.strip() for line in lines} | {page.version.title or ""}
    return pages_of(request).page(request, "version.html", page=page, headings=titles)


@router.get("/c/{id}")
def capture(request: Request, id: Key) -> Response:
    """A capture, and the page as it was, framed."""
    with opened(request).archive() as archive:
        page = capture_page(archive, id)
    return pages_of(request).page(request, "capture.html", page=page)


@router.get("/x/{id}")
def changed(request: Request, id: Key) -> Response:
    """What a change changed: to the comparison with what stood there before, else to the version."""
    with opened(request).archive() as archive:
        found = change(archive.index, id)
        before = found.before or _number_before(archive, found.version)
    now = segment(found.version)
    if found.kind == "version" and before:
        return RedirectResponse(f"/d/{segment(before)}..{now}", 302)
    return RedirectResponse(f"/v/{now}", 302)


def _number_before(archive: Archive, key: str) -> str | None:
    version = archive.index.version(key)
    earlier = [
        each.key
        for each in archive.index.versions(version.document)
        if each.number < version.number
    ]
    return earlier[-1] if earlier else None


@router.get("/lookup")
def looked_up(request: Request, q: Words = "") -> Response:
    """The box for everything, and what was found."""
    return found_for(request, q)


def found_for(request: Request, asked: str) -> Response:
    """The page of a lookup; only the box where nothing was asked."""
    sound = asked.encode("utf-8", "replace").decode()  # without halves of surrogate pairs
    page = None
    if sound.strip():
        with opened(request).archive() as archive:
            page = lookup_any(archive, sound)
    return pages_of(request).page(request, "lookup.html", page=page, asked=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The fields of the search form as a browser sends them, also those that were left empty."""

    q: Annotated[str, Query(max_length=1000)] = ""
    language: Annotated[str, Query(max_length=35)] = ""
    publisher: Annotated[str, Query(max_length=200)] = ""
    since: Annotated[str, Query(max_length=10)] = ""
    until: Annotated[str, Query(max_length=10)] = ""
    relation: Annotated[str, Query(max_length=20)] = ""
    after: Annotated[str | None, Query(max_length=600)] = None

    def filters(self) -> Filters:
        """The same for the search; ValueError for what is no day."""
        return Filters(
            language=self.language or None,
            publisher=self.publisher or None,
            since=date.fromisoformat(self.since) if self.since else None,
            until=date.fromisoformat(self.until) if self.until else None,
            relation=self.relation or None,
        )


@router.get("/search")
def searched(request: Request, asked: Annotated[Asked, Depends()]) -> Response:
    """Versions by their words; only the form where none were given."""
    ours = opened(request)
    page, refused = None, ""
    if asked.q.strip():
        try:
            filters = asked.filters()
            with ours.archive() as archive, ours.search() as finder:
                page = search_page(archive, finder, asked.q, filters, after=asked.after)
        except (BadQuery, ValueError) as error:
            refused = str(error)
    status = 400 if refused else 200
    return pages_of(request).page(
        request, "search.html", status=status, page=page, asked=asked, refused=refused
    )


@router.get("/jobs")
def jobs(request: Request, state: Words | None = None, before: Words | None = None) -> Response:
    """Jobs, newest first."""
    page = jobs_page(opened(request).jobs, kind=None, state=state, before=before, limit=_ROWS)
    return pages_of(request).page(request, "jobs.html", page=page)


@router.get("/jobs/{id}")
def job(request: Request, id: Key) -> Response:
    """A job: how far it is, and the verdict."""
    ours = opened(request)
    page = job_page(ours.jobs, id)
    with ours.archive() as archive:
        told = verdicts(archive, page.results[:_MOST_VERDICTS])
    return pages_of(request).page(request, "job.html", page=page, verdicts=told)


@router.get("/sites")
def sites(request: Request) -> Response:
    """The sites that have a row, the watches, and a form for a new one."""
    return sites_shown(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a form for a watch held that was not taken."""

    name: str = ""
    titles: str = ""  # one to a line
    terms: str = ""


def sites_shown(request: Request, refused: str = "", entered: Entered | None = None) -> Response:
    """The page of sites and watches, with the reason why a watch was not taken."""
    page = sites_page(opened(request).config.archive)
    return pages_of(request).page(
        request,
        "sites.html",
        status=422 if refused else 200,
        page=page,
        refused=refused,
        entered=entered or Entered(),
    )


@router.get("/schedules")
def schedules(request: Request, watch: Words = "") -> Response:
    """All schedules, and a form for a new one, where a watch may be chosen already."""
    return schedules_shown(request, watch=watch)


def schedules_shown(request: Request, refused: str = "", *, watch: str = "") -> Response:
    """The page of the schedules, with the reason why one was not taken."""
    ours = opened(request)
    page = schedules_page(ours.schedules, ours.config.archive)
    status = 422 if refused else 200
    return pages_of(request).page(
        request, "schedules.html", status=status, page=page, refused=refused, chosen=watch
    )


@router.get("/health")
def health(request: Request) -> Response:
    """What the archive weighs, and when it was last proved."""
    ours = opened(request)
    with ours.archive() as archive:
        page = health_page(archive, ours.jobs)
    return pages_of(request).page(request, "health.html", page=page)


@router.get("/submit")
def submission(request: Request, url: Words = "") -> Response:
    """The form that asks for pages to be archived."""
    return pages_of(request).page(request, "submit.html", asked=url, refused="")
