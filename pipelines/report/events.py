"""What a witness in the language of the base did to the text, each thing with its characters.

Lost letters are dropped or cut off; letters that the base has not are injected, duplicated, a page's
furniture or code; both at one place are an alteration, or damage where a word is only misread.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from pipelines import wording
from pipelines.report.collation import Edit
from pipelines.report.form import NEWLINE, Form
from pipelines.report.matching import Copy, Matching
from pipelines.report.model import WHOLE, Event, SectionState, Severity, Span, Type
from pipelines.report.scan import NUMERALS
from pipelines.report.statuses import Extent, is_cut

_REPEATED = 0.8  # of an added passage that says again what the base says: it is a duplicate
# Letters of such a passage that are the witness's own; more is a lead that quotes the base.
_OWN = 12
_ALIKE = 5  # so many times longer may one side of an alteration be; beyond, two things happened
_ALTERED = 120  # letters of the longer side
_HEADING = 30  # letters of a line without a full stop: an interpolated heading
_PASSAGE = 40  # letters of a passage whose place matters
_SLIGHT = 4  # letters; less is minor, unless it is a number
_CREDIT = re.compile(
    r"\s*[（(【\[]?\s*(?:文章|信息|稿件|本文)?(?:来源|來源|责任编辑|責任編輯|责编|编辑|作者|记者)\s*[:：]"
    r"|\s*(?:Source|Fuente|Quelle|By|Por|Editor)\s*[:：]",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?:)?//[\w.-]+|www\.|©|\bCopyright\b", re.IGNORECASE)
_CODE = re.compile(
    r"[（(\[【]\s*(?:[^（）()\[\]]{0,24}[\s:：,，])?(?:\d{4,6}(?:\.[A-Z]{2})?|[A-Z]{2,6}:\s?\w{1,6})"
    r"(?:[\s,，.:+\-%\d]|股吧|行情)*[）)\]】]"
)
_PAGE = re.compile(r"[\s\-—–·.第页頁pP/]*(?:\d{1,4}|of|de|von|/|\s|[-—–])+[\s\-—–·.页頁]*\Z")
_ORDINAL = re.compile(
    r"\s*(?:第?[〇一二三四五六七八九十百\d]{1,4}[是、.．)）]?|[（(][〇一二三四五六七八九十\d]{1,3}[)）])\s*\Z"
)
_MARKS = "，、。；：,;:. "  # behind a code; they are the base's own
_DIGITS = re.compile(r"\d")
_DATE = frozenset("年月日号")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Letters that only the witness has at this place, within one line."""

    start: int
    end: int
    whole: bool  # the whole line


def events(
    found: Matching,
    extents: Sequence[Extent],
    states: Sequence[SectionState],
    wrong: frozenset[Edit] = frozenset(),
) -> Iterator[Event]:
    """The events of the letters; spans of the base are those of the form `found.a`.

    `wrong` are edits that are letters misread from a picture.
    """
    labels = [(extent.start, extent.heading) for extent in extents if extent.heading > extent.start]
    altered = [
        edit
        for edit in found.edits
        if edit in wrong
        or (
            _is_alteration(found, edit)
            and not any(x <= edit.a[0] and edit.a[1] <= y for x, y in labels)
        )
    ]
    spent = {edit.a for edit in altered}, {edit.b for edit in altered}
    for edit in altered:
        yield _as_misread(_altered(found, edit)) if edit in wrong else _altered(found, edit)
    yield from _moved(found)
    added = list(_added(found, spent[1]))
    again = {event.span[0]: event for event in added if event.type == "duplicated" and event.span}
    for event in _lost(found, extents, states, spent[0]):
        yield _replaced(found.b, event, again)
    yield from added


# ---------------------------------------------------------------- both sides


def _is_alteration(found: Matching, edit: Edit) -> bool:
    size_a, size_b = found.a.weight(*edit.a), found.b.weight(*edit.b)
    if not size_a or not size_b or max(size_a, size_b) > _ALTERED:
        return False
    lines = (found.b.breaks[edit.b[0] + 1 : edit.b[1]] == NEWLINE).any()
    return not lines and max(size_a, size_b) <= _ALIKE * min(size_a, size_b) + _SLIGHT


def _altered(found: Matching, edit: Edit) -> Event:
    span_a, span_b = found.a.span(*edit.a), found.b.span(*edit.b)
    said_a, said_b = found.a.main[slice(*span_a)], found.b.main[slice(*span_b)]
    kind, severity, note = _judged(found, said_a, said_b)
    return Event(
        type=kind,
        severity=severity,
        section=None,
        span=span_b,
        text=said_b,
        base_span=span_a,
        base_text=said_a,
        repair=said_a if kind == "damaged" else "",
        note=note,
    )


