"""Which documents a text belongs to that is not in the archive: pasted passages, files, copies."""

from dataclasses import replace
from datetime import datetime

from archive.lookup import Match
from archive.records import Candidate
from archive.store import Archive
from pipelines import decode
from pipelines import fingerprint as fingerprints
from pipelines.candidates import candidates
from pipelines.normal_form import NormalForm, normalise
from pipelines.relate import relate

_MOST_OF_IT = 0.8  # share in common from which a text counts as the whole; no source


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
    relation, evidence = str(judged.relation), judged.evidence
    passage, whole = evidence.covered
    if whole < _MOST_OF_IT <= passage:
        # What is archived has no furniture around it any more: what the passage lacks is text.
        relation = "excerpt"
        because = f"The passage stands in this text and is {whole:.0%} of it."
        evidence = replace(evidence, because=because)
    return Match(
        version=archive.index.version(candidate.version),
        relation=relation,
        score=judged.score,
        evidence=evidence,
    )


_ORDER = {"same": 0, "version": 1, "excerpt": 2}


def _rank(match: Match) -> tuple[int, float, float, datetime]:
    """Closest first; of equals the one that was seen first."""
    share = match.evidence.covered[0]
    return _ORDER[match.relation], -match.score, -share, match.version.first_seen
