"""Commands that take in what is on this machine already: ingest, import."""

import mimetypes
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.captures import ENTITY_LIMIT
from archive.records import Resource
from service import progress, terminal, views
from service.intake import Intake, report
from service.options import Address, Settings, common, moment, print_json


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, type=Address(), help="The address it was published at.")
@click.option("--at", "seen", help="When it was saved, such as 2026-03-04T12:00Z [default: now].")
@click.option("--type", "media_type", help="Its media type [default: by its name or content].")
@common
@click.pass_obj
def ingest(
    settings: Settings, file: Path, url: str, seen: str | None, media_type: str | None
) -> int:
    """Archive a file that somebody saved, as a WARC resource record."""
    if file.stat().st_size > ENTITY_LIMIT:
        raise click.UsageError(f"{file} is larger than {ENTITY_LIMIT >> 20} MiB.")
    body = file.read_bytes()
    resource = Resource(
        url=url,
        fetched_at=moment(seen) if seen else datetime.now(UTC),
        media_type=media_type or _media_type(file, body),
        body=body,
    )
    with Intake(settings) as intake:
        intake.take(url, resource)
    return report(settings, intake.results)


@click.command("import")
@click.argument(
    "warcs", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--in-place", is_flag=True, help="Refer to the records where they lie, instead of copying them."
)
@common
@click.pass_obj
def import_(settings: Settings, warcs: tuple[Path, ...], in_place: bool) -> int:
    """Take over WARC, ARC and WACZ files of other tools, bytes untouched, and say what each page is."""
    reports = []
    with Intake(settings) as intake:
        for path in warcs:
            size = path.stat().st_size * (2 if in_place else 1)
            with progress.advancing(path.name, size) as advance:
                reports.append(intake.take_warc(path, advance, in_place=in_place))
    files = [views.import_report(each) for each in reports]
    if settings.as_json:
        print_json({"files": files, "results": intake.results})
    else:
        terminal.results(intake.results)
        terminal.imports(files)
    return 1 if any(each.problems for each in reports) else 0


def _media_type(file: Path, body: bytes) -> str:
    guessed, _ = mimetypes.guess_type(file.name)
    if guessed:
        return guessed
    return "text/html" if body.lstrip()[:1] == b"<" else "text/plain"
