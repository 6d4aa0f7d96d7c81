"""What forms send: a lookup, a session, and whatever changes something.

Each form of a session brings the mark of that session along, so that no other page can send it.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from service import watches
from service.api.gate import client_of, demand, demand_mark, needs
from service.api.opened import opened
from service.api.sessions import COOKIE, LASTS
from service.api.tokens import Scope
from service.jobs import Job, UnusableArgument
from service.watches import UnusableWatch, new_watch
from service.web.reading import Entered, found_for, pages_of, schedules_shown, sites_shown
from service.web.render import segment

Sent = Annotated[str, Form(max_length=8192)]
Name = Annotated[str, InPath(max_length=200)]

router = APIRouter()


def form_of(wanted: Scope) -> Any:
    """A dependency of a route: the right, and the mark of the session."""

    def check(request: Request, mark: Sent = "") -> None:
        demand(request, wanted)
        demand_mark(client_of(request), mark)

    check.__name__ = f"form_{wanted}"
    return Depends(check)


def _seen(address: str) -> Response:
    """To the page that shows what became of a form."""
    return RedirectResponse(address, 303)


def _job(job: Job) -> Response:
    return _seen(f"/jobs/{segment(job.id)}")


@router.post("/lookup", dependencies=[needs("read")])
def look_up(request: Request, q: Annotated[str, Form()] = "") -> Response:
    """What was found for the text, key or address; a short one gets an address of its own."""
    if len(q) <= 300 and "\n" not in q.strip() and q.strip():
        return _seen(f"/lookup?q={segment(q.strip())}")
    return found_for(request, q)


@router.post("/login")
def log_in(request: Request, token: Sent = "") -> Response:
    """A session for whoever has the token."""
    cookie = opened(request).sessions.begin(token.strip())
    if cookie is None:
        return pages_of(request).page(request, "login.html", status=401, wrong=True)
    answer = _seen("/")
    secure = request.url.scheme == "https" or opened(request).config.url.startswith("https:")
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure,
    )
    return answer


@router.post("/logout", dependencies=[form_of("read")])
def log_out() -> Response:
    """Forget the session."""
    answer = _seen("/")
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.post("/submit", dependencies=[form_of("submit")])
def submit(
    request: Request,
    urls: Annotated[str, Form(max_length=1_000_000)] = "",
    browser: Sent = "",
) -> Response:
    """The job that archives the pages."""
    named = urls.split()
    argument = {"urls": named, **({"browser": True} if browser else {})}
    try:
        return _job(opened(request).jobs.submit("submit", argument))
    except UnusableArgument as error:
        return pages_of(request).page(
            request, "submit.html", status=422, asked=urls, refused=str(error)
        )


@router.post("/jobs/{id}/{verb}", dependencies=[form_of("submit")])
def change_job(request: Request, id: Name, verb: Literal["cancel", "retry"]) -> Response:
    """Cancel a job, or try it again."""
    jobs = opened(request).jobs
    return _job(jobs.cancel(id) if verb == "cancel" else jobs.retry(id))


@router.post("/sites/{name}/crawl", dependencies=[form_of("operate")])
def crawl(request: Request, name: Name) -> Response:
    """The job that crawls the site."""
    return _job(opened(request).jobs.submit("crawl", {"site": name}))


@router.post("/verify", dependencies=[form_of("operate")])
def verify(request: Request, quick: str = "") -> Response:
    """The job that proves the archive."""
    argument = {"quick": True} if quick else {}
    return _job(opened(request).jobs.submit("verify", argument))


@router.post("/watches", dependencies=[form_of("operate")])
def add_watch(request: Request, name: Sent = "", titles: Sent = "", terms: Sent = "") -> Response:
    """A watch that is kept, and the page of all; a line for each title and each group of terms."""
    try:
        new = new_watch(name, titles.splitlines(), terms.splitlines())
    except UnusableWatch as error:
        return sites_shown(request, str(error), Entered(name=name, titles=titles, terms=terms))
    watches.add(opened(request).config.archive, new)
    return _seen("/sites#watches")


@router.post("/watches/{name}/remove", dependencies=[form_of("operate")])
def remove_watch(request: Request, name: Name) -> Response:
    """Forget a watch."""
    watches.remove(opened(request).config.archive, name)
    return _seen("/sites#watches")


class NewSchedule(BaseModel):
    """The fields of the form for a schedule."""

    name: str = Field(max_length=200)
    cron: str = Field(max_length=200)
    site: str = Field("", max_length=200)
    watch: str = Field("", max_length=200)
    zone: str = Field("UTC", max_length=100)
    jitter: str = Field("0", max_length=20)
    mark: str = ""


@router.post("/schedules", dependencies=[form_of("operate")])
def add_schedule(request: Request, plan: Annotated[NewSchedule, Form()]) -> Response:
    """A schedule that is kept, and the page of all."""
    try:
        opened(request).schedules.add(
            plan.name.strip(),
            cron=plan.cron,
            site=plan.site or None,
            watch=plan.watch or None,
            zone=plan.zone or "UTC",
            jitter_seconds=float(plan.jitter or 0),
        )
    except ValueError as error:
        return schedules_shown(request, str(error))
    return _seen("/schedules")


@router.post("/schedules/{name}/{verb}", dependencies=[form_of("operate")])
def change_schedule(
    request: Request, name: Name, verb: Literal["run", "pause", "resume", "remove"]
) -> Response:
    """Run a schedule now, let it rest, or forget it."""
    schedules = opened(request).schedules
    if verb == "run":
        return _job(schedules.run(name)[0])
    if verb == "pause":
        schedules.pause(name)
    elif verb == "resume":
        schedules.resume(name)
    else:
        schedules.remove(name)
    return _seen("/schedules")
