"""The one place of a worker that writes to the archive: whatever the fetchers bring is taken in here.

The archive is opened when something comes, and let go of when nothing has come for a while, so that
commands can write to it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from archive.errors import ArchiveBusy, ArchiveError
from archive.store import Archive
from pipelines import flow
from pipelines.workers import Readers
from service.intake import Intake
from service.options import Settings
from service.pages.report import report_page

_T = TypeVar("_T")

LET_GO_SECONDS = 10.0  # of quiet before the archive is let go; no source: a person waits so long
_FILE_SECONDS = 0.02  # between two looks whether a page that is being read is ready to be filed
_IDLE_SECONDS = 0.25  # between two looks whether it is time to let go
_REPORT_SECONDS = 2.0  # for reports that nobody asked for yet: who brings a page waits no longer
_BUSY_SECONDS = 0.2  # between two tries to open an archive that another process writes to


class GaveUp(Exception):
    """Whoever waited for the archive needs it no more."""


class Desk:
    """Runs what is to be done with the archive, one after the other, in a thread of its own."""

    def __init__(
        self, archive: Path, readers: Readers, let_go_seconds: float = LET_GO_SECONDS
    ) -> None:
        self.path = archive
        self._settings = Settings(archive=archive, as_json=True)
        self._readers, self._let_go_seconds = readers, let_go_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._intake: Intake | None = None
        self._broken: list[Intake] = []  # whose pages are still to be told of
        self._used = time.monotonic()
        self._using = threading.Lock()
        self._closed_for = ""  # why another process of ours has the archive; "" while none has
        self._ended = threading.Event()
        self._woken = threading.Event()
        self._thread.submit(flow.warm_up)
        self._ticker = threading.Thread(target=self._tick, name="desk-ticker", daemon=True)
        self._ticker.start()

    def run(
        self,
        errand: Callable[[Intake], _T],
        waits: Callable[[str | None], None],
        gave_up: Callable[[], bool],
    ) -> _T:
        """What the errand gives, once it was done; `waits` hears what for, and None when it goes on.

        Raises:
            GaveUp: the archive was busy until `gave_up` said that nobody waits any more.
            ArchiveError: the archive cannot be used.
            Exception: whatever the errand raised.
        """
        said = ""
        while True:
            why, done = self._try(errand)
            if not why:
                break
            if gave_up():
                raise GaveUp(why)
            if why != said:
                said = why
                waits(why)
            time.sleep(_BUSY_SECONDS)
        if said:
            waits(None)
        self._woken.set()
        return done[0]

    def _try(self, errand: Callable[[Intake], _T]) -> tuple[str, list[_T]]:
        """Why it cannot be done now, "" when it was; and what it gave."""
        with self._using:
            if self._closed_for:
                return self._closed_for, []
            try:
                return "", [self._thread.submit(self._run, errand).result()]
            except ArchiveBusy as busy:
                return str(busy), []

    @contextmanager
    def closed(self, why: str, gave_up: Callable[[], bool]) -> Iterator[None]:
        """The archive is let go of while this lasts; what would write to it waits, and says `why`.

        Raises:
            GaveUp: it was closed for somebody else until `gave_up` said that nobody waits any more.
            ArchiveError: what was taken in could not be filed.
        """
        while not self._close_for(why):
            if gave_up():
                raise GaveUp(why)
            time.sleep(_BUSY_SECONDS)
        try:
            yield
        finally:
            self._closed_for = ""

    def _close_for(self, why: str) -> bool:
        with self._using:
            if self._closed_for:
                return False
            self._thread.submit(self._let_go).result()
            self._closed_for = why
            return True

    def close(self) -> None:
        """File what was taken in, and let go of the archive."""
        self._ended.set()
        self._woken.set()
        self._ticker.join()
        try:
            self._thread.submit(self._let_go).result()
        finally:
            self._thread.shutdown()

    def _run(self, errand: Callable[[Intake], _T]) -> _T:
        try:
            return errand(self._opened())
        except BaseException:
            self._break_off()
            raise
        finally:
            self._used = time.monotonic()

    def _opened(self) -> Intake:
        if self._intake is None:
            self._intake = Intake(self._settings, self._readers)
        while self._broken:
            self._intake.settle_left(self._broken[-1])
            self._broken.pop()
        return self._intake

    def _break_off(self) -> None:
        """After an error the archive is opened anew: what was kept by then is found and finished."""
        if self._intake is not None:
            broken, self._intake = self._intake, None
            self._broken.append(broken)
            with suppress(ArchiveError):
                broken.abandon()

    def _let_go(self) -> None:
        if self._intake is not None:
            leaving, self._intake = self._intake, None
            self._broken.append(leaving)
            with leaving:
                pass  # it files what is left
            self._broken.remove(leaving)
            self._report(leaving.fresh)

    def _report(self, versions: list[str]) -> None:
        """Make the reports of the works to which something came, so that nobody waits for them.

        Those within one language take no time and are not kept: they are left out.
        """
        until = time.monotonic() + _REPORT_SECONDS
        with suppress(ArchiveError), Archive.open(self.path) as archive:
            for key in versions:
                if self._ended.is_set() or time.monotonic() > until:
                    return
                if len(archive.index.work(key).documents) > 1:
                    report_page(archive, key)

    def _tick(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            with self._using:
                busy = not self._closed_for and self._thread.submit(self._proceed).result()
            self._woken.wait(_FILE_SECONDS if busy else _IDLE_SECONDS)

    def _proceed(self) -> bool:
        """Whether something is being read."""
        try:
            if self._broken:
                self._opened()
            if self._intake is None:
                return False
            busy = self._intake.proceed()
            if not busy and time.monotonic() - self._used > self._let_go_seconds:
                self._let_go()
        except ArchiveError:  # a full disk, or another writer: it is tried again at the next look
            self._break_off()
            return False
        return busy
