"""What a benchmark gives."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure; its floor, if it has one, stands in `baseline.json` under its name."""

    name: str
    value: float
    unit: str = ""
    bound: Literal[">=", "<="] = ">="  # which side of the floor is good
