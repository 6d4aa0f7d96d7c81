"""Whether the files of an archive are there, as long as they should be, sealed, and no others."""

from collections.abc import Iterator, Set
from pathlib import Path

from archive import files
from archive.problems import Problem
from archive.verify.report import of_file

_BESIDE = (files.SIDECAR_SUFFIX, files.OPEN_SUFFIX)


def is_open(path: Path) -> bool:
    """Whether the file is still being written, or was left so."""
    return path.name.endswith(files.OPEN_SUFFIX)


def missing(indexed: Set[str], present: Set[str]) -> Iterator[Problem]:
    """Files that the index names and that are gone."""
    for name in sorted(indexed - present):
        yield of_file("missing-warc", name, "the file is not there")


def length_problems(name: str, path: Path, known: int, *, index_answers: bool) -> Iterator[Problem]:
    """What is wrong with the length of a file, of which the index has `known` bytes, and with its seal."""
    size = path.stat().st_size
    if size < known:
        yield of_file("short-warc", name, f"{size} of {known} bytes are there", size)
    if is_open(path):
        return  # what is behind the known part is not acknowledged, and may be growing
    if size > known and index_answers:
        yield of_file("unindexed-bytes", name, f"{size - known} more bytes", known)
    if not files.sidecar(path).exists():
        yield of_file("missing-sidecar", name, "no digest file lies beside it")


def strays(folder: Path, present: Set[str]) -> Iterator[Problem]:
    """Files among the WARC files that are none of the archive's."""
    if not folder.is_dir():
        return
    names = {Path(name).name for name in present}
    ours = names | {name + suffix for name in names for suffix in _BESIDE}
    for path in sorted(folder.iterdir()):
        if path.name not in ours and not path.name.endswith(".new"):
            yield of_file("stray-file", f"{folder.name}/{path.name}", "is no file of this archive")


def sidecar_problems(name: str, path: Path, digest: str) -> Iterator[Problem]:
    """What is wrong between a sealed file, which has the SHA-256, and its sidecar."""
    if is_open(path) or not files.sidecar(path).exists():
        return
    said = files.sidecar_digest(path)
    if said is None:
        message = "its digest file is not in the form of sha256sum"
        yield of_file("sidecar-mismatch", name, message)
    elif said != digest:
        yield of_file("sidecar-mismatch", name, "it does not have the digest of its sidecar")
