"""The way of one foreign file into an archive, from its first byte to its last."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive import warc
from archive.captures import capture_of, same_answer
from archive.containers.parts import Damage, Found
from archive.errors import Damaged
from archive.imports.keeping import Keeping
from archive.members import walk
from archive.problems import Problem, revisit_flaws
from archive.progress import Note, Progress
from archive.proof import NOWHERE, Proof, proofs
from archive.records import Capture, Place
from archive.store import Archive
from archive.warc import Record

Advance = Callable[[int], None]  # gets the bytes of a file that were passed since the last call

_BATCH_RECORDS = 1000  # that share one fsync
_BATCH_BYTES = 32 << 20  # of their blocks
_NOTED_BYTES = 64 << 20  # of the file between two notes of how far it was taken
_CONCURRENT = "warc-concurrent-to"
_HERE = Place(warc="", offset=-1, length=0)  # of what is looked at: no other capture has it
_WAITING = 4  # requests that wait for their answer; tools write them side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one file held."""

    path: str
    records: int  # whole records that were read, of any kind
    captures: int  # answers that are in the archive now
    kept: int  # of them, those that were not there before
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """The capture that was read last, so that a request behind it finds it."""

    record: Record
    id: str  # of the capture
    fresh: bool  # it was not in the archive before


@dataclass(slots=True)
class _Stretch:
    """The part of the file that was taken since the last note."""

    records: int = 0  # before it
    problems: int = 0  # before it
    offset: int = 0  # of the last record that was seen
    taken: int = 0  # records at that offset
    start: int = 0  # offset at which it began
    captures: list[str] = field(default_factory=list)

    def begin(self, records: int, problems: int) -> None:
        """Begin anew behind the last record."""
        self.records, self.problems, self.start = records, problems, self.offset
        self.captures.clear()

    def see(self, offset: int) -> None:
        """Note that a record was read there."""
        self.taken = self.taken + 1 if offset == self.offset else 1
        self.offset = offset

    def is_long(self) -> bool:
        """Whether it is worth a note: reading it again would take a second."""
        return self.offset - self.start >= _NOTED_BYTES


