"""What is printed on every page and belongs to none: page numbers, running heads and feet."""

import re
from collections import Counter
from collections.abc import Iterator

from pipelines.attachments.printed import Line, Sheet

_OUTERMOST = 3  # lines at the head and at the foot of a page among which they are
_MARGIN = 0.15  # share of the page's height, at its head and foot, in which they are
# Left and right pages often differ, a chapter has heads of its own and none on its first page: so a few
# pages of many are enough, when the words stand at one height.
_OFTEN, _OFTEN_IN_FEW, _FEW = 3, 2, 6  # pages; the second in a file with fewer than the third
_HEIGHTS = 50  # places of one page that are told apart

_NUMBER = r"(?:\d{1,4}|[ivxlc]{1,7})"
_DASHED = re.compile(rf"[-–—―－─·•~]+\s*{_NUMBER}\s*[-–—―－─·•~]+", re.IGNORECASE)
_COUNTED = re.compile(
    rf"第\s*{_NUMBER}\s*页(?:\s*[/／,，]?\s*共\s*\d+\s*页)?"
    rf"|(?:page|página|seite|p\.)\s*{_NUMBER}(?:\s*(?:of|/|de|von)\s*\d+)?|{_NUMBER}\s*[/／]\s*\d+",
    re.IGNORECASE,
)
_PREFACE = re.compile(r"[ivxl]{1,7}")
_BARE = re.compile(r"\d{1,4}")
_SENTENCE_END = re.compile(r"[。；，]$")  # text, even if it stands on several pages
_DIGITS = re.compile(r"\d+")


def without_running(sheets: list[Sheet]) -> list[Sheet]:
    """The pages without running heads, feet and page numbers."""
    often = _repeated(sheets)
    counted = _counted_from(sheets)
    kept = []
    for place, sheet in enumerate(sheets):
        unwanted = {
            id(line)
            for line in _outer(sheet)
            if _key(line, sheet) in often or _is_number(line.text, place, counted)
        }
        lines = [line for line in sheet.lines if id(line) not in unwanted]
        kept.append(Sheet(height=sheet.height, lines=lines, pictured=sheet.pictured))
    return kept


def _outer(sheet: Sheet) -> Iterator[Line]:
    """The outermost lines of the page that are in its margins."""
    downwards = sorted(sheet.lines, key=lambda line: line.top)
    head, foot = _MARGIN * sheet.height, (1 - _MARGIN) * sheet.height
    yield from (line for line in downwards[:_OUTERMOST] if line.bottom < head)
    yield from (line for line in downwards[-_OUTERMOST:] if line.top > foot)


def _key(line: Line, sheet: Sheet) -> tuple[str, int]:
    words = _DIGITS.sub("#", "".join(line.text.split()).casefold())
    return words, round(_HEIGHTS * line.bottom / sheet.height) if sheet.height else 0


def _least(sheets: list[Sheet]) -> int:
    return _OFTEN_IN_FEW if len(sheets) < _FEW else _OFTEN


def _repeated(sheets: list[Sheet]) -> frozenset[tuple[str, int]]:
    counts = Counter(
        key
        for sheet in sheets
        for key in {
            _key(line, sheet) for line in _outer(sheet) if not _SENTENCE_END.search(line.text)
        }
    )
    # A number alone is a page number only if it counts the pages: see `_counted_from`.
    return frozenset(
        key for key, count in counts.items() if count >= _least(sheets) and key[0] != "#"
    )


def _counted_from(sheets: list[Sheet]) -> frozenset[int]:
    """What bare numbers in the margins are ahead of the place of their page, if several agree."""
    ahead = Counter(
        int(line.text) - place
        for place, sheet in enumerate(sheets)
        for line in _outer(sheet)
        if _BARE.fullmatch(line.text)
    )
    if len(sheets) == 1:
        return frozenset({1})
    return frozenset(by for by, count in ahead.items() if count >= _least(sheets))


def _is_number(text: str, place: int, counted: frozenset[int]) -> bool:
    if any(pattern.fullmatch(text) for pattern in (_DASHED, _COUNTED, _PREFACE)):
        return True
    return bool(_BARE.fullmatch(text)) and int(text) - place in counted
