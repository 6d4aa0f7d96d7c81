"""Runs the benchmarks, prints them as tables, and holds the floors in `baseline.json`.

    python -m benchmarks                 all of them
    python -m benchmarks way text        only those whose names are given
    python -m benchmarks --json FILE     and leaves every figure in FILE

Exit status 1 when a figure is worse than its floor, 2 for wrong usage. Timings are ratios to a
yardstick in the same run. What is not beside the checkout is left out, and named.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    boilerplate,
    corpus,
    crawl_speed,
    duplicates,
    filing_cost,
    hostile,
    import_speed,
    index_scale,
    job_speed,
    lookup_cost,
    near_copies,
    reading_floors,
    reports,
    search,
    serve,
    verify_speed,
    way,
    works,
)
from benchmarks.figures import FULL, Baseline, Extent, Figure, baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One table of figures."""

    measure: Callable[[Extent], list[Figure]]
    title: str
    needs: tuple[str, ...] = ()  # sets of `corpus` without which nothing can be measured
    reads: tuple[str, ...] = ()  # sets that it goes without


BENCHMARKS = {
    "text": Benchmark(
        measure=reading_floors.main_text,
        title="Main text: F1, paragraphs left whole, damaged pages",
        needs=("aeb", "traf", "cn", "seeds", "measure"),
    ),
    "metadata": Benchmark(
        measure=reading_floors.metadata,
        title="Metadata: share of right values",
        needs=("traf", "cn", "measure"),
    ),
    "language": Benchmark(
        measure=reading_floors.language,
        title="Language: share of right tags",
        needs=("ntrex", "seeds", "measure"),
    ),
    "duplicates": Benchmark(
        measure=duplicates.measure, title="Pages that come again, byte for byte"
    ),
    "way": Benchmark(
        measure=way.measure,
        title="The whole way of a page, beside trafilatura.extract on the same pages",
        reads=("aeb", "traf", "cn"),
    ),
    "near": Benchmark(
        measure=near_copies.measure,
        title="Near-copies: told apart, filed, beside the libraries",
        needs=("laws", "ntrex", "measure"),
    ),
    "index": Benchmark(measure=index_scale.measure, title="Candidates among many documents"),
    "filing": Benchmark(measure=filing_cost.measure, title="Keeping and filing one more document"),
    "boilerplate": Benchmark(
        measure=boilerplate.measure, title="Different pages that share nine tenths of themselves"
    ),
    "lookup": Benchmark(measure=lookup_cost.measure, title="Recognising a text among a million"),
    "reports": Benchmark(
        measure=reports.measure,
        title="Witness reports: sections, events, losses, descent",
        needs=("laws", "ntrex", "seeds"),
    ),
    "works": Benchmark(
        measure=works.measure,
        title="Works: sections lined up, one plan in several languages",
        needs=("ntrex", "laws", "seeds"),
    ),
    "search": Benchmark(measure=search.measure, title="Search among 100,000 versions"),
    "import": Benchmark(
        measure=import_speed.measure, title="Taking over a WARC file", reads=("aeb", "traf", "cn")
    ),
    "verify": Benchmark(measure=verify_speed.measure, title="verify beside gzip -t and sha256sum"),
    "hostile": Benchmark(
        measure=hostile.measure, title="A hostile web, every case", needs=("measure",)
    ),
    "jobs": Benchmark(measure=job_speed.measure, title="Pages handed in: accepted and archived"),
    "crawl": Benchmark(measure=crawl_speed.measure, title="Pages a second from loopback"),
    "serve": Benchmark(
        measure=serve.measure,
        title="Serve: ms from when a request was due to its answer; a second without pauses",
    ),
}


def main(words: list[str]) -> int:
    """Exit status: 0 when every floor is held."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures and holds.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; all when none")
    parser.add_argument("--json", type=Path, help="file to leave the figures in")
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"No benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.")
    held, measured = baseline(), []
    console = Console(width=110)
    for name in given.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        for remark in remarks(name, benchmark, held):
            console.print(remark, style="yellow")
        if not corpus.missing(benchmark.needs):
            figures = benchmark.measure(FULL)
            measured += figures
            console.print(_table(benchmark.title, figures, held))
    missed = [figure.name for figure in measured if not held.holds(figure)]
    console.print(
        f"{len(missed)} of {len(measured)} figures missed their floor. {', '.join(missed)}"
    )
    if given.json:
        stored = [asdict(figure) for figure in measured]
        given.json.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    return 1 if missed else 0


def remarks(name: str, benchmark: Benchmark, held: Baseline) -> list[str]:
    """What a reader of the figures must know of the data: what is missing, what is other than before."""
    missing = corpus.missing((*benchmark.needs, *benchmark.reads))
    left_out = bool(corpus.missing(benchmark.needs))
    what = "left out" if left_out else "measured without"
    remarks = [f"{name}: {', '.join(missing)} not beside this checkout; {what}."] * bool(missing)
    if left_out:
        return remarks
    there = [each for each in (*benchmark.needs, *benchmark.reads) if each not in missing]
    return remarks + [
        f"{name}: {each} is not the data that the floors were measured on."
        for each in there
        if corpus.digest(corpus.folder(each)) != held.corpus.get(each)
    ]


def _table(title: str, figures: list[Figure], held: Baseline) -> Table:
    table = Table(title=title, title_justify="left", header_style="dim")
    for heading in ("figure", "measured", "best library beside", "floor", ""):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for figure in figures:
        floor = held.floors.get(figure.name)
        rival = "-" if figure.rival is None else f"{figure.rival:.3f}"
        bound = "" if floor is None else f"{figure.bound} {floor:g}"
        verdict = "" if floor is None else "held" if held.holds(figure) else "MISSED"
        table.add_row(figure.name, f"{figure.value:.3f} {figure.unit}", rival, bound, verdict)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
