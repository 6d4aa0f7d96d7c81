"""One witness in another language against the base: statuses and events, by clauses, numbers and names.

Units are paired by pipelines.works. Within a pair clauses are aligned by vectors and lengths; what no
clause of the witness says is lost. Numbers and names are compared as such. Whether words that stand side
by side mean the same is not claimed: the least alike are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.report import headings, names, traces
from pipelines.report.base import tree
from pipelines.report.clauses import Clauses, encoded, means, size, steps
from pipelines.report.losses import CLAIMED, losses
from pipelines.report.model import WHOLE, Base, Event, SectionState, Status, WitnessReport
from pipelines.report.reading import WitnessText
from pipelines.report.translation_events import Pair, of_pair
from pipelines.report.within import settled
from pipelines.works import Outlined, Unit, align, encoder, outline

CAUTION = (
    "Compared across languages: lost clauses, numbers and names are told; whether words mean the same "
    "is not. What is marked as not certain stands side by side for a person to judge."
)
BLIND = "No vectors for this language: only the order, the numbers and the lengths of sections were compared."
_FULL = 0.88  # of a section's letters
_CLAUSE = 20  # letters; a loss of more is a clause
_LEFT_OUT = 0.9  # of a section; where its heading is more, the heading is all of it
_LEFT = 0.3  # of a section's letters; less was left out on purpose
_SHORT = 0.5  # of the length that a section should have, where there are no vectors
_SHORTENED = 0.87  # of the length that a section should have, with vectors
_SEVERAL = 4  # clauses of a section whose length means something
_DOUBTFUL = 0.06  # of a section's letters, that are lost in expectation
_HEADING = 90  # characters of a line that may be a heading
_WHOLE_CLAUSE = 0.55  # likeness of what follows a cut to a whole clause of the base


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What is known of the base for every translation of it: made once."""

    base: Base
    outlined: Outlined
    clauses: tuple[Clauses, ...]  # of each unit; none without vectors
    names: frozenset[str]  # pinyin that translations of the work write as names


def known_names(base: Base, witnesses: Sequence[WitnessText]) -> frozenset[str]:
    """The pinyin of the names in the base that translations of the work write as names."""
    if not names.is_there() or not base.identity.language.startswith("zh"):
        return frozenset()
    latin = [each.text for each in witnesses if each.language[:2] not in {"zh", "ja", "ko"}]
    return frozenset(names.names(base.emended, names.known_names(latin)))


def translated(base: Base, known: frozenset[str]) -> Translated:
    """The base, made ready to be compared with witnesses in other languages."""
    spoken, clauses = _outlined(base.emended, base.identity.language, base.units)
    return Translated(base=base, outlined=spoken, clauses=clauses, names=known)


def _outlined(
    text: str, language: str, units: tuple[Unit, ...]
) -> tuple[Outlined, tuple[Clauses, ...]]:
    """The text with its units and their clauses; no vectors where there is no encoder for it."""
    plain = Outlined(text=text, language=language, units=units)
    if not (encoder.knows(language) and encoder.is_there()):
        return plain, ()
    clauses = encoded(text, [unit.span for unit in units], encoder.load())
    return replace(plain, vectors=means(clauses)), clauses


def compare(known: Translated, witness: WitnessText) -> WitnessReport:
    """The report of one witness in another language."""
    units = outline(witness.text, witness.language)
    other, clauses = _outlined(witness.text, witness.language, units)
    vectors = bool(known.clauses and clauses)
    partner = {pair.a.path: pair.b for pair in align(known.outlined, other) if pair.a and pair.b}
    headed = (
        {a.path: b for a, b in headings.kept(known.outlined, other, partner)} if vectors else {}
    )
    ratio = _ratio(known.base, witness, partner)
    theirs = {unit.path: one for unit, one in zip(units, clauses, strict=bool(clauses))}
    pairs = tuple(_pairs(known, witness, partner, theirs, ratio)) if vectors else ()
    by_path = {pair.unit.path: pair for pair in pairs}
    written = known.names if _writes_names(known, witness, partner) else frozenset[str]()
    states, said = [], [*_around(known, witness, other, {**partner, **headed})]
    for unit in known.base.units:
        pair = by_path.get(unit.path)
        if pair is not None:
            found = [*of_pair(known.base, written, witness, pair)]
            said += [replace(event, section=unit.path) for event in found]
            states.append(_state(pair, found, ratio))
        elif unit.path in headed:
            states.append(_headed(known.base, unit, headed[unit.path]))
        else:
            states.append(_by_length(known.base, witness, unit, partner.get(unit.path), ratio))
        if states[-1].status in {"absent", "heading_only"} and pair is None:
            said.append(_missing(known.base, unit, states[-1]))
    said += [*_numbers_lost(known.base, partner)]
    sizes = [size(known.base.emended[slice(*unit.span)]) for unit in known.base.units]
    kept = sum(state.coverage * weight for state, weight in zip(states, sizes, strict=True))
    return WitnessReport(
        identity=witness.identity,
        coverage=round(kept / max(1, sum(sizes)), 4),
        sections=tuple(states),
        events=settled(known.base, said, states),
        method="vectors" if vectors else "skeleton",
        caution=CAUTION if vectors else BLIND,
    )


def _ratio(base: Base, witness: WitnessText, partner: dict[str, Unit]) -> float:
    """How much longer the witness's language is than the base's: the middle one of all sections."""
    ratios = [
        size(witness.text[slice(*partner[unit.path].span)]) / whole
        for unit in base.units
        if unit.path in partner and (whole := size(base.emended[slice(*unit.span)])) > _CLAUSE
    ]
    return float(np.median(ratios)) if ratios else 1.0


