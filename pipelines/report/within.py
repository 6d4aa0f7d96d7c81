"""One witness in the language of the base against it: statuses and events, by characters."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.report.base import as_archived
from pipelines.report.events import events
from pipelines.report.form import Form
from pipelines.report.matching import Matching, match
from pipelines.report.model import (
    SEVERITIES,
    Base,
    Event,
    SectionState,
    Span,
    WitnessReport,
)
from pipelines.report.notation import marks, of_repairs
from pipelines.report.reading import WitnessText
from pipelines.report.scan import as_meant, misread
from pipelines.report.statuses import Extent, extents, state


def compare(base: Base, spoken: Form, witness: WitnessText) -> tuple[WitnessReport, Matching]:
    """The report of a witness, and which letter of the base is where; `spoken` is the emended base."""
    found = match(spoken, witness.form)
    units = extents(spoken, base.units)
    wrong = misread(found)
    meant = as_meant(found, wrong)
    states = [state(meant, extent) for extent in units]
    sides = base.identity.language, witness.language
    said = [
        *events(found, units, states, wrong),
        *marks(found, sides),
        *of_repairs(witness.form, witness.repairs),
        *of_links(witness),
    ]
    states = [_after_marks(each, said, extent) for each, extent in zip(states, units, strict=True)]
    placed = settled(base, said, states)
    report = WitnessReport(
        identity=witness.identity,
        coverage=_coverage(meant, units),
        sections=tuple(states),
        events=placed,
    )
    return report, found


def _coverage(found: Matching, units: Sequence[Extent]) -> float:
    """Share of the letters of all sections that the witness has, without their numbers."""
    whole = kept = 0
    for extent in units:
        whole += found.a.weight(extent.heading, extent.end)
        lost = found.lost(extent.heading, extent.end)
        kept += found.a.weight(extent.heading, extent.end) - sum(
            found.a.weight(*run) for run in lost
        )
    return round(kept / whole, 4) if whole else 0.0


def _after_marks(known: SectionState, said: Iterable[Event], extent: Extent) -> SectionState:
    """The state of a section that has all its letters but not its first or last mark: it is cut."""
    start, end = extent.unit.span
    for event in said:
        lost = event.base_span if event.type == "dropped" and event.base_span else None
        if known.status == "full" and lost and (lost[0] == start or lost[1] == end):
            return replace(known, status="truncated")
    return known


def of_links(witness: WitnessText) -> Iterable[Event]:
    """What the page puts around words of its main text."""
    for link in witness.links:
        yield Event(
            type="markup",
            severity="furniture",
            section=None,
            span=link.span,
            text=witness.text[slice(*link.span)],
            base_span=None,
            base_text="",
            note=f"A link around words that are unchanged: {link.target}",
        )


def settled(base: Base, said: Iterable[Event], states: Sequence[SectionState]) -> tuple[Event, ...]:
    """The events, each with its section and its place in the archived base, gravest first."""
    starts = [unit.span[0] for unit in base.units]
    inside = sorted((each.span, each.id) for each in states if each.span)
    placed = []
    for event in said:
        section = event.section or _section(base, starts, inside, event)
        there = event.base_span
        if there is not None:
            there = as_archived(there[0], base.apparatus), as_archived(there[1], base.apparatus)
        placed.append(replace(event, section=section, base_span=there))
    placed.sort(key=_order)
    return tuple(placed)


def _order(event: Event) -> tuple[int, Span, str]:
    return SEVERITIES.index(event.severity), event.span or (1 << 40, 0), event.type


def _section(
    base: Base, starts: list[int], inside: list[tuple[Span, str]], event: Event
) -> str | None:
    """The section of an event: where the base has it, else where the witness has the section."""
    if event.base_span is not None:
        place = bisect_right(starts, event.base_span[0]) - 1
        return base.units[max(0, place)].path
    if event.span is None:
        return None
    for (start, end), path in inside:
        if start <= event.span[0] and event.span[1] <= end:
            return path
    return None


def in_base(base: Base, found: Matching, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Where the base has what the witness has at the spans; a span that it has not is left out."""
    here = {int(place): letter for letter, place in enumerate(found.home.tolist()) if place >= 0}
    placed = []
    for start, end in spans:
        first, last = found.b.at(start), found.b.at(end)
        letters = [here[place] for place in range(first, last) if place in here]
        if letters:
            there = found.a.span(min(letters), max(letters) + 1)
            placed.append(
                (as_archived(there[0], base.apparatus), as_archived(there[1], base.apparatus))
            )
    return tuple(placed)
