"""The part of the API that asks for something to be done: submissions, jobs, schedules, sites."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from anyio import sleep
from fastapi import APIRouter, Body, Query, Request
from fastapi import Path as InPath
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from service.api.answers import PRIVATE, answer, from_cursor, to_cursor
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import PROBLEMS
from service.api.reading import Cursor, Limit, body_of
from service.jobs import Job, LogLine
from service.pages.home import SitesPage, sites_page
from service.pages.jobs import (
    JobPage,
    SchedulesPage,
    job_page,
    jobs_page,
    schedules_page,
)
from service.schedules import Schedule

_POLL_SECONDS = 0.3  # between two looks at a job that somebody watches; no source
_QUIET = 30  # looks between two signs of life, so that no proxy takes the connection for dead
_WATCH_SECONDS = 3600.0  # after which whoever still watches has to ask again

Id = Annotated[str, InPath(max_length=64)]
Name = Annotated[str, InPath(max_length=200)]

reading = APIRouter(dependencies=[needs("read")], responses=PROBLEMS, tags=["jobs"])
submitting = APIRouter(dependencies=[needs("submit")], responses=PROBLEMS, tags=["jobs"])
operating = APIRouter(dependencies=[needs("operate")], responses=PROBLEMS, tags=["operating"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Addresses whose pages are to be archived."""

    urls: list[str]  # http or https, at most 1000
    freshness_seconds: float | None = None  # the same within so long is the same job; None: 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something else that a worker is to do."""

    kind: Literal["crawl", "verify", "push", "rebuild"]
    argument: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a site, or a watch, is to be crawled."""

    cron: str  # minute hour day month weekday
    site: str | None = None
    watch: str | None = None
    zone: str = "UTC"  # IANA name
    jitter_seconds: float = 0.0  # 0..86400


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList:
    """Jobs, newest first."""

    jobs: tuple[Job, ...]
    next: str | None  # cursor; None at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a job did, oldest first."""

    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The jobs that were asked for."""

    jobs: tuple[Job, ...]


@submitting.post("/submissions", status_code=202, responses={202: {"model": Job}})
def submit(request: Request, submission: Annotated[Submission, Body()]) -> Response:
    """The job that archives these pages; the same submission a little later is the same job."""
    job = opened(request).jobs.submit(
        "submit",
        {"urls": submission.urls},
        freshness_seconds=submission.freshness_seconds,
    )
    return _accepted(request, job)


@operating.post("/jobs", status_code=202, responses={202: {"model": Job}})
def begin(request: Request, errand: Annotated[Errand, Body()]) -> Response:
    """The job that crawls a site, proves the archive, pushes it elsewhere, or makes its index again."""
    return _accepted(request, opened(request).jobs.submit(errand.kind, errand.argument))


@reading.get("/jobs", responses=body_of(JobList))
def jobs(
    request: Request,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    state: Annotated[str | None, Query(max_length=20)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Jobs, newest first."""
    before = from_cursor(cursor)
    page = jobs_page(opened(request).jobs, kind=kind, state=state, before=before, limit=limit)
    follow = to_cursor(page.older) if page.older else None
    return answer(request, JobList(jobs=page.jobs, next=follow), cache=PRIVATE)


@reading.get("/jobs/{id}", responses=body_of(JobPage))
def job(request: Request, id: Id) -> Response:
    """A job: its state, how far it is, its log, and the Results of its pages."""
    return answer(request, job_page(opened(request).jobs, id), cache=PRIVATE)


@reading.get("/jobs/{id}/log", responses=body_of(Log))
def log(request: Request, id: Id, after: Annotated[int, Query(ge=0, le=1 << 53)] = 0) -> Response:
    """The lines of a job's log behind the one with the number `after`."""
    return answer(request, Log(lines=opened(request).jobs.log(id, after)), cache=PRIVATE)


