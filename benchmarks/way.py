"""The whole way of a page, from kept bytes to filed document, beside bare `trafilatura.extract`."""

import gzip
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from archive.records import Resource
from archive.store import Archive
from benchmarks.figures import Figure
from pipelines.direct import process
from service.demo.sites import ISSUED, SITES, page

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
_MOST = 150  # pages of each set: a minute in all


def measure() -> list[Figure]:
    """Pages a second both ways, and CPU as a ratio, for Latin and for Chinese pages."""
    figures = []
    for name, pages in _sets().items():
        own, bare, wall = _race(pages)
        figures += [
            Figure(name=f"way/{name}/pages", value=len(pages)),
            Figure(name=f"way/{name}/whole way", value=len(pages) / wall, unit="pages/s"),
            Figure(name=f"way/{name}/trafilatura.extract", value=len(pages) / bare, unit="pages/s"),
            Figure(name=f"way/{name}/CPU ratio", value=own / bare, unit="x", bound="<="),
        ]
    return figures


def _race(pages: list[bytes]) -> tuple[float, float, float]:
    """CPU seconds of ours, CPU seconds of trafilatura, wall seconds of ours; page by page in turn."""
    own = bare = wall = 0.0
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        _take(
            archive,
            0,
            b"<html><body><p>A first page, to load what is loaded once.</p></body></html>",
        )
        for number, body in enumerate(pages, 1):
            cpu, clock = time.process_time(), time.perf_counter()
            _take(archive, number, body)
            own += time.process_time() - cpu
            wall += time.perf_counter() - clock
            cpu = time.process_time()
            trafilatura.extract(body)
            bare += time.process_time() - cpu
    return own, bare, wall


def _take(archive: Archive, number: int, body: bytes) -> None:
    resource = Resource(
        url=f"https://bench.example/{number}.html",
        fetched_at=datetime.now(UTC),
        media_type="text/html",
        body=body,
    )
    process(archive, archive.keep(resource))


def _sets() -> dict[str, list[bytes]]:
    """Real pages where the corpus is at hand, else the demo's own."""
    if not CORPUS.is_dir():
        return {"demo": [page(site, ISSUED) for site in SITES]}
    return {"latin": list(_latin()), "chinese": [p.read_bytes() for p in _chinese()]}


def _latin() -> Iterator[bytes]:
    for path in sorted((CORPUS / "aeb" / "html").glob("*.gz"))[:_MOST]:
        yield gzip.decompress(path.read_bytes())


def _chinese() -> list[Path]:
    return sorted((CORPUS / "gne" / "tests").glob("*/*.html"))[:_MOST]
