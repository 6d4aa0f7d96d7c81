"""The command that serves the web pages and the API."""

import logging
import os
import sys
from pathlib import Path

import click

from service import logs, terminal
from service.api.tokens import Tokens, beside
from service.config import FILE_VARIABLE, Config, UnusableConfig, read_config
from service.options import Settings, common, print_json
from service.serving import bound, with_port
from service.serving import serve as run


@click.command()
@click.option("--host", help="The address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 for any free one [8420].")
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A configuration file: docs/configuration.md.",
)
@click.option("--local", is_flag=True, help="Whoever sits at this machine needs no token.")
@click.option("--worker/--no-worker", default=True, help="Run a worker beside the server [yes].")
@common
@click.pass_obj
def serve(
    settings: Settings,
    host: str | None,
    port: int | None,
    file: Path | None,
    *,
    local: bool,
    worker: bool,
) -> int:
    """Serve the web pages and the API until Ctrl-C, with a worker for queued jobs."""
    asked = {
        "VARIORUM_ARCHIVE": settings.archive,
        "VARIORUM_SERVER_HOST": host,
        "VARIORUM_SERVER_PORT": port,
        "VARIORUM_SERVER_WRITING": "local" if local else None,
    }
    named = {name: str(value) for name, value in asked.items() if value is not None}
    try:
        config = read_config(file, {**os.environ, **named})
    except UnusableConfig as error:
        raise click.UsageError(str(error)) from error
    if file is not None:
        os.environ[FILE_VARIABLE] = str(file.absolute())  # the worker reads it too
    listening = bound(config.host, config.port)
    config = with_port(config, listening)
    logs.configure(config.log)
    logging.getLogger("dbos").setLevel(logging.WARNING)  # it tells of each table that it makes
    _say(settings, config)
    run(config, listening, worker=worker)
    return 0


def _say(settings: Settings, config: Config) -> None:
    """Where it listens, before anybody can ask: whoever started it may be a program."""
    if settings.as_json:
        print_json({"url": config.url, "host": config.host, "port": config.port})
        sys.stdout.flush()
    else:
        terminal.say(f"Variorum is at {config.url} and stops with Ctrl-C.")
    if config.writing == "token" and not Tokens(beside(config.archive)).all():
        hint = "Nothing can be submitted yet: make a token with `variorum token create NAME "
        click.echo(f"variorum: {hint}--scope operate`, or serve with --local.", err=True)
