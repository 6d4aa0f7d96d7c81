"""WARC records into the index. Writing, recovery and rebuild all go through here, so they cannot differ."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from archive import warc
from archive.captures import capture_of, is_capture
from archive.errors import Damaged, UnknownKey
from archive.index import Entry, Index
from archive.records import Adoption, Capture, Filing, Place, Reading, Refusal, Tombstone, Unlink
from archive.warc import Record
from archive.works import WEIGHING_TYPE, WORD_TYPE, Weighing, WorkWord

READING_TYPE = "application/vnd.variorum.reading+json"
REFUSAL_TYPE = "application/vnd.variorum.refusal+json"
UNLINK_TYPE = "application/vnd.variorum.unlink+json"
TOMBSTONE_TYPE = "application/vnd.variorum.tombstone+json"
ADOPTION_TYPE = "application/vnd.variorum.adoption+json"
TEXT_TYPE = "text/plain; charset=utf-8"


_ADOPTED = re.compile(r"adopted/[0-9a-f]{32}\.(?:warc|warc\.gz|wacz)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The content of a reading's metadata record."""

    reading: Reading  # its text left empty: it stands in the conversion record
    text_record: str  # id of that record
    filing: Filing


def text_record(reading: Reading, capture: Capture, made_at: datetime) -> Record:
    """The conversion record that holds the main text."""
    fields = _about(capture, made_at)
    return warc.record("conversion", reading.text.encode(), TEXT_TYPE, fields)


def reading_record(filed: Filed, capture: Capture, made_at: datetime) -> Record:
    """The metadata record that says what was read and where it was filed."""
    body = replace(filed, reading=replace(filed.reading, text=""))
    fields = _about(capture, made_at)
    return warc.record("metadata", msgspec.json.encode(body), READING_TYPE, fields)


def refusal_record(refusal: Refusal, capture: Capture, made_at: datetime) -> Record:
    """The metadata record that says why there is no reading."""
    fields = _about(capture, made_at)
    return warc.record("metadata", msgspec.json.encode(refusal), REFUSAL_TYPE, fields)


def unlink_record(unlink: Unlink, made_at: datetime) -> Record:
    """The metadata record that keeps a person's word against a link."""
    fields = [("WARC-Date", warc.timestamp(made_at))]
    return warc.record("metadata", msgspec.json.encode(unlink), UNLINK_TYPE, fields)


def tombstone_record(tombstone: Tombstone) -> Record:
    """The metadata record that stands where a capture was that was taken down."""
    fields = [
        ("WARC-Target-URI", tombstone.url),
        ("WARC-Date", warc.timestamp(tombstone.at)),
        ("WARC-Refers-To", warc.wrapped_id(tombstone.capture)),
    ]
    return warc.record("metadata", msgspec.json.encode(tombstone), TOMBSTONE_TYPE, fields)


def adoption_record(adoption: Adoption, made_at: datetime) -> Record:
    """The metadata record that refers to records in a file of somebody else's."""
    fields = [("WARC-Date", warc.timestamp(made_at))]
    return warc.record("metadata", msgspec.json.encode(adoption), ADOPTION_TYPE, fields)


def adoption_in(record: Record, place: Place) -> Adoption:
    """What such a record says.

    Raises:
        Damaged: it makes no sense.
    """
    try:
        adoption = msgspec.json.decode(record.block, type=Adoption)
    except msgspec.MsgspecError as error:
        raise Damaged(place.warc, place.offset, f"metadata record: {error}") from error
    captures = (each.place for each in adoption.captures)
    places = (*captures, *(each for _, each in adoption.requests))
    if not is_adopted(adoption.name) or any(each.warc != adoption.name for each in places):
        raise Damaged(place.warc, place.offset, "metadata record: it names files that it may not")
    return adoption


def is_adopted(name: str) -> bool:
    """Whether the name of a file is that of one which is referred to, and not the archive's own."""
    return _ADOPTED.fullmatch(name) is not None


