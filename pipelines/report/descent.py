"""Which witness was copied from which: by the errors that they share, and by losses at another's links.

A copy keeps the errors of what it was copied from and adds its own (Lachmann's principle; Maas 1927,
"Textkritik"). So a witness's source is the one whose errors it has all, and the most of; one whose errors
it lacks is none. Losses that fall exactly where another witness has links around words show that a
program read that page. Each edge has its test and the probability of as much agreement by chance; where
that is not small, there is no edge.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import comb

from pipelines.report.matching import Matching
from pipelines.report.model import Edge, Span

LIKELY = 0.05  # of agreement by chance; more is not enough evidence
_KEPT = 0.9  # probability that a copy keeps an error of its source
_NEAR = 3  # letters that the place of one error may differ by
_FOREIGN = 5  # errors not kept by chance: a hundred-thousandth
_AGAINST = 2.0  # errors kept that one error not kept outweighs


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a witness differs from the base."""

    start: int  # letters of the base's form
    end: int
    said: str  # letters that the witness has there; "" for a loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A witness as the question of its source sees it."""

    url: str
    faults: tuple[Fault, ...]  # in the order of the base
    losses: tuple[Span, ...] = ()  # of the base, in a translation
    links: tuple[Span, ...] = ()  # of the base, around which its page has links
    published_at: str = ""  # RFC 3339 or ISO day; "" when not known
    source: str | None = None  # that it claims
    publisher: str | None = None
    same_language: bool = True
    beyond_base: bool = False  # it has what the base has lost, so that it is no copy of it
    # Of the faults, to look them up by.
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        """Note where the faults begin."""
        object.__setattr__(self, "starts", tuple(fault.start for fault in self.faults))

    @property
    def words(self) -> int:
        """How many faults count."""
        return len(self.faults)


def faults(found: Matching) -> tuple[Fault, ...]:
    """The faults of a witness, in letters of the base, in its order.

    What a page has before and behind the text is none of it: copies leave that out, and add their own.
    """
    whole = len(found.a.letters)
    return tuple(
        Fault(start=edit.a[0], end=edit.a[1], said=found.b.letters[slice(*edit.b)])
        for edit in found.collated
        if edit.a[0] < edit.a[1] or 0 < edit.a[0] < whole
    )


def descent(suspects: Sequence[Suspect], base: str, size: int) -> tuple[Edge, ...]:
    """The edges that there is evidence for; `base` is the address of the base, `size` its letters."""
    own = [each for each in suspects if each.same_language]
    edges = [_source(each, own, base, size) for each in own if each.url != base]
    edges += [_by_links(each, suspects, size) for each in suspects if not each.same_language]
    claimed = [_claimed(each, suspects) for each in suspects]
    known = {edge.target for edge in edges if edge}
    found = [edge for edge in edges if edge]
    found += [edge for edge in claimed if edge and edge.target not in known]
    return tuple(sorted(found, key=lambda edge: (edge.target, edge.source)))


def _source(of: Suspect, among: Sequence[Suspect], base: str, size: int) -> Edge | None:
    """The witness that `of` was copied from, of its own language."""
    best: tuple[float, Suspect] | None = None
    tried = 0  # others that could be its source
    doubt = 0.0  # that it has another source than the base, although it lacks that one's errors
    for other in among:
        if other.url in {of.url, base}:
            continue
        tried += 1
        if _is_later(other, of):
            continue
        kept, missing = _shared(other, of, all_of_them=False)
        score = kept - _AGAINST * missing
        if kept and score > 0 and _is_before(other, of, missing):
            best = max(best or (0.0, other), (score, other), key=lambda each: each[0])
        else:
            doubt = max(doubt, (1 - _KEPT) ** missing)
    if best is not None:
        other = best[1]
        kept, missing = _shared(other, of)
        p = _by_chance(kept, other.words, of.words / max(1, size))
        evidence = f"{kept} of the {other.words} errors of {other.url} stand here too" + (
            f", {missing} do not." if missing else ", none is missing."
        )
        if p > LIKELY:
            return None
        return Edge(source=other.url, target=of.url, p=p, test="shared errors", evidence=evidence)
    copied = [each for each in among if each.url == base]
    if (
        of.beyond_base
        or not tried
        or doubt > LIKELY
        or any(_shared(each, of)[1] for each in copied)
    ):
        return None  # the base has lost what this one has
    evidence = "It has none of the errors of any other witness, so it comes from the base's text."
    return Edge(source=base, target=of.url, p=doubt, test="exclusion", evidence=evidence)


