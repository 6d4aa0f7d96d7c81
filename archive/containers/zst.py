"""Records of zstd files: a frame for each record, with or without a dictionary in front of them.

The dictionary stands in a skippable frame with the magic number 0x184D2A5D, as it is or compressed with zstd
itself (IIPC, "WARC Zstandard compression", 2023; the files of the Archive Team are made so). Frames are
described in RFC 8878, section 3.1.
"""

import sys
from collections.abc import Iterator
from typing import BinaryIO

from archive.containers.parts import CHUNK, BadMember, Damage, Found, Take, records_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_DICTIONARY_LIMIT = 32 << 20  # bytes; those of the Archive Team have about 1 MiB
_WINDOW_LOG = 26  # a window of 64 MiB, as large as the largest block we read
_INFLATED_LIMIT = 2 << 30  # bytes of one frame
_FRAME_LIMIT = 1 << 20  # blocks of a frame that are looked through for its end
_DICTIONARY_ID_BYTES = (0, 1, 2, 4)  # by the flag in the frame header
_SIZE_BYTES = (0, 2, 4, 8)


class Unusable(ValueError):
    """The dictionary in front of the frames is none; the message says why."""


def is_skippable(head: bytes) -> bool:
    """Whether a frame that decoders pass by begins so (RFC 8878, section 3.1.2)."""
    return head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5


def records(handle: BinaryIO, start: int, stop: int, take: Take) -> Iterator[Found | Damage]:
    """The records of the bytes from `start`, where the file begins, to `stop`; damage in its place."""
    try:
        dictionary = _dictionary(handle, start, stop)
    except Unusable as error:
        yield Damage(code="not-a-warc", offset=start, length=stop - start, message=str(error))
        return
    offset = start
    while offset < stop:
        head = _bytes(handle, offset, 18)
        if is_skippable(head):
            offset += 8 + int.from_bytes(head[4:8], "little")
            continue
        if dictionary is None and (number := _dictionary_id(head)):
            why = f"the file needs the dictionary {number}, which the file does not hold"
            yield Damage(code="not-a-warc", offset=offset, length=stop - offset, message=why)
            return
        frame = _Frame(handle, offset, stop, dictionary)
        try:
            for found in records_of(frame, take):
                yield _unplaced(found)
            offset = frame.end
        except BadMember as error:
            after = _resume(handle, offset, stop, dictionary)
            code = "torn-tail" if after >= stop else "bad-member"
            yield Damage(code=code, offset=offset, length=after - offset, message=str(error))
            offset = after


def _unplaced(found: Found | Damage) -> Found | Damage:
    """The same, without a gzip member that could be copied."""
    if isinstance(found, Damage):
        return found
    return Found(record=found.record, offset=found.offset, length=0)


def _bytes(handle: BinaryIO, at: int, size: int) -> bytes:
    handle.seek(at)
    return handle.read(size)


def _dictionary(handle: BinaryIO, start: int, stop: int) -> "zstd.ZstdDict | None":
    """The dictionary that the file begins with, if it does."""
    head = _bytes(handle, start, 8)
    if head[:4] != _DICTIONARY:
        return None
    size = int.from_bytes(head[4:8], "little")
    if size > _DICTIONARY_LIMIT or size > stop - start - 8:
        raise Unusable(
            f"the file begins with a dictionary for zstd that claims to have {size} bytes"
        )
    content = _bytes(handle, start + 8, size)
    try:
        if content.startswith(MAGIC):
            inner = zstd.ZstdDecompressor(options=_options())
            content = inner.decompress(content, _DICTIONARY_LIMIT)
            if not inner.eof:
                raise Unusable("the dictionary in front of the file is cut off or too large")
        dictionary = zstd.ZstdDict(content)
        zstd.ZstdDecompressor(zstd_dict=dictionary)  # only this looks into it
    except (zstd.ZstdError, ValueError) as error:
        raise Unusable(f"the dictionary in front of the file is none ({error})") from error
    return dictionary


def _dictionary_id(head: bytes) -> int:
    """The number of the dictionary that the frame is to be read with; 0 where it names none."""
    try:
        return zstd.get_frame_info(head).dictionary_id
    except zstd.ZstdError:
        return 0


