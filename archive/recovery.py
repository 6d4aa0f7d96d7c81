"""Brings the index up to what the WARCs hold: after a crash, or for a rebuild."""

from collections.abc import Callable, Iterator
from pathlib import Path

from archive import files, kept_reports, members, searchable, unit_vectors
from archive.errors import Damaged
from archive.index import Index
from archive.members import Damage
from archive.records import Place
from archive.remote.reading import Elsewhere
from archive.replay import Replay
from archive.writer import serial_of

Advance = Callable[[int], None]  # gets the number of files that were passed since the last call
_BATCH = 1000  # records indexed in one transaction


def index_path(archive: Path) -> Path:
    """The index file of an archive folder."""
    return archive / "index.sqlite"


def drop_index(archive: Path) -> None:
    """Delete the index and the search file, which can be made again from the WARCs."""
    searchable.drop(archive)
    unit_vectors.drop(archive)
    kept_reports.drop(archive)
    for suffix in (files.SIDECAR_SUFFIX, "", "-wal", "-shm"):
        path = index_path(archive)
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def warc_files(archive: Path) -> dict[str, Path]:
    """The WARC files of an archive by their names in the index, in the order of writing.

    A file that is still open is found under the name that it will have.

    Raises:
        NotKept: the folder cannot be read, as when the process has no file handle left.
    """
    found = {}
    for path in files.listed(archive / "warc"):
        final = path.name.removesuffix(files.OPEN_SUFFIX)
        if serial_of(path) and final.endswith(".warc.gz"):
            found[f"warc/{final}"] = path
    return found


def unheard(_: int) -> None:
    """Nobody wants to know how far it is."""


def catch_up(archive: Path, index: Index, advance: Advance = unheard) -> None:
    """Index every record that is not indexed yet; move torn tails to quarantine; seal what was left open.

    Files that are only elsewhere are read from there. `advance` hears of each file behind it.

    Raises:
        NotKept: the disk would not take what this writes; it can be tried again.
        RemoteError: the store that has a file failed; it can be tried again.
    """
    done = index.indexed()
    replay = Replay(index)
    elsewhere = Elsewhere(archive)
    here, away = warc_files(archive), elsewhere.sizes()
    for name in sorted(here.keys() | away.keys()):
        start = done.get(name, 0)
        if name in here:
            _catch_up_with(here[name], name, start, index, replay)
        elif away[name] > start:
            walk = elsewhere.walk(name, start, away[name])
            _index_rest(walk, name, index, replay, away[name])
        advance(1)


def _catch_up_with(path: Path, name: str, start: int, index: Index, replay: Replay) -> None:
    left_open = path.name.endswith(files.OPEN_SUFFIX)
    size = path.stat().st_size
    if size > start:
        walk = members.walk(path, start)
        end = _index_rest(walk, name, index, replay, None if left_open else size)
        if left_open and path.stat().st_size > end:
            files.move_tail(path, end, path.parents[1] / "quarantine")
    if left_open and path.stat().st_size:
        files.seal(path)
    elif left_open:  # its writer died before the first record was whole
        path.unlink()


def _index_rest(
    walk: Iterator[members.Found | Damage],
    name: str,
    index: Index,
    replay: Replay,
    sealed_size: int | None,  # bytes; None: the file is still open
) -> int:
    """Index the records that are not; the offset behind the last whole one."""
    start = index.indexed().get(name, 0)
    # Behind what was acknowledged only the end can be torn, and what a torn record holds
    # is no record; a file without any index may be damaged in its middle and good behind that.
    resumes = start == 0
    end = start
    more = True
    while more:
        more = False
        with index.transaction():
            for count, found in enumerate(walk, 1):
                if isinstance(found, Damage):
                    if resumes:
                        continue  # verify reports it
                    break
                end = found.offset + found.length
                _apply(replay, index, found, name)
                if count >= _BATCH:
                    more = True
                    break
            if end:
                index.set_indexed(name, end if more or sealed_size is None else sealed_size)
    return end


def _apply(replay: Replay, index: Index, found: members.Found, name: str) -> None:
    try:
        with index.transaction():
            replay.apply(found.record, Place(warc=name, offset=found.offset, length=found.length))
    except Damaged:
        pass  # a statement that makes no sense states nothing; verify reports it
