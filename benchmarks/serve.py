"""How fast a server answers: lookups by key and by text, document pages, searches, submissions.

    python -m benchmarks.serve 100000 [FOLDER]

An archive of so many versions is filled (benchmarks.stocked), unless the folder has one, and served by
`variorum serve` in a process of its own. Clients keep their connections and ask at a steady rate; a time is
counted from the moment at which a request was due, so that a server that stalls does not hide it. The last
table says how many requests a second go through when 32 clients ask without a pause.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from archive.store import Archive
from benchmarks.figures import Extent, Figure
from benchmarks.stocked import fill
from pipelines import flow
from pipelines.workers import Readers

_CLIENTS = 32
_SECONDS, _SAMPLE_SECONDS = 10.0, 2.0  # of each series
_WARM_SECONDS = 1.0  # of the same, not counted: what is asked first is read from the disk
_QUERIES = 2000  # different ones of each kind
_PASTED = 2000  # characters of a text that is looked up
_FULL, _SAMPLE = 100_000, 1_000  # versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Requests of one kind, at a steady rate."""

    name: str
    requests: tuple[bytes, ...]  # whole ones, of which one is chosen each time
    rate: float  # requests a second, all clients together; 0: as many as go through
    clients: int = _CLIENTS
    seconds: float = 0.0  # that it lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What came of a series."""

    seconds: tuple[float, ...]  # of each answer, ascending
    failed: int  # answers that were no success
    throughput: float  # answers a second

    def at(self, share: float) -> float:
        """Milliseconds within which this share of the answers came, 0..1."""
        place = min(len(self.seconds) - 1, int(share * len(self.seconds)))
        return self.seconds[place] * 1000 if self.seconds else float("inf")


def measure(extent: Extent) -> list[Figure]:
    """The figures at the full size, or at that of a sample."""
    versions, seconds = (_FULL, _SECONDS) if extent.rivals else (_SAMPLE, _SAMPLE_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        found = among(Path(folder) / "archive", versions, seconds)
    return [replace(each, name=extent.prefix + each.name) for each in found]


def among(folder: Path, versions: int, seconds: float = _SECONDS) -> list[Figure]:
    """The figures of an archive of so many versions in the folder, each measured for so many seconds."""
    if not folder.exists():
        fill(folder, versions, keep=1)
        with Archive.open(folder, write=True) as archive, Readers() as readers:
            flow.catch_up(archive, readers)
    with _served(folder) as (host, port):
        found: list[Figure] = []
        for series in _all(folder, f"{host}:{port}"):
            asyncio.run(_drive(host, port, replace(series, seconds=_WARM_SECONDS)))
            times = asyncio.run(_drive(host, port, replace(series, seconds=seconds)))
            found += _figures(series, times)
        return found


def _figures(series: Series, times: Times) -> list[Figure]:
    name = f"serve/{series.name}"
    if series.rate:
        found = [
            Figure(name=f"{name}_p{share}", value=times.at(share / 100), unit="ms", bound="<=")
            for share in (50, 95, 99)
        ]
    else:
        found = [Figure(name=f"{name}_rate", value=times.throughput, unit="1/s", bound=">=")]
    return [*found, Figure(name=f"{name}_failed", value=times.failed, bound="<=")]


def _all(folder: Path, host: str) -> Iterator[Series]:
    chance = random.Random(1)
    with Archive.open(folder) as archive:
        versions = list(archive.index.all_versions())
        chosen = chance.sample(versions, min(_QUERIES, len(versions)))
        texts = [archive.text(each.text) for each in chosen[:200]]
    pasted = tuple(_pasted(chance.sample(texts, 4)) for _ in texts)
    keys = tuple(_get(host, f"/api/v1/lookup?key={each.fingerprint}") for each in chosen)
    yield Series(name="lookup_key", requests=keys, rate=200)
    pages = tuple(_get(host, f"/d/{each.document}") for each in chosen)
    yield Series(name="document_page", requests=pages, rate=20)
    bodies = (json.dumps({"text": text}).encode() for text in pasted)
    sent = tuple(_post(host, "/api/v1/lookup", body) for body in bodies)
    yield Series(name="lookup_text", requests=sent, rate=10, clients=4)
    words = tuple(
        _get(host, f"/api/v1/search?q={quote(text[at : at + 2])}")
        for text in texts
        for at in (5, 300)
    )
    yield Series(name="search_two_characters", requests=words, rate=10, clients=4)
    addresses = range(100_000)
    submissions = tuple(
        _post(host, "/api/v1/submissions", b'{"urls":["http://plans.example/%d"]}' % number)
        for number in addresses
    )
    yield Series(name="submission", requests=submissions, rate=50, clients=8)
    yield Series(name="lookup_key_without_pause", requests=keys, rate=0)


def _pasted(texts: list[str]) -> str:
    """So many characters of known texts, one behind the other: each has to be found and aligned."""
    return "".join(text.strip() for text in texts)[:_PASTED]


def _get(host: str, target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n".encode()


def _post(host: str, target: str, body: bytes) -> bytes:
    head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _drive(host: str, port: int, series: Series) -> Times:
    taken: list[float] = []
    failed = [0]
    end = time.monotonic() + series.seconds

    async def client(number: int) -> None:
        chance = random.Random(number)
        reads, writes = await asyncio.open_connection(host, port)
        with closing(writes):
            pause = series.clients / series.rate if series.rate else 0.0
            due = time.monotonic() + chance.random() * pause
            while due < end and time.monotonic() < end + series.seconds:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                writes.write(chance.choice(series.requests))
                failed[0] += not await _answered(reads)
                now = time.monotonic()
                taken.append(now - due)
                due = due + pause if pause else now

    began = time.monotonic()
    await asyncio.gather(*(client(number) for number in range(series.clients)))
    throughput = len(taken) / (time.monotonic() - began)
    return Times(seconds=tuple(sorted(taken)), failed=failed[0], throughput=throughput)


async def _answered(reads: asyncio.StreamReader) -> bool:
    """Whether the answer, which is read to its end, is a success."""
    head = (await reads.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reads.readexactly(int(length))
    return head.startswith(b"http/1.1 2")


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, int]]:
    """A server of the archive, with no worker beside it: what it does would be measured too."""
    command = [sys.executable, "-m", "service.cli", "--archive", str(folder), "--json", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--local", "--no-worker"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ
        | {"VARIORUM_REPLAY_PORT": "0", "VARIORUM_LIMITS_WRITES_PER_MINUTE": "1000000"},
    )
    assert process.stdout is not None
    try:
        told = ""
        while not told.endswith("}\n"):
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the server ended before it said where it is")
            told += line
        where = json.loads(told)
        time.sleep(5)  # until it has opened everything
        yield str(where["host"]), int(where["port"])
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def main() -> None:
    """Print the figures of one size."""
    versions = int(sys.argv[1]) if len(sys.argv) > 1 else _SAMPLE
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary) / "archive"
        for figure in among(folder, versions):
            sys.stdout.write(f"{figure.name:40} {figure.value:10.1f} {figure.unit}\n")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
