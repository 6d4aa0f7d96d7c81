"""The commands that name plans to look for."""

import click

from service import terminal
from service.options import Settings, common, print_json
from service.views import View
from service.watches import Watch, watches
from service.watches import add as keep
from service.watches import remove as forget


@click.group()
def watch() -> None:
    """Name plans to look for: `variorum crawl SITE --watch NAME` follows what fits."""


@watch.command()
@click.argument("name")
@click.option("--title", "titles", multiple=True, help="A title, in any language; repeatable.")
@click.option("--terms", multiple=True, help="Words that all must be there; repeatable.")
@common
@click.pass_obj
def add(settings: Settings, name: str, titles: tuple[str, ...], terms: tuple[str, ...]) -> int:
    """Add a watch, or replace the one of this name."""
    new = Watch(name=name, titles=titles, terms=terms)
    if new.wish().is_empty:
        raise click.UsageError("A watch needs a --title or --terms with letters in them.")
    keep(settings.path, new)
    return _report(settings)


@watch.command("list")
@common
@click.pass_obj
def list_(settings: Settings) -> int:
    """Show all watches."""
    return _report(settings)


@watch.command()
@click.argument("name")
@common
@click.pass_obj
def remove(settings: Settings, name: str) -> int:
    """Forget a watch; what was archived for it stays."""
    forget(settings.path, name)
    return _report(settings)


def _report(settings: Settings) -> int:
    found = [_view(each) for each in watches(settings.path)]
    if settings.as_json:
        print_json({"watches": found})
    else:
        terminal.watches(found)
    return 0


def _view(watch: Watch) -> View:
    return {"name": watch.name, "titles": list(watch.titles), "terms": list(watch.terms)}
