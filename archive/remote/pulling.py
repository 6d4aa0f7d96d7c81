"""Sealed WARC files from a store. Each is proved against its sidecar before it gets its name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from archive import files, folder
from archive.errors import Damaged, NotThere, OtherBytes, RemoteError
from archive.remote import receipts
from archive.remote.address import remembered
from archive.remote.arriving import bring
from archive.remote.interface import Store, Stored
from archive.remote.pushing import demand_archive, demand_same_archive
from archive.remote.receipts import Receipt
from archive.remote.succeeding import succeed
from archive.succession import superseded

_NAME = re.compile(r"warc/variorum-[0-9]{6}-[0-9TZ]{1,30}\.warc\.gz")
_COMING = "incoming"  # the folder of the archive in which files gather


class _TakenDownHere(RemoteError):
    """The store has a file as it was before a takedown here; it must not come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What became of one file of the store."""

    name: str
    size: int  # bytes
    state: Literal["fetched", "here", "left there", "replaced", "refused"]
    reason: str = ""  # a sentence, when refused


def pull(
    archive: Path, store: Store, names: tuple[str, ...] = (), *, sidecars_only: bool = False
) -> Iterator[Pulled]:
    """Fetch the sealed files that are not here: all, or those whose names contain one of `names`.

    A missing or empty folder becomes the archive that the store holds. With `sidecars_only` the files
    stay there, and records are read from the store when they are asked for. A file that does not fit its
    sidecar is reported and passed by; so is one from which something was taken down here and not yet there.
    What a takedown elsewhere left of a file takes the place of the one that is here ("replaced").

    Raises:
        RemoteError: the store failed, or holds another archive; a later pull goes on there.
        ArchiveBusy: another push or pull is running.
        NotKept: the disk would not take it.
    """
    with files.writer_lock(archive / folder.REMOTE_LOCK):
        _begin(archive, store)
        if sidecars_only or remembered(archive) is None:
            receipts.adopt(archive, store)
        listed = {each.name: each for each in store.list("warc/")}
        whole = [name for name in sorted(listed) if f"{name}.sha256" in listed and _is_ours(name)]
        wanted = [name for name in whole if not names or any(each in name for each in names)]
        if names and not wanted:
            raise NotThere(store.address, f"it has no file named like {', '.join(names)}.")
        others: list[Receipt] = []  # of which the store has another state than is known here
        for name in wanted:
            try:
                if other := _other_state(archive, store, listed[name]):
                    others.append(other)
                    continue
                digest = _note(archive, store, listed[name])
                yield _pull_one(archive, store, listed[name], digest, sidecars_only)
            except (Damaged, OtherBytes, _TakenDownHere) as error:
                size = listed[name].size
                yield Pulled(name=name, size=size, state="refused", reason=str(error))
        if others:
            done = succeed(archive, store, tuple(others), keep=not sidecars_only)
            for each in others:
                reason = done.refused.get(each.name, "")
                state: Literal["refused", "replaced"] = "refused" if reason else "replaced"
                yield Pulled(name=each.name, size=each.size, state=state, reason=reason)


def _begin(archive: Path, store: Store) -> None:
    """Make sure that the folder and the store are one archive; an empty folder becomes it."""
    demand_archive(store)
    if folder.is_vacant(archive):
        mark = store.read_range(folder.MARK, 0, receipts.SMALL)
        files.make_folder(archive / "warc")
        files.replace(archive / folder.MARK, mark)
    folder.check_format(archive)
    demand_same_archive(archive, store)


def _is_ours(name: str) -> bool:
    """Whether a name is one that a WARC file of an archive has; no other becomes a path here."""
    return _NAME.fullmatch(name) is not None


def _other_state(archive: Path, store: Store, stored: Stored) -> Receipt | None:
    """What the store has, where that is not what it had when this archive and the store were last alike.

    Raises:
        _TakenDownHere: the store has it as it was before a takedown.
        OtherBytes: they were never alike.
        Damaged: one of the sidecars states no digest.
    """
    beside, known = files.sidecar(archive / stored.name), receipts.kept(archive, stored.name)
    if not beside.exists():
        return None
    ours = receipts.digest_in(beside.read_bytes(), stored.name)
    line = store.read_range(f"{stored.name}.sha256", 0, receipts.SMALL)
    theirs = receipts.digest_in(line, stored.name)
    if ours == theirs:
        return None
    if theirs in superseded(archive):
        message = (
            f"{stored.name} is there as it was before a takedown here, and was not fetched. "
            "`variorum archive push` replaces it there."
        )
        raise _TakenDownHere(store.address, message)
    if known is None or known.sha256 != ours:
        raise OtherBytes(store.address, stored.name, f"SHA-256 {ours}", f"SHA-256 {theirs}")
    return _stated(store, stored, theirs)


def _note(archive: Path, store: Store, stored: Stored) -> str:
    """Keep the sidecar and a receipt for the file; its SHA-256.

    With these two the file may be missing here, so that every death on the way leaves a sound archive.
    """
    beside = files.sidecar(archive / stored.name)
    known = receipts.kept(archive, stored.name)
    if not beside.exists():
        files.replace(beside, store.read_range(f"{stored.name}.sha256", 0, receipts.SMALL))
    digest = receipts.digest_in(beside.read_bytes(), stored.name)
    if known is None or known.sha256 != digest:
        receipts.keep(archive, _stated(store, stored, digest))
    return digest


def _stated(store: Store, stored: Stored, digest: str) -> Receipt:
    """A receipt by the store's word: its sidecar, and its checksum where that is of the whole file."""
    head = store.head(stored.name) or stored
    if head.checksum and not head.checksum.part_size and head.checksum.value != digest:
        theirs = f"SHA-256 {head.checksum.value}"
        raise OtherBytes(store.address, stored.name, f"SHA-256 {digest} in its sidecar", theirs)
    return Receipt(
        name=stored.name,
        size=head.size,
        sha256=digest,
        checksum=head.checksum,
        proof="checksum" if head.checksum and not head.checksum.part_size else "sidecar",
        store=store.address,
        confirmed_at=datetime.now(UTC),
    )


def _pull_one(
    archive: Path, store: Store, stored: Stored, digest: str, sidecars_only: bool
) -> Pulled:
    name, path = stored.name, archive / stored.name
    if path.exists():
        return Pulled(name=name, size=stored.size, state="here")
    if sidecars_only:
        return Pulled(name=name, size=stored.size, state="left there")
    coming = archive / _COMING / path.name
    resumed = coming.exists()

    def pieces(start: int) -> Iterator[bytes]:
        return store.get(name, start)

    try:
        bring(path, coming, digest, pieces)
    except Damaged:
        if not resumed:
            raise
        bring(path, coming, digest, pieces)  # what lay here may have been torn by a power cut
    return Pulled(name=name, size=stored.size, state="fetched")
