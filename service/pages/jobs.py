"""The pages of one job and of all jobs, and of the schedules that begin them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.jobs import Job, Jobs, LogLine
from service.jobs.rows import site_rows
from service.schedules import Schedule, Schedules
from service.watches import watches


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One job: its state, how far it is, what it said, and what came of it."""

    job: Job
    log: tuple[LogLine, ...]  # the last lines, oldest first
    results: tuple[dict[str, Any], ...]  # a Result for each page that it took; () while it runs


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """Jobs, newest first."""

    jobs: tuple[Job, ...]
    kind: str | None  # only these were asked for
    state: str | None
    older: str | None  # id of the last one here where there are more behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesPage:
    """All schedules by name."""

    schedules: tuple[Schedule, ...]
    sites: tuple[str, ...]  # names that a schedule may have for its site
    watches: tuple[str, ...]
    now: datetime  # UTC


_LOG_LINES = 200  # of a job, on its page


def job_page(jobs: Jobs, id: str) -> JobPage:
    """The page of the job with this id.

    Raises:
        UnknownJob: there is none.
        JobsUnreachable: the database cannot be used.
    """
    job = jobs.job(id)
    results = (job.result or {}).get("results", ())
    return JobPage(job=_brief(job), log=jobs.log(id)[-_LOG_LINES:], results=tuple(results))


def jobs_page(
    jobs: Jobs, *, kind: str | None, state: str | None, before: str | None, limit: int
) -> JobsPage:
    """The jobs that were accepted before the one with the id `before`, newest first.

    Raises:
        JobsUnreachable: the database cannot be used.
    """
    found = jobs.jobs(kind=kind, state=state, before=before, limit=limit + 1)
    shown = tuple(_brief(job) for job in found[:limit])
    older = shown[-1].id if len(found) > limit else None
    return JobsPage(jobs=shown, kind=kind, state=state, older=older)


def schedules_page(schedules: Schedules, archive: Path) -> SchedulesPage:
    """All schedules, and what a new one may be for.

    Raises:
        JobsUnreachable: the database cannot be used.
        UnreadableWatches: the file of watches was changed to something else.
    """
    return SchedulesPage(
        schedules=schedules.list(),
        sites=tuple(sorted(site_rows())),
        watches=tuple(watch.name for watch in watches(archive)),
        now=datetime.now(UTC),
    )


def _brief(job: Job) -> Job:
    """The job without the Results of its pages, of which there may be thousands."""
    if not job.result or "results" not in job.result:
        return job
    return replace(job, result={k: v for k, v in job.result.items() if k != "results"})
