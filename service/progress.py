"""How far a command is: a bar for whoever sits at a terminal, figures for whoever runs it as a job."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from service import terminal

Advance = Callable[[int], None]  # gets what was passed since the last call
_TELL_SECONDS = 0.5  # between two figures for a listener; a person sees no finer ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Far:
    """How far a command is."""

    what: str  # it is at: the name of a file
    passed: int
    total: int  # of the same unit: bytes, or files


_listener: ContextVar[Callable[[Far], None] | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Callable[[Far], None]) -> Iterator[None]:
    """While this lasts, the listener is told how far the commands of this thread are."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def advancing(what: str, total: int, *, files: bool = False) -> Iterator[Advance]:
    """A bar on standard error for so many bytes, or `files`; nothing where that is no terminal."""
    listener = _listener.get()
    if listener is not None:
        told = _Told(listener, what, total)
        yield told.advance
        told.tell()
        return
    console = terminal.progress_console()
    count = MofNCompleteColumn() if files else DownloadColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what[:60], total=total)
        yield lambda passed: bar.advance(task, passed)


class _Told:
    """Tells a listener how far something is: now and then, and at its end."""

    def __init__(self, listener: Callable[[Far], None], what: str, total: int) -> None:
        self._listener, self._what, self._total = listener, what, total
        self._passed = 0
        self.tell()

    def advance(self, passed: int) -> None:
        """So much more was passed."""
        self._passed += passed
        if time.monotonic() - self._told_at >= _TELL_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        self._told_at = time.monotonic()
        self._listener(Far(what=self._what, passed=self._passed, total=self._total))
