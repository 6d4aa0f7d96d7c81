"""Jobs in the form that docs and other programs rely on; see service.views."""

from datetime import datetime

from service.jobs.records import Job, LogLine
from service.views import View, rfc3339


def job_view(job: Job) -> View:
    """A Job."""
    progress = job.progress
    return {
        "job": job.id,
        "kind": job.kind,
        "argument": job.argument,
        "state": job.state,
        "progress": None
        if progress is None
        else {
            "settled": progress.settled,
            "total": progress.total,
            "unit": progress.unit,
            "latest": progress.latest,
        },
        "waiting": job.waiting,
        "created_at": rfc3339(job.created_at),
        "started_at": when(job.started_at),
        "ended_at": when(job.ended_at),
        "result": job.result,
        "error": job.error,
        "attempts": job.attempts,
        "schedule": job.schedule,
    }


def log_view(line: LogLine) -> View:
    """A line of the log of a job."""
    return {
        "number": line.number,
        "at": rfc3339(line.at),
        "level": line.level,
        "text": line.text,
    }


def when(moment: datetime | None) -> str | None:
    """The moment, if there was one."""
    return None if moment is None else rfc3339(moment)
