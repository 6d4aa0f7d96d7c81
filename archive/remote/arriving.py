"""Files that come from elsewhere: they gather under another name and get theirs when they are proved."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from archive import files
from archive.errors import Damaged, NotKept


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
        raise NotKept(final, error.strerror or str(error)) from error


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
    files.sync_folder(final.parent)
    return True
