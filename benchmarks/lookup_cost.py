"""What a pasted text costs to recognise among a million others, alignment with what is found included."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from archive.records import Resource
from archive.store import Archive
from benchmarks import index_scale
from benchmarks.figures import Extent, Figure
from benchmarks.filing_cost import STOCK, text
from benchmarks.way import Spent, Timed
from pipelines.flow import Flow
from pipelines.recognise import recognise

_DOCUMENTS = 300  # with texts; the others are sketches alone
_OTHERS = 1_000_000
_SCANNED = 3_000  # documents of which each text is searched for a short passage
_SHORT = 12  # characters of that passage
_WARM = 50  # lookups before those that count


def measure(extent: Extent) -> list[Figure]:
    """Milliseconds of CPU of a lookup; seconds until a passage too short for the index is found."""
    figures = []
    for name, stock in (("lookup", ()), ("lookup with stock phrases", STOCK)):
        with tempfile.TemporaryDirectory() as folder:
            _fill(Path(folder), stock, _DOCUMENTS)
            index_scale.preload(Path(folder), _OTHERS if extent.rivals else 10_000)
            figures += _asked(Path(folder), f"{extent.prefix}{name}", stock)
    return [*figures, *_scanned(extent)]


def _fill(folder: Path, stock: tuple[str, ...], documents: int) -> None:
    with Archive.open(folder, write=True) as archive:
        flow = Flow(archive, Timed(Spent()), lambda _: None)
        for start in range(0, documents, 500):
            with archive.batch():
                for number in range(start, min(start + 500, documents)):
                    resource = Resource(
                        url=f"https://bench.example/{number}.txt",
                        fetched_at=datetime.now(UTC),
                        media_type="text/plain; charset=utf-8",
                        body=text(number, stock).encode(),
                    )
                    flow.take(archive.keep(resource))
                flow.finish()


def _asked(folder: Path, name: str, stock: tuple[str, ...]) -> list[Figure]:
    """Each document asked for by a copy that lacks its second line."""
    spent, right = [], 0
    with Archive.open(folder) as archive:
        for number in [*range(_WARM), *range(_DOCUMENTS)]:
            lines = text(number, stock).split("\n")
            copy = "\n".join([lines[0], *lines[2:]])
            began = time.process_time()
            found = recognise(archive, copy).matches
            spent.append(1000 * (time.process_time() - began))
            at_address = archive.index.captures_at(f"https://bench.example/{number}.txt")[0]
            filed = archive.index.filed(at_address.id)
            right += bool(found and filed and found[0].version.key == filed.version)
    counted = spent[_WARM:]
    return [
        Figure(name=f"{name} p50", value=float(np.percentile(counted, 50)), unit="ms", bound="<="),
        Figure(name=f"{name} p99", value=float(np.percentile(counted, 99)), unit="ms", bound="<="),
        Figure(name=f"{name} found", value=right / len(spent)),
    ]


def _scanned(extent: Extent) -> list[Figure]:
    """The slowest passage: the one of the oldest text."""
    documents = _SCANNED if extent.rivals else 300
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder), (), documents)
        with Archive.open(Path(folder)) as archive:
            began = time.process_time()
            found = recognise(archive, text(0, ())[30 : 30 + _SHORT])
            spent = time.process_time() - began
    return [
        Figure(name=f"{extent.prefix}lookup short passage", value=spent, unit="s", bound="<="),
        Figure(name=f"{extent.prefix}lookup short found", value=float(len(found.matches) == 1)),
    ]
