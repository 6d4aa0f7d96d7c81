"""What can be wrong with a WARC file or an archive: stable codes, and the checks of a single record.

docs/problems.md explains each code to people.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from archive import message
from archive.captures import (
    ENTITY_LIMIT,
    Known,
    body_of,
    is_web_address,
    original_of,
    parse_date,
)
from archive.errors import Damaged
from archive.records import Place
from archive.warc import Flaw, Record

CODES = {
    # a file or a part of it that cannot be read
    "unreadable": "the file cannot be opened or read",
    "not-a-warc": "the file holds no WARC records",
    "torn-tail": "the end of the file is no whole record",
    "bad-member": "a gzip member in the middle is damaged",
    "bad-record": "what a gzip member holds is no WARC record",
    "too-large": "a record is larger than this program reads",
    # a record that can be read and is not as it should be
    "shared-member": "several records share one gzip member",
    "split-record": "one record is spread over several gzip members",
    "no-record-end": "no empty line ends a record",
    "bad-header": "a record header breaks the rules",
    "bad-address": "an answer is not from an http or https address",
    "bad-id": "a record has no usable id",
    "repeated-id": "a record has the id of another one",
    "bad-date": "a record has no usable date",
    "block-digest": "the content of a record does not have the digest that it claims",
    "payload-digest": "the body of an answer does not have the digest that its record claims",
    "no-status-line": "an answer has no HTTP status line",
    "orphan-segment": "a continuation of a record whose beginning is missing",
    "orphan-revisit": "a revisit whose original is not in the archive",
    "revisit-mismatch": "a revisit whose original has another body than it claims",
    # an archive whose parts do not fit together
    "missing-warc": "a WARC file that the index names is gone",
    "short-warc": "a WARC file is shorter than what was acknowledged",
    "unindexed-bytes": "a WARC file holds more than the index knows",
    "missing-sidecar": "a sealed WARC file has no digest sidecar",
    "sidecar-mismatch": "a sealed WARC file does not have the digest in its sidecar",
    "stray-file": "a file among the WARC files that is not one of the archive's",
    "bad-metadata": "a reading or refusal in a WARC makes no sense",
    "orphan-text": "a main text whose capture is not in the archive",
    "bad-index": "the index is damaged or refers to nothing",
    "row-without-record": "the index states what no WARC record says",
    "record-without-row": "a WARC record states what the index does not know",
}

_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong, and where."""

    code: str  # a key of CODES
    path: str  # of the file; below the archive folder where it lies there
    offset: int | None  # byte in the file; None when the whole file is meant
    message: str  # a sentence for people


def flaws_of(record: Record) -> Iterator[Flaw]:
    """Everything that is wrong with a record by itself."""
    yield from record.flaws
    if not record.id:
        yield Flaw(code="bad-id", message="WARC-Record-ID is missing or no id")
    date = record.header("WARC-Date") or ""
    if parse_date(date) is None:
        yield Flaw(code="bad-date", message=f"WARC-Date is {date[:60]!r}; taken for 1970")
    elif not date.endswith("Z") or ":60" in date:
        yield Flaw(code="bad-date", message=f"WARC-Date is {date[:60]!r}, not in the form of WARC")
    if record.type == "continuation":
        yield Flaw(code="orphan-segment", message="segmented records are not joined")
    if _is_http_response(record):
        if not is_web_address(record.url):
            yield Flaw(code="bad-address", message=f"WARC-Target-URI is {record.url[:200]!r}")
        if message.parse(record.block).status == 0:
            yield Flaw(code="no-status-line", message="the answer has no HTTP status line")
    yield from digest_flaws(record)


def digest_flaws(record: Record) -> Iterator[Flaw]:
    """Digests that the record claims for its block and payload and that it does not have.

    A digest in an unknown form proves nothing and is passed by.
    """
    claim = record.header("WARC-Block-Digest")
    if claim and _has_digest(claim, iter((record.block,))) is False:
        yield Flaw(code="block-digest", message=f"the block is not the one with {claim[:90]}")
    claim = record.header("WARC-Payload-Digest")
    if not claim or record.type == "revisit" or record.header("WARC-Truncated"):
        return
    if _has_digest(claim, _payloads(record)) is False:
        yield Flaw(code="payload-digest", message=f"the payload is not the one with {claim[:90]}")


def revisit_flaws(record: Record, known: Known, read: Callable[[Place], Record]) -> Iterator[Flaw]:
    """What is wrong between a revisit record and its original; `read` gives the record at a place."""
    if record.type != "revisit":
        return
    original = original_of(record, known)
    if original is None:
        named = record.header("WARC-Refers-To") or record.header("WARC-Refers-To-Target-URI")
        yield Flaw(
            code="orphan-revisit",
            message=f"its original ({(named or 'not named')[:200]}) is not in the archive",
        )
        return
    claim = record.header("WARC-Payload-Digest")
    if not claim or claim == original.payload_digest:
        return
    if "server-not-modified" in (record.header("WARC-Profile") or ""):
        return  # that of its own empty body
    try:
        bytes_of_original = read(original.place)
    except Damaged:
        return  # reported where it lies
    if _has_digest(claim, _payloads(bytes_of_original)) is False:
        yield Flaw(
            code="revisit-mismatch", message=f"its original {original.id} has not {claim[:90]}"
        )


def _is_http_response(record: Record) -> bool:
    kind = (record.header("Content-Type") or "").lower()
    return record.type == "response" and kind.startswith("application/http")


def _payloads(record: Record) -> Iterator[bytes]:
    """What tools take for the payload of a record: the likeliest first."""
    if not (record.header("Content-Type") or "").lower().startswith("application/http"):
        yield record.block
        return
    yield record.block.partition(b"\r\n\r\n")[2]  # warcio, also behind an interim answer
    if record.type == "request":
        return
    answer = message.parse(record.block)
    yield answer.body
    framing = (b"transfer-encoding", b"content-length")
    headers = tuple(pair for pair in answer.headers if pair[0].lower() in framing)
    yield message.entity(replace(answer, headers=headers), ENTITY_LIMIT).body  # jwarc
    yield body_of(record).data


def _has_digest(claim: str, candidates: Iterator[bytes]) -> bool | None:
    """Whether one of them has it; None where the claim cannot be understood."""
    algorithm, _, value = claim.partition(":")
    make = _HASHES.get(algorithm.strip().lower().replace("-", ""))
    expected = _digest_bytes(value.strip(), make(b"").digest_size) if make else None
    if make is None or expected is None:
        return None
    return any(make(data).digest() == expected for data in candidates)


def _digest_bytes(value: str, size: int) -> bytes | None:
    """The digest of `size` bytes that is written so, in hexadecimal, base32 or base64."""
    bare = value.rstrip("=")
    forms: tuple[Callable[[], bytes], ...] = (
        lambda: bytes.fromhex(bare),
        lambda: base64.b32decode(bare.upper() + "=" * (-len(bare) % 8)),
        lambda: base64.urlsafe_b64decode(
            bare.translate(str.maketrans("+/", "-_")) + "=" * (-len(bare) % 4)
        ),
    )
    for decode in forms:
        try:
            found = decode()
        except (ValueError, binascii.Error):
            continue
        if len(found) == size:
            return found
    return None
