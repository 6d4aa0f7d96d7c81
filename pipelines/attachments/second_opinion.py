"""What pypdf reads in a PDF that PDFium cannot open or finds no text in.

It is written in Python, ten times slower, and more patient with files that break the rules.
"""

import logging
import zlib
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from pipelines.attachments.printed import Line, Sheet
from pipelines.extract.lines import tidy

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it reports each oddity of a file

# pypdf meets hostile files with whatever its code runs into.
_STUMBLES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError,
    PyPdfError, RecursionError, TypeError, ValueError, zlib.error,
)  # fmt: skip


def read(data: bytes, most_pages: int, most_characters: int) -> tuple[list[Sheet], dict[str, str]]:
    """The lines of its pages and its fields; no pages when it cannot read them either."""
    sheets: list[Sheet] = []
    fields: dict[str, str] = {}
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted or len(reader.pages) > most_pages:
            return [], {}
        for name, value in (reader.metadata or {}).items():
            fields[str(name).lstrip("/")] = str(value)
        for page in reader.pages:
            sheets.append(_sheet(page.extract_text()))
            most_characters -= sum(len(line.text) for line in sheets[-1].lines)
            if most_characters < 0:
                return [], {}
    except _STUMBLES:
        return [], {}  # the first opinion says why
    return sheets, fields


def _sheet(text: str) -> Sheet:
    """A page of lines without places: each character is as wide as it is on a typewriter."""
    lines = []
    for place, text_line in enumerate(text.splitlines()):
        bare = tidy(text_line)
        if bare:
            indent = len(text_line) - len(text_line.lstrip())
            width = sum(2 if character > "\u2e80" else 1 for character in bare)
            lines.append(
                Line(
                    text=bare,
                    left=indent,
                    right=indent + width,
                    top=3 * place,
                    bottom=3 * place + 2,
                    size=2,
                )
            )
    return Sheet(height=3 * len(text.splitlines()) + 3, lines=lines)
