"""What became of a page, for people: a copy of what, and in how many passages it differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archive.errors import UnknownKey
from archive.records import Relation
from archive.store import Archive
from pipelines.editions import edition, edits


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one address of a job."""

    url: str
    status: str  # archived, refused, failed
    reason: str | None  # a sentence when it has no text
    capture: str | None
    document: str | None
    version: str | None
    relation: str | None  # new, same, version, excerpt
    title: str | None
    language: str | None
    of: str | None  # key of the version that it was compared with
    of_title: str | None
    of_language: str | None
    differing: int | None  # passages that differ from that version; None where nothing was compared
    notation: int  # places where only width, script, marks or spaces differ
    because: str
    also_at: tuple[str, ...]  # other addresses that show the version


def verdicts(archive: Archive, results: Sequence[dict[str, Any]]) -> tuple[Verdict, ...]:
    """What became of each page of a job, of whose Results it is given; in their order."""
    return tuple(_verdict(archive, result) for result in results)


def _verdict(archive: Archive, result: dict[str, Any]) -> Verdict:
    of, differing, notation = _compared(archive, result)
    version = archive.index.version(of) if of else None
    return Verdict(
        url=str(result["url"]),
        status=str(result["status"]),
        reason=result.get("reason"),
        capture=result.get("capture"),
        document=result.get("document"),
        version=result.get("version"),
        relation=result.get("relation"),
        title=result.get("title"),
        language=result.get("language"),
        of=version.key if version else None,
        of_title=version.title if version else None,
        of_language=version.language if version else None,
        differing=differing,
        notation=notation,
        because=str(result.get("because") or ""),
        also_at=tuple(result.get("also_at") or ()),
    )


def _compared(archive: Archive, result: dict[str, Any]) -> tuple[str | None, int | None, int]:
    """Key of the version that the text was found to be like, passages that differ, and notation.

    A page that was taken down since has none.
    """
    relation, capture = result.get("relation"), result.get("capture")
    if relation in (None, Relation.NEW) or capture is None:
        return None, None, 0
    try:
        filed = archive.index.filed(capture)
        if filed is None:
            return None, None, 0
        links = archive.filing(filed.entry.record).links
        other = archive.index.version(links[0].target if links else filed.version)
    except UnknownKey:
        return None, None, 0
    if relation == Relation.EXCERPT:
        return other.key, None, 0
    one, two = (edition(archive.text(place)) for place in (other.text, filed.entry.text))
    found = [edit.is_notation for edit in edits(one, two)]
    return other.key, found.count(False), found.count(True)
