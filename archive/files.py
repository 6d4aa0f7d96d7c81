"""The one place that writes files: append, sync, seal, replace, lock.

Every rule of durability stands here once. A file that is being written ends in ".open"; a sealed one is
read-only, carries a sidecar in `sha256sum` format, and is never written again.
"""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from archive.errors import ArchiveBusy, NotKept

OPEN_SUFFIX = ".open"
SIDECAR_SUFFIX = ".sha256"
_SIDECAR = re.compile(r"([0-9a-f]{64}) [ *](\S+)\n\Z")


class Digest(Protocol):
    """What hashlib gives."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""
        ...

    def hexdigest(self) -> str:
        """The digest of all of them."""
        ...


class Appender:
    """A new file that grows at its end; what `sync` has returned for survives a power cut."""

    def __init__(self, path: Path) -> None:
        """Create `path`, which ends in ".open".

        Raises:
            NotKept: it exists already, or the disk will not have it.
        """
        self.path = path
        self.size = 0
        self.sound = True  # False: it takes no more
        self._digest: Digest | None = hashlib.sha256()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            sync_folder(path.parent)
        except OSError as error:
            raise NotKept(path, _why(error)) from error

    def append(self, data: bytes) -> int:
        """The offset at which `data` now stands; it is not durable before `sync`.

        Raises:
            NotKept: the disk is full or broken; the file is as long as before.
        """
        self._demand_sound()
        start = self.size
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.descriptor, view) :]
        except OSError as error:
            self._withdraw(start)
            raise NotKept(self.path, _why(error)) from error
        if self._digest:
            self._digest.update(data)
        self.size += len(data)
        return start

    def sync(self) -> None:
        """Return when all that was appended is on the disk.

        A failed fsync is never tried again on the same file: the kernel may have dropped the dirty pages
        and would report success (Rebello et al., "Can Applications Recover from fsync Failures?", 2020).

        Raises:
            NotKept: the disk did not take it; this file takes no more.
        """
        self._demand_sound()
        try:
            os.fsync(self.descriptor)
        except OSError as error:
            self.sound = False
            raise NotKept(self.path, _why(error)) from error

    def cut(self, size: int) -> None:
        """Take back what was appended behind the first `size` bytes.

        Raises:
            NotKept: the disk would not; this file takes no more.
        """
        if size == self.size:
            return
        try:
            os.ftruncate(self.descriptor, size)
            os.lseek(self.descriptor, size, os.SEEK_SET)
        except OSError as error:
            self.sound = False
            raise NotKept(self.path, _why(error)) from error
        self.size = size
        self._digest = None  # of bytes that are gone; `seal` reads the file again

    def seal(self) -> Path:
        """Close the file for good: its final path, read-only, with its sidecar beside it.

        Raises:
            NotKept: the disk did not take it; the file stays open-named for the next start to recover.
        """
        self.sync()
        os.close(self.descriptor)
        return seal(self.path, self._digest.hexdigest() if self._digest else None)

    def abandon(self) -> None:
        """Close without sealing, after a failure; an empty file goes."""
        os.close(self.descriptor)
        if self.size == 0:
            self.path.unlink(missing_ok=True)

    def _withdraw(self, size: int) -> None:
        try:
            os.ftruncate(self.descriptor, size)
            os.lseek(self.descriptor, size, os.SEEK_SET)
        except OSError:
            self.sound = False  # a torn tail stays; recovery moves it to quarantine

    def _demand_sound(self) -> None:
        if not self.sound:
            raise NotKept(self.path, "an earlier write to this file failed")


def seal(path: Path, digest: str | None = None) -> Path:
    """`path` without ".open", read-only, its SHA-256 in a sidecar; `digest` saves reading it again.

    Raises:
        NotKept: the disk would not; the file keeps its open name, and sealing can be tried again.
    """
    final = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    try:
        digest = digest or sha256(path)
        replace(sidecar(final), f"{digest}  {final.name}\n".encode())
        path.chmod(0o444)
        path.rename(final)
        sync_folder(path.parent)
    except OSError as error:
        raise NotKept(path, _why(error)) from error
    return final


def make_folder(path: Path) -> None:
    """Make the folder and what it lies in, where they are missing.

    Raises:
        NotKept: the disk will not have it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise NotKept(path, _why(error)) from error


def replace(path: Path, data: bytes) -> None:
    """Put `data` at `path` as a whole: a reader sees the old file or the new one, never a half.

    Raises:
        NotKept: the disk would not take it; the old file is still there.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise NotKept(path, _why(error)) from error


def link(path: Path, target: Path) -> None:
    """Have a symbolic link at `path` lead to `target`, whatever it led to before.

    Raises:
        NotKept: the disk would not take it; the old link is still there.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise NotKept(path, _why(error)) from error


