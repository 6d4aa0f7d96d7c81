"""The pages of works: a plan over its languages, and what each witness did to its text."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from markupsafe import Markup
from starlette.responses import Response

from pipelines.report import Event
from pipelines.report.model import SEVERITIES, WHOLE, Severity, Type
from service.api.gate import needs
from service.api.opened import opened
from service.api.plans import Versions, alone, as_file, side_by_side, work_of
from service.exports import Form
from service.pages.report import report_page
from service.pages.seen import seen
from service.pages.works import work_page, works_page
from service.stemma import nodes, svg
from service.web.reading import pages_of

Severities = Annotated[tuple[Severity, ...], Query()]
Kinds = Annotated[tuple[Type, ...], Query()]

Key = Annotated[str, InPath(max_length=600)]
After = Annotated[str | None, Query(max_length=600)]
_ROWS = 50  # of the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The events that a reader asked for; nothing asked for is what matters most."""

    severities: frozenset[str]
    kinds: frozenset[str]
    doubtful: bool  # those to be read side by side too

    def has(self, event: Event) -> bool:
        """Whether the event is among them; a whole section that is lacking is told elsewhere."""
        grave = self.severities or {"substantive", "minor"}
        certain = event.certain or self.doubtful
        if event.note == WHOLE and not self.kinds:
            return False
        return certain and event.severity in grave and (not self.kinds or event.type in self.kinds)


router = APIRouter(dependencies=[needs("read")])


@router.get("/works")
def works(request: Request, after: After = None) -> Response:
    """The works that have more than one document."""
    with opened(request).archive() as archive:
        page = works_page(archive, several=True, after=after, limit=_ROWS)
    return pages_of(request).page(request, "works.html", page=page)


@router.get("/works/{key}")
def work(request: Request, key: Key) -> Response:
    """A work: its documents, and why they are one."""
    with opened(request).archive() as archive:
        page = work_page(archive, work_of(archive, key))
        witnesses = seen(archive, archive.index.work(page.work))
    return pages_of(request).page(request, "work.html", page=page, witnesses=witnesses)


@router.get("/works/{key}/report")
def report(
    request: Request, key: Key, severity: Severities = (), kind: Kinds = (), doubtful: bool = False
) -> Response:
    """What each witness of a work did to its text; of its events those that were asked for."""
    with opened(request).archive() as archive:
        named = work_of(archive, key)
        with alone():
            page = report_page(archive, named)
    lags = [
        None if each.lag_seconds is None else timedelta(seconds=each.lag_seconds)
        for each in page.witnesses
    ]
    pages = pages_of(request)
    wanted = Wanted(severities=frozenset(severity), kinds=frozenset(kind), doubtful=doubtful)
    picture = Markup(svg(page, pages.words(request)("report.descent")))  # noqa: S704 - escaped there
    return pages.page(
        request,
        "report.html",
        page=page,
        lags=lags,
        wanted=wanted,
        chosen=[[e for e in each.events if wanted.has(e)] for each in page.witnesses],
        severities=SEVERITIES,
        kinds=get_args(Type),
        picture=picture,
        lines=nodes(page),
    )


@router.get("/works/{key}/report/{form}")
def exported(request: Request, key: Key, form: Form) -> Response:
    """The report as a file."""
    return as_file(request, key, form)


@router.get("/parallel")
def parallel(request: Request, version: Versions) -> Response:
    """Two to four texts side by side, unit by unit."""
    with opened(request).archive() as archive, alone():
        page = side_by_side(archive, version)
    return pages_of(request).page(request, "parallel.html", page=page)
