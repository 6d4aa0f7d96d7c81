"""What filing the 10th, the 1,000th and the 10,000th document costs: it must not grow with the archive."""

import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from archive.records import Resource
from archive.store import Archive
from benchmarks.figures import Figure
from pipelines.direct import process

_AT = (10, 1_000, 10_000)
_AROUND = 9  # documents on either side whose median counts


def measure() -> list[Figure]:
    """Milliseconds of CPU for a document of 600 Han characters, fsync shared by a batch."""
    cost: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        for start in range(0, _AT[-1] + _AROUND, 500):
            with archive.batch():
                end = min(start + 500, _AT[-1] + _AROUND)
                cost.extend(_file(archive, number) for number in range(start, end))
    figures = [
        Figure(name=f"filing/document {place}", value=1000 * _near(cost, place), unit="ms")
        for place in _AT
    ]
    growth = _near(cost, _AT[-1]) / _near(cost, _AT[0])
    return [*figures, Figure(name="filing/growth", value=growth, unit="x", bound="<=")]


def _file(archive: Archive, number: int) -> float:
    resource = Resource(
        url=f"https://bench.example/{number}.txt",
        fetched_at=datetime.now(UTC),
        media_type="text/plain; charset=utf-8",
        body=_text(number).encode(),
    )
    began = time.process_time()
    process(archive, archive.keep(resource))
    return time.process_time() - began


def _near(cost: list[float], place: int) -> float:
    return median(cost[place - _AROUND : place + _AROUND])


def _text(number: int) -> str:
    """Paragraphs of random Han characters, common ones more often, as in real text."""
    chance = random.Random(number)
    letters = [chr(0x4E00 + int(2500 * chance.random() ** 2)) for _ in range(600)]
    return "\n".join("".join(letters[start : start + 60]) + "。" for start in range(0, 600, 60))
