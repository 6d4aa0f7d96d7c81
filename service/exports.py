"""A report in the forms in which it is cited and handed on: JSON, HTML, TEI, or all with the texts."""

import io
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from archive.errors import UnknownKey
from archive.store import Archive
from pipelines.report import Report
from pipelines.report.tei import tei
from service import report_file
from service.pages.report import view

Form = Literal["json", "html", "tei", "zip"]
FORMS: tuple[Form, ...] = ("json", "html", "tei", "zip")
_TYPES = {
    "json": ("application/json", "json"),
    "html": ("text/html; charset=utf-8", "html"),
    "tei": ("application/tei+xml", "tei.xml"),
    "zip": ("application/zip", "zip"),
}
# The time of every file in a folder: the same report, the same bytes.
_STILL = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A report as a file."""

    name: str  # for saving it
    media_type: str
    body: bytes


def export(archive: Archive, made: Report, form: Form) -> Exported:
    """The report in that form; the same report gives the same bytes."""
    media_type, ending = _TYPES[form]
    return Exported(
        name=f"variorum-{made.work[:16]}.{ending}",
        media_type=media_type,
        body=_folder(archive, made) if form == "zip" else _alone(made, form),
    )


def _alone(made: Report, form: Form) -> bytes:
    if form == "tei":
        return tei(made)
    if form == "html":
        return report_file.html(made).encode()
    return msgspec.json.encode(view(made))


def _folder(archive: Archive, made: Report) -> bytes:
    """The report in every form, the base as it is read, and the main text of each witness."""
    files = {"report.json": _alone(made, "json"), "report.html": _alone(made, "html")}
    files |= {"report.tei.xml": _alone(made, "tei"), "base.txt": made.base.emended.encode()}
    rows = ["file\tlanguage\tpublished\tseen\tcapture\tversion\taddress"]
    for number, each in enumerate(made.witnesses, start=1):
        who = each.identity
        host = "".join(c if c.isalnum() or c in ".-" else "_" for c in _host(who.url))[:60]
        name = f"texts/{number:03}-{who.language}-{host}.txt"
        files[name] = _text(archive, who.capture).encode("utf-8", "replace")
        row = (name, who.language, who.published_at, who.seen_at, who.capture, who.version, who.url)
        rows.append("\t".join(" ".join((part or "").split()) for part in row))
    files["witnesses.tsv"] = ("\n".join(rows) + "\n").encode()
    sums = (f"{sha256(body).hexdigest()}  {name}\n" for name, body in sorted(files.items()))
    files["sha256sum.txt"] = "".join(sums).encode()
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, body in sorted(files.items()):
            folder.writestr(zipfile.ZipInfo(name, _STILL), body, zipfile.ZIP_DEFLATED)
    return made_of.getvalue()


def _host(url: str) -> str:
    return urlsplit(url).hostname or "local"


def _text(archive: Archive, capture: str) -> str:
    """The main text that was read from a capture: spans of the report count its characters."""
    filed = archive.index.filed(capture)
    if filed is None:
        raise UnknownKey(capture)
    return archive.reading(filed.entry.record, filed.entry.text).text
