"""What the walks over all packings share: what they find, the window they read through, one record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from archive import warc
from archive.warc import CutOff, Flaw, Malformed, Record

RECORD_LIMIT = 64 << 20  # bytes of a block; larger ones are reported, not read. Bounds memory
CHUNK = 1 << 15  # bytes read at a time: a few records


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A whole record and where it lies."""

    record: Record
    offset: int
    length: int  # of its gzip member; 0 where it has none to itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Bytes that are no whole record."""

    code: str  # "torn-tail", "bad-member", "bad-record", "too-large", "not-a-warc", "package-mismatch"
    offset: int
    length: int  # up to where reading went on
    message: str


class BadMember(Malformed):
    """A compressed member that does not inflate, or not to what its checksum says."""

    def __init__(self, offset: int, why: str) -> None:
        self.offset = offset
        super().__init__(why)


class TooLarge(Malformed):
    """A record that was passed by."""


class Window:
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

    def take(self, size: int) -> bytes:
        """The first `size` bytes, which the window forgets.

        Raises:
            TooLarge: there are that many, and they are more than a block may have.
            CutOff: they are not all there.
        """
        if size > RECORD_LIMIT:
            left = size
            while left and self.grow(1):
                gone = min(left, len(self.data))
                self.drop(gone)
                left -= gone
            if left:
                raise CutOff(f"the block has {size - left} of {size} bytes")
            raise TooLarge(f"a record of {size} bytes; more than {RECORD_LIMIT} are not read")
        if not self.grow(size):
            raise CutOff(f"the block has {len(self.data)} of {size} bytes")
        with memoryview(self.data) as view, view[:size] as part:
            block = bytes(part)  # one copy: blocks may be large
        self.drop(size)
        return block

    def drop_line_breaks(self) -> bool:
        """Forget CR and LF at the start; whether anything is left behind them."""
        while self.grow(1):
            rest = self.data.lstrip(b"\r\n")
            self.drop(len(self.data) - len(rest))
            if rest:
                return True
        return False


Take = Callable[[Window], Record]


def take_warc(window: Window) -> Record:
    """The WARC record at the start of the window, which moves behind its block.

    Raises:
        Malformed: no record stands there; TooLarge: one that was skipped; CutOff: half of one.
    """
    while (end := warc.find_head(window.data)) is None:
        if not window.grow(len(window.data) + 1):
            raise CutOff("the record header is cut off")
    head = warc.parse_head(bytes(window.data[:end]))
    window.drop(end)
    block = window.take(head.length)
    closed = window.grow(4) and window.data.startswith(b"\r\n\r\n")
    return warc.with_block(head, block, closed=closed)


class Stream(Protocol):
    """The content of a compressed member."""

    start: int  # offset of the member
    members: int  # that it is spread over
    inside: bool  # whether the reader is within a record, which may go on in the next member

    @property
    def end(self) -> int:
        """The offset behind the last member, once `read` has given b""."""
        ...

    def read(self) -> bytes:
        """The next piece; b"" at the end."""
        ...

    def drain(self) -> None:
        """Read what is left of the member."""
        ...


def records_of(stream: Stream, take: Take) -> Iterator[Found | Damage]:
    """The records of one member: one, as WARC asks, or several, as some tools write."""
    window = Window(stream.read)
    more, first = window.drop_line_breaks(), True
    while more:
        stream.inside = True
        try:
            record = take(window)
        except TooLarge as error:
            yield Damage(code="too-large", offset=stream.start, length=0, message=str(error))
            stream.inside = False
            more, first = window.drop_line_breaks(), False
            continue
        except BadMember:
            raise
        except Malformed as error:
            stream.drain()
            length = stream.end - stream.start
            yield Damage(code="bad-record", offset=stream.start, length=length, message=str(error))
            return
        stream.inside = False
        more = window.drop_line_breaks()
        alone = first and not more and stream.members == 1
        yield Found(
            record=record if alone else _flagged(record, stream, first=first),
            offset=stream.start,
            length=stream.end - stream.start if alone else 0,
        )
        first = False


def _flagged(record: Record, stream: Stream, *, first: bool) -> Record:
    """The record with a flaw that says how it is packed; said once for each member."""
    if stream.members > 1:
        flaw = Flaw(code="split-record", message="one record is spread over several gzip members")
    elif first:
        flaw = Flaw(code="shared-member", message="several records share one gzip member")
    else:
        return record
    return replace(record, flaws=(*record.flaws, flaw))
