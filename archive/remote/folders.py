"""A folder as a store: another disk, or a share that is mounted here."""

import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from archive.errors import NotKept, NotThere, Unreachable
from archive.files import sync_folder
from archive.remote.address import FolderAddress
from archive.remote.arriving import bring
from archive.remote.interface import Stored

_UPLOADS = ".uploads"  # files on their way in, on the same disk
_STALE_SECONDS = 24 * 3600  # of the remains of a copy that died; none takes a day
_PIECE = 1 << 22  # bytes read at a time


class FolderStore:
    """Files below a folder that exists."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.where = FolderAddress(folder=str(root))

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._root)

    def put_if_absent(self, name: str, source: Path, digest: str) -> bool:
        """Copy the file there; False where the name is taken.

        Raises:
            Damaged: the file does not have the digest.
            Unreachable: the folder would not take it.
        """
        self._demand_root()
        final = self._root / name
        return not final.exists() and self._brought(name, final, source, digest)

    def replace(self, name: str, source: Path, digest: str) -> None:
        """Copy the file there, and give it the name of the one that was there."""
        if self.head(name) is None:
            raise NotThere(self.address, f"there is no {name}.")
        fresh = self._root / _UPLOADS / uuid.uuid4().hex
        self._brought(name, fresh, source, digest)
        try:
            fresh.replace(self._root / name)
            sync_folder((self._root / name).parent)
        except OSError as error:
            raise Unreachable(self.address, f"{name} could not be replaced: {error}") from error

    def erase(self, name: str, version: str) -> bool:  # noqa: ARG002 - an interface
        """False: a folder keeps no earlier states."""
        return False

    def _brought(self, name: str, final: Path, source: Path, digest: str) -> bool:
        """Copy the file to `final`, a path of the store; False where that is taken."""
        coming = self._root / _UPLOADS / uuid.uuid4().hex
        try:
            self._forget_stale()
            with source.open("rb") as handle:
                pieces = iter(lambda: handle.read(_PIECE), b"")
                return bring(final, coming, digest, lambda _: pieces)
        except (OSError, NotKept) as error:
            raise Unreachable(self.address, f"{name} could not be copied there: {error}") from error
        finally:
            with suppress(OSError):
                coming.unlink(missing_ok=True)

    def head(self, name: str) -> Stored | None:
        """Name and size; a folder states no checksum."""
        self._demand_root()
        path = self._root / name
        return (
            Stored(name=name, size=path.stat().st_size, checksum=None) if path.is_file() else None
        )

    def get(self, name: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of the file from `start` on, in pieces; NotThere where there is no such file."""
        while piece := self.read_range(name, start, _PIECE):
            yield piece
            start += len(piece)

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """`length` bytes from `start` on; fewer only where the file ends; NotThere without the file."""
        self._demand_root()
        try:
            with (self._root / name).open("rb") as handle:
                handle.seek(start)
                return handle.read(length)
        except FileNotFoundError as error:
            raise NotThere(self.address, f"there is no {name}.") from error
        except OSError as error:
            raise Unreachable(self.address, f"{name} cannot be read ({error.strerror}).") from error

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Every file of which the name begins so, by name."""
        self._demand_root()
        below = self._root / prefix.rpartition("/")[0]
        for path in sorted(below.rglob("*")):
            name = path.relative_to(self._root).as_posix()
            if name.startswith(prefix) and not name.startswith(_UPLOADS) and path.is_file():
                yield Stored(name=name, size=path.stat().st_size, checksum=None)

    def _demand_root(self) -> None:
        if not self._root.is_dir():
            raise NotThere(self.address, "there is no such folder; is the disk mounted?")

    def _forget_stale(self) -> None:
        for path in (self._root / _UPLOADS).glob("*"):
            with suppress(FileNotFoundError):  # another copy has just come to its end
                if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                    path.unlink()
