"""The passages of a text that have the words of a query, with the words marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.query import Phrase

_MOST = 3  # passages of one text
_MOST_PLACES = 50  # at which a phrase is marked
_WIDE = 0x2E80  # the first character of the scripts of which one says as much as two letters
_AROUND = (120, 60)  # characters before and behind a mark: of Latin and the like, of wide scripts
_ENDS = "\n。！？；.!?;"  # at which a passage begins or ends best


class Form(Protocol):
    """The normal form of a text: see `pipelines.normal_form.NormalForm`."""

    @property
    def text(self) -> str:
        """Its letters and digits alone."""
        ...

    @property
    def offsets(self) -> Sequence[int]:
        """The place in the text of each of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a text in which words are marked."""

    text: str
    marks: tuple[tuple[int, int], ...]  # spans of `text`, code points; disjoint, ascending
    start: int  # place of `text` in the whole text, code points


def passages(whole: str, form: Form, phrases: Sequence[Phrase]) -> tuple[Passage, ...]:
    """The best few passages of a text with this normal form, in its order; its beginning where none is."""
    found = _merged([span for phrase in phrases for span in _places(whole, form, phrase)])
    around = _AROUND[any(ord(letter) >= _WIDE for letter in form.text[:200])]
    if not found:
        return (_cut(whole, (0, min(len(whole), 2 * around)), ()),) if whole.strip() else ()
    windows: list[tuple[int, int, list[tuple[int, int]]]] = []
    for start, end in found:
        if windows and start - around <= windows[-1][1] and end - windows[-1][0] <= 4 * around:
            windows[-1][2].append((start, end))
            windows[-1] = (windows[-1][0], min(len(whole), end + around), windows[-1][2])
        else:
            floor = windows[-1][1] if windows else 0
            first = min(start, max(floor, start - around))  # the window before may reach over it
            windows.append((first, min(len(whole), end + around), [(start, end)]))
    best = sorted(windows, key=lambda w: _worth(whole, w[2]), reverse=True)[:_MOST]
    return tuple(_cut(whole, (w[0], w[1]), tuple(w[2])) for w in sorted(best))


def _places(whole: str, form: Form, phrase: Phrase) -> list[tuple[int, int]]:
    """Spans of the whole text at which the phrase stands."""
    spans: list[tuple[int, int]] = []
    begins, ends = (ord(phrase.needle[side]) >= _WIDE for side in (0, -1))
    ends = ends or phrase.open_end
    at = form.text.find(phrase.needle)
    while at >= 0 and len(spans) < _MOST_PLACES:
        end = at + len(phrase.needle)
        if (begins or _is_word(whole, form, at)) and (ends or _is_word(whole, form, end)):
            spans.append((form.offsets[at], form.offsets[end - 1] + 1))
        at = form.text.find(phrase.needle, at + 1)
    return spans


def _is_word(whole: str, form: Form, at: int) -> bool:
    """Whether a word may begin or end before the character at `at` of the form."""
    if not 0 < at < len(form.text):
        return True
    if any(ord(form.text[each]) >= _WIDE for each in (at - 1, at)):
        return True
    between = whole[form.offsets[at - 1] + 1 : form.offsets[at]]
    return any(
        letter.isspace() or (letter.isprintable() and not letter.isalnum()) for letter in between
    )


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, ascending, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _worth(whole: str, marks: list[tuple[int, int]]) -> tuple[int, int]:
    """Different words first, then many of them."""
    return len({whole[start:end].casefold() for start, end in marks}), len(marks)


def _cut(whole: str, span: tuple[int, int], marks: tuple[tuple[int, int], ...]) -> Passage:
    """The span as a passage, begun and ended at a sentence where one is near."""
    start, end = span
    first, last = (marks[0][0], marks[-1][1]) if marks else (start, end)
    begun = max((whole.rfind(sign, start, first) + 1 for sign in _ENDS), default=0)
    start = max(start, begun)
    ended = [at + 1 for sign in _ENDS if (at := whole.find(sign, last, end)) >= 0]
    end = max(ended) if ended else end
    text = whole[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    return Passage(
        text=text,
        marks=tuple((a - start, b - start) for a, b in marks),
        start=start,
    )
