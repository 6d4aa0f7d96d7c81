"""An archive on disk: keep a capture, keep its reading, get the bytes and the text back.

What `keep`, `file` and `refuse` return for is on the disk: the WARC member is fsynced first, then the index
transaction is committed. archive/FORMAT.md describes the folder.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from archive import files, folder, members, message, replay, warc
from archive.captures import Body, Known, body_of, is_cut, original_of, to_records
from archive.errors import ArchiveError, Damaged, NotKept, OriginalMissing
from archive.index import Index
from archive.index_seal import break_seal, seal_index
from archive.records import (
    Capture,
    Exchange,
    Filing,
    Place,
    Reading,
    Refusal,
    Resource,
    Sketch,
    Unlink,
)
from archive.recovery import Advance, catch_up, drop_index, index_path, unheard
from archive.remote.reading import Elsewhere
from archive.replacing import finish
from archive.replay import Replay
from archive.searchable import Searchable
from archive.sqlite_index import SqliteIndex
from archive.validators import confirmed
from archive.warc import Record
from archive.works import Weighing, WorkWord, weighing_record, word_record
from archive.writer import WarcWriter


class Archive:
    """One archive folder, open for reading or, by one process at a time, for writing."""

    def __init__(
        self, path: Path, index: Index, writer: WarcWriter | None, lock: ExitStack
    ) -> None:
        self.path = path
        self.index = index
        self._writer = writer
        self._lock = lock
        self._replay = Replay(index)
        self.elsewhere = Elsewhere(path)  # files of this archive that are not in its folder
        self.searchable: Searchable | None = None  # of a writer
        self._batching = False
        self._settled = True  # the WARC holds nothing but what the index has

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
        """The archive in the folder; with `write`, an empty or missing folder becomes one.

        Opening for writing first recovers from whatever ended the last writer.

        Raises:
            NotAnArchive: the folder is something else.
            NewerFormat: a later Variorum wrote it.
            ArchiveBusy: another process is writing.
            UnusableIndex: the index is damaged or of another version, or missing for a reader.
            NotKept: the disk would not take what opening for writing writes.
        """
        if not write:
            folder.check_format(path)
            return cls(path, SqliteIndex(index_path(path)), None, ExitStack())
        return cls._open_to_write(path, anew=False)

    @classmethod
    def rebuild(cls, path: Path, advance: Advance = unheard) -> Self:
        """The archive, open for writing, its index made again; `advance` hears of each WARC file.

        Raises:
            NotAnArchive: the folder is something else.
            NewerFormat: a later Variorum wrote it.
            ArchiveBusy: another process is writing.
            NotKept: the disk would not take the index.
        """
        folder.check_format(path)
        return cls._open_to_write(path, anew=True, advance=advance)

    @classmethod
    def _open_to_write(cls, path: Path, *, anew: bool, advance: Advance = unheard) -> Self:
        if not folder.is_vacant(path):
            folder.check_format(path)
        with ExitStack() as stack:
            stack.enter_context(files.writer_lock(path / folder.LOCK))
            if not (path / folder.MARK).exists():
                folder.create(path)
            finish(path)
            if anew:
                drop_index(path)
            break_seal(index_path(path))
            index = SqliteIndex(index_path(path), write=True)
            stack.callback(index.close)
            catch_up(path, index, advance)
            searchable = stack.enter_context(closing(Searchable(path, index)))
            writer = WarcWriter(path / "warc", format_version=folder.FORMAT_VERSION)
            archive = cls(path, index, writer, stack.pop_all())
            archive.searchable = searchable
            return archive

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Seal the open WARC file and let go of the folder.

        Raises:
            NotKept: the file could not be sealed; the next start does it, and nothing is lost.
        """
        with self._lock:
            writes = self._writer is not None
            with closing(self.index):
                if self.searchable:
                    self.searchable.flush()  # it asks the index
                if self._writer:
                    self._settle()
                    if self._settled:
                        self._writer.close()
                    self._writer = None
            if writes:
                seal_index(index_path(self.path))

    def keep(self, new: Exchange | Resource) -> Capture:
        """The capture, on the disk. Bytes that the archive has already become a revisit record.

        Raises:
            NotKept: the disk would not take it.
            ValueError: the address is none of http or https, or would break out of its header.
        """
        self._open_writer()
        records = to_records(new, None)
        body = body_of(records[-1])
        if isinstance(new, Exchange) and is_cut(body) and not new.truncated:
            new = dataclasses.replace(new, truncated="unspecified")
            records = to_records(new, None)
        original = self._original_of(records[-1], body)
        if original is None and isinstance(new, Exchange):
            original = confirmed(new, self._replay, self.record)
        if original is not None:
            records = to_records(new, original)
        self._write(records)
        return self.index.capture(records[-1].id)

    def file(
        self, reading: Reading, filing: Filing, sketch: Sketch | None, text_id: str | None = None
    ) -> None:
        """Keep a reading and its filing; `text_id` names the conversion record that has its text already.

        Raises:
            NotKept: the disk would not take it.
            UnknownKey: the archive has no such capture, or no version that a link names.
        """
        capture = self.index.capture(reading.capture)
        records: list[Record] = []
        now = datetime.now(UTC)
        if text_id is None:
            records.append(replay.text_record(reading, capture, now))
            text_id = records[0].id
        filed = replay.Filed(reading=reading, text_record=text_id, filing=filing)
        records.append(replay.reading_record(filed, capture, now))
        with self._durably():
            self._write(tuple(records))
            if sketch:
                self.index.add_sketch(filing.version, sketch)

    def refuse(self, refusal: Refusal) -> None:
        """Keep the reason why a capture has no reading.

        Raises:
            NotKept: the disk would not take it.
            UnknownKey: the archive has no such capture.
        """
        capture = self.index.capture(refusal.capture)
        self._write((replay.refusal_record(refusal, capture, datetime.now(UTC)),))

    def unlink(self, unlink: Unlink) -> None:
        """Keep a person's word that two texts do not belong together, and take them apart.

        Raises:
            NotKept: the disk would not take it.
            UnknownKey: one of them is no text of this archive.
        """
        for key in (unlink.source, unlink.target):
            self.index.version(key)
        self._write((replay.unlink_record(unlink, datetime.now(UTC)),))

    def weigh(self, weighing: Weighing) -> None:
        """Keep what the linker found out about a text; raises as `file` does."""
        capture = self.index.capture(weighing.capture)
        self._write((weighing_record(weighing, capture, datetime.now(UTC)),))

    def say(self, word: WorkWord) -> None:
        """Keep a person's word on two texts and a work; raises as `unlink` does."""
        for key in (word.source, word.target):
            self.index.version(key)
        self._write((word_record(word),))

    def take_members(self, members: Sequence[tuple[Record | Capture, bytes]]) -> list[Place]:
        """Keep gzip members made elsewhere, byte for byte, each beside what it says: where they lie.

        That is a record or, worked out already, the capture that it is, whose place does not count.

        Raises:
            NotKept: the disk would not take it.
        """
        places = []
        with self._durably() as writer:
            whole = writer.write_member(b"".join(member for _, member in members))
            at = whole.offset
            for said, member in members:
                place = Place(warc=whole.warc, offset=at, length=len(member))
                places.append(place)
                at += len(member)
                if isinstance(said, Capture):
                    self.index.add_capture(dataclasses.replace(said, place=place))
                else:
                    self._replay.apply(said, place)
        return places

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything kept inside shares one fsync and is acknowledged when this ends.

        When the block is left by an error, nothing of it is kept. An error of one call that is caught
        inside takes back that call alone.
        """
        with self._durably():
            yield

    def _write(self, records: tuple[Record, ...]) -> None:
        with self._durably() as writer:
            for record, place in zip(records, writer.write(records), strict=True):
                self._replay.apply(record, place)

    @contextmanager
    def _durably(self) -> Iterator[WarcWriter]:
        """Data before index: the WARC is synced, then the index transaction commits."""
        writer = self._open_writer()
        if self._batching:
            with _all_or_nothing(writer), self.index.transaction():
                yield writer
            return
        self._settle()
        if not self._settled:
            raise NotKept(self.path / "warc", "an earlier write failed; open the archive again")
        writer.roll_over()
        done, self._settled, self._batching = False, False, True
        try:
            with self.index.transaction():
                yield writer
                if synced := writer.sync():
                    self.index.set_indexed(*synced)
            self._settled = done = True
        finally:
            self._batching = False
            self._settle()
            if self.searchable:
                self.searchable.settle(kept=self._settled and done)

    def _open_writer(self) -> WarcWriter:
        if self._writer is None:
            raise ValueError(f"{self.path} is not open for writing")
        return self._writer

    def _settle(self) -> None:
        """After a failure, Ctrl-C included: take back what the index did not commit.

        The index knows what was committed, also when the interruption came right behind that.
        """
        if self._settled or self._writer is None:
            return
        with suppress(ArchiveError):  # the disk is in trouble: tried again before the next write
            name, _ = self._writer.mark()
            self._writer.cut((name, self.index.indexed().get(name, 0)))
            self._settled = True

    def _original_of(self, record: Record, body: Body) -> Capture | None:
        """The capture whose bytes `record` repeats, under headers that fit them."""
        if not body.data or not body.complete or body.note or record.header("WARC-Truncated"):
            return None
        for original in self.index.originals(warc.digest(body.data)):
            if original.kind != record.type or original.truncated:
                continue
            if replay.is_adopted(original.place.warc):
                continue  # what is kept must not depend on a file that is not ours
            kept = self.record(original.place)
            if _coding(kept) == _coding(record):
                return original
        return None

    def body(self, capture: Capture) -> Body:
        """The entity of a capture; a revisit's is that of its original.

        Raises:
            Damaged: the bytes are not there or not as written.
            OriginalMissing: a revisit of something that is not in this archive.
        """
        record = self.record(capture.place)
        if capture.kind == "revisit":
            original = original_of(record, self._replay)
            if original is None:
                raise OriginalMissing(capture.id, capture.refers_to or "")
            body = body_of(self.record(original.place))
            return dataclasses.replace(body, media_type=capture.media_type or body.media_type)
        return body_of(record)

    def text(self, place: Place) -> str:
        """The main text that the conversion record at `place` holds.

        Raises:
            Damaged: the bytes are not there or not as written.
        """
        record = self.record(place)
        try:
            return _of_type("conversion", record, place).block.decode()
        except UnicodeDecodeError as error:
            raise Damaged(place.warc, place.offset, f"main text: {error}") from error

    def reading(self, record: Place, text: Place) -> Reading:
        """The reading whose metadata record is at `record`, with its text.

        Raises:
            Damaged: the bytes are not there or not as written.
        """
        return dataclasses.replace(self._filed(record).reading, text=self.text(text))

    def filing(self, record: Place) -> Filing:
        """Where the reading whose metadata record is at `record` was filed, with the evidence.

        Raises:
            Damaged: the bytes are not there or not as written.
        """
        return self._filed(record).filing

    def _filed(self, place: Place) -> replay.Filed:
        block = _of_type("metadata", self.record(place), place).block
        try:
            return msgspec.json.decode(block, type=replay.Filed)
        except msgspec.MsgspecError as error:
            raise Damaged(place.warc, place.offset, f"metadata record: {error}") from error

    def record(self, place: Place) -> Record:
        """The record at `place`, in a sealed file, one that is still open, or one that is elsewhere.

        Raises:
            Damaged: the bytes are not there or not as written.
            RemoteError: they are elsewhere, and the store failed.
        """
        sealed = self.path / place.warc
        still_open = sealed.with_name(sealed.name + files.OPEN_SUFFIX)
        for path in (sealed, still_open, sealed):  # it may be sealed between the first two looks
            with suppress(FileNotFoundError):
                return members.read(path, place)
        return self.elsewhere.record(place)

    @property
    def known(self) -> Known:
        """The captures that are here, for questions about a record."""
        return self._replay


def _of_type(kind: str, record: Record, place: Place) -> Record:
    if record.type != kind:
        raise Damaged(place.warc, place.offset, f"a {record.type} record, not a {kind}")
    return record


@contextmanager
def _all_or_nothing(writer: WarcWriter) -> Iterator[None]:
    """Take back what was written inside, when that is left by an error."""
    mark = writer.mark()
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            with suppress(NotKept):  # then the file is unsound, and the batch ends without it
                writer.cut(mark)


def _coding(record: Record) -> str | None:
    """How the bytes of a response are coded; a replay would put one head before another's bytes."""
    if record.type == "resource":
        return record.header("Content-Type")
    return message.parse(record.block).header("Content-Encoding")
