"""Which documents a text belongs to that is not in the archive: pasted passages, files, copies."""

from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from archive.lookup import Match
from archive.records import Candidate, Evidence
from archive.store import Archive
from pipelines import decode
from pipelines import fingerprint as fingerprints
from pipelines.candidates import candidates
from pipelines.normal_form import NormalForm, normalise
from pipelines.relate import relate

SCAN_SECONDS = 20.0  # for ten thousand documents of everyday length and some more

_LEAST = 4  # letters of a passage that is looked for in the texts; fewer stand everywhere
_HAN, _LATIN = 60, 200  # letters from which the index finds a passage: docs/fingerprint.md
_FIRST_WIDE = 0x2E80  # the first of the scripts without spaces between words
_MOST = 20  # matches of a passage, after which no further text is searched
_MOST_OF_IT = 0.8  # share in common from which a text counts as the whole; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a text was recognised as."""

    matches: tuple[Match, ...]  # best first
    searched: int  # texts that were searched letter by letter, the newest; 0: the index was enough
    of: int  # texts in all when some were searched

    @property
    def remark(self) -> str:
        """A sentence for people where an older text may hold the passage too, or else nothing."""
        if self.searched >= self.of:
            return ""
        return (
            f"The passage is short: the newest {self.searched:,} of {self.of:,} texts were searched "
            "for it. A longer passage is found in all of them."
        )


def decoded(data: bytes) -> str:
    """The text of a file, whatever its encoding."""
    return decode.decode(data).text


def recognise(archive: Archive, text: str, seconds: float = SCAN_SECONDS) -> Recognised:
    """The versions that are, or hold, or are held by the text.

    A passage that is too short for the index is looked for in the texts themselves, newest first, for
    so many seconds; what was not looked at then, the result says.
    """
    form = normalise(text)
    sketch = fingerprints.sketch(form)
    found = [
        match
        for candidate in candidates(archive, sketch).near
        if (match := _judged(archive, form, candidate))
    ]
    held, searched, of = _scanned(archive, form, seconds) if _is_short(form) else ([], 0, 0)
    known = {match.version.key for match in found}
    found += [match for match in held if match.version.key not in known]
    return Recognised(matches=tuple(sorted(found, key=_rank)), searched=searched, of=of)


def _is_short(form: NormalForm) -> bool:
    """Whether the sample of a text that holds this passage need not have a key of it."""
    wide = any(ord(letter) >= _FIRST_WIDE for letter in form.text[:_LATIN])
    return _LEAST <= len(form.text) < (_HAN if wide else _LATIN)


def _scanned(archive: Archive, form: NormalForm, seconds: float) -> tuple[list[Match], int, int]:
    """Versions that hold the passage word for word; how many texts were searched, and of how many."""
    end = monotonic() + seconds
    found: list[Match] = []
    searched = 0
    for key, place in archive.index.texts():
        if monotonic() >= end or len(found) >= _MOST:
            break
        searched += 1
        whole = normalise(archive.text(place)).text
        at = whole.find(form.text)
        if at >= 0:
            found.append(_holding(archive, key, form, (at, len(whole))))
    return found, searched, archive.index.counts()["versions"]


def _holding(archive: Archive, key: str, form: NormalForm, where: tuple[int, int]) -> Match:
    at, length = where
    share = len(form.text) / length
    evidence = Evidence(
        because="The passage stands in this text, letter for letter.",
        covered=(1.0, share),
        blocks=((0, at, len(form.text)),),
    )
    return Match(
        version=archive.index.version(key),
        relation="same" if length == len(form.text) else "excerpt",
        score=1.0,
        evidence=evidence,
    )


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
