"""Which documents a text belongs to that is not in the archive: pasted passages, files, copies."""

from archive.lookup import Match
from archive.records import Candidate
from archive.store import Archive
from pipelines import decode
from pipelines import fingerprint as fingerprints
from pipelines.candidates import candidates
from pipelines.normal_form import NormalForm, normalise
from pipelines.relate import relate


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
