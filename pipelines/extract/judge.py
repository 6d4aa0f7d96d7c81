"""How likely each line of a page belongs to the main text: a logistic model over its traits.

The weights are data, fitted by `benchmarks/fit_lines.py` on pages whose main text people marked.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.extract.traits import Columns


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model: one weight for each trait, and the chance from which a line is kept."""

    names: tuple[str, ...]
    weights: npt.NDArray[np.float64]
    bias: float
    kept_from: float  # 0..1


def _models() -> dict[str, Model]:
    table = tomllib.loads(Path(__file__).with_name("weights.toml").read_text("utf-8"))
    return {
        name: Model(
            names=tuple(part["weights"]),
            weights=np.array(list(part["weights"].values()), float),
            bias=part["bias"],
            kept_from=part["kept_from"],
        )
        for name, part in table.items()
    }


_MODELS = _models()
ALONE = _MODELS["alone"]  # the page by itself
VOTED = _MODELS["voted"]  # with the votes of another extraction


def chances(columns: Columns, model: Model) -> npt.NDArray[np.float64]:
    """For each line the chance, 0..1, that it belongs to the main text."""
    table = np.stack([columns[name] for name in model.names], axis=1)
    evidence = np.clip(table @ model.weights + model.bias, -30, 30)
    return 1 / (1 + np.exp(-evidence))


def doubt_of(texts: Sequence[str], chance: npt.NDArray[np.float64]) -> float:
    """Share of the characters that are expected to be judged wrong; 0 is certain."""
    length = np.array([len(text) for text in texts], float)
    wrong = (length * np.minimum(chance, 1 - chance)).sum()
    # The constant keeps a page of a few words from being all doubt.
    return float(wrong / ((length * (chance > 0.5)).sum() + 100))
