"""What differs between two texts whose letters agree: marks, width, spacing, case, and what damage was read.

None of it changes a word. One thing is told apart: a mark of a pair that is lost while its partner
stands is a character of the text that is missing, not another way of writing it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from archive.records import Repair
from pipelines.report.form import NEWLINE, Form
from pipelines.report.matching import Matching
from pipelines.report.model import Event, Span

_PAIRS = {
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "《": "》",
    "〈": "〉",
    "(": ")",
    "[": "]",
    "【": "】",
}
_PARTNERS = _PAIRS | {closing: opening for opening, closing in _PAIRS.items()}
_SAME = str.maketrans(
    {"「": "“", "」": "”", "『": "‘", "』": "’", "«": "“", "»": "”", "„": "“", "–": "-", "—": "-",
     "―": "-", "•": "·", "・": "·", "‧": "·", "、": ",", "。": ".", "〔": "(", "〕": ")", "【": "[",
     "】": "]", "…": ".", '"': "“", "'": "‘"}
)  # fmt: skip
_NOISE = re.compile(  # glosses and tags are told of as repairs
    r"[(（][a-zà-ǿ\u0300-\u030c\s]{1,12}[)）]|</?[A-Za-z!][^<>]*>|&#?\w{1,8};", re.IGNORECASE
)
_INLINE = 40  # characters between two tags that belong to one link


def marks(found: Matching, sides: tuple[str, str]) -> Iterator[Event]:
    """Differences between letters that follow each other in both texts; `sides` are the language tags."""
    a, b, home = found.a, found.b, found.home
    here = np.flatnonzero(home >= 0)
    if not len(here):
        return
    for x, y in _meeting(found):
        between_a, between_b = _between(a, x), _between(b, y)
        if a.main[slice(*between_a)] != b.main[slice(*between_b)]:
            yield from _mark(found, (x, y), (between_a, between_b))
    yield from _letters(found, sides)


def _meeting(found: Matching) -> Iterator[tuple[int, int]]:
    """Places in both where what stands before a letter, or ends a line, can be compared."""
    a, b, home = found.a, found.b, found.home
    before = np.concatenate(([-2], home[:-1]))
    follows = (home >= 0) & (before == home - 1) & (home > 0)
    first_a = np.concatenate(([0], a.ends[:-1]))
    close_a = a.starts - first_a
    places = np.flatnonzero(follows)
    close_b = b.starts[home[places]] - b.ends[home[places] - 1]
    busy = (close_a[places] > 0) | (close_b > 0)
    edges = [
        (int(x), int(home[x]))
        for x in np.flatnonzero((home >= 0) & ~follows)
        if a.breaks[x] == NEWLINE and b.breaks[home[x]] == NEWLINE
    ]
    inner = [(int(x), int(home[x])) for x in places[busy]]
    return iter(sorted(inner + edges))


def _between(spoken: Form, place: int) -> Span:
    """What stands before a letter, back to the letter before it; of the first in the text, its line."""
    start = int(spoken.ends[place - 1]) if place else 0
    end = int(spoken.starts[place])
    return (start, end) if start <= end else (end, end)


def _mark(found: Matching, at: tuple[int, int], spans: tuple[Span, Span]) -> Iterator[Event]:
    """The events of one place between letters."""
    a, b = found.a.main, found.b.main
    follows = at[0] and found.home[at[0] - 1] == at[1] - 1
    if not follows:
        # Before the first letters of two lines: what ends the lines before is no matter.
        spans = (_last_line(a, spans[0]), _last_line(b, spans[1]))
    (start_a, end_a), (start_b, end_b) = spans
    said_a, said_b = _marks_of(a, start_a, end_a), _marks_of(b, start_b, end_b)
    for part_a, part_b in _paired(said_a, said_b):
        text_a, text_b = "".join(c for _, c in part_a), "".join(c for _, c in part_b)
        yield _event(
            found,
            (_extent(part_a, spans[0]), _extent(part_b, spans[1])),
            (text_a, text_b),
        )


def _last_line(text: str, span: Span) -> Span:
    return max(span[0], text.rfind("\n", *span) + 1), span[1]


def _marks_of(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """The characters there that are no space, nor a gloss in brackets, with their places."""
    noise = {
        place
        for gloss in _NOISE.finditer(text, start, end)
        for place in range(gloss.start(), gloss.end())
    }
    return [
        (place, text[place])
        for place in range(start, end)
        if place not in noise and not text[place].isspace() and not text[place].isalpha()
    ]


def _paired(
    a: list[tuple[int, str]], b: list[tuple[int, str]]
) -> Iterator[tuple[list[tuple[int, str]], list[tuple[int, str]]]]:
    """The marks of both that differ: one by one where there are as many, else together."""
    if len(a) == len(b):
        yield from (([x], [y]) for x, y in zip(a, b, strict=True) if x[1] != y[1])
    elif a or b:
        folded_a, folded_b = (_folded("".join(c for _, c in side)) for side in (a, b))
        if folded_a != folded_b:
            yield a, b


def _folded(marks: str) -> str:
    folded = unicodedata.normalize("NFKC", marks).translate(_SAME)
    return "".join(mark for mark, _ in groupby(folded))


def _extent(part: list[tuple[int, str]], between: Span) -> Span:
    if part:
        return part[0][0], part[-1][0] + 1
    return between[1], between[1]


def _event(found: Matching, spans: tuple[Span, Span], texts: tuple[str, str]) -> Event:
    text_a, text_b = texts
    if text_a and not text_b and _leaves_half(found, spans, text_a):
        return Event(
            type="dropped",
            severity="minor",
            section=None,
            span=spans[1],
            text="",
            base_span=spans[0],
            base_text=text_a,
            note="The mark is lost; the one that belongs to it is there.",
        )
    folded = _folded(text_a) == _folded(text_b)
    return Event(
        type="notation",
        severity="notation",
        section=None,
        span=spans[1],
        text=text_b,
        base_span=spans[0],
        base_text=text_a,
        note="Width or form of a mark." if folded else "Another mark, or none.",
    )


def _leaves_half(found: Matching, spans: tuple[Span, Span], lost: str) -> bool:
    """Whether the lost mark is one of a pair whose other half the line of the witness still has."""
    for mark in lost:
        partner = _PARTNERS.get(mark)
        line_a, line_b = _line(found.a.main, spans[0][0]), _line(found.b.main, spans[1][0])
        if partner and partner in line_b and line_a.count(mark) == line_a.count(partner):
            return line_b.count(mark) < line_b.count(partner)
    return False


def _line(text: str, place: int) -> str:
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return text[start : end if end >= 0 else len(text)]


def _letters(found: Matching, sides: tuple[str, str]) -> Iterator[Event]:
    """Letters of another width, case or form; runs of them are one event."""
    a, b = found.a, found.b
    codes_a, codes_b = (
        np.frombuffer(spoken.main.encode("utf-32-le", "surrogatepass"), "<u4") for spoken in (a, b)
    )
    here = np.flatnonzero(found.home >= 0)
    there = found.home[here]
    differ = codes_a[a.starts[here]] != codes_b[b.starts[there]]
    script = sides[0] != sides[1]
    for _, run in groupby(
        enumerate(zip(here[differ].tolist(), there[differ].tolist(), strict=True)),
        key=lambda item: (item[1][0] - item[0], item[1][1] - item[0]),
    ):
        places = [place for _, place in run]
        (x, y), (last_x, last_y) = places[0], places[-1]
        span_a, span_b = a.span(x, last_x + 1), b.span(y, last_y + 1)
        text_a, text_b = a.main[slice(*span_a)], b.main[slice(*span_b)]
        plain = unicodedata.normalize("NFKC", text_a).casefold()
        same = plain == unicodedata.normalize("NFKC", text_b).casefold()
        if script and not same:
            continue  # the whole witness is in the other script: said once, of the witness
        yield Event(
            type="notation",
            severity="notation",
            section=None,
            span=span_b,
            text=text_b,
            base_span=span_a,
            base_text=text_a,
            note="Width or case of letters." if same else "Another form of the same character.",
        )


def of_repairs(b: Form, repairs: Sequence[Repair]) -> Iterator[Event]:
    """What was read through: glosses, tags that stand in the text, bytes that were read wrongly."""
    tags: list[Repair] = []
    for repair in repairs:
        if repair.kind == "markup":
            if tags and ("\n" in repair.reading or repair.start - tags[-1].end > _INLINE):
                yield _markup(b, tags)
                tags = []
            tags.append(repair)
        elif repair.kind == "gloss":
            note = "Pinyin after the character that it spells."
            yield _repaired(b, repair, note)
        else:
            note = "Bytes were read wrongly; this is what they say."
            yield _repaired(b, repair, note)
    if tags:
        yield _markup(b, tags)


def _repaired(b: Form, repair: Repair, note: str) -> Event:
    gloss = repair.kind == "gloss"
    return Event(
        type="notation" if gloss else "damaged",
        severity="notation" if gloss else "minor",
        section=None,
        span=(repair.start, repair.end),
        text=b.main[repair.start : repair.end],
        base_span=None,
        base_text="",
        repair=repair.reading,
        note=note,
    )


def _markup(b: Form, tags: list[Repair]) -> Event:
    span = tags[0].start, tags[-1].end
    return Event(
        type="markup",
        severity="furniture",
        section=None,
        span=span,
        text=b.main[slice(*span)],
        base_span=None,
        base_text="",
        note="Code around words that are unchanged.",
    )