@reading.get(
    "/jobs/{id}/events",
    responses={200: {"content": {"text/event-stream": {}}}},
    response_class=StreamingResponse,
)
async def events(request: Request, id: Id) -> Response:
    """The progress of a job as server-sent events: `job`, `log`, and `end` when it is over."""
    ours = opened(request)
    await run_in_threadpool(ours.jobs.job, id)
    headers = {"Cache-Control": PRIVATE, "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, id), 200, headers, "text/event-stream")


@submitting.post("/jobs/{id}/cancel", responses=body_of(Job))
def cancel(request: Request, id: Id) -> Response:
    """The job, which goes no further; what it had archived stays."""
    return answer(request, opened(request).jobs.cancel(id), cache=PRIVATE)


@submitting.post("/jobs/{id}/retry", status_code=202, responses={202: {"model": Job}})
def retry(request: Request, id: Id) -> Response:
    """The job, queued again; only one that failed or was cancelled."""
    return _accepted(request, opened(request).jobs.retry(id))


@reading.get("/sites", responses=body_of(SitesPage))
def sites(request: Request) -> Response:
    """The sites that can be crawled by name, and the plans to look for."""
    return answer(request, sites_page(opened(request).config.archive))


@reading.get("/schedules", responses=body_of(SchedulesPage))
def schedules(request: Request) -> Response:
    """All schedules, by name."""
    ours = opened(request)
    return answer(request, schedules_page(ours.schedules, ours.config.archive), cache=PRIVATE)


@reading.get("/schedules/{name}", responses=body_of(Schedule))
def schedule(request: Request, name: Name) -> Response:
    """A schedule, when it runs next, and what it found last."""
    return answer(request, opened(request).schedules.schedule(name), cache=PRIVATE)


@operating.put("/schedules/{name}", responses=body_of(Schedule))
def keep_schedule(request: Request, name: Name, plan: Annotated[Plan, Body()]) -> Response:
    """The schedule, kept; one of the same name is replaced."""
    kept = opened(request).schedules.add(
        name,
        cron=plan.cron,
        site=plan.site,
        watch=plan.watch,
        zone=plan.zone,
        jitter_seconds=plan.jitter_seconds,
    )
    return answer(request, kept, cache=PRIVATE)


@operating.delete("/schedules/{name}", status_code=204, response_class=Response)
def remove_schedule(request: Request, name: Name) -> Response:
    """Forget a schedule; what it has archived stays."""
    opened(request).schedules.remove(name)
    return Response(status_code=204)


@operating.post("/schedules/{name}/run", status_code=202, responses={202: {"model": Runs}})
def run_schedule(request: Request, name: Name) -> Response:
    """The crawls of a schedule, asked for now; its next time stays as it is."""
    return answer(request, Runs(jobs=opened(request).schedules.run(name)), status=202)


@operating.post("/schedules/{name}/{verb}", responses=body_of(Schedule))
def change_schedule(request: Request, name: Name, verb: Literal["pause", "resume"]) -> Response:
    """The schedule, paused or going on."""
    ours = opened(request).schedules
    changed = ours.pause(name) if verb == "pause" else ours.resume(name)
    return answer(request, changed, cache=PRIVATE)


def _accepted(request: Request, job: Job) -> Response:
    """202, and where to look: RFC 9110, section 15.3.3."""
    return answer(request, job, status=202, headers={"Location": f"/api/v1/jobs/{job.id}"})


async def _events(request: Request, id: str) -> AsyncIterator[bytes]:
    """What changes about a job, until it is over, the client has gone, or the server stops."""
    jobs, stopping = opened(request).jobs, request.app.state.stopping
    last, line = b"", 0
    for look in range(int(_WATCH_SECONDS / _POLL_SECONDS)):
        page = await run_in_threadpool(jobs.job, id)
        for each in await run_in_threadpool(jobs.log, id, line):
            line = each.number
            yield _event("log", each)
        now = _event("job", page)
        if now != last:
            last = now
            yield now
        if page.is_over:
            yield _event("end", {"state": page.state})
            return
        if stopping.is_set():
            return
        if look % _QUIET == _QUIET - 1:
            yield b": still here\n\n"
        await sleep(_POLL_SECONDS)


def _event(name: str, value: Any) -> bytes:
    """JSON has no line break of its own, so that one `data` line holds it."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(value) + b"\n\n"
