"""WARC records out and in, byte for byte.

Written as WARC 1.1 (ISO 28500:2017), one gzip member a record, with warcio's header and member writers. Its
record writer would tidy HTTP headers, drop the block of a raw revisit, and add digests of its own, so it is
given no record (see docs/dependencies.md).
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import GzippingWrapper

Headers = tuple[tuple[str, str], ...]

HEAD_LIMIT = 1 << 20  # bytes of WARC header that we read; real ones have under 4 KiB

_FORBIDDEN = re.compile(r"[\r\n\x00]")
_CONTROLS = re.compile(r"[\x00-\x20\x7f]")
_LINE_LIMIT = 10_000  # header lines that we read
_DIGITS = re.compile(rb"[0-9]{1,18}\Z")
_VERSION_LINE = re.compile(rb"WARC/(1\.[01])\Z")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_PLAIN_ID = re.compile(r"[!-;=?-~]{1,200}\Z")  # printable ASCII without space, < and >
_SINGLE = {  # fields that a record may have once: WARC 1.1, section 4
    "warc-type", "warc-record-id", "warc-date", "warc-target-uri", "content-length",
    "content-type", "warc-block-digest", "warc-payload-digest", "warc-refers-to",
}  # fmt: skip
_NAMESPACE = uuid.UUID("3e6a3a53-6a5f-5c0b-9d0c-0f3b8b6f7a11")  # of ids that we derive; random


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something about a record that is wrong and does not keep us from reading it."""

    code: str  # docs/problems.md lists them
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One WARC record; header names keep their case, repeats and order."""

    headers: Headers  # a line without a colon has the name ""
    block: bytes
    version: str = "1.1"
    head: bytes = field(default=b"", compare=False)  # as read, empty line included; b"" when new
    flaws: tuple[Flaw, ...] = field(default=(), compare=False)  # of its form
    _named: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def named(self) -> dict[str, str]:
        """The first value of each field, by its name in lower case."""
        if not self._named:  # made once: a record is asked a dozen times
            for name, value in self.headers:
                self._named.setdefault(name.lower(), value)
        return self._named

    def header(self, name: str) -> str | None:
        """The first value of the field, whatever its case."""
        return self.named.get(name.lower())

    @property
    def type(self) -> str:
        """WARC-Type, in lower case; "" where it is missing."""
        return self.named.get("warc-type", "").lower()

    @property
    def id(self) -> str:
        """WARC-Record-ID without its wrapping: a bare UUID where it is one; "" where it is missing."""
        return bare_id(self.named.get("warc-record-id", ""))

    @property
    def url(self) -> str:
        """WARC-Target-URI without the angle brackets that wget writes; control characters as %XX."""
        value = self.named.get("warc-target-uri", "").removeprefix("<").removesuffix(">")
        return _CONTROLS.sub(lambda found: f"%{ord(found[0]):02X}", value)


class Malformed(ValueError):
    """Bytes that are no WARC record; the message says what is wrong with them."""


class CutOff(Malformed):
    """The beginning of a record, whose end is missing."""


def new_id() -> str:
    """A fresh record id, as a bare UUID."""
    return str(uuid.uuid4())


def derived_id(record: Record) -> str:
    """A bare UUID that equal records share, for one whose own id is missing or taken."""
    parts = (record.type, record.url, record.header("WARC-Date") or "", digest(record.block))
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))


def bare_id(value: str) -> str:
    """`<urn:uuid:X>` as X; other ids without brackets; "" for what cannot be an id.

    >>> bare_id("<urn:uuid:0E1F2A3B-0000-4000-8000-000000000001>")
    '0e1f2a3b-0000-4000-8000-000000000001'
    """
    value = value.strip().removeprefix("<").removesuffix(">")
    found = _UUID.match(value.lower().removeprefix("urn:uuid:"))
    if found:
        return found[0]
    return value if _PLAIN_ID.match(value) else ""


def wrapped_id(id: str) -> str:
    """A bare id as it stands in a field."""
    return f"<urn:uuid:{id}>" if _UUID.match(id) else f"<{id}>"


def digest(data: bytes) -> str:
    """The SHA-256 as "sha256:" and upper-case base32, the form that all WARC tools take."""
    return "sha256:" + base64.b32encode(hashlib.sha256(data).digest()).decode()


def timestamp(moment: datetime) -> str:
    """WARC-Date with microseconds, which WARC 1.1 allows."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def record(
    kind: str, block: bytes, content_type: str, fields: Sequence[tuple[str, str]], id: str = ""
) -> Record:
    """A record to be written, with its digests; `fields` are added behind type and id.

    Raises:
        ValueError: a field holds CR, LF or NUL, with which a header could be forged.
    """
    shape = [("Content-Type", content_type)] if content_type else []
    named = [(name, value) for name, value in [*fields, *shape] if value]
    for name, value in named:
        if _FORBIDDEN.search(value):
            raise ValueError(f"{name} holds a line break or NUL: {value[:80]!r}")
    return Record(
        headers=(
            ("WARC-Type", kind),
            ("WARC-Record-ID", wrapped_id(id or new_id())),
            *named,
            ("WARC-Block-Digest", digest(block)),
            ("Content-Length", str(len(block))),
        ),
        block=block,
    )


