"""The command that does jobs."""

import logging
import os
import sys
from pathlib import Path

import click

from service import logs
from service.config import Config, UnusableConfig, read_config
from service.jobs.desk import LET_GO_SECONDS
from service.jobs.worker import Duties, work
from service.options import Settings, common, database
from service.tell import telling

_MISSED = 6  # signs of life, after which a worker is dead: see docs/configuration.md


@click.command()
@click.option(
    "--crawls",
    type=click.IntRange(1, 64),
    default=3,
    show_default=True,
    help="Sites that are crawled side by side.",
)
@click.option(
    "--let-go",
    "let_go_seconds",
    type=click.FloatRange(min=0),
    default=LET_GO_SECONDS,
    show_default=True,
    help="Seconds of quiet before other commands may write.",
)
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A configuration file: docs/configuration.md.",
)
@database
@common
@click.pass_obj
def worker(
    settings: Settings, url: str | None, crawls: int, let_go_seconds: float, file: Path | None
) -> None:
    """Do the jobs of an archive, until SIGTERM or Ctrl-C.

    It fetches what is submitted, runs schedules, and takes over from a worker that died. A second one
    stands by.
    """
    config = _configured(settings, url, file)
    logs.configure(config.log)
    logging.getLogger("dbos").setLevel(logging.WARNING)  # it tells of each table that it makes
    duties = Duties(
        crawls=crawls,
        let_go_seconds=let_go_seconds,
        stop_seconds=config.stop_seconds,
        beat_seconds=config.heartbeat_seconds,
        dead_seconds=_MISSED * config.heartbeat_seconds,
    )
    with telling(config):
        work(config.archive, config.database_url, duties, _say)
    logging.shutdown()
    sys.stdout.flush()
    # Threads of jobs that the next worker goes on with wait for ever: ending like this leaves them.
    os._exit(0)


def _configured(settings: Settings, url: str | None, file: Path | None) -> Config:
    """The configuration; what child processes and site rows need of it is put into the environment."""
    asked = {"VARIORUM_ARCHIVE": settings.archive, "VARIORUM_DATABASE": url}
    named = {name: str(value) for name, value in asked.items() if value}
    try:
        config = read_config(file, {**os.environ, **named})
    except UnusableConfig as error:
        raise click.UsageError(str(error)) from error
    os.environ["VARIORUM_CONTACT"] = config.contact
    os.environ["VARIORUM_ALLOW_ADDRESSES"] = config.allow_addresses
    os.environ["VARIORUM_SITES"] = os.pathsep.join(map(str, config.sites))
    return config


def _say(line: str) -> None:
    click.echo(f"variorum: {line}", err=True)
