"""The command that hands an archive on to other tools and to people: export."""

from collections.abc import Callable
from pathlib import Path

import click

from archive.exports import selection as selections
from archive.exports.folder import to_folder
from archive.exports.selection import Selection
from archive.exports.wacz import to_wacz
from archive.exports.warcs import to_cdxj, to_warc
from archive.store import Archive
from service import terminal
from service.options import Settings, common, print_json

_Write = Callable[[Archive, Selection | None, Path], int]
_WRITES: dict[str, _Write] = {"wacz": to_wacz, "warc": to_warc, "cdxj": to_cdxj}
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("keys", nargs=-1)
@click.option("--wacz", type=_FILE, help="Write a WACZ, which ReplayWeb.page opens.")
@click.option("--warc", type=_FILE, help="Write one WARC file.")
@click.option("--cdxj", type=_FILE, help="Write an index of the archive's WARC files.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a folder that people can read; takes one KEY.",
)
@common
@click.pass_obj
def export(settings: Settings, /, keys: tuple[str, ...], **targets: Path | None) -> int:
    """Copy the documents that the KEYs lead to, or the whole archive, for other tools and people."""
    named = {form: path for form, path in targets.items() if path is not None}
    if len(named) != 1:
        raise click.UsageError("Name one of --wacz, --warc, --cdxj and --folder.")
    ((form, path),) = named.items()
    if form == "folder" and len(keys) != 1:
        raise click.UsageError("--folder takes the KEY of one document.")
    if not path.parent.is_dir():
        raise click.UsageError(f"{path.parent} is no folder.")
    with settings.reader() as archive:
        try:
            count = _export(archive, form, path, keys)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    if settings.as_json:
        print_json({"path": str(path), "captures": count})
    else:
        terminal.say(f"{path}: {count} capture{'' if count == 1 else 's'}.")
    return 0


def _export(archive: Archive, form: str, path: Path, keys: tuple[str, ...]) -> int:
    if form == "folder":
        return to_folder(archive, keys[0], path)
    chosen = selections.of_documents(archive, keys) if keys else None
    return _WRITES[form](archive, chosen, path)
