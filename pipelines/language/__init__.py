"""Text to language tag, with script, confidence and shares."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from archive.records import Language
from pipelines.language import chinese
from pipelines.language.scripts import (
    HAN,
    LATIN,
    SEVERAL_LANGUAGES,
    leading_script,
    letters_by_script,
    possible,
    worth,
)
from pipelines.language.stretches import other_sentences
from pipelines.language.vote import ENOUGH, Label, label
from pipelines.language.voters import one_line

VERSION = "1"

__all__ = ["VERSION", "detect"]

# Letters (Latin ones; others weigh more) below which a paragraph is too short to judge alone: a
# heading, a name, a date. Four words are right in 19 of 20 cases, which is not enough.
SHORT = 30
CLEAR_DIFFERENCE = 3  # characters that only one Chinese script has, to call a paragraph by them


@dataclass(slots=True)
class _Paragraph:
    """One paragraph on its way to its languages."""

    line: str  # fit for the voters
    letters: int
    script: str
    counts: dict[str, float] = field(default_factory=dict)  # tag -> letters

    @property
    def is_short(self) -> bool:
        return self.letters * worth(self.script) < SHORT


def detect(text: str) -> Language:
    """The language of `text`; "und" for a text without letters, never an exception.

    Paragraphs are judged by script, those of one script together, then the sentences in them
    that look different; short paragraphs take their neighbours' language. The tag is the
    language with the largest share of the letters. The confidence is 0..1, and a text that is
    mixed evenly has a low one.
    """
    paragraphs = _paragraphs(text)
    if not paragraphs:
        return Language(tag="und", confidence=0.0)
    groups = _by_script(paragraphs)
    if not groups or (len(paragraphs) == 1 and paragraphs[0].letters <= ENOUGH // 4):
        whole = label(" ".join(paragraph.line for paragraph in paragraphs[:ENOUGH]))
        return Language(tag=whole.tag, confidence=whole.confidence, shares=((whole.tag, 1.0),))
    sure: dict[str, float] = {}
    for script, group in groups.items():
        common = _chinese(group) if script == HAN else _common(group, script)
        sure[common.tag] = max(sure.get(common.tag, 0.0), common.confidence)
    _join_short(paragraphs)
    return _summed(paragraphs, sure)


def _paragraphs(text: str) -> list[_Paragraph]:
    found: list[_Paragraph] = []
    for line in text.split("\n"):
        letters = letters_by_script(line)
        if letters:
            found.append(
                _Paragraph(
                    line=one_line(line), letters=letters.total(), script=leading_script(letters)
                )
            )
    return found


def _by_script(paragraphs: Iterable[_Paragraph]) -> dict[str, list[_Paragraph]]:
    """The paragraphs long enough to judge, those of one script together."""
    groups: dict[str, list[_Paragraph]] = {}
    for paragraph in paragraphs:
        if not paragraph.is_short:
            groups.setdefault(paragraph.script, []).append(paragraph)
    return groups


def _chinese(group: Sequence[_Paragraph]) -> Label:
    """Label Chinese paragraphs by their own characters, or by all when they show too few."""
    seen = [chinese.evidence(paragraph.line) for paragraph in group]
    common = chinese.script_tag(sum(one for one, _ in seen), sum(other for _, other in seen))
    for paragraph, (simplified, traditional) in zip(group, seen, strict=True):
        clear = abs(simplified - traditional) >= CLEAR_DIFFERENCE
        own = chinese.script_tag(simplified, traditional) if clear else common
        paragraph.counts[own] = paragraph.letters
    return Label(tag=common, confidence=1.0)


def _common(group: Sequence[_Paragraph], script: str) -> Label:
    """Label paragraphs of one script alike, but for the sentences that are found different."""
    common = label(_sample(group))
    for paragraph in group:
        paragraph.counts[common.tag] = paragraph.letters
    if script == LATIN or script in SEVERAL_LANGUAGES:
        lines = [paragraph.line for paragraph in group]
        for place, tag, letters in other_sentences(lines, common.tag):
            counts = group[place].counts
            counts[common.tag] -= letters
            counts[tag] = counts.get(tag, 0.0) + letters
    return common


def _sample(group: Sequence[_Paragraph]) -> str:
    """Enough to judge a group by: the beginnings of its three longest paragraphs."""
    longest = sorted(group, key=lambda paragraph: -paragraph.letters)[:3]
    return " ".join(_beginning(paragraph.line, ENOUGH // len(longest)) for paragraph in longest)


def _beginning(line: str, length: int) -> str:
    """`length` characters of `line`, from its first letter on when that is far."""
    first = next(place for place, character in enumerate(line) if character.isalpha())
    start = first if first > length // 4 else 0
    return line[start : start + length]


def _join_short(paragraphs: Sequence[_Paragraph]) -> None:
    """Give each short paragraph the language of the one before, or else the next, that has one."""
    following = _tags_after(paragraphs)
    before: str | None = None
    for paragraph, after in zip(paragraphs, following, strict=True):
        if not paragraph.counts:
            near = before or after or "und"
            # A Russian line among English ones is Russian however short it is.
            fits = paragraph.script == LATIN or possible(near.split("-")[0], paragraph.script)
            tag = near if fits else label(paragraph.line).tag
            paragraph.counts[tag] = paragraph.letters
        else:
            before = _leading(paragraph)


def _tags_after(paragraphs: Sequence[_Paragraph]) -> Iterator[str | None]:
    found: list[str | None] = []
    after: str | None = None
    for paragraph in reversed(paragraphs):
        found.append(after)
        after = _leading(paragraph) if paragraph.counts else after
    return reversed(found)


def _leading(paragraph: _Paragraph) -> str:
    return max(sorted(paragraph.counts), key=lambda tag: paragraph.counts[tag])


def _summed(paragraphs: Iterable[_Paragraph], sure: dict[str, float]) -> Language:
    counts: dict[str, float] = {}
    for paragraph in paragraphs:
        for tag, letters in paragraph.counts.items():
            counts[tag] = counts.get(tag, 0.0) + letters
    total = sum(counts.values())
    order = sorted((tag for tag in counts if counts[tag] > 0), key=lambda tag: (-counts[tag], tag))
    share = counts[order[0]] / total
    return Language(
        tag=order[0],
        confidence=min(1.0, share * sure.get(order[0], share)),
        shares=tuple((tag, counts[tag] / total) for tag in order),
    )
