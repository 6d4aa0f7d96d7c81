"""A few of each fault of `make faults`, and the harness itself: a mistake that is planted must be caught."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.faults import crowd, disk, flips, kills, power
from benchmarks.faults.__main__ import FAULTS, SMALL
from benchmarks.faults.judge import losses
from benchmarks.faults.mutants import MUTANTS
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.victim import write
from tests.commands import Variorum, page
from tests.loopback import Loopback, ok
from tests.samples import ROOT

TRACES = (
    shutil.which("strace") is not None
    and subprocess.run(
        ["strace", "-f", "-o", os.devnull, "--seccomp-bpf", "true"],
        capture_output=True,
        check=False,
    ).returncode
    == 0
)
traced = pytest.mark.skipif(not TRACES, reason="strace is not there or may not trace")


def demand_nothing_lost(outcome: Outcome) -> None:
    assert outcome.losses == []
    assert outcome.runs > 0


def test_what_a_killed_writer_had_acknowledged_is_there(tmp_path: Path) -> None:
    outcome = kills.at_random(tmp_path, 16, seed=1)
    demand_nothing_lost(outcome)
    assert outcome.acknowledged > 16


@traced
def test_a_writer_may_die_before_any_call_that_changes_the_disk(tmp_path: Path) -> None:
    outcome = kills.at_every_call(tmp_path, every=37)
    demand_nothing_lost(outcome)
    assert len(outcome.notes) > 2  # kinds of call


@traced
def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    outcome = power.cuts(tmp_path, 60, seed=1)
    demand_nothing_lost(outcome)
    assert set(outcome.notes.values()) == {20}
    assert outcome.acknowledged > 100


def test_a_flipped_bit_is_seen_and_harms_no_other_record(tmp_path: Path) -> None:
    outcome = flips.at_random(tmp_path, 80, seed=3)
    demand_nothing_lost(outcome)
    assert {"WARC files", "index", "sidecars"} <= outcome.notes.keys()


def test_a_file_that_may_not_grow_ends_one_writer_and_harms_nothing(tmp_path: Path) -> None:
    demand_nothing_lost(disk.file_limit(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_harms_nothing_and_writing_goes_on_with_room(tmp_path: Path) -> None:
    try:
        outcome = disk.small_disk(tmp_path)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no tmpfs can be mounted here: {error}")
    demand_nothing_lost(outcome)


@traced
def test_a_sync_that_fails_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    outcome = disk.broken_sync(tmp_path, runs=4)
    demand_nothing_lost(outcome)
    assert outcome.notes["exit status 5"] > 1


def test_a_process_without_file_handles_says_so(tmp_path: Path) -> None:
    outcome = disk.no_handles(tmp_path, most=8)
    demand_nothing_lost(outcome)
    assert outcome.notes["exit status 5"] > 1


def test_one_address_handed_in_many_times_at_once_is_one_version(tmp_path: Path) -> None:
    demand_nothing_lost(crowd.at_once(tmp_path, 6))


def test_a_crawl_that_meets_a_full_disk_ends_with_its_own_status(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve(
        {"/small": ok(page()), "/large": ok(b"<p>" + os.urandom(400_000).hex().encode())}
    )
    assert variorum.submit(server, "/small").status == 0
    command = [sys.executable, "-m", "service.cli", "--archive", str(variorum.archive), "submit"]
    limited = ["bash", "-c", 'ulimit -f 300; exec "$0" "$@"', *command, "--delay", "0"]
    ended = subprocess.run(
        [*limited, server.origin + "/large", server.origin + "/small"],
        cwd=ROOT,
        env=os.environ | {"VARIORUM_ALLOW_ADDRESSES": server.allow},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 5, ended.stderr
    assert "could not be written (" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert variorum("verify").status == 0
    assert variorum("lookup", "--url", server.origin + "/small").status == 0
    assert variorum.submit(server, "/large").json["results"][0]["capture"]


def test_a_crawl_pauses_while_the_disk_is_nearly_full_and_goes_on_with_room(
    variorum: Variorum, serve: Callable[..., Loopback], tmp_path: Path
) -> None:
    free = shutil.disk_usage(tmp_path).free >> 20  # MiB
    filler = tmp_path / "filler"
    if free < 4096:
        pytest.skip("this needs 4 GiB of free disk, to be sure what fills it")
    with filler.open("wb") as handle:
        os.posix_fallocate(handle.fileno(), 0, 2048 << 20)
    server = serve({f"/{number}": ok(page(title=f"方案 {number}")) for number in range(3)})
    crawl = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "--archive", str(variorum.archive), "submit",
         "--delay", "0", *(f"{server.origin}/{number}" for number in range(3))],
        cwd=ROOT,
        env=os.environ
        | {"VARIORUM_ALLOW_ADDRESSES": server.allow, "VARIORUM_KEEP_FREE": str(free - 1024)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert crawl.stderr is not None
    assert "the crawl pauses until there are" in crawl.stderr.readline()
    assert crawl.poll() is None
    filler.unlink()
    _, rest = crawl.communicate(timeout=600)
    assert "the crawl goes on" in rest
    assert crawl.returncode == 0, rest
    assert variorum("stats", "--json").json["captures"] >= 3


def test_a_second_writer_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    demand_nothing_lost(crowd.second_writer(tmp_path, 2))


def test_a_clock_that_jumps_does_not_change_the_order_of_writing(tmp_path: Path) -> None:
    demand_nothing_lost(crowd.clock_jumps(tmp_path))


@pytest.mark.parametrize("mutant", ["index before data", "no recovery"])
def test_a_planted_mistake_is_caught_by_kills(tmp_path: Path, mutant: str) -> None:
    rounds = (kills.at_random(tmp_path, 8, seed, mutant=mutant) for seed in range(16))
    assert any(killed.losses for killed in rounds)


@traced
@pytest.mark.parametrize("mutant", ["no sync", "torn tails stay"])
def test_a_planted_mistake_is_caught_by_power_cuts(tmp_path: Path, mutant: str) -> None:
    assert power.cuts(tmp_path, 24, mutant=mutant).losses


def test_every_mistake_that_can_be_planted_is_caught_above() -> None:
    assert set(MUTANTS) == {"index before data", "no recovery", "no sync", "torn tails stay"}


def test_the_judge_misses_what_was_never_kept(tmp_path: Path) -> None:
    said: list[str] = []
    write(tmp_path / "archive", "a", 6, said.append)
    assert losses(tmp_path / "archive", said) == []
    forged = [
        "kept 00000000-0000-4000-8000-000000000000 00",
        said[0][:-1] + "!",
        f"filed {'a' * 52} 00",
    ]
    assert len(losses(tmp_path / "archive", forged)) == 3
    assert losses(tmp_path / "archive", ["refused 0", f"apart {'a' * 52} {'b' * 52}"])


def test_the_page_tells_of_every_fault(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    assert set(FAULTS) == {"kills", "calls", "power", "flips", "disk", "crowd", "worker"}
    for run in FAULTS["crowd"][1:]:
        assert f"| {run(tmp_path, SMALL).fault} | " in page
