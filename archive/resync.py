"""Finds where reading can go on behind a damaged gzip member.

A page can hold a whole gzip member with a forged WARC record in it, visible when the outer member is stored
rather than compressed. So the search begins behind what provably belongs to the damaged member, and takes
only members that are followed by another member or by the end of the file.
"""

import zlib
from typing import BinaryIO

MAGIC = b"\x1f\x8b\x08"
_PLAIN_HEADER = 10  # bytes of one without name, comment and extra field
_CHUNK = 1 << 15
_INFLATED_LIMIT = 1 << 30  # bytes that we inflate to find the end of a member with a bad checksum


def resume(handle: BinaryIO, offset: int, size: int) -> int:
    """Where the next whole member with a WARC record begins behind the damaged one at `offset`.

    That is `size` when there is none.
    """
    begins = _beginnings(handle, offset)
    for begin in begins:
        end = _end_of_deflate(handle, begin, size)
        if end is not None and (end == size or _bytes(handle, end, len(MAGIC)) == MAGIC):
            return end
    at = max((offset + 1, *(_end_of_stored_blocks(handle, begin) for begin in begins)))
    while (place := _find_magic(handle, at, size)) is not None:
        if _is_member(handle, place, size):
            return place
        at = place + 1
    return size


def _bytes(handle: BinaryIO, at: int, size: int) -> bytes:
    handle.seek(at)
    return handle.read(size)


def _header_size(head: bytes) -> int | None:
    """How long the gzip header is (RFC 1952, section 2.3); None where none stands."""
    if not head.startswith(MAGIC) or len(head) < 10:
        return None
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            end = head.find(b"\0", at)
            if end < 0:
                return None
            at = end + 1
    return at + (2 if flags & 2 else 0)


def _beginnings(handle: BinaryIO, offset: int) -> tuple[int, ...]:
    """Where the content of a member may begin: behind the header as it is, and behind a plain one.

    A bit that flips in the flags makes a header that reaches into the members behind.
    """
    head = _bytes(handle, offset, _CHUNK)
    sizes = (_header_size(head), _PLAIN_HEADER) if head.startswith(MAGIC) else ()
    return tuple(dict.fromkeys(offset + size for size in sizes if size is not None))


def _end_of_deflate(handle: BinaryIO, begin: int, size: int) -> int | None:
    """The offset behind a member of which only the header, the checksum or the length is wrong."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    at, given = begin, 0
    handle.seek(at)
    while not inflater.eof:
        data = inflater.unconsumed_tail
        if not data:
            data = handle.read(_CHUNK)
            at += len(data)
        try:
            given += len(inflater.decompress(data, 8 * _CHUNK))
        except zlib.error:
            return None
        if not data or given > _INFLATED_LIMIT:
            return None
    end = at - len(inflater.unused_data) + 8
    return end if end <= size else None


def _end_of_stored_blocks(handle: BinaryIO, begin: int) -> int:
    """The offset behind the stored blocks that begin there (RFC 1951, section 3.2.4); 0 where none do."""
    at = begin
    while True:
        block = _bytes(handle, at, 5)
        length = int.from_bytes(block[1:3], "little")
        stored = len(block) == 5 and block[0] & 6 == 0
        if not stored or length ^ 0xFFFF != int.from_bytes(block[3:5], "little"):
            return at if at > begin else 0
        at += 5 + length
        if block[0] & 1:
            return at


def _find_magic(handle: BinaryIO, start: int, size: int) -> int | None:
    """Where the next gzip magic stands, or None behind the last."""
    overlap = len(MAGIC) - 1
    handle.seek(start)
    base, tail = start, b""
    while base < size and (chunk := handle.read(min(_CHUNK, size - base))):
        found = (tail + chunk).find(MAGIC)
        if found >= 0:
            return base - len(tail) + found
        base += len(chunk)
        tail = (tail + chunk)[-overlap:]
    return None


def _is_member(handle: BinaryIO, offset: int, size: int) -> bool:
    """Whether a whole member with a WARC record stands there, with another or nothing behind it."""
    handle.seek(offset)
    inflater = zlib.decompressobj(31)
    at, given, head = offset, 0, b""
    while not inflater.eof:
        data = inflater.unconsumed_tail
        if not data:
            data = handle.read(min(_CHUNK, size - at))
            at += len(data)
        try:
            piece = inflater.decompress(data, 8 * _CHUNK)
        except zlib.error:
            return False
        head = head or piece[:5]
        given += len(piece)
        if not data or given > _INFLATED_LIMIT or (head and head != b"WARC/"):
            return False
    end = at - len(inflater.unused_data)
    return end == size or _bytes(handle, end, len(MAGIC)) == MAGIC
