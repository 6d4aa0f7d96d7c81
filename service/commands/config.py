"""The commands about the configuration."""

import os
from pathlib import Path
from typing import Any

import click

from service import terminal
from service.config import (
    FILE_VARIABLE,
    SETTINGS,
    Config,
    UnusableConfig,
    effective,
    example_file,
    read_config,
)
from service.options import Settings, common, print_json


@click.group()
def config() -> None:
    """Check and show the configuration of the server and the worker."""


@config.command()
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help=f"The file [default: {FILE_VARIABLE}, or none].",
)
@common
@click.pass_obj
def check(settings: Settings, file: Path | None) -> int:
    """Say whether the configuration can be used, and what it comes to. Secrets are not shown."""
    environ = dict(os.environ)
    if settings.archive is not None:
        environ["VARIORUM_ARCHIVE"] = str(settings.archive)
    try:
        found = read_config(file, environ)
        values = effective(file, environ)
    except UnusableConfig as error:
        _print_wrong(settings, error)
        return 1
    if settings.as_json:
        print_json({"ok": True, "settings": values, "webhooks": _webhooks(found), "problems": []})
    else:
        terminal.facts({key: _shown(value) for key, value in values.items()})
        for hook in found.webhooks:
            kinds = ", ".join(hook.kinds) or "every change"
            terminal.say(f"webhook {hook.name}: {hook.url}, for {kinds}")
    return 0


def _print_wrong(settings: Settings, error: UnusableConfig) -> None:
    if settings.as_json:
        problem = {
            "code": "unusable-config",
            "path": error.where,
            "line": error.line,
            "key": error.key,
            "message": str(error),
        }
        print_json({"ok": False, "settings": {}, "webhooks": [], "problems": [problem]})
    click.echo(f"variorum: {error}", err=True)


def _webhooks(found: Config) -> list[dict[str, Any]]:
    return [
        {"name": hook.name, "url": hook.url, "kinds": list(hook.kinds)} for hook in found.webhooks
    ]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return str(value).lower() if isinstance(value, bool) else str(value) or "-"


@config.command()
@common
@click.pass_obj
def example(settings: Settings) -> int:
    """Print a file with every setting at its default, to start from."""
    if settings.as_json:
        print_json({"settings": [{"key": s.key, "variable": s.variable} for s in SETTINGS]})
    else:
        click.echo(example_file(), nl=False)
    return 0
