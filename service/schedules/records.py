"""The nouns of schedules, as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.jobs.records import Job, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the last run of a schedule has found so far."""

    jobs: tuple[str, ...]  # ids, one for each site that it crawled
    state: State  # "done" when all of them are; else that of the first that is not
    fetched: int  # answers, lists included
    new: int  # documents that the archive had not
    versions: int  # new versions of documents that it had
    excerpts: int  # parts of documents that it had
    same: int  # pages whose text it had
    refused: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A crawl that comes again and again."""

    name: str
    site: str | None  # name of a row of sites.toml; None: every row is crawled for the watch
    watch: str | None  # name of a watch: only what fits it is followed
    cron: str  # minute hour day month weekday
    zone: str  # IANA name, of the cron line
    jitter_seconds: float  # a run begins up to so much later, and always before the next is due
    paused: bool
    next_run: datetime | None  # UTC, as all times; None while it is paused
    last_run: datetime | None  # when it last asked for a crawl
    last_found: Found | None  # None before the first run


def found(jobs: tuple[Job, ...]) -> Found | None:
    """What these crawls, those of one run, have found together; None of none."""
    if not jobs:
        return None
    results = [result for job in jobs for result in _results(job)]
    relations = [result.get("relation") for result in results]
    statuses = [result.get("status") for result in results]
    states = [job.state for job in jobs]
    return Found(
        jobs=tuple(job.id for job in jobs),
        state=next((state for state in states if state != "done"), "done"),
        fetched=sum(job.result.get("fetched", 0) for job in jobs if job.result),
        new=relations.count("new"),
        versions=relations.count("version"),
        excerpts=relations.count("excerpt"),
        same=relations.count("same"),
        refused=statuses.count("refused"),
        failed=statuses.count("failed"),
    )


def _results(job: Job) -> list[dict[str, Any]]:
    return list(job.result.get("results", ())) if job.result else []
