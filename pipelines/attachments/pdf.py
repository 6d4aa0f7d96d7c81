"""PDF to text: PDFium reads it, pypdf gives a second opinion where that finds nothing usable."""

import re
from datetime import datetime, timedelta, timezone

from pypdfium2 import PdfDocument, PdfiumError
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

from archive.records import Found
from pipelines.attachments.joining import pieces
from pipelines.attachments.model import Attached, Piece, Stated, main_text, refused
from pipelines.attachments.pdf_pages import MOST_CHARACTERS, MOST_PAGES, sheets
from pipelines.attachments.printed import Sheet
from pipelines.attachments.stated import describe
from pipelines.attachments.streams import refuse_bombs
from pipelines.extract.lines import tidy

_PICTURED = 0.5  # share of pages that are pictures, from which the text is not the document's
# Share of characters without meaning, from which the fonts do not say what their glyphs are. No source.
_UNREADABLE = 0.15

_NOISE = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_DATE = re.compile(
    r"(?:D:)?(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?"
    r"(?:(?P<utc>Z)|(?P<sign>[+-])(?P<off_hours>\d\d)'?(?P<off_minutes>\d\d)?)?"
)


def read(data: bytes) -> Attached:
    """The text of the PDF `data`.

    Raises:
        Refused: it is broken, encrypted, a bomb, or has no text layer.
    """
    refuse_bombs(data)
    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        if error.err_code in {FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY}:
            raise refused("The PDF is encrypted: it opens with a password only.") from error
        return _by_pypdf(data, f"The PDF is broken ({error}).")
    try:
        stated = _stated(document.get_metadata_dict())
        found = sheets(document)
    except PdfiumError as error:
        return _by_pypdf(data, f"The PDF is broken ({error}).")
    finally:
        document.close()
    return _read(data, found, stated)


def _read(data: bytes, found: list[Sheet], stated: Stated) -> Attached:
    _refuse_pictures(found)
    blocks = pieces(found)
    if not _has_letters(blocks):
        return _by_pypdf(data, "The PDF has no text layer: needs OCR.")
    if _noise(blocks) > _UNREADABLE:
        return _by_pypdf(data, "The PDF's fonts do not say what their signs mean: needs OCR.")
    return _attached(blocks, "pdf:pdfium", stated)


def _by_pypdf(data: bytes, otherwise: str) -> Attached:
    """What pypdf reads; refused with the reason `otherwise` if that is no better."""
    # Here and not above: few files need it, and pypdf takes a quarter of a second to load.
    from pipelines.attachments import second_opinion  # noqa: PLC0415

    found, fields = second_opinion.read(data, MOST_PAGES, MOST_CHARACTERS)
    blocks = pieces(found)
    if not _has_letters(blocks) or _noise(blocks) > _UNREADABLE:
        raise refused(otherwise)
    return _attached(blocks, "pdf:pypdf", _stated(fields))


def _attached(blocks: list[Piece], chosen: str, stated: Stated) -> Attached:
    main = main_text(blocks, chosen)
    return Attached(kind="pdf", main=main, description=describe(stated, main))


def _has_letters(blocks: list[Piece]) -> bool:
    return any(character.isalnum() for block in blocks for character in block.text)


def _noise(blocks: list[Piece]) -> float:
    text = "".join(block.text for block in blocks)
    return len(_NOISE.findall(text)) / max(1, len(text))


def _refuse_pictures(found: list[Sheet]) -> None:
    """Refuse a PDF most of which is pictures of pages."""
    pictures = sum(sheet.pictured for sheet in found)
    if found and pictures == len(found):
        raise refused("The PDF has no text layer: needs OCR.")
    if pictures > _PICTURED * len(found):
        raise refused(f"{pictures} of the PDF's {len(found)} pages have no text layer: needs OCR.")


def _stated(fields: dict[str, str]) -> Stated:
    return Stated(
        title=_found(fields.get("Title"), "Title"),
        author=_found(fields.get("Author"), "Author"),
        written_at=_found(_moment(fields.get("CreationDate", "")), "CreationDate"),
    )


def _found(value: str | None, field: str) -> Found | None:
    text = tidy(_NOISE.sub("", value or ""))
    return Found(value=text, origin=f"pdf:{field}") if text else None


def _moment(text: str) -> str:
    """RFC 3339 of a date such as D:20220304171500+08'00' (PDF 1.7, 7.9.4); "" for what is none."""
    match = _DATE.match(text.strip())
    if not match:
        return ""
    part = {name: int(value) for name, value in match.groupdict("0").items() if value.isdigit()}
    off = timedelta(hours=part["off_hours"], minutes=part["off_minutes"])
    try:
        zone = timezone(-off if match["sign"] == "-" else off)
        moment = datetime(
            part["year"], part["month"], part["day"], part["hour"], part["minute"], part["second"],
            tzinfo=zone,
        )  # fmt: skip
    except ValueError:
        return ""
    stated = match["hour"] and (match["utc"] or match["sign"])
    return moment.isoformat() if stated else moment.date().isoformat()
