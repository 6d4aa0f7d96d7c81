"""What can be wrong with a WARC file or an archive: stable codes, and the checks of a single record.

docs/problems.md explains each code to people.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive import warc
from archive.captures import (
    Known,
    is_not_modified,
    is_web_address,
    original_of,
    parse_date,
)
from archive.content import HASHES, Content
from archive.errors import Damaged
from archive.records import Place
from archive.warc import Flaw, Record

_SIZES = {name: make(b"").digest_size for name, make in HASHES.items()}
_BASE32 = re.compile(r"[A-Za-z2-7]+")
_TO_PYTHON = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")

CODES = {
    # a file or a part of it that cannot be read
    "unreadable": "the file cannot be opened or read",
    "not-a-warc": "the file, or one inside it, holds no records",
    "torn-tail": "the end of the file is no whole record",
    "bad-member": "a gzip member, a zstd frame or a file in a ZIP is damaged",
    "bad-record": "what a gzip member holds is no WARC record",
    "too-large": "a record is larger than this program reads",
    "package-mismatch": "a WACZ does not hold what its datapackage.json says",
    "not-in-place": "a file that can be imported, but not referred to where it lies",
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
    "revisit-mismatch": "a revisit whose original is not what it claims: another body, or other validators",
    # an archive whose parts do not fit together
    "missing-warc": "a WARC file that the index names is gone",
    "short-warc": "a WARC file is shorter than what was acknowledged",
    "unindexed-bytes": "a WARC file holds more than the index knows",
    "missing-sidecar": "a sealed WARC file has no digest sidecar",
    "sidecar-mismatch": "a sealed WARC file does not have the digest in its sidecar",
    "stray-file": "a file among the WARC files that is not one of the archive's",
    "adopted-missing": "a file that the archive refers to is not where it was",
    "adopted-changed": "a file that the archive refers to has other bytes than it had",
    "adopted-lost": "a record that the archive refers to is not in its file any more",
    "bad-metadata": "a reading or refusal in a WARC makes no sense",
    "wrong-key": "a main text does not give the key under which it is filed",
    "taken-down": "a capture that was taken down is in the archive again",
    "orphan-text": "a main text whose capture is not in the archive",
    "bad-index": "the index is damaged or refers to nothing",
    "row-without-record": "the index states what no WARC record says",
    "record-without-row": "a WARC record states what the index does not know",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong, and where."""

    code: str  # a key of CODES
    path: str  # of the file; below the archive folder where it lies there
    offset: int | None  # byte in the file; None when the whole file is meant
    message: str  # a sentence for people


def flaws_of(content: Content) -> Iterator[Flaw]:
    """Everything that is wrong with a record by itself."""
    record = content.record
    yield from record.flaws
    if not warc.bare_id(content.header("warc-record-id")):
        yield Flaw(code="bad-id", message="WARC-Record-ID is missing or no id")
    date = content.header("warc-date")
    if parse_date(date) is None:
        yield Flaw(code="bad-date", message=f"WARC-Date is {date[:60]!r}; taken for 1970")
    elif not date.endswith("Z") or ":60" in date:
        yield Flaw(code="bad-date", message=f"WARC-Date is {date[:60]!r}, not in the form of WARC")
    kind = content.header("warc-type").lower()
    if not kind:
        yield Flaw(code="bad-header", message="WARC-Type is missing; nothing is made of the record")
    if kind == "continuation":
        yield Flaw(code="orphan-segment", message="segmented records are not joined")
    if kind == "response" and content.is_http:
        if not is_web_address(record.url):
            yield Flaw(code="bad-address", message=f"WARC-Target-URI is {record.url[:200]!r}")
        if content.answer.status == 0:
            yield Flaw(code="no-status-line", message="the answer has no HTTP status line")
    yield from digest_flaws(record, content)


def digest_flaws(record: Record, content: Content | None = None) -> Iterator[Flaw]:
    """Digests that the record claims for its block and payload and that it does not have.

    `content` is that of the record, where somebody has it already.

    A digest in an unknown form proves nothing and is passed by.
    """
    content = content or Content(record)
    claim = content.header("warc-block-digest")
    if claim and _has_digest(claim, lambda name: iter((content.digest(name),))) is False:
        yield Flaw(code="block-digest", message=f"the block is not the one with {claim[:90]}")
    claim = content.header("warc-payload-digest")
    if not claim or record.type == "revisit" or content.header("warc-truncated"):
        return
    if _has_digest(claim, content.payloads) is False:
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
    if is_not_modified(record):
        return  # that of its own empty body
    try:
        bytes_of_original = read(original.place)
    except Damaged:
        return  # reported where it lies
    if _has_digest(claim, Content(bytes_of_original).payloads) is False:
        yield Flaw(
            code="revisit-mismatch", message=f"its original {original.id} has not {claim[:90]}"
        )


def _has_digest(claim: str, candidates: Callable[[str], Iterator[bytes]]) -> bool | None:
    """Whether one of the digests is the claimed one; None where the claim cannot be understood.

    `candidates` gives them for the name of an algorithm.
    """
    algorithm, _, value = claim.partition(":")
    name = algorithm.strip().lower().replace("-", "")
    if name not in HASHES:
        return None
    expected = _digest_bytes(value.strip(), _SIZES[name])
    return None if expected is None else expected in candidates(name)


def _digest_bytes(value: str, size: int) -> bytes | None:
    """The digest of `size` bytes that is written so, in hexadecimal, base32 or base64."""
    bare = value.rstrip("=")
    if _BASE32.fullmatch(bare) and len(bare) == -(-size * 8 // 5):
        number = int(bare.upper().translate(_TO_PYTHON), 32)  # ten times faster than base64's
        return (number >> -size * 8 % 5).to_bytes(size, "big")
    forms: tuple[Callable[[], bytes], ...] = (
        lambda: bytes.fromhex(bare),
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
