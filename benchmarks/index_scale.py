"""How the index of candidates grows: time of a lookup, bytes a document, cost of adding, memory.

    python -m benchmarks.index_scale 1000 10000 100000 1000000 10000000

Sketches are synthetic: 20 bands and 300 keys of a sample that are as even as hashes are, and some of
forty keys that one document in twelve has, as page furniture would be. Up to a hundred
thousand documents are added one by one. More are written as the segments that they would have come
to, and only the last ones are added: the same files in a fraction of the time.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.records import Sketch
from archive.sketches import GATHERED, SCHEMA, SEGMENTS, Sketches
from archive.sketches.build import Sketched, merge, pack
from archive.sketches.shelf import Row, Shelf
from archive.sqlite_connection import Connection, connect
from benchmarks import plot
from benchmarks.figures import Extent, Figure

SIZES = (1_000, 10_000, 100_000, 1_000_000)  # for every run; 10 million takes a quarter of an hour
PICTURE = Path(__file__).parents[1] / "docs" / "lookup.svg"

_BANDS, _SAMPLE = 20, 300  # keys of a sketch; 300 is a law of about 6,000 characters
_COMMON, _ONE_IN = 40, 12  # keys that many documents have; one in so many has each
_BATCH = 500  # documents of a transaction
_ONE_BY_ONE = 100_000  # documents; more of them are written in bulk
_PIECE = GATHERED << 6  # documents that are sorted at once: they take one gigabyte
_FOREIGN = 1 << 24  # the number of the first document that `preload` makes
_QUERIES = 1_000
_SHARE = 0.9  # of the keys that a near-copy keeps
_STRANGER = 1 << 40  # the number of a document that no index holds
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # of SplitMix64
_ASK = (
    "import sys; from benchmarks import index_scale; index_scale.ask(sys.argv[1], int(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was measured at one number of documents."""

    documents: int
    p50: float  # ms of CPU of a lookup, candidates alone: no other process shows in it
    p99: float
    wall: float  # ms by the clock that 99 of 100 lookups take; more when the machine is busy
    found: float  # share of near-copies whose document was the first candidate
    near: float  # bytes a document for the bands alone
    whole: float  # bytes a document
    # Microseconds of CPU to add one, flushes and merges shared out; None: in bulk.
    added: float | None
    memory: float  # MB of the process that looked up, at most: its own and what it had mapped
    own: float  # MB of that without files that were mapped


def measure(extent: Extent) -> list[Figure]:
    """The figures of each size up to a million."""
    points = [at(documents) for documents in (SIZES if extent.rivals else SIZES[:2])]
    return figures(points, extent.prefix)


def figures(points: list[Point], prefix: str = "") -> list[Figure]:
    """The points as figures, each under a name that stays."""
    found = []
    for point in points:
        name = f"{prefix}index {point.documents}"
        found += [
            Figure(name=f"{name} lookup p50", value=point.p50, unit="ms", bound="<="),
            Figure(name=f"{name} lookup p99", value=point.p99, unit="ms", bound="<="),
            Figure(name=f"{name} lookup p99 by the clock", value=point.wall, unit="ms"),
            Figure(name=f"{name} found", value=point.found),
            Figure(name=f"{name} near", value=point.near, unit="B/document", bound="<="),
            Figure(name=f"{name} whole", value=point.whole, unit="B/document", bound="<="),
            Figure(name=f"{name} memory", value=point.memory, unit="MB", bound="<="),
        ]
        if point.added is not None:
            found.append(Figure(name=f"{name} add", value=point.added, unit="us", bound="<="))
    return found


def picture(points: Sequence[Point]) -> str:
    """Time of a lookup and bytes a document over the number of documents, as SVG."""
    documents = tuple(point.documents for point in points)
    slowest = max(5.0, math.ceil(max(point.p99 for point in points)))
    times = (
        plot.Line(name="median", values=tuple(point.p50 for point in points)),
        plot.Line(name="p99", values=tuple(point.p99 for point in points)),
    )
    sizes = (
        plot.Line(name="near copies", values=tuple(point.near for point in points), digits=0),
        plot.Line(name="with excerpts", values=tuple(point.whole for point in points), digits=0),
    )
    return plot.drawing(
        (
            plot.Panel(
                title="Candidates of a text, ms",
                documents=documents,
                lines=times,
                top=slowest,
                limits=(1.0, 5.0),
            ),
            plot.Panel(
                title="Index, bytes a document",
                documents=documents,
                lines=sizes,
                top=3200,
                limits=(1000, 3000),
            ),
        )
    )


