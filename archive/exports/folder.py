"""One document as a folder that a person can read without Variorum.

The texts of its versions, every page as it was served and as bytes of a WARC file, and a manifest by which
`sha256sum --check` proves all of it.
"""

import json
import mimetypes
import re
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from archive import files, message
from archive.captures import Body
from archive.errors import Damaged, UnknownKey
from archive.exports.selection import of_documents
from archive.exports.wacz import clean_title
from archive.exports.warcs import to_warc
from archive.records import Capture, Version
from archive.store import Archive

_UNFIT = re.compile(r"[^A-Za-z0-9.-]+")
_ENDINGS = {"text/html": ".html", "text/plain": ".txt", "application/xhtml+xml": ".html"}
MANIFEST = "manifest-sha256.txt"


def to_folder(archive: Archive, key: str, path: Path) -> int:
    """Write the document that the key leads to into a new folder; how many captures it has.

    Raises:
        UnknownKey, AmbiguousKey, ValueError: as for `lookup.by_key`; also ValueError for a folder that is not
            empty.
        NotKept: the disk would not take it.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path} is there already; name a folder that is new or empty.")
    selection = of_documents(archive, (key,))
    document = archive.index.filed(selection.captures[0].id)
    if document is None:
        raise UnknownKey(key)
    files.make_folder(path)
    versions = archive.index.versions(document.document)
    count = 0
    for version in versions:
        count += _version(archive, version, path / _folder_name(version))
    to_warc(archive, selection, path / "captures.warc.gz")
    files.replace(path / "README.txt", _readme(document.document, versions, archive).encode())
    files.replace(path / MANIFEST, _manifest(path).encode())
    return count


def _folder_name(version: Version) -> str:
    return f"version-{version.number:02d}-{version.first_seen:%Y%m%d}-{version.key[:12]}"


def _version(archive: Archive, version: Version, folder: Path) -> int:
    """Write the text of a version and its pages; how many captures it has."""
    files.make_folder(folder)
    files.replace(folder / "text.txt", archive.text(version.text).encode())
    rows: list[dict[str, object]] = []
    for witness in archive.index.witnesses(version.key):
        for capture in witness.captures:
            name = f"{len(rows) + 1:03d}-{_host(capture.url)}"
            rows.append(_capture(archive, capture, folder / name))
    about = {
        "version": version.key,
        "document": version.document,
        "number": version.number,
        "title": version.title,
        "language": version.language,
        "fingerprint": str(version.fingerprint),
        "iscc": version.iscc,
        "first_seen": version.first_seen.isoformat(),
        "last_seen": version.last_seen.isoformat(),
        "captures": rows,
    }
    described = json.dumps(about, ensure_ascii=False, indent=2) + "\n"
    files.replace(folder / "version.json", described.encode())
    return len(rows)


def _host(url: str) -> str:
    return _UNFIT.sub("-", urlsplit(url).hostname or "page")[:60].strip("-.") or "page"


def _capture(archive: Archive, capture: Capture, stem: Path) -> dict[str, object]:
    """Write the page behind a capture, and the head of the answer; a row that describes both."""
    row: dict[str, object] = {
        "capture": capture.id,
        "url": capture.url,
        "captured_at": capture.fetched_at.isoformat(),
        "status": capture.status,
        "media_type": capture.media_type,
        "payload_digest": capture.payload_digest,
        "truncated": capture.truncated,
        "place": asdict(capture.place),
    }
    try:
        body = archive.body(capture)
        head = _head(archive, capture)
    except (Damaged, UnknownKey) as error:  # said here; `verify` has the extent
        return row | {"problem": str(error)}
    page = stem.with_name(stem.name + _ending(body))
    files.replace(page, body.data)
    row |= {"page": page.name, "whole": body.complete}
    if head:
        beside = stem.with_name(stem.name + ".headers.txt")
        files.replace(beside, head)
        row["headers"] = beside.name
    return row


def _head(archive: Archive, capture: Capture) -> bytes:
    """Status line and headers as received; b"" where there are none."""
    if capture.kind == "resource":
        return b""
    block = archive.record(capture.place).block
    return block[: message.parse(block).body_start]


def _ending(body: Body) -> str:
    kind = body.media_type.partition(";")[0].strip().lower()
    return _ENDINGS.get(kind) or mimetypes.guess_extension(kind) or ".bin"


def _readme(document: str, versions: tuple[Version, ...], archive: Archive) -> str:
    lines = [
        clean_title(versions[0].title) or "A document",
        "",
        f"Document {document}, in {len(versions)} version{'s' * (len(versions) != 1)}.",
        "",
    ]
    for version in versions:
        lines.append(f"{_folder_name(version)}/")
        lines.append(f"    {clean_title(version.title) or 'without a title'}")
        lines.append(
            f"    seen from {version.first_seen:%Y-%m-%d} to {version.last_seen:%Y-%m-%d} at"
        )
        seen = archive.index.witnesses(version.key)
        lines += (f"    {witness.url}" for witness in seen)
        lines.append("")
    return "\n".join((*lines, *_EXPLAINED, ""))


_EXPLAINED = (
    "text.txt       the main text, UTF-8",
    "version.json   what is known about the version and each of its captures",
    "NNN-host.*     a page as its server sent it, with transfer and content coding undone",
    "NNN-host.headers.txt   the head of that answer, as received",
    "captures.warc.gz       the same captures, requests and readings as WARC records (ISO 28500)",
    "",
    f"To prove that nothing has changed: sha256sum --check {MANIFEST}",
)


def _manifest(path: Path) -> str:
    """The digest of every file, in the form of sha256sum, sorted by name."""
    found = sorted(each for each in path.rglob("*") if each.is_file() and each.name != MANIFEST)
    return "".join(f"{files.sha256(each)}  {each.relative_to(path).as_posix()}\n" for each in found)
