"""How well near-copies are told apart and filed, beside the libraries that find near-copies.

The measuring scripts beside the checkout make the copies and score them. Laws in Chinese, Spanish and
English; the same news in six more languages; and, under their titles, real laws that were rewritten
and real laws that look alike.
"""

import gzip
import importlib.util
import json
import tempfile
import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

from archive.records import Candidate, Issued
from benchmarks import adapters, corpus, rivals, translations
from benchmarks.figures import Extent, Figure
from benchmarks.rivals import scored, together
from benchmarks.translations import Copy
from pipelines.filing import place
from pipelines.fingerprint import fingerprint
from pipelines.normal_form import normalise

_LAWS = ("zh", "es", "en")
_SEED = 20261  # of the copies; no rule was made by looking at what it gives
_CONTAINED = 0.5  # of the smaller of two laws: then the script calls them look-alikes
_FOR_RIVALS = 12  # families of each language, for simhash takes ten milliseconds a text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """How many copies are made."""

    families: str  # of laws, as the script wants it
    templates: int  # of each language
    others: int  # laws of each language that belong to nothing
    pairs: int  # of each kind whose relation is judged, at most
    news: int  # families of each of the six languages


_WHOLE = _Size(families="zh=50,es=30,en=30", templates=6, others=100, pairs=80, news=40)
_SAMPLE = _Size(families="zh=8,es=8,en=8", templates=2, others=20, pairs=20, news=8)


def measure(extent: Extent) -> list[Figure]:
    """Shares of right relations and filings for each language, and what libraries get right."""
    size = _SAMPLE if extent.pages else _WHOLE
    maker, scorer = _script("make_copies"), _script("eval_copies")
    laws = _made(maker, size)
    near = f"{extent.prefix}near/"
    figures: list[Figure] = []
    for language in _LAWS:
        copies = [copy for copy in laws if copy["lang"] == language]
        figures += _told_apart(f"{near}{language}", scorer, copies, size.pairs)
        filed, pairs = _filed(f"{near}{language}", scorer, copies)
        rival = _beside(copies) if extent.rivals else {}
        figures += [
            *filed,
            _near_f1(f"{near}{language}", pairs, rival),
            *_each(near, language, rival),
        ]
    for language in translations.LANGUAGES:
        copies = translations.copies(maker, language, _SEED, size.news)
        _, pairs = _filed(language, scorer, copies)
        rival = _beside(copies) if extent.rivals else {}
        figures += [_near_f1(f"{near}{language}", pairs, rival), *_each(near, language, rival)]
    figures += [_rewritten(near, laws), _look_alikes(near)]
    return [*figures, *_signing(near, laws)] if extent.rivals else figures


def _script(name: str) -> ModuleType:
    """A measuring script as a module of its own, so that its parts can be called."""
    file = corpus.folder("measure") / f"{name}.py"
    found = importlib.util.spec_from_file_location(name, file)
    if found is None or found.loader is None:
        raise FileNotFoundError(f"{file} is no script.")
    module = importlib.util.module_from_spec(found)
    # Its code is run without the cache that Python would leave beside it: that folder is not ours.
    exec(compile(file.read_text("utf-8"), str(file), "exec"), module.__dict__)
    return module


