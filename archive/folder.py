"""The folder of an archive: how it is marked as one, and which format it has."""

import json
from datetime import UTC, datetime
from pathlib import Path

from archive import files
from archive.errors import NewerFormat, NotAnArchive

FORMAT_VERSION = 1  # archive/FORMAT.md
MARK = "variorum.json"
LOCK = "writer.lock"
REMOTE_LOCK = "remote.lock"  # one push or pull at a time


def is_vacant(path: Path) -> bool:
    """Whether a new archive may begin in the folder: it is missing or empty, or a start was cut short.

    Raises:
        NotAnArchive: it is no folder.
    """
    if path.is_dir():
        held = {each.name for each in path.iterdir()}
        return held <= {LOCK, REMOTE_LOCK, MARK + ".new", "warc"} and not list(path.glob("warc/*"))
    if path.exists():
        raise NotAnArchive(path)
    return True


def create(path: Path) -> None:
    """Make the folder an archive without captures.

    Raises:
        NotKept: the disk would not have it.
    """
    created = datetime.now(UTC).isoformat(timespec="seconds")
    files.make_folder(path / "warc")
    mark = {"format": FORMAT_VERSION, "created": created, "software": "Variorum"}
    files.replace(path / MARK, json.dumps(mark, indent=2).encode() + b"\n")


def check_format(path: Path) -> None:
    """Return when the folder is an archive that this program understands.

    Raises:
        NotAnArchive: it is none.
        NewerFormat: a later Variorum wrote it.
    """
    try:
        found = json.loads((path / MARK).read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotAnArchive(path) from error
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise NotAnArchive(path)
    if found > FORMAT_VERSION:
        raise NewerFormat(path, found, FORMAT_VERSION)
