"""Writes what an export makes: whole under its name, or not at all."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

from archive import files, warc
from archive.errors import NotKept
from archive.exports.cdxj import Line, line_of
from archive.exports.selection import Taken


@contextmanager
def fresh(path: Path) -> Iterator[BinaryIO]:
    """A file that gets the name `path` when the block has ended well.

    Raises:
        NotKept: the disk would not take it; what stood at `path` still does.
    """
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
        files.sync_folder(path.parent)
    except OSError as error:
        raise NotKept(path, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            beside.unlink()


class WarcCopy:
    """A WARC file that records are copied to, with its digest and its index lines."""

    def __init__(self, handle: IO[bytes], name: str) -> None:
        self.lines: list[Line] = []
        self.size = 0
        self.captures = 0
        self._handle = handle
        self.name = name
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of what was written, 64 hex digits."""
        return self._digest.hexdigest()

    def begin(self) -> None:
        """Write a `warcinfo` record that says what the file is."""
        now = warc.timestamp(datetime.now(UTC))
        block = (
            b"software: Variorum\r\nformat: WARC File Format 1.1\r\n"
            b"description: records of a Variorum archive, copied byte for byte\r\n"
        )
        fields = [("WARC-Date", now), ("WARC-Filename", self.name)]
        info = warc.record("warcinfo", block, "application/warc-fields", fields)
        self.add(Taken(record=info, member=warc.to_member(info)))

    def add(self, taken: Taken) -> None:
        """Write one more record."""
        line = line_of(taken.record, self.name, self.size, len(taken.member))
        if line:
            self.lines.append(line)
            self.captures += 1
        self._handle.write(taken.member)
        self._digest.update(taken.member)
        self.size += len(taken.member)
