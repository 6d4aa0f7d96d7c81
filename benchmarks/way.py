"""What a page costs on its way from kept bytes to filed document, beside bare `trafilatura.extract`.

Page by page both take their turn, now the one first, now the other, so that both meet the same
machine. What is loaded once is loaded before.
"""

import gc
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from archive.captures import Body
from archive.records import Capture, Reading, Resource
from archive.store import Archive
from benchmarks import corpus
from benchmarks.corpus import WebPage
from benchmarks.figures import Extent, Figure
from pipelines import reading
from pipelines.direct import InProcess
from pipelines.flow import Flow
from pipelines.workers import Readers
from service.demo.sites import ISSUED, REVISED, SITES, page

_SETS = ("aeb", "traf", "cn")
_WARM = WebPage(
    url="https://warm.example/",
    body=b"<html><body><p>A first page, to load what is loaded once.</p></body></html>",
)


@dataclass(slots=True)
class Spent:
    """Seconds that were spent on the pages so far."""

    cpu: float = 0.0  # of this process
    wall: float = 0.0


class Stopwatch:
    """Adds what passes between `with` and its end to `spent`."""

    def __init__(self, spent: Spent) -> None:
        """It starts with the `with` block."""
        self._spent = spent

    def __enter__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._spent.cpu += time.process_time() - self._cpu
        self._spent.wall += time.perf_counter() - self._wall


class Timed:
    """Makes each reading in this process, and takes its time: `pipelines.workers.Reads`."""

    count = 0

    def __init__(self, spent: Spent) -> None:
        """What a reading costs is added to `spent`."""
        self._spent = spent
        self._reads = InProcess()

    def read(self, body: Body, capture: Capture) -> Future[Reading]:
        """See `Reads.read`."""
        with Stopwatch(self._spent):
            return self._reads.read(body, capture)


def measure(extent: Extent) -> list[Figure]:
    """Pages a second and CPU ratios for each set of pages that is beside the checkout.

    Without any, for the pages of the demo, which are too few to hold a floor.
    """
    sets = {name: corpus.pages(name) for name in _SETS if not corpus.missing((name,))}
    figures = []
    for name, found in (sets or {"demo": _demo()}).items():
        # Pages with the same bytes are read once only, which is no measure of reading.
        every = list({one.body: one for one in found}.values())
        pages = every[:: extent.every] if name == "traf" else every  # the other sets are small
        figures += _costs(f"{extent.prefix}way/{name}", pages)
        if extent.every == 1:
            figures.append(
                Figure(
                    name=f"way/{name} whole way, workers",
                    value=len(pages) / _by_workers(pages),
                    unit="pages/s",
                )
            )
    return figures


def _costs(name: str, pages: list[WebPage]) -> list[Figure]:
    bare, read, whole = _race(pages)
    count = len(pages)
    return [
        Figure(name=f"{name} pages", value=count),
        Figure(name=f"{name} trafilatura.extract", value=count / bare.wall, unit="pages/s"),
        Figure(name=f"{name} reading", value=count / read.wall, unit="pages/s"),
        Figure(name=f"{name} whole way", value=count / whole.wall, unit="pages/s"),
        Figure(name=f"{name} CPU of reading", value=read.cpu / bare.cpu, unit="x", bound="<="),
        Figure(name=f"{name} CPU of whole way", value=whole.cpu / bare.cpu, unit="x", bound="<="),
    ]


def _race(pages: list[WebPage]) -> tuple[Spent, Spent, Spent]:
    """What trafilatura took, what the readings took, and what the whole way took with them."""
    bare, read, whole = Spent(), Spent(), Spent()
    reading.warm_up()
    trafilatura.extract(_WARM.body)
    gc.collect()
    gc.freeze()  # what the process holds besides is not to be searched at the cost of the pages
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        flow = Flow(archive, Timed(read), lambda _: None)
        _take(archive, flow, _WARM)
        read.cpu = read.wall = 0.0
        for number, one in enumerate(pages):
            for ours in (True, False) if number % 2 else (False, True):
                with Stopwatch(whole if ours else bare):
                    if ours:
                        _take(archive, flow, one)
                    else:
                        trafilatura.extract(one.body, url=one.url)
    gc.unfreeze()
    return bare, read, whole


def _by_workers(pages: list[WebPage]) -> float:
    """Seconds of wall time for the whole way as the commands go it, a worker on each core."""
    spent = Spent()
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive.open(Path(folder), write=True) as archive,
        Readers() as reads,
    ):
        flow = Flow(archive, reads, lambda _: None)
        for number in range(reads.count):  # each worker starts with its first page
            warm = WebPage(url=_WARM.url, body=_WARM.body + b"<p>%d</p>" % number)
            flow.take(archive.keep(_resource(warm)))
        flow.finish()
        with Stopwatch(spent):
            for one in pages:
                flow.take(archive.keep(_resource(one)))
            flow.finish()
    return spent.wall


def _take(archive: Archive, flow: Flow, one: WebPage) -> None:
    flow.take(archive.keep(_resource(one)))
    flow.finish()


def _resource(one: WebPage) -> Resource:
    now = datetime.now(UTC)
    return Resource(url=one.url, fetched_at=now, media_type="text/html", body=one.body)


def _demo() -> Iterator[WebPage]:
    for at, edition in enumerate((ISSUED, REVISED)):
        for site in SITES:
            yield WebPage(url=f"https://{site.name}.example/{at}", body=page(site, edition))
