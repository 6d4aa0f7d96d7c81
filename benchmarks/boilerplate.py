"""Ten thousand different pages of which nine tenths are the same: filed apart, at a cost that is bounded.

    python -m benchmarks.boilerplate 10000

Such are ordinances that many cities made from one model: each has its own title, and a passage of its
own. Every key of the model is in every page, so an index that follows them all pays for each page with
all pages before it.
"""

import json
import random
import resource
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.records import Resource
from archive.store import Archive
from benchmarks.figures import Extent, Figure
from benchmarks.way import Spent, Stopwatch, Timed
from pipelines import reading
from pipelines.flow import Flow

_FRAME, _OWN = 1800, 200  # Han characters of a page
_BATCH = 500  # pages that share an fsync; their cost is one point
_COMMON = [chr(0x4E00 + int(2500 * (place / 2500) ** 2)) for place in range(2500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What came of filing so many pages of one frame."""

    pages: int
    documents: int
    first: float  # ms of CPU to keep and file one of the first pages, without its reading
    last: float  # the same for one of the last
    # MB of the process at most, after a third of the pages and at the end.
    memory: tuple[float, float]


def measure(extent: Extent) -> list[Figure]:
    """Growth of the cost and of the memory, and the share of pages that stayed documents of their own."""
    found = filed(10_000 if extent.rivals else 1_500)
    name = f"{extent.prefix}boilerplate/{found.pages}"
    before, after = found.memory
    return [
        Figure(name=f"{name} apart", value=found.documents / found.pages),
        Figure(name=f"{name} first", value=found.first, unit="ms"),
        Figure(name=f"{name} last", value=found.last, unit="ms"),
        Figure(name=f"{name} growth", value=found.last / found.first, unit="x", bound="<="),
        Figure(name=f"{name} memory growth", value=after / before, unit="x", bound="<="),
    ]


def filed(pages: int) -> Filed:
    """File the pages in an archive of their own."""
    reading.warm_up()
    costs: list[float] = []
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        read, whole = Spent(), Spent()
        flow = Flow(archive, Timed(read), lambda _: None)
        batch = max(1, min(_BATCH, pages // 3))
        for start in range(0, pages - pages % batch, batch):
            before = whole.cpu - read.cpu
            with Stopwatch(whole), archive.batch():
                for number in range(start, start + batch):
                    flow.take(archive.keep(_page(number)))
                flow.finish()
            costs.append(1000 * (whole.cpu - read.cpu - before) / batch)
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
        documents = archive.index.counts()["documents"]
    return Filed(
        pages=len(costs) * batch,
        documents=documents,
        first=costs[0],
        last=costs[-1],
        memory=(memory[len(memory) // 3], memory[-1]),
    )


def _page(number: int) -> Resource:
    return Resource(
        url=f"https://city{number}.example/",
        fetched_at=datetime.now(UTC),
        media_type="text/html; charset=utf-8",
        body=page(number).encode(),
    )


def page(number: int) -> str:
    """The page: its own title, and its own passage in the middle of the frame."""
    frame = _passage(random.Random(0), _FRAME)
    chance = random.Random(number + 1)
    title = "".join(chance.choices(_COMMON, k=6)) + "市养犬管理条例"
    half = len(frame) // 2
    lines = (*frame[:half], *_passage(chance, _OWN), *frame[half:])
    body = "".join(f"<p>{line}</p>" for line in lines)
    head = f'<meta name="ArticleTitle" content="{title}">'
    article = f"<article><h1>{title}</h1>{body}</article>"
    return f"<html><head>{head}</head><body>{article}</body></html>"


def _passage(chance: random.Random, length: int) -> list[str]:
    letters = chance.choices(_COMMON, k=length)
    return ["".join(letters[start : start + 60]) + "。" for start in range(0, length, 60)]


if __name__ == "__main__":
    print(json.dumps(asdict(filed(int(sys.argv[1])))))
