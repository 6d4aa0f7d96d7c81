"""Proves that an archive is what was written. Never repairs, never writes into it."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from archive import files, warc
from archive.errors import Damaged, UnusableIndex
from archive.members import Damage, Found, walk
from archive.problems import Problem, digest_flaws, revisit_flaws
from archive.records import Place
from archive.recovery import warc_files
from archive.replay import Replay
from archive.sqlite_index import SqliteIndex
from archive.store import Archive
from archive.validators import unfounded
from archive.warc import Record

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
    check = _Check(archive)
    for name, path in check.present():
        if last := check.ends.get(name):
            check.prove_tail(path, last)
    return check.report()


def verify_fully(archive: Archive) -> Report:
    """All of `verify_quickly`, every byte against its digests, and every row against the records.

    For that an index is made again beside the archive, in the folder for temporary files.
    """
    check = _Check(archive)
    with TemporaryDirectory(prefix="variorum-verify-") as folder:
        again = SqliteIndex(Path(folder) / _INDEX, write=True)
        try:
            with again.transaction():
                for name, path in check.present():
                    check.problems += _sidecar_problems(path, name)
                    check.prove_records(name, path, again)
            check.compare(again)
        finally:
            again.close()
    return check.report()


class _Check:
    """One check of one archive, on its way. What concerns the index alone is done at the start."""

    def __init__(self, archive: Archive) -> None:
        self.problems: list[Problem] = []
        self.indexed: dict[str, int] = {}
        self.ends: dict[str, Place] = {}
        self._archive = archive
        self._index_answers = True
        self._asked: Record | None = None  # the request that was walked last
        self._tally: Counter[str] = Counter(files=0, bytes=0, records=0, rows=0)
        self._files = warc_files(archive.path)
        with self._asking():
            self.problems += [_bad_index(fault) for fault in archive.index.faults()]
            self._tally["rows"] = sum(archive.index.counts().values())
            self.ends = archive.index.ends()
        with self._asking():
            self.indexed = archive.index.indexed()
            self.problems += _missing(self.indexed, self._files)
        self.problems += self._file_problems()

    def report(self) -> Report:
        """What came out."""
        return Report(checked=dict(self._tally), problems=tuple(self.problems))

    def present(self) -> Iterator[tuple[str, Path]]:
        """The WARC files that are there and hold anything that was acknowledged, by name."""
        for name, path in self._files.items():
            if name in self.indexed or not _is_open(path):
                yield name, path

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Questions to the index; that it cannot answer is said once."""
        try:
            yield
        except UnusableIndex as error:
            if self._index_answers:
                self.problems.append(_bad_index(str(error)))
            self._index_answers = False

    def _file_problems(self) -> Iterator[Problem]:
        """Files that are short, unsealed or strange."""
        for name, path in self._files.items():
            size, known = path.stat().st_size, self.indexed.get(name, 0)
            self._tally["files"] += 1
            self._tally["bytes"] += size
            if size < known:
                yield _file_problem("short-warc", name, f"{size} of {known} bytes are there", size)
            if _is_open(path):
                continue  # what is behind the known part is not acknowledged, and may be growing
            if size > known and self._index_answers:
                yield _file_problem("unindexed-bytes", name, f"{size - known} more bytes", known)
            if not _sidecar(path).exists():
                yield _file_problem("missing-sidecar", name, "no digest file lies beside it")
        ours = {path.name for path in self._files.values()}
        ours |= {Path(name).name + ".sha256" for name in self._files}
        for path in sorted((self._archive.path / "warc").iterdir()):
            if path.name not in ours and not path.name.endswith(".new"):
                yield _file_problem("stray-file", f"warc/{path.name}", "is no file of this archive")

    def _extent(self, name: str, path: Path) -> int:
        """How many bytes of the file are acknowledged: all of a sealed one."""
        return self.indexed.get(name, 0) if _is_open(path) else path.stat().st_size

    def prove_tail(self, path: Path, last: Place) -> None:
        """Walk a file from the last record that the index names."""
        for found in walk(path, last.offset, self._extent(last.warc, path)):
            if isinstance(found, Damage):
                self.problems.append(_damage(found, last.warc))
            else:
                self._tally["records"] += 1

    def prove_records(self, name: str, path: Path, again: SqliteIndex) -> None:
        """Walk all of a file; what its records say goes into the index `again`."""
        replay = Replay(again)
        extent = self._extent(name, path)
        try:
            for found in walk(path, 0, extent):
                if isinstance(found, Damage):
                    self.problems.append(_damage(found, name))
                    continue
                self._tally["records"] += 1
                self.problems += self._content_problems(name, found)
                try:
                    with again.transaction():
                        place = Place(warc=name, offset=found.offset, length=found.length)
                        replay.apply(found.record, place)
                except Damaged as error:
                    self.problems.append(_problem_at(name, found, "bad-metadata", error.why))
        except OSError as error:
            message = f"cannot be read ({error.strerror})"
            self.problems.append(_file_problem("unreadable", name, message))
        if extent:
            again.set_indexed(name, extent)

    def _content_problems(self, name: str, found: Found) -> Iterator[Problem]:
        record, archive = found.record, self._archive
        if not found.length:
            yield _problem_at(name, found, "shared-member", "a gzip member holds not one record")
        for flaw in digest_flaws(record):
            yield _problem_at(name, found, flaw.code, flaw.message)
        with self._asking():
            for flaw in revisit_flaws(record, archive.known, archive.record):
                yield _problem_at(name, found, flaw.code, flaw.message)
            if why := self._unfounded(record):
                yield _problem_at(name, found, "revisit-mismatch", why)
            about = warc.bare_id(record.header("WARC-Refers-To") or "")
            if record.type == "conversion" and archive.known.capture(about) is None:
                message = f"the text is of a capture {about!r} that is not here"
                yield _problem_at(name, found, "orphan-text", message)

    def _unfounded(self, record: Record) -> str:
        """What is wrong with a 304 beside its request, which stands right before it; "" for others."""
        if record.type == "request":
            self._asked = record
        asked, archive = self._asked, self._archive
        if asked is None or record.type != "revisit":
            return ""
        if warc.bare_id(asked.header("WARC-Concurrent-To") or "") != record.id:
            return ""
        return unfounded(record, asked, archive.known, archive.record)

    def compare(self, again: SqliteIndex) -> None:
        """Find rows of the index that the records do not give, and the other way round."""
        stated: Counter[str] = Counter()
        with self._asking():
            if all(one == other for one, other in zip_longest(self._dump(), again.dump())):
                return
            stated.update(self._dump())
        if not self._index_answers:
            return
        said = Counter(again.dump())
        self.problems += _rows("row-without-record", stated - said)
        self.problems += _rows("record-without-row", said - stated)
        if stated == said:
            self.problems.append(_bad_index("its rows are not in the order of the records"))

    def _dump(self) -> Iterator[str]:
        return self._archive.index.dump()


def _missing(indexed: dict[str, int], present: dict[str, Path]) -> Iterator[Problem]:
    for name in sorted(indexed.keys() - present.keys()):
        yield _file_problem("missing-warc", name, "the file is not there")


def _is_open(path: Path) -> bool:
    return path.name.endswith(files.OPEN_SUFFIX)


def _bad_index(message: str) -> Problem:
    return Problem(code="bad-index", path=_INDEX, offset=None, message=message)


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


def _damage(damage: Damage, name: str) -> Problem:
    message = f"{name} at byte {damage.offset}: {damage.message}."
    return Problem(code=damage.code, path=name, offset=damage.offset, message=message)


def _problem_at(name: str, found: Found, code: str, message: str) -> Problem:
    text = f"{name} at byte {found.offset}: {message}."
    return Problem(code=code, path=name, offset=found.offset, message=text)


def _rows(code: str, rows: Counter[str]) -> Iterator[Problem]:
    for row in sorted(rows)[:_SHOWN]:
        yield Problem(code=code, path=_INDEX, offset=None, message=row[:400])
    if len(rows) > _SHOWN:
        message = f"{len(rows) - _SHOWN} more rows like these."
        yield Problem(code=code, path=_INDEX, offset=None, message=message)