def _made(maker: ModuleType, size: _Size) -> list[Copy]:
    """The copies of laws that the script makes with our seed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "copies.jsonl"
        with redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # the script leaves files to be closed
            maker.gen(
                Namespace(
                    laws=str(corpus.folder("laws")), out=str(out), n=size.families,
                    templ=size.templates, rest=size.others, seed=_SEED,
                )
            )  # fmt: skip
        return [json.loads(line) for line in out.read_text("utf-8").split("\n") if line]


def _told_apart(name: str, scorer: ModuleType, copies: list[Copy], most: int) -> Iterator[Figure]:
    """The share of pairs whose relation is right: of all, with changed numbers, from one template."""
    found = scorer.relations(copies, adapters.relate, most, 1)

    def right(*kinds: str) -> float:
        rows = [found["kinds"][kind] for kind in kinds if kind in found["kinds"]]
        count = sum(sum(row.values()) for row in rows)
        return float(sum(row.get("right", 0) for row in rows) / max(1, count))

    yield Figure(name=f"{name} relation", value=found["accuracy"])
    yield Figure(name=f"{name} changed numbers", value=right("num", "num_b"))
    yield Figure(name=f"{name} templates", value=right("templ"))


def _filed(name: str, scorer: ModuleType, copies: list[Copy]) -> tuple[list[Figure], rivals.Found]:
    """The figures of an archive that takes all copies, and what it gets right of near-copies alone."""
    placed: dict[str, tuple[str, str, str]] = {}

    def file(texts: Any) -> dict[str, tuple[str, str, str]]:
        placed.update(adapters.archive_texts(texts))
        return placed

    found = scorer.filing(copies, file, 1)
    near = [copy for copy in copies if copy["id"] in placed and copy["rel"] != "excerpt"]
    pairs = scored(together(placed[copy["id"]][0] for copy in near), [copy["fam"] for copy in near])
    figures = [
        Figure(name=f"{name} pair F1", value=found["F1"]),
        Figure(name=f"{name} near recall", value=found["near_recall"]),
        Figure(name=f"{name} near precision", value=pairs.precision),
        Figure(name=f"{name} ARI near", value=found["ari_near"]),
        Figure(name=f"{name} ARI with excerpts", value=found["ari"]),
        Figure(name=f"{name} cosmetic keeps version", value=found["cosmetic_same_version"]),
        Figure(name=f"{name} changed gets its own", value=found["changed_own_version"]),
    ]
    return figures, pairs


def _near_f1(name: str, found: rivals.Found, rival: dict[str, tuple[float, float]]) -> Figure:
    best = max((score for scores in rival.values() for score in scores), default=None)
    return Figure(name=f"{name} near F1", value=found.f1, rival=best)


def _each(near: str, language: str, rival: dict[str, tuple[float, float]]) -> Iterator[Figure]:
    for name, (raw, form) in rival.items():
        yield Figure(name=f"{near}{language} {name} F1 on raw text", value=raw)
        yield Figure(name=f"{near}{language} {name} F1 on our form", value=form)


def _beside(copies: list[Copy]) -> dict[str, tuple[float, float]]:
    """F1 of each library on near-copies alone, of the texts as they are and of their normal forms.

    On a part of the families and all that belongs to none: fewer texts to confuse, so the libraries
    lose nothing by it.
    """
    families = dict.fromkeys(copy["fam"] for copy in copies if copy["kind"] == "orig")
    some = set(list(families)[:_FOR_RIVALS])
    near = [
        copy
        for copy in copies
        if copy["rel"] != "excerpt" and copy["kind"] != "natversion"
        and (copy["fam"] in some or copy["kind"] == "templ")
    ]  # fmt: skip
    labels = [copy["fam"] for copy in near]
    raw = [rivals.shingles(copy["text"].lower(), copy["lang"]) for copy in near]
    forms = [rivals.shingles(normalise(copy["text"]).text, copy["lang"]) for copy in near]
    return {
        name: (scored(find(raw), labels).f1, scored(find(forms), labels).f1)
        for name, find in rivals.LIBRARIES.items()
    }


def _rewritten(near: str, laws: list[Copy]) -> Figure:
    """The share of pairs of one law of several years that are filed together, under their titles."""
    families: dict[str, list[Copy]] = {}
    for copy in laws:
        if copy["kind"] == "natversion":
            families.setdefault(copy["fam"], []).append(copy)
    pairs = [pair for same in families.values() for pair in combinations(same, 2)]
    joined = sum(
        _joins((a["text"], _issued(a["text"], a["fam"])), (b["text"], _issued(b["text"], b["fam"])))
        for a, b in pairs
    )
    return Figure(name=f"{near}zh rewritten laws together", value=joined / max(1, len(pairs)))


def _look_alikes(near: str) -> Figure:
    """The share of pairs of look-alikes, two laws by their titles, that are filed as one."""
    folder = corpus.folder("laws")
    laws = {
        law["id"]: law
        for file in sorted(folder.glob("*.jsonl.gz"))
        for law in map(json.loads, gzip.decompress(file.read_bytes()).decode().splitlines())
    }
    pairs = [
        (laws[a], laws[b])
        for contained, _, a, b in json.loads((folder / "lookalikes.json").read_text("utf-8"))
        if contained > _CONTAINED and laws[a]["title"] != laws[b]["title"]
    ]
    merged = sum(
        _joins((a["text"], Issued(title=a["title"])), (b["text"], Issued(title=b["title"])))
        for a, b in pairs
    )
    return Figure(name=f"{near}look-alikes merged", value=merged / max(1, len(pairs)), bound="<=")


def _issued(text: str, family: str) -> Issued:
    """What a page says of a law: its first line is the title, and the family names the issuer."""
    issuer = family.split("|")[1] if family.count("|") > 1 else ""
    return Issued(title=text.split("\n", 1)[0], issuers=(issuer,) if issuer else ())


def _joins(known: tuple[str, Issued], new: tuple[str, Issued]) -> bool:
    """Whether the second text is filed with the first, which the archive has."""
    form = normalise(known[0])
    key = fingerprint(form).exact
    candidate = Candidate(version=key, document=key, text=known[0], issued=known[1], exact=key)
    other = normalise(new[0])
    return place(fingerprint(other), other, new[1], [candidate]).document == key


def _signing(near: str, laws: list[Copy]) -> Iterator[Figure]:
    """How many times as many documents a second as datasketch, from normal form to signature."""
    texts = [copy for copy in laws if copy["kind"] in ("orig", "natural")][::4]
    forms = [normalise(copy["text"]) for copy in texts]
    rates = rivals.signing(forms, [copy["lang"] for copy in texts])
    for name, rate in rates.items():
        yield Figure(name=f"{near}signing {name}", value=rate, unit="documents/s")
    yield Figure(
        name=f"{near}signing beside datasketch",
        value=rates["ours"] / rates["datasketch"],
        unit="x",
        rival=max(rates["rensa"], rates["simhash"]) / rates["datasketch"],
    )
