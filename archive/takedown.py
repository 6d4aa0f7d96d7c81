"""Takes captures out of an archive for good; a tombstone says who wanted that, when, why, and what it was.

Everything that repeats the bytes of a capture goes with it: other captures of the same entity, whichever
address they are from, and what was read from any of them. All other records stay byte for byte, though at
other places of their files. A store gets the new files with the next push (`archive.remote.clearing`). Copies
elsewhere (quarantine, backups), and the bytes of a capture in a file of others to which the archive only
refers, are for people to clear.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from archive import files, lookup, warc
from archive.adopted import places
from archive.captures import date_of, is_capture
from archive.containers.parts import Damage, Found
from archive.errors import ArchiveBusy, Damaged, NotThere, UnknownKey
from archive.folder import LOCK
from archive.members import walk
from archive.records import Adoption, Capture, Gone, Tombstone
from archive.recovery import warc_files
from archive.remote import receipts
from archive.replacing import Fresh, fresh_path, replace_sealed
from archive.replay import (
    READING_TYPE,
    Filed,
    adoption_record,
    tombstone_record,
)
from archive.store import Archive
from archive.succession import adoption_of, note_superseded, owner, without
from archive.warc import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A person's word that something must go."""

    by: str  # who says so
    reason: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class _Doomed:
    """A capture that goes, and what is found of it on the way."""

    capture: Capture
    gone: list[Gone] = field(default_factory=list)
    keys: dict[str, None] = field(default_factory=dict)


def take_down(path: Path, target: str, by: str, reason: str) -> tuple[Tombstone, ...]:
    """Take down a capture, named by its id, or every capture of a version, named by a key of it.

    The index is made again; sketches are not, see `pipelines.flow.catch_up`.

    Raises:
        UnknownKey, AmbiguousKey: nothing, or too much, has this key.
        ValueError: it has the form of no key.
        NotThere: a WARC file is only in a store elsewhere, where nothing can be taken out of it.
        Damaged: a WARC file is not as it was written; repair it first, so that nothing stays behind.
        ArchiveBusy: another process is writing.
        NotKept: the disk would not take it; nothing is gone, or the next writer goes on with it.
    """
    Archive.open(path, write=True).close()  # recovers and seals
    with files.writer_lock(path / LOCK):
        _demand_all_here(path)
        with Archive.open(path) as archive:
            doomed = {each.id: _Doomed(capture=each) for each in _doomed(archive, target)}
        word = Word(by=by, reason=reason, at=datetime.now(UTC))
        affected = _survey(path, doomed)
        tombstones = {key: _tombstone(each, word) for key, each in doomed.items()}
        fresh = tuple(_rewritten(path, name, tombstones) for name in affected)
        note_superseded(path, _digests(path, affected))
        replace_sealed(path, fresh)
    Archive.rebuild(path).close()
    return tuple(tombstones.values())


def _digests(path: Path, names: tuple[str, ...]) -> Iterator[str]:
    """SHA-256 of sealed files as their sidecars state them; those that make no sense are left out."""
    for name in names:
        with suppress(OSError):  # a sidecar that is missing
            if digest := files.sidecar_digest(path / name):
                yield digest


def _demand_all_here(path: Path) -> None:
    for name, receipt in receipts.elsewhere(path).items():
        message = (
            f"{name} is only there. `variorum archive pull` it first, then take down, then push: that"
            " replaces it there."
        )
        raise NotThere(receipt.store, message)


def _doomed(archive: Archive, target: str) -> Iterator[Capture]:
    """The captures that are meant, and all others of the same entity."""
    try:
        meant: tuple[Capture, ...] = (archive.index.capture(warc.bare_id(target)),)
    except UnknownKey:
        version = lookup.by_key(archive, target)
        seen = archive.index.witnesses(version.key)
        meant = tuple(capture for witness in seen for capture in witness.captures)
    found: dict[str, Capture] = {}
    for capture in meant:
        twins = archive.index.captures_with(capture.entity_digest)
        found |= {each.id: each for each in (capture, *twins)}
    yield from found.values()