def _about(capture: Capture, made_at: datetime) -> list[tuple[str, str]]:
    return [
        ("WARC-Target-URI", capture.url),
        ("WARC-Date", warc.timestamp(made_at)),
        ("WARC-Refers-To", warc.wrapped_id(capture.id)),
    ]


class Replay:
    """Applies records in the order in which they stand in the WARCs."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._texts: dict[str, Place] = {}  # conversions seen whose reading has not come yet

    def apply(self, record: Record, place: Place) -> None:
        """Take over what the record says; a kind that says nothing to the index is passed by.

        Raises:
            Damaged: one of our own metadata records does not make sense.
        """
        if is_capture(record):
            self._index.add_capture(capture_of(record, place, self))
        elif record.type == "conversion":
            self._texts[record.id] = place
        elif record.type == "metadata":
            self._apply_metadata(record, place)

    def capture(self, id: str) -> Capture | None:
        """The capture with this id, if it is there."""
        try:
            return self._index.capture(id)
        except UnknownKey:
            return None

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        """Every capture of the address, oldest first; or the first that was kept of one moment."""
        return self._index.captures_at(url, moment)

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        """At most `limit` captures of the address, newest first."""
        return self._index.newest_at(url, limit)

    def _apply_metadata(self, record: Record, place: Place) -> None:
        kind = record.header("Content-Type")
        try:
            if kind == READING_TYPE:
                self._add_reading(msgspec.json.decode(record.block, type=Filed), place)
            elif kind == REFUSAL_TYPE:
                self._index.add_refusal(msgspec.json.decode(record.block, type=Refusal))
            elif kind == UNLINK_TYPE:
                self._add_unlink(msgspec.json.decode(record.block, type=Unlink))
            elif kind == WEIGHING_TYPE:
                self._add_weighing(msgspec.json.decode(record.block, type=Weighing))
            elif kind == WORD_TYPE:
                self._add_word(msgspec.json.decode(record.block, type=WorkWord))
            elif kind == TOMBSTONE_TYPE:
                self._index.add_tombstone(msgspec.json.decode(record.block, type=Tombstone))
            elif kind == ADOPTION_TYPE:
                self._index.add_adoption(adoption_in(record, place), place)
        except (msgspec.MsgspecError, UnknownKey) as error:
            raise Damaged(place.warc, place.offset, f"metadata record: {error}") from error

    def _add_reading(self, filed: Filed, place: Place) -> None:
        reading = filed.reading
        text = self._texts.get(filed.text_record) or self._index.text(filed.text_record)
        described = reading.description
        entry = Entry(
            capture=reading.capture,
            fingerprint=reading.fingerprint,
            iscc=reading.iscc,
            iscc_form=reading.iscc_form,
            language=reading.language.tag,
            title=described.title.value if described.title else None,
            publisher=described.publisher.value if described.publisher else None,
            published_at=described.published_at.value if described.published_at else None,
            text_id=filed.text_record,
            text=text,
            record=place,
        )
        links = tuple(
            link for link in filed.filing.links if not self._leads_nowhere(link.source, link.target)
        )
        self._index.add_reading(entry, replace(filed.filing, links=links))
        self._texts.pop(filed.text_record, None)

    def _add_unlink(self, unlink: Unlink) -> None:
        if not self._leads_nowhere(unlink.source, unlink.target):
            self._index.add_unlink(unlink)

    def _add_weighing(self, weighing: Weighing) -> None:
        links = tuple(
            link for link in weighing.links if not self._leads_nowhere(link.source, link.target)
        )
        if not self._leads_nowhere(weighing.text):
            self._index.add_weighing(replace(weighing, links=links))

    def _add_word(self, word: WorkWord) -> None:
        if not self._leads_nowhere(word.source, word.target):
            self._index.add_word(word)

    def _leads_nowhere(self, *keys: str) -> bool:
        """Whether one of the texts was taken down, and no other capture has it."""
        return any(self._index.tombstone(key) and not self._is_here(key) for key in keys)

    def _is_here(self, key: str) -> bool:
        try:
            self._index.version(key)
        except UnknownKey:
            return False
        return True
