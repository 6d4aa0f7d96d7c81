"""Plain functions that run the product's own stages, for measuring scripts to call."""

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from archive.records import Capture, Found, Relation, Resource
from archive.store import Archive
from pipelines import language
from pipelines.decode import decode
from pipelines.direct import process
from pipelines.extract import extract as main_text
from pipelines.metadata import describe
from pipelines.normal_form import normalise
from pipelines.page import parse
from pipelines.relate import relate as judge


def extract(html: bytes, url: str | None = None) -> dict[str, str | None]:
    """Main text and what the page says about itself; what it does not say is None."""
    page = parse(decode(html), url)
    main = main_text(page)
    described = describe(page, main)
    return {
        "text": main.text,
        "title": _value(described.title),
        "author": _value(described.author),
        "date": (_value(described.published_at) or "")[:10] or None,
        "sitename": _value(described.publisher),
    }


def _value(found: Found | None) -> str | None:
    return found.value if found else None


def detect(text: str) -> tuple[str, float]:
    """The BCP 47 tag of `text` and the confidence in it, 0..1."""
    found = language.detect(text)
    return found.tag, found.confidence


def relate(a: str, b: str) -> str:
    """What `b` is to `a`: "same", "version", "excerpt" or "different"."""
    return judge(normalise(a), normalise(b)).relation


def archive_texts(texts: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str, str]]:
    """Document key, version key and relation of each (id, text), filed in order in a fresh archive.

    For an excerpt the document is the one that contains it.
    """
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        captures = {}
        with archive.batch():
            for number, (name, text) in enumerate(texts):
                captures[name] = _kept(archive, f"https://text{number}.example/", text)
                process(archive, captures[name])
        return {name: _filed(archive, capture) for name, capture in captures.items()}


def _kept(archive: Archive, url: str, text: str) -> Capture:
    body = text.encode("utf-8", "replace")
    media_type = "text/plain; charset=utf-8"
    return archive.keep(
        Resource(url=url, fetched_at=datetime.now(UTC), media_type=media_type, body=body)
    )


def _filed(archive: Archive, capture: Capture) -> tuple[str, str, str]:
    filed = archive.index.filed(capture.id)
    if filed is None:
        return "", "", "refused"
    container = _container(archive, filed.document)
    relation = "excerpt" if container != filed.document else filed.relation
    return container, filed.version, relation


def _container(archive: Archive, document: str) -> str:
    """The document that contains this one and is contained in no other; itself when none does."""
    seen = {document}
    while True:
        own = {version.key for version in archive.index.versions(document)}
        targets = [
            archive.index.version(link.target).document
            for link in archive.index.links(document)
            if link.relation is Relation.EXCERPT and link.source in own
        ]
        outer = [target for target in targets if target not in seen]
        if not outer:
            return document
        document = outer[0]
        seen.add(document)
