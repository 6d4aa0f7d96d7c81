"""The command that makes the index again."""

import click

from archive.recovery import warc_files
from archive.store import Archive
from pipelines import flow
from pipelines.workers import Readers
from service import progress, terminal
from service.options import Settings, common, print_json


@click.command("rebuild-index")
@common
@click.pass_obj
def rebuild_index(settings: Settings) -> int:
    """Make the index again from the WARCs alone."""
    files = len(warc_files(settings.path))
    with progress.advancing("rebuild", files, files=True) as advance:
        archive = Archive.rebuild(settings.path, advance)
    with archive, Readers() as readers:
        flow.catch_up(archive, readers)
        counts = archive.index.counts()
    view = {name: counts[name] for name in ("captures", "documents", "versions")}
    if settings.as_json:
        print_json(view)
    else:
        terminal.facts(view)
    return 0
