"""The command that names a text; it needs no archive."""

from pathlib import Path

import click

from pipelines.direct import read_file
from service import terminal
from service.options import Settings, common, content, print_json


@click.command()
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@common
@click.pass_obj
def fingerprint(settings: Settings, file: Path) -> int:
    """Print the fingerprint of a text or HTML file; needs no archive."""
    reading = read_file(content(file), file.suffix)
    view = {
        "fingerprint": str(reading.fingerprint),
        "exact": reading.fingerprint.exact,
        "iscc": reading.iscc,
        "iscc_form": reading.iscc_form,
        "recipe": reading.fingerprint.recipe,
        "language": reading.language.tag,
    }
    if settings.as_json:
        print_json(view)
    else:
        terminal.facts(view)
    return 0
