"""Which documents a text belongs to that is not in the archive: pasted passages, files, copies."""

from datetime import UTC, datetime

from archive.captures import Body
from archive.lookup import Match
from archive.records import Candidate, Capture, Place, Reading
from archive.store import Archive
from pipelines import decode, reading
from pipelines import fingerprint as fingerprints
from pipelines.candidates import candidates
from pipelines.normal_form import NormalForm, normalise
from pipelines.relate import relate

_TYPES = {".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml"}


def read_file(data: bytes, suffix: str) -> Reading:
    """The reading of a file that is in no archive; `suffix` tells HTML from plain text.

    Raises:
        Refused: a stage will not take it.
    """
    body = Body(
        data=data,
        media_type=_TYPES.get(suffix.lower(), "text/plain"),
        complete=True,
        decoded=True,
        note="",
    )
    return reading.read(body, _nowhere())


def decoded(data: bytes) -> str:
    """The text of a file, whatever its encoding."""
    return decode.decode(data).text


def matches(archive: Archive, text: str) -> tuple[Match, ...]:
    """The versions that are, or hold, or are held by the text, best first."""
    form = normalise(text)
    sketch = fingerprints.sketch(form)
    found = [
        match
        for candidate in candidates(archive, sketch)
        if (match := _judged(archive, form, candidate))
    ]
    return tuple(sorted(found, key=_rank))


def _judged(archive: Archive, form: NormalForm, candidate: Candidate) -> Match | None:
    judged = relate(form, normalise(candidate.text))
    if judged.relation == "different":
        return None
    return Match(
        version=archive.index.version(candidate.version),
        relation=str(judged.relation),
        score=judged.score,
        evidence=judged.evidence,
    )


_ORDER = {"same": 0, "version": 1, "excerpt": 2}


def _rank(match: Match) -> tuple[int, float, float]:
    return _ORDER[match.relation], -match.score, -match.evidence.covered[0]


def _nowhere() -> Capture:
    return Capture(
        id="",
        url="",
        fetched_at=datetime.fromtimestamp(0, UTC),
        kind="resource",
        status=0,
        media_type="",
        payload_digest="",
        entity_digest="",
        place=Place(warc="", offset=0, length=0),
    )
