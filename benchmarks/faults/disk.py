"""A full or broken disk, and no file handles: what a writer says, and what is lost."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.store import Archive
from benchmarks.faults.judge import losses
from benchmarks.faults.kills import ROOT
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.victim import FULL

_SMALL = 3 << 20  # bytes of the small disk: a few dozen pages
_SYNCS = ("fsync", "fdatasync")
_CLEAR = re.compile(r"could not be written \([^)]+\)")


def small_disk(folder: Path) -> Outcome:
    """A disk of three megabytes (needs root, for a tmpfs) that fills up; then there is room again."""
    outcome = Outcome(fault="disk full (tmpfs)")
    with _tmpfs(folder / "small") as disk:
        path = disk / "archive"
        filler = disk / "filler"
        filler.write_bytes(bytes(_SMALL // 4))
        ended = _writer(path, 10_000)
        wrong = _not_said(ended) + _not_readable(path)
        filler.unlink()  # room again
        again = _writer(path, 3, seed="again")
        if again.returncode:
            wrong.append(f"with room again: {again.stderr}")
        said = [*ended.stdout.splitlines(), *again.stdout.splitlines()]
        outcome.add(wrong + losses(path, said), len(said))
    return outcome


def file_limit(folder: Path) -> Outcome:
    """A file that may not grow beyond a limit, which ends a write in its middle (RLIMIT_FSIZE)."""
    outcome = Outcome(fault="disk full (RLIMIT_FSIZE)")
    # An empty index has 230 kB: something is to be kept before the limit is met.
    for number, limit in enumerate((500_000, 700_000, 1_100_001)):
        path = folder / f"limit-{number}"
        ended = _writer(path, 10_000, limit=(resource.RLIMIT_FSIZE, limit))
        said = ended.stdout.splitlines()
        outcome.add(_not_said(ended) + _not_readable(path) + losses(path, said), len(said))
    return outcome


def broken_sync(folder: Path, runs: int = 12) -> Outcome:
    """EIO from the first, the second ... fsync of a writer (strace)."""
    outcome = Outcome(fault="EIO on fsync")
    for number in range(runs):
        path = folder / f"sync-{number}"
        call, nth = _SYNCS[number % 2], 3 + number
        inject = ("strace", "-f", "-o", os.devnull, "--seccomp-bpf", "-e", f"trace={call}")
        ended = _writer(path, 6, before=(*inject, "-e", f"inject={call}:error=EIO:when={nth}"))
        said = ended.stdout.splitlines()
        wrong = _not_said(ended) if ended.returncode else []
        outcome.notes[f"exit status {ended.returncode}"] += 1
        outcome.add(wrong + losses(path, said), len(said))
    return outcome


def no_handles(folder: Path, most: int = 12) -> Outcome:
    """A process that may open only four files, five, and so on to `most` (RLIMIT_NOFILE)."""
    outcome = Outcome(fault="out of file handles")
    path = folder / "handles"
    first = _writer(path, 6)
    for handles in range(4, most + 1):
        ended = _writer(path, 2, seed=f"few-{handles}", limit=(resource.RLIMIT_NOFILE, handles))
        outcome.notes[f"exit status {ended.returncode}"] += 1
        wrong = _not_said(ended) if ended.returncode else []
        said = [*first.stdout.splitlines(), *ended.stdout.splitlines()]
        outcome.add(wrong + losses(path, said), len(said))
    return outcome


def _writer(
    path: Path,
    steps: int,
    *,
    seed: str = "disk",
    limit: tuple[int, int] | None = None,
    before: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """The end of a victim; its limit holds from its first instruction on."""
    program = "import runpy, sys; runpy.run_module('benchmarks.faults.victim', run_name='__main__')"
    if limit:  # once everything is loaded, which needs handles too
        program = (
            "import resource, sys; from benchmarks.faults import victim;"
            f"resource.setrlimit({limit[0]}, ({limit[1]}, {limit[1]}));"
            "sys.exit(victim.main(sys.argv[1:]))"
        )
    return subprocess.run(
        [*before, sys.executable, "-c", program, str(path), seed, str(steps)],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _not_said(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """What is wrong with how a writer ended that could not write."""
    wrong = []
    if ended.returncode != FULL:
        wrong.append(f"exit status {ended.returncode}: {ended.stderr[-300:]}")
    if not _CLEAR.search(ended.stderr) or "Traceback" in ended.stderr:
        wrong.append(f"no clear sentence: {ended.stderr[-300:]}")
    return wrong


def _not_readable(path: Path) -> list[str]:
    """What is wrong with reading while there is no room."""
    with Archive.open(path) as archive:
        counts = archive.index.counts()
        texts = [archive.text(place) for _, place in archive.index.texts()]
    return [] if len(texts) == counts["versions"] > 0 else ["texts cannot be read"]


@contextmanager
def _tmpfs(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "variorum-faults", str(folder))
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True)
