"""What a file is, told by its first bytes and never by its name."""

import zlib
from enum import Enum
from typing import BinaryIO

from archive.containers import arc, zst
from archive.resync import MAGIC

_HEAD = 1 << 15  # bytes that are looked at
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


class Kind(Enum):
    """A packing of records."""

    WARC = "plain WARC"
    WARC_GZIP = "gzip WARC"
    WARC_ZSTD = "zstd WARC"
    ARC = "plain ARC"
    ARC_GZIP = "gzip ARC"
    WACZ = "ZIP"


class Foreign(ValueError):
    """The file cannot be one with records; the message says why."""


def kind_of(handle: BinaryIO, start: int, stop: int) -> Kind:
    """The packing of the bytes from `start` to `stop`.

    Raises:
        Foreign: they are none.
    """
    handle.seek(start)
    head = handle.read(min(_HEAD, stop - start))
    if not head:
        raise Foreign("the file is empty")
    if head.startswith(MAGIC):
        return _inside_gzip(head)
    if head.startswith((zst.MAGIC, arc.BEGINNING)) or zst.is_skippable(head):
        return Kind.ARC if head.startswith(arc.BEGINNING) else Kind.WARC_ZSTD
    if head.startswith(_ZIP):
        return Kind.WACZ
    if head.startswith(b"WARC/"):
        return Kind.WARC
    if MAGIC in head:
        return Kind.WARC_GZIP  # behind a damaged beginning
    raise Foreign("the file holds no WARC records")


def _inside_gzip(head: bytes) -> Kind:
    try:
        inner = zlib.decompressobj(31).decompress(head, 16)
    except zlib.error:
        return Kind.WARC_GZIP
    if inner.startswith(arc.BEGINNING):
        return Kind.ARC_GZIP
    if inner.startswith(MAGIC):
        raise Foreign("the file is compressed twice")
    if inner.startswith(_ZIP):
        raise Foreign("the file is a ZIP archive (perhaps a WACZ) inside gzip; decompress it first")
    if inner.startswith(zst.MAGIC) or zst.is_skippable(inner):
        raise Foreign("the file is compressed with zstd inside gzip; decompress it first")
    return Kind.WARC_GZIP
