"""Files of others that stay where they are: an archive refers to their records instead of copying them.

A symbolic link in `adopted/`, named by the digest of the file, leads to it. What is taken from it stands in
records of our own, with the digest, so the index can be made again without the file. The file is never
written; while it is away, its captures cannot be read, and everything else can.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive import files, warc
from archive.containers.parts import Damage
from archive.containers.sniff import Foreign, Kind, kind_of
from archive.index import Index
from archive.members import walk
from archive.records import Adoption, Place
from archive.replay import adoption_in, is_adopted
from archive.resync import MAGIC
from archive.warc import Record

FOLDER = "adopted"  # below the archive folder
_ENDINGS = {Kind.WARC: ".warc", Kind.WARC_GZIP: ".warc.gz", Kind.WACZ: ".wacz"}
_PIECE = 1 << 20  # bytes hashed at a time


class NotAdoptable(ValueError):
    """A file that cannot be referred to; `code` is that of the problem."""

    def __init__(self, why: str, code: str = "not-in-place") -> None:
        self.code = code
        super().__init__(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A file that is referred to."""

    name: str  # of the link, below the archive folder
    path: Path  # where the file is, absolute
    size: int  # bytes
    sha256: str  # 64 hex digits
    plain: bool  # not compressed
    changed_ns: int  # time of its last change


def adopt(archive: Path, path: Path, handle: BinaryIO, advance: Callable[[int], None]) -> Adopted:
    """The file, open as `handle`, with a link that leads to it; `advance` gets the bytes read for its digest.

    A file with the same bytes has the same link, so one that was moved is found again.

    Raises:
        NotAdoptable: its records cannot be read where they lie.
        OSError: it cannot be read.
        NotKept: the disk would not take the link.
    """
    whole = path.resolve()
    if whole.is_relative_to(archive.resolve()):
        raise NotAdoptable("it lies in the archive itself; copy it elsewhere.")
    stat = os.fstat(handle.fileno())
    kind = _adoptable(path, handle, stat.st_size)
    digest = _sha256(handle, stat.st_size, advance)
    name = f"{FOLDER}/{digest[:32]}{_ENDINGS[kind]}"
    link = archive / name
    if not (link.is_symlink() and link.readlink() == whole):
        files.make_folder(archive / FOLDER)
        files.link(link, whole)
    return Adopted(
        name=name,
        path=whole,
        size=stat.st_size,
        sha256=digest,
        plain=kind is Kind.WARC,
        changed_ns=stat.st_mtime_ns,
    )


def has_changed(handle: BinaryIO, adopted: Adopted) -> bool:
    """Whether something has written to the file since its digest was worked out."""
    stat = os.fstat(handle.fileno())
    return (stat.st_size, stat.st_mtime_ns) != (adopted.size, adopted.changed_ns)


def adoptions(
    index: Index, read: Callable[[Place], Record], name: str | None = None
) -> Iterator[Adoption]:
    """What an archive refers to, in the order of writing: in one file, or in all; `read` gives our records.

    Raises:
        Damaged: a record that says so is not as it was written.
    """
    for file, place in index.adoptions():
        if name in (None, file):
            yield adoption_in(read(place), place)


def linked(archive: Path) -> tuple[Path, ...]:
    """The links of an archive to files of others."""
    found = sorted((archive / FOLDER).glob("*"))
    return tuple(each for each in found if is_adopted(f"{FOLDER}/{each.name}"))


def places(adoption: Adoption) -> list[tuple[str, Place]]:
    """Where its records lie, in the order of the file, each beside the id of its capture."""
    captures = ((each.id, each.place) for each in adoption.captures)
    return sorted((*captures, *adoption.requests), key=lambda each: each[1].offset)


def member_at(archive: Path, place: Place, record: Record) -> bytes:
    """The record at the place as a gzip member: byte for byte where it is a whole one there."""
    with (archive / place.warc).open("rb") as handle:
        handle.seek(place.offset)
        data = handle.read(place.length)
    return data if data.startswith(MAGIC) and not record.flaws else warc.to_member(record)


def _adoptable(path: Path, handle: BinaryIO, size: int) -> Kind:
    """The kind of a file whose records can be read by their places."""
    try:
        kind = kind_of(handle, 0, size)
    except Foreign as error:
        raise NotAdoptable(f"{error}.", "not-a-warc") from error
    first = next((each for each in walk(path, 0, size) if not isinstance(each, Damage)), None)
    placed = first is None or first.length or kind is Kind.WARC
    if kind not in _ENDINGS or not placed:
        why = (
            "its records cannot be read where they lie, because they are ARC documents, or are packed "
            "otherwise than as one gzip member each; import it without --in-place."
        )
        raise NotAdoptable(why)
    return kind


def _sha256(handle: BinaryIO, size: int, advance: Callable[[int], None]) -> str:
    """SHA-256 of the first `size` bytes, 64 hex digits."""
    digest = hashlib.sha256()
    handle.seek(0)
    while size and (piece := handle.read(min(size, _PIECE))):
        digest.update(piece)
        size -= len(piece)
        advance(len(piece))
    return digest.hexdigest()
