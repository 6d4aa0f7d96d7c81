"""Taking over a clean WARC file, without reading its pages, beside FastWARC iterating and `warcio index`.

All in this process, one after the other, the quickest of three rounds each, on a file of pages from the
corpus (or generated ones) as a crawler writes it: a request and an answer for each, with SHA-1 digests of
block and payload. The others inflate, and read headers; an import also proves both digests, works out the
SHA-256 of each body, and writes an index that outlives a power cut.
"""

import base64
import hashlib
import io
import tempfile
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from warcio.cli import main as warcio

from archive.imports import ImportReport, adopt_warc, import_warc
from archive.members import walk
from archive.store import Archive
from benchmarks import corpus
from benchmarks.figures import Extent, Figure

_FULL_BYTES = 150 << 20  # of pages; as gzip about a fifth of it
_SAMPLE_BYTES = 20 << 20
_ROUNDS = 3
_SENTENCE = "各市要把湿地修复列入年度计划，由自然资源部门会同财政部门逐项下达任务并按季度通报进度。"


def measure(extent: Extent) -> list[Figure]:
    """How many times as fast as FastWARC, and as `warcio index`, a file is taken over, and is walked."""
    size = _SAMPLE_BYTES if extent.prefix else _FULL_BYTES
    with tempfile.TemporaryDirectory(prefix="variorum-import-") as folder:
        path = Path(folder) / "pages.warc.gz"
        _write(path, size)
        archives = (Path(folder) / f"archive-{n}" for n in range(2 * _ROUNDS))
        fast = _seconds(lambda: _iterate(path))
        indexed = _seconds(lambda: _index(path))
        walked = _seconds(lambda: _walk(path))
        taken = _seconds(lambda: _take(import_warc, path, next(archives)))
        referred = _seconds(lambda: _take(adopt_warc, path, next(archives)))
    name = f"{extent.prefix}import"
    return [
        Figure(name=f"{name}/of FastWARC", value=fast / taken, unit="x"),
        Figure(name=f"{name}/of warcio index", value=indexed / taken, unit="x"),
        Figure(name=f"{name}/in place, of FastWARC", value=fast / referred, unit="x"),
        Figure(name=f"{name}/in place, of warcio index", value=indexed / referred, unit="x"),
        Figure(name=f"{name}/walk of FastWARC", value=fast / walked, unit="x"),
        Figure(name=f"{name}/pages", value=size / taken / 1e6, unit="MB/s"),
    ]


def _seconds(action: Callable[[], None]) -> float:
    """The quickest of a few rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        action()
        rounds.append(time.perf_counter() - started)
    return min(rounds)


def _iterate(path: Path) -> None:
    with path.open("rb") as stream:
        for _ in ArchiveIterator(stream, parse_http=False):
            pass


def _index(path: Path) -> None:
    with redirect_stdout(io.StringIO()):
        warcio(["index", str(path)])


def _walk(path: Path) -> None:
    for _ in walk(path):
        pass


def _take(way: Callable[..., ImportReport], path: Path, folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        report = way(archive, path, lambda _: None)
    if report.problems:
        raise ValueError(f"the file was to be clean: {report.problems[0].message}")


def _write(path: Path, size: int) -> None:
    """Write a file with about `size` bytes of pages."""
    written = number = 0
    pages = list(_pages())
    with path.open("wb") as target:
        while written < size:
            number += 1
            body = pages[number % len(pages)] + b"<!-- %d -->" % number
            url = f"https://pages.example/{number}"
            asked = f"GET /{number} HTTP/1.1\r\nHost: pages.example\r\nAccept: */*\r\n\r\n".encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
            target.write(_member("request", url, asked, b""))
            target.write(_member("response", url, head % len(body) + body, body))
            written += len(body)


def _pages() -> Iterator[bytes]:
    there = [name for name in ("aeb", "traf", "cn") if not corpus.missing((name,))]
    for name in there:
        yield from (page.body for page in corpus.pages(name))
    if not there:
        for number in range(300):
            lines = "".join(f"<p>{_SENTENCE}{number * line}</p>\n" for line in range(400))
            yield f"<html><head><title>{number}</title></head><body>{lines}</body></html>".encode()


def _member(kind: str, url: str, block: bytes, payload: bytes) -> bytes:
    lines = (
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid4()}>",
        "WARC-Date: 2024-01-02T03:04:05Z",
        f"WARC-Target-URI: {url}",
        f"Content-Type: application/http; msgtype={kind}",
        f"WARC-Block-Digest: {_sha1(block)}",
        f"WARC-Payload-Digest: {_sha1(payload)}",
        f"Content-Length: {len(block)}",
    )
    deflater = zlib.compressobj(6, zlib.DEFLATED, 31)
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"
    return deflater.compress(whole) + deflater.flush()


def _sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
