"""The base with its critical apparatus as TEI XML (TEI P5, chapter 12: parallel segmentation).

Each section is a `div`. Where witnesses in the base's language differ within a section, an `app` stands in
the text with the base's words as `lem` and theirs as `rdg`; what overlaps, stands between sections or is
told of a translation follows in a `listApp` behind the text. Elements used: those in `ELEMENTS`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import cast
from urllib.parse import quote

from lxml import etree

from pipelines.report.base import as_archived, same_language
from pipelines.report.model import Event, Report, Span, WitnessReport

NAMESPACE = "http://www.tei-c.org/ns/1.0"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# What `when` and `target` may hold: W3C dates, and addresses without spaces (TEI P5, teidata.temporal.w3c).
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?")
_ADDRESS = "%:/?#[]@!$&'()*+,;=~-._"
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Each element with those that may stand directly in it.
ELEMENTS: dict[str, frozenset[str]] = {
    "TEI": frozenset({"teiHeader", "text"}),
    "teiHeader": frozenset({"fileDesc", "encodingDesc"}),
    "fileDesc": frozenset({"titleStmt", "publicationStmt", "sourceDesc"}),
    "titleStmt": frozenset({"title"}),
    "publicationStmt": frozenset({"p"}),
    "sourceDesc": frozenset({"listWit"}),
    "listWit": frozenset({"witness"}),
    "witness": frozenset({"ref", "date", "note"}),
    "encodingDesc": frozenset({"variantEncoding", "editorialDecl"}),
    "editorialDecl": frozenset({"p"}),
    "text": frozenset({"body", "back"}),
    "body": frozenset({"div"}),
    "back": frozenset({"div"}),
    "div": frozenset({"head", "p", "listApp"}),
    "head": frozenset({"app", "supplied"}),
    "p": frozenset({"app", "supplied"}),
    "listApp": frozenset({"app"}),
    "app": frozenset({"lem", "rdg", "note"}),
    **dict.fromkeys(
        ("title", "ref", "date", "note", "lem", "rdg", "variantEncoding", "supplied"), frozenset()
    ),
}


def tei(report: Report) -> bytes:
    """The document, UTF-8 with its declaration."""
    spaces = cast(dict[str, str], {None: NAMESPACE})  # no prefix: the stubs know of none
    root = etree.Element(f"{{{NAMESPACE}}}TEI", nsmap=spaces)
    ids = {each.identity.capture: f"w{n}" for n, each in enumerate(report.witnesses, start=1)}
    _header(_add(root, "teiHeader"), report, ids)
    text = _add(root, "text")
    text.set(_XML_LANG, report.base.identity.language)
    inline, listed = _readings(report)
    _body(_add(text, "body"), report, ids, inline)
    back = _add(_add(text, "back"), "div")
    _add(back, "head").text = "Apparatus of translations and of passages that overlap"
    entries = _add(back, "listApp")
    for witness, event in listed:
        _entry(entries, ids[witness.identity.capture], event)
    if not len(entries):
        back.remove(entries)
        _add(back, "p").text = "None."
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=False))


def _add(parent: "etree._Element", name: str, **attributes: str) -> "etree._Element":
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for key, value in attributes.items():
        child.set(key, _legal(value))
    return child


def _legal(said: str) -> str:
    """The text without what XML cannot hold."""
    return _ILLEGAL.sub("\ufffd", said)


def _header(header: "etree._Element", report: Report, ids: dict[str, str]) -> None:
    described = _add(header, "fileDesc")
    _add(_add(described, "titleStmt"), "title").text = _legal(
        report.base.identity.title or report.work
    )
    statement = _add(_add(described, "publicationStmt"), "p")
    statement.text = (
        f"Witness report on the work {report.work}, made by Variorum ({report.recipe})."
    )
    witnesses = _add(_add(described, "sourceDesc"), "listWit")
    for each in report.witnesses:
        entry = _add(witnesses, "witness")
        entry.set(_XML_ID, ids[each.identity.capture])
        entry.set(_XML_LANG, each.identity.language)
        address = quote(each.identity.url, safe=_ADDRESS)
        _add(entry, "ref", target=address).text = _legal(each.identity.title or each.identity.url)
        if each.identity.published_at:
            dated = _add(entry, "date")
            dated.text = _legal(each.identity.published_at)
            if _DATE.fullmatch(each.identity.published_at):
                dated.set("when", each.identity.published_at)
        _add(entry, "note").text = f"Has {each.coverage:.1%} of the text. {each.caution}".strip()
    encoding = _add(header, "encodingDesc")
    _add(encoding, "variantEncoding", method="parallel-segmentation", location="internal")
    declared = _add(_add(encoding, "editorialDecl"), "p")
    declared.text = _legal(report.base.because)


def _readings(
    report: Report,
) -> tuple[list[tuple[Span, list[tuple[WitnessReport, Event]]]], list[tuple[WitnessReport, Event]]]:
    """Events that can stand in the text, by their place in the base, none overlapping; and the others."""
    placed: dict[Span, list[tuple[WitnessReport, Event]]] = defaultdict(list)
    listed: list[tuple[WitnessReport, Event]] = []
    for witness in report.witnesses:
        own = same_language(witness.identity.language, report.base.identity.language)
        for event in witness.events:
            if own and event.base_span and event.type not in {"injected", "duplicated", "markup"}:
                placed[event.base_span].append((witness, event))
            else:
                listed.append((witness, event))
    kept: list[tuple[Span, list[tuple[WitnessReport, Event]]]] = []
    ends = [as_archived(unit.span[1], report.base.apparatus) for unit in report.base.units]
    last = -1
    for span in sorted(placed, key=lambda each: (each[0], -each[1])):
        within = not any(span[0] < end < span[1] for end in ends)
        if span[0] >= last and span[0] < span[1] and within:
            kept.append((span, placed[span]))
            last = span[1]
        else:
            listed += placed[span]
    return kept, listed


def _body(
    body: "etree._Element",
    report: Report,
    ids: dict[str, str],
    inline: Sequence[tuple[Span, list[tuple[WitnessReport, Event]]]],
) -> None:
    base = report.base
    for unit in base.units:
        section = _add(body, "div", n=unit.path)
        start, end = (as_archived(place, base.apparatus) for place in unit.span)
        block = _add(section, "p")
        at = start
        for piece in _pieces(report, inline, (start, end)):
            first = piece[0][0] if isinstance(piece, tuple) else piece
            _say(block, base.text[at:first])
            at = first
            if isinstance(piece, tuple):
                _app(block, base.text[slice(*piece[0])], piece[1], ids)
                at = piece[0][1]
            else:
                lost = next(each for each in base.apparatus if each.at == piece)
                _add(block, "supplied", reason="lost").text = _legal(lost.text)
        _say(block, base.text[at:end])


def _pieces(
    report: Report,
    inline: Sequence[tuple[Span, list[tuple[WitnessReport, Event]]]],
    within: Span,
) -> Iterator[tuple[Span, list[tuple[WitnessReport, Event]]] | int]:
    """What interrupts the text of a section, in order: a place with other readings, or an emendation."""
    found: list[tuple[int, tuple[Span, list[tuple[WitnessReport, Event]]] | int]] = [
        (entry[0][0], entry)
        for entry in inline
        if within[0] <= entry[0][0] and entry[0][1] <= within[1]
    ]
    spans = [entry[0] for entry in inline]
    for lost in report.base.apparatus:
        inside = any(start < lost.at < end for start, end in spans)
        if within[0] <= lost.at < within[1] and not inside:
            found.append((lost.at, lost.at))
    found.sort(key=lambda each: (each[0], not isinstance(each[1], int)))
    yield from (piece for _, piece in found)


def _say(block: "etree._Element", said: str) -> None:
    """Append text behind whatever stands last in the block."""
    if len(block):
        block[-1].tail = (block[-1].tail or "") + _legal(said)
    else:
        block.text = (block.text or "") + _legal(said)


def _app(
    block: "etree._Element",
    said: str,
    readings: Sequence[tuple[WitnessReport, Event]],
    ids: dict[str, str],
) -> None:
    entry = _add(block, "app")
    _add(entry, "lem").text = _legal(said)
    for witness, event in readings:
        reading = _add(entry, "rdg", wit=f"#{ids[witness.identity.capture]}", type=event.type)
        reading.text = _legal(event.text)


def _entry(entries: "etree._Element", identifier: str, event: Event) -> None:
    """One entry of the list: what the base has, what the witness has, and why that is told."""
    entry = _add(entries, "app")
    if event.section:
        entry.set("n", event.section)
    if event.base_text:
        _add(entry, "lem").text = _legal(event.base_text)
    reading = _add(
        entry, "rdg", wit=f"#{identifier}", type=event.type, cert="high" if event.certain else "low"
    )
    reading.text = _legal(event.text)
    if event.note:
        _add(entry, "note").text = _legal(event.note)
