"""The turns at a host: one process at a time, the pause behind it, and nobody passed over."""

import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from crawlers import turns as places
from crawlers.turns import POLL_SECONDS, Turns
from tests.commands import ROOT

HOST = "www.gov.example"
VISITOR = """
import sys, time
from pathlib import Path
from crawlers.turns import Turns
turns, (path, host, count, pause) = Turns(Path(sys.argv[1])), sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(count)):
    while (wait := turns.begin(host, float(pause))) > 0:
        time.sleep(min(wait, 0.02))
    began = time.time()
    time.sleep(0.005)
    print(began, time.time(), flush=True)
    turns.end(host, float(pause))
"""


def visitor(path: Path, count: int, pause: float) -> "subprocess.Popen[str]":
    """A process that takes turns at the host once it is told to; it says from when to when."""
    command = [sys.executable, "-c", VISITOR, str(path), HOST, str(count), str(pause)]
    begun = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert begun.stdout is not None
    assert begun.stdout.readline() == "ready\n"
    return begun


def test_processes_are_at_a_host_one_at_a_time_with_the_pause_between_them(tmp_path: Path) -> None:
    visitors = [visitor(tmp_path / "hosts.lock", 8, pause) for pause in (0.02, 0.02, 0.01)]
    for each in visitors:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate()[0].split("\n") for each in visitors]
    turns = sorted(tuple(map(float, line.split())) for lines in said for line in lines if line)
    assert len(turns) == 24
    assert min(after[0] - before[1] for before, after in pairwise(turns)) >= 0.01


def test_who_waits_is_next_and_a_crawl_does_not_pass_it(tmp_path: Path) -> None:
    crawl = visitor(tmp_path / "hosts.lock", 10_000, 0)
    said: list[float] = []
    assert crawl.stdout is not None
    listener = threading.Thread(
        target=lambda: said.extend(float(line.split()[0]) for line in crawl.stdout or ())
    )
    assert crawl.stdin is not None
    crawl.stdin.write("go\n")
    crawl.stdin.flush()
    listener.start()
    turns = Turns(tmp_path / "hosts.lock")
    while not said:
        time.sleep(0.01)
    asked = time.time()
    while turns.begin(HOST, 0) > 0:
        time.sleep(POLL_SECONDS)
    served = time.time()
    crawl.kill()
    listener.join()
    crawl.stdin.close()
    crawl.stdout.close()
    crawl.wait()
    passed = [each for each in said if asked < each < served]
    assert len(passed) <= 5  # not thousands; one or two are begun before we are known to wait


def test_the_turn_of_a_process_that_dies_is_free_and_its_pause_holds(tmp_path: Path) -> None:
    path = tmp_path / "hosts.lock"
    program = (
        "import sys, time; from pathlib import Path; from crawlers.turns import Turns\n"
        "print(Turns(Path(sys.argv[1])).begin(sys.argv[2], 0.3), flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(path), HOST]
    dies = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert dies.stdout is not None
    assert dies.stdout.readline() == "0.0\n"
    turns = Turns(path)
    assert turns.begin(HOST, 0) == POLL_SECONDS
    assert turns.begin("another.example", 0) == 0
    dies.kill()
    dies.wait()
    dies.stdout.close()
    assert turns.begin(HOST, 0) <= 0.3
    while turns.begin(HOST, 0) > 0:
        time.sleep(0.01)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_770_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_the_longer_pause_of_two_is_kept_and_a_clock_set_back_adds_no_more(tmp_path: Path) -> None:
    clock = Clock()
    turns = Turns(tmp_path / "hosts.lock", clock)
    assert turns.begin(HOST, 1) == 0
    turns.end(HOST, 5)
    assert turns.begin(HOST, 1) == 5
    assert turns.begin(HOST, 8) == 8
    clock.seconds += 3
    assert turns.begin(HOST, 1) == 2
    clock.seconds -= 3600
    assert turns.begin(HOST, 1) == 5
    turns.end(HOST, 0)  # it waited in vain: that is no answer
    assert turns.begin(HOST, 1) == 5
    clock.seconds += 3605
    assert turns.begin(HOST, 1) == 0


def test_hosts_that_share_a_place_wait_for_answers_and_not_for_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_PLACES", 1)
    turns = Turns(tmp_path / "hosts.lock", Clock())
    assert turns.begin(HOST, 1) == 0
    assert turns.begin("another.example", 1) == POLL_SECONDS
    turns.end("another.example", 1)  # it gives up, and takes nothing from the other one
    assert turns.begin("a.third.example", 1) == POLL_SECONDS
    turns.end("a.third.example", 1)
    turns.end(HOST, 60)
    assert turns.begin("another.example", 1) == 0
