"""How fast pages come in, beside Scrapy that saves nothing and `wget --warc-file`; and in what memory.

2,000 pages of 30 kB on loopback, politeness off, each client and the server in a process of its own.

    python -m benchmarks.crawl_speed              all clients, in turn
    python -m benchmarks.crawl_speed memory       20,000 pages, and the memory on the way
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from archive.store import Archive
from benchmarks.figures import Extent, Figure
from crawlers.run import Limits, Progress, fetch
from crawlers.sink import Arrival, Failure

PAGE_BYTES = 30_000
PAGES = 2_000
MANY_PAGES = 20_000
_HOSTS = 16  # of 127.0.0.0/8, as many as a crawl asks at a time
_ROUNDS = 3  # of each client, in turn; the median counts
_BATCH = 64  # captures that share an fsync
_MIB = 1 << 20


def measure(extent: Extent) -> list[Figure]:
    """Pages a second as a share of plain Scrapy's in the same run, and growth over 20,000 pages."""
    pages = PAGES if extent.pages is None else 300
    rates = speeds(pages)
    figures = [
        Figure(name=f"{extent.prefix}crawl/{name}", value=rates[name] / rates["plain"], rival=1.0)
        for name in ("keep", "drop")
    ]
    figures.append(Figure(name=f"{extent.prefix}crawl/plain", value=rates["plain"], unit="pages/s"))
    if "wget" in rates:
        value = rates["wget"] / rates["plain"]
        figures.append(Figure(name=f"{extent.prefix}crawl/wget", value=value))
    if extent.pages is None:
        growth = memory()
        figures.append(Figure(name="crawl/memory growth", value=growth, unit="MiB", bound="<="))
    return figures


def speeds(pages: int) -> dict[str, float]:
    """Pages a second of each client; wget only where it is installed."""
    clients = ["plain", "drop", "keep"] + ["wget"] * (shutil.which("wget") is not None)
    found: dict[str, list[float]] = {client: [] for client in clients}
    with _server() as port:
        for _ in range(_ROUNDS):
            for client in clients:
                found[client].append(pages / _seconds(client, port, pages))
    return {client: median(rates) for client, rates in found.items()}


def memory() -> float:
    """MiB by which the process grew between a quarter of the pages and all of them."""
    with _server() as port, tempfile.TemporaryDirectory() as folder:
        told = _told("grow", port, MANY_PAGES, folder)
    before, after = told["quarter"], told["all"]
    return float(after - before) / _MIB


def _seconds(client: str, port: int, pages: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        if client != "wget":
            told = _told(client, port, pages, folder)
            assert told["pages"] == pages, told
            return float(told["seconds"])
        listed = Path(folder) / "urls"
        listed.write_text("\n".join(addresses(port, pages)))
        began = time.monotonic()
        subprocess.run(
            [
                "wget", "--quiet", "--input-file", listed, "--warc-file", "kept",
                "--delete-after", "--no-directories", "--execute", "robots=off",
            ],
            cwd=folder,
            check=True,
        )  # fmt: skip
        return time.monotonic() - began


def _told(role: str, port: int, pages: int, folder: str) -> dict[str, Any]:
    """What a client says at its end."""
    command = [sys.executable, "-m", "benchmarks.crawl_speed", role, str(port), str(pages), folder]
    if role == "plain":
        command = [sys.executable, "-c", PLAIN]
    allow = os.environ | {"VARIORUM_ALLOW_ADDRESSES": "127.0.0.0/8"}
    listed = "\n".join(addresses(port, pages))
    done = subprocess.run(
        command, input=listed, stdout=subprocess.PIPE, env=allow, check=True, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@contextmanager
def _server() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.crawl_speed", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def addresses(port: int, pages: int) -> list[str]:
    """The pages of the server, over as many hosts as a crawl asks at a time."""
    return [f"http://127.0.0.{1 + n % _HOSTS}:{port}/{n}" for n in range(pages)]


# ------------------------------------------------------------------ the roles


# Scrapy with its own settings, politeness off, which throws every page away. It is a text,
# because nothing outside `crawlers` imports Scrapy.
PLAIN = """
import json, sys, time
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
wanted, seen = sys.stdin.read().split(), 0

class Plain(Spider):
    name = "plain"

    async def start(self):
        for address in wanted:
            yield Request(address, dont_filter=True)

    def parse(self, response):
        global seen
        seen += response.status == 200

process = CrawlerProcess({
    "ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0, "LOG_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False, "COOKIES_ENABLED": False, "CONCURRENT_REQUESTS": 16,
})
began = time.monotonic()
process.crawl(Plain)
process.start()
json.dump({"pages": seen, "seconds": time.monotonic() - began}, sys.stdout)
"""


class _Pages(asyncio.Protocol):
    """Answers every request with a page of its own, as fast as it can."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._transport.write(_page(head.split(b" ", 2)[1]))


_FILLING = os.urandom(PAGE_BYTES).hex().encode()[:PAGE_BYTES]
_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % PAGE_BYTES


def _page(path: bytes) -> bytes:
    if path == b"/robots.txt":
        return _MISSING
    begin = b"<html><p>" + path
    return _HEAD + begin + _FILLING[len(begin) :]


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Pages, "0.0.0.0", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _drop(port: int, pages: int) -> dict[str, float]:
    """Our crawl, whose caller throws every page away."""
    began = time.monotonic()
    summary = fetch(addresses(port, pages), Limits(delay_seconds=0.0), lambda _: None)
    return {"pages": summary.answered, "seconds": time.monotonic() - began}


def _keep(port: int, pages: int, folder: str) -> dict[str, float]:
    """Our crawl into an archive; several captures share an fsync."""
    began = time.monotonic()
    with Archive.open(Path(folder) / "archive", write=True) as archive:
        waiting: list[Arrival] = []

        def keep() -> None:
            with archive.batch():
                for arrival in waiting:
                    archive.keep(arrival.exchange)
            waiting.clear()

        def receive(item: Arrival | Failure) -> None:
            if isinstance(item, Arrival):
                waiting.append(item)
            if len(waiting) >= _BATCH:
                keep()

        summary = fetch(addresses(port, pages), Limits(delay_seconds=0.0), receive)
        keep()
    return {"pages": summary.answered, "seconds": time.monotonic() - began}


def _grow(port: int, pages: int) -> dict[str, float]:
    """The memory of our crawl after a quarter of the pages, and at its end, in bytes."""
    sizes: dict[str, float] = {}

    def look(progress: Progress) -> None:
        if progress.settled == progress.total // 4:
            sizes["quarter"] = _resident()
        sizes["all"] = _resident() if progress.settled == progress.total else 0

    fetch(addresses(port, pages), Limits(delay_seconds=0.0), lambda _: None, look)
    return sizes | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return float(pages * resource.getpagesize())


def main(words: list[str]) -> None:
    """Runs one role, or prints what all of them gave."""
    role, *rest = words or ["all"]
    if role == "serve":
        asyncio.run(_serve())
    elif role == "all":
        for name, rate in speeds(PAGES).items():
            print(f"{name:6} {rate:8.0f} pages/s")
    elif role == "memory":
        print(f"{memory():.1f} MiB more from a quarter of {MANY_PAGES} pages to all of them")
    else:
        port, pages = int(rest[0]), int(rest[1])
        roles = {
            "drop": lambda: _drop(port, pages),
            "keep": lambda: _keep(port, pages, rest[2]),
            "grow": lambda: _grow(port, pages),
        }
        json.dump(roles[role](), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
