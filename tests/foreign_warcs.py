"""WARC files as other tools, accidents and enemies make them: one for each code of an import."""

import base64
import hashlib
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass

DATE = "2024-01-02T03:04:05Z"
SAME = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


def uid(number: int) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, str(number))}>"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def page(number: int) -> bytes:
    return b"<p>page %d</p>" % number


def http(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head + body


def record(
    kind: str, number: int, block: bytes, *more: str, version: str = "1.1", leave_out: str = ""
) -> bytes:
    """An uncompressed record; a field in `more` replaces the usual one of that name."""
    types = {
        "response": "application/http;msgtype=response",
        "revisit": "application/http;msgtype=response",
        "request": "application/http; msgtype=request",
    }
    usual = {
        "WARC-Type": kind,
        "WARC-Record-ID": uid(number),
        "WARC-Date": DATE,
        "WARC-Target-URI": f"http://example.org/{number}",
        "Content-Type": types.get(kind, "text/html"),
        "WARC-Block-Digest": sha1(block),
    }
    replaced = {line.partition(":")[0] for line in more} | {leave_out}
    lines = [f"{name}: {value}" for name, value in usual.items() if name not in replaced]
    head = "\r\n".join((f"WARC/{version}", *lines, *more, f"Content-Length: {len(block)}"))
    return head.encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(number: int, *more: str, body: bytes | None = None, version: str = "1.1") -> bytes:
    body = page(number) if body is None else body
    digest = f"WARC-Payload-Digest: {sha1(body)}"
    named = any(line.startswith("WARC-Payload-Digest") for line in more)
    fields = more if named else (*more, digest)
    return record("response", number, http(body), *fields, version=version)


def request(number: int, *more: str) -> bytes:
    """The request for the page of `response(number)`."""
    block = f"GET /{number} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode()
    named = (f"WARC-Target-URI: http://example.org/{number}", f"WARC-Record-ID: {uid(-number)}")
    return record("request", number, block, *named, *more)


def revisit(number: int, original: int, *more: str) -> bytes:
    named = (f"WARC-Profile: {SAME}", f"WARC-Refers-To: {uid(original)}", *more)
    return record("revisit", number, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", *named)


def gz(*records: bytes) -> bytes:
    """One member for each record."""
    members = []
    for each in records:
        deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
        members.append(deflater.compress(each) + deflater.flush())
    return b"".join(members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file and what taking it over must say."""

    data: bytes
    codes: tuple[str, ...]
    captures: tuple[str, ...]  # the last part of each address


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


def _large() -> bytes:
    size = (64 << 20) + 1
    head = b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n"
    return gz(head % size + bytes(size) + b"\r\n\r\n")


ONE, TWO, THREE = response(1), response(2), response(3)
CASES: dict[str, Callable[[], Case]] = {
    "not-a-warc": lambda: Case(data=b"\x89PNG", codes=("not-a-warc",), captures=()),
    "torn-tail": lambda: Case(data=gz(ONE, TWO)[:-9], codes=("torn-tail",), captures=("1",)),
    "bad-member": lambda: Case(
        data=gz(ONE) + _flipped(gz(TWO)) + gz(THREE), codes=("bad-member",), captures=("1", "3")
    ),
    "bad-record": lambda: Case(
        data=gz(ONE, b"no record\r\n\r\n", THREE), codes=("bad-record",), captures=("1", "3")
    ),
    "too-large": lambda: Case(
        data=gz(ONE) + _large() + gz(TWO), codes=("too-large",), captures=("1", "2")
    ),
    "shared-member": lambda: Case(
        data=gz(ONE + TWO, THREE), codes=("shared-member",), captures=("1", "2", "3")
    ),
    "split-record": lambda: Case(
        data=gz(ONE[:200], ONE[200:], TWO), codes=("split-record",), captures=("1", "2")
    ),
    "no-record-end": lambda: Case(
        data=gz(ONE.rstrip(b"\r\n"), TWO), codes=("no-record-end",), captures=("1", "2")
    ),
    "bad-header": lambda: Case(
        data=gz(response(1, "a line without a colon"), TWO),
        codes=("bad-header",),
        captures=("1", "2"),
    ),
    "bad-address": lambda: Case(
        data=gz(response(1, "WARC-Target-URI: urn:nothing:1"), TWO),
        codes=("bad-address",),
        captures=("2",),
    ),
    "bad-id": lambda: Case(
        data=gz(response(1, "WARC-Record-ID: <no id at all>"), TWO),
        codes=("bad-id",),
        captures=("1", "2"),
    ),
    "repeated-id": lambda: Case(
        data=gz(ONE, response(2, f"WARC-Record-ID: {uid(1)}")),
        codes=("repeated-id",),
        captures=("1", "2"),
    ),
    "bad-date": lambda: Case(
        data=gz(response(1, "WARC-Date: 2024-13-32T25:61:61Z"), TWO),
        codes=("bad-date",),
        captures=("1", "2"),
    ),
    "block-digest": lambda: Case(
        data=gz(response(1, f"WARC-Block-Digest: {sha1(b'other')}"), TWO),
        codes=("block-digest",),
        captures=("1", "2"),
    ),
    "payload-digest": lambda: Case(
        data=gz(response(1, f"WARC-Payload-Digest: {sha1(b'other')}"), TWO),
        codes=("payload-digest",),
        captures=("1", "2"),
    ),
    "no-status-line": lambda: Case(
        data=gz(record("response", 1, b":status: 200\r\n\r\n<p>")),
        codes=("no-status-line",),
        captures=("1",),
    ),
    "orphan-segment": lambda: Case(
        data=gz(ONE, record("continuation", 2, b"tail")),
        codes=("orphan-segment",),
        captures=("1",),
    ),
    "orphan-revisit": lambda: Case(
        data=gz(revisit(1, 99)), codes=("orphan-revisit",), captures=("1",)
    ),
    "revisit-mismatch": lambda: Case(
        data=gz(ONE, revisit(2, 1, f"WARC-Payload-Digest: {sha1(b'other')}")),
        codes=("revisit-mismatch",),
        captures=("1", "2"),
    ),
}
