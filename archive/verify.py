"""Proves that an archive is what was written. Never repairs, never writes into it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from archive import files, warc
from archive.errors import ArchiveError, Damaged, UnusableIndex
from archive.members import Damage, Found, walk
from archive.problems import Problem, digest_flaws, revisit_flaws
from archive.records import Place
from archive.recovery import warc_files
from archive.replay import Replay
from archive.sqlite_index import SqliteIndex
from archive.store import Archive

_SIDECAR = re.compile(r"([0-9a-f]{64}) [ *](\S+)\n\Z")
_SHOWN = 200  # differing rows that are named; more are counted
_INDEX = "index.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked, and what is wrong."""

    checked: dict[str, int]  # "files", "bytes", "records", "rows"
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_quickly(archive: Archive) -> Report:
    """Files there, long enough and sealed; the last record of each whole; the index sound in itself."""
    tally: Counter[str] = Counter(files=0, bytes=0, records=0, rows=0)
    problems = [*_index_problems(archive, tally), *_file_problems(archive, tally)]
    try:
        ends = archive.index.ends()
        for name, path in _present(archive):
            if name in ends:
                problems += _tail_problems(archive, path, ends[name], tally)
    except UnusableIndex as error:
        problems.append(_bad_index(str(error)))
    return Report(checked=dict(tally), problems=tuple(problems))


def verify_fully(archive: Archive) -> Report:
    """All of `verify_quickly`, every byte against its digests, and every row against the records.

    For that an index is made again beside the archive, in the folder for temporary files.
    """
    tally: Counter[str] = Counter(files=0, bytes=0, records=0, rows=0)
    problems = [*_index_problems(archive, tally), *_file_problems(archive, tally)]
    with TemporaryDirectory(prefix="variorum-verify-") as folder:
        again = SqliteIndex(Path(folder) / _INDEX, write=True)
        try:
            with again.transaction():
                for name, path in _present(archive):
                    problems += _sidecar_problems(path, name)
                    problems += _record_problems(archive, name, path, again, tally)
            problems += _differences(archive, again)
        finally:
            again.close()
    return Report(checked=dict(tally), problems=tuple(problems))


def _present(archive: Archive) -> Iterator[tuple[str, Path]]:
    """The WARC files that are there and of which the index knows something, by name."""
    indexed = archive.index.indexed()
    for name, path in warc_files(archive.path).items():
        if name in indexed or not path.name.endswith(files.OPEN_SUFFIX):
            yield name, path


def _extent(archive: Archive, name: str, path: Path) -> int:
    """How many bytes of the file are acknowledged: all of a sealed one."""
    if path.name.endswith(files.OPEN_SUFFIX):
        return archive.index.indexed().get(name, 0)
    return path.stat().st_size


def _index_problems(archive: Archive, tally: Counter[str]) -> Iterator[Problem]:
    try:
        for fault in archive.index.faults():
            yield _bad_index(fault)
        tally["rows"] = sum(archive.index.counts().values())
    except UnusableIndex as error:
        yield _bad_index(str(error))


def _bad_index(message: str) -> Problem:
    return Problem(code="bad-index", path=_INDEX, offset=None, message=message)


def _file_problems(archive: Archive, tally: Counter[str]) -> Iterator[Problem]:
    """Files that are missing, short, unsealed or strange."""
    indexed, present = archive.index.indexed(), warc_files(archive.path)
    for name in sorted(indexed.keys() - present.keys()):
        yield _file_problem("missing-warc", name, "the file is not there")
    for name, path in present.items():
        size, known = path.stat().st_size, indexed.get(name, 0)
        tally["files"] += 1
        tally["bytes"] += size
        if size < known:
            yield _file_problem("short-warc", name, f"{size} of {known} bytes are there", size)
        if path.name.endswith(files.OPEN_SUFFIX):
            continue  # what is behind the known part is not acknowledged, and may be growing
        if size > known:
            yield _file_problem("unindexed-bytes", name, f"{size - known} more bytes", known)
        if not _sidecar(path).exists():
            yield _file_problem("missing-sidecar", name, "no digest file lies beside it")
    ours = {path.name for path in present.values()}
    ours |= {Path(name).name + ".sha256" for name in present}
    for path in sorted((archive.path / "warc").iterdir()):
        if path.name not in ours and not path.name.endswith(".new"):
            yield _file_problem("stray-file", f"warc/{path.name}", "is no file of this archive")


