"""What a benchmark gives, how much of it is run, and the floors that it is held to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

BASELINE = Path(__file__).with_name("baseline.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure; its floor, if it has one, stands in `baseline.json` under its name."""

    name: str  # stable: other programs read it
    value: float
    unit: str = ""
    bound: Literal[">=", "<="] = ">="  # which side of the floor is good
    rival: float | None = None  # the best single library in the same run


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured: all of it, or what a test has time for."""

    prefix: str  # of the names of the figures
    pages: int | None  # of `traf`, the first ones by address; None for all
    sentences: int  # of each language
    every: int  # of the pages of `traf` whose cost is measured: 1 for all of them
    rivals: bool  # whether the single libraries are run beside


FULL = Extent(prefix="", pages=None, sentences=100, every=1, rivals=True)
SAMPLE = Extent(prefix="sample/", pages=100, sentences=20, every=5, rivals=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is held: a floor for each figure that has one, and the data that it was measured on."""

    floors: dict[str, float]  # by the name of the figure
    corpus: dict[str, str]  # "sha256:" + 64 hex digits, by the name of the set

    def holds(self, figure: Figure) -> bool:
        """Whether the figure is on the good side of its floor, or has none."""
        floor = self.floors.get(figure.name)
        if floor is None:
            return True
        return figure.value >= floor if figure.bound == ">=" else figure.value <= floor


def baseline() -> Baseline:
    """The floors of this checkout."""
    stored = json.loads(BASELINE.read_text("utf-8"))
    return Baseline(floors=stored["floors"], corpus=stored["corpus"])
