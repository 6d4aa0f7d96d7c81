"""Receipts: what a store has proved to hold. Only a file with a receipt and a sidecar may be missing here.

`receipts/NAME.json` stands in the archive's folder for each file that was confirmed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from archive import files
from archive.errors import Damaged, OtherBytes, RemoteError
from archive.remote.address import remember, remembered
from archive.remote.interface import Checksum, Store, checksum_of, digest_of

FOLDER = "receipts"
SMALL = 1 << 12  # bytes of a sidecar or a mark that are read; real ones have under 200
_SIDECAR = re.compile(r"([0-9a-f]{64}) [ *](\S+)\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A store holds a file, and how that was proved."""

    name: str  # such as warc/variorum-000001-20260304T050607Z.warc.gz
    size: int  # bytes
    sha256: str  # 64 hex digits, as in the sidecar
    checksum: Checksum | None  # what the store stated; compared again by verify
    proof: Literal["checksum", "read back", "sidecar"]  # "sidecar": only stated, by a pull
    store: str
    confirmed_at: datetime
    # States from before a takedown, by version, that the store has still.
    earlier: tuple[str, ...] = ()


def confirm(store: Store, name: str, digest: str, source: Path | None) -> Receipt | None:
    """Proof that the store holds the file with this SHA-256; None where it holds nothing of that name.

    A checksum that the store states is taken for proof when it can be worked out from `source`, the file
    here, or is of the whole file. Otherwise all is read back.

    Raises:
        OtherBytes: it holds something else.
        RemoteError: the store cannot be asked.
    """
    stored = store.head(name)
    if stored is None:
        return None
    stated = stored.checksum
    if source and source.stat().st_size != stored.size:
        ours = f"{source.stat().st_size} bytes and SHA-256 {digest}"
        sum_there = (
            f"SHA-256 {stated.value}{' of parts' * bool(stated.part_size)}" if stated else ""
        )
        theirs = f"{stored.size} bytes and {sum_there or 'no checksum stated'}"
        raise OtherBytes(store.address, name, ours, theirs)
    proved = False
    if stated and not stated.part_size:
        _demand_equal(store, name, digest, stated.value)
        proved = True
    elif stated and source:
        proved = checksum_of(source, stated.part_size) == stated.value
    if not proved:
        _demand_equal(store, name, digest, digest_of(store, name))
    return Receipt(
        name=name,
        size=stored.size,
        sha256=digest,
        checksum=stated,
        proof="checksum" if proved else "read back",
        store=store.address,
        confirmed_at=datetime.now(UTC),
    )


def _demand_equal(store: Store, name: str, ours: str, theirs: str) -> None:
    if ours != theirs:
        raise OtherBytes(store.address, name, f"SHA-256 {ours}", f"SHA-256 {theirs}")


def keep(archive: Path, receipt: Receipt) -> None:
    """Put the receipt into the archive's folder.

    Raises:
        NotKept: the disk would not take it.
    """
    files.make_folder(archive / FOLDER)
    data = msgspec.json.format(msgspec.json.encode(receipt), indent=2)
    files.replace(_path(archive, receipt.name), data + b"\n")


def kept(archive: Path, name: str) -> Receipt | None:
    """The receipt for a file; None where there is none that can be read."""
    try:
        return msgspec.json.decode(_path(archive, name).read_bytes(), type=Receipt)
    except (OSError, msgspec.MsgspecError):
        return None


def elsewhere(archive: Path) -> dict[str, Receipt]:
    """Receipts of the WARC files that are not here, sidecar apart, by name in the order of writing."""
    found = {}
    for path in sorted((archive / FOLDER).glob("*.warc.gz.json")):
        name = "warc/" + path.name.removesuffix(".json")
        if (archive / name).exists() or not files.sidecar(archive / name).exists():
            continue
        if receipt := kept(archive, name):
            found[name] = receipt
    return found


def outdated(archive: Path) -> dict[str, Receipt]:
    """Receipts by which a store has something from before a takedown, by name in the order of writing.

    Raises:
        Damaged: a sidecar states no digest.
    """
    found = {}
    for name, digest in sealed(archive).items():
        receipt = kept(archive, name)
        if receipt and (receipt.sha256 != digest or receipt.earlier):
            found[name] = receipt
    return found


def adopt(archive: Path, store: Store) -> None:
    """Make the store the one that records are read from.

    Raises:
        RemoteError: a file that is not here is in another one.
        NotKept: the disk would not take it.
    """
    others = [each for each in elsewhere(archive).values() if each.store != store.address]
    if others:
        message = (
            f"{len(others)} files of this archive are only in {others[0].store}. Pull them from there "
            "before you use another store."
        )
        raise RemoteError(store.address, message)
    if remembered(archive) != store.where:
        remember(archive, store.where)


def digest_in(text: bytes, name: str) -> str:
    """The SHA-256 that a sidecar states for the file `name`.

    Raises:
        Damaged: it states none.
    """
    found = _SIDECAR.match(text.decode("utf-8", "replace"))
    if not found or found[2] != name.rpartition("/")[2]:
        raise Damaged(f"{name}.sha256", 0, "this is no line of sha256sum for the file")
    return found[1]


def sealed(archive: Path) -> dict[str, str]:
    """SHA-256 of every sealed file by name, here or elsewhere, in the order of writing.

    Raises:
        Damaged: a sidecar states none.
    """
    found = {}
    for path in sorted((archive / "warc").glob("variorum-*.warc.gz.sha256")):
        name = "warc/" + path.name.removesuffix(".sha256")
        found[name] = digest_in(path.read_bytes(), name)
    return found


def _path(archive: Path, name: str) -> Path:
    return archive / FOLDER / (name.rpartition("/")[2] + ".json")
