"""The digest of an index that nobody is writing: rows can be compared with records, unused bytes cannot.

It lies beside the index in the form of `sha256sum`, from the end of one writer to the beginning of the next.
"""

from contextlib import suppress
from pathlib import Path

from archive import files
from archive.errors import NotKept

_LARGEST = 256 << 20  # bytes of an index that is sealed: a fifth of a second at each close


def seal_index(index: Path) -> None:
    """Seal the index of a writer that has closed it, unless somebody reads or it is large.

    A reader that is still there may yet move the rest of a write-ahead log into it.
    """
    wal = index.with_name(index.name + "-wal")
    with suppress(OSError, NotKept):  # without a seal nothing is lost
        if not wal.exists() and index.stat().st_size <= _LARGEST:
            line = f"{files.sha256(index)}  {index.name}\n"
            files.replace(files.sidecar(index), line.encode())


def break_seal(index: Path) -> None:
    """Take the seal off, before anything is written.

    Raises:
        NotKept: the disk would not.
    """
    if files.sidecar(index).exists():
        files.drop(files.sidecar(index))


def seal_fault(index: Path) -> str:
    """What is wrong between the index and its seal; "" where nothing is, or there is none."""
    seal = files.sidecar(index)
    try:
        said, found = files.sidecar_digest(index), files.sha256(index)
    except OSError:  # no seal: it is being written, or large
        return ""
    if said == found or not seal.exists():
        return ""
    return "it is not as it was when it was closed"
