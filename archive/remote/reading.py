"""Records of files that are only elsewhere, by range, and their streams from beginning to end."""

import io
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from archive.containers import gzipped
from archive.containers.parts import Damage, Found, take_warc
from archive.errors import Damaged
from archive.records import Place
from archive.remote import receipts
from archive.remote.interface import Store
from archive.remote.opening import store_of
from archive.replay import is_adopted
from archive.warc import Record

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_AROUND = 128 << 10  # bytes fetched on both sides of a record: text and reading stand side by side
_AHEAD = 8 << 20  # bytes fetched at a time when a whole file is walked


class Elsewhere:
    """The files of an archive that are not in its folder, through the store that remote.json names."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._held = ("", 0, b"")  # name, start and bytes of what was fetched last

    def record(self, place: Place) -> Record:
        """The record at `place` of a file that is not here.

        Raises:
            Damaged: no receipt says that the store has the file, or the bytes are not as written.
            RemoteError: the store failed.
        """
        if is_adopted(place.warc):
            why = "the file, which is not the archive's own, is gone or was moved; import it again from"
            raise Damaged(place.warc, place.offset, f"{why} where it is now, with --in-place")
        if receipts.kept(self._archive, place.warc) is None:
            raise Damaged(place.warc, place.offset, "the file is missing")
        data = self._bytes(place)
        walked = list(gzipped.records(BytesIO(data), 0, len(data), take_warc))
        found = walked[0] if len(walked) == 1 else None
        if not isinstance(found, Found) or (found.length, len(data)) != (place.length,) * 2:
            said = walked[0].message if walked and isinstance(walked[0], Damage) else "no record"
            raise Damaged(place.warc, place.offset, f"in the store: {said}")
        return found.record

    def _bytes(self, place: Place) -> bytes:
        name, start, data = self._held
        end = place.offset + place.length
        if name != place.warc or not start <= place.offset <= end <= start + len(data):
            start = max(0, place.offset - _AROUND)
            data = self._store.read_range(place.warc, start, end + _AROUND - start)
            self._held = (place.warc, start, data)
        return data[place.offset - start : end - start]

    def sizes(self) -> dict[str, int]:
        """Bytes of each file that is only elsewhere, by name in the order of writing."""
        return {name: each.size for name, each in receipts.elsewhere(self._archive).items()}

    def walk(self, name: str, start: int, stop: int) -> Iterator[Found | Damage]:
        """Every record of the file between two offsets, as `archive.members.walk` gives those of one here.

        Raises:
            RemoteError: the store failed.
        """
        if start < stop:
            yield from walk_in(self._store, name, start, stop)

    @cached_property
    def _store(self) -> Store:
        return store_of(self._archive)


def walk_in(store: Store, name: str, start: int, stop: int) -> Iterator[Found | Damage]:
    """Every record of a file in the store between two offsets.

    Raises:
        RemoteError: the store failed.
    """
    with io.BufferedReader(_RemoteFile(store, name, stop), buffer_size=_AHEAD) as handle:
        yield from gzipped.records(handle, start, stop, take_warc)


class _RemoteFile(io.RawIOBase):
    """A file in a store as Python's readers know files."""

    def __init__(self, store: Store, name: str, size: int) -> None:
        self._store = store
        self._name = name
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), self._size - self._at))
        data = self._store.read_range(self._name, self._at, length)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
