"""The most memory that the processes of a command had resident, seen from outside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_SECONDS = 0.05


@contextmanager
def watched(root: int) -> Iterator[dict[int, int]]:
    """Bytes, by process id, of each process below `root` while this lasts."""
    peaks: dict[int, int] = {}
    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_SECONDS):
            for process in descendants(root):
                peaks[process] = max(peaks.get(process, 0), most_resident(process))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def descendants(root: int) -> set[int]:
    """Processes that this one started, and those that they started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _contents(entry / "stat")):
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    fresh = {root}
    while fresh:
        fresh = {process for process, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def most_resident(process: int) -> int:
    """Bytes that the process had resident at most, since it began; 0 when it has ended."""
    for line in _contents(Path(f"/proc/{process}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def _contents(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended
        return ""
