"""Fits the weights of `pipelines/extract/weights.toml` on marked pages, and cross-checks them.

    python -m benchmarks.fit_lines CORPUS [--folds 8] [--write]

CORPUS holds `aeb/` (scrapinghub/article-extraction-benchmark) and `traf/` (the evaluation pages of
adbar/trafilatura). Prints the quality on pages that were left out of the fit, fold by fold.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.decode import decode
from pipelines.errors import Refused
from pipelines.extract import judge, opinion
from pipelines.extract.layout import lay_out
from pipelines.extract.lines import lines
from pipelines.extract.traits import Columns, squashed, traits, votes
from pipelines.page import parse

Numbers = npt.NDArray[np.float64]

_KEPT_FROM = {"alone": 0.48, "voted": 0.48}
_PENALTY = 30.0  # ridge, on standardised columns; flat from 3 to 30


@dataclass(slots=True)
class Sample:
    """A marked page: its lines, their columns, and which lines are known to belong or not."""

    marked: str  # "whole": `wanted` is the main text; "parts": it must hold some, not others
    wanted: list[str]
    unwanted: list[str]
    texts: list[str] = field(default_factory=list)
    columns: Columns = field(default_factory=dict)
    belongs: Numbers = field(default_factory=lambda: np.zeros(0))
    counts: Numbers = field(default_factory=lambda: np.zeros(0))


def marked_pages(corpus: Path) -> Iterator[tuple[bytes, str | None, Sample]]:
    """Each marked page of the corpus: its bytes, its address, what people marked."""
    truth = json.loads((corpus / "aeb/ground-truth.json").read_text("utf-8"))
    for name, gold in truth.items():
        body = gzip.decompress((corpus / f"aeb/html/{name}.html.gz").read_bytes())
        yield body, gold.get("url"), Sample("whole", [gold["articleBody"]], [])
    for url, gold in json.loads((corpus / "traf/tests/evaldata.json").read_text("utf-8")).items():
        for folder in ("cache", "eval"):
            path = corpus / "traf/tests" / folder / gold["file"]
            if path.is_file():
                yield path.read_bytes(), url, Sample("parts", gold["with"], gold["without"])
                break


def grams(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """The runs of `size` words in a text, and how often each occurs."""
    words = re.findall(r"\w+", text)
    if len(words) < size:
        return Counter([tuple(words)] if words else [])
    return Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def spaced(text: str) -> str:
    """`text` with single spaces."""
    return " ".join(text.split())


def label(sample: Sample) -> None:
    """Fill in which lines belong to the main text, and how much each counts in the fit."""
    belongs, counts = [], []
    gold = grams(" ".join(sample.wanted)) if sample.marked == "whole" else Counter()
    whole = {squashed(part) for text in sample.wanted for part in text.split("\n")}
    size = max(200, sum(map(len, sample.wanted)))
    wanted, unwanted = map(spaced, sample.wanted), [spaced(text) for text in sample.unwanted]
    wanted_list = list(wanted)
    for text in sample.texts:
        if sample.marked == "whole":
            own = grams(text)
            shared = sum(n for gram, n in own.items() if gram in gold) / max(1, own.total())
            short = len(text.split()) < 4
            belongs.append(float(squashed(text) in whole if short else shared > 0.5))
            counts.append(0.5 * min(3, np.log1p(len(text)) / 3) + 30 * min(0.2, len(text) / size))
        else:
            line = spaced(text)
            yes = any(part in line or (len(line) > 20 and line in part) for part in wanted_list)
            no = any(part in line for part in unwanted)
            belongs.append(float(yes and not no))
            counts.append(3.0 if yes != no else 0.0)
    sample.belongs, sample.counts = np.array(belongs), np.array(counts)


def samples(corpus: Path) -> list[Sample]:
    """The marked pages that can be parsed, laid out and labelled."""
    made = []
    for body, url, sample in marked_pages(corpus):
        try:
            page = parse(decode(body), url)
        except Refused:
            continue
        layout = lay_out(lines(page.tree))
        if not layout.lines:
            continue
        sample.texts = [line.text for line in layout.lines]
        sample.columns = traits(layout, page.tree.findtext(".//title") or "")
        sample.columns |= votes(layout, sample.columns, opinion.trafilatura_text(page.tree))
        label(sample)
        made.append(sample)
    return made


def fit(chosen: list[Sample], names: list[str]) -> tuple[Numbers, float]:
    """The weights and the bias that tell best which lines belong: logistic ridge, by Newton."""
    table = np.concatenate([np.stack([s.columns[n] for n in names], 1) for s in chosen])
    belongs = np.concatenate([s.belongs for s in chosen])
    counts = np.concatenate([s.counts for s in chosen])
    table, belongs, counts = table[counts > 0], belongs[counts > 0], counts[counts > 0]
    mean, scale = table.mean(0), table.std(0) + 1e-9
    table = np.column_stack([(table - mean) / scale, np.ones(len(table))])
    ridge = np.full(table.shape[1], _PENALTY)
    ridge[-1] = 0
    at = np.zeros(table.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-table @ at))
        slope = table.T @ (counts * (belongs - chance)) - ridge * at
        bend = (table.T * (counts * chance * (1 - chance))) @ table + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        at += step
        if np.abs(step).max() < 1e-6:
            break
    weights = at[:-1] / scale
    return weights, float(at[-1] - weights @ mean)


def column_names(sample: Sample, kind: str) -> list[str]:
    """The columns that a kind of model reads."""
    voted = set(votes_columns())
    return [name for name in sample.columns if kind == "voted" or name not in voted]


def votes_columns() -> tuple[str, ...]:
    """The columns that another extraction's vote adds."""
    return (
        "share voted", "voted", "line before voted", "line after voted",
        "page: voted in region", "page: region voted", "page: log voted", "page: share voted",
    )  # fmt: skip


