"""Power cuts, simulated: disks as they may be found after one, made from a log of what a writer did.

What was not synced may be there or not, whole or torn at a sector, in any order; what was synced is there.
A name in a folder may be lost until the folder was synced. That is weaker than what common file systems do;
after Pillai et al. 2014, "All File Systems Are Not Created Equal", section 3.
"""

import random
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.faults.judge import losses
from benchmarks.faults.mutants import SOUND, planted
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.trace import Call, record, said

SECTOR = 512
_STEPS = 8  # of each of the two writers that are recorded
_WAYS = ("dropped", "torn", "reordered")


@dataclass(slots=True)
class _File:
    """The bytes of one file: what is on the disk for sure, and what was done since."""

    synced: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)  # None: cut to that size

    def sync(self) -> None:
        for change in self.since:
            _apply(self.synced, *change)
        self.since.clear()

    def found(self, chance: random.Random, way: str) -> bytes:
        """The content after a power cut."""
        content = bytearray(self.synced)
        if way == "reordered":
            for at, data in self.since:
                for change in _sectors(at, data):
                    if chance.random() < 0.5:
                        _apply(content, *change)
            return bytes(content)
        kept = chance.randrange(len(self.since) + 1)
        for change in self.since[:kept]:
            _apply(content, *change)
        if way == "torn" and kept < len(self.since):
            at, data = self.since[kept]
            if data:
                end = (at + chance.randrange(len(data) + 1)) // SECTOR * SECTOR
                _apply(content, at, data[: max(0, end - at)])
        return bytes(content)


def _sectors(at: int, data: bytes | None) -> list[tuple[int, bytes | None]]:
    """A change in the pieces in which a disk does it."""
    if data is None:
        return [(at, None)]
    pieces: list[tuple[int, bytes | None]] = []
    start = at
    while start < at + len(data):
        end = min(at + len(data), (start // SECTOR + 1) * SECTOR)
        pieces.append((start, data[start - at : end - at]))
        start = end
    return pieces


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
    elif data:
        content.extend(bytes(max(0, at - len(content))))
        content[at : at + len(data)] = data


class _Disk:
    """Files and names, as a writer sees them and as a power cut may leave them."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._names: dict[str, int] = {}  # as the writer sees them
        self._synced: dict[str, int] = {}
        self._since: dict[str, list[dict[str, int | None]]] = {}  # by folder; None: the name goes
        self._positions: dict[int, int] = {}
        self._ids = count()

    def take(self, call: Call) -> None:
        """Do what the writer did."""
        if call.name == "openat":
            self._open(call)
        elif call.name == "write":
            at = self._positions[call.descriptor]
            self._positions[call.descriptor] = at + len(call.data)
            self._file(call).since.append((at, call.data))
        elif call.name == "pwrite64":
            self._file(call).since.append((call.number, call.data))
        elif call.name == "lseek":
            self._positions[call.descriptor] = call.number
        elif call.name == "ftruncate":
            self._file(call).since.append((call.number, None))
        elif call.name in ("fsync", "fdatasync"):
            self._sync(call.path)
        elif call.name == "unlink":
            self._rename({call.path: None})
        else:
            gone: dict[str, int | None] = {call.path: None} if call.name == "rename" else {}
            self._rename(gone | {call.other: self._names[call.path]})

    def _open(self, call: Call) -> None:
        self._positions[call.descriptor] = 0
        if "O_DIRECTORY" in call.flags:
            return
        if call.path not in self._names and "O_CREAT" in call.flags:
            number = next(self._ids)
            self._files[number] = _File()
            self._rename({call.path: number})
        elif "O_TRUNC" in call.flags:
            self._file(call).since.append((0, None))

    def _file(self, call: Call) -> _File:
        return self._files[self._names[call.path]]

    def _rename(self, change: dict[str, int | None]) -> None:
        folder = str(Path(next(iter(change))).parent)
        self._since.setdefault(folder, []).append(change)
        _rename(self._names, change)

    def _sync(self, path: str) -> None:
        if path in self._names:
            self._files[self._names[path]].sync()
            return
        for change in self._since.pop(path, ()):
            _rename(self._synced, change)

    def leave(self, chance: random.Random, way: str, archive: Path, image: Path) -> None:
        """Make a folder of what is found after a power cut now."""
        names = dict(self._synced)
        for changes in self._since.values():
            for change in changes[: chance.randrange(len(changes) + 1)]:
                _rename(names, change)
        image.mkdir()
        for name, number in names.items():
            path = image / Path(name).relative_to(archive)
            if not name.endswith("-shm"):  # shared memory, which no power cut leaves behind
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._files[number].found(chance, way))


def _rename(names: dict[str, int], change: dict[str, int | None]) -> None:
    for name, number in change.items():
        if number is None:
            names.pop(name, None)
        else:
            names[name] = number


def cuts(folder: Path, images: int, seed: int = 0, mutant: str = SOUND) -> Outcome:
    """Power cut at random moments of two writers in a row; each way of losing in turn."""
    chance = random.Random(seed)
    archive = folder / "archive"
    calls = record(archive, "one", _STEPS, mutant) + record(archive, "two", _STEPS, mutant)
    begun = next(
        place for place, call in enumerate(calls) if call.path.endswith("variorum.json.new")
    )
    moments = sorted(chance.randrange(begun, len(calls) + 1) for _ in range(images))
    outcome = Outcome(fault="power cut")
    disk = _Disk()
    heard: list[str] = []
    done = 0
    for number, moment in enumerate(moments):
        for call in calls[done:moment]:
            if line := said(call):
                heard.append(line)
            else:
                disk.take(call)
        done = moment
        way = _WAYS[number % len(_WAYS)]
        image = folder / "image"
        disk.leave(chance, way, archive, image)
        with planted(mutant):
            outcome.add([f"{way}: {loss}" for loss in losses(image, heard)], len(heard))
        outcome.notes[way] += 1
        shutil.rmtree(image)
    return outcome
