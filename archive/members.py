"""Walks the records of a WARC file and proves each compressed member.

Other readers stop silently, or not at all, at a torn tail; this one yields what is damaged, with its offset,
and goes on behind it. A record is never taken from inside a damaged member where that can be told.
"""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from archive import warc
from archive.containers import arc, gzipped, plain, wacz, zst
from archive.containers.parts import RECORD_LIMIT, Damage, Found, take_warc
from archive.containers.sniff import Foreign, Kind, kind_of
from archive.errors import Damaged
from archive.records import Place
from archive.resync import MAGIC
from archive.warc import Malformed, Record

_NESTING_LIMIT = 3  # WACZ files inside WACZ files; a multi-WACZ needs two


def read(path: Path, place: Place) -> Record:
    """The record at `place` of the file.

    Raises:
        Damaged: it is not as it was written.
        FileNotFoundError: the file is not there.
    """
    try:
        with path.open("rb") as handle:
            handle.seek(place.offset)
            data = handle.read(place.length)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Damaged(place.warc, place.offset, f"cannot be read ({error.strerror})") from error
    if data.startswith(b"WARC/"):
        return _plain(data, place)
    inflater = zlib.decompressobj(31)
    try:
        raw = inflater.decompress(data, RECORD_LIMIT + warc.HEAD_LIMIT)
        record = warc.parse(raw)
    except (zlib.error, Malformed) as error:
        raise Damaged(place.warc, place.offset, str(error)) from error
    if not inflater.eof or inflater.unused_data or len(data) != place.length:
        raise Damaged(place.warc, place.offset, "the gzip member is cut off")
    return record


def _plain(data: bytes, place: Place) -> Record:
    """The record that is all of `data`, as it lies in a file that is not compressed."""
    try:
        record = warc.parse(data)
    except Malformed as error:
        raise Damaged(place.warc, place.offset, str(error)) from error
    if extent(record) != len(data) or len(data) != place.length:
        raise Damaged(place.warc, place.offset, "the record does not end where it should")
    return record


def extent(record: Record) -> int:
    """How many bytes a record that was read takes uncompressed, with the two line breaks behind it."""
    closed = all(flaw.code != "no-record-end" for flaw in record.flaws)
    return len(record.head) + len(record.block) + (4 if closed else 0)


def walk(path: Path, start: int = 0, stop: int | None = None) -> Iterator[Found | Damage]:
    """Every record of the bytes from `start` to `stop` of the file, in order; damage in its place.

    Takes WARC plain, as gzip and as zstd, ARC plain and as gzip, and WACZ, told apart by content. A walk that
    begins behind the start of a file begins at a record.
    """
    with path.open("rb") as handle:
        size = path.stat().st_size if stop is None else stop
        if 0 < size <= start:
            return
        try:
            kind = kind_of(handle, 0, size)
        except Foreign as error:
            if start == 0:
                yield _foreign(0, size, str(error))
                return
            kind = Kind.WARC_GZIP
        if start and kind in (Kind.WARC, Kind.WARC_GZIP):
            handle.seek(start)
            kind = Kind.WARC if handle.read(5) == b"WARC/" else Kind.WARC_GZIP
            yield from _records(handle, start, size, kind)
            return
        for found in _records(handle, 0, size, kind):
            if found.offset >= start:
                yield found


def _foreign(start: int, stop: int, why: str) -> Damage:
    return Damage(code="not-a-warc", offset=start, length=stop - start, message=why)


def _records(
    handle: BinaryIO, start: int, stop: int, kind: Kind, depth: int = 0
) -> Iterator[Found | Damage]:
    """The records of a packing; `depth` counts the ZIP files around it."""
    if kind is Kind.WARC:
        yield from plain.records(handle, start, stop, take_warc)
    elif kind is Kind.ARC:
        yield from plain.records(handle, start, stop, arc.take_arc)
    elif kind is Kind.ARC_GZIP:
        for found in gzipped.records(handle, start, stop, arc.take_arc):
            yield replace(found, length=0) if isinstance(found, Found) else found
    elif kind is Kind.WARC_ZSTD:
        yield from zst.records(handle, start, stop, take_warc)
    elif kind is Kind.WACZ:
        yield from _packed(handle, start, stop, depth)
    else:
        yield from gzipped.records(handle, start, stop, take_warc)


def _packed(handle: BinaryIO, start: int, stop: int, depth: int) -> Iterator[Found | Damage]:
    """The records of all files in a ZIP; of one without its end, those that can be found."""
    if depth >= _NESTING_LIMIT:
        yield _foreign(start, stop, "ZIP archives lie in each other too deep")
        return
    whole = wacz.has_directory(handle, start, stop)
    for part in (wacz.parts if whole else wacz.parts_of_torn)(handle, start, stop):
        if isinstance(part, Damage):
            yield part
            continue
        try:
            kind = kind_of(part.handle, part.start, part.stop)
        except Foreign as error:
            at = part.start if part.offset is None else part.offset
            yield _foreign(at, at + part.stop - part.start, f"{part.name[:80]!r}: {error}")
            continue
        for found in _records(part.handle, part.start, part.stop, kind, depth + 1):
            yield found if part.offset is None else _unplaced(found, part.offset)


def _unplaced(found: Found | Damage, offset: int) -> Found | Damage:
    """What was found in an unpacked file, at the place of that: it has none of its own in the whole."""
    if isinstance(found, Damage):
        return replace(found, offset=offset, length=0)
    return replace(found, offset=offset, length=0)


__all__ = ["MAGIC", "RECORD_LIMIT", "Damage", "Found", "extent", "read", "walk"]
