"""What the archive says of earlier visits, for a crawl that goes on or comes again. Read only."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

from archive.captures import Body
from archive.errors import ArchiveError
from archive.message import parse
from archive.records import Capture
from archive.store import Archive

_HOPS = 10  # redirects that are followed: as many as a crawl follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that the archive holds."""

    url: str  # of the answer itself, behind its redirects
    seen_at: datetime  # UTC; when that address last answered with it
    body: Body


class Shelf:
    """The archive, open for looking things up while another part of the process writes to it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @classmethod
    def open(cls, path: Path) -> Self:
        """The shelf of the archive in this folder.

        Raises:
            ArchiveError: it cannot be read.
        """
        return cls(Archive.open(path))

    def close(self) -> None:
        """Let go of the folder."""
        self._archive.close()

    def acknowledged_at(self, url: str) -> datetime | None:
        """When the address last had an answer that need not be asked for again: a page or a plain no.

        Answers that the server or the connection failed at (5xx, 408, 429, cut off) do not count.
        """
        capture = self._settled(url)
        return capture.fetched_at if capture is not None else None

    def page(self, url: str, before: datetime | None = None) -> Kept | None:
        """The newest whole page of the address, of those fetched before a moment; None without one."""
        capture = self._settled(url, before)
        if capture is None:
            return None
        whole = [
            each
            for each in self._captures(capture.url, before)
            if 200 <= each.status < 300 and each.status != 204
        ]
        for each in reversed(whole):
            with suppress(ArchiveError):  # damaged or not here: an older one may do
                body = self._archive.body(each)
                return Kept(url=each.url, seen_at=capture.fetched_at, body=body)
        return None

    def first_seen(self, url: str, before: datetime) -> datetime | None:
        """When the address was first captured, if that was before a moment."""
        captures = self._captures(url, before)
        return captures[0].fetched_at if captures else None

    def _captures(self, url: str, before: datetime | None) -> list[Capture]:
        """Oldest first."""
        return [
            each
            for each in self._archive.index.captures_at(url)
            if before is None or each.fetched_at < before
        ]

    def _settled(self, url: str, before: datetime | None = None) -> Capture | None:
        """The newest settled capture of the address, or of where its redirects lead."""
        for _ in range(_HOPS + 1):
            captures = [each for each in self._captures(url, before) if _settles(each)]
            if not captures:
                return None
            newest = captures[-1]
            target = self._target(newest) if 300 <= newest.status < 400 else None
            if target is None:
                return newest
            url = target
        return None

    def _target(self, capture: Capture) -> str | None:
        """Where a redirect leads; None for a 304 and others that lead nowhere."""
        if capture.status in {300, 304}:
            return None
        try:
            location = parse(self._archive.record(capture.place).block).header("Location")
        except ArchiveError:
            return None
        return urljoin(capture.url, location.strip()) if location else None


def _settles(capture: Capture) -> bool:
    if capture.truncated in {"time", "disconnect"}:
        return False
    return 200 <= capture.status < 500 and capture.status not in {408, 425, 429}
