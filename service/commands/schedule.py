"""The commands about crawls that come again and again."""

import click

from service import terminal
from service.fetching import Span
from service.jobs import Jobs
from service.jobs.views import job_view
from service.options import Settings, common, database, print_json
from service.schedules import Schedule, Schedules
from service.schedules.views import schedule_view


@click.group()
def schedule() -> None:
    """Crawl sites again and again; a running `variorum worker` does it."""


@schedule.command()
@click.argument("name")
@click.option("--site", help="The site to crawl; without one, every site, for the watch.")
@click.option("--watch", metavar="NAME", help="Only what fits this watch.")
@click.option("--cron", required=True, metavar='"M H D M W"', help="When: five cron fields.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of the cron line.")
@click.option(
    "--jitter",
    "jitter_seconds",
    type=Span(),
    default="0",
    metavar="TIME",
    help="A run begins up to so much later, by chance: 90, 10m [0].",
)
@database
@common
@click.pass_obj
def add(settings: Settings, /, url: str | None, name: str, **given: str) -> int:
    """Add a schedule, or replace the one of this name."""
    with Jobs.open(url, settings.path) as jobs:
        schedules = Schedules(jobs, settings.path)
        schedules.add(name, **given)  # type: ignore[arg-type]
        return _report(settings, schedules.list())


@schedule.command("list")
@database
@common
@click.pass_obj
def list_(settings: Settings, url: str | None) -> int:
    """Show all schedules, when they run next, and what they found last."""
    with Jobs.open(url, settings.path) as jobs:
        return _report(settings, Schedules(jobs, settings.path).list())


@schedule.command()
@click.argument("name")
@database
@common
@click.pass_obj
def remove(settings: Settings, url: str | None, name: str) -> int:
    """Forget a schedule; what was archived for it stays."""
    with Jobs.open(url, settings.path) as jobs:
        schedules = Schedules(jobs, settings.path)
        schedules.remove(name)
        return _report(settings, schedules.list())


@schedule.command()
@click.argument("name")
@database
@common
@click.pass_obj
def pause(settings: Settings, url: str | None, name: str) -> int:
    """Run a schedule no more until it is resumed."""
    with Jobs.open(url, settings.path) as jobs:
        schedules = Schedules(jobs, settings.path)
        schedules.pause(name)
        return _report(settings, schedules.list())


@schedule.command()
@click.argument("name")
@database
@common
@click.pass_obj
def resume(settings: Settings, url: str | None, name: str) -> int:
    """Run a paused schedule again, from its next time on."""
    with Jobs.open(url, settings.path) as jobs:
        schedules = Schedules(jobs, settings.path)
        schedules.resume(name)
        return _report(settings, schedules.list())


@schedule.command()
@click.argument("name")
@database
@common
@click.pass_obj
def run(settings: Settings, url: str | None, name: str) -> int:
    """Have a worker do it now; the next time stays as it is."""
    with Jobs.open(url, settings.path) as jobs:
        begun = Schedules(jobs, settings.path).run(name)
    if settings.as_json:
        print_json({"jobs": [job_view(job) for job in begun]})
    else:
        for job in begun:
            terminal.say(f"{job.id}  {job.state}  {job.argument['site']}")
    return 0


def _report(settings: Settings, schedules: tuple[Schedule, ...]) -> int:
    if settings.as_json:
        print_json({"schedules": [schedule_view(each) for each in schedules]})
        return 0
    for each in schedules:
        terminal.say(_line(each))
    terminal.say(f"{len(schedules)} schedules.")
    return 0


def _line(each: Schedule) -> str:
    what = " ".join(part for part in (each.site, each.watch and f"for {each.watch}") if part)
    when = f"next {each.next_run:%Y-%m-%d %H:%M} UTC" if each.next_run else "paused"
    found = each.last_found
    last = (
        f"  last {each.last_run:%Y-%m-%d %H:%M} UTC: {found.state}, {found.new} new,"
        f" {found.versions} changed, {found.failed} failed"
        if each.last_run and found
        else ""
    )
    return f"{each.name}  {what}  {each.cron} {each.zone}  {when}{last}"
