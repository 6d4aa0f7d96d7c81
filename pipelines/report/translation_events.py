"""What one section of a translation lost, broke and left as it was, told clause by clause.

Lost clauses, numbers and names are claimed; clauses that stand side by side and are little alike are
shown for a person to judge, because likeness of vectors is not meaning.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from pipelines.report import names, traces
from pipelines.report.clauses import Clauses, Step, size
from pipelines.report.losses import CLAIMED, SHOWN, Loss
from pipelines.report.model import Base, Event, Severity, Span
from pipelines.report.reading import WitnessText
from pipelines.works import Unit, encoder
from pipelines.works.numbers import numbers

_CLAUSE = 20  # letters; a loss of more is a clause
_HEADING = 90  # characters of a line that may be a heading
_WHOLE_CLAUSE = 0.55  # likeness of what follows a cut to a whole clause of the base
_FIRST_WORDS = 3  # behind a cut; without them the clause must be less like the base's
_UNLIKE = 0.75  # likeness of two clauses below which they are shown side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A section of the base beside the witness's, clause by clause."""

    unit: Unit
    other: Unit
    a: Clauses
    b: Clauses
    steps: tuple[Step, ...]
    losses: tuple[Loss, ...]
    capitals: Counter[str]  # of the whole witness


def of_pair(base: Base, known: frozenset[str], witness: WitnessText, pair: Pair) -> Iterator[Event]:
    """The events of one section; `known` are the names that translations of the work write."""
    for loss in pair.losses:
        if loss.probability >= SHOWN:
            yield _lost(base, pair, loss)
    yield from _cut(base, witness, pair)
    yield from _numbers(base, witness, pair)
    yield from _names(base, known, witness, pair)
    yield from traces.residue(witness.text, witness.language, pair.other.span)
    yield from traces.debris(witness.text, pair.other.span)
    yield from _unlike(base, witness, pair)


def _lost(base: Base, pair: Pair, loss: Loss) -> Event:
    span = pair.a.spans[loss.clause]
    place = pair.b.spans[loss.before][1] if loss.before >= 0 else pair.other.span[0]
    claimed = loss.probability >= CLAIMED
    return Event(
        type="dropped",
        severity="substantive" if claimed else "minor",
        section=pair.unit.path,
        span=(place, place),
        text="",
        base_span=span,
        base_text=base.emended[slice(*span)],
        note=f"No clause of the witness says this ({loss.probability:.0%}).",
        certain=claimed,
    )


def _cut(base: Base, witness: WitnessText, pair: Pair) -> Iterator[Event]:
    """Sentences that break off: no stop at the end, or a new one that begins in the middle."""
    text, (start, end) = witness.text, pair.other.span
    ended = traces.is_stopped(base.emended[slice(*pair.unit.span)])
    long_enough = end - start > _HEADING and len(pair.a.spans) > 1
    stopped = traces.is_stopped(text[start:end])
    if ended and long_enough and not stopped and traces.breaks_off(text, end):
        last = pair.a.spans[-1]
        yield _broken(base, (end, end), last, "The section ends without the end of its sentence.")
    for place in traces.cuts(text, (start, end), pair.capitals):
        clause = _begins(witness, pair, place)
        if clause is not None:
            first = max(start, text.rfind(" ", 0, max(0, place - 40)) + 1)
            there = pair.a.spans[clause - 1] if clause else pair.a.spans[clause]
            note = "The sentence is cut off, and another one begins."
            yield _broken(base, (first, place), there, note)


def _broken(base: Base, span: Span, there: Span, note: str) -> Event:
    return Event(
        type="truncated",
        severity="substantive",
        section=None,
        span=span,
        text="",
        base_span=there,
        base_text=base.emended[slice(*there)],
        note=note,
    )


def _begins(witness: WitnessText, pair: Pair, place: int) -> int | None:
    """The clause of the base that begins where a capital stands without a stop before it.

    It does when what follows is that clause, whole, more than it is so together with what stands before.
    """
    inside = [n for n, (x, y) in enumerate(pair.b.spans) if x < place < y]
    if not inside or len(pair.a.spans) < 2:
        return None
    first, last = pair.b.spans[inside[0]]
    said = [witness.text[place:last], witness.text[first:place]]
    if min(map(size, said)) < _CLAUSE:
        return None
    later = " ".join(said[0].split()[_FIRST_WORDS:])
    after, before, less = encoder.vectors([*said, later], encoder.load())
    likeness = pair.a.vectors @ after
    clause = int(likeness.argmax())
    whole = pair.b.vectors[inside[0]] @ pair.a.vectors[clause]
    other = int((pair.a.vectors @ before).argmax())
    without = pair.a.vectors[clause] @ less  # the words after the capital belong to the clause
    if likeness[clause] < max(_WHOLE_CLAUSE, whole, without) or other >= clause:
        return None
    return clause


