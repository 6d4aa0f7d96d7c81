"""S3, and what speaks like it, as a store.

What counts is size and SHA-256. Each body carries its own in a header, which the server checks before the
object appears; boto3's CRC32 trailers, on by default since 1.36 and refused by some servers, are off. ETags
are believed nowhere, but two that contradict each other cost the store its word: then bytes are read back.
Retries are ours (archive.remote.retries); botocore makes one attempt.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from archive.errors import AccessDenied, Damaged, NotThere
from archive.remote import s3_errors, s3_multipart
from archive.remote.address import S3Address
from archive.remote.interface import Checksum, Stored
from archive.remote.retries import Exhausted, Retries

_Answer = TypeVar("_Answer")

PART_SIZE_FIELD = "variorum-part-size"  # user metadata of an object that came in parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How bytes travel. A file or part of it is held in memory while it is sent."""

    multipart_from: int = 64 << 20  # bytes; smaller files are sent in one piece
    part_size: int = 32 << 20  # bytes; S3 takes 5 MiB to 5 GiB, at most 10,000 parts
    piece_size: int = 16 << 20  # bytes fetched in one request
    connect_seconds: float = 10.0  # also bounds a stall while sending
    read_seconds: float = 60.0  # without a byte
    retries: Retries = field(default_factory=Retries)


class S3Store:
    """Objects below a prefix of a bucket. Credentials come from the usual AWS chain and go nowhere else."""

    def __init__(self, where: S3Address, transfer: Transfer | None = None) -> None:
        self.where = where
        self._transfer = transfer or Transfer()
        self._tags: dict[str, str] = {}  # ETags that the server gave for what we sent

    @property
    def address(self) -> str:
        """`s3://bucket/prefix`."""
        return str(self.where)

    def put_if_absent(self, name: str, source: Path, digest: str) -> bool:
        """Upload the file; False where the name is taken, by whatever bytes.

        Raises:
            Damaged: the file does not have the digest; nothing is visible.
            RemoteError: it could not be uploaded; parts of a large one wait for the next try.
        """
        return self._put(name, source, digest, None)

    def replace(self, name: str, source: Path, digest: str) -> None:
        """Upload the file over the object that is there.

        Raises:
            Damaged: the file does not have the digest; what was there is there still.
            NotThere: nothing has the name.
            RemoteError: it could not be uploaded.
        """
        found = self.call("head_object", Key=self._key(name))
        self._put(name, source, digest, str(found.get("ETag", "")))

    def erase(self, name: str, version: str) -> bool:
        """Delete an earlier version of the object; False where rights, or a lock, forbid that."""
        try:
            self.call("delete_object", Key=self._key(name), VersionId=version)
        except AccessDenied:
            return False
        return True

    def _put(self, name: str, source: Path, digest: str, over: str | None) -> bool:
        """Whether the file is there now; `over` as in `s3_multipart.Upload`."""
        if source.stat().st_size >= self._transfer.multipart_from:
            part_size = self._transfer.part_size
            upload = s3_multipart.Upload(self.call, self._key(name), source, part_size, over)
            fresh = upload.run(digest, {PART_SIZE_FIELD: str(part_size)})
            self._tags[name] = upload.tag
            return fresh
        data = source.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise Damaged(source.name, 0, "the file does not have the digest of its sidecar")
        checksum = s3_multipart.base64_sha256(data)
        try:
            sent = self.call(
                "put_object",
                Key=self._key(name),
                Body=data,
                ChecksumSHA256=checksum,
                **s3_multipart.on_condition(over),
            )
        except s3_errors.Taken:
            return False
        self._tags[name] = str(sent.get("ETag", ""))
        return True

    def head(self, name: str) -> Stored | None:
        """Size and checksum of the object; None where there is none."""
        try:
            found = self.call("head_object", Key=self._key(name), ChecksumMode="ENABLED")
        except NotThere:
            return None
        given = self._tags.get(name)
        agree = not given or given == found.get("ETag")
        checksum = _checksum(found) if agree else None
        version = str(found.get("VersionId", ""))
        return Stored(name=name, size=found["ContentLength"], checksum=checksum, version=version)

    def get(self, name: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of the object from `start` on, in pieces that are each asked for again on failure."""
        while True:
            piece = self.read_range(name, start, self._transfer.piece_size)
            if piece:
                yield piece
            if len(piece) < self._transfer.piece_size:
                return
            start += len(piece)

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """`length` bytes from `start` on; fewer only where the object ends."""
        if length < 1:
            return b""

        def attempt() -> bytes:
            answer = self._client.get_object(
                Bucket=self.where.bucket,
                Key=self._key(name),
                Range=f"bytes={start}-{start + length - 1}",
            )
            with closing(answer["Body"]) as body:
                data: bytes = body.read()
            whole = _length_of_all(answer)
            if len(data) != min(length, max(0, whole - start)):
                raise s3_errors.CutShort(f"{len(data)} bytes came for bytes {start} and on")
            return data

        try:
            return self._patiently("get_object", attempt)
        except s3_errors.BehindEnd:
            return b""

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Every object of which the name begins so, by name, without checksums."""
        token: dict[str, str] = {}
        while True:
            page = self.call("list_objects_v2", Prefix=self._key(prefix), **token)
            for found in page.get("Contents", ()):
                name = found["Key"].removeprefix(self.where.prefix)
                yield Stored(name=name, size=found["Size"], checksum=None)
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def call(self, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """The answer to one S3 operation on this bucket.

        Raises:
            RemoteError: it was refused, or there was no answer in the time that the policy allows.
        """

        def attempt() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self._client, operation)(
                Bucket=self.where.bucket, **arguments
            )
            return answer

        return self._patiently(operation, attempt)

    def _patiently(self, operation: str, attempt: Callable[[], _Answer]) -> _Answer:
        def translated() -> _Answer:
            try:
                return attempt()
            except (BotoCoreError, ClientError, OSError) as error:
                raise s3_errors.explained(error, operation, self.where) from error

        try:
            return self._transfer.retries.run(translated)
        except Exhausted as error:
            raise s3_errors.unreachable(str(error), self.where) from error

    @cached_property
    def _client(self) -> Any:  # boto3 makes its classes at run time
        config = Config(
            connect_timeout=self._transfer.connect_seconds,
            read_timeout=self._transfer.read_seconds,
            retries={"total_max_attempts": 1, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        try:
            session = boto3.session.Session()
            return session.client("s3", endpoint_url=self.where.endpoint_url, config=config)
        except (BotoCoreError, ValueError) as error:
            raise s3_errors.unusable(error, self.where) from error

    def _key(self, name: str) -> str:
        return self.where.prefix + name


def _length_of_all(answer: dict[str, Any]) -> int:
    """How long the whole object is, by the answer to a range; servers may send all of it instead."""
    _, _, whole = answer.get("ContentRange", "").rpartition("/")
    if not whole.isdigit():
        raise s3_errors.CutShort("the server did not answer with the range that it was asked for")
    return int(whole)


def _checksum(found: dict[str, Any]) -> Checksum | None:
    """The SHA-256 that a HEAD states, if it is one that can be worked out again."""
    value, _, parts = found.get("ChecksumSHA256", "").partition("-")
    try:
        digest = base64.b64decode(value, validate=True).hex()
    except (ValueError, binascii.Error):
        return None
    if len(digest) != 64:  # hex digits of a SHA-256
        return None
    if not parts:
        return Checksum(value=digest)
    part_size = found.get("Metadata", {}).get(PART_SIZE_FIELD, "")
    return Checksum(value=digest, part_size=int(part_size)) if part_size.isdigit() else None
