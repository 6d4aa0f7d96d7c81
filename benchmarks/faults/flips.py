"""Single bits flipped anywhere in an archive: `verify` must see each, and the rest must stay readable."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive import sketches
from archive.errors import ArchiveError
from archive.members import Found, walk
from archive.recovery import warc_files
from archive.store import Archive
from archive.verify import verify_fully
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.victim import sha256, write

_GATHERED = 8  # sketches that make a segment: the archive of the flips has some
_LONGEST = 600  # bytes of a page: small archives, and so more flips
_REMADE = 25  # of so many flips in the index, one is followed by an index that is made again


@dataclass(frozen=True, slots=True, kw_only=True)
class Pristine:
    """An archive before the flips."""

    folder: Path
    bodies: dict[str, str]  # SHA-256 of the entity by the id of the capture
    rows: list[str]


def at_random(folder: Path, runs: int, seed: int = 0) -> Outcome:
    """One bit, in a file of the archive that is chosen by its size, and never two at once."""
    chance = random.Random(seed)
    pristine = _pristine(folder / "archive")
    targets = sorted(_targets(pristine.folder))
    sizes = [path.stat().st_size for path in targets]
    outcome = Outcome(fault="one bit flipped")
    for run in range(runs):
        # A sidecar is small, so every fifth flip goes to a file whatever its size.
        path = chance.choice(targets) if run % 5 == 0 else chance.choices(targets, sizes)[0]
        bit = chance.randrange(8 * path.stat().st_size)
        with _flipped(path, bit):
            unseen = [] if _is_seen(pristine.folder) else [f"unseen: bit {bit} of {path.name}"]
            outcome.add(unseen + _unreadable(pristine, path, bit // 8))
            if path.parent == pristine.folder and run % _REMADE == 0:
                outcome.losses += _not_remade(pristine)
        outcome.notes[_kind(path)] += 1
    return outcome


def _pristine(folder: Path) -> Pristine:
    gathered, sketches.GATHERED = sketches.GATHERED, _GATHERED
    try:
        for seed in ("one", "two"):
            write(folder, seed, 12, lambda _: None, _LONGEST)
    finally:
        sketches.GATHERED = gathered
    assert list((folder / "sketches").glob("*.segment"))
    with Archive.open(folder) as archive:
        bodies = {
            capture: sha256(archive.body(archive.index.capture(capture)).data)
            for capture in _captures(archive)
        }
        return Pristine(folder=folder, bodies=bodies, rows=list(archive.index.dump()))


def _captures(archive: Archive) -> Iterator[str]:
    for path in warc_files(archive.path).values():
        for found in walk(path):
            if isinstance(found, Found) and found.record.type in (
                "response",
                "resource",
                "revisit",
            ):
                yield found.record.id


def _targets(folder: Path) -> Iterator[Path]:
    yield folder / "index.sqlite"
    yield folder / "index.sqlite.sha256"
    yield from (folder / "warc").iterdir()
    yield from (folder / "sketches").iterdir()


def _kind(path: Path) -> str:
    if path.suffix == ".sha256":
        return "sidecars"
    return {".gz": "WARC files", ".segment": "sketches"}.get(path.suffix, "index")


@contextmanager
def _flipped(path: Path, bit: int) -> Iterator[None]:
    def flip() -> None:
        with path.open("r+b") as handle:
            handle.seek(bit // 8)
            (byte,) = handle.read(1)
            handle.seek(bit // 8)
            handle.write(bytes([byte ^ 1 << bit % 8]))

    path.chmod(0o644)
    flip()
    try:
        yield
    finally:
        flip()


def _is_seen(folder: Path) -> bool:
    try:
        with Archive.open(folder) as archive:
            return not verify_fully(archive).ok
    except ArchiveError:  # the index cannot even be opened, and the command says so
        return True


def _unreadable(pristine: Pristine, path: Path, byte: int) -> list[str]:
    """Captures that cannot be read although the flip is in none of their records."""
    if path.parent.name != "warc":
        return []  # the records are as they were
    wrong = []
    with Archive.open(pristine.folder) as archive:
        for key, digest in pristine.bodies.items():
            capture = archive.index.capture(key)
            holder = archive.index.capture(capture.refers_to) if capture.refers_to else capture
            places = (capture.place, holder.place)
            if any(
                place.warc == f"warc/{path.name}"
                and place.offset <= byte < place.offset + place.length
                for place in places
            ):
                continue
            try:
                same = sha256(archive.body(capture).data) == digest
            except ArchiveError:
                same = False
            if not same:
                wrong.append(f"unreadable: {key} after a flip at byte {byte} of {path.name}")
    return wrong


def _not_remade(pristine: Pristine) -> list[str]:
    copy = Path(shutil.copytree(pristine.folder, pristine.folder.with_name("remade")))
    try:
        with Archive.rebuild(copy) as archive:
            same = list(archive.index.dump()) == pristine.rows
    finally:
        shutil.rmtree(copy)
    return [] if same else ["an index that was made again has other rows"]