def at(documents: int) -> Point:
    """One point: an index of so many documents, asked by a process of its own."""
    with tempfile.TemporaryDirectory(prefix="variorum-scale-") as name:
        folder = Path(name)
        with closing(_opened(folder)) as connection:
            in_bulk = documents > _ONE_BY_ONE
            first = _in_bulk(connection, folder, range(documents)) if in_bulk else 0
            added = _one_by_one(connection, folder, first, documents)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        answer = subprocess.run(
            [sys.executable, "-c", _ASK, name, str(documents)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        asked = json.loads(answer.stdout)
        held = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        whole = sum(held) / documents
        near = (whole - 6) * _BANDS / (_BANDS + _SAMPLE + _COMMON / _ONE_IN) + 6
        return Point(
            documents=documents,
            near=near,
            whole=whole,
            added=None if in_bulk else added,
            **asked,
        )


def ask(folder: str, documents: int) -> None:
    """Print what looking up so many near-copies cost this process, as JSON.

    Every lookup is done five times. The first reads from the disk; of the others the best one
    counts, because what else the machine does is not the index's.
    """
    with closing(connect(Path(folder) / "index.sqlite", write=False)) as connection:
        index = Sketches(connection, Path(folder) / SEGMENTS)
        chance = np.random.default_rng(documents)
        wanted = chance.integers(0, documents, _QUERIES).tolist()
        copies = [near_copy(number) for number in wanted]
        times, walls, right = [], [], 0
        for number, copy in zip(wanted, copies, strict=True):
            spent, passed = [], []
            for _ in range(5):
                began, cpu = time.perf_counter(), time.thread_time()
                found = list(islice(index.candidates(copy), 20))
                spent.append(1000 * (time.thread_time() - cpu))
                passed.append(1000 * (time.perf_counter() - began))
            times.append(min(spent[1:]))
            walls.append(min(passed[1:]))
            right += bool(found and found[0].version == number)
        p50, p99 = np.percentile(times, (50, 99)).tolist()
        memory, own = _memory()
        figures = {"p50": p50, "p99": p99, "wall": np.percentile(walls, 99).item()}
        figures |= {"found": right / len(wanted), "memory": memory, "own": own}
        print(json.dumps(figures))


def keys(first: int, end: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Bands and samples of the documents from `first` to before `end`, a row each."""
    width = _BANDS + _SAMPLE
    numbers = np.arange(first * width, end * width, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in zip((30, 27), _MIX, strict=True):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * factor
    mixed = ((numbers ^ (numbers >> np.uint64(31))) >> np.uint64(32)).astype(np.int64)
    rows = mixed.reshape(-1, width)
    return rows[:, :_BANDS] & ((1 << 30) - 1), rows[:, _BANDS:]


def sketch(number: int) -> Sketch:
    """The sketch of a document."""
    bands, sample = keys(number, number + 1)
    every = sorted({*sample[0].tolist(), *_furniture(number)})
    return Sketch(bands=tuple(bands[0].tolist()), sample=tuple(every))


def near_copy(number: int) -> Sketch:
    """The sketch of a text that shares most of a document."""
    whole, other = sketch(number), sketch(_STRANGER + number)
    bands = int(_SHARE * len(whole.bands))
    rest = int(_SHARE * len(whole.sample))
    return Sketch(
        bands=(*whole.bands[:bands], *other.bands[bands:]),
        sample=tuple(sorted({*whole.sample[:rest], *other.sample[rest:]})),
    )


def _furniture(number: int) -> Iterator[int]:
    """Keys that it has in common with many; even over the whole width."""
    for each in range(_COMMON):
        if (number * 2654435761 + each * 40503) % 65521 % _ONE_IN == 0:
            yield (each + 1) * ((1 << 32) // (_COMMON + 2))


def _opened(folder: Path) -> Connection:
    connection = connect(folder / "index.sqlite", write=True)
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    return connection


def _one_by_one(connection: Connection, folder: Path, first: int, end: int) -> float:
    """Add the documents; microseconds of CPU for each."""
    index, spent = Sketches(connection, folder / SEGMENTS), 0.0
    for start in range(first, end, _BATCH):
        numbers = range(start, min(start + _BATCH, end))
        sketches = [sketch(number) for number in numbers]
        began = time.process_time()
        with connection.transaction():
            for number, each in zip(numbers, sketches, strict=True):
                index.add(number, each)
        index.settle()
        spent += time.process_time() - began
    return 1e6 * spent / max(1, end - first)


def preload(archive: Path, documents: int) -> None:
    """Put the sketches of so many documents that are not there into the index of a closed archive."""
    with closing(connect(archive / "index.sqlite", write=True)) as connection:
        _in_bulk(connection, archive, range(_FOREIGN, _FOREIGN + documents))


def _in_bulk(connection: Connection, folder: Path, numbers: range) -> int:
    """Write the segments that so many documents come to, all but the newest; the first one left.

    Each is four times all that are smaller, which is when they are most.
    """
    shelf, first = Shelf(connection, folder / SEGMENTS), numbers.start
    while (left := numbers.stop - first) >= GATHERED:
        size = max(GATHERED, left * 4 // 5 // GATHERED * GATHERED)
        starts = range(first, first + size, _PIECE)
        rows = [_packed(shelf, start, min(start + _PIECE, first + size)) for start in starts]
        shelf.name((), _joined(shelf, rows) if len(rows) > 1 else rows[0])
        shelf.sweep()
        first += size
    return first


def _packed(shelf: Shelf, first: int, end: int) -> Row:
    sketched = list(_sketched(first, end))
    return shelf.write(lambda append: pack(sketched, append))


def _joined(shelf: Shelf, rows: list[Row]) -> Row:
    segments = [shelf.stored(row) for row in rows]
    return shelf.write(lambda append: merge(segments, append))


def _sketched(first: int, end: int) -> Iterator[Sketched]:
    for start in range(first, end, GATHERED):
        numbers = range(start, start + GATHERED)
        for number, bands, sample in zip(numbers, *keys(start, numbers.stop), strict=True):
            more = list(_furniture(number))
            every = np.concatenate((bands + (1 << 32), sample, more)).astype(np.int64)
            yield Sketched(version=number, size=_SAMPLE + len(more), keys=every)


def _memory() -> tuple[float, float]:
    """MB of this process at most, and its own share now."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    most, own = (int(fields[name].split()[0]) / 1000 for name in ("VmHWM", "RssAnon"))
    return most, own


def main(words: list[str]) -> None:
    """Measure these numbers of documents, print them, and draw them."""
    points = [at(int(word)) for word in words or map(str, SIZES)]
    for point in points:
        print(json.dumps(asdict(point)))
    PICTURE.write_text(picture(points), "utf-8")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(sys.argv[1:])
