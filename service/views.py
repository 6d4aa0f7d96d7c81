"""What commands answer, in the forms that docs and other programs rely on.

Each function makes plain dictionaries out of the archive's nouns: the same that `--json` prints and that
the terminal tables are drawn from.
"""

from datetime import UTC, datetime
from typing import Any

from archive.blinks import is_blink
from archive.imports import ImportReport
from archive.index import Filed, Outcome
from archive.lookup import Match
from archive.problems import Problem
from archive.records import Capture, Evidence, Link, Relation, Version, Witness
from archive.store import Archive

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


def container(archive: Archive, document: str) -> str | None:
    """The document that contains this one, if it is an excerpt: the one it is most of."""
    best: Link | None = None
    for link in archive.index.links(document):
        source = archive.index.version(link.source)
        if link.relation is Relation.EXCERPT and source.document == document:
            best = link if best is None or link.score > best.score else best
    return archive.index.version(best.target).document if best else None


def document(archive: Archive, key: str) -> View:
    """The answer to `show`: a document, its versions with their witnesses, and what is linked to it."""
    found = archive.index.document(key)
    return {
        "document": found.key,
        "language": found.language,
        "work": found.work,
        "versions": [version(archive, each) for each in archive.index.versions(found.key)],
        "related": related(archive, found.key),
    }


def version(archive: Archive, version: Version) -> View:
    """One version in the answer to `show`."""
    return {
        "version": version.key,
        "number": version.number,
        "fingerprint": str(version.fingerprint),
        "iscc": version.iscc,
        "iscc_form": version.iscc_form,
        "first_seen": rfc3339(version.first_seen),
        "last_seen": rfc3339(version.last_seen),
        "language": version.language,
        "title": version.title,
        "witnesses": [witness(archive, each) for each in archive.index.witnesses(version.key)],
        "copies": copies(archive, version),
    }


def copies(archive: Archive, version: Version) -> list[View]:
    """Texts that joined the version although their normal forms differ, and why."""
    return [
        {"text": link.source, "score": round(link.score, 4), "evidence": evidence(link.evidence)}
        for link in archive.index.links(version.document)
        if link.relation is Relation.SAME and link.target == version.key
    ]


def related(archive: Archive, document: str) -> list[View]:
    """The other documents that this one is linked to, each with the strongest link."""
    strongest: dict[tuple[str, str], View] = {}
    for link in archive.index.links(document):
        source, target = archive.index.version(link.source), archive.index.version(link.target)
        if source.document == target.document:
            continue
        outward = source.document == document
        other = target if outward else source
        relation = link.relation if outward else _INVERSE.get(link.relation, link.relation)
        known = strongest.get((other.document, relation))
        if known is None or link.score > known["score"]:
            strongest[other.document, relation] = {
                "document": other.document,
                "title": other.title,
                "relation": str(relation),
                "score": round(link.score, 4),
                "evidence": evidence(link.evidence),
            }
    return list(strongest.values())


_INVERSE = {Relation.EXCERPT: "contains"}


def match(archive: Archive, match: Match) -> View:
    """A Match: a version that fits what was looked up, and why."""
    return {
        "document": match.version.document,
        "version": match.version.key,
        "number": match.version.number,
        "relation": match.relation,
        "score": round(match.score, 4),
        "evidence": evidence(match.evidence),
        "title": match.version.title,
        "language": match.version.language,
        "first_seen": rfc3339(match.version.first_seen),
        "last_seen": rfc3339(match.version.last_seen),
        "witnesses": [
            witness(archive, each) for each in archive.index.witnesses(match.version.key)
        ],
    }


def witness(archive: Archive, witness: Witness) -> View:
    """A Witness: an address, and the first capture at which it showed the version."""
    first = witness.captures[0]
    return {
        "url": witness.url,
        **capture(first),
        "publisher": witness.publisher,
        "published_at": witness.published_at,
        "blink": is_blink(archive, witness),
        "captures": [capture(each) for each in witness.captures],
    }


def capture(capture: Capture) -> View:
    """When an address was seen, and where its bytes lie."""
    return {
        "captured_at": rfc3339(capture.fetched_at),
        "status": capture.status,
        "capture": capture.id,
        "warc": capture.place.warc,
        "offset": capture.place.offset,
        "payload_digest": capture.payload_digest,
        "truncated": capture.truncated,
    }


def evidence(evidence: Evidence) -> View:
    """Why two texts were put together, in words and numbers."""
    return {
        "because": evidence.because,
        "covered": list(evidence.covered),
        "changed_numbers": [list(pair) for pair in evidence.changed_numbers],
        "blocks": [list(block) for block in evidence.blocks],
        "signals": list(evidence.signals),
    }


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
