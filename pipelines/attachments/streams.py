"""Compressed streams of a PDF, tried out within limits before a reader inflates them without any.

PDFium was seen to take 2 GiB of memory for a file of 2 MiB.
"""

import base64
import re
import zlib
from bisect import bisect
from collections.abc import Callable, Iterator

from pipelines.attachments.model import refused

# No standard sets these. Contents of a page are some 100 KiB, embedded fonts of Chinese up to 20 MiB.
_MOST_STREAM_BYTES = 32 << 20
_MOST_BYTES = 256 << 20  # of all streams that are not images
_MOST_OBJECTS = 500_000
# Coded; more takes seconds to count, and nobody has written LZW since 2000.
_MOST_LZW_BYTES = 2 << 20
_DICTIONARY_BYTES = 4096  # before a stream, in which its dictionary is looked for

_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_END = re.compile(rb"endstream")
_OBJECT = re.compile(rb"\b\d{1,10}\s+\d{1,5}\s+obj\b")
_IMAGE = re.compile(rb"/Subtype\s*/Image\b")
_FILTERS = re.compile(rb"/Filter\s*(?:\[([^\]]{0,500})\]|(/[^\s/<>\[\]()%]+))")
_NAME = re.compile(rb"/([^\s/<>\[\]()%]+)")
_ESCAPE = re.compile(rb"#([0-9a-fA-F]{2})")
_BLANK = re.compile(rb"[\s\0]+")


def refuse_bombs(data: bytes) -> None:
    """Nothing, for a PDF whose streams inflate to what a text may need.

    Images are passed over: a reader of text does not unpack them. What is encrypted stays unseen.

    Raises:
        Refused: a stream, or all of them, inflate beyond the limits, or there are too many objects.
    """
    objects = sum(1 for _ in _OBJECT.finditer(data))
    if objects > _MOST_OBJECTS:
        raise refused(f"The PDF has {objects:,} objects; {_MOST_OBJECTS:,} is the most.")
    total = 0
    for stream, filters in _coded(data):
        for name in filters:
            if name not in _DECODERS:
                break
            stream = _DECODERS[name](stream)  # noqa: PLW2901 - one layer after the other
            total += len(stream)
            if len(stream) > _MOST_STREAM_BYTES or total > _MOST_BYTES:
                raise refused(
                    "The PDF's contents inflate beyond all measure: a decompression bomb."
                )


def _coded(data: bytes) -> Iterator[tuple[memoryview | bytes, list[bytes]]]:
    """What stands behind each `stream` that is no image, with each chain of filters it may have."""
    view = memoryview(data)
    ends = [match.start() for match in _END.finditer(data)]
    for number, match in enumerate(_STREAM.finditer(data)):
        if number > _MOST_OBJECTS:
            raise refused(f"The PDF has more than {_MOST_OBJECTS:,} streams.")
        before = data[max(0, match.start() - _DICTIONARY_BYTES) : match.start()]
        dictionary = before[before.rfind(b"obj") + 1 :]
        if _IMAGE.search(dictionary):
            continue
        place = bisect(ends, match.end())
        end = ends[place] if place < len(ends) else len(data)
        chains = [_names(found[1] or found[2]) for found in _FILTERS.finditer(dictionary)]
        # The filter may stand in another object, or the dictionary be longer than we look.
        if not chains and _is_deflated(view[match.end() :]):
            chains = [[b"FlateDecode"]]
        for chain in chains:
            # A deflated stream knows its end, and "endstream" may stand in it.
            yield view[match.end() : len(data) if chain[:1] == [b"FlateDecode"] else end], chain


def _names(filters: bytes) -> list[bytes]:
    return [
        _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), name[1])
        for name in _NAME.finditer(filters)
    ]


def _is_deflated(stream: memoryview) -> bool:
    """Whether it begins as RFC 1950 says: method 8, and a multiple of 31."""
    head = bytes(stream[:2])
    return len(head) == 2 and head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0


def _inflated(stream: memoryview | bytes) -> bytes:
    """What `stream` inflates to, a little more than the limit at most."""
    inflater = zlib.decompressobj()
    out, at = bytearray(), 0
    try:
        while not inflater.eof and len(out) <= _MOST_STREAM_BYTES:
            given = inflater.unconsumed_tail or bytes(stream[at : at + 65536])
            if not inflater.unconsumed_tail:
                at += len(given)
            if not given:
                break
            out += inflater.decompress(given, 1 << 20)
    except zlib.error:
        pass  # broken, or no deflated stream after all: what came out counts
    return bytes(out)


def _from_hex(stream: memoryview | bytes) -> bytes:
    digits = _BLANK.sub(b"", bytes(stream).partition(b">")[0])
    try:
        return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    except ValueError:
        return b""


def _from_base85(stream: memoryview | bytes) -> bytes:
    try:
        return base64.a85decode(_BLANK.sub(b"", bytes(stream).partition(b"~>")[0]))
    except ValueError:
        return b""


def _run_lengths(stream: memoryview | bytes) -> bytes:
    """PDF 1.7, 7.4.5: two bytes become 128 at most, so long ones are refused by their size."""
    return bytes(_MOST_STREAM_BYTES + 1 if 64 * len(stream) > _MOST_STREAM_BYTES else len(stream))


def _lzw(stream: memoryview | bytes) -> bytes:
    """As many zeros as LZW (PDF 1.7, 7.4.4) would give bytes, a little more than the limit at most."""
    if len(stream) > _MOST_LZW_BYTES:
        return bytes(_MOST_STREAM_BYTES + 1)
    size, lengths, last = 0, [1] * 258, 0
    held = bits = 0
    for byte in bytes(stream):
        held, bits = (held << 8 | byte) & 0xFFFFFF, bits + 8
        width = min(12, (len(lengths) + (1 if last else 0)).bit_length())
        if bits < width:
            continue
        bits -= width
        code = held >> bits & (1 << width) - 1
        if code == 257 or size > _MOST_STREAM_BYTES:
            break
        if code == 256:
            lengths, last = [1] * 258, 0
            continue
        length = lengths[code] if code < len(lengths) else last + 1
        if last and len(lengths) < 4096:
            lengths.append(last + 1)
        size, last = size + length, length
    return bytes(min(size, _MOST_STREAM_BYTES + 1))


_DECODERS: dict[bytes, Callable[[memoryview | bytes], bytes]] = {
    b"FlateDecode": _inflated,
    b"Fl": _inflated,
    b"ASCIIHexDecode": _from_hex,
    b"AHx": _from_hex,
    b"ASCII85Decode": _from_base85,
    b"A85": _from_base85,
    b"RunLengthDecode": _run_lengths,
    b"RL": _run_lengths,
    b"LZWDecode": _lzw,
    b"LZW": _lzw,
}
