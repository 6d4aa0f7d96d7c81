"""Proves that an archive is what was written. Never repairs, never writes into it."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from archive import searchable
from archive.containers.parts import Damage
from archive.errors import UnusableIndex
from archive.index import Index
from archive.index_seal import seal_fault
from archive.members import walk
from archive.problems import Problem
from archive.records import Place
from archive.recovery import Advance, index_path, unheard, warc_files
from archive.replay import is_adopted
from archive.sqlite_index import SqliteIndex
from archive.store import Archive
from archive.verify import adopted, presence, rows
from archive.verify.records import Prover, Recompute
from archive.verify.report import INDEX, Report, of_damage, of_file, of_index
from archive.verify.rounds import Chosen

__all__ = ["Chosen", "Recompute", "Report", "verify_fully", "verify_partly", "verify_quickly"]


def verify_quickly(archive: Archive) -> Report:
    """Files there, long enough and sealed; the last record of each whole; the index sound in itself."""
    check = _Check(archive)
    for name, path in check.present.items():
        if last := check.ends.get(name):
            check.prove_tail(path, last)
    return check.report()


def verify_fully(
    archive: Archive, recompute: Recompute | None = None, advance: Advance = unheard
) -> Report:
    """All of `verify_quickly`, every byte against its digests, and every row against the records.

    For that an index is made again beside the archive, in the folder for temporary files. With
    `recompute`, the key of every text is worked out again. `advance` hears of each file behind it.
    """
    check = _Check(archive, advance)
    with TemporaryDirectory(prefix="variorum-verify-") as folder:
        again = SqliteIndex(Path(folder) / INDEX, write=True, lasting=False)
        try:
            with again.transaction():
                ours = sorted({*check.present, *check.away})
                check.prove((*ours, *check.adopted), again, recompute)
                check.compare(again)
        finally:
            again.close()
    return check.report()


def verify_partly(
    archive: Archive, chosen: Chosen, recompute: Recompute | None = None, advance: Advance = unheard
) -> Report:
    """All of `verify_quickly`, and every byte of the chosen files against its digests.

    Their captures are looked up in the index; the rows are not all compared, because what they say follows
    from all records in their order.
    """
    check = _Check(archive, advance)
    check.prove(chosen.names, None, recompute, chosen.seconds)
    return check.report()


class _Check:
    """One check of one archive, on its way. What concerns the index alone is done at the start."""

    def __init__(self, archive: Archive, advance: Advance = unheard) -> None:
        self._advance = advance
        self.problems: list[Problem] = []
        self.ends: dict[str, Place] = {}
        self._proved: list[str] = []
        self._indexed: dict[str, int] = {}
        self.adopted: dict[str, int] = {}  # bytes of the files of others that are referred to
        self._archive = archive
        self._index_answers = True
        self._tally: Counter[str] = Counter(files=0, bytes=0, records=0, rows=0)
        found = warc_files(archive.path)
        self.away = archive.elsewhere.sizes()  # files that are only elsewhere, which are read there
        if fault := seal_fault(index_path(archive.path)):
            self.problems.append(of_index(fault))
        with self._asking():
            self.problems += [of_index(fault) for fault in archive.index.faults()]
            self.problems += [of_index(fault) for fault in searchable.faults(archive.path)]
            self._tally["rows"] = sum(archive.index.counts().values())
            self.ends = archive.index.ends()
            self.problems += _returned(archive)
        with self._asking():
            self._indexed = {name: int(size) for name, size in archive.index.indexed().items()}
            self.adopted = {name: n for name, n in self._indexed.items() if is_adopted(name)}
            ours = self._indexed.keys() - self.adopted.keys()
            self.problems += presence.missing(ours, found.keys() | self.away.keys())
            self.problems += adopted.presence(archive.path, self.adopted)
            self._tally["files"] += len(self.adopted)
            self._tally["bytes"] += sum(self.adopted.values())
        for name, path in found.items():
            known = self._indexed.get(name, 0)
            self._tally["files"] += 1
            self._tally["bytes"] += path.stat().st_size
            self.problems += presence.length_problems(
                name, path, known, index_answers=self._index_answers
            )
        known_names = found.keys() | self.away.keys()
        self.problems += presence.strays(archive.path / "warc", known_names)
        self.present = {  # the WARC files that are there and hold anything that was acknowledged
            name: path
            for name, path in found.items()
            if name in self._indexed or not presence.is_open(path)
        }

    def report(self) -> Report:
        """What came out."""
        return Report(
            checked=dict(self._tally),
            problems=tuple(self.problems),
            proved=tuple(self._proved),
            left=len(self.present) + len(self.away) + len(self.adopted) - len(self._proved),
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Questions to the index; that it cannot answer is said once."""
        try:
            yield
        except (UnusableIndex, sqlite3.Error, msgspec.MsgspecError, ValueError, TypeError) as error:
            if self._index_answers:
                senseless = "" if isinstance(error, UnusableIndex) else "a row makes no sense: "
                self.problems.append(of_index(f"{senseless}{error}"))
            self._index_answers = False

    def _extent(self, name: str, path: Path) -> int:
        """How many bytes of the file are acknowledged: all of a sealed one."""
        return self._indexed.get(name, 0) if presence.is_open(path) else path.stat().st_size

    def prove_tail(self, path: Path, last: Place) -> None:
        """Walk a file from the last record that the index names."""
        with self._asking():  # the place is the index's word
            for found in walk(path, last.offset, self._extent(last.warc, path)):
                if isinstance(found, Damage):
                    self.problems.append(of_damage(found, last.warc))
                else:
                    self._tally["records"] += 1

    def prove(
        self,
        names: tuple[str, ...],
        again: SqliteIndex | None,
        recompute: Recompute | None,
        seconds: float | None = None,
    ) -> None:
        """Prove all of these files, or as many as can be begun in so many seconds, one at least."""
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            prover = Prover(self._archive, again, pool, self._asking, recompute)
            for name in names:
                late = seconds is not None and time.monotonic() - began >= seconds
                known = name in self.present or name in self.away or name in self.adopted
                if not known or (late and self._proved):
                    continue
                if name in self.adopted:
                    self._prove_adopted(name, again or self._archive.index, pool)
                elif name in self.away:
                    self.problems += prover.prove_elsewhere(name, self.away[name])
                else:
                    path = self.present[name]
                    self.problems += prover.prove(name, path, self._extent(name, path))
                self._proved.append(name)
                self._advance(1)
            self._tally["records"] += prover.records

    def _prove_adopted(self, name: str, index: Index, pool: Executor) -> None:
        with self._asking():
            records, found = adopted.prove(self._archive, index, name, pool)
            self._tally["records"] += records
            self.problems += found

    def compare(self, again: SqliteIndex) -> None:
        """Find rows of the index that the records do not give, and the other way round."""
        with self._asking():
            self.problems += rows.differences(self._archive.index, again)


def _returned(archive: Archive) -> Iterator[Problem]:
    """Captures that were taken down and are in the archive again."""
    for gone in archive.index.tombstones():
        again = archive.known.capture(gone.capture)
        if again is not None:
            message = f"the capture {gone.capture}, taken down by {gone.by}, is there again"
            yield of_file("taken-down", again.place.warc, message, again.place.offset)
