"""What a store elsewhere must do. Each one passes the same contract tests (tests/remote_contract.py).

A store holds files under names such as `warc/NAME`. A file appears whole or not at all, and nothing takes
its place but what a takedown left of it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive.remote.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """A SHA-256 that a store worked out itself, from the bytes that it has."""

    value: str  # 64 hex digits
    # Bytes; 0: of the whole file. Else of the digests of parts of this size, joined.
    part_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file in a store, as the store describes it."""

    name: str
    size: int  # bytes
    checksum: Checksum | None  # None: the store states none that can be relied on
    version: str = ""  # of a store that keeps what was replaced: the id of this state


class Store(Protocol):
    """Files under names, elsewhere. All methods raise RemoteError where the store fails."""

    @property
    def where(self) -> Address:
        """Where it is, without anything secret."""
        ...

    @property
    def address(self) -> str:
        """That, as people write it."""
        ...

    def put_if_absent(self, name: str, source: Path, digest: str) -> bool:
        """Put the file there; False where the name is taken, by whatever bytes.

        `digest` is the SHA-256 that the file has, 64 hex digits.

        Raises:
            Damaged: the file does not have it; nothing is visible in the store.
        """
        ...

    def replace(self, name: str, source: Path, digest: str) -> None:
        """Put the file, which has this SHA-256, in the place of the one that is there, whatever that is.

        Readers see the one or the other. Nothing is done where somebody else was faster; look with `head`.

        Raises:
            Damaged: the file does not have the digest; what was there is there still.
            NotThere: nothing has the name.
        """
        ...

    def erase(self, name: str, version: str) -> bool:
        """Delete an earlier state of a file for good; False where the store refuses that.

        Never the one that is there now: who calls this has looked.
        """
        ...

    def head(self, name: str) -> Stored | None:
        """What is under the name; None where nothing is."""
        ...

    def get(self, name: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of the file from `start` on, in pieces; NotThere where there is no such file."""
        ...

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """`length` bytes from `start` on; fewer only where the file ends; NotThere without the file."""
        ...

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Every file of which the name begins so, by name; checksums may be left out."""
        ...


def checksum_of(path: Path, part_size: int = 0) -> str:
    """SHA-256 of a file as 64 hex digits: of the whole, or as S3 does it for parts of this size.

    The second is the digest of the digests of the parts, one behind the other ("composite" in the S3 API
    reference, "Checking object integrity").
    """
    with path.open("rb") as handle:
        if not part_size:
            return hashlib.file_digest(handle, "sha256").hexdigest()
        parts = b""
        while part := handle.read(part_size):
            parts += hashlib.sha256(part).digest()
    return hashlib.sha256(parts).hexdigest()


def digest_of(store: Store, name: str) -> str:
    """SHA-256 of what the store gives for the name, all of it read; 64 hex digits."""
    digest = hashlib.sha256()
    for piece in store.get(name):
        digest.update(piece)
    return digest.hexdigest()