def _file_problem(code: str, name: str, message: str, offset: int | None = None) -> Problem:
    return Problem(code=code, path=name, offset=offset, message=f"{name}: {message}.")


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sidecar_problems(path: Path, name: str) -> Iterator[Problem]:
    if path.name.endswith(files.OPEN_SUFFIX) or not _sidecar(path).exists():
        return
    text = _sidecar(path).read_bytes().decode("utf-8", "replace")
    found = _SIDECAR.match(text)
    if not found or found[2] != path.name:
        message = "its digest file is not in the form of sha256sum"
        yield _file_problem("sidecar-mismatch", name, message)
    elif found[1] != files.sha256(path):
        yield _file_problem("sidecar-mismatch", name, "it does not have the digest of its sidecar")


def _tail_problems(
    archive: Archive, path: Path, last: Place, tally: Counter[str]
) -> Iterator[Problem]:
    """What is wrong from the last indexed record of a file on."""
    extent = _extent(archive, last.warc, path)
    whole = 0
    for found in walk(path, last.offset, extent):
        if isinstance(found, Damage):
            yield _damage(found, last.warc)
        else:
            whole += 1
    tally["records"] += whole


def _damage(damage: Damage, name: str) -> Problem:
    message = f"{name} at byte {damage.offset}: {damage.message}."
    return Problem(code=damage.code, path=name, offset=damage.offset, message=message)


def _record_problems(
    archive: Archive, name: str, path: Path, again: SqliteIndex, tally: Counter[str]
) -> Iterator[Problem]:
    """What is wrong with each record of a file; what it says goes into the index `again`."""
    replay = Replay(again)
    extent = _extent(archive, name, path)
    try:
        for found in walk(path, 0, extent):
            if isinstance(found, Damage):
                yield _damage(found, name)
                continue
            tally["records"] += 1
            yield from _content_problems(archive, name, found)
            try:
                with again.transaction():
                    place = Place(warc=name, offset=found.offset, length=found.length)
                    replay.apply(found.record, place)
            except Damaged as error:
                yield _problem_at(name, found, "bad-metadata", error.why)
    except OSError as error:
        yield _file_problem("unreadable", name, f"cannot be read ({error.strerror})")
    if extent:
        again.set_indexed(name, extent)


def _content_problems(archive: Archive, name: str, found: Found) -> Iterator[Problem]:
    record = found.record
    if not found.length:
        yield _problem_at(name, found, "shared-member", "a gzip member does not hold one record")
    for flaw in digest_flaws(record):
        yield _problem_at(name, found, flaw.code, flaw.message)
    try:
        for flaw in revisit_flaws(record, archive.known, archive.record):
            yield _problem_at(name, found, flaw.code, flaw.message)
        about = warc.bare_id(record.header("WARC-Refers-To") or "")
        if record.type == "conversion" and archive.known.capture(about) is None:
            message = f"the text is of a capture {about!r} that is not here"
            yield _problem_at(name, found, "orphan-text", message)
    except ArchiveError as error:  # an index that cannot answer
        yield _bad_index(str(error))


def _problem_at(name: str, found: Found, code: str, message: str) -> Problem:
    text = f"{name} at byte {found.offset}: {message}."
    return Problem(code=code, path=name, offset=found.offset, message=text)


def _differences(archive: Archive, again: SqliteIndex) -> Iterator[Problem]:
    """Rows of the index that the records do not give, and the other way round."""
    try:
        pairs = zip_longest(archive.index.dump(), again.dump())
        if all(one == other for one, other in pairs):
            return
        stated, said = Counter(archive.index.dump()), Counter(again.dump())
    except UnusableIndex as error:
        yield _bad_index(str(error))
        return
    yield from _rows("row-without-record", stated - said)
    yield from _rows("record-without-row", said - stated)
    if stated == said:
        yield _bad_index("its rows are not in the order of the records")


def _rows(code: str, rows: Counter[str]) -> Iterator[Problem]:
    for row in sorted(rows)[:_SHOWN]:
        yield Problem(code=code, path=_INDEX, offset=None, message=row[:400])
    if len(rows) > _SHOWN:
        message = f"{len(rows) - _SHOWN} more rows like these."
        yield Problem(code=code, path=_INDEX, offset=None, message=message)
