"""The whole way of one capture, from the bytes in the archive to its place among the documents.

    kept -> read (pipelines.reading, in a worker) -> related to what is there -> filed

Readings are made side by side; filing happens one at a time, in the order in which the captures were taken,
because each one is compared with those before it. What a stage will not take is kept with the stage and the
reason. The same capture taken twice changes nothing.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from archive.captures import ENTITY_LIMIT, Body, is_cut, is_readable
from archive.errors import Damaged, UnknownKey
from archive.index import Filed, Outcome
from archive.records import Capture, Filing, Reading, Refusal, Relation
from archive.store import Archive
from pipelines import filing, search_form, soundness
from pipelines import fingerprint as fingerprints
from pipelines.candidates import candidates, issued
from pipelines.errors import Refused
from pipelines.normal_form import normalise
from pipelines.repair import repaired
from pipelines.workers import Reads

BROWSER = "browser"  # in Reading.stages: not the bytes were read, but what a browser made of them
# Stages whose refusals are about the errand: the same bytes may be wanted at another one.
_ERRANDS = {"fetch", "discovery", "browser"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A capture whose reading is being made."""

    capture: Capture
    reading: Future[Reading]


class Flow:
    """Takes captures the whole way, and tells `settle` what became of each, in order."""

    def __init__(self, archive: Archive, reads: Reads, settle: Callable[[Outcome], None]) -> None:
        self._archive = archive
        self._reads = reads
        self._settle = settle
        self._begun: deque[_Begun] = deque()

    def take(self, capture: Capture) -> None:
        """Begin the way of a kept capture; those before it that are read by now are filed."""
        if any(begun.capture.entity_digest == capture.entity_digest for begun in self._begun):
            self.finish()  # the same bytes are being read: what comes of that serves this one too
        if self._is_settled(capture) or self._as_its_twin(capture):
            self.finish()
            self._settle(outcome(self._archive, capture))
            return
        self._begun.append(_Begun(capture=capture, reading=self._reading(capture)))
        self.proceed()

    def proceed(self) -> bool:
        """File what is read by now, without waiting; whether more is being read."""
        while self._begun and self._is_due(self._begun[0]):
            self._file_next()
        return bool(self._begun)

    def finish(self) -> None:
        """Go the rest of the way with all that was taken; then it can be found."""
        while self._begun:
            self._file_next()
        if self._archive.searchable:
            self._archive.searchable.flush()

    def _is_settled(self, capture: Capture) -> bool:
        known = outcome(self._archive, capture)
        return bool(known.filed or known.refusal)

    def _is_due(self, begun: _Begun) -> bool:
        return begun.reading.done() or len(self._begun) > 2 * self._reads.count

    def _reading(self, capture: Capture) -> Future[Reading]:
        try:
            return self._reads.read(_body(self._archive, capture), capture)
        except Refused as refused:
            failed: Future[Reading] = Future()
            failed.set_exception(refused)
            return failed

    def _file_next(self) -> None:
        begun = self._begun.popleft()
        try:
            reading = begun.reading.result()
        except Refused as refused:
            self._archive.refuse(
                Refusal(capture=begun.capture.id, stage=refused.stage, reason=refused.reason)
            )
        else:
            file(self._archive, begun.capture, reading)
        self._settle(outcome(self._archive, begun.capture))

    def _as_its_twin(self, capture: Capture) -> bool:
        """Do as was done with another capture of the same bytes: no stage runs twice on them."""
        if not is_readable(capture):
            return False  # no stage runs on it at all
        for twin in self._archive.index.captures_with(capture.entity_digest):
            if twin.id == capture.id or twin.truncated or _kind(twin) != _kind(capture):
                continue
            done = outcome(self._archive, twin)
            if done.refusal and done.refusal.stage not in _ERRANDS:
                self._archive.refuse(replace(done.refusal, capture=capture.id))
                return True
            if done.filed and self._file_again(capture, done.filed):
                return True
        return False

    def _file_again(self, capture: Capture, twin: Filed) -> bool:
        """Whether the capture could be filed where its twin is."""
        reading = self._archive.reading(twin.entry.record, twin.entry.text)
        if BROWSER in reading.stages:
            return False
        placed = Filing(document=twin.document, version=twin.version, relation=Relation.SAME)
        self._archive.file(replace(reading, capture=capture.id), placed, None, twin.entry.text_id)
        return True


