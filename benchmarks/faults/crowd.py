"""Many writers at once, and clocks that jump."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

from archive import writer
from archive.errors import ArchiveBusy
from archive.records import Resource
from archive.recovery import warc_files
from archive.store import Archive
from archive.writer import serial_of
from benchmarks.faults.judge import losses
from benchmarks.faults.mutants import changed
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.victim import START, exchange, key_of, new, reading, sketch, version_of
from benchmarks.way import Spent, Timed
from pipelines.flow import Flow

_TEXT = "The council adopts the following plan for its wetlands, number {0}, of the year 2026. " * 6
_JUMPS = (
    START,
    START + timedelta(days=1),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    START - timedelta(days=1),
)


def at_once(folder: Path, submissions: int) -> Outcome:
    """One page handed in by so many processes at once; who finds the archive busy tries again."""
    outcome = Outcome(fault="submissions of one address at once")
    path = folder / "crowd"
    children = [_forked(lambda: _hand_in(path)) for _ in range(submissions)]
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    with Archive.open(path) as archive:
        counts = archive.index.counts()
    expected = {"captures": submissions, "versions": 1, "documents": 1}
    wrong = [
        f"{counts[name]} {name}, not {number}"
        for name, number in expected.items()
        if counts[name] != number
    ]
    wrong += [f"a process ended with {end}" for end in ends if end]
    outcome.add(wrong + losses(path, ()), submissions)
    return outcome


def _hand_in(path: Path) -> None:
    """Keep the page and file it, whenever nobody else is writing."""
    page = Resource(
        url="https://faults.example/plan",
        fetched_at=START,
        media_type="text/plain; charset=utf-8",
        body=_TEXT.format("1, 2, 3").encode(),
    )
    done = False
    while not done:
        try:
            with Archive.open(path, write=True) as archive:
                flow = Flow(archive, Timed(Spent()), lambda _: None)
                flow.take(archive.keep(page))
                flow.finish()
            done = True
        except ArchiveBusy:
            time.sleep(0.02)


def _forked(call: Callable[[], None]) -> int:
    """The process id of a child that makes the call, and ends with 0 when that has returned."""
    child = os.fork()
    if child == 0:  # pragma: no cover - the child never returns
        status = 1
        try:
            call()
            status = 0
        finally:
            os._exit(status)
    return child


def second_writer(folder: Path, tries: int) -> Outcome:
    """Writers that come while another one writes: each is refused, and nothing is harmed."""
    outcome = Outcome(fault="a second writer")
    path = folder / "second"
    for number in range(tries):
        text = f"text {number}"
        wrong = ["a second writer was let in"]
        with Archive.open(path, write=True) as archive:
            capture = archive.keep(exchange(text.encode(), "https://faults.example/", number))
            archive.file(reading(capture, text), new(text), sketch(text))
            try:
                Archive.open(path, write=True).close()
            except ArchiveBusy:
                wrong = []
        outcome.add(wrong + losses(path, ()), 1)
    return outcome


def clock_jumps(folder: Path) -> Outcome:
    """A clock that jumps by a day, to 1970 and to 9999 between the writers, and within their captures."""
    outcome = Outcome(fault="clock jumps")
    path = folder / "clock"
    texts: list[str] = []
    for number, moment in enumerate(_JUMPS):
        text = f"text {number}"
        after = int((moment - START).total_seconds())
        with changed(writer, datetime=_clock(moment)), Archive.open(path, write=True) as archive:
            capture = archive.keep(exchange(text.encode(), "https://faults.example/", after))
            filing = version_of(texts[0], text) if texts else new(text)
            archive.file(reading(capture, text), filing, sketch(text))
        texts.append(text)
    serials = [serial_of(file) for file in warc_files(path).values()]
    wrong = [] if serials == sorted(set(serials)) else [f"files in the order {serials}"]
    with Archive.open(path) as archive:
        if len(archive.index.versions(key_of(texts[0]))) != len(texts):
            wrong.append("a version is missing")
    outcome.add(wrong + losses(path, ()), len(texts))
    return outcome


def _clock(moment: datetime) -> type[datetime]:
    """`datetime` where it is always this moment."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.timestamp(), tz)

    return Stopped
