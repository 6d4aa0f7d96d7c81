"""How far the import of a file has come, so that a second one goes on where the first stopped.

A note says: up to this record the file was taken, these captures were in it, these problems. It is written
after what it speaks of is on the disk. It is believed only as long as every capture it names is in the index,
so that losing it, or the archive, costs time and nothing else.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from archive import files
from archive.errors import UnknownKey
from archive.index import Index
from archive.problems import Problem
from archive.records import Capture

FOLDER = "imports"  # below the archive folder
_WORTH_NOTING = 1 << 20  # bytes of a file; smaller ones are read again as quickly
_EDGE = 1 << 16  # bytes at both ends of a file by which it is known again


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One stretch of a file that was taken."""

    offset: int  # of the last record in it
    taken: int  # records at that offset that were taken; several may share a gzip member
    records: int  # in the stretch
    captures: tuple[str, ...]  # ids, in order
    problems: tuple[Problem, ...]
    ended: bool  # whether it reaches the end of the file


class Progress:
    """The notes about one file, which is known by its size, its time and its two ends."""

    def __init__(self, archive: Path, file: Path) -> None:
        """Look at the file.

        Raises:
            OSError: it cannot be read.
        """
        found = file.stat()
        with file.open("rb") as handle:
            ends = handle.read(_EDGE)
            handle.seek(max(0, found.st_size - _EDGE))
            ends += handle.read(_EDGE)
        name = f"{found.st_size} {found.st_mtime_ns} {hashlib.sha256(ends).hexdigest()}"
        self._folder = archive / FOLDER / hashlib.sha256(name.encode()).hexdigest()[:32]
        self._worth_it = found.st_size >= _WORTH_NOTING
        self._count = 0

    def known(self, index: Index) -> tuple[list[Note], list[Capture]]:
        """The notes that hold, and their captures; nothing when something they name is gone."""
        try:
            paths = sorted(self._folder.glob("*.json"))
            notes = [msgspec.json.decode(path.read_bytes(), type=Note) for path in paths]
            captures = [index.capture(key) for note in notes for key in note.captures]
        except (OSError, msgspec.MsgspecError, UnknownKey):
            return [], []
        self._count = len(notes)
        return notes, captures

    def add(self, note: Note) -> None:
        """Keep one more note, behind those that hold.

        Raises:
            NotKept: the disk would not take it.
        """
        if not self._worth_it:
            return
        if not self._folder.is_dir():
            files.make_folder(self._folder.parent)
            files.make_folder(self._folder)
        self._count += 1
        files.replace(self._folder / f"{self._count:06d}.json", msgspec.json.encode(note))
