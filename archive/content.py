"""The block of a record, taken apart once, with digests that are each worked out once.

A block may have 64 MiB, and several questions are asked about it: whether it is what its digests claim, what
its payload is, what entity that holds.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from archive import message
from archive.captures import ENTITY_LIMIT, body_of
from archive.message import Message
from archive.warc import Record

HASHES: dict[str, Callable[[bytes | memoryview], "hashlib._Hash"]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}
_FRAMING = (b"transfer-encoding", b"content-length")


class Content:
    """The content of one record."""

    __slots__ = ("_answer", "_digests", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._answer: Message | None = None
        self._digests: dict[tuple[str, int], bytes] = {}

    def header(self, name: str) -> str:
        """The first value of the field with this lower-case name; "" where it is missing."""
        return self.record.named.get(name, "")

    @property
    def is_http(self) -> bool:
        """Whether the block is an HTTP message."""
        return self.header("content-type").lower().startswith("application/http")

    @property
    def answer(self) -> Message:
        """The block as an HTTP answer, without its body where its head is an ordinary one.

        The body is what stands behind `body_start`: copying it would cost more than all the rest.
        """
        if self._answer is None:
            block = self.record.block
            end = block.find(b"\r\n\r\n") + 4
            head = message.parse(block[:end]) if end > 3 else None
            if head is None or head.status < 200 or head.body_start != end:
                head = message.parse(block)
            self._answer = head
        return self._answer

    @property
    def body_size(self) -> int:
        """Bytes of the block behind the head of the answer."""
        return len(self.record.block) - self.answer.body_start

    def digest(self, algorithm: str, start: int = 0) -> bytes:
        """The digest of the block from byte `start` on; `algorithm` is one of HASHES."""
        known = self._digests.get((algorithm, start))
        if known is None:
            with memoryview(self.record.block) as view:
                known = HASHES[algorithm](view[start:]).digest()
            self._digests[algorithm, start] = known
        return known

    def payloads(self, algorithm: str) -> Iterator[bytes]:
        """Digests of what tools take for the payload of a record: the likeliest first."""
        record = self.record
        if not self.is_http:
            yield self.digest(algorithm)
            return
        head_end = record.block.find(b"\r\n\r\n")  # warcio, also behind an interim answer
        yield self.digest(algorithm, head_end + 4 if head_end >= 0 else len(record.block))
        if record.type == "request":
            return
        yield self.digest(algorithm, self.answer.body_start)
        headers = tuple(pair for pair in self.answer.headers if pair[0].lower() in _FRAMING)
        framed = replace(self.answer, headers=headers, body=record.block[self.answer.body_start :])
        make = HASHES[algorithm]
        yield make(message.entity(framed, ENTITY_LIMIT).body).digest()  # jwarc
        yield make(body_of(record).data).digest()
