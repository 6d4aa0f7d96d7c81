"""Archives with a mistake planted in them: a harness that does not catch each of them proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archive import files, members, store
from archive.files import Appender
from archive.records import Place
from archive.sqlite_index import SqliteIndex
from archive.warc import Record

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
def changed(owner: Any, **parts: Any) -> Iterator[None]:
    """`owner`, such as a module, with other attributes."""
    before = {name: getattr(owner, name) for name in parts}
    for name, part in parts.items():
        setattr(owner, name, part)
    try:
        yield
    finally:
        for name, part in before.items():
            setattr(owner, name, part)


def _nothing(*_: object) -> None:
    """In place of what is left out."""


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

    read = members.read

    def present(path: Path, place: Place) -> Record:
        flush()
        return read(path, place)

    with ExitStack() as stack:
        stack.enter_context(changed(members, read=present))
        stack.enter_context(changed(Appender, append=delayed, sync=_nothing))
        stack.enter_context(changed(SqliteIndex, transaction=committed))
        yield
        flush()


def _no_recovery() -> AbstractContextManager[None]:
    return changed(store, catch_up=_nothing)


def _torn_tails_stay() -> AbstractContextManager[None]:
    def left(path: Path, start: int, folder: Path) -> Path:  # noqa: ARG001 - that of move_tail
        return path

    return changed(files, move_tail=left)


def _no_sync() -> AbstractContextManager[None]:
    return changed(Appender, sync=_nothing)


MUTANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "index before data": _index_before_data,
    "no recovery": _no_recovery,
    "torn tails stay": _torn_tails_stay,
    "no sync": _no_sync,
}