def drop(path: Path) -> None:
    """Delete a file that is safe elsewhere.

    Raises:
        NotKept: the disk would not.
    """
    try:
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise NotKept(path, _why(error)) from error


def listed(folder: Path) -> tuple[Path, ...]:
    """What lies in a folder that is being written to, by name.

    Raises:
        NotKept: it cannot be read, as when the process has no file handle left.
    """
    try:
        return tuple(sorted(folder.iterdir())) if folder.exists() else ()
    except OSError as error:
        raise NotKept(folder, _why(error)) from error


def write_whole(path: Path, pieces: Iterator[bytes]) -> str:
    """SHA-256 of a new file that holds the pieces and is on the disk, 64 hex digits; nobody looks for it yet.

    Raises:
        NotKept: the disk would not take it; nothing of it is left.
    """
    digest = hashlib.sha256()
    done = False
    try:
        with path.open("wb") as handle:
            for piece in pieces:
                handle.write(piece)
                digest.update(piece)
            handle.flush()
            os.fsync(handle.fileno())
        done = True
    except OSError as error:
        raise NotKept(path, _why(error)) from error
    finally:
        if not done:
            path.unlink(missing_ok=True)
    return digest.hexdigest()


def put_sealed(fresh: Path, final: Path, digest: str) -> None:
    """Have `fresh`, which is on the disk and has the SHA-256, take the place of a sealed file.

    Between the two renames the sidecar is that of the new file and the bytes are the old ones: who calls
    this must be able to call it again.

    Raises:
        NotKept: the disk would not; calling again goes on with it.
    """
    try:
        replace(sidecar(final), f"{digest}  {final.name}\n".encode())
        fresh.chmod(0o444)
        fresh.replace(final)
        sync_folder(final.parent)
    except OSError as error:
        raise NotKept(final, _why(error)) from error


def copy_aside(path: Path, folder: Path, start: int = 0) -> Path:
    """A copy of the file from byte `start` on, on the disk, in `folder` under a name that was free.

    Raises:
        NotKept: the disk would not take it.
    """
    aside = folder / f"{path.name}.from-{start}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while aside.exists():  # of an earlier death in the same file: never overwritten
            aside = aside.with_name(aside.name + "+")
        with path.open("rb") as whole, aside.open("xb") as copy:
            whole.seek(start)
            shutil.copyfileobj(whole, copy)
            copy.flush()
            os.fsync(copy.fileno())
        sync_folder(folder)
    except OSError as error:
        raise NotKept(path, _why(error)) from error
    return aside


def move_tail(path: Path, start: int, folder: Path) -> Path:
    """Copy the bytes of `path` from `start` on to a new file in `folder`, then cut them off `path`.

    Raises:
        NotKept: the disk would not take the copy; nothing was cut off.
    """
    aside = copy_aside(path, folder, start)
    try:
        with path.open("r+b") as handle:
            handle.truncate(start)
            os.fsync(handle.fileno())
    except OSError as error:
        raise NotKept(path, _why(error)) from error
    return aside


def sha256(path: Path) -> str:
    """SHA-256 of the file, 64 hex digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sidecar(path: Path) -> Path:
    """Where the digest of a sealed file stands."""
    return path.with_name(path.name + SIDECAR_SUFFIX)


def sidecar_digest(path: Path) -> str | None:
    """The SHA-256 that the sidecar of the file states, 64 hex digits; None where it makes no sense.

    Raises:
        OSError: it cannot be read.
    """
    found = _SIDECAR.match(sidecar(path).read_bytes().decode("utf-8", "replace"))
    return found[1] if found and found[2] == path.name else None


def sync_folder(path: Path) -> None:
    """Return when the names in the folder are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Hold the only right to write; the lock ends with the process, however that ends.

    Raises:
        ArchiveBusy: another process has it.
        NotKept: the lock file could not be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise NotKept(path, _why(error)) from error
    try:
        _take_lock(handle, path)
        yield
    finally:
        os.close(handle)


def _take_lock(handle: int, path: Path) -> None:
    """Lock the open file and write into it who has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    except BlockingIOError as error:
        holder = os.read(handle, 1000).decode("utf-8", "replace").strip()
        raise ArchiveBusy(path.parent, holder or "another process") from error
    except OSError as error:
        raise NotKept(path, _why(error)) from error


def _why(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return os.strerror(error.errno) if error.errno else str(error)