def to_member(record: Record) -> bytes:
    """The record as one gzip member; one that was read keeps its header byte for byte."""
    head = record.head
    if not head:
        fields = StatusAndHeaders("", list(record.headers), protocol="WARC/1.1")
        head = fields.to_bytes(encoding="utf-8")
    sink = BytesIO()
    member = GzippingWrapper(sink)
    member.write(head + record.block + b"\r\n\r\n")
    member.flush()
    return sink.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The header of a record, read before its block."""

    raw: bytes  # with the empty line
    version: str
    headers: Headers
    length: int  # Content-Length, bytes
    flaws: tuple[Flaw, ...]


def find_head(data: bytes | bytearray) -> int | None:
    """How many bytes the record header at the start of `data` takes; None when more is needed.

    Raises:
        Malformed: no header can stand there, however it goes on.
    """
    if not data[:5].startswith(b"WARC/"[: len(data)]):
        raise Malformed(f"no WARC version line but {bytes(data[:40])!r}")
    found = _HEAD_END.search(data, 0, HEAD_LIMIT + 4)
    if found:
        return found.end()
    if len(data) > HEAD_LIMIT:
        raise Malformed("the record header has no end within 1 MiB")
    return None


def parse_head(raw: bytes) -> Head:
    """The record header that is all of `raw`.

    Raises:
        Malformed: its version line or its Content-Length makes no sense.
    """
    lines = re.split(rb"\r?\n", raw.rstrip(b"\r\n"))
    version = _VERSION_LINE.match(lines[0].strip())
    if not version:
        raise Malformed(f"no WARC version line but {lines[0][:40]!r}")
    headers = _fields(lines[1:])
    return Head(
        raw=raw,
        version=version[1].decode(),
        headers=headers,
        length=_content_length(headers),
        flaws=tuple(_flaws(headers)),
    )


def with_block(head: Head, block: bytes, *, closed: bool) -> Record:
    """The record of this header; `closed` when the two line breaks of WARC 1.1, section 4, follow."""
    flaws = head.flaws
    if not closed:
        flaws = (*flaws, Flaw(code="no-record-end", message="no empty line ends the record"))
    return Record(
        headers=head.headers, block=block, version=head.version, head=head.raw, flaws=flaws
    )


def parse(data: bytes) -> Record:
    """The record at the start of `data`.

    Raises:
        Malformed: no record stands there.
        CutOff: it is not all there.
    """
    end = find_head(data)
    if end is None:
        raise CutOff("the record header is cut off")
    head = parse_head(data[:end])
    stop = end + head.length
    if len(data) < stop:
        raise CutOff(f"the block has {len(data) - end} of {head.length} bytes")
    return with_block(head, data[end:stop], closed=data.startswith(b"\r\n\r\n", stop))


def _fields(lines: list[bytes]) -> Headers:
    if len(lines) > _LINE_LIMIT:
        raise Malformed(f"the record header has {len(lines)} lines")
    fields: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode("utf-8", "replace")
        if text[:1] in (" ", "\t") and fields:  # folded: WARC 1.1, section 4, after RFC 822
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        fields.append((name.strip(), value.strip()) if colon else ("", text.strip()))
    return tuple(fields)


def _flaws(headers: Headers) -> list[Flaw]:
    names = [name.lower() for name, _ in headers]
    flaws = [
        Flaw(code="bad-header", message=f"the field {name} stands there more than once")
        for name in sorted(_SINGLE)
        if names.count(name) > 1
    ]
    if "" in names:
        flaws.append(Flaw(code="bad-header", message="a header line has no colon"))
    if any("\0" in name or "\0" in value for name, value in headers):
        flaws.append(Flaw(code="bad-header", message="the header holds NUL"))
    return flaws


def _content_length(headers: Headers) -> int:
    values = [value.encode() for name, value in headers if name.lower() == "content-length"]
    if not values:
        raise Malformed("no Content-Length")
    if not _DIGITS.match(values[0]):  # int() would take "1_0", "+10" and Arabic digits
        raise Malformed(f"Content-Length is {values[0][:40]!r}")
    return int(values[0])
