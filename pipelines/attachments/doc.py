"""DOC, the binary format of Word 97 to 2003 and of WPS, to text: [MS-DOC], Microsoft's open specification.

The text lies in pieces, and the piece table says in which order and whether each is in 8 or 16 bits
(2.4.1, "Retrieving Text"). The formats are not read: every line is a paragraph or a row.
"""

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

from olefile import OleFileIO, OleMetadata

from archive.records import Found
from pipelines.attachments.model import Attached, Piece, Stated, main_text, refused
from pipelines.attachments.stated import describe
from pipelines.decode import known_charset
from pipelines.extract.lines import tidy

_WORD_MARK = 0xA5EC  # FibBase.wIdent, 2.5.2
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200  # FibBase.fEncrypted and fWhichTblStm
_COMPRESSED = 1 << 30  # FcCompressed.fCompressed, 2.9.73
_CELL, _FIELD, _RESULT, _FIELD_END = "\x07", "\x13", "\x14", "\x15"
_BREAKS = re.compile("[\r\x0b\x0c\x0e]")
_SIGNS = str.maketrans({"\x1e": "-", "\x1f": None, "\xa0": " ", "\t": " "})  # 2.4.1, special ones
_CONTROLS = re.compile("[\x00-\x08\x10-\x1f\ufffc]")
_ROW_CHARACTERS = 2000  # as in pipelines.extract
_MOST_CHARACTERS = 8_000_000  # a file of 32 MiB has at most 16 million, of which no text has half

# What else old Office files hold, by the stream that only they have.
_OTHERS = {
    "EncryptedPackage": "The file is encrypted.",
    "Workbook": "The file is an Excel table: not read.",
    "Book": "The file is an Excel table: not read.",
    "PowerPoint Document": "The file is a set of PowerPoint slides: not read.",
}


def read(data: bytes) -> Attached:
    """The text of the Word file `data`.

    Raises:
        Refused: it is broken, encrypted, another kind of Office file, or has no text.
    """
    try:
        with OleFileIO(BytesIO(data)) as file:
            for stream, reason in _OTHERS.items():
                if file.exists(stream):
                    raise refused(reason)
            if not file.exists("WordDocument"):
                raise refused("The file is an old Office file, but no Word text: not read.")
            text = _text(file)
            stated = _stated(file.get_metadata())
    except (OSError, ValueError, IndexError, struct.error, UnicodeError) as error:
        raise refused(f"The Word file is broken ({error}).") from error
    main = main_text(list(_pieces(text)), "doc")
    return Attached(kind="doc", main=main, description=describe(stated, main))


def _text(file: OleFileIO) -> str:
    """The text of the main document, special characters and all."""
    word = file.openstream("WordDocument").read()
    mark, flags = *struct.unpack_from("<H", word, 0), *struct.unpack_from("<H", word, 10)
    if mark != _WORD_MARK:
        raise refused("The file is from a Word older than Word 97: not read.")
    if flags & _ENCRYPTED:
        raise refused("The Word file is encrypted.")
    length, start, size = _word(word, 0x4C), _word(word, 0x01A2), _word(word, 0x01A6)
    if length > _MOST_CHARACTERS:
        raise refused(
            f"The Word file claims {length:,} characters; {_MOST_CHARACTERS:,} is the most."
        )
    table = file.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
    text, left = [], length
    for characters, at, compressed in _table(table[start : start + size]):
        count = min(characters, left)
        width, codec = (1, "cp1252") if compressed else (2, "utf-16-le")
        data = word[at : at + count * width]
        if len(data) < count * width:
            raise ValueError("its text is cut off")
        text.append(data.decode(codec, "replace"))
        left -= count
        if left <= 0:
            break
    if left > 0:
        raise ValueError("its piece table is cut off")
    return "".join(text)


def _word(data: bytes, at: int) -> int:
    (value,) = struct.unpack_from("<I", data, at)
    assert isinstance(value, int)
    return value


