"""Exports as WACZ 1.1.1 (Webrecorder, 2021): a ZIP with the WARC, its index and its pages.

Everything that is read by range is stored without compression, as the specification asks.
"""

import hashlib
import json
import string
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote

from archive.exports.cdxj import Line, sorted_lines
from archive.exports.output import WarcCopy, fresh
from archive.exports.selection import Selection, records
from archive.records import Capture, Version
from archive.store import Archive

_TITLE_LIMIT = 500  # characters; the rest of a title is no title


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """A file in the package."""

    path: str
    digest: str  # SHA-256, 64 hex digits
    size: int  # bytes


def to_wacz(archive: Archive, selection: Selection | None, path: Path) -> int:
    """Write the records of the selection, or of the whole archive, as a WACZ; how many are captures.

    Raises:
        NotKept: the disk would not take it.
    """
    pages = list(_pages(archive, selection))
    with (
        fresh(path) as handle,
        zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED, allowZip64=True) as package,
    ):
        copies = list(_warcs(archive, selection, package))
        lines = [_as_browsers_ask(line) for copy in copies for line in copy.lines]
        resources = [
            *(_Resource(path=f"archive/{c.name}", digest=c.digest, size=c.size) for c in copies),
            _file(package, "indexes/index.cdx", sorted_lines(lines)),
            _file(package, "pages/pages.jsonl", _lines(pages)),
        ]
        described = json.dumps(_description(pages, resources), ensure_ascii=False, indent=2)
        whole = _file(package, "datapackage.json", described.encode())
        signed = {"path": whole.path, "hash": f"sha256:{whole.digest}"}
        _file(package, "datapackage-digest.json", json.dumps(signed, indent=2).encode())
    return len(lines)


def _warcs(
    archive: Archive, selection: Selection | None, package: zipfile.ZipFile
) -> Iterator[WarcCopy]:
    """A WARC file in the package for each file of the archive that something is taken from.

    So none is so large that its header in the ZIP gets fields that the directory does not repeat: replay in
    browsers works out from the directory where the bytes begin.
    """
    for name, group in groupby(records(archive, selection), key=itemgetter(0)):
        bare = name.rpartition("/")[2]
        with package.open(_entry(f"archive/{bare}"), "w") as target:
            copy = WarcCopy(target, bare)
            copy.begin()
            for _, taken in group:
                if taken.record.type != "warcinfo":  # that of the other file
                    copy.add(taken)
        yield copy


def _file(package: zipfile.ZipFile, name: str, data: bytes) -> _Resource:
    package.writestr(_entry(name), data)
    return _Resource(path=name, digest=hashlib.sha256(data).hexdigest(), size=len(data))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.gmtime()[:6])
    entry.external_attr = 0o644 << 16
    return entry


def _pages(archive: Archive, selection: Selection | None) -> Iterator[dict[str, str]]:
    """A row for each capture of a version: what a reader of the package can open."""
    wanted = None if selection is None else {capture.id for capture in selection.captures}
    for version in archive.index.all_versions():
        for witness in archive.index.witnesses(version.key):
            for capture in witness.captures:
                if wanted is None or capture.id in wanted:
                    yield _page(capture, version)


def _page(capture: Capture, version: Version) -> dict[str, str]:
    return {
        "id": capture.id,
        "url": _ascii(capture.url),
        "ts": capture.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "title": clean_title(version.title) or capture.url,
    }


def _as_browsers_ask(line: Line) -> Line:
    """The line with its address as a browser sends it: replay in browsers looks for exactly that."""
    return replace(line, values=line.values | {"url": _ascii(line.values["url"])})


def _ascii(url: str) -> str:
    return quote(url, safe=string.printable.strip())


def clean_title(title: str | None) -> str:
    """The title as one short line without control characters or halves of surrogate pairs."""
    whole = (title or "").encode("utf-8", "replace").decode()
    kept = "".join(letter if letter.isprintable() else " " for letter in whole)
    return " ".join(kept.split())[:_TITLE_LIMIT]


def _lines(pages: list[dict[str, str]]) -> bytes:
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    rows = (json.dumps(row, ensure_ascii=False) for row in (head, *pages))
    return "".join(f"{row}\n" for row in rows).encode()


def _description(pages: list[dict[str, str]], resources: list[_Resource]) -> dict[str, object]:
    """What stands in datapackage.json."""
    described: dict[str, object] = {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "software": "Variorum",
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "title": pages[0]["title"] if len(pages) == 1 else "Pages of a Variorum archive",
        "resources": [
            {
                # As the specification of packages has it.
                "name": each.path.rpartition("/")[2].lower(),
                "path": each.path,
                "hash": f"sha256:{each.digest}",
                "bytes": each.size,
            }
            for each in resources
        ],
    }
    if pages:
        described |= {"mainPageURL": pages[0]["url"], "mainPageDate": pages[0]["ts"]}
    return described