def _pairs(
    known: Translated,
    witness: WitnessText,
    partner: dict[str, Unit],
    theirs: dict[str, Clauses],
    ratio: float,
) -> Iterator[Pair]:
    capitals = traces.capitals(witness.text)
    for unit, a in zip(known.base.units, known.clauses, strict=True):
        if unit.path not in partner:
            continue
        b = theirs[partner[unit.path].path]
        way = steps(a, b, ratio)
        yield Pair(
            unit=unit,
            other=partner[unit.path],
            a=a,
            b=b,
            steps=way,
            losses=losses(a, b, way, ratio),
            capitals=capitals,
        )


# ---------------------------------------------------------------- statuses


def _state(pair: Pair, found: Sequence[Event], ratio: float) -> SectionState:
    sizes = pair.a.sizes
    lost = [loss.clause for loss in pair.losses if loss.probability >= CLAIMED]
    gone = float(sizes[lost].sum())
    coverage = 1 - gone / float(sizes.sum()) if len(sizes) else 0.0
    status: Status = "full"
    if any(event.type == "truncated" for event in found):
        status = "truncated"
    elif coverage <= _LEFT:
        status = "heading_only" if 0 not in lost else "summarised"
    elif (gone >= _CLAUSE and (coverage < _FULL or len(lost) > 1)) or _is_short(pair, ratio):
        status = "partial"
    return SectionState(
        id=pair.unit.path, status=status, span=pair.other.span, coverage=round(coverage, 4)
    )


def _is_short(pair: Pair, ratio: float) -> bool:
    """Whether a section is shorter than a translation of it is, and clauses may be lost besides.

    Then something is lost, wherever it stood.
    """
    whole = float(pair.a.sizes.sum())
    expected = sum(loss.probability * float(pair.a.sizes[loss.clause]) for loss in pair.losses)
    short = float(pair.b.sizes.sum()) / ratio < _SHORTENED * whole
    return len(pair.a.spans) >= _SEVERAL and short and expected >= _DOUBTFUL * whole


def _by_length(
    base: Base, witness: WitnessText, unit: Unit, other: Unit | None, ratio: float
) -> SectionState:
    """The state of a section that has no counterpart, or none whose clauses could be compared."""
    if other is None:
        return SectionState(id=unit.path, status="absent", span=None, coverage=0.0)
    wanted = size(base.emended[slice(*unit.span)]) * ratio
    share = min(1.0, size(witness.text[slice(*other.span)]) / max(1.0, wanted))
    status: Status = "full" if share >= _SHORT else "partial"
    return SectionState(id=unit.path, status=status, span=other.span, coverage=round(share, 4))


def _headed(base: Base, unit: Unit, line: Unit) -> SectionState:
    """The state of a section of which the witness has the heading, found by itself."""
    whole = size(base.emended[slice(*unit.span)])
    head = size(base.emended[slice(*unit.heading)]) or whole
    return SectionState(
        id=unit.path,
        status="full" if head > _LEFT_OUT * whole else "heading_only",
        span=line.span,
        coverage=round(head / max(1, whole), 4),
    )


def _missing(base: Base, unit: Unit, state: SectionState) -> Event:
    headed = state.span is not None
    span = (unit.heading[1], unit.span[1]) if headed else unit.span
    return Event(
        type="dropped",
        severity="substantive",
        section=unit.path,
        span=(state.span[1], state.span[1]) if state.span else None,
        text="",
        base_span=span,
        base_text=base.emended[slice(*span)],
        note="All but the heading." if headed else WHOLE,
    )


def _writes_names(known: Translated, witness: WitnessText, partner: dict[str, Unit]) -> bool:
    """Whether the names that other translations write in pinyin can be missed in this one."""
    return bool(known.names) and names.writes(
        (
            (known.base.emended[slice(*unit.span)], witness.text[slice(*partner[unit.path].span)])
            for unit in known.base.units
            if unit.path in partner
        ),
        known.names,
    )


# ---------------------------------------------------------------- around the sections


def _around(
    known: Translated, witness: WitnessText, other: Outlined, partner: dict[str, Unit]
) -> Iterator[Event]:
    """What the witness has beside the sections: a lead, a circular, credits, furniture."""
    used = {unit.path for unit in partner.values()}
    inside = {unit.path for unit in tree(other.units)}
    for place, unit in enumerate(other.units):
        if unit.path in used:
            continue
        said = witness.text[slice(*unit.span)]
        stopped = traces.is_stopped(said) or len(said) > _HEADING
        section = _repeated(known, other, place)
        yield Event(
            type="injected",
            severity="substantive" if stopped or unit.path in inside else "furniture",
            section=section,
            span=unit.span,
            text=said,
            base_span=None,
            base_text="",
            note="Repeats a section of the base." if section else "",
        )


def _repeated(known: Translated, other: Outlined, place: int) -> str | None:
    """The section of the base that a passage outside the sections says again."""
    if known.outlined.vectors is None or other.vectors is None:
        return None
    likeness = known.outlined.vectors @ other.vectors[place]
    best = int(likeness.argmax())
    return known.base.units[best].path if likeness[best] >= _WHOLE_CLAUSE else None


def _numbers_lost(base: Base, partner: dict[str, Unit]) -> Iterator[Event]:
    """One event for all numbers of sections that the witness does not print."""
    gone = [
        unit
        for unit in base.units
        if unit.label and unit.path in partner and not partner[unit.path].label
    ]
    if gone:
        labels = " ".join(unit.label for unit in gone)
        yield Event(
            type="notation",
            severity="minor",
            section=None,
            span=None,
            text="",
            base_span=gone[0].span,
            base_text=base.emended[slice(*gone[0].span)],
            note=f"{len(gone)} numbers of sections are not printed: {labels[:80]}",
        )
