"""What went wrong, as one body for every error (RFC 9457), and how errors become one.

docs/api.md lists the codes. No message holds a path of this machine or a traceback: those go to the log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from archive.errors import (
    AmbiguousKey,
    ArchiveBusy,
    ArchiveError,
    Damaged,
    NewerFormat,
    NotAnArchive,
    NotKept,
    RemoteError,
    TakenDown,
    UnknownKey,
    UnusableIndex,
)
from archive.search import BadQuery
from service.jobs import JobError, JobsUnreachable, NotRetried, UnknownJob, UnusableArgument
from service.schedules import UnknownSchedule

MEDIA_TYPE = "application/problem+json"
KIND = "urn:variorum:problem:"  # in front of each code
_RETRY_SECONDS = 5  # until an archive that is being rebuilt or written is asked again; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The body of an answer that is an error: RFC 9457, section 3."""

    type: str  # KIND and a code
    title: str  # the same for every problem of a type
    status: int  # HTTP, 400-599
    detail: str  # this one, a sentence for people
    errors: tuple[dict[str, Any], ...] = ()  # of a request that does not fit: where, and why
    candidates: tuple[str, ...] = ()  # the keys that an ambiguous one may mean


class Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        self.problem = problem(status, code, detail)
        self.headers = headers or {}
        super().__init__(detail)


Render = Callable[[Request, Problem], Response]

_OF_ARCHIVE: tuple[tuple[type[ArchiveError], int, str], ...] = (  # the first that fits
    (TakenDown, 410, "taken-down"),
    (UnknownKey, 404, "unknown-key"),
    (AmbiguousKey, 409, "ambiguous-key"),
    (ArchiveBusy, 503, "archive-busy"),
    (NotAnArchive, 503, "no-archive"),
    (NewerFormat, 503, "no-archive"),
    (UnusableIndex, 503, "no-index"),
    (NotKept, 507, "not-kept"),
    (RemoteError, 502, "store-failed"),
    (Damaged, 500, "damaged"),
)
_OF_JOBS: tuple[tuple[type[JobError], int, str], ...] = (
    (UnknownJob, 404, "unknown-job"),
    (UnknownSchedule, 404, "unknown-schedule"),
    (NotRetried, 409, "not-retried"),
    (UnusableArgument, 422, "invalid-request"),
    (JobsUnreachable, 503, "no-jobs"),
)
_WITHOUT_PATHS = {  # what their messages name is nobody's business outside
    "archive-busy": "The archive is being written. Ask again in a moment.",
    "no-archive": "This server has no archive that it can read. Its operator finds out why in the log.",
    "no-index": "The index is being made again, or has to be. Ask again later.",
    "not-kept": "The disk would not take it. Nothing was kept.",
    "store-failed": "The store that has these bytes did not give them. Ask again later.",
    "no-jobs": "The jobs cannot be read or kept at this moment. Ask again.",
    "damaged": "The archived bytes are not what was written. `variorum verify` shows the extent.",
}


def problem(status: int, code: str, detail: str, **more: Any) -> Problem:
    """The problem with this code, which ends in a sentence for people."""
    return Problem(
        type=KIND + code, title=HTTPStatus(status).phrase, status=status, detail=detail, **more
    )


def of_archive(error: ArchiveError) -> Problem:
    """What an error of the archive is to a client."""
    for kind, status, code in _OF_ARCHIVE:
        if isinstance(error, kind):
            candidates = error.candidates if isinstance(error, AmbiguousKey) else ()
            detail = _WITHOUT_PATHS.get(code, str(error))
            return problem(status, code, detail, candidates=candidates)
    return problem(500, "failed", "The archive could not be read. The log says why.")


def of_job(error: JobError) -> Problem:
    """What an error of jobs or schedules is to a client."""
    for kind, status, code in _OF_JOBS:
        if isinstance(error, kind):
            return problem(status, code, _WITHOUT_PATHS.get(code, str(error)))
    return problem(500, "failed", "The job could not be read. The log says why.")


def respond(request: Request, found: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as an answer: a page for people where the web pages are, else the JSON body."""
    more = dict(headers or {})
    if found.status == HTTPStatus.SERVICE_UNAVAILABLE:
        more.setdefault("Retry-After", str(_RETRY_SECONDS))
    more.setdefault("Cache-Control", "no-store")
    page: Render | None = getattr(request.app.state, "problem_page", None)
    if page is not None and _wants_page(request):
        answer = page(request, found)
        answer.headers.update(more)
        return answer
    return Response(_body(found), found.status, more, MEDIA_TYPE)


def _wants_page(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in accept


def _body(found: Problem) -> bytes:
    plain = msgspec.to_builtins(found)
    return msgspec.json.encode(
        {key: value for key, value in plain.items() if value not in ((), [])}
    )


async def _of_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return respond(request, error.problem, error.headers)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 400: "bad-request"}
    code = codes.get(error.status_code, "failed" if error.status_code >= 500 else "refused")
    details = {
        404: "There is nothing at this address.",
        405: f"{request.method} is not answered at this address.",
    }
    detail = details.get(error.status_code) or str(error.detail)
    return respond(request, problem(error.status_code, code, detail), dict(error.headers or {}))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = tuple(
        {"where": ".".join(map(str, each["loc"])), "why": str(each["msg"])}
        for each in error.errors()
    )
    first = errors[0] if errors else {"where": "request", "why": "it does not fit"}
    detail = f"{first['where']}: {first['why']}."
    return respond(request, problem(422, "invalid-request", detail, errors=errors))


async def _of_archive_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiveError)
    return respond(request, of_archive(error))


async def _of_job_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, JobError)
    return respond(request, of_job(error))


async def _of_query(request: Request, error: Exception) -> Response:
    return respond(request, problem(400, "bad-query", str(error)))


async def _of_anything(request: Request, _: Exception) -> Response:
    detail = "The server failed. Its log has the traceback."
    return respond(request, problem(500, "failed", detail))


def answer_errors(app: FastAPI) -> None:
    """Let the application answer every error with a problem; unforeseen ones are logged by the server."""
    app.add_exception_handler(Refused, _of_refused)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(ArchiveError, _of_archive_error)
    app.add_exception_handler(JobError, _of_job_error)
    app.add_exception_handler(BadQuery, _of_query)
    app.add_exception_handler(Exception, _of_anything)


# What every route may answer beside its own, for the OpenAPI document.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request will not do.", "content": {MEDIA_TYPE: {}}},
    "5XX": {"description": "The server cannot do it.", "content": {MEDIA_TYPE: {}}},
}
