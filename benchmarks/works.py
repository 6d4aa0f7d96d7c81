"""How well sections are lined up across languages, and which texts are taken for one plan.

    sections    NTREX, eight languages against Chinese in both scripts, lines left out, put in, exchanged;
                the documents that the weights were not fitted on
    seeds       the plan of the five seeds, by the annotation
    same work   NTREX, every document against all of the other language: links made, links that are false
    by terms    the same against Chinese without the encoder: by numbers, names and a dictionary
    laws        laws of three languages and the seeds: links that are false

`--limit` of `python -m benchmarks.works` runs it on fewer languages and laws.
"""

import argparse
import gzip
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from archive.records import Issued
from benchmarks import corpus
from benchmarks.figures import FULL, SAMPLE, Extent, Figure
from benchmarks.parallel_news import CHINESE, FOREIGN, disturbed, document, documents
from pipelines.works import Outlined, align, encoder, outlined
from pipelines.works.judging import Judgement, judge
from pipelines.works.nearest import LEAST, Vector, mean_vector, term_vector
from pipelines.works.texts import MOST

_SEED = 11
_NEAR = 10  # texts by their vectors that each is compared with, as the linker does
_LAWS = {"zh": 60, "en": 40, "es": 40}
_LONGEST = {"zh": 5000, "en": 25_000, "es": 25_000}  # characters of a law: its first ones
_NOBODY = Issued()
_BY_TERMS = ("en", "es", "ru", "ja")  # in others numbers are all that can be compared


def measure(extent: Extent) -> list[Figure]:
    """Precision and recall of paired sections; recall and false links of works; CPU of a document."""
    return list(_figures(extent))


def _figures(extent: Extent) -> Iterator[Figure]:
    if not encoder.is_there():
        return
    whole = extent.pages is None
    languages: Sequence[str] = FOREIGN if whole else ("en", "ko")
    name = f"{extent.prefix}works/"
    yield from _seeds(name)
    yield from _laws(name, 1 if whole else 4)
    yield from _same_work(name, languages)
    yield from _by_terms(name, _BY_TERMS if whole else ("en",))
    yield from _sections(name, languages)


def _sections(name: str, languages: Sequence[str]) -> Iterator[Figure]:
    for chinese in CHINESE:
        total = np.zeros(3)
        worst = [1.0, 1.0]
        for language in languages:
            counts = np.zeros(3)  # right, wrong, missed
            for place, sides in enumerate(disturbed(language, chinese, _SEED)):
                if place % 2 == 0:
                    continue  # the weights were fitted on it
                rows = {unit.path: row for row, unit in enumerate(sides.a.units)}
                columns = {unit.path: column for column, unit in enumerate(sides.b.units)}
                found = {
                    (rows[pair.a.path], columns[pair.b.path])
                    for pair in align(sides.a, sides.b)
                    if pair.a and pair.b
                }
                right = len(found & sides.same)
                counts += (right, len(found) - right, len(sides.same) - right)
            total += counts
            worst = [min(x, y) for x, y in zip(worst, _rates(counts), strict=True)]
        precision, recall = _rates(total)
        yield Figure(name=f"{name}sections {chinese} precision", value=precision)
        yield Figure(name=f"{name}sections {chinese} recall", value=recall)
        yield Figure(name=f"{name}sections {chinese} worst precision", value=worst[0])
        yield Figure(name=f"{name}sections {chinese} worst recall", value=worst[1])


def _rates(counts: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float]:
    right, wrong, missed = counts
    return float(right / max(1, right + wrong)), float(right / max(1, right + missed))


def _seeds(name: str) -> Iterator[Figure]:
    gold = corpus.folder("seeds").parent / "gold" / "witnesses.json"
    if not gold.is_file():
        return
    witnesses = json.loads(gold.read_text("utf-8"))["witnesses"]
    texts = {
        key: (corpus.folder("seeds") / witnesses[key]["file"]).read_text("utf-8")
        for key in ("001", "003", "004")
    }
    made = {
        key: outlined(text, {"001": "zh-Hans", "003": "es", "004": "en"}[key])
        for key, text in texts.items()
    }
    for a, b in (("001", "003"), ("001", "004"), ("003", "004")):
        there = [
            path
            for path, unit in witnesses[a]["sections"].items()
            if unit.get("span") and witnesses[b]["sections"][path].get("span")
        ]
        pairs = {(p.a.path, p.b.path) for p in align(made[a], made[b]) if p.a and p.b}
        right = sum((path, path) in pairs for path in there)
        yield Figure(name=f"{name}seeds {a}-{b} sections", value=right / len(there))


