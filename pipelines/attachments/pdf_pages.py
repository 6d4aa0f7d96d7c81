"""The pages of a PDF as PDFium sees them: lines with their places and sizes."""

import ctypes
import math
from collections.abc import Iterator

from pypdfium2 import PdfDocument, PdfPage, PdfTextPage
from pypdfium2 import raw as pdfium

from pipelines.attachments.model import refused
from pipelines.attachments.printed import HYPHEN, Line, Sheet, is_wide
from pipelines.extract.lines import tidy

MOST_PAGES = 5_000  # no source; five-year plans with all annexes have some hundreds
MOST_CHARACTERS = 5_000_000  # no source either: 2,500 full pages of Chinese
# A page with less is a picture with a stamp or a number on it. No source.
_LEAST_LETTERS = 20
# Full-width characters less than this share of their width apart are of one word. No source; type set
# apart for justification stays below, two names in a line of signatures above.
_APART = 0.7

_SPACE, _HARD_SPACE, _BROKEN_WORD = 0x20, 0xA0, 0x02
_BREAKS = frozenset({0x0A, 0x0D})
_Box = tuple[float, float, float, float]  # left, top, right, bottom


def sheets(document: PdfDocument) -> list[Sheet]:
    """All pages.

    Raises:
        Refused: there are more pages or characters than any text has.
        PdfiumError: a page cannot be read.
    """
    count = len(document)
    if count > MOST_PAGES:
        raise refused(f"The PDF has {count:,} pages; {MOST_PAGES:,} is the most.")
    found, characters = [], 0
    for number in range(count):
        page = document[number]
        text = page.get_textpage()
        characters += text.count_chars()
        if characters > MOST_CHARACTERS:
            raise refused(f"The PDF has more than {MOST_CHARACTERS:,} characters.")
        found.append(_sheet(page, text))
        text.close()
        page.close()
    return found


def _sheet(page: PdfPage, text: PdfTextPage) -> Sheet:
    places = _Places(page, text)
    lines = [line for start, end in _runs(text) if (line := places.line(start, end))]
    letters = sum(character.isalnum() for line in lines for character in line.text)
    pictured = letters < _LEAST_LETTERS and any(
        True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    )
    return Sheet(height=places.height, lines=lines, pictured=pictured)


def _runs(text: PdfTextPage) -> Iterator[tuple[int, int]]:
    """Start and end of each line, as indexes of characters; the mark of a broken word is inside."""
    count, start = text.count_chars(), 0
    for at in range(count):
        code = pdfium.FPDFText_GetUnicode(text, at)
        if code in _BREAKS:
            yield start, at
            start = at + 1
        elif code == _BROKEN_WORD and pdfium.FPDFText_IsHyphen(text, at) == 1:
            yield start, at + 1
            start = at + 1
    yield start, count


class _Places:
    """Where the characters of a page stand, as a reader sees the page."""

    def __init__(self, page: PdfPage, text: PdfTextPage) -> None:
        self._text, self._rotation = text, page.get_rotation()
        self._width, self.height = page.get_width(), page.get_height()

    def line(self, start: int, end: int) -> Line | None:
        """The line of these characters, None when nothing is printed there."""
        codes = [pdfium.FPDFText_GetUnicode(self._text, at) for at in range(start, end)]
        seen = [at for at, code in enumerate(codes, start) if code > _SPACE and code != _HARD_SPACE]
        text = tidy(self._text_of(codes, start).replace("\x02", ""))
        if not seen or not text:
            return None
        first, last = self._box(seen[0]), self._box(seen[-1])
        return Line(
            text=text + (HYPHEN if codes[-1] == _BROKEN_WORD else ""),
            left=min(first[0], last[0]),
            right=max(first[2], last[2]),
            top=first[1],
            bottom=first[3],
            size=self._size(seen[0], first),
        )

    def _text_of(self, codes: list[int], start: int) -> str:
        units = [
            code
            for at, code in enumerate(codes)
            if code != _SPACE or not self._is_tight(codes, at, start)
        ]
        # PDFium hands out UTF-16: a character beyond U+FFFF comes in two.
        data = b"".join(min(code, 0xFFFF).to_bytes(2, "little") for code in units)
        return data.decode("utf-16-le", "replace")

    def _is_tight(self, codes: list[int], at: int, start: int) -> bool:
        """Whether a space is none: PDFium puts some between full-width characters set a little apart."""
        if not 0 < at < len(codes) - 1:
            return False
        if not (is_wide(chr(codes[at - 1])) and is_wide(chr(codes[at + 1]))):
            return False
        before, after = self._box(start + at - 1), self._box(start + at + 1)
        return after[0] - before[2] < _APART * (before[2] - before[0])

    def _box(self, at: int) -> _Box:
        """The box of a character, y downwards."""
        box = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(self._text, at, ctypes.byref(box))
        left, low, right, high = box.left, box.bottom, box.right, box.top
        match self._rotation:
            case 90:
                return low, left, high, right
            case 180:
                return self._width - right, low, self._width - left, high
            case 270:
                return (
                    self._width - high,
                    self.height - right,
                    self._width - low,
                    self.height - left,
                )
            case _:
                return left, self.height - high, right, self.height - low

    def _size(self, at: int, box: _Box) -> float:
        """The size of the type: of the font, as the page scales it."""
        matrix = pdfium.FS_MATRIX()
        scaled = pdfium.FPDFText_GetMatrix(self._text, at, ctypes.byref(matrix))
        scale = math.hypot(matrix.c, matrix.d) if scaled else 1.0
        size = pdfium.FPDFText_GetFontSize(self._text, at) * scale
        return float(size) if 0.1 < size < 1000 else max(0.1, box[3] - box[1])
