"""Does every fault in full and writes what came of it into docs/reliability.md.

    python -m benchmarks.faults              all of them
    python -m benchmarks.faults kills flips  only those whose names are given
    python -m benchmarks.faults --small      few of each, and nothing is written

Exit status 1 when anything was lost, or a planted mistake was not caught.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.faults import crowd, disk, flips, kills, power, worker_kills
from benchmarks.faults.mutants import MUTANTS
from benchmarks.faults.outcome import Outcome

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
_HEAD = "| fault | runs | acknowledged | lost or unseen | of that | day |"
_ROW = re.compile(r"^\| ([^|]+?) \|.*\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often each fault is done."""

    kills: int
    every_call: int  # one call in so many
    cuts: int
    flips: int
    submissions: int
    mutants: int
    worker_kills: int


FULL = Counts(
    kills=500, every_call=1, cuts=1000, flips=10_000, submissions=50, mutants=60, worker_kills=50
)
SMALL = Counts(kills=8, every_call=40, cuts=30, flips=60, submissions=4, mutants=12, worker_kills=3)

Run = Callable[[Path, Counts], Outcome]

FAULTS: dict[str, tuple[Run, ...]] = {
    "kills": (lambda at, counts: kills.at_random(at, counts.kills),),
    "calls": (lambda at, counts: kills.at_every_call(at, every=counts.every_call),),
    "power": (lambda at, counts: power.cuts(at, counts.cuts),),
    "flips": (lambda at, counts: flips.at_random(at, counts.flips),),
    "disk": (
        lambda at, _: disk.small_disk(at),
        lambda at, _: disk.file_limit(at),
        lambda at, _: disk.broken_sync(at),
        lambda at, _: disk.no_handles(at),
    ),
    "worker": (lambda at, counts: worker_kills.at_random(at, counts.worker_kills),),
    "crowd": (
        lambda at, counts: crowd.at_once(at, counts.submissions),
        lambda at, _: crowd.second_writer(at, 10),
        lambda at, _: crowd.clock_jumps(at),
    ),
}


def mutants(folder: Path, counts: Counts) -> Iterator[Outcome]:
    """For each planted mistake, power cuts and kills until one of them has found it."""
    for name in MUTANTS:
        at = folder / name.replace(" ", "-")
        at.mkdir()
        found = kills.at_random(at, 8, mutant=name)
        if found.sound:
            found = power.cuts(at, counts.mutants, mutant=name)
        caught = Outcome(fault=f"planted: {name}", runs=found.runs, acknowledged=found.acknowledged)
        caught.losses = [f"{name} was not caught"] if found.sound else []
        caught.notes[f"caught by {found.fault}"] = len(found.losses)
        yield caught


def main(words: list[str]) -> int:
    """Exit status: 0 when nothing was lost and every planted mistake was caught."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(FAULTS)}, mutants; all when none")
    parser.add_argument("--small", action="store_true", help="few of each; nothing is written")
    given = parser.parse_args(words)
    names = given.names or [*FAULTS, "mutants"]
    if unknown := set(names) - {*FAULTS, "mutants"}:
        parser.error(f"There is no fault {', '.join(sorted(unknown))}.")
    sound = True
    for name in names:
        for outcome in _outcomes(name, SMALL if given.small else FULL):
            sound = sound and outcome.sound
            print(_row(outcome), flush=True)
            for loss in outcome.losses[:10]:
                print(f"    {loss}")
            if not given.small:
                _write(outcome)
    return 0 if sound else 1


def _outcomes(name: str, counts: Counts) -> Iterator[Outcome]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="variorum-faults-") as folder:
        if name == "mutants":
            yield from mutants(Path(folder), counts)
        else:
            for run in FAULTS[name]:
                yield run(Path(folder), counts)
    print(f"    {name}: {time.monotonic() - began:.0f} s", flush=True)


def _row(outcome: Outcome) -> str:
    notes = ", ".join(f"{count} {what}" for what, count in outcome.notes.items())
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    cells = (outcome.fault, outcome.runs, outcome.acknowledged, len(outcome.losses), notes, day)
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _write(outcome: Outcome) -> None:
    """Put the row into the page, in the place of the one of the same fault."""
    above, ruler, rows = PAGE.read_text("utf-8").partition(f"{_HEAD}\n|---|---|---|---|---|---|\n")
    row = _row(outcome)
    old = next((each[0] for each in _ROW.finditer(rows) if each[1] == outcome.fault), None)
    rows = f"{row}\n{rows}" if old is None else rows.replace(old, row)
    PAGE.write_text(above + ruler + rows, "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
