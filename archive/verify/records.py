"""Every record of a WARC file: proved by its digests, and held against what it is about and the index."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import msgspec

from archive import files, warc
from archive.captures import same_answer
from archive.containers.parts import Damage, Found
from archive.errors import Damaged, UnknownKey
from archive.members import walk
from archive.problems import Problem, revisit_flaws
from archive.proof import Proof, proofs
from archive.records import Capture, Fingerprint, Place, Reading
from archive.replay import READING_TYPE, Filed, Replay
from archive.sqlite_index import SqliteIndex
from archive.store import Archive
from archive.validators import unfounded
from archive.verify.presence import is_open, sidecar_problems
from archive.verify.report import of_damage, of_file, of_record
from archive.warc import Record

Recompute = Callable[[Reading], Fingerprint | None]  # None: by a recipe that it does not know
Asking = Callable[[], AbstractContextManager[None]]

_DIGESTS = {"block-digest", "payload-digest"}  # flaws of a record that tell of damage


class Prover:
    """Proves files one after the other, and hands what their records say to a second index."""

    def __init__(
        self,
        archive: Archive,
        again: SqliteIndex | None,
        pool: Executor,
        asking: Asking,
        recompute: Recompute | None,
    ) -> None:
        """`asking` is a context for questions to the index; `again` is None where no rows are compared."""
        self.records = 0
        self._archive, self._again, self._pool = archive, again, pool
        self._asking, self._recompute = asking, recompute
        self._replay = Replay(again) if again else None
        self._asked: Record | None = None  # the request that was walked last
        self._text = ("", "")  # id and text of the conversion that was walked last

    def prove(self, name: str, path: Path, extent: int) -> Iterator[Problem]:
        """Everything that is wrong in the first `extent` bytes of a file, and between it and its sidecar."""
        try:
            hashed = None if is_open(path) else self._pool.submit(files.sha256, path)
            yield from self._walked(name, walk(path, 0, extent))
            if hashed:
                yield from sidecar_problems(name, path, hashed.result())
        except OSError as error:
            yield of_file("unreadable", name, f"cannot be read ({error.strerror})")
        if extent and self._again:
            self._again.set_indexed(name, extent)

    def prove_elsewhere(self, name: str, extent: int) -> Iterator[Problem]:
        """Everything that is wrong in a file that is only elsewhere, as it streams by.

        Raises:
            RemoteError: the store that has it failed.
        """
        yield from self._walked(name, self._archive.elsewhere.walk(name, 0, extent))
        if self._again:
            self._again.set_indexed(name, extent)

    def _walked(self, name: str, walk: Iterator[Found | Damage]) -> Iterator[Problem]:
        for shown in proofs(walk):
            if isinstance(shown, Damage):
                yield of_damage(shown, name)
            else:
                yield from self._record_problems(name, shown)

    def _record_problems(self, name: str, shown: Proof) -> Iterator[Problem]:
        found = shown.found
        self.records += 1
        if not found.length:
            yield of_record(name, found, "shared-member", "a gzip member holds not one record")
        for flaw in shown.flaws:
            if flaw.code in _DIGESTS:
                yield of_record(name, found, flaw.code, flaw.message)
        place = Place(warc=name, offset=found.offset, length=found.length)
        if shown.capture is None or shown.capture.kind == "revisit":
            yield from self._relation_problems(name, found)
        if self._replay is None:
            yield from self._row_problems(name, shown, place)
        else:
            yield from self._replayed(name, shown, place)

    def _replayed(self, name: str, shown: Proof, place: Place) -> Iterator[Problem]:
        """Hand the record to the second index."""
        again, replay = self._again, self._replay
        assert again is not None
        assert replay is not None
        capture = shown.capture
        if capture and capture.kind != "revisit":
            again.add_capture(beside(replace(capture, place=place), shown.found.record, replay))
            return
        try:
            with again.transaction():
                replay.apply(shown.found.record, place)
        except Damaged as error:
            yield of_record(name, shown.found, "bad-metadata", error.why)

    def _row_problems(self, name: str, shown: Proof, place: Place) -> Iterator[Problem]:
        """What the index says of this record alone: a subset of the files has no order to replay."""
        index, record = self._archive.index, shown.found.record
        with self._asking():
            if shown.capture and record.id:
                try:
                    known = index.capture(record.id)
                except UnknownKey:
                    known = None
                if known is None or not (known.place == place or same_answer(known, shown.capture)):
                    message = f"the index does not have the capture {record.id}"
                    yield of_record(name, shown.found, "record-without-row", message)

    def _relation_problems(self, name: str, found: Found) -> Iterator[Problem]:
        """What is wrong between a record and what it is about."""
        record, archive = found.record, self._archive
        kind = record.type
        if kind == "request":
            self._asked = record
        with self._asking():
            if kind == "revisit":
                for flaw in revisit_flaws(record, archive.known, archive.record):
                    yield of_record(name, found, flaw.code, flaw.message)
                if why := self._unfounded(record):
                    yield of_record(name, found, "revisit-mismatch", why)
            elif kind == "conversion":
                about = warc.bare_id(record.header("WARC-Refers-To") or "")
                if archive.known.capture(about) is None:
                    message = f"the text is of a capture {about!r} that is not here"
                    yield of_record(name, found, "orphan-text", message)
                self._text = (record.id, record.block.decode("utf-8", "replace"))
            elif kind == "metadata" and record.header("Content-Type") == READING_TYPE:
                yield from self._reading_problems(name, found)

    def _unfounded(self, record: Record) -> str:
        """What is wrong with a 304 beside its request, which stands right before it; "" for others."""
        asked, archive = self._asked, self._archive
        if asked is None:
            return ""
        if warc.bare_id(asked.header("WARC-Concurrent-To") or "") != record.id:
            return ""
        return unfounded(record, asked, archive.known, archive.record)

    def _reading_problems(self, name: str, found: Found) -> Iterator[Problem]:
        """What is wrong between a reading, the capture that it names, and its text."""
        record = found.record
        try:
            filed = msgspec.json.decode(record.block, type=Filed)
        except msgspec.MsgspecError:
            return  # said when it is replayed
        reading = filed.reading
        about = warc.bare_id(record.header("WARC-Refers-To") or "")
        if about != reading.capture:
            message = f"a reading of {reading.capture} in a record about {about!r}"
            yield of_record(name, found, "bad-metadata", message)
        text = self._text_of(filed.text_record)
        if text is None:
            return
        spans = (reading.blocks, reading.repairs, reading.sections)
        if any(each.end > len(text) for span in spans for each in span):
            message = f"a reading points behind the end of its text {filed.text_record}"
            yield of_record(name, found, "bad-metadata", message)
            return
        if self._recompute is not None:
            again = self._recompute(replace(reading, text=text))
            if again is not None and again != reading.fingerprint:
                message = f"its text gives the key {again.exact}, not {reading.fingerprint.exact}"
                yield of_record(name, found, "wrong-key", message)

    def _text_of(self, text_id: str) -> str | None:
        """The text of a conversion; None where it cannot be read, which is said where it lies."""
        if self._text[0] == text_id:
            return self._text[1]
        try:
            return self._archive.text(self._archive.index.text(text_id))
        except (UnknownKey, Damaged):
            return None


def beside(capture: Capture, record: Record, replay: Replay) -> Capture:
    """The capture under the id that it has beside those that are known: see `captures.capture_of`."""
    other = replay.capture(capture.id)
    if other is None or other.place == capture.place or same_answer(capture, other):
        return capture
    return replace(capture, id=warc.derived_id(record))
