"""The witness report: what each republisher did to the text of a work.

    choose the base -> emend it -> hold each witness against it -> say which was copied from which

`report` is the whole of it: pure, from texts to a `Report`. One witness costs what its text costs; a
`Compared` that is handed in again is not made again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial

from pipelines.report import across, descent, within
from pipelines.report.base import choose, same_language
from pipelines.report.form import Form, form
from pipelines.report.kept import VERSION, Kept, digest, once, recipe, text_of
from pipelines.report.model import (
    Base,
    Edge,
    Emendation,
    Event,
    Identity,
    Report,
    SectionState,
    Span,
    WitnessReport,
)
from pipelines.report.reading import PageLink, WitnessText

__all__ = [
    "VERSION",
    "Base",
    "Edge",
    "Emendation",
    "Event",
    "Identity",
    "Kept",
    "PageLink",
    "Report",
    "SectionState",
    "Span",
    "WitnessReport",
    "WitnessText",
    "recipe",
    "report",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A witness with what its descent is judged by."""

    report: WitnessReport
    links: tuple[Span, ...] = ()  # of the base
    faults: tuple[descent.Fault, ...] = ()


def report(
    work: str,
    witnesses: Sequence[WitnessText],
    language: str,
    kept: Kept | None = None,
) -> Report:
    """What every witness did to the text of a work.

    `witnesses` are at least one; `language` is that of the original. `kept` has what was made before, by
    all that it depends on, and gets the rest: a new witness costs its own comparison.

    Raises:
        ValueError: there is no witness.
    """
    if not witnesses:
        raise ValueError(f"The work {work} has no witness to report on.")
    kept = {} if kept is None else kept
    base = choose(witnesses, language, kept)
    found = _compared(base, witnesses, kept)
    edges = _descent(base, witnesses, found)
    told = {edge.target for edge in edges} | {base.identity.url}
    reports = tuple(each.report for each in found)
    return Report(
        work=work,
        base=base,
        witnesses=_with_lags(reports),
        descent=edges,
        undecided=tuple(w.identity.url for w in witnesses if w.identity.url not in told),
        recipe=recipe(),
    )


def _compared(base: Base, witnesses: Sequence[WitnessText], kept: Kept) -> list[_Found]:
    foreign = [w for w in witnesses if not same_language(w.language, base.identity.language)]
    names = across.known_names(base, foreign) if foreign else frozenset()
    parts: tuple[str, ...]
    spoken = cache(partial(form, base.emended))
    ready = cache(partial(across.translated, base, names))
    found = []
    for witness in witnesses:
        if same_language(witness.language, base.identity.language):
            make = partial(_within, base, spoken, witness)
            parts = (repr(base.apparatus), base.identity.language)
        else:
            make = partial(_across, ready, witness)
            parts = (recipe(), *sorted(names))
        key = digest("found", (base.emended, *text_of(witness), *parts))
        made = once(kept, key, _Found, make)
        found.append(replace(made, report=replace(made.report, identity=witness.identity)))
    return found


def _within(base: Base, spoken: Callable[[], Form], witness: WitnessText) -> _Found:
    done, match = within.compare(base, spoken(), witness)
    links = within.in_base(base, match, [link.span for link in witness.links])
    return _Found(report=done, links=links, faults=descent.faults(match))


def _across(ready: Callable[[], across.Translated], witness: WitnessText) -> _Found:
    return _Found(report=across.compare(ready(), witness))


def _descent(
    base: Base, witnesses: Sequence[WitnessText], found: Sequence[_Found]
) -> tuple[Edge, ...]:
    sound = {url for lost in base.apparatus for url in lost.witnesses}
    suspects = [
        descent.Suspect(
            url=witness.identity.url,
            faults=each.faults,
            losses=tuple(
                event.base_span
                for event in each.report.events
                if event.type in {"dropped", "truncated"} and event.base_span and event.certain
            ),
            links=each.links,
            published_at=witness.identity.published_at or "",
            source=witness.identity.source,
            publisher=witness.identity.publisher,
            same_language=same_language(witness.language, base.identity.language),
            beyond_base=witness.identity.url in sound,
        )
        for witness, each in zip(witnesses, found, strict=True)
    ]
    return descent.descent(suspects, base.identity.url, len(base.text))


def _with_lags(reports: tuple[WitnessReport, ...]) -> tuple[WitnessReport, ...]:
    """The reports with how long after the earliest dated witness each one is dated."""
    dated = {
        each.identity.capture: moment
        for each in reports
        if (moment := _moment(each.identity.published_at)) is not None
    }
    first = min(dated.values(), default=None)
    return tuple(
        replace(each, lag_seconds=(dated[each.identity.capture] - first).total_seconds())
        if first is not None and each.identity.capture in dated
        else each
        for each in reports
    )


def _moment(text: str | None) -> datetime | None:
    """The time of a date that says the hour; a bare day has no lag."""
    if not text or len(text) <= len("2022-03-04"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
