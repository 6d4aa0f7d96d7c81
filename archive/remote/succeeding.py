"""Files of which the store has another state than this copy of the archive: what a takedown left of them.

A machine that takes captures down replaces the files in the store. Other copies of the archive follow with
their next pull, once it is proved that what comes is what they have, without what tombstones name.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive import files, folder
from archive.captures import is_capture
from archive.errors import Damaged, NotAnArchive, UnusableIndex
from archive.members import Damage, walk
from archive.remote import receipts
from archive.remote.arriving import bring
from archive.remote.interface import Store
from archive.remote.receipts import Receipt
from archive.replacing import Fresh, fresh_path, replace_sealed
from archive.replay import READING_TYPE
from archive.store import Archive
from archive.succession import follows, note_superseded, owner, taken_down, tombstones_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """What became of the files that were to be replaced here."""

    replaced: tuple[str, ...]
    refused: dict[str, str]  # name -> a sentence


def succeed(
    archive: Path, store: Store, receipts_there: tuple[Receipt, ...], *, keep: bool
) -> Succession:
    """Have these states of files, as the store states them, take the place of those that are here.

    One that is only in the store is not kept here unless `keep`. The index is dropped: the next writer makes
    it again.

    Raises:
        RemoteError: the store failed; a later pull goes on there.
        ArchiveBusy: another process is writing.
        NotKept: the disk would not take it.
    """
    replaced, refused = [], {}
    with files.writer_lock(archive / folder.LOCK):
        come: list[Receipt] = []
        for each in receipts_there:
            try:
                _fetch(archive, store, each)
                come.append(each)
            except Damaged as error:
                refused[each.name] = str(error)
        taken = taken_down(archive).union(
            *(tombstones_in(walk(fresh_path(archive, each.name))) for each in come)
        )
        for each in come:
            if _may_succeed(archive, each.name, taken):
                replaced.append(each)
            else:
                files.drop(fresh_path(archive, each.name))
                refused[each.name] = (
                    f"{store.address}: {each.name} is there with SHA-256 {each.sha256}, and that is not what "
                    "is known here without what was taken down. Nothing was changed: compare the two."
                )
        _take(archive, replaced, keep=keep)
    return Succession(replaced=tuple(each.name for each in replaced), refused=refused)


def _fetch(archive: Path, store: Store, there: Receipt) -> None:
    """Put what the store has beside the file that is here."""
    fresh = fresh_path(archive, there.name)
    fresh.unlink(missing_ok=True)
    coming = archive / "incoming" / fresh.name
    coming.unlink(missing_ok=True)
    bring(fresh, coming, there.sha256, lambda start: store.get(there.name, start))


def _take(archive: Path, come: list[Receipt], *, keep: bool) -> None:
    if not come:
        return
    away = [each.name for each in come if not (archive / each.name).exists()]
    old = (receipts.kept(archive, each.name) for each in come)
    note_superseded(archive, (each.sha256 for each in old if each))
    replace_sealed(archive, tuple(Fresh(name=each.name, sha256=each.sha256) for each in come))
    for each in come:
        receipts.keep(archive, each)
    if not keep:
        for name in away:
            files.drop(archive / name)


def _may_succeed(archive: Path, name: str, taken: frozenset[str]) -> bool:
    """Whether the fresh file is the one that is known here without what was taken down.

    Of one that is not here the index alone is known: its captures, main texts and readings must be there.
    """
    fresh = fresh_path(archive, name)
    if (archive / name).exists():
        return follows(walk(archive / name), walk(fresh), taken)
    return _known(archive, name, taken) <= _held(fresh)


_Mark = tuple[str, str]  # what a record is, and its id, or that of its capture


def _known(archive: Path, name: str, taken: frozenset[str]) -> set[_Mark]:
    """What the index has in a file of captures that were not taken down; nothing where it is of no use."""
    known: set[_Mark] = set()
    with suppress(NotAnArchive, UnusableIndex), Archive.open(archive) as opened:
        for row in opened.index.rows():
            kind, capture = row[0], row[1]
            if kind == "capture" and row[11] == name:
                known.add(("capture", capture))
            elif kind == "reading":
                if row[16] == name:
                    known.add(("reading", capture))
                if opened.index.text(row[13]).warc == name:
                    known.add(("text", capture))
    return {mark for mark in known if mark[1] not in taken}


def _held(path: Path) -> set[_Mark]:
    """What a file holds."""
    held: set[_Mark] = set()
    for found in walk(path):
        if isinstance(found, Damage):
            continue
        record = found.record
        if is_capture(record):
            held.add(("capture", owner(record)))
        elif record.type == "conversion":
            held.add(("text", owner(record)))
        elif record.header("Content-Type") == READING_TYPE:
            held.add(("reading", owner(record)))
    return held
