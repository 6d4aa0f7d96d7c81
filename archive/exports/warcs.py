"""Exports as one WARC file, and as a CDXJ index of the archive's own WARC files."""

from pathlib import Path

from archive.exports.cdxj import line_of, sorted_lines
from archive.exports.output import WarcCopy, fresh
from archive.exports.selection import Selection, records, referred
from archive.files import OPEN_SUFFIX
from archive.members import Found, walk
from archive.recovery import warc_files
from archive.store import Archive


def to_warc(archive: Archive, selection: Selection | None, path: Path) -> int:
    """Write the records of the selection, or of the whole archive, to one file; how many are captures.

    Raises:
        NotKept: the disk would not take it.
    """
    with fresh(path) as handle:
        copy = WarcCopy(handle, path.name)
        copy.begin()
        for _, taken in records(archive, selection):
            if taken.record.type != "warcinfo":
                copy.add(taken)
    return copy.captures


def to_cdxj(archive: Archive, selection: Selection | None, path: Path) -> int:
    """Write an index of the captures as they lie in the archive's own files; how many there are.

    Raises:
        NotKept: the disk would not take it.
    """
    lines = []
    indexed = archive.index.indexed()
    for name, file in warc_files(archive.path).items():
        stop = indexed.get(name, 0) if file.name.endswith(OPEN_SUFFIX) else None
        if stop == 0 or (selection is not None and name not in selection.files):
            continue
        for found in walk(file, 0, stop):
            if not isinstance(found, Found):
                continue
            if selection is None or selection.holds(found.record):
                line = line_of(found.record, Path(name).name, found.offset, found.length)
                lines += [line] if line else []
    for place, record in referred(archive, selection):
        line = line_of(record, Path(place.warc).name, place.offset, place.length)
        lines += [line] if line else []
    with fresh(path) as handle:
        handle.write(sorted_lines(lines))
    return len(lines)
