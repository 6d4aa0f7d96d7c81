"""Where a reading belongs among the versions that may be its text: a decision, with its evidence.

    same       joins the version
    version    becomes a new version of that document
    excerpt    a document of its own, linked to what contains it, or to what it contains
    different  a document of its own

A text that is the same as, or a version of, the texts of two documents shows that these are one.
An excerpt shows nothing of the kind, and neither does what merely contains it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.records import Candidate, Filing, Fingerprint, Issued, Link, Relation
from pipelines import relate as relations
from pipelines.normal_form import NormalForm, normalise
from pipelines.relate import Judgement, relate

VERSION = "1"

_OTHERS = 5  # candidates of other documents that a text with a known version is compared with
_STRANGERS = 6  # candidates by their text in a row that are different: the likelier ones come first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A candidate, its normal form, and what the new text is to it; evidence seen from the new."""

    candidate: Candidate
    form: NormalForm
    judgement: Judgement


def place(
    reading_key: Fingerprint,
    form: NormalForm,
    issued: Issued,
    near: Sequence[Candidate],
    named: Sequence[Candidate] = (),
) -> Filing:
    """Where the text with this key and normal form belongs.

    `near` are candidates by their text, likelier ones first; `named` are others by title or address.
    That its exact part is not in the archive yet is for the caller to make sure of.
    """
    judged = _judged_in_turn(form, issued, near, named)
    parts = {
        one.candidate.document
        for one in judged
        if one.judgement.relation == "excerpt" and one.judgement.direction == "a in b"
    }
    own = _best_first(judged, "same") + [
        # What only lacks passages of one version is a part of the document, however it compares
        # with the other versions.
        one
        for one in _best_first(judged, "version")
        if one.candidate.document not in parts
    ]
    links = _excerpt_links(reading_key.exact, judged)
    if not own:
        within = any(link.source == reading_key.exact for link in links)
        return Filing(
            document=reading_key.exact,
            version=reading_key.exact,
            relation=Relation.EXCERPT if within else Relation.NEW,
            links=links,
        )
    best = own[0]
    same = best.judgement.relation == "same"
    relation = Relation.SAME if same else Relation.VERSION
    # A version has its links to excerpts from when it, or the excerpt, came first.
    outside = () if same else tuple(link for link in links if link.source != reading_key.exact)
    return Filing(
        document=best.candidate.document,
        version=best.candidate.version if same else reading_key.exact,
        relation=relation,
        links=(_link(reading_key.exact, best, relation), *outside),
        merged=_merged(own, judged),
    )


def _judged_in_turn(
    form: NormalForm, issued: Issued, near: Sequence[Candidate], named: Sequence[Candidate]
) -> list[_Judged]:
    """The candidates with their judgements, as far down as it can make a difference.

    Where the text is plainly known, its document needs no more, and few others can be the same.
    """
    judged: list[_Judged] = []
    known: set[str] = set()
    for candidates, patience in ((near, _STRANGERS), (named, len(named))):
        others = strangers = 0
        for candidate in candidates:
            if others >= _OTHERS or strangers >= patience:
                break
            if candidate.document in known:
                continue
            others += bool(known)
            other = normalise(candidate.text)
            judgement = relate(form, other, (issued, candidate.issued))
            judged.append(_Judged(candidate=candidate, form=other, judgement=judgement))
            strangers = strangers + 1 if judgement.relation == "different" else 0
            if judgement.relation == "same" and not judgement.evidence.changed_numbers:
                known.add(candidate.document)
    return judged


def _best_first(judged: Sequence[_Judged], relation: str) -> list[_Judged]:
    """Those of the relation, the ones with most in common first; of equals, fewest numbers changed."""
    found = [one for one in judged if one.judgement.relation == relation]

    def rank(one: _Judged) -> tuple[float, int]:
        evidence = one.judgement.evidence
        return -round(sum(evidence.covered), 2), len(evidence.changed_numbers)

    return sorted(found, key=rank)


def _merged(own: Sequence[_Judged], judged: Sequence[_Judged]) -> tuple[str, ...]:
    """Documents other than the best one's that the text shows to be the same as that.

    Not those of which a version is a part of that document, or the reverse.
    """
    best = own[0].candidate.document
    home = [one for one in judged if one.candidate.document == best]
    merged: list[str] = []
    for one in own[1:]:
        document = one.candidate.document
        if document == best or document in merged:
            continue
        between = (
            relate(known.form, one.form, (known.candidate.issued, one.candidate.issued))
            for known in home
        )
        if not any(judgement.relation == "excerpt" for judgement in between):
            merged.append(document)
    return tuple(merged)


def _excerpt_links(key: str, judged: Sequence[_Judged]) -> tuple[Link, ...]:
    """A link for each document that contains the text, or that it contains; the fullest first."""
    links: list[Link] = []
    seen: set[tuple[str, str | None]] = set()
    for one in _best_first(judged, "excerpt"):
        direction = one.judgement.direction
        if (one.candidate.document, direction) in seen:
            continue
        seen.add((one.candidate.document, direction))
        links.append(_link(key, one, Relation.EXCERPT))
    return tuple(links)


def _link(key: str, one: _Judged, relation: Relation) -> Link:
    """The statement about the text and a candidate; an excerpt points to what contains it."""
    contained = one.judgement.direction == "b in a"  # the candidate is in the new text
    source, target = (one.candidate.version, key) if contained else (key, one.candidate.version)
    return Link(
        source=source,
        target=target,
        relation=relation,
        score=one.judgement.score,
        evidence=one.judgement.evidence,
        recipe=f"relate {relations.VERSION}",
    )