def _same_work(name: str, languages: Sequence[str]) -> Iterator[Figure]:
    tags = (*languages, *CHINESE)
    texts = {tag: [document(list(each), tag) for each in documents()] for tag in tags}
    made = false = pairs = 0
    for place, tag in enumerate(tags):
        for other in tags[place + 1 :]:
            if tag[:2] == other[:2] or not {tag, other} & {"en", *CHINESE}:
                continue
            for row, column, judged in _judged(texts[tag], texts[other]):
                linked = judged.certain and judged.kind is not None
                made += linked and row == column
                false += linked and row != column
            pairs += len(texts[tag])
    yield Figure(name=f"{name}same work recall", value=made / pairs)
    yield Figure(name=f"{name}same work false links", value=false, bound="<=")


def _by_terms(name: str, languages: Sequence[str]) -> Iterator[Figure]:
    """Links between news in Chinese and other languages where no encoder is installed."""
    texts = {
        tag: [replace(document(list(each), tag), vectors=None) for each in documents()]
        for tag in (*languages, CHINESE[0])
    }
    false = 0
    for tag in languages:
        made = 0
        for row, column, judged in _judged(texts[tag], texts[CHINESE[0]], term_vector, 0.0):
            linked = judged.certain and judged.kind is not None
            made += linked and row == column
            false += linked and row != column
        yield Figure(name=f"{name}by terms {tag} recall", value=made / len(texts[tag]))
    yield Figure(name=f"{name}by terms false links", value=false, bound="<=")


def _judged(
    first: Sequence[Outlined],
    second: Sequence[Outlined],
    vector: Callable[[Outlined], Vector] = mean_vector,
    least: float = LEAST,
) -> Iterator[tuple[int, int, Judgement]]:
    """Each text with the nearest of the others, as far down as the linker looks."""
    wholes = [np.stack([vector(text) for text in texts]) for texts in (first, second)]
    cosines = wholes[0] @ wholes[1].T
    for row, line in enumerate(cosines):
        for column in np.argsort(-line)[:_NEAR].tolist():
            if line[column] < least:
                break
            judged = judge(first[row], second[column], _NOBODY, _NOBODY)
            yield row, column, judged
            if judged.certain:
                break


def _laws(name: str, share: int) -> Iterator[Figure]:
    """False links among laws of different languages and the seeds; CPU of reading one of them."""
    texts: list[tuple[str, Outlined]] = []
    spent, count = 0.0, 0
    for language, number in _LAWS.items():
        for text in _some_laws(language, number // share):
            begun = time.process_time()
            tag = "zh-Hans" if language == "zh" else language
            made = outlined(text, tag, most=MOST)
            texts.append((language, made))
            if len(text) == _LONGEST[language]:
                spent, count = spent + time.process_time() - begun, count + 1
    for file in sorted(corpus.folder("seeds").glob("00[134]*.txt")):
        tag = {"1": "zh", "3": "es", "4": "en"}[file.name[2]]
        texts.append((f"seed {tag}", outlined(file.read_text("utf-8"), tag, most=MOST)))
    false = 0
    groups = {tag: [t for key, t in texts if key in (tag, f"seed {tag}")] for tag in _LAWS}
    begun_at = time.process_time()
    compared = 0
    for a, b in (("zh", "en"), ("zh", "es"), ("en", "es")):
        for row, column, judged in _judged(groups[a], groups[b]):
            seeds = (row, column) == (len(groups[a]) - 1, len(groups[b]) - 1)
            false += judged.certain and not seeds
            compared += 1
    spent_comparing = (time.process_time() - begun_at) / max(1, compared)
    yield Figure(name=f"{name}laws false links", value=false, bound="<=")
    if count:
        yield Figure(
            name=f"{name}CPU of a document",
            value=spent / count + _NEAR * spent_comparing,
            unit="s",
            bound="<=",
        )


def _some_laws(language: str, number: int) -> Iterator[str]:
    with gzip.open(corpus.folder("laws") / f"{language}.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in islice(file, 400)]
    for text in random.Random(_SEED).sample(texts, min(number, len(texts))):
        yield text[: _LONGEST[language]]


def main() -> None:
    """Print every figure as a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.works")
    parser.add_argument("--limit", action="store_true", help="two languages, a quarter of the laws")
    given = parser.parse_args()
    for figure in _figures(SAMPLE if given.limit else FULL):
        print(f"{figure.name:50} {figure.value:8.4f} {figure.unit}", flush=True)


if __name__ == "__main__":
    main()
