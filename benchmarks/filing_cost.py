"""What filing the 10th, the 1,000th and the 10,000th document costs: it must not grow with the archive."""

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from archive.records import Resource
from archive.store import Archive
from benchmarks.figures import Extent, Figure
from benchmarks.way import Spent, Stopwatch, Timed
from pipelines import reading
from pipelines.flow import Flow

_AT = (10, 1_000, 10_000)
_AROUND = 9  # documents on either side whose median counts
_STOCK = (
    "各省、自治区、直辖市及计划单列市有关部门，各直属单位：现将本办法印发给你们，请结合实际认真贯彻执行。",
    "本办法自印发之日起施行，由本部门负责解释，执行中遇到的情况和问题请及时报告，以前的规定同时停止执行。",
)


def measure(extent: Extent) -> list[Figure]:
    """Milliseconds of CPU to keep and file one more text of 600 Han characters, without its reading.

    Once with texts that have nothing in common, once with two sentences that all of them share.
    """
    return [
        *_grown(f"{extent.prefix}filing/document", ()),
        *_grown(f"{extent.prefix}filing/with stock phrases", _STOCK),
    ]


def _grown(name: str, stock: tuple[str, ...]) -> list[Figure]:
    cost = _costs(stock)
    figures = [
        Figure(name=f"{name} {place}", value=1000 * _near(cost, place), unit="ms") for place in _AT
    ]
    growth = _near(cost, _AT[-1]) / _near(cost, _AT[0])
    return [*figures, Figure(name=f"{name} growth", value=growth, unit="x", bound="<=")]


def _costs(stock: tuple[str, ...]) -> list[float]:
    """CPU seconds of each document, one after the other into one archive."""
    cost: list[float] = []
    read, whole = Spent(), Spent()
    reading.warm_up()
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        flow = Flow(archive, Timed(read), lambda _: None)
        _file(archive, flow, _text(-1, stock))
        for start in range(0, _AT[-1] + _AROUND, 500):
            with archive.batch():  # one fsync for all of them
                for number in range(start, min(start + 500, _AT[-1] + _AROUND)):
                    before = whole.cpu - read.cpu
                    with Stopwatch(whole):
                        _file(archive, flow, _text(number, stock))
                    cost.append(whole.cpu - read.cpu - before)
    return cost


def _file(archive: Archive, flow: Flow, text: str) -> None:
    resource = Resource(
        url=f"https://bench.example/{hash(text)}.txt",
        fetched_at=datetime.now(UTC),
        media_type="text/plain; charset=utf-8",
        body=text.encode(),
    )
    flow.take(archive.keep(resource))
    flow.finish()


def _near(cost: list[float], place: int) -> float:
    return median(cost[place - _AROUND : place + _AROUND])


def _text(number: int, stock: tuple[str, ...]) -> str:
    """Paragraphs of random Han characters, common ones more often, as in real text."""
    chance = random.Random(number)
    letters = [chr(0x4E00 + int(2500 * chance.random() ** 2)) for _ in range(600)]
    lines = ["".join(letters[start : start + 60]) + "。" for start in range(0, 600, 60)]
    return "\n".join([*stock[:1], *lines, *stock[1:]])
