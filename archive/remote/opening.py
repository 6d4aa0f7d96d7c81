"""From an address to its store. S3's program is loaded when it is used: boto3 takes half a second."""

from importlib import import_module
from pathlib import Path

from archive.errors import NotThere
from archive.remote.address import Address, FolderAddress, remembered
from archive.remote.folders import FolderStore
from archive.remote.interface import Store


def open_store(address: Address) -> Store:
    """The store at the address; nothing is asked of it yet."""
    if isinstance(address, FolderAddress):
        return FolderStore(Path(address.folder))
    store: Store = import_module("archive.remote.s3").S3Store(address)
    return store


def store_of(archive: Path) -> Store:
    """The store that the archive's folder names.

    Raises:
        NotThere: it names none.
    """
    address = remembered(archive)
    if address is None:
        message = "names no store. Say which: variorum archive push s3://bucket/prefix"
        raise NotThere(str(archive), message)
    return open_store(address)
