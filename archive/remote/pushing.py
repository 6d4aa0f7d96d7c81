"""Sealed WARC files to a store. Nothing is dropped here before the store has proved that it holds it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from archive import files, folder
from archive.errors import Damaged, NotThere, OtherBytes, RemoteError
from archive.remote import clearing, receipts
from archive.remote.interface import Store, digest_of
from archive.remote.receipts import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of one sealed file."""

    name: str
    size: int  # bytes
    state: Literal["sent", "there", "replaced", "refused"]  # "there": the store had it already
    proof: str = ""  # "checksum" or "read back"
    earlier: tuple[str, ...] = ()  # versions from before a takedown that the store would not delete
    dropped: bool = False  # it is now only in the store
    reason: str = ""  # a sentence, when refused


def push(archive: Path, store: Store, *, drop_local: bool = False) -> Iterator[Pushed]:
    """Send every sealed file that the store does not hold, with its sidecar, oldest first.

    Where the store has a file as it was before a takedown, what is left of it takes its place ("replaced").
    A file that does not fit its sidecar, or of which the store has another one, is reported and passed by.

    Raises:
        RemoteError: the store failed or holds another archive; a later push goes on there.
        ArchiveBusy: another push or pull is running, or, when a file is to be dropped, a writer.
        NotKept: the disk would not take a receipt.
    """
    folder.check_format(archive)
    with files.writer_lock(archive / folder.REMOTE_LOCK):
        _claim(archive, store)
        receipts.adopt(archive, store)
        listed = {each.name: each.size for each in store.list("warc/")}
        digests = receipts.sealed(archive)
        _demand_no_strangers(store, listed, digests)
        for path in sorted((archive / "warc").glob("variorum-*.warc.gz")):
            digest = digests.get(f"warc/{path.name}")
            known = _known(archive, store, path, digest, listed)
            yield (
                known
                if known and not drop_local
                else _sent(archive, store, path, digest, drop_local=drop_local)
            )


def clear(archive: Path, store: Store) -> Iterator[Pushed]:
    """Have what takedowns left take the place, in the store, of what it has from before them.

    Raises as `push` does.
    """
    with files.writer_lock(archive / folder.REMOTE_LOCK):
        demand_same_archive(archive, store)
        digests = receipts.sealed(archive)
        for name, receipt in receipts.outdated(archive).items():
            if receipt.store == store.address and (archive / name).exists():
                yield _sent(archive, store, archive / name, digests[name], drop_local=False)


def _sent(
    archive: Path, store: Store, path: Path, digest: str | None, *, drop_local: bool
) -> Pushed:
    """What became of a file that was to be sent."""
    name = f"warc/{path.name}"
    try:
        if digest is None:
            raise Damaged(name, 0, "it has no digest sidecar")
        pushed = _send(archive, store, path, digest)
        if drop_local:
            with files.writer_lock(archive / folder.LOCK):
                files.drop(path)
        return replace(pushed, dropped=drop_local)
    except (Damaged, OtherBytes) as error:
        return Pushed(name=name, size=path.stat().st_size, state="refused", reason=str(error))


def _claim(archive: Path, store: Store) -> None:
    """Mark the store as this archive's, or find that it is."""
    mark = archive / folder.MARK
    if not store.put_if_absent(folder.MARK, mark, files.sha256(mark)):
        demand_same_archive(archive, store)


def demand_same_archive(archive: Path, store: Store) -> None:
    """Return when the store holds the archive of the folder.

    Raises:
        OtherBytes: it holds another one.
        NotThere: it holds none.
    """
    demand_archive(store)
    ours, theirs = files.sha256(archive / folder.MARK), digest_of(store, folder.MARK)
    if ours != theirs:
        raise OtherBytes(
            store.address, folder.MARK, f"SHA-256 {ours}", f"SHA-256 {theirs}, of another archive"
        )


def demand_archive(store: Store) -> None:
    """Return when the store holds an archive.

    Raises:
        NotThere: it holds none.
    """
    if folder.MARK not in {each.name for each in store.list(folder.MARK)}:
        message = (
            f"there is no archive (no {folder.MARK}). Check the prefix, or push one there first."
        )
        raise NotThere(store.address, message)


def _demand_no_strangers(store: Store, listed: dict[str, int], digests: dict[str, str]) -> None:
    """The order of WARC files is part of the truth: two machines must not write one archive apart."""
    names = {name.removesuffix(".sha256") for name in listed if name.endswith(".sha256")}
    if strangers := sorted(names - digests.keys()):
        message = (
            f"it holds {len(strangers)} files that this folder has never seen, {strangers[0]} first. "
            "Pull before you push; one machine writes an archive."
        )
        raise RemoteError(store.address, message)


def _known(
    archive: Path, store: Store, path: Path, digest: str | None, listed: dict[str, int]
) -> Pushed | None:
    """A file that needs no sending: it has a receipt, and the store still lists it; None for others."""
    name = f"warc/{path.name}"
    known = receipts.kept(archive, name)
    if known is None or known.earlier or (known.store, known.sha256) != (store.address, digest):
        return None
    if listed.get(name) != known.size or f"{name}.sha256" not in listed:
        return None
    return Pushed(name=name, size=known.size, state="there", proof=known.proof)


def _send(archive: Path, store: Store, path: Path, digest: str) -> Pushed:
    """Send a file and then its sidecar, have both confirmed, and keep the receipt."""
    name = f"warc/{path.name}"
    sent = store.put_if_absent(name, path, digest)
    state: Literal["sent", "there", "replaced"] = "sent" if sent else "there"
    try:
        receipt = _confirmed(store, name, digest, path)
    except OtherBytes:
        if not clearing.holds_old_state(archive, store, path):
            raise
        clearing.replace_old_state(archive, store, path, digest)
        state = "replaced"
        receipt = _confirmed(store, name, digest, path)
    _send_sidecar(archive, store, path)
    known = receipts.kept(archive, name)
    if known and known.store == store.address:
        receipt = clearing.erased(store, replace(receipt, earlier=known.earlier))
    receipts.keep(archive, receipt)
    return Pushed(
        name=name, size=receipt.size, state=state, proof=receipt.proof, earlier=receipt.earlier
    )


def _send_sidecar(archive: Path, store: Store, path: Path) -> None:
    """Send the sidecar of a file that is there, and have it confirmed."""
    line = files.sidecar(path)
    name, digest = f"warc/{line.name}", files.sha256(line)
    store.put_if_absent(name, line, digest)
    try:
        _confirmed(store, name, digest, line)
    except OtherBytes:
        if not clearing.replace_old_sidecar(archive, store, path):
            raise
        _confirmed(store, name, digest, line)


def _confirmed(store: Store, name: str, digest: str, source: Path) -> Receipt:
    receipt = receipts.confirm(store, name, digest, source)
    if receipt is None:
        message = f"it took {name} and does not show it. Nothing was dropped here; push again."
        raise RemoteError(store.address, message)
    return receipt
