"""Takes over the WARC files of others: their answers, and the requests for them, byte for byte.

What is not taken: texts, readings and refusals (they are ours to make), `warcinfo`, and records of other
kinds. A record that was taken before is passed by, so an import can be repeated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive import warc
from archive.captures import is_capture
from archive.errors import Damaged, UnknownKey
from archive.members import Damage, Found, walk
from archive.problems import Problem, flaws_of, revisit_flaws
from archive.records import Capture
from archive.store import Archive
from archive.warc import Record

_BATCH_RECORDS = 200  # that share one fsync
_BATCH_BYTES = 8 << 20
_WAITING = 4  # requests that wait for their answer; tools write them side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one file held."""

    path: str
    records: int  # whole records that were read, of any kind
    captures: int  # answers that are in the archive now
    kept: int  # of them, those that were not there before
    problems: tuple[Problem, ...]


def import_warc(archive: Archive, path: Path, then: Callable[[Capture], None]) -> ImportReport:
    """Take over the file at `path`, which is gzip or plain WARC 1.0 or 1.1.

    `then` gets every capture of the file once it is on the disk, in order, also those that were there
    before: what an interrupted import left undone can be done then. Damage never stops the import.

    Raises:
        NotKept: the archive's disk would not take it; what `then` has got is kept.
    """
    try:
        with path.open("rb") as handle:
            return _Import(archive, path, handle).run(then)
    except OSError as error:
        why = f"{path} cannot be read ({error.strerror or error})."
        problem = Problem(code="unreadable", path=str(path), offset=None, message=why)
        return ImportReport(path=str(path), records=0, captures=0, kept=0, problems=(problem,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """The capture that was read last, so that a request behind it finds it."""

    record: Record
    fresh: bool  # it was not in the archive before


class _Import:
    """One file on its way into an archive."""

    def __init__(self, archive: Archive, path: Path, handle: BinaryIO) -> None:
        self._archive = archive
        self._path = path
        self._handle = handle
        self._records = self._captures = self._kept = 0
        self._problems: list[Problem] = []
        self._taken: list[Capture] = []  # of the current batch
        self._revisits: list[tuple[int, Capture]] = []  # with the offset in the file
        self._requests: list[Found] = []  # whose answer has not come yet
        self._answer: _Answer | None = None

    def run(self, then: Callable[[Capture], None]) -> ImportReport:
        """Take the whole file, a batch at a time."""
        source = self._readable()
        more = True
        while more:
            with self._archive.batch():
                more = self._take_batch(source)
            taken, self._taken = self._taken, []
            for capture in taken:
                then(capture)
        self._prove_revisits()
        return ImportReport(
            path=str(self._path),
            records=self._records,
            captures=self._captures,
            kept=self._kept,
            problems=tuple(self._problems),
        )

    def _readable(self) -> Iterator[Found]:
        """The records of the file; what is damaged becomes a problem."""
        try:
            for found in walk(self._path):
                if isinstance(found, Damage):
                    self._problem(found.code, found.offset, found.message)
                else:
                    self._records += 1
                    yield found
        except OSError as error:
            self._problem("unreadable", None, f"reading ended early: {error.strerror or error}")

    def _take_batch(self, source: Iterator[Found]) -> bool:
        """Take records until the batch is full; whether there are more."""
        size = 0
        for count, found in enumerate(source, 1):
            for flaw in flaws_of(found.record):
                self._problem(flaw.code, found.offset, flaw.message)
            if is_capture(found.record):
                self._take_answer(found)
            elif found.record.type == "request":
                self._take_request(found)
            size += len(found.record.block)
            if count >= _BATCH_RECORDS or size >= _BATCH_BYTES:
                return True
        return False

    def _take_answer(self, found: Found) -> None:
        capture = self._archive.as_capture(found.record)
        if found.record.id and capture.id != found.record.id:
            why = f"another record has the id {found.record.id}; this one is {capture.id} here"
            self._problem("repeated-id", found.offset, why)
        known = self._known(capture.id)
        if known is None:
            for request in self._requests:
                if _belong_together(request.record, found.record):
                    self._copy(request)
            self._copy(found)
            self._kept += 1
        self._requests.clear()
        self._answer = _Answer(record=found.record, fresh=known is None)
        self._captures += 1
        kept = known or self._archive.index.capture(capture.id)
        if kept.kind == "revisit":
            self._revisits.append((found.offset, kept))
        self._taken.append(kept)

    def _prove_revisits(self) -> None:
        """Hold each revisit against its original, which may stand behind it in the file."""
        for offset, capture in self._revisits:
            try:
                record = self._archive.record(capture.place)
            except Damaged:
                continue  # it was taken long ago; `verify` reports it
            for flaw in revisit_flaws(record, self._archive.known, self._archive.record):
                self._problem(flaw.code, offset, flaw.message)

    def _take_request(self, found: Found) -> None:
        if self._answer and _belong_together(found.record, self._answer.record):
            if self._answer.fresh:
                self._copy(found)
            self._answer = None  # an answer has one request; another belongs to the next
            return
        self._requests = [*self._requests, found][-_WAITING:]

    def _copy(self, found: Found) -> None:
        if found.length and all(flaw.code != "no-record-end" for flaw in found.record.flaws):
            self._handle.seek(found.offset)
            member = self._handle.read(found.length)
        else:
            member = warc.to_member(found.record)
        self._archive.take_member(found.record, member)

    def _known(self, id: str) -> Capture | None:
        try:
            return self._archive.index.capture(id)
        except UnknownKey:
            return None

    def _problem(self, code: str, offset: int | None, message: str) -> None:
        problem = Problem(code=code, path=str(self._path), offset=offset, message=message)
        self._problems.append(problem)


def _belong_together(request: Record, answer: Record) -> bool:
    """Whether they name each other, or, where neither names any, have one address and time."""
    named = {
        warc.bare_id(value)
        for record in (request, answer)
        for name, value in record.headers
        if name.lower() == "warc-concurrent-to"
    }
    if named:
        return bool(named & {request.id, answer.id})
    return (request.url, request.header("WARC-Date")) == (answer.url, answer.header("WARC-Date"))
