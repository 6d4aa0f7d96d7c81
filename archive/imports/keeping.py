"""Two ways to keep the records of a foreign file: their members are copied, or they are referred to."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from operator import attrgetter
from typing import BinaryIO, Protocol

from archive import warc
from archive.adopted import Adopted
from archive.captures import Known
from archive.containers.parts import Found
from archive.errors import UnknownKey
from archive.members import extent
from archive.records import Adoption, Capture, Place
from archive.replay import adoption_record
from archive.store import Archive
from archive.warc import Record

_PENDING_BYTES = 1 << 20  # of members that are written in one go


class Coming:
    """The captures of an archive and, beside them, those that are about to be written to it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._pending: dict[str, Capture] = {}
        self._addresses: dict[str, list[Capture]] = {}

    def add(self, capture: Capture) -> None:
        """Count a capture in."""
        self._pending[capture.id] = capture
        self._addresses.setdefault(capture.url, []).append(capture)

    def written(self) -> None:
        """Forget those that are in the archive now."""
        self._pending.clear()
        self._addresses.clear()

    def capture(self, id: str) -> Capture | None:
        """See `Known.capture`."""
        if coming := self._pending.get(id):
            return coming
        try:
            return self._archive.index.capture(id)
        except UnknownKey:
            return None

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        """See `Known.captures_at`."""
        known = self._archive.index.captures_at(url, moment)
        coming = self._at(url)
        if moment is not None:
            at = (each for each in chain(known, coming) if each.fetched_at == moment)
            return tuple(islice(at, 1))
        return tuple(sorted((*known, *coming), key=attrgetter("fetched_at")))

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        """See `Known.newest_at`."""
        newest = (*reversed(self._at(url)), *self._archive.index.newest_at(url, limit))
        return tuple(sorted(newest, key=attrgetter("fetched_at"), reverse=True)[:limit])

    def _at(self, url: str) -> list[Capture]:
        return self._addresses.get(url, [])


class Keeping(Protocol):
    """How what is taken gets into an archive."""

    placed: dict[str, Capture]  # those that were written, by id, until somebody clears it

    @property
    def known(self) -> Known:
        """The captures that are there, those that are not written yet included."""
        ...

    def keep(self, said: Capture | Record, found: Found, of: str) -> None:
        """Have the answer with the id `of`, or a request for it, written with the next ones, in order."""
        ...

    def write(self) -> None:
        """Write all that waits.

        Raises:
            NotKept: the disk would not take it.
        """
        ...


class Copying:
    """Keeps gzip members byte for byte in the archive's own files; others are packed anew."""

    def __init__(self, archive: Archive, handle: BinaryIO) -> None:
        self.known = Coming(archive)
        self.placed: dict[str, Capture] = {}
        self._archive, self._handle = archive, handle
        self._pending: list[tuple[Capture | Record, bytes]] = []
        self._size = 0

    def keep(self, said: Capture | Record, found: Found, of: str) -> None:  # noqa: ARG002
        """See `Keeping.keep`."""
        member = self._member(found)
        self._pending.append((said, member))
        self._size += len(member)
        if isinstance(said, Capture):
            self.known.add(said)
        if self._size > _PENDING_BYTES:
            self.write()

    def write(self) -> None:
        """See `Keeping.write`."""
        if self._pending:
            places = self._archive.take_members(self._pending)
            for (said, _), place in zip(self._pending, places, strict=True):
                if isinstance(said, Capture):
                    self.placed[said.id] = replace(said, place=place)
            self._pending.clear()
            self.known.written()
            self._size = 0

    def _member(self, found: Found) -> bytes:
        """The gzip member of the record: as it is in the file, or a new one."""
        if found.length and all(flaw.code != "no-record-end" for flaw in found.record.flaws):
            return os.pread(self._handle.fileno(), found.length, found.offset)
        return warc.to_member(found.record)


class Referring:
    """Keeps the places of the records; those that have none to themselves are copied."""

    def __init__(self, archive: Archive, adopted: Adopted, copying: Copying) -> None:
        self.known = copying.known
        self.placed = copying.placed
        self._archive, self._adopted, self._copying = archive, adopted, copying
        self._captures: list[Capture] = []
        self._requests: list[tuple[str, Place]] = []

    def keep(self, said: Capture | Record, found: Found, of: str) -> None:
        """See `Keeping.keep`."""
        length = extent(found.record) if self._adopted.plain else found.length
        if not length:
            self._refer()
            self._copying.keep(said, found, of)
            return
        self._copying.write()  # the order of the records is that of the file
        place = Place(warc=self._adopted.name, offset=found.offset, length=length)
        if isinstance(said, Record):
            self._requests.append((of, place))
            return
        placed = replace(said, place=place)
        self._captures.append(placed)
        self.known.add(placed)
        self.placed[placed.id] = placed

    def write(self) -> None:
        """See `Keeping.write`."""
        self._copying.write()
        self._refer()

    def _refer(self) -> None:
        """Write one record that names what was kept since the last one."""
        if self._captures or self._requests:
            adoption = Adoption(
                name=self._adopted.name,
                path=str(self._adopted.path).encode("utf-8", "replace").decode(),
                size=self._adopted.size,
                sha256=self._adopted.sha256,
                captures=tuple(self._captures),
                requests=tuple(self._requests),
            )
            record = adoption_record(adoption, datetime.now(UTC))
            self._archive.take_members([(record, warc.to_member(record))])
            self._captures.clear()
            self._requests.clear()
            self.known.written()
