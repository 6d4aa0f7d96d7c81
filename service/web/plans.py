"""The pages of works: a plan over its languages, and what each witness did to its text."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from starlette.responses import Response

from service.api.gate import needs
from service.api.opened import opened
from service.api.plans import Versions, alone, side_by_side, work_of
from service.pages.report import report_page
from service.pages.works import work_page, works_page
from service.web.reading import pages_of

Key = Annotated[str, InPath(max_length=600)]

router = APIRouter(dependencies=[needs("read")])


@router.get("/works")
def works(request: Request) -> Response:
    """The works that have more than one document."""
    with opened(request).archive() as archive:
        page = works_page(archive, several=True)
    return pages_of(request).page(request, "works.html", page=page)


@router.get("/works/{key}")
def work(request: Request, key: Key) -> Response:
    """A work: its documents, and why they are one."""
    with opened(request).archive() as archive:
        page = work_page(archive, work_of(archive, key))
    return pages_of(request).page(request, "work.html", page=page)


@router.get("/works/{key}/report")
def report(request: Request, key: Key) -> Response:
    """What each witness of a work did to its text."""
    with opened(request).archive() as archive:
        named = work_of(archive, key)
        with alone():
            page = report_page(archive, named)
    lags = [
        None if each.lag_seconds is None else timedelta(seconds=each.lag_seconds)
        for each in page.witnesses
    ]
    return pages_of(request).page(request, "report.html", page=page, lags=lags)


@router.get("/parallel")
def parallel(request: Request, version: Versions) -> Response:
    """Two to four texts side by side, unit by unit."""
    with opened(request).archive() as archive, alone():
        page = side_by_side(archive, version)
    return pages_of(request).page(request, "parallel.html", page=page)
