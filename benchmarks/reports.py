"""How right a witness report is: collation, the annotated seeds, lost clauses, descent, cost.

    collation   twenty laws with known edits: those told as one operation each, and operations too many
    seeds       status of each section; the events of the third seed; what is claimed without cause
    losses      translations of news from which clauses were left out: which are told
    descent     trees of twelve witnesses with inherited damage: edges that are right
    cost        100,000 characters against 100,000, and one translation, in units of a yardstick

`python -m benchmarks.reports --limit` runs a part of it.
"""

import argparse
import gzip
import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from archive.captures import Body
from archive.records import Capture, Place
from benchmarks import corpus
from benchmarks.figures import FULL, SAMPLE, Extent, Figure
from benchmarks.parallel_news import CHINESE, FOREIGN, documents, lines
from pipelines.reading import read
from pipelines.report import Event, Identity, WitnessReport, WitnessText, report
from pipelines.report.clauses import Clauses, encoded, steps
from pipelines.report.collation import collate
from pipelines.report.form import form
from pipelines.report.losses import CLAIMED, losses
from pipelines.works import encoder

_SEED = 20262  # of all that is drawn; no rule was made by looking at what it gives
_LAWS = (3000, 40_000)  # characters of the laws that are taken
_WITNESSES = 12  # of a tree
_LINES = 3  # of news in one unit: as many clauses as a section of a plan has
_LONG = 100_000  # characters
_NAMES = {"000": "zh-Hans", "001": "zh-Hans", "002": "zh-Hant", "003": "es", "004": "en"}

Edit = tuple[int, int]  # span of the base


def measure(extent: Extent) -> list[Figure]:
    """The figures of all parts; those that need the encoder are left out without it."""
    part = bool(extent.pages)
    prefix = f"{extent.prefix}report/"
    figures = [
        *_collation(prefix, 6 if part else 20),
        *_descent(prefix, 6 if part else 20),
        *_cost(prefix),
    ]
    if encoder.is_there():
        figures += [*_seeds(prefix), *_losses(prefix, 2 if part else 8, 15 if part else 60)]
    return figures


def _laws(language: str, count: int) -> list[str]:
    path = corpus.folder("laws") / f"{language}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        texts = [str(json.loads(row)["text"]) for row in rows]
    fit = [text for text in texts if _LAWS[0] < len(text) < _LAWS[1]]
    return random.Random(_SEED).sample(fit, count)


# ---------------------------------------------------------------- collation


def _collation(prefix: str, count: int) -> Iterator[Figure]:
    for language in ("zh", "en", "es"):
        one = total = noise = 0
        chance = random.Random(_SEED)
        laws = _laws(language, count + 1)
        for law, other in pairwise(laws):
            changed, edits = _edited(law, other, language, chance)
            a, b = form(law), form(changed)
            found = [a.span(*edit.a) for edit in collate(a, b).edits]
            used: set[int] = set()
            for start, end in edits:
                hits = [n for n, (x, y) in enumerate(found) if y >= start - 3 and x <= end + 3]
                one += len(hits) == 1
                used.update(hits)
                total += 1
            noise += len(found) - len(used)
        yield Figure(name=f"{prefix}collation/{language}/one operation", value=one / total)
        yield Figure(name=f"{prefix}collation/{language}/too many", value=noise / total, bound="<=")