class Journey:
    """One file on its way into an archive."""

    def __init__(
        self, archive: Archive, path: Path, keeping: Keeping, stop: int | None = None
    ) -> None:
        """Only the first `stop` bytes of the file are read, or all of it.

        Raises:
            OSError: it cannot be read.
        """
        self._archive, self._path, self._keeping = archive, path, keeping
        self._size = path.stat().st_size if stop is None else stop
        self._records = self._captures = self._kept = 0
        self._problems: list[Problem] = []
        self._taken: list[Capture] = []  # of the current batch
        self._revisits: list[tuple[int, str]] = []  # offset in the file, and id
        self._requests: list[Found] = []  # whose answer has not come yet
        self._answer: _Answer | None = None
        self._progress = Progress(archive.path, path)
        self._stretch = _Stretch()
        self._whole = False  # it was read to its end

    def run(self, then: Callable[[Capture], None], advance: Advance) -> ImportReport:
        """Take the whole file, a batch at a time, behind what was taken before."""
        notes, captures = self._progress.known(self._archive.index)
        for note in notes:
            self._records += note.records
            self._problems += (replace(each, path=str(self._path)) for each in note.problems)
        self._captures += len(captures)
        for capture in captures:
            then(capture)
        passed = 0
        if not notes or not notes[-1].ended:
            for offset in self._take_rest(notes[-1] if notes else None, then):
                advance(offset - passed)
                passed = offset
        advance(self._size - passed)
        return ImportReport(
            path=str(self._path),
            records=self._records,
            captures=self._captures,
            kept=self._kept,
            problems=tuple(self._problems),
        )

    def _take_rest(self, note: Note | None, then: Callable[[Capture], None]) -> Iterator[int]:
        """Take what stands behind the note; the offset behind each batch, once that is settled."""
        self._stretch.begin(self._records, len(self._problems))
        source = self._proved(note)
        more = True
        while more:
            with self._archive.batch():
                more = self._take_batch(source)
                self._keeping.write()
            taken = [self._as_written(each) for each in self._taken]
            self._stretch.captures += (each.id for each in taken)
            if more and not self._requests and self._stretch.is_long():
                self._note(ended=False)
            self._taken.clear()
            self._keeping.placed.clear()
            for capture in taken:
                then(capture)
            yield self._stretch.offset
        self._prove_revisits()
        self._note(ended=self._whole)

    def _as_written(self, capture: Capture) -> Capture:
        """The capture with its place; the original of a revisit may have come behind it."""
        if capture.kind == "revisit":
            return self._archive.index.capture(capture.id)
        return self._keeping.placed.get(capture.id, capture)

    def _note(self, *, ended: bool) -> None:
        """Keep how far this has come; at the end nothing when the file could not be read to its end."""
        stretch = self._stretch
        if ended or stretch.is_long():
            self._progress.add(
                Note(
                    offset=stretch.offset,
                    taken=stretch.taken,
                    records=self._records - stretch.records,
                    captures=tuple(stretch.captures),
                    problems=tuple(self._problems[stretch.problems :]),
                    ended=ended,
                )
            )
        stretch.begin(self._records, len(self._problems))

    def _proved(self, note: Note | None) -> Iterator[Proof]:
        """The records of the file behind the note; what is damaged becomes a problem."""
        start, passed = (note.offset, note.taken) if note else (0, 0)
        try:
            for proof in proofs(walk(self._path, start, self._size)):
                if isinstance(proof, Damage):
                    if not note or proof.offset > start:
                        self._problem(proof.code, proof.offset, proof.message)
                    continue
                self._stretch.see(proof.found.offset)
                if passed and proof.found.offset == start:
                    passed -= 1
                    continue
                self._records += 1
                yield proof
            self._whole = True
        except OSError as error:
            self._problem("unreadable", None, f"reading ended early: {error.strerror or error}")

    def _take_batch(self, source: Iterator[Proof]) -> bool:
        """Take records until the batch is full; whether there are more."""
        size = 0
        for count, proof in enumerate(source, 1):
            found = proof.found
            for flaw in proof.flaws:
                self._problem(flaw.code, found.offset, flaw.message)
            if proof.capture:
                self._take_answer(found, proof.capture)
            elif found.record.type == "request":
                self._take_request(found)
            size += len(found.record.block)
            if count >= _BATCH_RECORDS or size >= _BATCH_BYTES:
                return True
        return False

    def _take_answer(self, found: Found, shown: Capture) -> None:
        capture, known = self._as_capture(found.record, shown)
        if found.record.id and capture.id != found.record.id:
            why = f"another record has the id {found.record.id}; this one is {capture.id} here"
            self._problem("repeated-id", found.offset, why)
        if known is None:
            for request in self._requests:
                if _belong_together(request.record, found.record):
                    self._keeping.keep(request.record, request, capture.id)
            self._keeping.keep(capture, found, capture.id)
            self._kept += 1
        self._requests.clear()
        self._answer = _Answer(record=found.record, id=capture.id, fresh=known is None)
        self._captures += 1
        if capture.kind == "revisit":
            self._revisits.append((found.offset, capture.id))
        self._taken.append(known or capture)

    def _prove_revisits(self) -> None:
        """Hold each revisit against its original, which may stand behind it in the file."""
        for offset, key in self._revisits:
            try:
                record = self._archive.record(self._archive.index.capture(key).place)
            except Damaged:
                continue  # it was taken long ago; `verify` reports it
            for flaw in revisit_flaws(record, self._archive.known, self._archive.record):
                self._problem(flaw.code, offset, flaw.message)

    def _take_request(self, found: Found) -> None:
        if self._answer and _belong_together(found.record, self._answer.record):
            if self._answer.fresh:
                self._keeping.keep(found.record, found, self._answer.id)
            self._answer = None  # an answer has one request; another belongs to the next
            return
        self._requests = [*self._requests, found][-_WAITING:]

    def _as_capture(self, record: Record, shown: Capture) -> tuple[Capture, Capture | None]:
        """What the record is here, and whether that is here already, beside what it shows by itself."""
        if shown.kind != "revisit":
            known = self._keeping.known.capture(shown.id)
            if known is None or same_answer(shown, known):
                return shown, known
        capture = replace(capture_of(record, _HERE, self._keeping.known), place=NOWHERE)
        return capture, self._keeping.known.capture(capture.id)

    def _problem(self, code: str, offset: int | None, message: str) -> None:
        problem = Problem(code=code, path=str(self._path), offset=offset, message=message)
        self._problems.append(problem)


def _belong_together(request: Record, answer: Record) -> bool:
    """Whether they name each other, or, where neither names any, have one address and time."""
    named = {
        warc.bare_id(value)
        for record in (request, answer)
        if _CONCURRENT in record.named
        for name, value in record.headers
        if name.lower() == _CONCURRENT
    }
    if named:
        return bool(named & {request.id, answer.id})
    return (request.url, request.header("WARC-Date")) == (answer.url, answer.header("WARC-Date"))
