"""What a witness report says, as frozen values.

    Report
      Base               the text that every witness is held against, with its apparatus
      WitnessReport ...  what one witness kept, cut, added, changed and damaged
        SectionState ...   of each section of the base
        Event ...          each with the exact characters in both texts
      Edge ...           which witness was copied from which, with the test

Spans are code points, half-open: of the witness's main text, or of the base's as archived. No span of
an event ever points into a text that was emended or repaired.
"""

from dataclasses import dataclass
from typing import Literal

from pipelines.works import Unit

Span = tuple[int, int]
Status = Literal["full", "partial", "truncated", "summarised", "heading_only", "absent"]
Type = Literal[
    "injected", "dropped", "altered", "truncated", "duplicated", "damaged", "residue", "markup",
    "notation", "boilerplate",
]  # fmt: skip
Severity = Literal["substantive", "minor", "notation", "furniture"]
WHOLE = "The whole section."  # note of an event that says no more than the section's status
SEVERITIES: tuple[Severity, ...] = ("substantive", "minor", "notation", "furniture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a witness did to the text."""

    type: Type
    severity: Severity
    section: str | None  # path in the base; None outside every section
    span: Span | None  # in the witness; empty where characters are missing, None if nowhere
    text: str  # the witness's characters there
    base_span: Span | None  # in the base; None where the base has nothing
    base_text: str
    repair: str = ""  # what damaged characters are read as
    note: str = ""  # a sentence for people
    certain: bool = True  # False: shown side by side for a person to judge, not claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionState:
    """What a witness has of one section of the base."""

    id: str  # path: "2.6.1", "1.body", "title", "pre"
    status: Status
    span: Span | None  # None when absent
    coverage: float  # share of the section's letters, 0..1; across languages of its clauses
    times: int = 1  # how often the witness has it
    also: tuple[Span, ...] = ()  # where it has it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a witness is."""

    url: str
    document: str
    version: str
    capture: str
    language: str  # BCP 47, with the script for Chinese
    title: str | None = None
    publisher: str | None = None
    source: str | None = None  # the source that the page claims
    published_at: str | None = None  # RFC 3339, or an ISO day
    seen_at: str | None = None  # RFC 3339: first capture


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessReport:
    """One witness against the base."""

    identity: Identity
    coverage: float  # share of the base that it has, 0..1
    sections: tuple[SectionState, ...]  # in the order of the base
    events: tuple[Event, ...]  # gravest first, then in the order of the witness
    lag_seconds: float | None = None  # behind the earliest dated witness
    method: str = "characters"  # how it was compared: "characters", "vectors", "skeleton"
    caution: str = ""  # what this comparison cannot know, a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Emendation:
    """Characters that the base has lost and other witnesses prove."""

    at: int  # place in the base's main text as archived
    text: str  # what is read there
    witnesses: tuple[str, ...]  # addresses that have it
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The text of a work that all witnesses are held against."""

    identity: Identity
    text: str  # main text as archived
    emended: str  # the same with what the apparatus adds
    units: tuple[Unit, ...]  # spans of the emended text
    apparatus: tuple[Emendation, ...] = ()
    because: str = ""  # why this witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One witness was copied from another, directly or by way of a lost one."""

    source: str  # address
    target: str
    p: float  # probability of so much agreement by chance
    test: str  # "shared errors", "losses at links", "claimed source"
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What every witness did to the text of one work."""

    work: str
    base: Base
    witnesses: tuple[WitnessReport, ...]
    descent: tuple[Edge, ...]
    undecided: tuple[str, ...] = ()  # witnesses whose source is not known: not enough evidence
    recipe: str = ""  # changes whenever the same texts may give another report
