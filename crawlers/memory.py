"""What the archive remembers of an address, for a crawl that comes back to it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from archive.captures import is_unmodified
from archive.errors import Damaged
from archive.records import Capture
from archive.store import Archive
from archive.validators import Validators, is_full, validators_of

_LOOKED_AT = 60  # newest captures of an address; a page is fetched in full far more often than that


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The newest full answer (status 200, not truncated) that the archive holds of an address."""

    capture: str  # its id
    seen_at: datetime  # UTC; when the address last answered with it, a 304 included
    fetched_at: datetime  # UTC; when it was last fetched in full
    etag: str | None
    last_modified: str | None
    confirmed: int = 0  # how often the server has said since that it has not changed


class Memory(Protocol):
    """Asked on the network thread, for each page, before it is requested."""

    def visit(self, url: str) -> Visit | None:
        """The last visit of this address, None without one."""
        ...


class ArchiveMemory:
    """The memory that an archive is. It reads over a connection of its own, opened at the first question.

    So it sees what a writer of the same archive has acknowledged, and may be made before that writer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Archive | None = None

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Itself: Scrapy copies its settings with all that is in them, and a connection has no copy."""
        return self

    def visit(self, url: str) -> Visit | None:
        """The last visit of this address, None without one.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        if self._archive is None:
            self._archive = Archive.open(self._path)
        seen_at: datetime | None = None
        confirmed = 0
        for capture in self._archive.index.newest_at(url, _LOOKED_AT):
            if is_unmodified(capture):
                seen_at = seen_at or capture.fetched_at
                confirmed += 1
            elif is_full(capture):
                validators = self._validators(capture)
                return Visit(
                    capture=capture.id,
                    seen_at=seen_at or capture.fetched_at,
                    fetched_at=capture.fetched_at,
                    etag=validators.etag,
                    last_modified=validators.last_modified,
                    confirmed=confirmed,
                )
        return None

    def close(self) -> None:
        """Let go of the archive; the next question opens it again."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def _validators(self, capture: Capture) -> Validators:
        assert self._archive is not None
        try:
            return validators_of(self._archive.record(capture.place).block)
        except Damaged:
            return Validators()  # the page is fetched in full, and kept whole once more