def _numbers(base: Base, witness: WitnessText, pair: Pair) -> Iterator[Event]:
    """Numbers from ten up that only one of the two has; those most alike are one that was changed."""
    said_a, said_b = base.emended[slice(*pair.unit.span)], witness.text[slice(*pair.other.span)]
    in_a, in_b = numbers(said_a), numbers(said_b)
    lost, added = set(in_a - in_b), set(in_b - in_a)
    for near, one, other in sorted((Levenshtein.distance(x, y), x, y) for x in lost for y in added):
        if one in lost and other in added and near < max(len(one), len(other)):
            lost.remove(one)
            added.remove(other)
            yield _number(pair, said_a, said_b, (one, other), "altered")
    for value in sorted(lost):
        yield _number(pair, said_a, said_b, (value, ""), "dropped")
    for value in sorted(added - numbers(base.emended)):
        yield _injected(pair, said_b, value)


def _injected(pair: Pair, said: str, value: str) -> Event:
    return Event(
        type="injected",
        severity="minor",
        section=pair.unit.path,
        span=_found(said, value, pair.other.span),
        text=value,
        base_span=None,
        base_text="",
        note="A number that the base has nowhere.",
        certain=False,
    )


def _number(pair: Pair, said_a: str, said_b: str, values: tuple[str, str], kind: str) -> Event:
    there, here = _found(said_a, values[0], pair.unit.span), None
    if values[1]:
        here = _found(said_b, values[1], pair.other.span)
    severity: Severity = "substantive" if here else "minor"
    return Event(
        type="altered" if kind == "altered" else "dropped",
        severity=severity,
        section=pair.unit.path,
        span=here or (pair.other.span[0], pair.other.span[0]),
        text=values[1],
        base_span=there,
        base_text=values[0],
        note="A number.",
        certain=here is not None,
    )


def _found(said: str, value: str, span: Span) -> Span:
    """Where a number stands as digits; the whole span where it is written in another way."""
    place = said.find(value)
    return (span[0] + place, span[0] + place + len(value)) if place >= 0 else span


def _names(base: Base, known: frozenset[str], witness: WitnessText, pair: Pair) -> Iterator[Event]:
    """Names that other translations write here, and this one does not."""
    if not known:
        return
    said = base.emended[slice(*pair.unit.span)]
    words = names.words(witness.text[slice(*pair.other.span)])
    gone = [pair.a.spans[loss.clause] for loss in pair.losses if loss.probability >= CLAIMED]
    for spelt, (start, end) in names.names(said, known).items():
        there = pair.unit.span[0] + start, pair.unit.span[0] + end
        inside = any(x <= there[0] and there[1] <= y for x, y in gone)
        if names.has(spelt, words) or inside:
            continue
        span = _beside(pair, there)
        yield Event(
            type="dropped",
            severity="substantive",
            section=pair.unit.path,
            span=span,
            text=witness.text[slice(*span)],
            base_span=there,
            base_text=said[start:end],
            note=f"The name {spelt} stands in another translation, and not here.",
        )


def _beside(pair: Pair, there: Span) -> Span:
    """What stands in the witness beside a place in the base."""
    for step in pair.steps:
        inside = step.a[0] < step.a[1] and (
            pair.a.spans[step.a[0]][0] <= there[0] < pair.a.spans[step.a[1] - 1][1]
        )
        if inside and step.b[0] < step.b[1]:
            return pair.b.spans[step.b[0]][0], pair.b.spans[step.b[1] - 1][1]
        if inside:
            place = pair.b.spans[step.b[0] - 1][1] if step.b[0] else pair.other.span[0]
            return place, place
    return pair.other.span


def _unlike(base: Base, witness: WitnessText, pair: Pair) -> Iterator[Event]:
    """Clauses side by side that are little alike: shown, not claimed."""
    for step in pair.steps:
        if step.a[0] == step.a[1] or step.b[0] == step.b[1] or step.likeness >= _UNLIKE:
            continue
        there = pair.a.spans[step.a[0]][0], pair.a.spans[step.a[1] - 1][1]
        here = pair.b.spans[step.b[0]][0], pair.b.spans[step.b[1] - 1][1]
        yield Event(
            type="altered",
            severity="minor",
            section=pair.unit.path,
            span=here,
            text=witness.text[slice(*here)],
            base_span=there,
            base_text=base.emended[slice(*there)],
            note=f"Little alike ({step.likeness:.2f}): to be read side by side.",
            certain=False,
        )
