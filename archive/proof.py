"""What a record of another archive shows by itself, worked out beside the reading and the writing.

Reading is one thread, because only the end of a member tells where the next begins; proving is several, since
inflating and hashing let go of the interpreter; the archive is written by the thread that asks.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from archive.captures import (
    ENTITY_LIMIT,
    capture_of,
    clean_claim,
    date_of,
    is_capture,
    truncation_of,
)
from archive.containers.parts import Damage, Found
from archive.content import Content
from archive.problems import flaws_of
from archive.records import Capture, Place
from archive.warc import Flaw

_BATCH_BYTES = 2 << 20  # of blocks that are handed on together
_BATCH_RECORDS = 64
_WAITING_BYTES = 24 << 20  # of blocks that wait to be proved or written; bounds memory
NOWHERE = Place(warc="", offset=0, length=0)  # of what is in no archive yet
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = tuple(one + other for one in _LETTERS for other in _LETTERS)  # of 10 bits each
_NO_BODY = (204, 304)  # and 1xx: RFC 9112, section 6.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A record that was found, and what it shows by itself."""

    found: Found
    flaws: tuple[Flaw, ...]
    capture: Capture | None  # in an archive that holds nothing else, without a place


class _Nothing:
    """What an empty archive knows."""

    def capture(self, id: str) -> Capture | None:  # noqa: ARG002 - an interface
        return None

    def captures_at(
        self,
        url: str,  # noqa: ARG002
        moment: datetime | None = None,  # noqa: ARG002
    ) -> tuple[Capture, ...]:
        return ()

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:  # noqa: ARG002
        return ()


def prove(found: Found) -> Proof:
    """What the record shows."""
    content = Content(found.record)
    flaws = tuple(flaws_of(content))
    capture = _capture(content) if is_capture(found.record) else None
    return Proof(found=found, flaws=flaws, capture=capture)


def proofs(source: Iterator[Found | Damage]) -> Iterator[Proof | Damage]:
    """What each record of `source` shows, in order; damage in its place."""
    with ThreadPoolExecutor(1 + (os.cpu_count() or 1)) as pool:
        waiting: deque[tuple[int, Future[list[Proof | Damage]]]] = deque()
        size = 0  # bytes of blocks that wait
        ahead = pool.submit(_next_batch, source)
        more = True
        while more or waiting:
            if more:
                batch, batch_size = ahead.result()
                more = bool(batch)
                if more:
                    ahead = pool.submit(_next_batch, source)
                    waiting.append((batch_size, pool.submit(_prove_all, batch)))
                    size += batch_size
            while waiting and (not more or size > _WAITING_BYTES or waiting[0][1].done()):
                gone, proved = waiting.popleft()
                size -= gone
                yield from proved.result()


def _next_batch(source: Iterator[Found | Damage]) -> tuple[list[Found | Damage], int]:
    """The next few, and the bytes of their blocks; none behind the last."""
    batch: list[Found | Damage] = []
    size = 0
    while size < _BATCH_BYTES and len(batch) < _BATCH_RECORDS:
        found = next(source, None)
        if found is None:
            break
        batch.append(found)
        size += len(found.record.block) if isinstance(found, Found) else 0
    return batch, size


def _prove_all(batch: list[Found | Damage]) -> list[Proof | Damage]:
    return [prove(found) if isinstance(found, Found) else found for found in batch]


def _capture(content: Content) -> Capture:
    """The same as `capture_of`; where nothing is coded, with one look at the body rather than three."""
    record = content.record
    if record.type != "response" or not record.id or not _is_plain(content):
        return capture_of(record, NOWHERE, _Nothing())
    digest = _base32(content.digest("sha256", content.answer.body_start))
    return Capture(
        id=record.id,
        url=record.url,
        fetched_at=date_of(record),
        kind="response",
        status=content.answer.status,
        media_type=clean_claim(content.answer.header("Content-Type") or ""),
        payload_digest=digest,
        entity_digest=digest,
        place=NOWHERE,
        truncated=truncation_of(record.header("WARC-Truncated")),
    )


def _base32(digest: bytes) -> str:
    """The SHA-256 as `warc.digest` writes it; faster than the base64 module, which shows here."""
    number = int.from_bytes(digest, "big") << 4  # 52 times 5 bits
    return "sha256:" + "".join(_PAIRS[number >> at & 1023] for at in range(250, -1, -10)) + "===="


def _is_plain(content: Content) -> bool:
    """Whether the body is the entity: no coding, no chunks, as long as it says, no longer than is read."""
    answer = content.answer
    if answer.status < 200 or answer.status in _NO_BODY or not answer.headers:
        return False
    lengths = 0
    for name, value in answer.headers:
        lowered = name.lower()
        if lowered in (b"transfer-encoding", b"content-encoding"):
            return False
        if lowered == b"content-length":
            lengths += 1
            if value != b"%d" % content.body_size:
                return False
    return lengths <= 1 and content.body_size <= ENTITY_LIMIT
