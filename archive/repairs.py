"""Restores what can be restored of a damaged archive; whatever is changed is copied to quarantine first.

A file is taken from a good copy where there is one. Without one, a sidecar is written again when every
member of its file proves, a torn tail is cut off, and the index is made again. Nothing else is ever changed:
bytes that are lost stay lost, and `verify` goes on saying so.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive import files
from archive.containers.parts import Damage
from archive.errors import UnusableIndex
from archive.folder import LOCK
from archive.members import walk
from archive.problems import Problem, digest_flaws
from archive.recovery import warc_files
from archive.replacing import Fresh, fresh_path, replace_sealed
from archive.replay import is_adopted
from archive.store import Archive
from archive.succession import owner, superseded, taken_down
from archive.verify import Report, verify_fully

QUARANTINE = "quarantine"
_PIECE = 1 << 20  # bytes copied at a time
_OF_INDEX = {"bad-index", "row-without-record", "record-without-row", "unindexed-bytes"}
_SIDECAR = re.compile(rb"([0-9a-f]{64}) [ *]\S+\n\Z")


class Copies(Protocol):
    """Where good copies of sealed files may be; `name` is such as "warc/....warc.gz"."""

    def digest(self, name: str) -> str | None:
        """The SHA-256 that a copy is said to have, 64 hex digits; None where there is none."""
        ...

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of the copy."""
        ...


