"""Whether two texts that share no letters are one plan: from their paired units, numbers and dates."""

from dataclasses import dataclass, replace

import numpy as np

from archive.records import Issued
from archive.works import Kind
from pipelines.issuance import weigh
from pipelines.works.likeness import Outlined, by_terms, clues
from pipelines.works.numbers import numbers
from pipelines.works.pairing import PAIRED, log_odds, pairs

VERSION = "2"

# Of 2,829 pairs of translations of whole news stories the least covered one had .64 and odds of 21; of 5,658
# pairs of other stories near them the most had .55, of 1,858 pairs of laws .41 with odds of 2.
_WHOLE = 0.45  # of both texts, from which they are one
_ODDS = 12.0  # sum of the log-odds of the pairs
# Without vectors a pair counts as far as its units have terms in common, so that one skeleton proves nothing.
# Of 60 stories in English the least covered translation had .84 and odds of 24, in Spanish .48 and 9, in
# Japanese .18 and 14; of 720 pairs of other stories and 450 of laws none had .4 and 15 at once.
_WHOLE_BY_TERMS, _ODDS_BY_TERMS = 0.4, 20.0
_MAYBE_BY_TERMS = (0.3, 12.0)
_ENOUGH_TERMS = 0.3  # likeness by terms from which a pair counts fully
_PART = 0.7  # of one text, from which it is in the other
_PART_ODDS, _PART_PAIRS, _PART_MEAN = 30.0, 6, 4.0
_MAYBE, _MAYBE_ODDS = 0.25, 6.0  # from which a person is asked
_NUMBERS = 3  # pairs of units with numbers from which these can tell two plans of a series apart
_SAME_NUMBER = 0.25  # of both texts, from which one document number makes them one


# Together they tell the next plan of a series, beyond doubt.
_NEXT = {"other numbers", "other number in the title"}
_BLIND = "compared without a sentence encoder, by numbers, names and words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What two texts are to each other."""

    kind: Kind | None  # None: they have nothing to do with each other
    direction: str  # "a in b", "b in a"; "" where neither is a part
    certain: bool
    score: float  # 0..1
    because: str  # one line for people
    # Share of each text that is paired, each pair as far as it is likely.
    covered: tuple[float, float]
    pairs: int
    numbers: tuple[int, int]  # pairs that share a number, that have numbers and share none
    signals: tuple[str, ...]


def judge(a: Outlined, b: Outlined, issued_a: Issued, issued_b: Issued) -> Judgement:
    """What two texts in different languages are to each other.

    Certain is what their units prove and nothing contradicts; less is a suggestion.
    """
    known = clues(a, b)
    odds = log_odds(a, b, known)
    found = pairs(odds, PAIRED)
    blind = by_terms(a, b)
    likely = np.array([1 / (1 + np.exp(-odds[place])) for place in found])
    if blind:
        likely *= [min(1.0, known.alike[place] / _ENOUGH_TERMS) for place in found]
    covered = (
        _share(a, [row for row, _ in found], likely),
        _share(b, [column for _, column in found], likely),
    )
    total = float(sum(odds[place] for place in found))
    shared = sum(int(known.numbers_shared[place]) for place in found)
    apart = sum(int(known.numbers_apart[place]) for place in found)
    signals = _signals(issued_a, issued_b)
    if apart >= _NUMBERS and apart > shared:
        signals = (*signals, "other numbers")
    floors = (_WHOLE_BY_TERMS, _ODDS_BY_TERMS) if blind else (_WHOLE, _ODDS)
    if "same document number" in signals:
        floors = (_SAME_NUMBER, floors[1])
    kind, direction = _kind(covered, total, len(found), floors)
    maybe = _maybe(covered, total, _MAYBE_BY_TERMS if blind else (_MAYBE, _MAYBE_ODDS))
    if set(signals) >= _NEXT:
        kind = maybe = None
    against = {"other document number", "other numbers", "other number in the title"} & set(signals)
    proved = kind == "same" or not blind  # words in common may be those of any text on the matter
    score = min(1.0, max(covered) if kind == "part" else min(covered))
    return Judgement(
        kind=kind or maybe,
        direction=direction,
        certain=kind is not None and proved and not against,
        score=round(score, 4),
        because=_because(len(found), (a, b), covered, (*(_BLIND,) * blind, *signals)),
        covered=(round(covered[0], 4), round(covered[1], 4)),
        pairs=len(found),
        numbers=(shared, apart),
        signals=signals,
    )


def _share(
    text: Outlined, places: list[int], likely: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> float:
    lengths = np.array([end - start for start, end in (unit.span for unit in text.units)])
    return float((lengths[places] * likely).sum() / lengths.sum()) if places else 0.0


def _kind(
    covered: tuple[float, float], odds: float, count: int, floors: tuple[float, float]
) -> tuple[Kind | None, str]:
    """What is proved, if anything, and which text is a part of the other."""
    least, most = min(covered), max(covered)
    if least >= floors[0] and odds >= floors[1]:
        return "same", ""
    if most >= _PART and odds >= _PART_ODDS and count >= _PART_PAIRS and odds >= _PART_MEAN * count:
        return "part", "a in b" if covered[0] > covered[1] else "b in a"
    return None, ""


def _maybe(covered: tuple[float, float], odds: float, floors: tuple[float, float]) -> Kind | None:
    return "same" if min(covered) >= floors[0] and odds >= floors[1] else None


def _signals(a: Issued, b: Issued) -> tuple[str, ...]:
    """What number, date and title say; names and words of titles in two languages never agree."""
    bare = (replace(one, title=None, issuers=(), url=None) for one in (a, b))
    signals = weigh(*bare).signals
    titled = [numbers(one.title or "") for one in (a, b)]
    if all(titled) and not titled[0] & titled[1]:
        signals = (*signals, "other number in the title")
    return signals


def _because(
    count: int,
    texts: tuple[Outlined, Outlined],
    covered: tuple[float, float],
    signals: tuple[str, ...],
) -> str:
    sizes = " and ".join(str(len(text.units)) for text in texts)
    shares = " and ".join(f"{share:.0%}" for share in covered)
    return (
        "; ".join((f"{count} of {sizes} units say the same, {shares} of the texts", *signals)) + "."
    )
