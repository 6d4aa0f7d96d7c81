"""The command that finds."""

from pathlib import Path

import click

from archive import lookup as find
from archive.store import Archive
from pipelines import recognise
from service import terminal, views
from service.options import Settings, common, content, moment, print_json


@click.command()
@click.argument("key", required=False)
@click.option(
    "--text",
    "text_file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Find the documents that hold this text; - reads standard input.",
)
@click.option("--url", help="Find what was seen at this address.")
@click.option("--at", "when", help="With --url: at this time, such as 2026-03-04T12:00Z.")
@common
@click.pass_obj
def lookup(
    settings: Settings,
    key: str | None,
    text_file: Path | None,
    url: str | None,
    when: str | None,
) -> int:
    """Find a version by fingerprint, prefix, ISCC, payload digest, pasted text or address.

    KEY is a fingerprint, its exact part, a unique prefix of at least 8 characters, an ISCC, or a
    payload digest.
    """
    if sum(way is not None for way in (key, text_file, url)) != 1:
        raise click.UsageError("Give one of: a KEY, --text FILE, --url URL.")
    if when is not None and url is None:
        raise click.UsageError("--at goes with --url.")
    at, remark = moment(when) if when else None, ""
    with settings.reader() as archive:
        if key is not None:
            found = _by_key(archive, key)
        elif text_file is not None:
            known = recognise.recognise(archive, recognise.decoded(content(text_file)))
            found, remark = known.matches, known.remark
        else:
            assert url is not None
            found = find.by_url(archive, url, at)
        view = {"matches": [views.match(archive, match) for match in found]}
    if settings.as_json:
        print_json(view)
    else:
        terminal.matches(view["matches"])
    if remark:
        click.echo(f"variorum: {remark}", err=True)
    if not found:
        click.echo("variorum: Nothing in this archive fits.", err=True)
    return 0 if found else 1


def _by_key(archive: Archive, key: str) -> tuple[find.Match, ...]:
    try:
        return find.matches(archive, key)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
