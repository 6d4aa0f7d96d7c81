"""Content codings undone piece by piece: gzip, deflate, br and zstd (RFC 9110, section 8.4.1).

A stream from the web may be cut, damaged, mislabelled or made to burst. So each decoder here yields
small pieces, keeps what came out before the damage, and says in one phrase what was wrong. Input is
fed in small windows, so that the time is linear in input plus output also where a stream has very
many members.
"""

import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WINDOW = 4096  # bytes fed at a time: bounds what is copied when a member ends; no source
PIECE = 1 << 16  # bytes taken out at a time: bounds what a damaged stream loses; no source
MAX_MEMBERS = 10_000  # of one stream: 640 MiB of bgzip blocks, and 0.1 s if all are empty
ZSTD_WINDOW_LOG = 23  # 8 MiB, the most that a server may ask of a client: RFC 9659

ALIASES = {"x-gzip": "gzip", "x-deflate": "deflate"}  # RFC 9110, section 8.4.1.3, for the first


class FlawError(Exception):
    """A stream that cannot be decoded to its end; the message is a phrase for people."""

    def __init__(self, note: str, *, harmless: bool = False) -> None:
        self.note = note
        self.harmless = harmless  # the content itself is whole
        super().__init__(note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What came out of one stream."""

    body: bytes
    complete: bool  # nothing is missing at its end or known to be wrong in it
    note: str  # what was odd: "gzip stream is cut"; "" when nothing was


def known(coding: str) -> bool:
    """Whether `decode` can undo this coding; lower case, without parameters."""
    return ALIASES.get(coding, coding) in _DECODERS


def decode(coding: str, data: bytes, limit_bytes: int) -> Decoded:
    """What `data` holds once `coding` is undone, at most `limit_bytes` of it.

    Raises:
        ValueError: for a coding that is not `known`.
    """
    name = ALIASES.get(coding, coding)
    if name not in _DECODERS:
        raise ValueError(f"{coding!r} is not a known content coding.")
    pieces: list[bytes] = []
    size = 0
    note, complete = "", True
    try:
        for piece in _DECODERS[name](data):
            pieces.append(piece)
            size += len(piece)
            if size > limit_bytes:
                note, complete = f"{name} stream holds more than {limit_bytes} bytes", False
                break
    except FlawError as flaw:
        note, complete = flaw.note, flaw.harmless
    return Decoded(body=b"".join(pieces)[:limit_bytes], complete=complete, note=note)


class _Inflation:
    """One deflate stream inside `data`: iterate for its pieces, then read where it ended."""

    __slots__ = ("crc", "data", "end", "size", "start", "wbits")

    def __init__(self, data: bytes, start: int, wbits: int) -> None:
        self.data, self.start, self.wbits = data, start, wbits
        self.end = start  # offset behind the stream, once all pieces were taken
        self.crc = self.size = 0  # of all pieces taken so far

    def __iter__(self) -> Iterator[bytes]:
        stream = zlib.decompressobj(self.wbits)
        at = self.start
        while not stream.eof:
            window = stream.unconsumed_tail or self.data[at : at + WINDOW]
            if not stream.unconsumed_tail:
                at += len(window)
            try:
                piece = stream.decompress(window, PIECE)
            except zlib.error as error:
                raise FlawError(f"deflate stream is damaged before byte {at}") from error
            if piece:
                self.crc = zlib.crc32(piece, self.crc)
                self.size += len(piece)
                yield piece
            elif not window:
                raise FlawError("deflate stream is cut")
        self.end = at - len(stream.unused_data)


def _gzip_header_end(data: bytes, start: int) -> int:
    """The offset of the deflate stream of the gzip member at `start` (RFC 1952, section 2.3)."""
    if len(data) - start < 10:
        raise FlawError("gzip stream is cut")
    flags, at = data[start + 3], start + 10
    if flags & 4:  # FEXTRA
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (8, 16):  # FNAME, FCOMMENT: text that ends in a zero byte
        if flags & flag:
            end = data.find(b"\0", at)
            if end < 0:
                raise FlawError("gzip stream is cut")
            at = end + 1
    if flags & 2:  # FHCRC
        at += 2
    return at


def _gunzip(data: bytes) -> Iterator[bytes]:
    """Pieces of all members of a gzip stream; what came before the damage is kept."""
    at = members = 0
    while data[at : at + 3] == b"\x1f\x8b\x08":
        members += 1
        if members > MAX_MEMBERS:
            raise FlawError(f"gzip stream has more than {MAX_MEMBERS} members")
        stream = _Inflation(data, _gzip_header_end(data, at), -zlib.MAX_WBITS)
        yield from stream
        trailer = data[stream.end : stream.end + 8]
        if len(trailer) < 8:
            raise FlawError("gzip stream is cut")
        if trailer != struct.pack("<II", stream.crc, stream.size & 0xFFFFFFFF):
            raise FlawError("gzip checksum is wrong")
        at = stream.end + 8
    if at == 0:
        raise FlawError("is labelled gzip and is not")
    if data[at:].strip(b"\0"):  # zeros may follow: tapes and disks pad with them
        raise FlawError(f"{len(data) - at} bytes follow the gzip stream", harmless=True)


def _undeflate(data: bytes) -> Iterator[bytes]:
    """Pieces of a zlib stream, or of a bare deflate stream, which many servers send instead."""
    wrapped = len(data) >= 2 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    stream = _Inflation(data, 0, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    yield from stream
    if stream.end < len(data):
        behind = len(data) - stream.end
        raise FlawError(f"{behind} bytes follow the deflate stream", harmless=True)


def _unbrotli(data: bytes) -> Iterator[bytes]:
    """Pieces of a brotli stream."""
    stream = brotli.Decompressor()
    at = 0
    while not stream.is_finished():
        window = b""
        if stream.can_accept_more_data():
            window = data[at : at + WINDOW]
            if not window:
                raise FlawError("brotli stream is cut")
            at += len(window)
        try:
            piece = stream.process(window, output_buffer_limit=PIECE)
        except brotli.error as error:
            raise FlawError(f"brotli stream is damaged near byte {max(at - WINDOW, 0)}") from error
        if piece:
            yield piece


def _unzstd(data: bytes) -> Iterator[bytes]:
    """Pieces of all frames of a zstd stream."""
    at = members = 0
    while at < len(data):
        members += 1
        if members > MAX_MEMBERS:
            raise FlawError(f"zstd stream has more than {MAX_MEMBERS} frames")
        stream = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
        )
        while not stream.eof:
            window = data[at : at + WINDOW] if stream.needs_input else b""
            if stream.needs_input and not window:
                raise FlawError("zstd stream is cut")
            at += len(window)
            try:
                piece = stream.decompress(window, PIECE)
            except zstd.ZstdError as error:
                raise FlawError(
                    f"zstd stream is damaged near byte {max(at - WINDOW, 0)}"
                ) from error
            if piece:
                yield piece
        at -= len(stream.unused_data)


_DECODERS = {"gzip": _gunzip, "deflate": _undeflate, "br": _unbrotli, "zstd": _unzstd}
