"""`verify --remote`: what a store holds, instead of what is here; and which store a command means."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from archive.remote import address as addresses
from archive.remote.checking import verify_remote
from archive.remote.interface import Store
from archive.remote.opening import open_store, store_of
from service import terminal, views
from service.options import Settings, print_json

_Command = TypeVar("_Command", bound=Callable[..., Any])


def or_remote(command: _Command) -> _Command:
    """The command with --remote and --full, which do something else in its place."""

    @wraps(command)
    def chosen(*given: Any, **named: Any) -> Any:
        context = click.get_current_context()
        full = "variorum.full" in context.meta
        if "variorum.remote" in context.meta:
            return check(context.obj, full=full)
        if full:
            raise click.UsageError("--full goes with --remote.")
        return command(*given, **named)

    def note(context: click.Context, option: click.Parameter, value: bool) -> None:
        if value:
            context.meta[f"variorum.{option.name}"] = True

    option = click.option("--remote", is_flag=True, expose_value=False, callback=note,
                          help="What the store holds, instead of what is here.")  # fmt: skip
    more = click.option("--full", is_flag=True, expose_value=False, callback=note,
                        help="With --remote: read every byte of it back.")  # fmt: skip
    return cast(_Command, option(more(chosen)))


def check(settings: Settings, *, full: bool) -> int:
    """Whether the store holds what was pushed; exit status 1 when it does not."""
    report = verify_remote(settings.path, store_of(settings.path), full=full)
    problems = [views.problem(problem) for problem in report.problems]
    if settings.as_json:
        print_json({"ok": not problems, "checked": report.checked, "problems": problems})
    else:
        terminal.facts(report.checked)
        terminal.problems(problems)
        terminal.say(f"{len(problems)} problems." if problems else "No problems.")
    return 1 if problems else 0


def store_named(settings: Settings, address: str | None, endpoint_url: str | None) -> Store:
    """The store that the command names, or that the archive remembers.

    Raises:
        click.UsageError: neither, or the name is none.
    """
    try:
        if address is not None:
            return open_store(addresses.parse(address, endpoint_url))
        where = addresses.remembered(settings.path)
        if where is None:
            raise click.UsageError("Which store? Give --store s3://bucket/prefix, or a folder.")
        if endpoint_url is not None:
            where = addresses.parse(str(where), endpoint_url)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    return open_store(where)
