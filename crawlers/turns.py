"""Whose turn it is at a host, over all processes that fetch for one archive.

A crawl and a submission may be at one host at a time, each in a process of its own; the host sees one
visitor all the same: one request at a time, and the pause behind every answer, whoever got it. The
processes meet in one small file of fixed size. It is locked by the byte, so that the turn of a process that
dies is free at once, and who waits is next: a crawl does not take turn after turn past a submission.

Two hosts may share a place in the file by chance: then they wait for each other's answers, not for
each other's pauses.
"""

import fcntl
import hashlib
import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

FILE = "hosts.lock"  # in the archive folder
POLL_SECONDS = 0.02  # between two looks whether the turn is free
_PLACES = 1 << 14  # of 20 hosts that are visited at a time, two share one in 1 of 86 cases
_STATE = struct.Struct("<Qdd")  # host as a number; when it was last answered or asked, UTC; pause
_PLACE_BYTES = 32  # room for a state, and for two locks
_TURN, _NEXT = 0, 1  # bytes of a place: locked by who asks the host, by who is next


class Turns:
    """The turns at hosts, as one process of an archive takes them; for one thread."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """`path` is that of the file, made at the first turn; `clock` gives seconds since the epoch."""
        self._path, self._clock = path, clock
        self._descriptor = -1
        self._has: dict[tuple[int, int], int] = {}  # (place, byte) that we have locked: for whom

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Itself: Scrapy copies its settings with all that is in them, and a lock has no copy."""
        return self

    def begin(self, host: str, pause_seconds: float) -> float:
        """0 when it is our turn at the host, until `end`; else the seconds after which to ask again.

        `pause_seconds` is the least time since an answer to anybody.

        Raises:
            OSError: the file cannot be made or locked.
        """
        number, place = _place(host)
        if not (self._lock(number, place, _NEXT) and self._lock(number, place, _TURN)):
            return POLL_SECONDS
        left = self._left(number, place, pause_seconds)
        if left > 0:
            self._unlock(number, place, _TURN)  # we stay the next one
            return left
        self._note(number, place, pause_seconds)  # in case that we do not live to `end`
        self._unlock(number, place, _NEXT)
        return 0.0

    def end(self, host: str, pause_seconds: float) -> None:
        """Let the next one go, after the pause; for one that only waited for its turn, too."""
        number, place = _place(host)
        if self._has.get((place, _TURN)) == number:
            self._note(number, place, pause_seconds)
        for byte in (_TURN, _NEXT):
            self._unlock(number, place, byte)

    def _left(self, number: int, place: int, pause_seconds: float) -> float:
        """The rest of the pause; no clock that was set back makes it longer than a pause."""
        state = os.pread(self._descriptor, _STATE.size, place * _PLACE_BYTES)
        if len(state) < _STATE.size:
            return 0.0
        known, at, pause = _STATE.unpack(state)
        passed: float = max(self._clock() - at, 0.0)
        return max(pause, pause_seconds) - passed if known == number else 0.0

    def _note(self, number: int, place: int, pause_seconds: float) -> None:
        """Where the disk has no room, the others do not know of our pause; they still wait for our answer."""
        state = _STATE.pack(number, self._clock(), pause_seconds)
        with suppress(OSError):
            os.pwrite(self._descriptor, state, place * _PLACE_BYTES)

    def _lock(self, number: int, place: int, byte: int) -> bool:
        """Whether the byte of the place is locked for this host by us now."""
        if (place, byte) in self._has:
            return self._has[place, byte] == number
        if self._descriptor < 0:
            # Never closed before the process ends: that would unlock everything.
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        start = place * _PLACE_BYTES + byte
        with suppress(BlockingIOError, PermissionError):  # POSIX leaves open which of the two it is
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, start)
            self._has[place, byte] = number
            return True
        return False

    def _unlock(self, number: int, place: int, byte: int) -> None:
        if self._has.get((place, byte)) == number:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place * _PLACE_BYTES + byte)
            del self._has[place, byte]


def _place(host: str) -> tuple[int, int]:
    """The host as a number, and its place in the file."""
    number = int.from_bytes(hashlib.sha256(host.encode("utf-8", "surrogatepass")).digest()[:8])
    return number, number % _PLACES
