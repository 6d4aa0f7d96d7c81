"""What filing the 10th, the 1,000th and the 10,000th document costs: it must not grow with the archive.

The yardstick of growth is the same document filed at the same moment into an archive that stays
small, so that a machine that grows busier in these minutes is no growth.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from archive.records import Resource
from archive.store import Archive
from benchmarks import index_scale
from benchmarks.figures import Extent, Figure
from benchmarks.way import Spent, Stopwatch, Timed
from pipelines import reading
from pipelines.flow import Flow

_AROUND = 9  # documents on either side of a place whose median counts
_BATCH = 500  # documents that share an fsync
_AMONG = 100  # documents that are filed among a million, twice
_SMALL = 100  # documents in the archive that stays small: more than a new one is compared with
STOCK = (
    "各省、自治区、直辖市及计划单列市有关部门，各直属单位：现将本办法印发给你们，请结合实际认真贯彻执行。",
    "本办法自印发之日起施行，由本部门负责解释，执行中遇到的情况和问题请及时报告，以前的规定同时停止执行。",
)


def measure(extent: Extent) -> list[Figure]:
    """Milliseconds of CPU to keep and file one more text of 600 Han characters, without its reading.

    Once with texts that have nothing in common; once, in a smaller archive because each costs more,
    with two sentences that all of them share.
    """
    return [
        *_grown(f"{extent.prefix}filing/document", (), (10, 1_000, 10_000)),
        *_grown(f"{extent.prefix}filing/with stock phrases", STOCK, (10, 1_000, 3_000)),
        *_among(f"{extent.prefix}filing/document", 1_000_000),
    ]


class _Series:
    """An archive that takes one text after the other, and what each of them cost."""

    def __init__(self, archive: Archive, stock: tuple[str, ...]) -> None:
        self._archive = archive
        self._stock = stock
        self._read, self._whole = Spent(), Spent()
        self._flow = Flow(archive, Timed(self._read), lambda _: None)

    def file(self, number: int) -> float:
        """CPU seconds to keep and file text `number`."""
        before = self._whole.cpu - self._read.cpu
        resource = Resource(
            url=f"https://bench.example/{number}.txt",
            fetched_at=datetime.now(UTC),
            media_type="text/plain; charset=utf-8",
            body=text(number, self._stock).encode(),
        )
        with Stopwatch(self._whole):
            self._flow.take(self._archive.keep(resource))
            self._flow.finish()
        return self._whole.cpu - self._read.cpu - before

    def file_up_to(self, first: int, end: int) -> None:
        """File the texts from `first` to before `end`, many at a time."""
        for start in range(first, end, _BATCH):
            with self._archive.batch():
                for number in range(start, min(start + _BATCH, end)):
                    self.file(number)


def _among(name: str, documents: int) -> list[Figure]:
    """The same among the sketches of so many other documents, beside an archive without them.

    It is the median: the merges of the index, which come once in thousands of documents, are in the
    cost of adding that `index_scale` gives, a few hundredths of this.
    """
    with tempfile.TemporaryDirectory() as large, tempfile.TemporaryDirectory() as small:
        for folder in (large, small):
            with Archive.open(Path(folder), write=True) as archive:
                _Series(archive, ()).file_up_to(-_SMALL, 0)
        index_scale.preload(Path(large), documents)
        costs: dict[str, list[float]] = {small: [], large: []}
        for folder in (small, large, small, large):
            with Archive.open(Path(folder), write=True) as archive:
                series, first = _Series(archive, ()), len(costs[folder])
                costs[folder] += [series.file(n) for n in range(first, first + _AMONG)]
    cost, yardstick = median(costs[large]), median(costs[small])
    return [
        Figure(name=f"{name} {documents}", value=1000 * cost, unit="ms"),
        Figure(name=f"{name} {documents} growth", value=cost / yardstick, unit="x", bound="<="),
    ]


@contextmanager
def _series(stock: tuple[str, ...]) -> Iterator[_Series]:
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        yield _Series(archive, stock)


def _grown(name: str, stock: tuple[str, ...], places: tuple[int, ...]) -> list[Figure]:
    reading.warm_up()
    figures, done, growth = [], 0, 1.0
    with _series(stock) as archive:
        for place in places:
            archive.file_up_to(done, place - _AROUND)
            done = place + _AROUND
            cost, yardstick = _both(archive, stock, range(place - _AROUND, done))
            figures.append(Figure(name=f"{name} {place}", value=1000 * cost, unit="ms"))
            growth = cost / yardstick
    return [*figures, Figure(name=f"{name} growth", value=growth, unit="x", bound="<=")]


def _both(archive: _Series, stock: tuple[str, ...], numbers: range) -> tuple[float, float]:
    """Median CPU seconds of a text here and in a small archive, in turn."""
    with _series(stock) as small:
        small.file_up_to(-_SMALL, 0)
        pairs = [(archive.file(number), small.file(number)) for number in numbers]
    return median(here for here, _ in pairs), median(there for _, there in pairs)


def text(number: int, stock: tuple[str, ...]) -> str:
    """Paragraphs of random Han characters, common ones more often, as in real text."""
    chance = random.Random(number + _SMALL)  # a seed's sign does not count
    letters = [chr(0x4E00 + int(2500 * chance.random() ** 2)) for _ in range(600)]
    lines = ["".join(letters[start : start + 60]) + "。" for start in range(0, 600, 60)]
    return "\n".join([*stock[:1], *lines, *stock[1:]])
