"""The commands that tell: one round of webhooks and mail, and how far they are."""

import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.folder import check_format
from service import terminal
from service.config import FILE_VARIABLE, Config, UnusableConfig, read_config
from service.options import Settings, common, print_json
from service.tell import tell as tell_once
from service.tell.outbox import Outbox

_file = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help=f"The configuration [default: {FILE_VARIABLE}, or none].",
)


@click.group()
def tell() -> None:
    """Tell webhooks and mailboxes what changed; the server does it by itself."""


@tell.command()
@_file
@common
@click.pass_obj
def now(settings: Settings, file: Path | None) -> int:
    """Queue what changed, deliver what is due, and send the digest when it is."""
    told = tell_once(_config(settings, file), lambda: datetime.now(UTC))
    if settings.as_json:
        print_json(asdict(told))
    else:
        terminal.facts(asdict(told))
    return 1 if told.failed else 0


@tell.command()
@common
@click.pass_obj
def status(settings: Settings) -> int:
    """How many messages wait, were sent, were given up, and what went wrong with the latest."""
    check_format(settings.path)
    with Outbox(settings.path) as outbox:
        counts, troubles = outbox.counts(), outbox.troubles()
    rows = [
        {"channel": channel, "change": change, "attempts": attempts, "error": error}
        for channel, change, attempts, error in troubles
    ]
    if settings.as_json:
        print_json({"messages": counts, "troubles": rows})
        return 0
    terminal.facts(counts)
    for row in rows:
        terminal.say(f"{row['channel']}, tried {row['attempts']} times: {row['error']}")
    return 0


def _config(settings: Settings, file: Path | None) -> Config:
    try:
        config = read_config(file, os.environ)
    except UnusableConfig as error:
        raise click.UsageError(str(error)) from error
    return replace(config, archive=settings.archive) if settings.archive else config
