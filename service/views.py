"""What commands answer, in the forms that docs and other programs rely on.

Each function makes plain dictionaries out of the archive's nouns: the same that `--json` prints and that
the terminal tables are drawn from.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from archive.imports import ImportReport
from archive.index import Filed, Outcome
from archive.lookup import Match
from archive.problems import Problem
from archive.records import Relation
from archive.store import Archive
from service.pages.document import document_page
from service.pages.parts import container, match_view

View = dict[str, Any]


def result(archive: Archive, url: str, outcome: Outcome) -> View:
    """A Result: what became of a page that was submitted, ingested or imported."""
    capture, filed, refusal = outcome.capture, outcome.filed, outcome.refusal
    refused = refusal is not None and refusal.stage == "fetch"
    view = _result(url, "refused" if refused else "archived")
    view |= {"capture": capture.id, "truncated": capture.truncated}
    if refusal:
        view["reason"] = refusal.reason
    if filed:
        view |= {
            "document": filed.document,
            "version": filed.version,
            "relation": filed.relation,
            "of": container(archive, filed.document),
            "language": filed.entry.language,
            "title": filed.entry.title,
            "because": because(archive, filed),
            "also_at": [
                witness.url
                for witness in archive.index.witnesses(filed.version)
                if witness.url != capture.url
            ],
        }
    return view


def because(archive: Archive, filed: Filed) -> str:
    """One line: why the reading was filed where it is."""
    filing = archive.filing(filed.entry.record)
    if filing.links:
        return filing.links[0].evidence.because
    return "" if filing.relation is Relation.NEW else "Its normal form is the same."


def failure(url: str, status: str, reason: str) -> View:
    """A Result for an address from which nothing could be kept."""
    return _result(url, status) | {"reason": reason}


def _result(url: str, status: str) -> View:
    return {"url": url, "status": status, **dict.fromkeys(_RESULT)}


_RESULT = (
    "reason", "capture", "document", "version", "relation", "of", "language", "title", "truncated"
)  # fmt: skip


def document(archive: Archive, key: str) -> View:
    """The answer to `show`: a document, its versions with their witnesses, and what is linked to it."""
    return _plain(document_page(archive, key))


def match(archive: Archive, match: Match) -> View:
    """A Match: a version that fits what was looked up, and why."""
    return _plain(match_view(archive, match))


def _plain(page: Any) -> View:
    view: View = msgspec.json.decode(msgspec.json.encode(page))
    return view


def rfc3339(moment: datetime) -> str:
    """The moment in UTC, to the second or as fine as it is known."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def problem(problem: Problem) -> View:
    """A Problem with an archive or a file."""
    return {
        "code": problem.code,
        "path": problem.path,
        "offset": problem.offset,
        "message": problem.message,
    }


def import_report(report: ImportReport) -> View:
    """What one WARC file held, and what was wrong with it."""
    return {
        "path": report.path,
        "records": report.records,
        "captures": report.captures,
        "new": report.kept,
        "problems": [problem(each) for each in report.problems],
    }
