"""What a client and a server say to each other about whether a page has changed.

A server that is asked with the validators of an earlier answer, and says 304, confirms the bytes of that
answer: RFC 9110, section 13.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from archive import message
from archive.captures import Known, date_of, is_not_modified, original_of
from archive.errors import Damaged
from archive.records import Capture, Exchange, Place
from archive.warc import Record

# Earlier answers of an address among which the confirmed one is looked for; no source.
_LOOKED_AT = 20
_LONGEST = 1024  # characters of a validator that is worth sending back; no source
_PRINTABLE = re.compile(r"[\x20-\x7e\x80-\xff]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What names one state of a page, as the server wrote it; None where it gave none."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


def validators_of(response: bytes) -> Validators:
    """Those in the head of an answer; what could not be sent back as it stands is left out."""
    answer = message.parse(response)
    return Validators(
        etag=_sendable(answer.header("ETag")),
        last_modified=_sendable(answer.header("Last-Modified")),
    )


def validators_sent(request: bytes) -> Validators:
    """Those with which a GET request asked whether the page has changed; none for other requests."""
    head = request.partition(b"\r\n\r\n")[0]
    first, *lines = head.split(b"\r\n")
    if not first.startswith(b"GET "):
        return Validators()
    values: dict[bytes, str] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        values[name.strip().lower()] = value.strip().decode("latin-1")
    return Validators(
        etag=values.get(b"if-none-match") or None,
        last_modified=values.get(b"if-modified-since") or None,
    )


def confirmed(new: Exchange, known: Known, read: Callable[[Place], Record]) -> Capture | None:
    """The capture whose bytes a 304 says to be still right; None when it says no such thing.

    That is the newest full answer of this address which had the validators that were sent. `read` gives
    the record at a place. Where the answer is a revisit itself, it is what that refers to.
    """
    sent = validators_sent(new.request)
    if new.truncated or not sent:
        return None
    answer = message.parse(new.response)
    if answer.status != 304 or answer.body:
        return None
    for earlier in known.newest_at(new.url, _LOOKED_AT):
        if is_full(earlier) and carried(earlier, sent, read):
            holder = known.capture(earlier.refers_to) if earlier.refers_to else earlier
            return holder if holder and holder.kind == "response" else None
    return None


def unfounded(record: Record, asked: Record, known: Known, read: Callable[[Place], Record]) -> str:
    """What is wrong with a 304 as the confirmation of its original; "" where nothing is.

    The validators in its request must be those of an answer of this address, older than itself, which
    holds the original's bytes or refers to them.
    """
    if not is_not_modified(record):
        return ""
    original = original_of(record, known)
    if original is None:
        return ""  # that is reported as what it is
    sent = validators_sent(asked.block)
    if not sent:
        return "nothing in its request asked whether the page has changed"
    moment = date_of(record)
    for earlier in (*known.captures_at(record.url), original):
        holds = original.id in (earlier.id, earlier.refers_to) and is_full(earlier)
        if holds and earlier.fetched_at <= moment and carried(earlier, sent, read):
            return ""
    return f"its original {original.id} never had the validators that its request sent"


def is_full(capture: Capture) -> bool:
    """Whether the capture is the whole page as the server sent it, and not the word that it is unchanged."""
    return capture.status == 200 and capture.truncated is None and bool(capture.entity_digest)


def carried(capture: Capture, sent: Validators, read: Callable[[Place], Record]) -> bool:
    """Whether the answer had every validator that was sent."""
    try:
        had = validators_of(read(capture.place).block)
    except Damaged:
        return False
    return (sent.etag in (None, had.etag)) and (sent.last_modified in (None, had.last_modified))


def _sendable(value: str | None) -> str | None:
    if value is None or len(value) > _LONGEST or not _PRINTABLE.match(value):
        return None
    return value