def _is_later(one: Suspect, other: Suspect) -> bool:
    """Whether it is dated after the other, as far as both are dated: to the day, or finer."""
    size = min(len(one.published_at), len(other.published_at))
    return one.published_at[:size] > other.published_at[:size]


def _is_before(one: Suspect, of: Suspect, missing: int) -> bool:
    """Whether the errors, or else the dates, say that it is the earlier of the two."""
    _, back = _shared(of, one)
    if back == missing:
        return _is_later(of, one)
    return missing < back


def _shared(source: Suspect, copy: Suspect, *, all_of_them: bool = True) -> tuple[int, int]:
    """How many errors of the source the copy has, and how many it has not though the place is sound.

    Else counting ends where so many are missing that it is no copy: then they are at least as many.
    """
    kept = missing = 0
    most = max(_FOREIGN, len(source.faults) / (1 + _AGAINST))
    for fault in source.faults:
        first = bisect_left(copy.starts, fault.start - _NEAR) - 1
        same = touched = False
        for other in islice(copy.faults, max(0, first), None):
            if other.start > fault.end + _NEAR:
                break
            same = same or _is_same(fault, other)
            touched = touched or other.end >= fault.start - _NEAR
        kept += same
        missing += not same and not touched
        if missing > most and not all_of_them:
            break
    return kept, missing


def _is_same(one: Fault, other: Fault) -> bool:
    """Whether two witnesses have the same words in place of the same letters."""
    near = abs(one.start - other.start) <= _NEAR and abs(one.end - other.end) <= _NEAR
    return near and one.said == other.said


def _by_chance(kept: int, errors: int, rate: float) -> float:
    """The probability of at least `kept` of so many errors being shared by chance: binomial."""
    rate = min(1.0, max(rate, 1e-6))
    tail = sum(
        comb(errors, count) * rate**count * (1 - rate) ** (errors - count)
        for count in range(kept, errors + 1)
    )
    return float(min(1.0, tail))


def _by_links(of: Suspect, among: Sequence[Suspect], size: int) -> Edge | None:
    """The page whose links stand where a translation has its losses."""
    lost = sum(end - start for start, end in of.losses)
    best: Edge | None = None
    for other in among:
        if not other.links or _is_later(other, of):
            continue
        hit = [
            (start, end)
            for start, end in other.links
            if any(x < end and start < y for x, y in of.losses)
        ]
        p = _by_chance(len(hit), len(other.links), lost / max(1, size)) if hit else 1.0
        if p <= LIKELY and (best is None or p < best.p):
            evidence = (
                f"{len(hit)} of the {len(other.links)} places where {other.url} has links around "
                "words are lost here."
            )
            best = Edge(
                source=other.url, target=of.url, p=p, test="losses at links", evidence=evidence
            )
    return best


def _claimed(of: Suspect, among: Sequence[Suspect]) -> Edge | None:
    """The witness whose publisher the page names as its source: a claim, which has no test."""
    for other in among:
        named = of.source and other.publisher and of.source in other.publisher
        if named and other.url != of.url and not _is_later(other, of):
            evidence = f"It names {of.source} as its source."
            return Edge(
                source=other.url, target=of.url, p=1.0, test="claimed source", evidence=evidence
            )
    return None
