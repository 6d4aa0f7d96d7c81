"""What commands do about stores: `verify --remote`, which one is meant, and what is cleared from them."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from archive.errors import ArchiveError
from archive.remote import address as addresses
from archive.remote import receipts
from archive.remote.checking import verify_remote
from archive.remote.interface import Store
from archive.remote.opening import open_store, store_of
from archive.remote.pushing import clear
from service import terminal, views
from service.options import Settings, print_json
from service.views import View

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


def clear_stores(archive: Path) -> list[View]:
    """For each store that had it, what became there of what was taken down: `replaced`, or `left`, and why.

    The store that the archive uses is asked; copies that are in others are named.
    """
    where = addresses.remembered(archive)
    found: dict[str, View] = {}
    for name, receipt in receipts.outdated(archive).items():
        view = found.setdefault(receipt.store, _store_view(receipt.store))
        push = f"run `variorum archive push --store {receipt.store}`, which replaces it there."
        view["left"].append({"name": name, "reason": f"as it was before: {push}"})
    if where is None or str(where) not in found:
        return list(found.values())
    view = _store_view(str(where))
    try:
        for each in clear(archive, open_store(where)):
            if each.state != "refused" and not each.earlier:
                view["replaced"].append(each.name)
                continue
            why = each.reason or (
                f"the bucket would not delete its versions {', '.join(each.earlier)}. Delete them by hand."
            )
            view["left"].append({"name": each.name, "reason": why})
        found[str(where)] = view
    except ArchiveError as error:
        for left in found[str(where)]["left"]:
            left["reason"] += f" It could not be done now: {error}"
    return list(found.values())


def _store_view(store: str) -> View:
    return {"store": store, "replaced": [], "left": []}


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