def _edited(law: str, other: str, language: str, chance: random.Random) -> tuple[str, list[Edit]]:
    """The law with changes far from each other, and where they are in it."""
    parts: list[str] = []
    edits: list[Edit] = []
    last = 0
    stops = "。；，、\n" if language == "zh" else ".;,\n"
    clause = re.compile(rf"(?<=[{stops}])(?=[^{stops}]*\w{{4}})[^{stops}&.]{{6,160}}[{stops}]")
    word = re.compile(r"[\u4e00-\u9fff]{2}" if language == "zh" else r"\b[a-záéíóúñ]{6,}\b")
    step = 400 if language == "zh" else 1200
    for start in range(step, len(law) - step, step):
        kind = chance.choice(("number", "word", "drop", "add", "again"))
        foreign = chance.randrange(max(1, len(other) - 900))
        if kind in {"number", "word"}:
            pattern = re.compile(r"\d+") if kind == "number" else word
            found = pattern.search(law, start, start + step // 2)
            put = pattern.search(other, foreign)
            if not found or not put or set(put[0]) & set(found[0]):
                continue
            span, said = found.span(), put[0]
        else:
            found = clause.search(law, start, start + step // 2)
            put = clause.search(other, foreign)
            if not found or not put:
                continue
            span = found.span() if kind == "drop" else (found.end(), found.end())
            said = {"drop": "", "add": put[0], "again": found[0]}[kind]
        if span[0] < last + 60:
            continue
        parts += [law[last : span[0]], said]
        last = span[1]
        edits.append(span)
    return "".join((*parts, law[last:])), edits


# ---------------------------------------------------------------- the seeds


def _witness(name: str, text: str, language: str, **more: Any) -> WitnessText:
    known = Identity(
        url=f"https://{name}.example/", document=name, version=name, capture=name, language=language
    )
    return WitnessText(identity=replace(known, **more), text=text)


def _seed_witnesses() -> Iterator[WitnessText]:
    for name, language in _NAMES.items():
        (path,) = corpus.folder("seeds").glob(f"{name}_*.txt")
        said = path.read_text("utf-8")
        lined = re.sub(r"</p>\s*<p[^>]*>|</h3>|</p>", "\n", said)  # a file of one line has no tree
        body = Body(
            data=lined.encode(), media_type="text/plain", complete=True, decoded=True, note=""
        )
        capture = Capture(
            id=name,
            url=f"https://{name}.example/",
            fetched_at=datetime(2022, 3, 8, tzinfo=UTC),
            kind="resource",
            status=0,
            media_type="text/plain",
            payload_digest="",
            entity_digest="",
            place=Place(warc="", offset=0, length=0),
        )
        found = read(body, capture)
        yield replace(_witness(name, found.text, language), repairs=found.repairs)


def _seeds(prefix: str) -> Iterator[Figure]:
    if corpus.missing(("seeds",)):
        return
    gold = json.loads((corpus.SHARED / "gold" / "witnesses.json").read_text("utf-8"))["witnesses"]
    made = report("seeds", list(_seed_witnesses()), "zh-Hans")
    for each in made.witnesses:
        name = each.identity.document
        true = gold[name]["sections"]
        right = sum(state.status == true[state.id]["status"] for state in each.sections)
        yield Figure(name=f"{prefix}seeds/{name}/sections", value=right, unit="of 36")
        if name == "003":
            yield from _events(prefix, each, gold[name]["events"])


def _events(prefix: str, found: WitnessReport, true: list[dict[str, Any]]) -> Iterator[Figure]:
    """By place: an event of the annotation is found where one of the report meets it in either text."""
    claimed = [e for e in found.events if e.severity == "substantive" and e.certain]
    met = [each for each in true if any(_is_found(each, e) for e in found.events)]
    sure = [each for each in true if any(_meets(each, e.span, e.base_span) for e in claimed)]
    false = [e for e in claimed if not any(_meets(each, e.span, e.base_span) for each in true)]
    yield Figure(name=f"{prefix}seeds/003/events shown", value=len(met) / len(true))
    yield Figure(name=f"{prefix}seeds/003/events claimed", value=len(sure) / len(true))
    yield Figure(
        name=f"{prefix}seeds/003/false among claimed",
        value=len(false) / max(1, len(claimed)),
        bound="<=",
    )


def _is_found(true: dict[str, Any], event: Event) -> bool:
    """Whether an event meets one of the annotation in either text; one without a place, by its type."""
    if true.get("span") or true.get("canonical_span"):
        return _meets(true, event.span, event.base_span)
    return bool(event.type == true["type"] and event.span is None)


def _meets(true: dict[str, Any], span: Edit | None, base_span: Edit | None) -> bool:
    pairs = ((true.get("span"), span), (true.get("canonical_span"), base_span))
    return any(
        a and b and (max(a[0], b[0]) < min(a[1], b[1]) or (b[0] == b[1] and a[0] <= b[0] <= a[1]))
        for a, b in pairs
    )


# ---------------------------------------------------------------- lost clauses


def _losses(prefix: str, languages: int, units: int) -> Iterator[Figure]:
    if corpus.missing(("ntrex",)):
        return
    right = missed = false = 0
    for tag in list(FOREIGN)[:languages]:
        found = _lost_in(tag, units)
        right, missed, false = right + found[0], missed + found[1], false + found[2]
    yield Figure(name=f"{prefix}losses/recall", value=right / max(1, right + missed))
    yield Figure(name=f"{prefix}losses/precision", value=right / max(1, right + false))


def _lost_in(tag: str, units: int) -> tuple[int, int, int]:
    """Clauses told, missed and told wrongly, of translations half of which lack one."""
    chance = random.Random(_SEED)
    both = list(zip(lines(CHINESE[0]), lines(tag), strict=False))
    rows = [row for whole in documents() for row in whole[::_LINES][:-1]]
    pairs = [
        tuple("\n".join(side) for side in zip(*both[n : n + _LINES], strict=True)) for n in rows
    ]
    chosen = chance.sample(pairs, units)
    a, b = (_clauses([pair[side] for pair in chosen]) for side in (0, 1))
    sizes = [y.sizes.sum() / x.sizes.sum() for x, y in zip(a, b, strict=True)]
    ratio = float(np.median(sizes))
    right = missed = false = 0
    for base, whole in zip(a, b, strict=True):
        other = whole
        way = steps(base, other, ratio)
        paired = [s for s in way if s.a[0] < s.a[1] and s.b[0] < s.b[1]]
        gone: set[int] = set()
        if len(paired) > 1 and chance.random() < 1 / 2:
            step = chance.choice(paired)
            gone = set(range(*step.a))
            other = _without(whole, step.b)
            way = steps(base, other, ratio)
        told = {
            loss.clause for loss in losses(base, other, way, ratio) if loss.probability >= CLAIMED
        }
        hit = bool(told & gone)
        right += hit
        missed += bool(gone) and not hit
        false += len(told - gone)
    return right, missed, false


def _clauses(units: list[str]) -> tuple[Clauses, ...]:
    ends = list(accumulate(len(unit) + 1 for unit in units))
    spans = [(end - 1 - len(unit), end - 1) for unit, end in zip(units, ends, strict=True)]
    return encoded("\n".join(units), spans, encoder.load())


def _without(clauses: Clauses, gone: Edit) -> Clauses:
    kept = [n for n in range(len(clauses.spans)) if not gone[0] <= n < gone[1]]
    return replace(
        clauses,
        spans=tuple(clauses.spans[n] for n in kept),
        sizes=clauses.sizes[kept],
        vectors=clauses.vectors[kept],
    )


# ---------------------------------------------------------------- descent and cost


def _descent(prefix: str, trees: int) -> Iterator[Figure]:
    laws = _laws("zh", trees + 1)
    right = wrong = 0
    for number, (law, other) in enumerate(pairwise(laws)):
        chance = random.Random(_SEED + number)
        texts, sources = [law], {}
        for child in range(1, _WITNESSES):
            source = chance.randrange(child)
            texts.append(_damaged(texts[source], other, chance))
            sources[f"https://w{child}.example/"] = f"https://w{source}.example/"
        many = [
            _witness(f"w{n}", text, "zh-Hans", published_at=f"2026-03-{n + 1:02}")
            for n, text in enumerate(texts)
        ]
        chance.shuffle(many)
        edges = report("tree", many, "zh-Hans").descent
        right += sum(sources.get(edge.target) == edge.source for edge in edges)
        wrong += sum(sources.get(edge.target) != edge.source for edge in edges)
    whole = trees * (_WITNESSES - 1)
    yield Figure(name=f"{prefix}descent/right", value=right / whole)
    yield Figure(name=f"{prefix}descent/wrong", value=wrong / whole, bound="<=")


def _damaged(text: str, other: str, chance: random.Random) -> str:
    for _ in range(chance.randint(3, 7)):
        place = chance.randrange(30, len(text) - 300)
        end = place + chance.randint(1, 12)
        put = chance.randrange(len(other) - 40)
        said = other[put : put + chance.randint(1, 24)].replace("\n", "")
        kind = chance.choice(("put", "drop", "change"))
        text = (
            text[:place]
            + ("" if kind == "drop" else said)
            + text[place if kind == "put" else end :]
        )
    return text


def _cost(prefix: str) -> Iterator[Figure]:
    """Times against that of hashing and sorting a million numbers in Python, which takes half a second."""
    yardstick = _seconds(lambda: sorted(hash(str(n)) for n in range(1_000_000)))
    law = "".join(_laws("zh", 20))[:_LONG]
    other, _ = _edited(law, law[::-1], "zh", random.Random(_SEED))
    spent = _seconds(lambda: collate(form(law), form(other)))
    yield Figure(
        name=f"{prefix}cost/100,000 characters", value=spent / yardstick, unit="x", bound="<="
    )


def _seconds(run: Any) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main(words: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--limit", action="store_true", help="a part of it, in less time")
    given = parser.parse_args(words)
    for figure in measure(SAMPLE if given.limit else FULL):
        print(f"{figure.name:<52} {figure.bound} {figure.value:.4f} {figure.unit}")


if __name__ == "__main__":
    main()
