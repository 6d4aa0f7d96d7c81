"""The WARC files inside a WACZ, which is a ZIP file, and inside those that lie in another one.

Nothing is unpacked under a name that the file gives: what is stored uncompressed is walked where it lies, so
offsets are those in the ZIP file, and the rest goes through a temporary file without a name.
"""

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from archive.containers.datapackage import mismatches
from archive.containers.parts import Damage

_DIRECTORY_LIMIT = 4 << 20  # bytes of a ZIP directory: about 40,000 files
_EXPANSION_LIMIT = 200  # times its size; WARCs, which hold compressed members, hardly shrink
_UNPACKED_LIMIT = 16 << 30  # bytes of one file
_ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz", ".wacz")
_TAIL = 22 + 65535 + 20  # end record, comment and locator: APPNOTE.TXT 6.3.10, sections 4.3.15-16
_LOCAL = 30  # bytes of a local header before the name: section 4.3.7
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file in the ZIP that may hold records."""

    name: str
    handle: BinaryIO
    start: int  # where its bytes are in the handle
    stop: int
    offset: int | None  # of what it was unpacked from; None where it is walked in its place


def has_directory(handle: BinaryIO, start: int, stop: int) -> bool:
    """Whether the bytes from `start` to `stop` end with the directory of a ZIP file."""
    return _directory_size(handle, start, stop) is not None


def parts(handle: BinaryIO, start: int, stop: int) -> Iterator[Part | Damage]:
    """The files with records in the ZIP that is the bytes from `start` to `stop`, in order."""

    def refused(why: str) -> Damage:
        message = f"the file is a ZIP archive {why}"
        return Damage(code="not-a-warc", offset=start, length=stop - start, message=message)

    if (_directory_size(handle, start, stop) or 0) > _DIRECTORY_LIMIT:
        yield refused("with too many files")
        return
    try:
        with zipfile.ZipFile(io.BufferedReader(_Slice(handle, start, stop))) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
            wanted = [entry for entry in entries if entry.filename.lower().endswith(_ENDINGS)]
            yield from _mismatches(archive, start, stop)
            behind = start  # the end of the part before: two that share bytes are a trap
            for entry in wanted:
                at = start + entry.header_offset
                begin = _begin(handle, at)
                why = _flaw(entry, begin - behind, stop - begin)
                if why:
                    message = f"{entry.filename[:80]!r} {why}"
                    yield Damage(code="bad-member", offset=at, length=0, message=message)
                    continue
                yield from _part(archive, entry, handle, begin)
                behind = begin + entry.compress_size
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        # The last is zipfile's word for a way of packing that it lacks.
        yield refused(f"that cannot be read ({error})")
        return
    if not wanted:
        yield refused("without WARC files")


def _mismatches(archive: zipfile.ZipFile, start: int, stop: int) -> Iterator[Damage]:
    """Files that are not what the package says of them, those apart that are not read anyway."""
    readable = frozenset(
        entry.filename
        for entry in archive.infolist()
        if not _flaw(entry, 0, stop - start - entry.header_offset)
    )
    for each in mismatches(archive, readable):
        at = start + (each.entry.header_offset if each.entry else 0)
        message = f"{each.name[:80]!r} {each.why}"
        yield Damage(code="package-mismatch", offset=at, length=0, message=message)


def parts_of_torn(handle: BinaryIO, start: int, stop: int) -> Iterator[Part | Damage]:
    """The files with records in a ZIP whose end is missing, by the headers in front of each of them."""
    why = "the end of the ZIP archive, with its directory, is missing"
    yield Damage(code="torn-tail", offset=stop, length=0, message=why)
    at = start
    while at < stop:
        handle.seek(at)
        head = handle.read(_LOCAL)
        if not head.startswith(b"PK\x03\x04") or len(head) < _LOCAL:
            return
        begin = _begin(handle, at)
        handle.seek(at + _LOCAL)
        name = handle.read(int.from_bytes(head[26:28], "little")).decode("utf-8", "replace")
        size = int.from_bytes(head[18:22], "little")
        told = not head[6] & 8 and size != 0xFFFFFFFF  # otherwise the size stands behind the bytes
        end = min(begin + size, stop) if told else stop
        stored = int.from_bytes(head[8:10], "little") == zipfile.ZIP_STORED
        if stored and name.lower().endswith(_ENDINGS) and begin < end:
            yield Part(name=name, handle=handle, start=begin, stop=end, offset=None)
        at = end


def _flaw(entry: zipfile.ZipInfo, gap: int, room: int) -> str:
    """Why the bytes of the entry are not read; "" when they are."""
    if entry.flag_bits & 1:
        return "is encrypted"
    if gap < 0:
        return "shares its bytes with another file"
    if entry.compress_size > room:
        return "is cut off"
    expands = entry.file_size > _EXPANSION_LIMIT * max(entry.compress_size, 1)
    return "expands too far" if expands or entry.file_size > _UNPACKED_LIMIT else ""


def _begin(handle: BinaryIO, at: int) -> int:
    """Where the bytes of the file with the local header at `at` begin.

    Raises:
        BadZipFile: no such header stands there.
    """
    handle.seek(at)
    head = handle.read(_LOCAL)
    if not head.startswith(b"PK\x03\x04") or len(head) < _LOCAL:
        raise zipfile.BadZipFile("its directory does not fit its files")
    name, extra = (int.from_bytes(head[place : place + 2], "little") for place in (26, 28))
    return at + _LOCAL + name + extra


def _part(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, handle: BinaryIO, begin: int
) -> Iterator[Part | Damage]:
    if entry.compress_type == zipfile.ZIP_STORED:
        stop = begin + entry.compress_size
        yield Part(name=entry.filename, handle=handle, start=begin, stop=stop, offset=None)
        return
    with tempfile.TemporaryFile() as spool:
        size, why = 0, ""
        try:
            with archive.open(entry) as packed:
                while size <= entry.file_size and (piece := packed.read(_CHUNK)):
                    size += spool.write(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            why = f"{entry.filename[:80]!r} is damaged ({error})"
        yield Part(name=entry.filename, handle=spool, start=0, stop=size, offset=begin)
        if why:
            yield Damage(code="bad-member", offset=begin, length=entry.compress_size, message=why)


def _directory_size(handle: BinaryIO, start: int, stop: int) -> int | None:
    """How many bytes the directory claims to have; None where the file ends without one."""
    begin = max(start, stop - _TAIL)
    handle.seek(begin)
    tail = handle.read(stop - begin)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return None
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = tail[at - 20 : at] if at >= 20 else b""
    if not locator.startswith(b"PK\x06\x07"):
        return size
    handle.seek(start + int.from_bytes(locator[8:16], "little"))
    record = handle.read(56)  # section 4.3.14
    return max(size if size != 0xFFFFFFFF else 0, int.from_bytes(record[40:48], "little"))


class _Slice(io.RawIOBase):
    """A part of a file as a file, read only. Its position is its own."""

    def __init__(self, handle: BinaryIO, start: int, stop: int) -> None:
        super().__init__()
        self._handle = handle
        self._start = start
        self._stop = stop
        self._at = 0

    def readable(self) -> bool:
        """See `io.IOBase.readable`."""
        return True

    def seekable(self) -> bool:
        """See `io.IOBase.seekable`."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._stop - self._start}
        self._at = max(0, base[whence] + offset)
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """See `io.RawIOBase.readinto`."""
        self._handle.seek(self._start + self._at)
        left = max(0, self._stop - self._start - self._at)
        data = self._handle.read(min(len(buffer), left))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
