"""Whether one state of a sealed file is what a takedown left of another: nothing else may take its place.

A file that was rewritten holds, in the same order, every record of the old one byte for byte, but those of
the captures that tombstones name, and records that refer to files of others, without these captures.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from archive import files, warc
from archive.captures import is_capture
from archive.containers.parts import Damage, Found
from archive.errors import Damaged, NotAnArchive, UnusableIndex
from archive.proof import NOWHERE
from archive.records import Adoption
from archive.replay import ADOPTION_TYPE, TOMBSTONE_TYPE, adoption_in
from archive.store import Archive
from archive.warc import Record

_SUPERSEDED = "superseded.json"


def taken_down(archive: Path) -> frozenset[str]:
    """Ids of the captures that were taken down from an archive; none where its index is of no use."""
    try:
        with Archive.open(archive) as opened:
            return frozenset(each.capture for each in opened.index.tombstones())
    except (NotAnArchive, UnusableIndex):
        return frozenset()


def superseded(archive: Path) -> frozenset[str]:
    """SHA-256 of every sealed file of the archive as it was before a takedown, 64 hex digits each.

    A copy with one of them must not come back, even where damage has hit the tombstones.
    """
    try:
        return frozenset(msgspec.json.decode((archive / _SUPERSEDED).read_bytes(), type=list[str]))
    except (OSError, msgspec.MsgspecError):  # there was none, or the tombstones alone must do
        return frozenset()


def note_superseded(archive: Path, digests: Iterable[str]) -> None:
    """Keep that files with these SHA-256 are replaced by what a takedown leaves of them.

    Raises:
        NotKept: the disk would not take it.
    """
    known = superseded(archive).union(digests)
    files.replace(archive / _SUPERSEDED, msgspec.json.encode(sorted(known)) + b"\n")


def tombstones_in(walk: Iterable[Found | Damage]) -> frozenset[str]:
    """Ids of the captures that the tombstones of a file name."""
    return frozenset(
        warc.bare_id(found.record.header("WARC-Refers-To") or "")
        for found in walk
        if isinstance(found, Found) and _buries(found.record)
    )


def follows(
    old: Iterable[Found | Damage], new: Iterable[Found | Damage], taken: frozenset[str]
) -> bool:
    """Whether `new` is `old` without the captures that were `taken` down, and nothing but that."""
    try:
        kept = [mark for mark in _marks(old, taken) if mark.stays]
        known = set(kept)
        return kept == [mark for mark in _marks(new) if not mark.buries or mark in known]
    except Damaged:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """What tells a record from others."""

    digest: str  # of all of it, or of what it must say
    buries: bool  # it is a tombstone
    stays: bool  # False: it goes with a capture that was taken down


def _marks(walk: Iterable[Found | Damage], taken: frozenset[str] = frozenset()) -> Iterator[_Mark]:
    """The marks of the records of a file, as it must be without what was taken down.

    Raises:
        Damaged: a part of the file is no record.
    """
    for found in walk:
        if isinstance(found, Damage):
            raise Damaged("", found.offset, found.message)
        record = found.record
        said = record.head + record.block
        if adoption := adoption_of(record):
            said = msgspec.json.encode(without(adoption, taken))
        stays = owner(record) not in taken
        yield _Mark(digest=warc.digest(said), buries=_buries(record), stays=stays)


def _buries(record: Record) -> bool:
    return record.type == "metadata" and record.header("Content-Type") == TOMBSTONE_TYPE


def without(adoption: Adoption, taken: Container[str]) -> Adoption:
    """What is left of it when these captures are gone."""
    captures = tuple(each for each in adoption.captures if each.id not in taken)
    requests = tuple(each for each in adoption.requests if each[0] not in taken)
    return replace(adoption, captures=captures, requests=requests)


def owner(record: Record) -> str:
    """The id of the capture that the record is, or is about; "" for others, and for tombstones."""
    if is_capture(record):
        return record.id or warc.derived_id(record)
    if record.type == "request":
        return warc.bare_id(record.header("WARC-Concurrent-To") or "")
    if record.type in ("metadata", "conversion") and not _buries(record):
        about = record.header("WARC-Refers-To") or record.header("WARC-Concurrent-To")
        return warc.bare_id(about or "")
    return ""


def adoption_of(record: Record) -> Adoption | None:
    """What the record says about a file of others, where it is one that does.

    Raises:
        Damaged: it makes no sense.
    """
    if record.type != "metadata" or record.header("Content-Type") != ADOPTION_TYPE:
        return None
    return adoption_in(record, NOWHERE)
