"""After a takedown: what is left of a file takes the place of the old one in a store.

Only what `archive.succession` proves to be the same file without what was taken down. A store may keep what
was replaced, as S3 does in a bucket with versions: the receipt names these states until they are erased.
"""

from dataclasses import replace
from pathlib import Path

from archive import files
from archive.members import walk
from archive.remote import receipts
from archive.remote.interface import Store
from archive.remote.reading import walk_in
from archive.remote.receipts import Receipt
from archive.succession import follows, taken_down


def holds_old_state(archive: Path, store: Store, path: Path) -> bool:
    """Whether the store has the file as it was before a takedown; all of that is read back.

    Raises:
        RemoteError: the store failed.
    """
    name = f"warc/{path.name}"
    taken, stored = taken_down(archive), store.head(name)
    if not taken or stored is None:
        return False
    return follows(walk_in(store, name, 0, stored.size), walk(path), taken)


def replace_old_state(archive: Path, store: Store, path: Path, digest: str) -> None:
    """Put the file with this SHA-256 in the place of that; the state that the store keeps is noted first.

    Raises:
        RemoteError: the store failed; calling again goes on.
        NotKept: the disk would not take the note.
    """
    name = f"warc/{path.name}"
    stored, known = store.head(name), receipts.kept(archive, name)
    if stored and stored.version and known and stored.version not in known.earlier:
        receipts.keep(archive, replace(known, earlier=(*known.earlier, stored.version)))
    store.replace(name, path, digest)


def replace_old_sidecar(archive: Path, store: Store, path: Path) -> bool:
    """Put the sidecar of a file that the store has proved to hold in the place of an old one.

    False where nothing was ever taken down from the archive: then the sidecar is of something else.
    """
    if not taken_down(archive):
        return False
    line = files.sidecar(path)
    store.replace(f"warc/{line.name}", line, files.sha256(line))
    return True


def erased(store: Store, receipt: Receipt) -> Receipt:
    """The receipt of a confirmed file once its earlier states are erased, with those that stay.

    Raises:
        RemoteError: the store failed.
    """
    stored = store.head(receipt.name)
    now = stored.version if stored else ""  # where versions are suspended, that is the old one's id
    old = [version for version in receipt.earlier if version != now]
    left = tuple(version for version in old if not store.erase(receipt.name, version))
    return replace(receipt, earlier=left)
