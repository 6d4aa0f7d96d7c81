"""What handlers read from and hand to: archives and searches open for reading, jobs, schedules, tokens.

Handlers run in threads. An archive that is open for reading serves one of them at a time, so there is a
small stock of them; one whose index has been made anew since is opened again.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Generic, Protocol, TypeVar

from fastapi import Request

from archive.recovery import index_path
from archive.search import Search
from archive.searchable import path_of
from archive.store import Archive
from pipelines.search_form import search_in
from service.api.sessions import Sessions, key_beside
from service.api.tokens import Tokens, beside
from service.config import Config
from service.jobs import Jobs
from service.schedules import Schedules

_STOCK = 16  # that stay open between requests: a few file handles and 2 MB of cache each


class _Closable(Protocol):
    def close(self) -> None: ...


_T = TypeVar("_T", bound=_Closable)
_Files = tuple[tuple[int, int], ...]  # device and number of each


class Stock(Generic[_T]):
    """Things that are open on files, lent to one thread at a time and kept for the next."""

    def __init__(self, opens: Callable[[], _T], files: tuple[Path, ...]) -> None:
        self._opens = opens
        self._files = files
        self._lock = Lock()
        self._kept: list[tuple[_Files, _T]] = []

    @contextmanager
    def lend(self) -> Iterator[_T]:
        """One of them; it is closed when it was used without success, or one of its files is another."""
        with self._lock:
            seen, kept = self._kept.pop() if self._kept else ((), None)
        now = self._identity()
        # The number of a file that is open is not given to another one, so an equal one is the same.
        if kept is not None and seen != now:
            kept.close()
            kept = None
        lent = self._opens() if kept is None else kept
        done = False
        try:
            yield lent
            done = True
        finally:
            with self._lock:
                keeps = done and len(self._kept) < _STOCK
                if keeps:
                    self._kept.append((now, lent))
            if not keeps:
                lent.close()

    def close(self) -> None:
        """Close all that are not lent."""
        with self._lock:
            kept, self._kept = self._kept, []
        for _, each in kept:
            each.close()

    def _identity(self) -> _Files:
        return tuple(_number(path) for path in self._files)


class Opened:
    """Everything that a server has open; `close` lets go of it."""

    def __init__(self, config: Config) -> None:
        """Open the jobs, which makes an archive where there is none.

        Raises:
            ArchiveError: the folder is no archive, and cannot be made one.
            JobsUnreachable: the database of jobs cannot be used.
            NotKept: the disk would not take the key of the sessions.
        """
        path = config.archive
        self.config = config
        self.jobs = Jobs.open(config.database_url, path)
        self.schedules = Schedules(self.jobs, path)
        self.tokens = Tokens(beside(path))
        self.sessions = Sessions(self.tokens, key_beside(path))
        self._archives = Stock(lambda: Archive.open(path), (index_path(path),))
        self._searches = Stock(lambda: search_in(path), (index_path(path), path_of(path)))

    def archive(self) -> AbstractContextManager[Archive]:
        """An archive to look things up in, for this thread while the context lasts.

        Raises:
            NotAnArchive, NewerFormat, UnusableIndex: as for `Archive.open`.
        """
        return self._archives.lend()

    def search(self) -> AbstractContextManager[Search]:
        """The search of the archive, for this thread while the context lasts.

        Raises:
            NotAnArchive, NewerFormat, UnusableIndex: as for `Search.open`.
        """
        return self._searches.lend()

    def close(self) -> None:
        """Let go of files and connections."""
        self._searches.close()
        self._archives.close()
        self.jobs.close()


def opened(request: Request) -> Opened:
    """What the server that answers this request has open."""
    found = request.app.state.opened
    assert isinstance(found, Opened)
    return found


def _number(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:
        return (0, 0)
    return (state.st_dev, state.st_ino)
