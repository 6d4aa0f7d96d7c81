"""The command that crawls a site by its row."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import Any, TypeVar

import click

from crawlers.discovery.explorer import DAY_SECONDS, Discovery, Errand, Explorer
from crawlers.discovery.shelf import Shelf
from crawlers.discovery.wish import Wish
from crawlers.run import Limits, Summary, discover
from crawlers.sites import Site
from service import discovered, terminal
from service.fetching import (
    INTERRUPTED,
    Counted,
    Span,
    manners,
    politely,
    progress,
    say_interrupted,
    with_sites,
)
from service.intake import Intake
from service.options import Settings, common, print_json
from service.views import View
from service.watches import watch

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options say of the errand."""

    names: tuple[str, ...]  # of watches
    max_pages: int | None  # None: the row's
    max_depth: int | None
    fresh: float  # seconds


_OPTIONS = (
    click.option("--watch", "names", multiple=True, help="Only what fits this watch; repeatable."),
    click.option("--max-pages", type=click.IntRange(min=1), help="Answers, at most [the row's]."),
    click.option("--max-depth", type=click.IntRange(min=0), help="Links from a start [the row's]."),
    click.option("--fresh", type=Span(), default=str(int(DAY_SECONDS)),
                 help="A page archived less than this ago is not asked again: 3600, 12h [1d]."),
)  # fmt: skip


def narrowly(command: _Command) -> _Command:
    """The command with what narrows a crawl, which it gets as `asked`."""

    @wraps(command)
    def narrowed(*args: Any, **given: Any) -> Any:
        asked = Asked(**{field.name: given.pop(field.name) for field in fields(Asked)})
        return command(*args, asked=asked, **given)

    decorated: Any = narrowed
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


@click.command()
@click.argument("name", metavar="SITE", required=False)
@click.option("--list", "wants_list", is_flag=True, help="Show the sites that have a row.")
@narrowly
@politely
@with_sites
@common
@click.pass_obj
def crawl(settings: Settings, /, name: str | None, wants_list: bool, **given: Any) -> int:
    """Find the pages of a site by its row, fetch them politely, and say what each one is."""
    return _list(settings, given["sites"]) if wants_list else _crawl(settings, name, **given)


def _crawl(
    settings: Settings, name: str | None, asked: Asked, limits: Limits, sites: dict[str, Site]
) -> int:
    if name not in sites:
        known = ", ".join(sorted(sites))
        raise click.UsageError(
            f"SITE is one of: {known}. A row of your own goes into --sites FILE."
        )
    errand = _errand(settings, sites[name], asked)
    visit = manners(settings.path, {name: errand.site} | sites, limits, browser=errand.site.browser)
    with Intake(settings) as intake, progress(name) as advance:
        counted = Counted(intake)
        with closing(Shelf.open(settings.path)) as shelf:
            summary, found = discover(
                Explorer(errand, shelf),
                limits,
                counted.receive,
                advance,
                manners=visit,
            )
    view = discovered.crawl(name, counted.fetched, counted.captures, intake.results)
    view |= discovered.discovery(found)
    if settings.as_json:
        print_json(view)
    else:
        terminal.crawl(view)
    if summary.interrupted:
        say_interrupted()
        return INTERRUPTED
    return _status(summary, found)


def _errand(settings: Settings, site: Site, asked: Asked) -> Errand:
    if asked.max_pages is not None:
        site = replace(site, max_pages=asked.max_pages)
    if asked.max_depth is not None:
        site = replace(site, max_depth=asked.max_depth)
    wanted = [watch(settings.path, name) for name in asked.names]
    wish = Wish(
        titles=tuple(title for each in wanted for title in each.titles),
        terms=tuple(term for each in wanted for term in each.terms),
    )
    return Errand(site=site, wish=wish, fresh_seconds=asked.fresh)


def _status(summary: Summary, found: Discovery) -> int:
    """0 when the site gave anything, or had nothing that was not fresh; 1 when it gave nothing."""
    return 0 if summary.answered or found.fresh else 1


def _list(settings: Settings, sites: dict[str, Site]) -> int:
    rows: list[View] = [discovered.site(sites[name]) for name in sorted(sites)]
    if settings.as_json:
        print_json({"sites": rows})
    else:
        terminal.sites(rows)
    return 0
