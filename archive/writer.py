"""Appends records to WARC files: one at a time, sealed when large enough or when the writer closes."""

import getpass
import os
import platform
import re
import socket
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from archive import files, warc
from archive.records import Place
from archive.warc import Record

ROLLOVER = 1 << 30  # bytes; WARC 1.1, annex C.1, recommends 1 GB
_NAME = re.compile(r"variorum-(\d{6})-")


class WarcWriter:
    """The one open WARC file of an archive. It appears with its first record."""

    def __init__(self, folder: Path, *, format_version: int, rollover: int = ROLLOVER) -> None:
        self._folder = folder
        self._format_version = format_version
        self._rollover = rollover
        self._file: files.Appender | None = None
        self._name = ""

    def roll_over(self) -> None:
        """Seal the file when it is large enough; the next record begins another.

        Raises:
            NotKept: the disk would not; the next start seals it.
        """
        if self._file and self._file.size >= self._rollover:
            self.close()

    def write(self, records: tuple[Record, ...]) -> tuple[Place, ...]:
        """Where the records now stand, all in one file; not durable before `sync`.

        Raises:
            NotKept: the disk would not take them.
        """
        return tuple(self._append(warc.to_member(record)) for record in records)

    def write_member(self, member: bytes) -> Place:
        """Where the gzip member, made elsewhere, now stands, byte for byte.

        Raises:
            NotKept: the disk would not take it.
        """
        return self._append(member)

    def sync(self) -> tuple[str, int] | None:
        """Name and size of the file, once all of it is on the disk; None when nothing was written.

        Raises:
            NotKept: the disk did not take it.
        """
        if self._file is None:
            return None
        self._file.sync()
        return self._name, self._file.size

    def mark(self) -> tuple[str, int]:
        """The place that the next record will have, for `cut`; ("", 0) before the first file."""
        return (self._name, self._file.size) if self._file else ("", 0)

    def cut(self, mark: tuple[str, int]) -> None:
        """Take back what was written behind the mark, which is in the open file or before it.

        Raises:
            NotKept: the disk would not.
        """
        if self._file is None:
            return
        name, size = mark
        self._file.cut(size if name == self._name else 0)
        if self._file.size == 0 or not self._file.sound:
            self.abandon()

    def abandon(self) -> None:
        """Write no more to this file; the next start looks at what is in it and seals it."""
        if self._file:
            leaving, self._file = self._file, None
            leaving.abandon()

    def close(self) -> None:
        """Seal the file, if there is one.

        Raises:
            NotKept: the disk would not; the next start seals it.
        """
        if self._file:
            closing, self._file = self._file, None
            closing.seal()

    def _append(self, member: bytes) -> Place:
        target = self._file or self._begin()
        return Place(warc=self._name, offset=target.append(member), length=len(member))

    def _begin(self) -> files.Appender:
        # The serial number comes first, so that the order of names is the order of writing
        # whatever the clock did in between.
        serial = 1 + max(map(serial_of, files.listed(self._folder)), default=0)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        final = f"variorum-{serial:06d}-{stamp}.warc.gz"
        self._file = files.Appender(self._folder / (final + files.OPEN_SUFFIX))
        self._name = f"{self._folder.name}/{final}"
        self._file.append(warc.to_member(self._info(final)))
        return self._file

    def _info(self, filename: str) -> Record:
        lines = (
            f"software: {_software()}",
            f"operator: {_operator()}",
            f"hostname: {socket.gethostname()}",
            "format: WARC File Format 1.1",
            "conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            f"variorum-format: {self._format_version}",
        )
        block = "".join(line + "\r\n" for line in lines).encode()
        now = warc.timestamp(datetime.now(UTC))
        fields = [("WARC-Date", now), ("WARC-Filename", filename)]
        return warc.record("warcinfo", block, "application/warc-fields", fields)


def _software() -> str:
    """What wrote the file: this program, what it ran on, and what packs its records."""
    versions = []
    for name in ("variorum", "warcio"):
        try:
            versions.append(f"{name}/{metadata.version(name)}")
        except metadata.PackageNotFoundError:  # run from a bare checkout
            versions.append(name)
    return " ".join([*versions, f"Python/{platform.python_version()}"])


def _operator() -> str:
    """The user who runs this: who submitted what the file holds."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return f"uid {os.getuid()}"


def serial_of(path: Path) -> int:
    """The serial number in the name of a WARC file of ours; 0 for any other name."""
    found = _NAME.match(path.name)
    return int(found[1]) if found else 0
