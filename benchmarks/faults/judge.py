"""Says what a fault has cost: what was acknowledged and is gone, what is there by half, what verify finds."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from archive.errors import ArchiveError
from archive.store import Archive
from archive.verify import verify_fully


def losses(folder: Path, acknowledged: Iterable[str]) -> list[str]:
    """What is wrong with an archive after a fault, a line each; a writer recovers it first.

    `acknowledged` are lines of the victim. The order: recovery, what was acknowledged, a full verify, no
    file left half done, and an index made again that has the same rows.
    """
    try:
        with Archive.open(folder, write=True):
            pass
        with Archive.open(folder) as archive:
            wrong = [loss for line in acknowledged for loss in _lost(archive, line)]
            wrong += [str(fault) for fault in verify_fully(archive).problems]
            rows = list(archive.index.dump())
        wrong += [f"left over: {path.name}" for path in _left_over(folder)]
        with Archive.rebuild(folder) as archive:
            again = list(archive.index.dump())
    except ArchiveError as error:
        return [f"unusable: {error}"]
    if again != rows:
        wrong.append(f"a rebuild has {len(again)} rows and the index {len(rows)}, or others")
    return wrong


def _lost(archive: Archive, line: str) -> list[str]:
    """What is not so any more that the line acknowledged."""
    kind, *said = line.split()
    try:
        kept = _is_kept(archive, kind, said)
    except ArchiveError as error:
        return [f"lost: {line[:60]}: {error}"]
    return [] if kept else [f"lost: {line[:60]}"]


def _is_kept(archive: Archive, kind: str, said: list[str]) -> bool:
    if kind == "kept":
        return _sha256(archive.body(archive.index.capture(said[0])).data) == said[1]
    if kind == "filed":
        return _sha256(archive.text(archive.index.version(said[0]).text).encode()) == said[1]
    if kind == "refused":
        return archive.index.refusal(said[0]) is not None
    assert kind == "apart", kind
    return archive.index.version(said[1]).document in archive.index.unlinked(said[0])


def _left_over(folder: Path) -> list[Path]:
    every = [*folder.glob("*"), *folder.glob("warc/*")]
    return [path for path in every if path.suffix in {".open", ".new"}]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
