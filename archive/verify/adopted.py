"""Files of others that an archive refers to: there, unchanged, and with every record that is referred to."""

from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

from archive import files
from archive.adopted import adoptions
from archive.captures import same_answer
from archive.containers.parts import Damage
from archive.errors import ArchiveError
from archive.index import Index
from archive.members import extent, walk
from archive.problems import Problem, digest_flaws, revisit_flaws
from archive.proof import Proof, proofs
from archive.records import Capture
from archive.store import Archive
from archive.verify.report import of_file, of_record

_Wanted = dict[tuple[int, int], Capture | None]  # by offset and length; None: a request


def presence(archive: Path, sizes: dict[str, int]) -> Iterator[Problem]:
    """Files that are not where they were, or not as long; `sizes` in bytes by name."""
    for name, size in sorted(sizes.items()):
        link = archive / name
        try:
            found = link.stat().st_size
        except OSError:
            was = str(link.readlink()) if link.is_symlink() else "the file that it led to"
            why = f"{was} is not there; import it with --in-place from where it is now"
            yield of_file("adopted-missing", name, why)
            continue
        if found != size:
            why = f"{link.readlink()} has {found} bytes, and had {size}"
            yield of_file("adopted-changed", name, why)


def prove(archive: Archive, index: Index, name: str, pool: Executor) -> tuple[int, list[Problem]]:
    """How many records were walked in the file, and everything that is wrong with those referred to."""
    link = archive.path / name
    if not link.exists():
        return 0, []  # `presence` says so
    wanted, digest = _wanted(archive, index, name)
    problems: list[Problem] = []
    count = 0
    try:
        hashed = pool.submit(files.sha256, link)
        for shown in proofs(walk(link)):
            if isinstance(shown, Damage):
                continue  # it was there before, or what it covers is missed below
            count += 1
            found = shown.found
            key = (found.offset, found.length or extent(found.record))
            if key in wanted:
                problems += _of_record(archive, name, shown, wanted.pop(key))
        if digest and hashed.result() != digest:
            why = f"{link.readlink()} does not have the digest that it had"
            problems.append(of_file("adopted-changed", name, why))
    except OSError as error:
        problems.append(of_file("unreadable", name, f"cannot be read ({error.strerror})"))
    for offset, _ in sorted(wanted):
        why = f"at byte {offset} the record that was there is no more"
        problems.append(of_file("adopted-lost", name, why, offset))
    return count, problems


def _wanted(archive: Archive, index: Index, name: str) -> tuple[_Wanted, str]:
    """The records that are referred to, and the SHA-256 that the file had, 64 hex digits."""
    wanted: _Wanted = {}
    digest = ""
    try:
        for adoption in adoptions(index, archive.record, name):
            digest = adoption.sha256
            wanted |= {(each.place.offset, each.place.length): each for each in adoption.captures}
            wanted |= {(each.offset, each.length): None for _, each in adoption.requests}
    except ArchiveError:
        pass  # damage of our own record is reported where that lies
    return wanted, digest


def _of_record(
    archive: Archive, name: str, shown: Proof, stated: Capture | None
) -> Iterator[Problem]:
    found, capture = shown.found, shown.capture
    for flaw in digest_flaws(found.record):
        yield of_record(name, found, flaw.code, flaw.message)
    if stated is None:
        return
    same = capture is not None and same_answer(capture, stated)
    if capture and capture.kind != "revisit":
        same = same and capture.entity_digest == stated.entity_digest
    if not same:
        yield of_record(name, found, "adopted-lost", "another record stands there now")
    for flaw in revisit_flaws(found.record, archive.known, archive.record):
        yield of_record(name, found, flaw.code, flaw.message)
