"""DOCX, and its macro and template twins, to text: ECMA-376 part 1 (WordprocessingML).

Read from the XML itself: python-docx's paragraphs lack what stands in content controls and tracked
insertions, and the numbers of headings and lists, which are counted and not written.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from archive.records import Found
from pipelines.attachments.model import Attached, Piece, Stated, main_text, refused
from pipelines.attachments.numbering import Numbers
from pipelines.attachments.package import Package, attribute, child, local, resolved
from pipelines.attachments.stated import describe
from pipelines.extract.lines import Kind, tidy

_DEFAULT = "word/document.xml"
_ROW_CHARACTERS = 2000  # as in pipelines.extract: a longer row is a page laid out as a table
_LEAVES = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_UNREAD = frozenset((  # deleted text, the other half of an alternative, glosses, fields, properties
    "del", "moveFrom", "Fallback", "rt", "instrText", "delText", "pPr", "rPr", "tblPr", "trPr", "tcPr",
    "sdtPr", "sdtEndPr", "sectPr",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    level: int  # of a heading, 1-6; 0 for none
    numbered: tuple[str, int] | None  # list and level


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    styles: dict[str, _Style]
    numbers: Numbers


def main_part(package: Package) -> str:
    """The name of the part that holds the text."""
    if "_rels/.rels" in package:
        for relation in package.xml("_rels/.rels"):
            if (attribute(relation, "Type") or "").endswith("/officeDocument"):
                return resolved("", attribute(relation, "Target") or "")
    return _DEFAULT


def read(package: Package, part: str) -> Attached:
    """The text of the document whose text is in `part`.

    Raises:
        Refused: it is broken, a bomb, or has no text.
    """
    root = package.xml(part)
    body = child(root, "body")
    if body is None:
        raise refused(f"The file is broken: its part {part[:200]} holds no text.")
    related = _related(package, part)
    reader = _Reader(
        styles=_styles(_optional(package, related.get("styles"))),
        numbers=Numbers(_optional(package, related.get("numbering"))),
    )
    main = main_text(list(_pieces(body, reader)), "docx")
    return Attached(kind="docx", main=main, description=describe(_stated(package), main))


def _related(package: Package, part: str) -> dict[str, str]:
    folder, _, name = part.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels".lstrip("/")
    if relations not in package:
        return {}
    return {
        (attribute(each, "Type") or "").rpartition("/")[2]: resolved(
            part, attribute(each, "Target") or ""
        )
        for each in package.xml(relations)
    }


def _optional(package: Package, part: str | None) -> etree._Element | None:
    return package.xml(part) if part and part in package else None


def _styles(root: etree._Element | None) -> dict[str, _Style]:
    elements = {}
    for each in root if root is not None else ():
        if local(each) == "style" and (name := attribute(each, "styleId")):
            elements[name] = each
    return {name: _style(name, elements) for name in elements}


def _style(style: str, elements: dict[str, etree._Element]) -> _Style:
    level, numbered = 0, None
    seen: set[str] = set()
    at: str | None = style
    while at in elements and at not in seen:  # a style may, by mistake, be based on itself
        seen.add(at)
        element = elements[at]
        properties = child(element, "pPr")
        name = (_value(element, "name") or "").lower()
        level = level or _heading_level(name) or _outline(properties)
        numbered = numbered or _numbered(properties)
        at = _value(element, "basedOn")
    return _Style(level=level, numbered=numbered)


def _heading_level(name: str) -> int:
    if name == "title":
        return 1
    digit = name.removeprefix("heading ")
    return min(6, int(digit)) if digit in set("123456789") else 0


def _outline(properties: etree._Element | None) -> int:
    value = _value(properties, "outlineLvl")
    return min(6, int(value) + 1) if value in set("012345678") and value else 0


def _numbered(properties: etree._Element | None) -> tuple[str, int] | None:
    found = child(properties, "numPr")
    if found is None:
        return None
    level = _value(found, "ilvl") or "0"
    return _value(found, "numId") or "0", int(level) if level in set("012345678") else 0


def _value(element: etree._Element | None, name: str) -> str | None:
    found = child(element, name)
    return attribute(found, "val") if found is not None else None


def _pieces(container: etree._Element, reader: _Reader) -> Iterator[Piece]:
    """The blocks of a body, a cell or a text box."""
    for element in container:
        name = local(element)
        if name == "p":
            yield from _paragraph(element, reader)
        elif name == "tbl":
            yield from _table(element, reader)
        elif name not in _UNREAD:
            yield from _pieces(element, reader)  # content controls, insertions, custom markup


def _paragraph(element: etree._Element, reader: _Reader) -> Iterator[Piece]:
    properties = child(element, "pPr")
    style = reader.styles.get(_value(properties, "pStyle") or "")
    level = _outline(properties) or (style.level if style else 0)
    numbered = _numbered(properties) or (style.numbered if style else None)
    boxes: list[etree._Element] = []
    text = "".join(_text(element, boxes))
    if not text.isspace() and text:
        label = reader.numbers.label(*numbered) if numbered else ""
        listed = numbered is not None and numbered[0] != "0"
        for line in filter(None, (tidy(line) for line in f"{label}{text}".split("\n"))):
            kind: Kind = "heading" if level else "item" if listed else "paragraph"
            yield Piece(text=line, kind=kind, level=level)
    for box in boxes:
        yield from _pieces(box, reader)


def _text(element: etree._Element, boxes: list[etree._Element]) -> Iterator[str]:
    """The text of a paragraph as printed; text boxes in it go to `boxes`."""
    for below in element:
        name = local(below)
        if name == "t":
            yield below.text or ""
        elif name in _LEAVES:
            if name != "br" or attribute(below, "type") in {None, "textWrapping"}:
                yield _LEAVES[name]
        elif name == "txbxContent":
            boxes.append(below)
        elif name == "r" and _hidden(below):
            continue
        elif name not in _UNREAD:
            yield from _text(below, boxes)


def _hidden(run: etree._Element) -> bool:
    vanish = child(run, "rPr", "vanish")
    return vanish is not None and attribute(vanish, "val") not in {"0", "false", "off"}


def _table(table: etree._Element, reader: _Reader) -> Iterator[Piece]:
    for row in _rows(table):
        cells = [list(_pieces(cell, reader)) for cell in _cells(row)]
        texts = [" ".join(piece.text for piece in cell) for cell in cells]
        line = "\t".join(filter(None, texts))
        if "\t" in line and len(line) <= _ROW_CHARACTERS:
            yield Piece(text=line, kind="row")
        else:
            for cell in cells:
                yield from cell


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    return _below(table, "tr")


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    return _below(row, "tc")


def _below(element: etree._Element, wanted: str) -> Iterator[etree._Element]:
    """The rows of a table or the cells of a row, also those in content controls and insertions."""
    for below in element:
        name = local(below)
        if name == wanted:
            yield below
        elif name in {"sdt", "sdtContent", "ins", "customXml", "moveTo"}:
            yield from _below(below, wanted)


def _stated(package: Package) -> Stated:
    core = _optional(package, "docProps/core.xml")
    if core is None:
        return Stated()
    values = {local(each): (each.text or "").strip() for each in core}
    # Not `created`: that is the day on which the first draft or its template was begun.
    saved = values.get("modified", "")
    return Stated(
        title=_found(values.get("title"), "title"),
        author=_found(values.get("creator"), "creator"),
        written_at=_found(saved if saved[:2] in {"19", "20"} else None, "modified"),
    )


def _found(value: str | None, field: str) -> Found | None:
    return Found(value=value, origin=f"docx:{field}") if value else None
