"""Runs the benchmarks, prints them as tables, and holds the floors in `baseline.json`.

    python -m benchmarks            all of them
    python -m benchmarks way        only those whose name is given

Exit status 1 when a figure is worse than its floor. Timings are ratios to a yardstick in the same run.
"""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import filing_cost, way
from benchmarks.figures import Figure

BASELINE = Path(__file__).with_name("baseline.json")
BENCHMARKS = {"way": way.measure, "filing": filing_cost.measure}


def main(names: list[str]) -> int:
    """Exit status: 0 when every floor is held."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"No benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.\n")
        return 2
    floors = json.loads(BASELINE.read_text())
    console = Console(width=110)
    held = True
    for name in names or BENCHMARKS:
        figures = BENCHMARKS[name]()
        console.print(_table(name, figures, floors))
        held = held and all(_holds(figure, floors) for figure in figures)
    return 0 if held else 1


def _table(name: str, figures: list[Figure], floors: dict[str, float]) -> Table:
    table = Table(title=name, title_justify="left", header_style="dim")
    for heading in ("figure", "measured", "floor", ""):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for figure in figures:
        floor = floors.get(figure.name)
        shown = "" if floor is None else f"{figure.bound} {floor:g}"
        verdict = "" if floor is None else "held" if _holds(figure, floors) else "MISSED"
        table.add_row(figure.name, f"{figure.value:.3f} {figure.unit}", shown, verdict)
    return table


def _holds(figure: Figure, floors: dict[str, float]) -> bool:
    floor = floors.get(figure.name)
    if floor is None:
        return True
    return figure.value >= floor if figure.bound == ">=" else figure.value <= floor


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
