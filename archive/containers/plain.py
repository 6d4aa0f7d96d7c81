"""Records of files that are not compressed."""

from collections.abc import Iterator
from typing import BinaryIO

from archive.containers.parts import CHUNK, Damage, Found, Take, TooLarge, Window
from archive.warc import CutOff, Malformed


def records(handle: BinaryIO, start: int, stop: int, take: Take) -> Iterator[Found | Damage]:
    """The records of the bytes from `start` to `stop`; behind damage nothing tells where the next begins."""
    at = start

    def read() -> bytes:
        nonlocal at
        handle.seek(at)  # others read from it in between
        piece = handle.read(min(CHUNK, stop - at))
        at += len(piece)
        return piece

    window = Window(read)
    while window.drop_line_breaks():
        offset = start + window.dropped
        try:
            yield Found(record=take(window), offset=offset, length=0)
        except TooLarge as error:
            skipped = start + window.dropped - offset
            yield Damage(code="too-large", offset=offset, length=skipped, message=str(error))
        except Malformed as error:
            code = "torn-tail" if isinstance(error, CutOff) else "bad-record"
            message = str(error)
            yield Damage(code=code, offset=offset, length=stop - offset, message=message)
            return
