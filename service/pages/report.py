"""The witness report of a work: from the archive to the object behind page, JSON, HTML and TEI."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import msgspec

from archive.errors import ArchiveError, Damaged, UnknownKey
from archive.kept_reports import KeptReports
from archive.records import Capture, Found, Reading
from archive.store import Archive
from archive.works import Work
from pipelines import decode, page
from pipelines.errors import Refused
from pipelines.report import (
    Identity,
    PageLink,
    Report,
    WitnessReport,
    WitnessText,
    report,
)
from pipelines.report.kept import Kept, digest, once
from pipelines.report.links import page_links
from service.pages.works import documents, original, work_named

MOST = 500  # witnesses of one report: the earliest ones of each version

View = dict[str, Any]


def report_page(archive: Archive, key: str) -> Report:
    """The report on all witnesses of the work that a key of it, of a document or a version names.

    Reports on translations are kept in the archive folder, so that they are made once.

    Raises:
        UnknownKey, AmbiguousKey, ValueError: as for `archive.lookup.by_key`.
    """
    work = archive.index.work(work_named(archive, key))
    language = original(documents(archive, work)).language
    with ExitStack() as stack:
        kept: Kept = {}
        with suppress(ArchiveError):  # without the file, reports are made each time
            kept = KeptReports(archive.path)
            stack.callback(kept.close)
        witnesses = tuple(_witnesses(archive, work, kept))
        if not witnesses:
            raise UnknownKey(key)
        return report(work.key, witnesses, language, kept)


def _witnesses(archive: Archive, work: Work, kept: Kept) -> Iterator[WitnessText]:
    """Every address of every version, with the text that was read from its first capture there."""
    left = MOST
    for document in work.documents:
        for version in archive.index.versions(document):
            for witness in archive.index.witnesses(version.key):
                filed = archive.index.filed(witness.captures[0].id)
                if filed is None or not left:
                    continue
                left -= 1
                reading = archive.reading(filed.entry.record, filed.entry.text)
                text = _text(witness.captures[0], reading, (document, version.key))
                yield replace(text, links=_links(archive, witness.captures[0], reading, kept))


def _text(capture: Capture, reading: Reading, keys: tuple[str, str]) -> WitnessText:
    said = reading.description
    return WitnessText(
        identity=Identity(
            url=capture.url,
            document=keys[0],
            version=keys[1],
            capture=capture.id,
            language=reading.language.tag,
            title=_value(said.title),
            publisher=_value(said.publisher),
            source=_value(said.source),
            published_at=_value(said.published_at),
            seen_at=capture.fetched_at.isoformat(),
        ),
        text=reading.text,
        repairs=reading.repairs,
    )


def _value(found: Found | None) -> str | None:
    return found.value if found else None


def _links(
    archive: Archive, capture: Capture, reading: Reading, kept: Kept
) -> tuple[PageLink, ...]:
    """The links inside the sentences of an HTML page; none of another file, or one that is damaged."""
    if "html" not in capture.media_type:
        return ()
    key = digest("links", (capture.entity_digest, capture.url, reading.encoding, reading.text))
    with suppress(Refused, Damaged, UnknownKey):
        return once(kept, key, tuple[PageLink, ...], lambda: _links_of(archive, capture, reading))
    return ()


def _links_of(archive: Archive, capture: Capture, reading: Reading) -> tuple[PageLink, ...]:
    decoded = decode.decode(archive.body(capture).data, reading.encoding)
    return page_links(page.parse(decoded, capture.url).tree, reading.text)


def view(made: Report) -> View:
    """The report as `--json` gives it: names that programs rely on, and what is known beside them."""
    return {
        "work": made.work,
        "base": {
            "version": made.base.identity.version,
            "title": made.base.identity.title,
            "url": made.base.identity.url,
            "capture": made.base.identity.capture,
            "language": made.base.identity.language,
            "because": made.base.because,
            "sections": [
                {"id": unit.path, "label": unit.label, "span": list(unit.span)}
                for unit in made.base.units
            ],
            "apparatus": msgspec.to_builtins(made.base.apparatus),
        },
        "witnesses": [_witness(each) for each in made.witnesses],
        "descent": [
            {
                "from": edge.source,
                "to": edge.target,
                "p": edge.p,
                "test": edge.test,
                "evidence": edge.evidence,
            }
            for edge in made.descent
        ],
        "undecided": list(made.undecided),
        "recipe": made.recipe,
    }


def _witness(each: WitnessReport) -> View:
    known: View = msgspec.to_builtins(each)
    return {**known.pop("identity"), **known}
