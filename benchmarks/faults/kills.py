"""Writers killed: at random, and before each call by which they change the disk."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.faults.judge import losses
from benchmarks.faults.mutants import SOUND, planted
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.victim import write

ROOT = Path(__file__).resolve().parents[2]
CALLS = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "unlink",
    "mkdir",
    "chmod",
)
_ROUNDS = 8  # deaths that one archive goes through before a fresh one begins
_LONGEST = 0.25  # seconds until the kill: opening takes 0.05, a step 0.02


def at_random(folder: Path, runs: int, seed: int = 0, mutant: str = SOUND) -> Outcome:
    """`kill -9` after a random time; the writer is a fork, and its words are read through a pipe."""
    chance = random.Random(seed)
    outcome = Outcome(fault="kill -9 at random")
    said: list[str] = []
    for run in range(runs):
        path = folder / f"killed-{run // _ROUNDS}"
        if run % _ROUNDS == 0:
            said = []
        heard = _killed(path, f"{seed}.{run}", chance.uniform(0, _LONGEST), mutant)
        said += heard
        with planted(mutant):
            outcome.add(losses(path, said) if path.exists() else [], len(heard))
        if (run + 1) % _ROUNDS == 0:
            shutil.rmtree(path)
    return outcome


def _killed(path: Path, seed: str, after: float, mutant: str) -> list[str]:
    """What a writer has acknowledged that lived for so many seconds."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child never returns
        os.close(reader)
        try:
            with planted(mutant):
                write(path, seed, None, lambda line: _say(writer, line))
        finally:
            os._exit(1)
    os.close(writer)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reader, "rb") as handle:
        heard = handle.read().decode()
    os.waitpid(child, 0)
    return [line for line in heard.splitlines(keepends=True) if line.endswith("\n")]


def _say(descriptor: int, line: str) -> None:
    os.write(descriptor, f"{line}\n".encode())


def at_every_call(folder: Path, mutant: str = SOUND, every: int = 1) -> Outcome:
    """Killed before the first, the second ... call of each kind in the life of a few captures.

    With `every`, only at one call in so many.
    """
    outcome = Outcome(fault="kill -9 before each call that changes the disk")
    before = folder / "before"
    write(before, "before", 3, lambda _: None)
    counts = _calls(Path(shutil.copytree(before, folder / "counted")), mutant)
    points = [(call, nth) for call in CALLS for nth in range(1, counts[call] + 1)]
    for call, nth in points[::every]:
        path = Path(shutil.copytree(before, folder / f"{call}-{nth}"))
        inject = f"inject={call}:signal=SIGKILL:when={nth}"
        ended = _traced(path, mutant, "-e", inject)
        heard = ended.stdout.splitlines()
        with planted(mutant):
            outcome.add(losses(path, heard), len(heard))
        outcome.notes[call] += 1
        shutil.rmtree(path)
    return outcome


def _calls(path: Path, mutant: str) -> Counter[str]:
    """How often a whole life makes each call."""
    log = path.with_name("calls.log")
    ended = _traced(path, mutant, "-o", str(log))
    assert ended.returncode == 0, ended.stderr
    calls = re.findall(r"^\d+ +(\w+)\(", log.read_text("utf-8", "replace"), re.MULTILINE)
    return Counter(calls)


def _traced(path: Path, mutant: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The end of a victim under strace; what it has acknowledged is its standard output."""
    quiet = () if "-o" in options else ("-o", os.devnull)
    return subprocess.run(
        [
            *("strace", "-f", "--seccomp-bpf", "-e", f"trace={','.join(CALLS)}", *options, *quiet),
            *(sys.executable, "-m", "benchmarks.faults.victim", str(path), "traced", "6", mutant),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
