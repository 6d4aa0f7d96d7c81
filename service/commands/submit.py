"""The command that fetches given addresses."""

import click

from crawlers.run import Limits, fetch
from crawlers.sites import Site
from service.fetching import (
    INTERRUPTED,
    Counted,
    manners,
    politely,
    progress,
    say_interrupted,
    with_sites,
)
from service.intake import Intake, report
from service.options import Address, Settings, common


@click.command()
@click.argument("urls", nargs=-1, required=True, type=Address(), metavar="URL...")
@click.option(
    "--browser", is_flag=True, help="Let a Chromium fill the pages in before they are read."
)
@politely
@with_sites
@common
@click.pass_obj
def submit(
    settings: Settings,
    urls: tuple[str, ...],
    browser: bool,
    limits: Limits,
    sites: dict[str, Site],
) -> int:
    """Fetch pages politely, archive them, and say what each one is."""
    known = manners(settings.path, sites, limits, browser=browser)
    with Intake(settings) as intake, progress("fetching") as advance:
        summary = fetch(urls, limits, Counted(intake).receive, advance, manners=known)
    places = {url: place for place, url in enumerate(dict.fromkeys(urls))}
    status = report(settings, sorted(intake.results, key=lambda result: places[result["url"]]))
    if summary.interrupted:
        say_interrupted()
        return INTERRUPTED
    return status