def _judged(found: Matching, a: str, b: str) -> tuple[Type, Severity, str]:
    """Type, severity and note of `b` in place of `a`."""
    if _ORDINAL.match(a) and _ORDINAL.match(b) and _folded(a) == _folded(b):
        return "notation", "notation", "Another form of the same number."
    if _is_misread(found, a, b):
        return "damaged", "minor", "One word, badly read."
    if _DIGITS.search(a + b):
        return "altered", "substantive", "A number."
    if set(a) & NUMERALS and set(b) & NUMERALS and len(a + b) <= 16:
        return "altered", "substantive", "A number."
    if a[:1].isupper() and b[:1].isupper():
        return "altered", "substantive", "A name."
    return "altered", "substantive", ""


def _folded(said: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", said)))


def _is_misread(found: Matching, a: str, b: str) -> bool:
    """Whether `b` is no word but `a` with a letter or two wrong."""
    if a.isdigit() or not a or not b:
        return _mixed(b) and len(a) == len(b)
    if len(a) < _HEADING // 6 or len(b) < 4 or not (a[0] < "\u3000" and b[0] < "\u3000"):
        return False
    if _DIGITS.search(a) or " " in a.strip() or b.casefold() in found.a.main.casefold():
        return False
    return Levenshtein.distance(a.casefold(), b.casefold()) <= max(1, len(a) // 4)


def _mixed(said: str) -> bool:
    return any(map(str.isdigit, said)) and any(map(str.isalpha, said))


def _as_misread(event: Event) -> Event:
    note = "One of many places where other letters stand: probably misread from a picture."
    return replace(event, type="damaged", severity="minor", repair=event.base_text, note=note)


def _moved(found: Matching) -> Iterator[Event]:
    """Passages that stand in another place than in the base."""
    for each in found.moved:
        if found.a.weight(*each.a) >= _PASSAGE:
            event = _facing(found, found.b.whole(*each.b), found.a.whole(*each.a))
            note = "It stands in another place than in the base."
            yield replace(event, type="notation", severity="minor", note=note)


def _facing(found: Matching, here: Span, there: Span) -> Event:
    """What the witness says here a second time, or elsewhere than the base, which says it there."""
    return Event(
        type="duplicated",
        severity="substantive",
        section=None,
        span=here,
        text=found.b.main[slice(*here)],
        base_span=there,
        base_text=found.a.main[slice(*there)],
        note="The witness says this more than once.",
    )


# ---------------------------------------------------------------- the base's side


def _lost(
    found: Matching,
    extents: Sequence[Extent],
    states: Sequence[SectionState],
    spent: set[tuple[int, int]],
) -> Iterator[Event]:
    """What of each section the witness has not."""
    numbers: list[Span] = []
    for extent, state in zip(extents, states, strict=True):
        if (found.home[extent.start : extent.heading] < 0).any():
            numbers.append(found.a.span(extent.start, extent.heading))
        if state.status == "absent":
            yield _dropped(found, (extent.heading, extent.end), WHOLE)
            continue
        for run in found.lost(extent.heading, extent.end):
            if not any(x <= run[0] and run[1] <= y for x, y in spent):
                yield _loss(found, run, extent)
    if numbers:
        yield _numbers(found, numbers)


def _replaced(b: Form, event: Event, again: dict[int, Event]) -> Event:
    """A section that is lost, with the copy of another one that stands in its place, if one does."""
    if not event.note or event.span is None:
        return event
    place = b.at(event.span[0])
    start = b.whole(place, place + 1)[0] if place < len(b.letters) else event.span[0]
    if (other := again.get(start)) is None:
        return event
    note = "Another section is said again in its place."
    return replace(event, span=other.span, text=other.text, note=note)


def _loss(found: Matching, run: tuple[int, int], extent: Extent) -> Event:
    event = _dropped(found, run, "")
    whole = run[0] <= extent.body and run[1] == extent.end and run[1] > extent.body
    if not whole and event.severity == "substantive" and is_cut(found, run):
        return replace(event, type="truncated", note="The sentence is cut off here.")
    return event


def _dropped(found: Matching, run: tuple[int, int], note: str) -> Event:
    span = found.a.whole(*run)
    place = _place(found, run)
    said = found.a.main[slice(*span)]
    weighty = found.a.weight(*run) > _SLIGHT or _DIGITS.search(said) is not None
    return Event(
        type="dropped",
        severity="substantive" if weighty else "minor",
        section=None,
        span=(place, place),
        text="",
        base_span=span,
        base_text=said,
        note=note,
    )


def _place(found: Matching, run: tuple[int, int]) -> int:
    """Where in the witness lost letters would stand: behind what the base has before them."""
    before = np.flatnonzero(found.home[: run[0]] >= 0)
    return int(found.b.ends[found.home[before[-1]]]) if len(before) else 0


def _numbers(found: Matching, numbers: list[Span]) -> Event:
    """One event for all numbers of sections that the witness prints otherwise or not at all."""
    labels = " ".join(found.a.main[slice(*span)].strip() for span in numbers)
    return Event(
        type="notation",
        severity="notation",
        section=None,
        span=None,
        text="",
        base_span=numbers[0],
        base_text=found.a.main[slice(*numbers[0])],
        note=f"{len(numbers)} numbers of sections are missing or written otherwise: {labels[:80]}",
    )


# ---------------------------------------------------------------- the witness's side


def _added(found: Matching, spent: set[tuple[int, int]]) -> Iterator[Event]:
    """What only the witness says, or says again; furniture in one piece, line by line otherwise."""
    frame: list[_Piece] = []
    for piece in _pieces(found, spent):
        event = _addition(found, piece)
        if event.type == "boilerplate" and piece.whole:
            frame.append(piece)
            continue
        if frame:
            yield _frame(found, frame)
            frame = []
        yield event
    if frame:
        yield _frame(found, frame)


def _pieces(found: Matching, spent: set[tuple[int, int]]) -> Iterator[_Piece]:
    b = found.b
    foreign = np.ones(len(b.letters), np.bool_)
    foreign[found.home[found.home >= 0]] = False
    for start, end in spent:
        foreign[start:end] = False
    lines = _line_starts(b, foreign)
    previous = np.concatenate(([False], foreign[:-1]))
    following = np.concatenate((foreign[1:], [False]))
    ends_line = np.concatenate((lines[1:], [True]))
    starts = np.flatnonzero(foreign & (~previous | lines))
    ends = np.flatnonzero(foreign & (~following | ends_line)) + 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        whole = b.breaks[start] == NEWLINE and b.breaks[end] == NEWLINE
        yield _Piece(start=start, end=end, whole=bool(whole))


def _line_starts(b: Form, foreign: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where lines begin, but for those that only wrap a sentence which the witness adds."""
    starts = b.breaks[: len(foreign)] == NEWLINE
    for place in np.flatnonzero(starts[1:] & foreign[1:] & foreign[:-1]) + 1:
        between = b.main[int(b.ends[place - 1]) : int(b.starts[place])]
        line = int(np.flatnonzero(starts[:place])[-1])
        if not between.strip() and not foreign[line]:
            starts[place] = False
    return np.asarray(starts)


def _addition(found: Matching, piece: _Piece) -> Event:
    b = found.b
    span = b.whole(piece.start, piece.end)
    said, letters = b.main[slice(*span)], b.letters[piece.start : piece.end]
    copies = [copy for copy in found.copies if _within(copy, piece)]
    size = b.weight(piece.start, piece.end)
    again = sum(b.weight(*copy.b) for copy in copies)
    if copies and size - again <= min(_OWN, (1 - _REPEATED) * size):
        return _duplicated(found, span, copies)
    kind, severity, note = _added_kind(said, letters, size, piece)
    if kind == "markup":
        span = span[0], span[0] + len(said.rstrip(_MARKS))
        said = b.main[slice(*span)]
    largest = max(copies, key=lambda copy: b.weight(*copy.b), default=None)
    repeats = largest is not None and 2 * b.weight(*largest.b) > size
    return Event(
        type=kind,
        severity=severity,
        section=None,
        span=span,
        text=said,
        base_span=found.a.whole(*largest.a) if largest and repeats else None,
        base_text="",
        note="Repeats a passage of the base." if repeats else note,
    )


def _added_kind(said: str, letters: str, size: int, piece: _Piece) -> tuple[Type, Severity, str]:
    """Type, severity and note of a passage that the base has not."""
    if piece.whole:
        if _CREDIT.match(said):
            return "injected", "furniture", "A credit."
        if _PAGE.match(said) or _ADDRESS.search(said) or wording.is_notice(letters):
            return "boilerplate", "furniture", ""
        if size <= _HEADING and not re.search(r"[。！？.!?；;]\s*\Z", said):
            return "injected", "furniture", "A heading of the site's own."
        return "injected", "substantive", ""
    if _ORDINAL.match(said) or said.strip() == "是":
        return "notation", "notation", "A number of the witness's own."
    bare = said.strip().rstrip(_MARKS)
    if _CODE.fullmatch(bare) or re.fullmatch(r"[（(\[].{1,30}[\d%][^a-z]{0,6}[)）\]]", bare):
        return "markup", "furniture", "A code of the site's own."
    if wording.is_notice(letters):
        return "boilerplate", "furniture", ""
    weighty = size > _SLIGHT or _DIGITS.search(said) is not None
    return "injected", "substantive" if weighty else "minor", ""


def _within(copy: Copy, piece: _Piece) -> bool:
    return piece.start <= copy.b[0] and copy.b[1] <= piece.end


def _duplicated(found: Matching, span: Span, copies: list[Copy]) -> Event:
    first, last = min(copy.a[0] for copy in copies), max(copy.a[1] for copy in copies)
    largest = max(copies, key=lambda copy: found.a.weight(*copy.a))
    near = found.a.weight(first, last) <= 2 * found.b.weight(copies[0].b[0], copies[-1].b[1])
    there = found.a.whole(first, last) if near else found.a.whole(*largest.a)
    return _facing(found, span, there)


def _frame(found: Matching, pieces: list[_Piece]) -> Event:
    """Lines of furniture that follow each other."""
    start, end = found.b.whole(pieces[0].start, pieces[-1].end)
    return Event(
        type="boilerplate",
        severity="furniture",
        section=None,
        span=(start, end),
        text=found.b.main[start:end],
        base_span=None,
        base_text="",
        note="What the site puts around the text.",
    )
