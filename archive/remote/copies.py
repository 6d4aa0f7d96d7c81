"""Good copies of sealed files from a store, for `archive.repairs`."""

from collections.abc import Iterator

from archive.errors import Damaged, NotThere
from archive.remote import receipts
from archive.remote.interface import Store


class StoreCopies:
    """The files of a store, each with the digest in the sidecar beside it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def digest(self, name: str) -> str | None:
        """The SHA-256 that the file there is said to have; None where there is none.

        Raises:
            RemoteError: the store failed.
        """
        try:
            line = self._store.read_range(f"{name}.sha256", 0, receipts.SMALL)
            return receipts.digest_in(line, name)
        except (NotThere, Damaged):
            return None

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of the file.

        Raises:
            RemoteError: the store failed, or has no such file.
        """
        return self._store.get(name)
