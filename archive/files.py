"""The one place that writes files: append, sync, seal, replace, lock.

Every rule of durability stands here once. A file that is being written ends in ".open"; a sealed one is
read-only, carries a sidecar in `sha256sum` format, and is never written again.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from archive.errors import ArchiveBusy, Damaged, NotKept

OPEN_SUFFIX = ".open"


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
        replace(final.with_name(final.name + ".sha256"), f"{digest}  {final.name}\n".encode())
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


def bring(final: Path, coming: Path, digest: str, pieces: Callable[[int], Iterator[bytes]]) -> bool:
    """Put bytes from elsewhere at `final`, read-only, once they have the SHA-256; False if it is taken.

    They gather in `coming`. What an earlier attempt left there is gone on with: `pieces(start)` gives what
    stands from that byte on.

    Raises:
        Damaged: they have another digest; nothing of them is left.
        NotKept: the disk would not take them.
    """
    try:
        coming.parent.mkdir(parents=True, exist_ok=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        if coming.exists():
            coming.chmod(0o644)  # its writer may have died right before it got its name
        with coming.open("a+b") as handle:
            handle.seek(0)
            held = hashlib.file_digest(handle, "sha256")
            for piece in pieces(handle.tell()):
                handle.write(piece)
                held.update(piece)
            handle.flush()
            os.fsync(handle.fileno())
        if held.hexdigest() != digest:
            coming.unlink()
            raise Damaged(
                final.name, 0, f"what came has the SHA-256 {held.hexdigest()}, not {digest}"
            )
        return _put_in_place(coming, final)
    except OSError as error:
        raise NotKept(final, _why(error)) from error


def _put_in_place(coming: Path, final: Path) -> bool:
    """Give a whole file its name, unless that is taken."""
    coming.chmod(0o444)
    try:
        os.link(coming, final)
    except FileExistsError:
        return False
    except OSError:  # a disk without hard links: nothing better than to look first
        if final.exists():
            return False
        coming.rename(final)
    finally:
        coming.unlink(missing_ok=True)
    sync_folder(final.parent)
    return True


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


def move_tail(path: Path, start: int, folder: Path) -> Path:
    """Copy the bytes of `path` from `start` on to a new file in `folder`, then cut them off `path`.

    Raises:
        NotKept: the disk would not take the copy; nothing was cut off.
    """
    aside = folder / f"{path.name}.from-{start}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while aside.exists():  # of an earlier death in the same file: never overwritten
            aside = aside.with_name(aside.name + "+")
        with path.open("rb") as whole, aside.open("xb") as tail:
            whole.seek(start)
            shutil.copyfileobj(whole, tail)
            tail.flush()
            os.fsync(tail.fileno())
        sync_folder(folder)
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