def _survey(path: Path, doomed: dict[str, _Doomed]) -> tuple[str, ...]:
    """The files that hold anything of what goes; notes for each capture its records and keys."""
    affected = []
    for name, file in warc_files(path).items():
        if file.name.endswith(files.OPEN_SUFFIX):
            raise ArchiveBusy(path, "a process that ended just now")
        touched = False
        for found in _whole(name, file):
            touched |= _note_referred(found.record, doomed)
            going = doomed.get(owner(found.record))
            if going is None:
                continue
            touched = True
            record = found.record
            digest = warc.digest(record.block)
            size = len(record.block)
            gone = Gone(type=record.type, id=record.id, digest=digest, length=size)
            first = is_capture(record)
            going.gone.insert(0, gone) if first else going.gone.append(gone)
            if key := _key(record):
                going.keys[key] = None
        if touched:
            affected.append(name)
    return tuple(affected)


def _note_referred(record: Record, doomed: dict[str, _Doomed]) -> bool:
    """Whether the record refers to anything of what goes in a file of others; notes that."""
    adoption = adoption_of(record)
    going = [each for each in adoption.captures if each.id in doomed] if adoption else []
    for each in going:
        size = each.place.length
        gone = Gone(type=each.kind, id=each.id, digest=each.payload_digest, length=size)
        doomed[each.id].gone.insert(0, gone)
    return bool(adoption and (going or any(of in doomed for of, _ in adoption.requests)))


def _whole(name: str, path: Path) -> Iterator[Found]:
    """The records of a file in which nothing is damaged."""
    for found in walk(path):
        if isinstance(found, Damage):
            raise Damaged(name, found.offset, found.message)
        if not found.length:
            raise Damaged(name, found.offset, "a gzip member holds not one record")
        yield found


def _key(record: Record) -> str:
    """The exact part of the text, where the record is a reading."""
    if record.type != "metadata" or record.header("Content-Type") != READING_TYPE:
        return ""
    try:
        return msgspec.json.decode(record.block, type=Filed).reading.fingerprint.exact
    except msgspec.MsgspecError:
        return ""


def _tombstone(doomed: _Doomed, word: Word) -> Tombstone:
    capture = doomed.capture
    return Tombstone(
        capture=capture.id,
        url=capture.url,
        captured_at=capture.fetched_at,
        payload_digest=capture.payload_digest,
        entity_digest=capture.entity_digest,
        keys=tuple(doomed.keys),
        gone=tuple(doomed.gone),
        by=word.by,
        reason=word.reason,
        at=word.at,
    )


def _rewritten(path: Path, name: str, tombstones: dict[str, Tombstone]) -> Fresh:
    """The file without what goes, beside the old one and on the disk."""
    fresh = fresh_path(path, name)
    return Fresh(name=name, sha256=files.write_whole(fresh, _pieces(path, name, tombstones)))


def _pieces(path: Path, name: str, tombstones: dict[str, Tombstone]) -> Iterator[bytes]:
    """The members of a file, with a tombstone in the place of each capture that goes."""
    file = warc_files(path)[name]
    with file.open("rb") as handle:
        for found in _whole(name, file):
            tombstone = tombstones.get(owner(found.record))
            adoption = adoption_of(found.record)
            if adoption and any(of in tombstones for of, _ in places(adoption)):
                yield from _without(adoption, date_of(found.record), tombstones)
            elif tombstone is None:
                handle.seek(found.offset)
                yield handle.read(found.length)
            elif is_capture(found.record):
                yield warc.to_member(tombstone_record(tombstone))


def _without(
    adoption: Adoption, made_at: datetime, tombstones: dict[str, Tombstone]
) -> Iterator[bytes]:
    """The members of what refers to a file of others without what goes, and of the tombstones for that."""
    yield warc.to_member(adoption_record(without(adoption, tombstones), made_at))
    for each in adoption.captures:
        if each.id in tombstones:
            yield warc.to_member(tombstone_record(tombstones[each.id]))
