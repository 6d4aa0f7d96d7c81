"""How fast a full verify is, beside `gzip -t` and `sha256sum` on the same WARC files in the same run."""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.records import Exchange
from archive.store import Archive
from archive.verify import verify_fully
from benchmarks.faults.victim import new, reading, sketch
from benchmarks.figures import Extent, Figure

_WORDS = 4000  # of the language of the pages: they compress about as 1 to 4, as web pages do
_LONGEST = 90_000  # bytes of a page: those of the seeds have 40,000 on the average
_ROUNDS = 3  # of which the fastest counts: others on the machine can only slow it down
_START = datetime(2026, 3, 4, tzinfo=UTC)


def measure(extent: Extent) -> list[Figure]:
    """Speed of `verify_fully` as a share of that of `gzip -t` plus `sha256sum`; wall time."""
    pages = 400 if extent.prefix else 4000
    with tempfile.TemporaryDirectory(prefix="variorum-verify-speed-") as folder:
        path = Path(folder) / "archive"
        _fill(path, pages)
        warcs = sorted(map(str, (path / "warc").glob("*.gz")))
        plain = min(_seconds(lambda: _tools(warcs)) for _ in range(_ROUNDS))
        ours = min(_seconds(lambda: _verify(path)) for _ in range(_ROUNDS))
    return [
        Figure(
            name=f"{extent.prefix}verify/beside gzip -t and sha256sum", value=plain / ours, unit="x"
        )
    ]


def _fill(path: Path, pages: int) -> None:
    """An archive of pages, of which every second has a text; two files."""
    chance = random.Random(7)
    words = ["".join(chance.choices('abcdefghijklmnop <>="/', k=9)) for _ in range(_WORDS)]
    for part in range(2):
        with Archive.open(path, write=True) as archive, archive.batch():
            for number in range(part, pages, 2):
                text = " ".join(chance.choices(words, k=chance.randrange(_LONGEST // 10)))
                capture = archive.keep(_exchange(text.encode(), number))
                if number % 4 < 2:
                    shown = f"{number} {text[: len(text) // 8]}"
                    archive.file(reading(capture, shown), new(shown), sketch(shown))


def _exchange(body: bytes, number: int) -> Exchange:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    return Exchange(
        url=f"https://speed.example/{number}",
        fetched_at=_START + timedelta(seconds=number),
        request=b"GET / HTTP/1.1\r\nHost: speed.example\r\nUser-Agent: Variorum\r\n\r\n",
        response=head + body,
    )


def _tools(warcs: list[str]) -> None:
    subprocess.run(["gzip", "-t", *warcs], check=True)
    subprocess.run(["sha256sum", *warcs], check=True, stdout=subprocess.DEVNULL)


def _verify(path: Path) -> None:
    with Archive.open(path) as archive:
        report = verify_fully(archive)
        assert report.ok, report.problems[:3]


def _seconds(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
