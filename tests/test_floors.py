"""The floors of `benchmarks/baseline.json`, held on samples that run in minutes.

`make bench` holds the same floors on all of it, and those that take minutes by themselves.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import corpus
from benchmarks.__main__ import BENCHMARKS, remarks
from benchmarks.figures import SAMPLE, Baseline, Figure, baseline

ROOT = Path(__file__).resolve().parents[1]
SAMPLED = ("text", "metadata", "language", "duplicates", "way", "near")
ONLY_WHOLE = (
    "sample/",
    "filing/",
    "boilerplate/",
    "lookup ",
    "search/",
    "serve/",
    "works/",
    "report/",
    "jobs/",
    "index ",
    "crawl/",
    "verify/",
    "hostile/",
    "near/signing",
)  # too long for a test
HELD = baseline()

# What the project promises; a floor may be stricter, never laxer.
AT_LEAST = {
    "text/aeb F1": 0.966,
    "text/traf F1": 0.930,
    "text/cn F1": 0.965,
    "text/cn intact": 0.955,
    "text/cn worst": 0.60,
    "text/stress worst": 1.0,
    "metadata/traf date exact": 0.89,
    "metadata/traf title contained": 0.87,
    "metadata/traf title exact": 0.70,
    "metadata/cn title exact": 1.0,
    "metadata/cn no false author": 1.0,
    "language/document, 20": 1.0,
    "language/paragraph, 20": 1.0,
    "language/sentence, 20": 0.999,
    "language/sentence, all": 0.998,
    "language/4 words, 20": 0.95,
    "language/Hans or Hant, sentence": 0.995,
    "language/Hans or Hant, paragraph": 1.0,
    "language/seeds": 5,
}
AT_MOST = {
    "text/stress navigation words": 0,
    "duplicates/readings of a copy": 0,
    "way/aeb CPU of reading": 1.3,
    "way/traf CPU of reading": 1.3,
    "way/cn CPU of reading": 1.0,
    "filing/document growth": 1.5,
}


@pytest.mark.parametrize("name", SAMPLED)
def test_the_sample_keeps_its_floors(name: str) -> None:
    benchmark = BENCHMARKS[name]
    missing = corpus.missing((*benchmark.needs, *benchmark.reads))
    if missing:
        pytest.skip(f"not beside this checkout: {', '.join(missing)}")
    figures = benchmark.measure(SAMPLE)
    floors = {floor for floor in HELD.floors if floor.startswith(f"sample/{name}/")}
    assert floors
    assert floors <= {figure.name for figure in figures}
    missed = [
        f"{figure.name}: {figure.value:.4f}, not {figure.bound} {HELD.floors[figure.name]}"
        for figure in figures
        if not HELD.holds(figure)
    ]
    assert not missed, "\n".join([*missed, *remarks(name, benchmark, HELD)])


def test_no_floor_is_laxer_than_what_is_promised() -> None:
    assert {name for name in AT_LEAST if HELD.floors[name] < AT_LEAST[name]} == set()
    assert {name for name in AT_MOST if HELD.floors[name] > AT_MOST[name]} == set()


def test_every_floor_that_a_sample_can_hold_is_held_on_one_too() -> None:
    whole = {name for name in HELD.floors if not name.startswith(ONLY_WHOLE)}
    assert {f"sample/{name}" for name in whole} == {
        name for name in HELD.floors if name.startswith("sample/")
    }


@pytest.mark.parametrize(
    ("bound", "value", "held"),
    [(">=", 0.9, True), (">=", 0.89, False), ("<=", 0.9, True), ("<=", 0.91, False)],
)
def test_a_figure_on_the_wrong_side_of_its_floor_misses_it(
    bound: str, value: float, held: bool
) -> None:
    floors = Baseline(floors={"a": 0.9}, corpus={})
    assert floors.holds(Figure(name="a", value=value, bound=bound)) is held  # type: ignore[arg-type]


def test_a_figure_without_a_floor_misses_nothing() -> None:
    assert Baseline(floors={"a": 0.9}, corpus={}).holds(Figure(name="b", value=0.0))


def test_the_digest_of_a_folder_tells_names_and_bytes_and_not_what_python_leaves(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.html").write_bytes(b"one")
    first = corpus.digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"left behind")
    assert corpus.digest(tmp_path) == first
    (tmp_path / "a.html").write_bytes(b"two")
    second = corpus.digest(tmp_path)
    (tmp_path / "a.html").rename(tmp_path / "b.html")
    assert len({first, second, corpus.digest(tmp_path)}) == 3


def test_other_data_than_that_of_the_floors_is_told() -> None:
    if corpus.missing(("seeds",)):
        pytest.skip("the seeds are not beside this checkout")
    digests = {**HELD.corpus, "seeds": "sha256:" + "0" * 64}
    told = remarks("language", BENCHMARKS["language"], Baseline(floors={}, corpus=digests))
    assert [line for line in told if "seeds is not the data" in line]


def test_a_benchmark_that_is_none_is_wrong_usage() -> None:
    command = [sys.executable, "-m", "benchmarks", "nonesuch"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nonesuch" in done.stderr
    assert "Traceback" not in done.stderr
