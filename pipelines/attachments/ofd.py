"""OFD, the fixed-layout format of GB/T 33190-2016, to text: printed lines with their places."""

from collections.abc import Iterator

from lxml import etree

from archive.records import Found
from pipelines.attachments.joining import pieces
from pipelines.attachments.model import Attached, Stated, main_text, refused
from pipelines.attachments.package import Package, attribute, child, local, resolved
from pipelines.attachments.printed import Line, Sheet
from pipelines.attachments.stated import describe
from pipelines.extract.lines import tidy
from pipelines.metadata.dates import whole_day

ROOT = "OFD.xml"  # the entry of every OFD package, 7.4
_MOST_PAGES = 5_000
_A4_HEIGHT = 297.0  # mm
_SAME_LINE = 0.5  # of the type's size, by which pieces of one line may differ in height


def read(package: Package) -> Attached:
    """The text of an OFD package.

    Raises:
        Refused: it is broken, encrypted, a bomb, or has no text.
    """
    body = child(package.xml(ROOT), "DocBody")
    place = child(body, "DocRoot")
    if place is None or not place.text:
        raise refused("The OFD file is broken: it names no document.")
    document = resolved(ROOT, place.text.strip())
    sheets = list(_sheets(package, document))
    found = pieces(sheets)
    if not any(character.isalnum() for piece in found for character in piece.text):
        raise refused("The OFD file has no text layer: needs OCR.")
    main = main_text(found, "ofd")
    return Attached(
        kind="ofd", main=main, description=describe(_stated(child(body, "DocInfo")), main)
    )


def _sheets(package: Package, document: str) -> Iterator[Sheet]:
    root = package.xml(document)
    default = _box(child(root, "CommonData", "PageArea", "PhysicalBox"))
    listed = child(root, "Pages")
    pages = [each for each in listed if local(each) == "Page"] if listed is not None else []
    if len(pages) > _MOST_PAGES:
        raise refused(f"The OFD file has {len(pages):,} pages; {_MOST_PAGES:,} is the most.")
    for page in pages:
        name = resolved(document, attribute(page, "BaseLoc") or "")
        content = package.xml(name)
        box = _box(child(content, "Area", "PhysicalBox")) or default
        yield Sheet(height=box[3] if box else _A4_HEIGHT, lines=_lines(content))


def _lines(content: etree._Element) -> list[Line]:
    """The lines of a page: its text objects, those of one height beside each other together."""
    lines: list[Line] = []
    for text in content.iter():
        if local(text) != "TextObject":
            continue
        for line in _texts(text):
            last = lines[-1] if lines else None
            if last and _continues(last, line):
                lines[-1] = _beside(last, line)
            else:
                lines.append(line)
    return lines


def _texts(element: etree._Element) -> Iterator[Line]:
    box = _box(element)
    size = _numbers(attribute(element, "Size"))[:1] or [3.5]  # mm; about 10 points
    if not box:
        return
    matrix = _numbers(attribute(element, "CTM"))  # 8.2; only its scales matter to upright text
    across, down = (abs(matrix[0]) or 1, abs(matrix[3]) or 1) if len(matrix) == 6 else (1.0, 1.0)
    for code in element:
        text = tidy(code.text or "") if local(code) == "TextCode" else ""
        if text:
            x = _numbers(attribute(code, "X"))[:1] or [0.0]
            y = _numbers(attribute(code, "Y"))[:1] or [size[0]]
            steps = _steps(attribute(code, "DeltaX"), len(text) - 1)
            width = sum(steps) + size[0] if steps else (box[2] - x[0]) / across
            left, base = box[0] + across * x[0], box[1] + down * y[0]
            yield Line(
                text=text, left=left, right=left + across * width, top=base - down * size[0],
                bottom=base, size=down * size[0],
            )  # fmt: skip


def _continues(last: Line, line: Line) -> bool:
    low = abs(last.bottom - line.bottom) <= _SAME_LINE * last.size
    return low and line.left >= last.right - last.size


def _beside(last: Line, line: Line) -> Line:
    gap = " " if line.left - last.right > _SAME_LINE * last.size else ""
    return Line(
        text=last.text + gap + line.text, left=last.left, right=line.right, top=min(last.top, line.top),
        bottom=max(last.bottom, line.bottom), size=max(last.size, line.size),
    )  # fmt: skip


def _box(element: etree._Element | None) -> list[float] | None:
    """Left, top, width and height of a box, in mm."""
    if element is None:
        return None
    numbers = _numbers(attribute(element, "Boundary") or element.text)
    return numbers if len(numbers) == 4 else None


def _numbers(text: str | None) -> list[float]:
    try:
        return [float(part) for part in (text or "").split()]
    except ValueError:
        return []


def _steps(text: str | None, most: int) -> list[float]:
    """The distances of the characters; `g 12 3.5` stands for twelve of 3.5, 11.3."""
    found: list[float] = []
    parts = iter((text or "").split())
    try:
        for part in parts:
            if part == "g":
                count = min(most, int(next(parts)))
                found += [float(next(parts))] * count
            else:
                found.append(float(part))
    except (ValueError, StopIteration):
        return []
    return found[: max(0, most)]


def _stated(info: etree._Element | None) -> Stated:
    values = {local(each): (each.text or "").strip() for each in info} if info is not None else {}
    day = whole_day(values.get("CreationDate", "")[:10])
    return Stated(
        title=_found(values.get("Title"), "Title"),
        author=_found(values.get("Author"), "Author"),
        written_at=_found(day, "CreationDate"),
    )


def _found(value: str | None, field: str) -> Found | None:
    return Found(value=value, origin=f"ofd:{field}") if value else None
