"""HTTP/1.x answers as bytes: their head, their body, and what the body holds.

Whatever a server sent can be parsed: an answer that breaks the rules gives what can be told of it,
never an error. Nothing here reads or writes anything, and the time is linear in the length of the
answer.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive import codings

MAX_CODINGS = 5  # undone one after the other; curl 7.86 refuses more as well
MAX_CHUNK_LINE = 4096  # bytes of a chunk-size line with its extensions; no source
MAX_CHUNKS = 1_000_000  # half a second of reading; a page of 32 MiB in lines of 33 bytes

_STATUS_LINE = re.compile(rb"HTTP/\d+(?:\.\d+)?[ \t]+(\d{3})(?!\d)[ \t]*([^\r\n]*)", re.IGNORECASE)
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;[^\n]*)?\r?\n")
_DIGITS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One HTTP answer, taken apart. Interim answers (1xx) before it are left out."""

    status: int  # 100-599 as claimed; 0 when there is no status line
    reason: str  # reason phrase, "" when there is none
    headers: tuple[tuple[bytes, bytes], ...]  # in order, repeats kept, folded lines joined
    body: bytes  # as on the wire: chunk framing and content coding are still there
    body_start: int  # offset of the body in the block, bytes

    def header(self, name: str) -> str | None:
        """The first value of this header, or None when the answer has no such header."""
        values = self.header_values(name)
        return values[0] if values else None

    def header_values(self, name: str) -> tuple[str, ...]:
        """All values of this header in order; the name's case does not matter."""
        wanted = name.lower().encode("latin-1", "replace")
        return tuple(
            value.decode("latin-1") for key, value in self.headers if key.lower() == wanted
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What an answer holds once transfer and content codings are undone."""

    body: bytes
    complete: bool  # False: something is missing at its end, or its checksum is wrong
    decoded: bool  # False: a coding could not be undone, so `body` is still coded and no text
    note: str  # what was odd, a phrase for people; "" when nothing was


def parse(block: bytes) -> Message:
    r"""The final HTTP answer in `block`.

    Bare LF line ends, folded lines, empty lines before the status line, lines without a colon, a
    missing or cut head and bytes that are no HTTP at all are taken as well. Without a status line
    (HTTP/0.9 or garbage) the status is 0 and all of the block is the body.

    >>> parse(b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\ngone").status
    404
    """
    start = 0
    while True:
        while block[start : start + 1] in (b"\r", b"\n") and start < len(block):
            start += 1
        line = _STATUS_LINE.match(block, start)
        if line is None:
            return Message(status=0, reason="", headers=(), body=block[start:], body_start=start)
        end = _EMPTY_LINE.search(block, line.end())
        head_end = end.start() + 1 if end else len(block)
        body_start = end.end() if end else len(block)
        status = int(line[1])
        interim = 100 <= status < 200 and status != 101
        if not interim or body_start == len(block):
            return Message(
                status=status,
                reason=line[2].strip().decode("latin-1"),
                headers=tuple(_headers(block[line.end() : head_end])),
                body=block[body_start:],
                body_start=body_start,
            )
        start = body_start


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and values of the whole lines in `head`, which begins right after the status line."""
    name: bytes | None = None
    parts: list[bytes] = []
    lines = head.split(b"\n")
    for line in lines[1:-1]:  # the first ends the status line, the last was cut or is empty
        if line[:1] in (b" ", b"\t"):
            if name is not None:
                parts.append(line.strip())  # obs-fold counts as one space: RFC 9112, section 5.2
            continue
        if name is not None:
            yield name, b" ".join(parts)
        name, colon, value = line.partition(b":")
        if colon:
            name, parts = name.strip(), [value.strip()]
        else:
            name = None
    if name is not None:
        yield name, b" ".join(parts)


def entity(message: Message, limit_bytes: int) -> Entity:
    """What the answer holds, at most `limit_bytes` of it after decoding.

    Transfer codings are undone, then content codings. What comes out of a cut or damaged stream
    before the damage is kept, with `complete` False. A body that is labelled as coded but is plain
    text is taken as it stands.
    """
    if 100 <= message.status < 200 or message.status in (204, 304):  # RFC 9112, section 6.3
        return Entity(body=b"", complete=True, decoded=True, note="")
    notes: list[str] = []
    transfer = _tokens(message, "transfer-encoding")
    if "chunked" in transfer:
        body, complete = _unchunked(message.body, notes)
    else:
        body, complete = _measured(message, notes)
    layers = _tokens(message, "content-encoding") + [
        coding for coding in transfer if coding != "chunked"
    ]
    decoded = True
    if body:
        body, whole, decoded = _uncoded(body, layers, limit_bytes, notes)
        complete = complete and whole
    if len(body) > limit_bytes:
        notes.append(f"body is longer than {limit_bytes} bytes")
        body, complete = body[:limit_bytes], False
    return Entity(body=body, complete=complete, decoded=decoded, note="; ".join(notes))


def _tokens(message: Message, name: str) -> list[str]:
    """The list in a header, over all of its repeats, in lower case and without parameters."""
    listed = ",".join(message.header_values(name)).lower().split(",")
    tokens = (item.partition(";")[0].strip() for item in listed)
    return [token for token in tokens if token not in ("", "identity")]


def _measured(message: Message, notes: list[str]) -> tuple[bytes, bool]:
    """The body held against Content-Length, and whether it is whole."""
    claims = {
        claim.strip()
        for value in message.header_values("content-length")
        for claim in value.split(",")
    }
    if not claims:
        return message.body, True
    claim = claims.pop()
    if claims or not _DIGITS.fullmatch(claim):
        notes.append("Content-Length makes no sense")
        return message.body, True
    length = int(claim)
    if len(message.body) < length:
        notes.append(f"{length - len(message.body)} of {length} bytes are missing")
        return message.body, False
    if len(message.body) > length:
        notes.append(f"{len(message.body) - length} bytes follow the body")
    return message.body[:length], True


def _unchunked(body: bytes, notes: list[str]) -> tuple[bytes, bool]:
    """The body without chunks and trailers (RFC 9112, section 7.1), and whether it is whole."""
    pieces: list[bytes] = []
    at = 0
    while line := _CHUNK_SIZE.match(body, at, at + MAX_CHUNK_LINE):
        if len(pieces) >= MAX_CHUNKS:
            notes.append(f"more than {MAX_CHUNKS} chunks")
            return b"".join(pieces), False
        size = int(line[1], 16)
        at = line.end()
        if size == 0:
            return b"".join(pieces), True
        pieces.append(body[at : at + size])
        if len(body) - at < size:
            notes.append("chunked body is cut")
            return b"".join(pieces), False
        at += size
        if body[at : at + 2] == b"\r\n":
            at += 2
        elif body[at : at + 1] == b"\n":
            at += 1
    if at == 0 and body:
        notes.append("is labelled chunked and is not")
        return body, False
    notes.append("chunked body is cut" if at >= len(body) else f"bad chunk at byte {at}")
    return b"".join(pieces), False


def _uncoded(
    body: bytes, layers: list[str], limit_bytes: int, notes: list[str]
) -> tuple[bytes, bool, bool]:
    """The body with its codings undone, whether it is whole, and whether all could be undone."""
    if len(layers) > MAX_CODINGS:
        notes.append(f"{len(layers)} content codings; at most {MAX_CODINGS} are undone")
        return body, True, False
    complete = True
    for coding in reversed(layers):
        if not codings.known(coding):
            notes.append(f"content coding {coding[:40]!r} is unknown")
            return body, complete, False
        outcome = codings.decode(coding, body, limit_bytes)
        if outcome.note:
            notes.append(outcome.note)
        plain = not outcome.complete and _looks_plain(body[:1024])
        if plain or not (outcome.body or outcome.complete):
            return body, complete, plain  # mislabelled, or not one byte could be decoded
        body = outcome.body
        complete = complete and outcome.complete
    return body, complete, True


def _looks_plain(sample: bytes) -> bool:
    """Whether these bytes are text: no control characters, and markup or UTF-8."""
    if any(byte < 0x20 and byte not in b"\t\n\f\r\x1b" for byte in sample):  # ESC: ISO-2022
        return False
    if sample.lstrip().startswith(b"<"):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # may end inside a character
    except UnicodeDecodeError:
        return False
    return True
