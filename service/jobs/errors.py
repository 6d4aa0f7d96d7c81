"""What can go wrong with jobs and schedules.

JobError
├── UnknownJob        no job has this id
├── NotRetried        the job is not over, or ended well
├── UnusableArgument  what a job or a schedule should do cannot be done: a caller's mistake
├── UnknownSchedule   no schedule has this name
├── FetchFailed       nothing could be fetched at all
└── JobsUnreachable   the database of jobs cannot be used
    └── JobsBusy          another process has locked it for too long
"""

from service.errors import ServiceError


class JobError(ServiceError):
    """Root of all errors of jobs and schedules; the message is a sentence for people."""


class UnknownJob(JobError):
    """No job has this id."""

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(f"There is no job {job[:80]!r}. `variorum jobs list` shows them.")


class NotRetried(JobError):
    """A job that is not over, or that ended well, needs no second try."""

    def __init__(self, job: str, state: str) -> None:
        self.job, self.state = job, state
        super().__init__(
            f"The job {job} is {state}. Only a failed or cancelled one can be tried again."
        )


class UnusableArgument(JobError, ValueError):
    """What a job or a schedule should do cannot be done."""

    exit_status = 2  # wrong usage

    def __init__(self, field: str, why: str) -> None:
        self.field, self.why = field, why
        super().__init__(f"{field}: {why}")


class UnknownSchedule(JobError):
    """No schedule has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"There is no schedule {name[:80]!r}. `variorum schedule list` shows them."
        )


class JobsUnreachable(JobError):
    """The database of jobs cannot be used."""

    exit_status = 3  # as of an archive that cannot be used

    def __init__(self, database: str, why: str) -> None:
        self.database, self.why = database, why
        super().__init__(f"The database of jobs, {database}, cannot be used: {why}.")


class JobsBusy(JobsUnreachable):
    """Another process has locked the database of jobs for longer than we wait."""

    exit_status = 4  # as of an archive that is busy

    def __init__(self, database: str) -> None:
        super().__init__(database, "another process has locked it; try again")


class FetchFailed(JobError):
    """Nothing could be fetched at all; the message is a sentence."""
