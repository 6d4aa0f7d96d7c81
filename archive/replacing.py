"""Sealed files that others take the place of, all or none: for a takedown, and for good copies.

A sealed file is never written again; here a new one gets its name. What is to be done stands in
`replacing.json` before any name changes, so that the next writer can finish what a death cut short.
The index is dropped before, because places in the files may be others: the next writer makes it again.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from archive import files
from archive.recovery import drop_index

PLAN = "replacing.json"
FRESH_SUFFIX = ".new"  # of a file that is to take the place of another


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A file that lies beside the one whose place it takes."""

    name: str  # of the sealed file, "warc/....warc.gz"
    sha256: str  # 64 hex digits


def fresh_path(archive: Path, name: str) -> Path:
    """Where the new bytes of a file are gathered."""
    final = archive / name
    return final.with_name(final.name + FRESH_SUFFIX)


def replace_sealed(archive: Path, fresh: tuple[Fresh, ...]) -> None:
    """Put the gathered files in the place of the sealed ones; the index goes, and must be made again.

    Only by the one writer, with the index closed.

    Raises:
        NotKept: the disk would not; the next writer goes on with it.
    """
    files.replace(archive / PLAN, msgspec.json.encode(fresh) + b"\n")
    finish(archive)


def finish(archive: Path) -> None:
    """Do what the plan says that a writer may have left, and clear away what has none.

    Raises:
        NotKept: the disk would not.
    """
    plan = archive / PLAN
    if plan.exists():
        fresh = msgspec.json.decode(plan.read_bytes(), type=tuple[Fresh, ...])
        drop_index(archive)
        files.sync_folder(archive)
        for each in fresh:
            if fresh_path(archive, each.name).exists():  # else it has its place already
                files.put_sealed(fresh_path(archive, each.name), archive / each.name, each.sha256)
        files.drop(plan)
    for path in files.listed(archive / "warc"):
        if path.name.endswith(FRESH_SUFFIX):
            files.drop(path)
