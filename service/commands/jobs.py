"""The commands that show jobs and stop them."""

from typing import Any

import click

from service import terminal
from service.jobs import KINDS, STATES, Job, Jobs
from service.jobs.views import job_view, log_view
from service.options import Settings, common, database, print_json


@click.group()
def jobs() -> None:
    """Look at what was asked for and is done by a worker."""


@jobs.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only these.")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--before", metavar="JOB", help="Only those that were accepted before this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@database
@common
@click.pass_obj
def list_(settings: Settings, /, url: str | None, **chosen: Any) -> int:
    """Show jobs, the newest first."""
    with Jobs.open(url, settings.path) as opened:
        found = opened.jobs(**chosen)
    if settings.as_json:
        print_json({"jobs": [job_view(each) for each in found]})
        return 0
    for each in found:
        terminal.say(_line(each))
    terminal.say(f"{len(found)} jobs.")
    return 0


@jobs.command()
@click.argument("job")
@database
@common
@click.pass_obj
def show(settings: Settings, url: str | None, job: str) -> int:
    """Show one job, what it did, and what came of it."""
    with Jobs.open(url, settings.path) as opened:
        found, log = opened.job(job), opened.log(job)
    if settings.as_json:
        print_json(job_view(found) | {"log": [log_view(line) for line in log]})
        return 0
    terminal.say(_line(found))
    for line in log:
        terminal.say(f"{line.at:%Y-%m-%d %H:%M:%S}  {line.text}")
    if found.result is not None and "results" in found.result:
        terminal.results(found.result["results"])
    return 0


@jobs.command()
@click.argument("job")
@database
@common
@click.pass_obj
def cancel(settings: Settings, url: str | None, job: str) -> int:
    """Stop a job; what it had fetched stays archived."""
    with Jobs.open(url, settings.path) as opened:
        return _report(settings, opened.cancel(job))


@jobs.command()
@click.argument("job")
@database
@common
@click.pass_obj
def retry(settings: Settings, url: str | None, job: str) -> int:
    """Queue a failed or cancelled job again; what it had archived is not fetched twice."""
    with Jobs.open(url, settings.path) as opened:
        return _report(settings, opened.retry(job))


def _report(settings: Settings, job: Job) -> int:
    if settings.as_json:
        print_json(job_view(job))
    else:
        terminal.say(_line(job))
    return 0


def _line(job: Job) -> str:
    far = (
        f"  {job.progress.settled} of {job.progress.total} {job.progress.unit}"
        if job.progress
        else ""
    )
    why = job.error or job.waiting
    asked = job.argument.get("site") or ", ".join(
        job.argument.get("urls") or job.argument.get("paths") or ()
    )
    words = (
        f"{job.id}  {job.created_at:%Y-%m-%d %H:%M}  {job.state:<9}  {job.kind:<7}  {asked[:80]}"
    )
    return f"{words.rstrip()}{far}{f'  {why}' if why else ''}"
