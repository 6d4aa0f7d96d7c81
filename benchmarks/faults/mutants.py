"""Archives with a mistake planted in them: a harness that does not catch each of them proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archive import files, store
from archive.files import Appender
from archive.sqlite_index import SqliteIndex

SOUND = "none"


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The archive with this mistake, one of MUTANTS, in this process; SOUND leaves it as it is."""
    if name == SOUND:
        yield
        return
    with MUTANTS[name]():
        yield


@contextmanager
def _changed(owner: Any, **parts: Any) -> Iterator[None]:
    """`owner` with other attributes."""
    before = {name: getattr(owner, name) for name in parts}
    for name, part in parts.items():
        setattr(owner, name, part)
    try:
        yield
    finally:
        for name, part in before.items():
            setattr(owner, name, part)


@contextmanager
def _index_before_data() -> Iterator[None]:
    """What is appended reaches the file only when the index has committed."""
    held: list[tuple[Appender, bytes]] = []
    append, transaction = Appender.append, SqliteIndex.transaction

    def flush() -> None:
        for file, data in held:
            file.size -= len(data)
        for file, data in held:
            append(file, data)
        held.clear()

    def delayed(self: Appender, data: bytes) -> int:
        start = self.size
        held.append((self, data))
        self.size += len(data)
        return start

    @contextmanager
    def committed(self: SqliteIndex) -> Iterator[None]:
        with transaction(self):
            yield
        if not self._db.in_transaction:
            flush()

    with ExitStack() as stack:
        stack.enter_context(_changed(Appender, append=delayed, sync=lambda self: None))
        stack.enter_context(_changed(SqliteIndex, transaction=committed))
        yield
        flush()


def _no_recovery() -> AbstractContextManager[None]:
    return _changed(store, catch_up=lambda path, index: None)


def _torn_tails_stay() -> AbstractContextManager[None]:
    def left(path: Path, start: int, folder: Path) -> Path:  # noqa: ARG001 - that of move_tail
        return path

    return _changed(files, move_tail=left)


def _no_sync() -> AbstractContextManager[None]:
    return _changed(Appender, sync=lambda self: None)


MUTANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "index before data": _index_before_data,
    "no recovery": _no_recovery,
    "torn tails stay": _torn_tails_stay,
    "no sync": _no_sync,
}
