"""Pages that come again with the same bytes: they are filed without being read."""

import gzip
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

from archive.captures import Body
from archive.records import Capture, Exchange, Reading, Resource
from archive.store import Archive
from benchmarks.figures import Extent, Figure
from pipelines.direct import InProcess
from pipelines.flow import Flow
from service.demo.sites import ISSUED, SITES, page


class Counting:
    """Makes each reading in this process, and counts them: `pipelines.workers.Reads`."""

    count = 0

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.made = 0
        self._reads = InProcess()

    def read(self, body: Body, capture: Capture) -> Future[Reading]:
        """See `Reads.read`."""
        self.made += 1
        return self._reads.read(body, capture)


def measure(extent: Extent) -> list[Figure]:
    """How often a page is read that is kept four times: here, again, elsewhere, and compressed."""
    bodies = [page(site, ISSUED) for site in SITES]
    reads = Counting()
    captures = 0
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        flow = Flow(archive, reads, lambda _: None)
        for number, body in enumerate(bodies):
            for kept in _kept(archive, number, body):
                flow.take(kept)
                captures += 1
        flow.finish()
        unread = len(archive.index.unread())
    again = (reads.made - len(bodies)) / (captures - len(bodies))
    return [
        Figure(name=f"{extent.prefix}duplicates/captures", value=captures),
        Figure(name=f"{extent.prefix}duplicates/left unfiled", value=unread, bound="<="),
        Figure(name=f"{extent.prefix}duplicates/readings of a copy", value=again, bound="<="),
    ]


def _kept(archive: Archive, number: int, body: bytes) -> Iterator[Capture]:
    home, mirror = f"https://home{number}.example/", f"https://mirror{number}.example/"
    for url in (home, home, mirror):
        resource = Resource(
            url=url, fetched_at=datetime.now(UTC), media_type="text/html", body=body
        )
        yield archive.keep(resource)
    coded = gzip.compress(body)
    head = f"Content-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(coded)}"
    exchange = Exchange(
        url=f"{mirror}coded",
        fetched_at=datetime.now(UTC),
        request=f"GET /coded HTTP/1.1\r\nHost: mirror{number}.example\r\n\r\n".encode(),
        response=f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + coded,
    )
    yield archive.keep(exchange)