def _table(clx: bytes) -> Iterator[tuple[int, int, bool]]:
    """The pieces (characters, offset in bytes, in 8 bits?) of a Clx, 2.9.38."""
    at = 0
    while clx[at : at + 1] == b"\x01":  # Prc, formats that pieces share
        at += 3 + int.from_bytes(clx[at + 1 : at + 3], "little")
    if clx[at : at + 1] != b"\x02":
        raise ValueError("it has no piece table")
    plc = clx[at + 5 : at + 5 + _word(clx, at + 1)]
    count = (len(plc) - 4) // 12  # count + 1 positions of 4 bytes, count pieces of 8
    positions = struct.unpack_from(f"<{count + 1}I", plc, 0)
    for place in range(count):
        characters = positions[place + 1] - positions[place]
        if characters < 0:
            raise ValueError("its piece table runs backwards")
        value = _word(plc, 4 * (count + 1) + 8 * place + 2)
        offset = value & (_COMPRESSED - 1)
        compressed = bool(value & _COMPRESSED)
        yield characters, offset // 2 if compressed else offset, compressed


def _pieces(text: str) -> Iterator[Piece]:
    """The blocks of the text; a cell ends in a mark, and a row in one more."""
    cells: list[str] = []
    held = ""  # the begun cell
    for line, end in _lines(_without_fields(text)):
        if end == _CELL and (line or held):
            cells.append(" ".join(filter(None, (held, line))))
            held = ""
        elif end == _CELL:
            yield from _row(cells)
            cells = []
        elif cells:
            held = " ".join(filter(None, (held, line)))
        elif line:
            yield Piece(text=line)
    yield from _row([*cells, held])


def _row(cells: list[str]) -> Iterator[Piece]:
    texts = [cell for cell in cells if cell]
    line = "\t".join(texts)
    if len(texts) > 1 and len(line) <= _ROW_CHARACTERS:
        yield Piece(text=line, kind="row")
    else:
        yield from (Piece(text=cell) for cell in texts)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line with the mark that ends it."""
    for part in _BREAKS.sub("\r", text).split("\r"):
        *cells, rest = part.split(_CELL)
        for cell in cells:
            yield _plain(cell), _CELL
        if rest or not cells:
            yield _plain(rest), "\r"


def _plain(text: str) -> str:
    return tidy(_CONTROLS.sub("", text.translate(_SIGNS)))


def _without_fields(text: str) -> str:
    """`text` with the result of each field and without its code, 2.8.25."""
    parts, at = [], 0
    open_fields: list[bool] = []  # of each open field, whether its result has begun
    for match in re.finditer("[\x13\x14\x15]", text):
        if all(open_fields):
            parts.append(text[at : match.start()])
        at = match.end()
        if match[0] == _FIELD:
            open_fields.append(False)
        elif open_fields and match[0] == _RESULT:
            open_fields[-1] = True
        elif open_fields:
            open_fields.pop()
    if all(open_fields):
        parts.append(text[at:])
    return "".join(parts)


def _stated(fields: OleMetadata) -> Stated:
    codec = _codec(fields.codepage)
    # Not `create_time`: that is the day on which the first draft or its template was begun.
    saved = fields.last_saved_time
    moment = (
        saved.replace(tzinfo=UTC) if isinstance(saved, datetime) and saved.year > 1990 else None
    )
    return Stated(
        title=_found(fields.title, codec, "Title"),
        author=_found(fields.author, codec, "Author"),
        written_at=Found(value=moment.isoformat(timespec="seconds"), origin="doc:LastSaved")
        if moment
        else None,
    )


def _codec(codepage: object) -> str:
    """Python's codec for a Windows code page; it is stored as a signed number of 16 bits."""
    number = codepage & 0xFFFF if isinstance(codepage, int) else 1252
    named = {65001: "utf-8", 1200: "utf-16-le", 936: "gb18030", 950: "big5hkscs"}.get(number)
    return named or known_charset(f"windows-{number}") or "cp1252"


def _found(value: object, codec: str, field: str) -> Found | None:
    if not isinstance(value, bytes):
        return None
    text = tidy(value.decode(codec, "replace").replace("\0", ""))
    return Found(value=text, origin=f"doc:{field}") if text else None