class FolderCopies:
    """Copies in a folder: that of another archive, or one that holds the files and their sidecars."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def digest(self, name: str) -> str | None:
        """See `Copies.digest`."""
        try:
            found = _SIDECAR.match(files.sidecar(self._path(name)).read_bytes())
        except OSError:
            return None
        return found[1].decode() if found else None

    def pieces(self, name: str) -> Iterator[bytes]:
        """See `Copies.pieces`."""
        with self._path(name).open("rb") as handle:
            while piece := handle.read(_PIECE):
                yield piece

    def _path(self, name: str) -> Path:
        whole = self._folder / name
        return whole if whole.exists() else self._folder / whole.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """One thing that was restored."""

    path: str  # below the archive folder
    how: str  # "copy", "sidecar", "tail", "index"
    message: str  # a sentence for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """What was restored, and what is still wrong."""

    mended: tuple[Mended, ...]
    left: tuple[Problem, ...]


def repair(path: Path, copies: Copies | None = None) -> Repairs:
    """Restore what can be; sketches are left to `pipelines.flow.catch_up`.

    Raises:
        ArchiveBusy: another process is writing.
        NotKept: the disk would not take it; the next writer goes on with it.
    """
    _recover(path)
    before, indexed = _verified(path)
    with files.writer_lock(path / LOCK):
        mending = _Mending(path, indexed, copies)
        for name in sorted({each.path for each in before.problems if each.path in mending.names}):
            mending.mend(name)
        if mending.fresh:
            replace_sealed(path, tuple(mending.fresh))
    mended = mending.done
    if mending.fresh or _OF_INDEX & {each.code for each in before.problems}:
        Archive.rebuild(path).close()
        mended.append(Mended(path="index.sqlite", how="index", message="The index was made again."))
    after, _ = _verified(path) if mended else (before, indexed)
    return Repairs(mended=tuple(mended), left=after.problems)


def _recover(path: Path) -> None:
    """Have a writer recover from whatever ended the last one; an index that is of no use is made again."""
    try:
        Archive.open(path, write=True).close()
    except UnusableIndex:
        Archive.rebuild(path).close()


def _verified(path: Path) -> tuple[Report, dict[str, int]]:
    with Archive.open(path) as archive:
        report = verify_fully(archive)
        try:
            return report, archive.index.indexed()
        except UnusableIndex:
            return report, {}


class _Mending:
    """Files of one archive that are being restored."""

    def __init__(self, archive: Path, indexed: dict[str, int], copies: Copies | None) -> None:
        self._taken, self._superseded = taken_down(archive), superseded(archive)
        self.done: list[Mended] = []
        self.fresh: list[Fresh] = []
        self._archive, self._indexed, self._copies = archive, indexed, copies
        self._present = warc_files(archive)
        ours = {name for name in indexed if not is_adopted(name)}
        self.names = self._present.keys() | ours

    def mend(self, name: str) -> None:
        """Restore a file in one way or another, if that can be done."""
        path = self._present.get(name)
        said = _said(path) if path else None
        if path and said and files.sha256(path) == said and _torn_at(path) is None:
            return  # what is wrong with it is no damage, or was written so
        if self._copied(name, path, said) or path is None:
            return
        torn = _torn_at(path)
        known = self._indexed.get(name, 0)
        if torn is None and known in (0, path.stat().st_size):
            self._seal(name, path)
        elif torn and (known in range(1, torn + 1) or _digest_of(_beginning(path, torn)) == said):
            self._cut(name, path, torn)

    def _copied(self, name: str, path: Path | None, said: str | None) -> bool:
        """Whether a good copy could be taken: one with the digest that is wanted, or that proves itself."""
        stated = self._copies.digest(name) if self._copies else None
        if self._copies is None or (stated is None and said is None):
            return False
        fresh = fresh_path(self._archive, name)
        fresh.parent.mkdir(exist_ok=True)
        try:
            digest = files.write_whole(fresh, self._copies.pieces(name))
        except FileNotFoundError:
            return False
        # Our own sidecar may be the damaged part, so a copy that agrees with its own one counts too,
        # when it holds all that the index knows and every member of it proves.
        whole = fresh.stat().st_size >= self._indexed.get(name, 0) and _torn_at(fresh) is None
        proved = digest == said or (digest == stated and whole)
        if not proved or digest in self._superseded or _brings_back(fresh, self._taken):
            files.drop(fresh)
            return False
        aside = self._aside(path)
        self.fresh.append(Fresh(name=name, sha256=digest))
        message = f"{name} was taken from a good copy.{aside}"
        self.done.append(Mended(path=name, how="copy", message=message))
        return True

    def _seal(self, name: str, path: Path) -> None:
        """Write the sidecar of a file of which every member proves."""
        beside = files.sidecar(path)
        aside = self._aside(beside if beside.exists() else None)
        files.replace(beside, f"{files.sha256(path)}  {path.name}\n".encode())
        message = f"Every member of {name} proves; its sidecar was written again.{aside}"
        self.done.append(Mended(path=name, how="sidecar", message=message))

    def _cut(self, name: str, path: Path, torn: int) -> None:
        """Take off what stands behind the last whole member, and was never acknowledged."""
        aside = self._aside(path)
        digest = files.write_whole(fresh_path(self._archive, name), _beginning(path, torn))
        self.fresh.append(Fresh(name=name, sha256=digest))
        message = f"{name} was cut at byte {torn}, behind which no whole member stood.{aside}"
        self.done.append(Mended(path=name, how="tail", message=message))

    def _aside(self, path: Path | None) -> str:
        if path is None:
            return ""
        copy = files.copy_aside(path, self._archive / QUARANTINE)
        return f" What was there lies in {QUARANTINE}/{copy.name}."


def _said(path: Path) -> str | None:
    try:
        return files.sidecar_digest(path)
    except OSError:
        return None


def _torn_at(path: Path) -> int | None:
    """Where the first damage of a file begins; None where every member of it proves."""
    for found in walk(path):
        if isinstance(found, Damage) or any(digest_flaws(found.record)):
            return found.offset
    return None


def _brings_back(path: Path, taken: frozenset[str]) -> bool:
    """Whether the file holds anything of the captures that were taken down."""
    if not taken:
        return False
    records = (found.record for found in walk(path) if not isinstance(found, Damage))
    return any(owner(record) in taken for record in records)


def _digest_of(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _beginning(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while size and (piece := handle.read(min(size, _PIECE))):
            size -= len(piece)
            yield piece
