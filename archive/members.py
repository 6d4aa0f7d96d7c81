"""Walks the records of a WARC file and proves each gzip member.

Other readers stop silently, or not at all, at a torn tail; this one yields what is damaged, with its offset,
and goes on behind it. A record is never taken from inside a damaged member where that can be told.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from archive import resync, warc
from archive.errors import Damaged
from archive.records import Place
from archive.resync import MAGIC, sniff
from archive.warc import CutOff, Flaw, Malformed, Record

RECORD_LIMIT = (
    64 << 20
)  # bytes of a block; larger ones are reported, not read. Keeps memory bounded
_INFLATED_LIMIT = 2 << 30  # bytes of one member: about 5 s of inflating
_CHUNK = 1 << 15  # bytes read at a time: a few records


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A whole record and where it lies."""

    record: Record
    offset: int
    length: int  # of its gzip member; 0 where the file is not compressed record by record


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Bytes that are no whole record."""

    code: str  # "torn-tail", "bad-member", "bad-record", "too-large", "not-a-warc"
    offset: int
    length: int  # up to where reading went on
    message: str


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
    inflater = zlib.decompressobj(31)
    try:
        raw = inflater.decompress(data, RECORD_LIMIT + warc.HEAD_LIMIT)
        record = warc.parse(raw)
    except (zlib.error, Malformed) as error:
        raise Damaged(place.warc, place.offset, str(error)) from error
    if not inflater.eof or inflater.unused_data or len(data) != place.length:
        raise Damaged(place.warc, place.offset, "the gzip member is cut off")
    return record


def walk(path: Path, start: int = 0, stop: int | None = None) -> Iterator[Found | Damage]:
    """Every record of the bytes from `start` to `stop` of the file, in order; damage in its place.

    Takes gzip (one member a record, or several records in a member) and plain WARC, told apart by content.
    """
    with path.open("rb") as handle:
        size = path.stat().st_size if stop is None else stop
        if 0 < size <= start:
            return
        foreign = sniff(handle) if start == 0 else None
        if foreign:
            yield Damage(code="not-a-warc", offset=0, length=size, message=foreign)
            return
        handle.seek(start)
        if handle.read(5) == b"WARC/":
            yield from _plain_records(handle, start, size)
        else:
            yield from _gzip_records(handle, start, size)


class _BadMember(Malformed):
    """A gzip member that does not inflate, or not to what its checksum says."""

    def __init__(self, offset: int, why: str) -> None:
        self.offset = offset
        super().__init__(why)


class _TooLarge(Malformed):
    """A record that was passed by."""


class _Window:
    """Bytes of a source that grow on demand and are dropped once used."""

    def __init__(self, source: Callable[[], bytes]) -> None:
        self._source = source
        self.data = bytearray()
        self.dropped = 0

    def grow(self, size: int) -> bool:
        """Whether the window has `size` bytes, after reading what it needs for that."""
        while len(self.data) < size:
            piece = self._source()
            if not piece:
                return False
            self.data += piece
        return True

    def drop(self, size: int) -> None:
        """Forget the first `size` bytes."""
        del self.data[:size]
        self.dropped += size

    def drop_line_breaks(self) -> bool:
        """Forget CR and LF at the start; whether anything is left behind them."""
        while self.grow(1):
            rest = self.data.lstrip(b"\r\n")
            self.drop(len(self.data) - len(rest))
            if rest:
                return True
        return False


def _take(window: _Window) -> Record:
    """The record at the start of the window, which moves behind its block.

    Raises:
        Malformed: no record stands there; _TooLarge: one that was skipped; CutOff: half of one.
    """
    while (end := warc.find_head(window.data)) is None:
        if not window.grow(len(window.data) + 1):
            raise CutOff("the record header is cut off")
    head = warc.parse_head(bytes(window.data[:end]))
    window.drop(end)
    if head.length > RECORD_LIMIT:
        left = head.length
        while left and window.grow(1):
            gone = min(left, len(window.data))
            window.drop(gone)
            left -= gone
        if left:
            raise CutOff(f"the block has {head.length - left} of {head.length} bytes")
        raise _TooLarge(f"a record of {head.length} bytes; more than {RECORD_LIMIT} are not read")
    if not window.grow(head.length):
        raise CutOff(f"the block has {len(window.data)} of {head.length} bytes")
    block = bytes(window.data[: head.length])
    window.drop(head.length)
    closed = window.grow(4) and window.data.startswith(b"\r\n\r\n")
    return warc.with_block(head, block, closed=closed)


def _plain_records(handle: BinaryIO, start: int, size: int) -> Iterator[Found | Damage]:
    """Records of an uncompressed file."""
    handle.seek(start)
    window = _Window(lambda: handle.read(min(_CHUNK, size - handle.tell())))
    while window.drop_line_breaks():
        offset = start + window.dropped
        try:
            yield Found(record=_take(window), offset=offset, length=0)
        except _TooLarge as error:
            skipped = start + window.dropped - offset
            yield Damage(code="too-large", offset=offset, length=skipped, message=str(error))
        except Malformed as error:  # without compression nothing tells where the next one begins
            code = "torn-tail" if isinstance(error, CutOff) else "bad-record"
            message = str(error)
            yield Damage(code=code, offset=offset, length=size - offset, message=message)
            return


class _Chain:
    """The content of a gzip member, and of those behind it that go on with its last record."""

    def __init__(self, handle: BinaryIO, offset: int, size: int) -> None:
        self._handle = handle
        self._size = size
        self.start = offset
        self.members = 1
        self.inside = False  # a record has begun and not ended
        self._open(offset)

    def _open(self, offset: int) -> None:
        self._member = offset
        self._taken = 0
        self._given = 0
        self._inflater = zlib.decompressobj(31)

    @property
    def end(self) -> int:
        """The offset behind the last member, once `read` has given b""."""
        return self._member + self._taken - len(self._inflater.unused_data)

    def read(self) -> bytes:
        """The next piece; b"" at the end of the member, or of its continuation."""
        piece = self._inflate()
        if piece or not self.inside:
            return piece
        return self._join()

    def drain(self) -> None:
        """Read what is left of the member."""
        while self._inflate():
            pass

    def _join(self) -> bytes:
        """The first piece of the next member, when that does not begin a record of its own."""
        if self.end >= self._size:
            return b""
        finished = (self._member, self._taken, self._given, self._inflater)
        self._open(self.end)
        try:
            piece = self._inflate()
        except _BadMember:
            piece = b""
        if not piece or piece.startswith(b"WARC/"):
            self._member, self._taken, self._given, self._inflater = finished
            return b""
        self.members += 1
        return piece

    def _inflate(self) -> bytes:
        while not self._inflater.eof:
            data = self._inflater.unconsumed_tail
            if not data:
                at = self._member + self._taken
                self._handle.seek(at)
                data = self._handle.read(max(0, min(_CHUNK, self._size - at)))
                self._taken += len(data)
                if not data:
                    raise _BadMember(self._member, "the gzip member is cut off")
            try:
                piece = self._inflater.decompress(data, 8 * _CHUNK)
            except zlib.error as error:
                why = f"the gzip member is damaged ({error})"
                raise _BadMember(self._member, why) from error
            self._given += len(piece)
            if self._given > _INFLATED_LIMIT:
                why = f"the gzip member holds more than {_INFLATED_LIMIT >> 30} GiB"
                raise _BadMember(self._member, why)
            if piece:
                return piece
        return b""


def _gzip_records(handle: BinaryIO, start: int, size: int) -> Iterator[Found | Damage]:
    offset = start
    while offset < size:
        chain = _Chain(handle, offset, size)
        try:
            yield from _records_of(chain)
            offset = chain.end
        except _BadMember as error:
            after = resync.resume(handle, error.offset, size)
            code = "torn-tail" if after >= size else "bad-member"
            length = after - error.offset
            yield Damage(code=code, offset=error.offset, length=length, message=str(error))
            offset = after


def _records_of(chain: _Chain) -> Iterator[Found | Damage]:
    """The records of one member: one, as WARC asks, or several, as some tools write."""
    window = _Window(chain.read)
    more, first = window.drop_line_breaks(), True
    while more:
        chain.inside = True
        try:
            record = _take(window)
        except _TooLarge as error:
            yield Damage(code="too-large", offset=chain.start, length=0, message=str(error))
            chain.inside = False
            more, first = window.drop_line_breaks(), False
            continue
        except _BadMember:
            raise
        except Malformed as error:
            chain.drain()
            length = chain.end - chain.start
            yield Damage(code="bad-record", offset=chain.start, length=length, message=str(error))
            return
        chain.inside = False
        more = window.drop_line_breaks()
        alone = first and not more and chain.members == 1
        yield Found(
            record=record if alone else _flagged(record, chain, first=first),
            offset=chain.start,
            length=chain.end - chain.start if alone else 0,
        )
        first = False


def _flagged(record: Record, chain: _Chain, *, first: bool) -> Record:
    """The record with a flaw that says how it is packed; said once for each member."""
    if chain.members > 1:
        flaw = Flaw(code="split-record", message="one record is spread over several gzip members")
    elif first:
        flaw = Flaw(code="shared-member", message="several records share one gzip member")
    else:
        return record
    return replace(record, flaws=(*record.flaws, flaw))


__all__ = ["MAGIC", "RECORD_LIMIT", "Damage", "Found", "read", "walk"]