def is_page(capture: Capture) -> bool:
    """Whether somebody would read it: no redirect, no error, no robots.txt.

    A 304 that confirms a page counts as that page, seen again.
    """
    return is_readable(capture) and urlsplit(capture.url).path != "/robots.txt"


def warm_up() -> None:
    """Load now what filing loads at first use: the tables of characters take most of a second."""
    text = "网页归档系统保存每一次抓取的原始数据。 An archive keeps what it was given. " * 5
    fingerprints.sketch(normalise(text))


def file(archive: Archive, capture: Capture, reading: Reading) -> Filing:
    """Put the reading where it belongs: to a version it repeats, a document it changes, or a new one."""
    form = normalise(repaired(reading.text, reading.repairs))
    sketch = fingerprints.sketch(form)
    placed = _known_text(archive, reading)
    if placed is None:
        apart = archive.index.unlinked(reading.fingerprint.exact)
        by = issued(reading, capture.url)
        found = candidates(archive, sketch, by, apart)
        placed = filing.place(reading.fingerprint, form, by, found.near, found.named)
    if placed.relation is not Relation.SAME:
        search_form.offer(archive, placed.version, form, reading)
    archive.file(reading, placed, sketch if placed.relation is not Relation.SAME else None)
    return placed


def catch_up(archive: Archive, reads: Reads) -> int:
    """Finish what an earlier process left undone; the number of captures that were taken."""
    unsketched = {version.key for version in archive.index.unsketched()}
    missing = archive.searchable.missing() if archive.searchable else ()
    for key in dict.fromkeys((*unsketched, *missing)):
        filed = archive.index.first_filed(key)
        reading = archive.reading(filed.entry.record, filed.entry.text)
        form = normalise(repaired(reading.text, reading.repairs))
        if key in unsketched:
            archive.index.add_sketch(key, fingerprints.sketch(form))
        search_form.offer(archive, key, form, reading)
        if archive.searchable:
            archive.searchable.settle(kept=True)
    if archive.searchable:
        archive.searchable.caught_up()
    unread = archive.index.unread()
    flow = Flow(archive, reads, lambda _: None)
    for capture in unread:
        flow.take(capture)
    flow.finish()
    return len(unread)


def outcome(archive: Archive, capture: Capture) -> Outcome:
    """What has become of the capture by now."""
    return Outcome(
        capture=capture,
        filed=archive.index.filed(capture.id),
        refusal=archive.index.refusal(capture.id),
    )


def _known_text(archive: Archive, reading: Reading) -> Filing | None:
    """Where a text with the same normal form is filed, if the archive has one."""
    try:
        version = archive.index.version(reading.fingerprint.exact)
    except UnknownKey:
        return None
    return Filing(document=version.document, version=version.key, relation=Relation.SAME)


def _body(archive: Archive, capture: Capture) -> Body:
    if not is_readable(capture):
        meaning = soundness.of_status(capture.status)
        answer = ": ".join(part for part in (_status(capture.status), meaning) if part)
        raise Refused("fetch", f"The server answered {answer}.")
    try:
        body = archive.body(capture)
    except (UnknownKey, Damaged) as error:
        raise Refused("fetch", f"The bytes of this capture cannot be read: {error}") from error
    if not body.data:
        raise Refused("fetch", "The answer is empty.")
    if not body.complete and not is_cut(body):
        raise Refused(
            "decode", f"The page is longer than {ENTITY_LIMIT >> 20} MiB once it is unpacked."
        )
    if not body.decoded:
        raise Refused("decode", f"The content coding could not be undone ({body.note}).")
    return body


def _kind(capture: Capture) -> tuple[int, str]:
    """What decides, beside the bytes, how a capture is read: its status if it is an error, its type."""
    media_type = capture.media_type.partition(";")[0].strip().lower()
    return 0 if is_readable(capture) else capture.status, media_type


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
