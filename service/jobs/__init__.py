"""What is done later, again, or on another machine: jobs, kept in a database until they are over.

    with Jobs.open(None, Path("archive")) as jobs:
        job = jobs.submit("submit", {"urls": ["https://www.gov.example/plan.html"]})
        jobs.job(job.id).state  # "queued", until a worker takes it

Nothing here does the work: `service.jobs.worker` does. docs/jobs.md describes both.
"""

from service.jobs.errors import (
    JobError,
    JobsBusy,
    JobsUnreachable,
    NotRetried,
    UnknownJob,
    UnusableArgument,
)
from service.jobs.jobs import Jobs
from service.jobs.records import KINDS, STATES, Job, LogLine, Progress

__all__ = [
    "KINDS",
    "STATES",
    "Job",
    "JobError",
    "Jobs",
    "JobsBusy",
    "JobsUnreachable",
    "LogLine",
    "NotRetried",
    "Progress",
    "UnknownJob",
    "UnusableArgument",
]
