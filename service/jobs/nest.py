"""Fetching processes ahead of need: one is always warm, so that a page is asked for at once."""

import threading
from types import TracebackType
from typing import Self

from service.jobs.fetcher import Fetcher


class Nest:
    """Gives out fetchers, each once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._warm: Fetcher | None = None
        self._closed = False
        self.warm_up()

    def take(self) -> Fetcher:
        """A fetcher that waits for its order, or starts at this moment."""
        with self._lock:
            taken, self._warm = self._warm, None
        threading.Thread(target=self.warm_up, name="nest", daemon=True).start()
        return taken or Fetcher()

    def warm_up(self) -> None:
        """Have a fetcher ready."""
        with self._lock:
            if self._warm is None and not self._closed:
                self._warm = Fetcher()

    def close(self) -> None:
        """End the one that waits."""
        with self._lock:
            self._closed = True
            if self._warm is not None:
                self._warm.discard()
                self._warm = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