def _options() -> dict[int, int]:
    return {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}


class _Frame:
    """The content of one frame."""

    def __init__(
        self, handle: BinaryIO, start: int, stop: int, dictionary: "zstd.ZstdDict | None"
    ) -> None:
        self.start = start
        self.members = 1
        self.inside = False
        self._handle = handle
        self._stop = stop
        self._at = start  # behind the bytes read
        self._given = 0
        self._inflater = zstd.ZstdDecompressor(zstd_dict=dictionary, options=_options())

    @property
    def end(self) -> int:
        """The offset behind the frame, once `read` has given b""."""
        return self._at - len(self._inflater.unused_data)

    def read(self) -> bytes:
        """The next piece; b"" at the end of the frame."""
        while not self._inflater.eof:
            data = b""
            if self._inflater.needs_input:
                data = _bytes(self._handle, self._at, max(0, min(CHUNK, self._stop - self._at)))
                self._at += len(data)
                if not data:
                    raise BadMember(self.start, "the zstd frame is cut off")
            try:
                piece = self._inflater.decompress(data, 8 * CHUNK)
            except zstd.ZstdError as error:
                why = f"the zstd frame is damaged ({error})"
                raise BadMember(self.start, why) from error
            self._given += len(piece)
            if self._given > _INFLATED_LIMIT:
                why = f"the zstd frame holds more than {_INFLATED_LIMIT >> 30} GiB"
                raise BadMember(self.start, why)
            if piece:
                return piece
        return b""

    def drain(self) -> None:
        """Read what is left of the frame."""
        while self.read():
            pass


def _resume(handle: BinaryIO, offset: int, stop: int, dictionary: "zstd.ZstdDict | None") -> int:
    """Where the next whole frame with a record begins behind the damaged one; `stop` if there is none.

    The blocks say how long they are, so a damaged frame has an end as long as their headers are sound. A
    frame that stands inside such a block belongs to a page and is never taken.
    """
    end = _end_of_blocks(handle, offset, stop)
    if end is not None and (end == stop or _bytes(handle, end, 4) == MAGIC):
        return end
    at = offset + 1
    while (place := _find_magic(handle, at, stop)) is not None:
        if _is_whole(_Frame(handle, place, stop, dictionary), stop):
            return place
        at = place + 1
    return stop


def _is_whole(frame: _Frame, stop: int) -> bool:
    """Whether it holds a record, and another frame or nothing follows."""
    head = b""
    try:
        while piece := frame.read():
            head = head or piece[:5]
            if head != b"WARC/":
                return False
    except BadMember:
        return False
    return bool(head) and frame.end <= stop


def _end_of_blocks(handle: BinaryIO, offset: int, stop: int) -> int | None:
    """The offset behind the frame, by the sizes that its blocks state."""
    head = _bytes(handle, offset, 5)
    if head[:4] != MAGIC or len(head) < 5:
        return None
    flags = head[4]
    single = flags >> 5 & 1
    size_bytes = _SIZE_BYTES[flags >> 6] or single
    at = offset + 5 + (1 - single) + _DICTIONARY_ID_BYTES[flags & 3] + size_bytes
    for _ in range(_FRAME_LIMIT):
        block = int.from_bytes(_bytes(handle, at, 3), "little")
        kind = block >> 1 & 3
        if kind == 3 or at + 3 > stop:  # reserved: RFC 8878, section 3.1.1.2.2
            return None
        at += 3 + (1 if kind == 1 else block >> 3)
        if block & 1:
            at += 4 * (flags >> 2 & 1)
            return at if at <= stop else None
    return None


def _find_magic(handle: BinaryIO, start: int, stop: int) -> int | None:
    """Where the next frame magic stands, or None behind the last."""
    overlap = len(MAGIC) - 1
    base, tail = start, b""
    while base < stop and (chunk := _bytes(handle, base, min(CHUNK, stop - base))):
        found = (tail + chunk).find(MAGIC)
        if found >= 0:
            return base - len(tail) + found
        base += len(chunk)
        tail = (tail + chunk)[-overlap:]
    return None
