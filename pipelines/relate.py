"""What two texts are to each other: same, version, excerpt or different, with the evidence.

No similarity score can tell a changed number from a change of typeface, so the texts are aligned
and the gaps decide. What stands before and after everything in common is a site's furniture unless
both texts have it.
"""

from dataclasses import dataclass, replace
from typing import Literal

from archive.records import Evidence, Issued
from pipelines import wording
from pipelines.alignment import align
from pipelines.differences import Differences, Side, differences
from pipelines.issuance import Weighed, weigh
from pipelines.normal_form import NormalForm

VERSION = "2"

Kind = Literal["same", "version", "excerpt", "different"]
Direction = Literal["a in b", "b in a"]

_LEAST = 60  # letters in common, below which nothing is concluded from them
_LEAST_SHARE = 0.09  # of either text; a list of related pages quotes less
_FOREIGN = 0.3  # of what lies between the first and the last thing in common, in both texts
_DENSE = 0.6  # of the inner part of an excerpt is in the other text
_BOTH_LACK = 0.3  # of each text
_UNLIKE = 0.3  # of each text: then they share a template
_ONE_TEXT = 0.45  # of a text, furniture and all, is in common at least if it is one text
_PART = 0.35  # of a text is not in its excerpt: changes within what is cannot make it a version
_LESS = 0.75  # of what the excerpt lacks may be something of its own
_TRACE = 0.02  # of a text
_NOISY = 3  # misread characters
_EXTRA_BOTH = 0.2  # the same where the other text has something else around it
_EDGE = 160  # letters next to what is in common
_HEAD = 250  # characters; lists of related pages come at the end
_FEW_CHANGES = 4  # numbers and words
_CHANGE_EVERY = 300  # letters in common
_MOSTLY = 0.8  # of a text
_NEARLY_ALL = 0.8  # of a text: what lacks less under the same title is a state of it, no excerpt
_STILL = 0.15  # of a page that changed at its address: less, and it became another one
_FEW_WORDS = 6  # letters
_EXTRA = 0.4  # of a text: more than this around a common part is text, unless furniture shows
_ADDED = 60  # letters: so much in sentences behind a common part is a paragraph more


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What two texts are to each other."""

    relation: Kind
    direction: Direction | None  # of an excerpt: which is contained in which
    score: float  # share in common of the text that has more in common, 0..1
    evidence: Evidence  # seen from a


def relate(a: NormalForm, b: NormalForm, issued: tuple[Issued, Issued] | None = None) -> Judgement:
    """What `b` is to `a`; `issued` is what is known of them beside their texts."""
    if a.text == b.text:
        signals = weigh(*issued).signals if issued else ()
        evidence = Evidence(
            because="The texts are equal but for form.", covered=(1.0, 1.0), signals=signals
        )
        return Judgement(relation="same", direction=None, score=1.0, evidence=evidence)
    if (len(a.text), a.text) > (len(b.text), b.text):
        return _turned(relate(b, a, (issued[1], issued[0]) if issued else None))
    judgement = _judged(differences(a, b, align(a.text, b.text)))
    return _overruled(judgement, weigh(*issued)) if issued else judgement


def _turned(judgement: Judgement) -> Judgement:
    """The same judgement seen from the other text."""
    old = judgement.evidence
    direction: Direction | None = None
    if judgement.direction:
        direction = "b in a" if judgement.direction == "a in b" else "a in b"
    evidence = replace(
        old,
        covered=(old.covered[1], old.covered[0]),
        changed_numbers=tuple((y, x) for x, y in old.changed_numbers),
        blocks=tuple((y, x, n) for x, y, n in old.blocks),
    )
    return replace(judgement, direction=direction, evidence=evidence)


def _overruled(judgement: Judgement, beside: Weighed) -> Judgement:
    """The judgement, or another where title, issuer, number or address know better than the text."""
    old = judgement.evidence
    named = " and ".join(beside.signals)
    relation, because = judgement.relation, old.because
    if relation == "version" and beside.verdict == "two":
        relation, because = "different", f"Look-alikes ({named}): {old.because}"
    elif _one_rewritten(judgement, beside):
        relation, because = "version", f"Rewritten ({named}): {old.because}"
    elif _changed_in_place(judgement, beside):
        relation, because = "version", f"The page at this address changed: {old.because}"
    direction = judgement.direction if relation == "excerpt" else None
    evidence = replace(old, because=because, signals=beside.signals)
    return replace(judgement, relation=relation, direction=direction, evidence=evidence)


def _one_rewritten(judgement: Judgement, beside: Weighed) -> bool:
    """Whether it is one document by name, and its text neither the same nor a part."""
    if beside.verdict != "one" or judgement.relation in ("same", "version"):
        return False
    known = judgement.evidence
    return (
        judgement.relation == "different"
        or beside.other_date
        or bool(known.changed_numbers)
        or min(known.covered) >= _NEARLY_ALL
    )


def _changed_in_place(judgement: Judgement, beside: Weighed) -> bool:
    """Whether a page at an address that is known still is that page."""
    if not beside.same_address or beside.verdict != "open":
        return False
    return judgement.relation == "excerpt" or (
        judgement.relation == "different" and max(judgement.evidence.covered) >= _STILL
    )


def _judged(found: Differences) -> Judgement:
    """The judgement from the text alone."""
    relation, direction, because = _decided(found)
    evidence = Evidence(
        because=because,
        covered=(round(found.a.covered, 4), round(found.b.covered, 4)),
        changed_numbers=tuple((y, x) for x, y in (*found.numbers, *found.extended)),
        blocks=found.blocks,
    )
    score = round(max(found.a.covered, found.b.covered), 4)
    return Judgement(relation=relation, direction=direction, score=score, evidence=evidence)


def _decided(found: Differences) -> tuple[Kind, Direction | None, str]:
    """Relation and direction, and the line that says why."""
    a, b = found.a, found.b
    share_a = _lacking(a, b) / max(1, a.size)  # passages of a that b lacks
    share_b = _lacking(b, a) / max(1, b.size)
    if reason := _unrelated(found) or _a_form(found) or _both_lack(share_a, share_b):
        return "different", None, reason
    changed = _changed(found)
    if _is_part(share_a, share_b, changed):
        whole, part = (a, b) if share_a > share_b else (b, a)
        if wording.is_teaser(whole.common_said, part.common_said):
            return "different", None, "A list of related pages in one quotes the other."
        if share_a > share_b:
            return "excerpt", "b in a", _part(a)
        return "excerpt", "a in b", _part(b)
    if (
        min(_unlike(a), _unlike(b)) > _UNLIKE
        or max(share_a, share_b) > _PART
        or max(a.covered, b.covered) < _ONE_TEXT
    ):
        return "different", None, "Much of each text is not in the other."
    if changed:
        return "version", None, changed
    if share_a or share_b:
        return "version", None, "Each text has passages that the other lacks."
    if direction := _short_part(found):
        return "excerpt", direction, "One text lacks a few words; nothing else differs."
    return "same", None, "The texts differ only in form and in what stands around them."


def _unrelated(found: Differences) -> str:
    """Why what is in common is too little, or only a frame; empty when it is neither."""
    a, b = found.a, found.b
    most = max(a.covered, b.covered)
    if not found.blocks or most < _LEAST_SHARE or (a.matched < _LEAST and most < 0.5):
        return f"At most {most:.0%} of either text is in the other."
    foreign = min((side.alone + side.rewritten) / max(1, side.inner) for side in (a, b))
    if foreign > _FOREIGN:
        return f"They share a frame; {foreign:.0%} of what it holds is in one of them only."
    if max(_dense(a), _dense(b)) < _DENSE and most < _DENSE:
        return f"What they share is scattered: {most:.0%} of either text at most."
    return ""


def _a_form(found: Differences) -> str:
    """Why what is in common is a form that each fills with its own numbers; or empty."""
    a, b = found.a, found.b
    changes = len(found.numbers) + found.words
    few = max(_FEW_CHANGES, min(a.matched, b.matched) / _CHANGE_EVERY)
    if changes <= few or max(a.covered, b.covered) >= _MOSTLY:
        return ""
    return f"They share a form, filled in differently at {changes} places."


def _both_lack(share_a: float, share_b: float) -> str:
    """Why each has too much of its own; or empty."""
    if min(share_a, share_b) <= _BOTH_LACK:
        return ""
    return f"Each lacks much of the other: {share_b:.0%} and {share_a:.0%}."


def _is_part(share_a: float, share_b: float, changed: str) -> bool:
    """Whether only one text lacks passages, or so many more that nothing else matters."""
    less, more = sorted((share_a, share_b))
    if more > _PART:
        return less < _LESS * more
    return bool(more) and less < _TRACE and not changed


def _dense(side: Side) -> float:
    """Share of the text between the first and the last thing in common that is in common."""
    return side.matched / side.inner if side.inner else 0.0


def _lacking(side: Side, other: Side) -> int:
    """Size of the passages that this text has and the other lacks, furniture left out."""
    lacking = side.alone
    least = _EXTRA_BOTH if other.head else _EXTRA
    if side.head > least * side.size and not _headed(side):
        lacking += side.head
    least = _EXTRA_BOTH if other.tail else _EXTRA
    added = side.tail > _ADDED and wording.is_prose(side.tail_said)
    if (added or side.tail > least * side.size) and not _tailed(side):
        lacking += side.tail
    return lacking


def _unlike(side: Side) -> float:
    """Share of the text, furniture left out, that the other does not have."""
    furniture = side.head * _headed(side) + side.tail * _tailed(side)
    return 1 - side.matched / max(1, side.size - furniture)


def _headed(side: Side) -> bool:
    """Whether the text before everything in common is furniture."""
    text = side.head_text
    return len(text) <= _HEAD and wording.is_furniture(
        text, _edge(text[-_EDGE:], text[-_EDGE // 2 :])
    )


def _tailed(side: Side) -> bool:
    """Whether the text after everything in common is furniture."""
    text = side.tail_text
    return wording.is_furniture(text, _edge(text[:_EDGE], text[: _EDGE // 2]), side.tail_said)


def _edge(letters: str, half: str) -> str:
    """So much of the text next to what is in common: half as many characters where each says more."""
    return letters if letters.isascii() else half


def _changed(found: Differences) -> str:
    """Why the text counts as changed; empty when it does not."""
    numbers, lengths = found.numbers, found.extended
    if numbers and found.noise + len(lengths) < 10 * len(numbers):
        return _differing(numbers)
    expected = found.noise * found.numerals / max(1e-9, 1 - found.numerals)
    if len(lengths) > (3 * expected + 3 if found.noise >= _NOISY else 0):
        return _differing(lengths)
    if found.a.rewritten or found.b.rewritten:
        return "Passages were replaced."
    if found.words and found.noise < 5 * found.words:
        return (
            "A wording was replaced."
            if found.words == 1
            else f"{found.words} wordings were replaced."
        )
    return ""


def _differing(numbers: tuple[tuple[str, str], ...]) -> str:
    """The line for changed numbers, the same from either side."""
    shown = ", ".join(" / ".join(sorted(pair)) for pair in numbers[:3])
    more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
    return f"{'A number differs' if len(numbers) == 1 else 'Numbers differ'}: {shown}{more}."


def _short_part(found: Differences) -> Direction | None:
    """Which text lacks something short; many short insertions are advertisements instead."""
    if found.noise or found.words or found.extended or min(found.insertions):
        return None
    if max(found.insertions) != 1 or max(found.inserted) < _FEW_WORDS:
        return None
    return "b in a" if found.insertions[0] else "a in b"


def _part(whole: Side) -> str:
    """The line for an excerpt."""
    return f"One text is a part of the other: {whole.covered:.0%} of it."
