"""What of an archive an export takes: all of it, or documents with everything that belongs to them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from archive import lookup, warc
from archive.adopted import adoptions, member_at, places
from archive.errors import Damaged
from archive.files import OPEN_SUFFIX
from archive.members import Found, walk
from archive.records import Capture, Place
from archive.recovery import warc_files
from archive.store import Archive
from archive.warc import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A record that is part of an export."""

    record: Record
    member: bytes  # its gzip member, byte for byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The captures of an export, and in which files what belongs to them lies."""

    captures: tuple[Capture, ...]  # of the documents, oldest first
    own: frozenset[str]  # their ids
    ids: frozenset[str]  # these, and of originals elsewhere, of texts, of requests that are named
    moments: frozenset[tuple[str, str]]  # address and WARC-Date of the captures
    files: frozenset[str]

    def holds(self, record: Record) -> bool:
        """Whether the record is one of them, or a request, text or statement about one."""
        if record.type == "warcinfo":
            return False
        if record.id in self.ids:
            return True
        company = _named(record, "warc-concurrent-to")
        if record.type in ("conversion", "metadata"):
            about = _named(record, "warc-refers-to")
            return not (self.ids.isdisjoint(company) and self.own.isdisjoint(about))
        if record.type != "request":
            return False
        if company:
            return not self.ids.isdisjoint(company)
        moment = (record.url, record.header("WARC-Date") or "")
        return moment in self.moments


def of_documents(archive: Archive, keys: tuple[str, ...]) -> Selection:
    """All versions of the documents that the keys lead to, with every capture of them.

    Raises:
        UnknownKey, AmbiguousKey, ValueError: as for `lookup.by_key`.
    """
    index = archive.index
    documents = dict.fromkeys(lookup.by_key(archive, key).document for key in keys)
    captures: dict[str, Capture] = {}
    files: set[str] = set()
    for document in documents:
        for version in index.versions(document):
            files.add(version.text.warc)
            for witness in index.witnesses(version.key):
                captures |= {each.id: each for each in witness.captures}
    wanted = dict(captures)
    texts: set[str] = set()
    for capture in captures.values():
        original = capture.refers_to and archive.known.capture(capture.refers_to)
        if original:
            wanted[original.id] = original
        if filed := index.filed(capture.id):
            files |= {filed.entry.record.warc, filed.entry.text.warc}
            texts.add(filed.entry.text_id)
    ids, moments = texts | wanted.keys(), set()
    for capture in wanted.values():
        files.add(capture.place.warc)
        record = archive.record(capture.place)
        moments.add((record.url, record.header("WARC-Date") or ""))
        ids |= _named(record, "warc-concurrent-to")  # some tools name the request in the answer
    return Selection(
        captures=tuple(sorted(captures.values(), key=lambda each: each.fetched_at)),
        own=frozenset(captures),
        ids=frozenset(ids),
        moments=frozenset(moments),
        files=frozenset(files),
    )


def _named(record: Record, field: str) -> set[str]:
    """Ids in a field that may be repeated; `field` in lower case."""
    return {warc.bare_id(value) for name, value in record.headers if name.lower() == field}


def records(archive: Archive, selection: Selection | None) -> Iterator[tuple[str, Taken]]:
    """The records of the export, each with the name of the file it lies in; None stands for all.

    What is damaged is passed by: `verify` reports it.
    """
    indexed = archive.index.indexed()
    for name, path in warc_files(archive.path).items():
        if selection is not None and name not in selection.files:
            continue
        stop = indexed.get(name, 0) if path.name.endswith(OPEN_SUFFIX) else None
        if stop == 0:
            continue
        with path.open("rb") as handle:
            for found in walk(path, 0, stop):
                if not isinstance(found, Found) or not found.length:
                    continue
                if selection is None or selection.holds(found.record):
                    handle.seek(found.offset)
                    member = handle.read(found.length)
                    yield name, Taken(record=found.record, member=member)
    for place, record in referred(archive, selection):
        member = member_at(archive.path, place, record)
        yield f"{place.warc.partition('.')[0]}.warc.gz", Taken(record=record, member=member)


def referred(archive: Archive, selection: Selection | None) -> Iterator[tuple[Place, Record]]:
    """The records of the export that lie in files of others, file by file.

    Those that cannot be read are passed by.
    """
    for name in dict.fromkeys(name for name, _ in archive.index.adoptions()):
        if selection is not None and name not in selection.files:
            continue
        for adoption in adoptions(archive.index, archive.record, name):
            for of, place in places(adoption):
                with suppress(Damaged):
                    if selection is None or of in selection.ids:
                        yield place, archive.record(place)
