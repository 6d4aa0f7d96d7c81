"""Upload of one large file in parts, which goes on where an earlier one died.

Nothing is visible before the last request, which carries If-None-Match, or If-Match to replace. Parts of an
upload that died wait in the bucket; the next try takes those that are what the file holds and drops every
other upload of the key.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from archive.errors import AccessDenied, Damaged, NotThere, RemoteError
from archive.remote import s3_errors

Call = Callable[..., dict[str, Any]]  # (operation, **arguments) -> answer
_STARTS = 3  # how often an upload is begun anew when the server refuses its parts


class Upload:
    """One file on its way to one key."""

    def __init__(
        self, call: Call, key: str, source: Path, part_size: int, over: str | None = None
    ) -> None:
        """`over` is the ETag of the object whose place it takes; None: nothing may have the key."""
        self._over = over
        self._call = call
        self._key = key
        self._source = source
        self._part_size = part_size
        self.tag = ""  # the ETag that the server gave for the whole

    def run(self, digest: str, metadata: dict[str, str]) -> bool:
        """Whether the object is there by this upload; False where the key was taken.

        Raises:
            Damaged: the file does not have the digest; nothing is visible.
            RemoteError: it did not come to its end; its parts wait for the next try.
        """
        sent = not self._is_taken() and self._sent(digest, metadata)
        with suppress(RemoteError):
            # The file is safe; remains cost space, and the next push looks again.
            self._abort_all(self._waiting())
        return sent

    def _sent(self, digest: str, metadata: dict[str, str]) -> bool:
        """Whether this upload made the object; False where another one was faster."""
        waiting = self._waiting()
        for start in range(_STARTS):
            upload, *others = waiting or [self._begin(metadata)]
            self._abort_all(others)
            waiting = []
            try:
                parts = self._send(upload, digest)
                self._complete(upload, parts)
            except (s3_errors.Taken, Damaged) as end:
                self._abort(upload)
                if isinstance(end, Damaged):
                    raise
                return False
            except s3_errors.PartsRefused:
                if self._is_taken():  # it was completed, and the answer got lost
                    return False
                if start == _STARTS - 1:
                    raise
                if start == 0:
                    waiting = [upload]  # with the ETags that the server lists
                else:
                    self._abort(upload)
            else:
                return True
        raise AssertionError("unreachable")

    def _complete(self, upload: str, parts: list[dict[str, Any]]) -> None:
        completed = self._call(
            "complete_multipart_upload",
            Key=self._key,
            UploadId=upload,
            MultipartUpload={"Parts": parts},
            **on_condition(self._over),
        )
        self.tag = str(completed.get("ETag", ""))

    def _is_taken(self) -> bool:
        try:
            found = self._call("head_object", Key=self._key)
        except NotThere:
            return False
        return self._over is None or found.get("ETag") != self._over

    def _begin(self, metadata: dict[str, str]) -> str:
        begun = self._call(
            "create_multipart_upload",
            Key=self._key,
            ChecksumAlgorithm="SHA256",
            Metadata=metadata,
        )
        return str(begun["UploadId"])

    def _send(self, upload: str, digest: str) -> list[dict[str, Any]]:
        """The parts as the last request names them, all of them at the server."""
        there: dict[int, dict[str, Any]] = {}
        with suppress(AccessDenied):  # without the right to list them all are sent again
            there = {part["PartNumber"]: part for part in self._parts(upload)}
        whole = hashlib.sha256()
        named = []
        with self._source.open("rb") as handle:
            for number, data in enumerate(iter(lambda: handle.read(self._part_size), b""), 1):
                whole.update(data)
                tag = there[number]["ETag"] if _is(there.get(number, {}), data) else None
                tag = tag or self._send_part(upload, number, data)
                checksum = base64_sha256(data)
                named.append({"PartNumber": number, "ETag": tag, "ChecksumSHA256": checksum})
        if whole.hexdigest() != digest:
            message = "the file does not have the digest of its sidecar"
            raise Damaged(self._source.name, 0, message)
        return named

    def _send_part(self, upload: str, number: int, data: bytes) -> str:
        sent = self._call(
            "upload_part",
            Key=self._key,
            UploadId=upload,
            PartNumber=number,
            Body=data,
            ChecksumSHA256=base64_sha256(data),
        )
        return str(sent["ETag"])

    def _parts(self, upload: str) -> Iterator[dict[str, Any]]:
        """The parts that the server has of an upload."""
        marker: dict[str, Any] = {}
        while True:
            page = self._call("list_parts", Key=self._key, UploadId=upload, **marker)
            yield from page.get("Parts", ())
            if not page.get("IsTruncated"):
                return
            marker = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def _waiting(self) -> list[str]:
        """Uploads of this key that did not end, newest first; none where listing them is not allowed."""
        try:
            page = self._call("list_multipart_uploads", Prefix=self._key)
        except AccessDenied:
            return []
        ours = [each for each in page.get("Uploads", ()) if each["Key"] == self._key]
        ours.sort(key=lambda each: each["Initiated"], reverse=True)
        return [str(each["UploadId"]) for each in ours]

    def _abort_all(self, uploads: list[str]) -> None:
        for upload in uploads:
            self._abort(upload)

    def _abort(self, upload: str) -> None:
        with suppress(RemoteError):  # a remainder costs space; the next push tries again
            self._call("abort_multipart_upload", Key=self._key, UploadId=upload)


def on_condition(over: str | None) -> dict[str, str]:
    """What a request says so that it takes no place but that of the object with this ETag, or a free one."""
    return {"IfNoneMatch": "*"} if over is None else {"IfMatch": over}


def base64_sha256(data: bytes) -> str:
    """SHA-256 as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _is(part: dict[str, Any], data: bytes) -> bool:
    """Whether a part at the server is these bytes: by its SHA-256, or by its MD5 where it states none."""
    if part.get("Size") != len(data):
        return False
    if stated := part.get("ChecksumSHA256"):
        return bool(stated == base64_sha256(data))
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return bool(part.get("ETag", "").strip('"') == md5)