def quality(pages: list[tuple[Sample, str]]) -> dict[str, float]:
    """F1 of the extracted texts, by the measures of the two benchmarks."""
    precisions, recalls = [], []
    right = wrong = lost = 0
    for sample, text in pages:
        if sample.marked == "whole":
            gold, found = grams(sample.wanted[0]), grams(text)
            both = (gold & found).total()
            if found:
                precisions.append(both / found.total())
            recalls.append(both / max(1, gold.total()))
        else:
            line = spaced(text)
            hits = sum(spaced(part) in line for part in sample.wanted)
            right, lost = right + hits, lost + len(sample.wanted) - hits
            wrong += sum(spaced(part) in line for part in sample.unwanted)
    p, r = np.mean(precisions), np.mean(recalls)
    return {"whole": float(2 * p * r / (p + r)), "parts": 2 * right / (2 * right + wrong + lost)}


def cross_check(made: list[Sample], folds: int, asked_from: float) -> dict[str, dict[str, float]]:
    """The quality on pages that the fit has not seen: each model, and the two as they are used."""
    fold = np.random.default_rng(0).integers(0, folds, len(made))
    out: dict[str, list[tuple[Sample, str]]] = {"alone": [], "voted": [], "both": []}
    asked = 0
    for left_out in range(folds):
        seen = [s for s, f in zip(made, fold, strict=True) if f != left_out]
        models = {}
        for kind in ("alone", "voted"):
            names = column_names(made[0], kind)
            weights, bias = fit(seen, names)
            models[kind] = judge.Model(tuple(names), weights, bias, _KEPT_FROM[kind])
        for sample, f in zip(made, fold, strict=True):
            if f != left_out:
                continue
            texts = {}
            for kind, model in models.items():
                chance = judge.chances(sample.columns, model)
                if kind == "alone":
                    unsure = judge.doubt_of(sample.texts, chance) > asked_from
                kept = [t for t, c in zip(sample.texts, chance, strict=True) if c > model.kept_from]
                texts[kind] = "\n".join(kept)
                out[kind].append((sample, texts[kind]))
            asked += unsure
            out["both"].append((sample, texts["voted" if unsure else "alone"]))
    print(f"{asked} of {len(made)} pages were doubtful")
    return {kind: quality(pages) for kind, pages in out.items()}


def main() -> None:
    """Fit, cross-check, and write the weights when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    made = samples(arguments.corpus)
    for kind, measured in cross_check(made, arguments.folds, opinion.ASKED_FROM).items():
        print(kind, {name: round(value, 4) for name, value in measured.items()})
    if arguments.write:
        arguments.write.write_text(as_toml(made), "utf-8")


def as_toml(made: list[Sample]) -> str:
    """The weights of both models, fitted on all samples, as the file that `judge` reads."""
    parts = ["# Written by benchmarks/fit_lines.py. The names: pipelines/extract/traits.py.\n"]
    for kind in ("alone", "voted"):
        names = column_names(made[0], kind)
        weights, bias = fit(made, names)
        parts.append(f"\n[{kind}]\nbias = {bias:.4f}\nkept_from = {_KEPT_FROM[kind]}\n")
        parts.append(f"\n[{kind}.weights]\n")
        pairs = zip(names, weights, strict=True)
        parts += [f'"{name}" = {weight:.4f}\n' for name, weight in pairs]
    return "".join(parts)


if __name__ == "__main__":
    main()
