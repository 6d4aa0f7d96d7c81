"""Takes over the archives of others: their answers, and the requests for them, byte for byte.

What is not taken: texts, readings and refusals (they are ours to make), `warcinfo`, and records of other
kinds. A record that was taken before is passed by, so an import can be repeated.

`import_warc` copies what it takes. `adopt_warc` leaves it where it is and refers to it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from archive.adopted import NotAdoptable, adopt, has_changed
from archive.imports.journey import Advance, ImportReport, Journey
from archive.imports.keeping import Copying, Referring
from archive.problems import Problem
from archive.records import Capture
from archive.store import Archive

__all__ = ["Advance", "ImportReport", "adopt_warc", "import_warc"]


def _unheard(_: int) -> None:
    """Nobody wants to know how far it is."""


def import_warc(
    archive: Archive, path: Path, then: Callable[[Capture], None], advance: Advance = _unheard
) -> ImportReport:
    """Take over the file at `path`: WARC 1.0 or 1.1, ARC or WACZ, in any packing of docs/import.md.

    `then` gets every capture of the file once it is on the disk, in order, also those that were there
    before: what an interrupted import left undone can be done then. `advance` gets the bytes of the file that
    were passed since it was last called, all of them in the end. Damage never stops the import.

    Raises:
        NotKept: the archive's disk would not take it; what `then` has got is kept.
    """

    def copied(handle: BinaryIO) -> ImportReport:
        return Journey(archive, path, Copying(archive, handle)).run(then, advance)

    return _reported(path, copied)


def adopt_warc(
    archive: Archive, path: Path, then: Callable[[Capture], None], advance: Advance = _unheard
) -> ImportReport:
    """Refer to the records of the file at `path`, which must stay as it is: see `archive.adopted`.

    As `import_warc`; but `advance` gets every byte twice, because the digest of the file is worked out first.
    A file whose records cannot be read where they lie is not taken, and the report says why.

    Raises:
        NotKept: the archive's disk would not take it; what `then` has got is kept.
    """

    def referred(handle: BinaryIO) -> ImportReport:
        adopted = adopt(archive.path, path, handle, advance)
        keeping = Referring(archive, adopted, Copying(archive, handle))
        report = Journey(archive, path, keeping, stop=adopted.size).run(then, advance)
        if not has_changed(handle, adopted):
            return report
        why = "it changed while it was read; import it again with --in-place when it is complete."
        return replace(report, problems=(*report.problems, _problem(path, "adopted-changed", why)))

    return _reported(path, referred)


def _reported(path: Path, work: Callable[[BinaryIO], ImportReport]) -> ImportReport:
    """What the work on the open file reports; a file that cannot be read is a problem of its own."""
    try:
        with path.open("rb") as handle:
            return work(handle)
    except NotAdoptable as error:
        problem = _problem(path, error.code, str(error))
    except OSError as error:
        problem = _problem(path, "unreadable", f"it cannot be read ({error.strerror or error}).")
    return ImportReport(path=str(path), records=0, captures=0, kept=0, problems=(problem,))


def _problem(path: Path, code: str, why: str) -> Problem:
    return Problem(code=code, path=str(path), offset=None, message=f"{path}: {why}")
