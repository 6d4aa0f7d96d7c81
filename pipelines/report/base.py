"""The base text of a work: its fullest witness in the original language, emended where others prove a loss.

The method is that of a copy-text edition (Greg 1950, "The Rationale of Copy-Text"): one real witness is
followed throughout, and is only corrected where it is certain to have lost something. The archived text
is never altered; what is read differently stands in the apparatus.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pipelines.report.kept import Kept, digest, once, text_of
from pipelines.report.matching import match
from pipelines.report.model import Base, Emendation
from pipelines.report.notation import marks
from pipelines.report.reading import WitnessText
from pipelines.works import Unit, outline

_TREE = ("front.", "back.", "between.")  # units that stand outside the section tree
_GRAM = 12  # letters whose order witnesses agree on or not
_FAIR = 0.97  # of the most that any witness has of the tree: as full


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What counts of one text when a base is chosen."""

    units: int  # of its tree
    size: int  # letters of the tree, by weight
    letters: str  # of the tree
    flat: bool  # no tree could be told: its sections are its paragraphs
    outside: int  # letters that stand around it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rank:
    """Why one witness is a better base than another."""

    witness: WitnessText
    units: int  # of its tree
    letters: int  # of the tree
    flat: bool  # no tree could be told: its sections are its paragraphs
    outside: int  # letters that stand around it
    said: int  # runs of letters, each counted once: what is said twice adds nothing
    alone: int  # runs of letters in which it is not with most witnesses


def tree(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The units of the text itself, without what a page has before and behind it."""
    inside = tuple(unit for unit in units if not unit.path.startswith(_TREE))
    return inside or tuple(units)


def choose(witnesses: Sequence[WitnessText], language: str, kept: Kept | None = None) -> Base:
    """The base among the witnesses, which are at least one; `language` is that of the original.

    `kept` has what was counted of each text and gets the rest.
    """
    kept = {} if kept is None else kept
    own = [each for each in witnesses if same_language(each.language, language)] or list(witnesses)
    ranks = _ranks(own, kept)
    ranks = [rank for rank in ranks if not rank.flat] or ranks
    full = max(rank.letters for rank in ranks)
    most = max(rank.said for rank in ranks)
    fair = [rank for rank in ranks if rank.said >= _FAIR * most]
    dated = all(rank.witness.identity.published_at for rank in fair)
    best = min(fair, key=lambda rank: _order(rank, full, dated=dated))
    because = (
        f"The fullest text with the least around it, and the earliest of those that are alike in this: "
        f"{best.units} sections, {best.letters} letters; {len(fair)} of the {len(own)} texts in its "
        "language are as full."
    )
    others = [each for each in own if each is not best.witness]
    return _emended(best.witness, others, because, kept)


def same_language(a: str, b: str) -> bool:
    """Whether two BCP 47 tags are one language, in whatever script.

    >>> same_language("zh-Hans", "zh-Hant"), same_language("es", "en")
    (True, False)
    """
    return a.partition("-")[0] == b.partition("-")[0]


def _order(rank: _Rank, full: int, *, dated: bool) -> tuple[bool, str, int, int, int, str, str]:
    """What comes first: little around the text, an early date, and what most witnesses agree on."""
    identity = rank.witness.identity
    date = identity.published_at or ""
    return (
        rank.outside > full // 50,
        date if dated else "",
        rank.alone,
        -rank.said,
        rank.outside,
        date or identity.seen_at or "9",
        identity.url,
    )


def _ranks(witnesses: Sequence[WitnessText], kept: Kept) -> list[_Rank]:
    """The witnesses with what can be counted of them."""
    texts = [
        once(kept, digest("standing", text_of(each)), Standing, partial(_standing, each))
        for each in witnesses
    ]
    copies = Counter(each.letters for each in texts)
    grams = {letters: frozenset(_grams(letters)) for letters in copies}
    often: Counter[str] = Counter()
    for letters, count in copies.items():
        for _ in range(count):
            often.update(grams[letters])
    most = frozenset(gram for gram, count in often.items() if 2 * count > len(texts))
    return [
        _Rank(
            witness=witness,
            units=each.units,
            letters=each.size,
            flat=each.flat,
            outside=each.outside,
            said=len(grams[each.letters]),
            alone=len(grams[each.letters] ^ most) if len(texts) > 2 else 0,
        )
        for witness, each in zip(witnesses, texts, strict=True)
    ]


def _standing(witness: WitnessText) -> Standing:
    inside = tree(outline(witness.text, witness.language))
    spoken = witness.form
    spans = [(spoken.at(unit.span[0]), spoken.at(unit.span[1])) for unit in inside]
    size = sum(spoken.weight(*span) for span in spans)
    return Standing(
        units=len(inside),
        size=size,
        letters="".join(spoken.letters[slice(*span)] for span in spans),
        flat=all(unit.path.startswith("p.") for unit in inside),
        outside=spoken.weight(0, len(spoken.letters)) - size,
    )


def _grams(letters: str) -> Iterator[str]:
    return (letters[at : at + _GRAM] for at in range(len(letters) - _GRAM + 1))


def _emended(witness: WitnessText, others: Sequence[WitnessText], because: str, kept: Kept) -> Base:
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for other in others:
        key = digest("proved", (*text_of(witness), *text_of(other)))
        proved = once(kept, key, list[tuple[int, str]], partial(_proved, witness, other))
        for place, text in proved:
            found[place, text].append(other.identity.url)
    apparatus = tuple(
        Emendation(
            at=place,
            text=text,
            witnesses=tuple(sorted(urls)),
            because="A mark of a pair is lost here; its partner stands, and other witnesses have both.",
        )
        for (place, text), urls in sorted(found.items())
    )
    emended = emend(witness.text, apparatus)
    return Base(
        identity=witness.identity,
        text=witness.text,
        emended=emended,
        units=tree(outline(emended, witness.language)),
        apparatus=apparatus,
        because=because,
    )


def _proved(own: WitnessText, other: WitnessText) -> list[tuple[int, str]]:
    """Marks that the own text has lost for certain: (place in it, mark)."""
    # The other as the base: what it has and the own text has not.
    turned = match(other.form, own.form)
    return [
        (event.span[0], event.base_text)
        for event in marks(turned, ("", ""))
        if event.type == "dropped" and event.span
    ]


def emend(text: str, apparatus: Sequence[Emendation]) -> str:
    """The text with what the apparatus adds.

    >>> emend("十四五”规划", [Emendation(at=0, text="“", witnesses=(), because="")])
    '“十四五”规划'
    """
    parts, at = [], 0
    for emendation in apparatus:
        parts += [text[at : emendation.at], emendation.text]
        at = emendation.at
    return "".join((*parts, text[at:]))


def as_archived(place: int, apparatus: Sequence[Emendation]) -> int:
    """The place in the archived base text of a place in the emended one."""
    added = 0
    for emendation in apparatus:
        start = emendation.at + added
        if place <= start:
            break
        if place < start + len(emendation.text):
            return emendation.at
        added += len(emendation.text)
    return place - added
