"""The part of the API about works: a plan over its languages, and what each witness did to the text."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from archive.store import Archive
from service.api.answers import answer, entity, from_cursor, to_cursor
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import PROBLEMS, Refused
from service.api.reading import Cursor, Key, Limit, body_of
from service.exports import Form, export
from service.pages.parallel import ParallelPage, parallel_page
from service.pages.report import report_page, view
from service.pages.works import WorkPage, WorkRow, work_named, work_page, works_page

router = APIRouter(dependencies=[needs("read")], responses=PROBLEMS, tags=["works"])

Versions = Annotated[list[Annotated[str, Query(max_length=600)]], Query(min_length=2, max_length=4)]

_REPORTING = Lock()  # a report compares all texts of a work: one at a time leaves room for the rest

_PATIENCE_SECONDS = 10.0  # that a request waits for the report before its own; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """Works, those with most documents first."""

    works: tuple[WorkRow, ...]
    next: str | None  # cursor; None at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """What each witness of a work did to the text."""

    work: str
    base: dict[str, Any]  # the text that the others are compared with
    witnesses: tuple[dict[str, Any], ...]
    descent: tuple[dict[str, Any], ...]


@router.get("/works", responses=body_of(Works))
def works(
    request: Request,
    several: Annotated[bool, Query(description="Only works of more than one document.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Every work, those with most documents first."""
    with opened(request).archive() as archive:
        page = works_page(archive, several=several, after=from_cursor(cursor), limit=limit)
    follow = to_cursor(page.more) if page.more else None
    return answer(request, Works(works=page.works, next=follow))


@router.get("/works/{key}", responses=body_of(WorkPage))
def work(request: Request, key: Key) -> Response:
    """A work: its documents in all languages, why they are one, and what is suggested."""
    with opened(request).archive() as archive:
        return answer(request, work_page(archive, work_of(archive, key)))


@router.get("/reports/{key}", responses=body_of(ReportPage))
def report(request: Request, key: Key) -> Response:
    """What each witness of a work did to the text, section by section, and who copied from whom."""
    with opened(request).archive() as archive:
        named = work_of(archive, key)
        with alone():
            return answer(request, view(report_page(archive, named)))


@router.get("/reports/{key}/{form}", responses={200: {"description": "The file."}})
def exported(request: Request, key: Key, form: Form) -> Response:
    """The report as a file: `json`, `html`, `tei`, or `zip` with the texts of all witnesses."""
    return as_file(request, key, form)


def as_file(request: Request, key: str, form: Form) -> Response:
    """The report as a file, under the same address for as long as the work has its key.

    Raises:
        Refused: the key has the form of none, or others took too long.
        UnknownKey: there is no such work.
    """
    with opened(request).archive() as archive:
        named = work_of(archive, key)
        with alone():
            made = export(archive, report_page(archive, named), form)
    named_as = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    return entity(request, made.body, made.media_type, headers=named_as)


@router.get("/parallel", responses=body_of(ParallelPage))
def parallel(request: Request, version: Versions) -> Response:
    """Two to four texts side by side: the units that say the same, across languages too."""
    with opened(request).archive() as archive, alone():
        return answer(request, side_by_side(archive, version))


def side_by_side(archive: Archive, keys: list[str]) -> ParallelPage:
    """The page of these versions.

    Raises:
        Refused: a key has the form of none, or there are too many or too few.
        UnknownKey, AmbiguousKey: as for `archive.lookup.by_key`.
    """
    try:
        return parallel_page(archive, tuple(keys))
    except ValueError as error:
        raise Refused(400, "bad-key", str(error)) from error


def work_of(archive: Archive, key: str) -> str:
    """The key of the work that the key names.

    Raises:
        Refused: it has the form of no key.
        UnknownKey: there is no such work.
    """
    try:
        return work_named(archive, key)
    except ValueError as error:
        raise Refused(400, "bad-key", str(error)) from error


@contextmanager
def alone() -> Iterator[None]:
    """Makes a report while no other one is made.

    Raises:
        Refused: others took too long.
    """
    if not _REPORTING.acquire(timeout=_PATIENCE_SECONDS):
        raise Refused(503, "busy", "Another report is being made. Ask again.")
    try:
        yield
    finally:
        _REPORTING.release()
