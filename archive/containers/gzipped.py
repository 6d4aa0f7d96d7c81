"""Records of gzip files, one member a record; those that are packed otherwise are read and flagged.

A member that is whole and holds exactly one record goes the quick way, with ISA-L's inflater. Whatever is
odd about one sends it the careful way, with zlib and piece by piece, which decides what it is.
"""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

from archive import resync, warc
from archive.containers.parts import (
    CHUNK,
    BadMember,
    Damage,
    Found,
    Take,
    records_of,
    take_warc,
)
from archive.warc import Malformed

_Unsound: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub has an instance
_INFLATED_LIMIT = 2 << 30  # bytes of one member: about 5 s of inflating
_AHEAD = 1 << 20  # bytes read at a time on the quick way
_QUICK = 8 << 20  # bytes that a member may inflate to there; bounds what a bomb takes
_PIECE = 1 << 16  # bytes inflated at a time there: most members whole
# Of the flags: ISA-L passes them by, zlib and gzip refuse (RFC 1952, section 2.3.1.2).
_RESERVED = 0xE0


def records(handle: BinaryIO, start: int, stop: int, take: Take) -> Iterator[Found | Damage]:
    """The records of the bytes from `start` to `stop`, in order; damage in its place."""
    quick = _Quick(handle, stop)
    offset = start
    while offset < stop:
        if take is take_warc and (found := quick.found(offset)):
            yield found
            offset += found.length
            continue
        chain = _Chain(handle, offset, stop, joins=take is take_warc)
        try:
            yield from records_of(chain, take)
            offset = chain.end
        except BadMember as error:
            after = resync.resume(handle, error.offset, stop)
            code = "torn-tail" if after >= stop else "bad-member"
            length = after - error.offset
            yield Damage(code=code, offset=error.offset, length=length, message=str(error))
            offset = after


class _Quick:
    """Takes whole members that hold exactly one WARC record, out of large reads."""

    def __init__(self, handle: BinaryIO, stop: int) -> None:
        self._handle = handle
        self._stop = stop
        self._data = memoryview(b"")
        self._at = 0  # offset of that in the file

    def found(self, offset: int) -> Found | None:
        """The record of the member at `offset`; None where that needs a closer look."""
        inflater = isal_zlib.decompressobj(31)
        at, size = offset, 0
        if any(flags & _RESERVED for flags in self._bytes(at)[3:4]):
            return None
        pieces: list[bytes] = []
        try:
            while not inflater.eof:
                piece = self._bytes(at)
                at += len(piece)
                inflated = inflater.decompress(piece, _QUICK)
                size += len(inflated)
                if not piece or inflater.unconsumed_tail or size > _QUICK:
                    return None
                pieces.append(inflated)
            raw = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            record = warc.parse(raw)
        except (_Unsound, Malformed):
            return None
        if record.flaws or len(record.head) + len(record.block) + 4 != len(raw):
            return None
        length = at - len(inflater.unused_data) - offset
        return Found(record=record, offset=offset, length=length)

    def _bytes(self, at: int) -> memoryview:
        """Some bytes of the file from `at` on."""
        begin = at - self._at
        if not 0 <= begin < len(self._data):
            self._handle.seek(at)
            self._data = memoryview(self._handle.read(min(_AHEAD, self._stop - at)))
            self._at, begin = at, 0
        return self._data[begin : begin + _PIECE]


class _Chain:
    """The content of a gzip member, and of those behind it that go on with its last record."""

    def __init__(self, handle: BinaryIO, start: int, stop: int, *, joins: bool) -> None:
        self.start = start
        self.members = 1
        self.inside = False
        self._handle = handle
        self._stop = stop
        self._joins = joins
        self._open(start)

    def _open(self, offset: int) -> None:
        self._member = offset
        self._taken = 0  # bytes read of the current member and behind it
        self._given = 0
        self._inflater = zlib.decompressobj(31)

    @property
    def end(self) -> int:
        """The offset behind the last member, once `read` has given b""."""
        return self._member + self._taken - len(self._inflater.unused_data)

    def read(self) -> bytes:
        """The next piece; b"" at the end of the member, or of its continuation."""
        piece = self._inflate()
        if piece or not (self.inside and self._joins):
            return piece
        return self._join()

    def drain(self) -> None:
        """Read what is left of the member."""
        while self._inflate():
            pass

    def _join(self) -> bytes:
        """The first piece of the next member, when that does not begin a record of its own."""
        if self.end >= self._stop:
            return b""
        finished = (self._member, self._taken, self._given, self._inflater)
        self._open(self.end)
        try:
            piece = self._inflate()
        except BadMember:
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
                data = self._handle.read(max(0, min(CHUNK, self._stop - at)))
                self._taken += len(data)
                if not data:
                    raise BadMember(self._member, "the gzip member is cut off")
            try:
                piece = self._inflater.decompress(data, 8 * CHUNK)
            except zlib.error as error:
                why = f"the gzip member is damaged ({error})"
                raise BadMember(self._member, why) from error
            self._given += len(piece)
            if self._given > _INFLATED_LIMIT:
                why = f"the gzip member holds more than {_INFLATED_LIMIT >> 30} GiB"
                raise BadMember(self._member, why)
            if piece:
                return piece
        return b""
