"""Which documents are one work: each new text weighed once against those that may be the same plan.

    in one language    what `pipelines.relate` found to be a part of another text
    across languages   the nearest texts by their vectors, unit by unit: `pipelines.works.judging`; without
                       a sentence encoder by their terms: `pipelines.works.terms`
    circulars          the plan with the title that they name, in their language or another

Certain links are made, uncertain ones kept as suggestions; a person's word outranks both (archive.works).
"""

import time
from collections.abc import Iterable, Sequence

from archive.errors import UnknownKey
from archive.index import title_key
from archive.records import Link, Relation
from archive.store import Archive
from archive.works import Kind, Weighing, WorkLink
from pipelines.issuance import weigh
from pipelines.works import encoder, judging, terms
from pipelines.works.announcing import Naming, announced, named_across, own_title
from pipelines.works.judging import Judgement, judge
from pipelines.works.nearest import LEAST, Nearest, Vector, mean_vector, term_vector
from pipelines.works.texts import Text, Texts

VERSION = "2"
LETTERS = f"{VERSION} letters"  # recipe of a weighing within one language
ACROSS = f"{VERSION} {encoder.VERSION}"  # of one that looked for other languages too
BLIND = f"{VERSION} {terms.VERSION}"  # of one that did so without an encoder

_COMPARED = 10  # works that a text is compared with unit by unit
_OF_ONE_WORK = 3  # texts of one work, before it is given up
_MOSTLY = 0.8  # of a part that lies in its whole, from which other places do not matter
_MAINLY = 0.5  # of a whole that is in a part, from which the two are one text with a frame
# Times as long as the texts of its document that were weighed: then it is weighed anew.
_FULLER = 1.3
_FEW = 1000  # versions that are looked through at a time


class Linker:
    """Weighs texts of an archive that is open for writing."""

    def __init__(self, archive: Archive) -> None:
        """Raises NotKept where the disk will not have the file of vectors."""
        self._archive = archive
        bases = {tag.partition("-")[0] for tag in archive.index.languages()}
        self._across = len(bases) > 1
        self._encodes = self._across and encoder.is_there()
        self.recipe = ACROSS if self._encodes else BLIND if self._across else LETTERS
        self._texts = Texts(archive, encode=self._encodes)
        made_by, least = (encoder.VERSION, LEAST) if self._encodes else (terms.VERSION, 0.0)
        self._nearest = Nearest(archive.index, made_by, least)

    def weigh(self, key: str) -> Weighing:
        """Weigh the version with this key, and keep what was found.

        Raises:
            UnknownKey: there is no such version.
            NotKept: the disk would not take it.
        """
        text = self._texts.text(key)
        units = text.outlined.units
        announces = announced(text.issued.title or "", text.outlined.text, units)
        title = "" if announces else own_title(text.outlined.text, units)
        links = [*self._parts(text), *self._circulars(text, title, announces)]
        vector = b""
        if self._across and self._stands_for_its_work(text, links):
            whole = mean_vector(text.outlined) if self._encodes else term_vector(text.outlined)
            if whole.any():
                vector = whole.astype("<f2").tobytes()
                links += self._others(text, whole, Naming(title=title, announces=announces))
        weighing = Weighing(
            text=text.key,
            capture=text.capture,
            recipe=self.recipe,
            vector=vector,
            title=encoder.simplified(title),
            announces=encoder.simplified(announces),
            links=tuple({(link.source, link.target): link for link in reversed(links)}.values()),
        )
        unheard = bool(title) and title_key(title) != title_key(text.issued.title)
        if self._across or links or announces or unheard:
            self._archive.weigh(weighing)
        return weighing

    def close(self) -> None:
        """Let go of the file of vectors."""
        self._texts.close()

    def _stands_for_its_work(self, text: Text, links: Sequence[WorkLink]) -> bool:
        """Whether the text has to be compared with other languages; others join through such ones."""
        if any(link.certain and link.kind == "part" and link.source == text.key for link in links):
            return False
        length = len(text.outlined.text)
        for version in self._archive.index.versions(text.document):
            if version.key == text.key:
                return True
            other = self._texts.text(version.key)
            if length < _FULLER * len(other.outlined.text):
                return False
        return True

    # ------------------------------------------------------------------ within a language

    def _parts(self, text: Text) -> Iterable[WorkLink]:
        """Links to what contains the text, and from what it contains, as filing found it."""
        found = [
            link
            for link in self._archive.index.links(text.document)
            if link.relation is Relation.EXCERPT and text.key in (link.source, link.target)
        ]
        wholes = {self._archive.index.version(link.target).document for link in found}
        for link in found:
            yield self._part(link, alone=len(wholes) == 1)

    def _part(self, link: Link, *, alone: bool) -> WorkLink:
        part, whole = self._texts.text(link.source), self._texts.text(link.target)
        inside, around = max(link.evidence.covered), min(link.evidence.covered)
        signals: list[str] = []
        if weigh(part.issued, whole.issued).verdict == "two":
            signals.append("another plan by its title, issuer or number")
        elsewhere = self._other_wholes(part, whole)
        if (elsewhere or not alone) and inside < _MOSTLY:
            signals.append("it has passages of other texts too")
        elif elsewhere and around < _MAINLY:
            signals.append("other works have the same passages")
        if around < _MAINLY and _holds_several(whole):
            signals.append("the page that holds it holds several texts")
        return WorkLink(
            source=link.source,
            target=link.target,
            kind="part",
            certain=not signals,
            score=round(link.score, 4),
            because="; ".join((link.evidence.because.rstrip("."), *signals)) + ".",
            recipe=LETTERS,
            covered=(round(inside, 4), round(around, 4)),
            signals=tuple(signals),
        )

    def _other_wholes(self, part: Text, whole: Text) -> bool:
        """Whether the part belongs, by a certain link, to a work that the whole is not of."""
        home = self._archive.index.work(whole.document).documents
        return any(
            link.certain
            and link.kind == "part"
            and self._archive.index.version(link.source).document == part.document
            and self._archive.index.version(link.target).document not in home
            for link in self._archive.index.work_links(part.document)
        )

    def _circulars(self, text: Text, title: str, announces: str) -> Iterable[WorkLink]:
        """From a circular to the plans of the title that it names, and the other way round."""
        index = self._archive.index
        if announces:
            plans = dict.fromkeys(
                (
                    *index.weighed_titled(encoder.simplified(announces)),
                    *index.same_title(announces, 3),
                )
            )
            pairs = [(text.key, plan) for plan in plans]
        else:
            names = dict.fromkeys(each for each in (title, text.issued.title or "") if each)
            pairs = [
                (one, text.key)
                for name in names
                for one in index.weighed_announcing(encoder.simplified(name))
            ]
        for source, target in dict.fromkeys(pairs):
            if index.version(source).document != index.version(target).document:
                yield WorkLink(
                    source=source,
                    target=target,
                    kind="announces",
                    certain=True,
                    score=1.0,
                    because="It is the circular that issues a plan of this title.",
                    recipe=LETTERS,
                )

    # ------------------------------------------------------------------ across languages

    def _others(self, text: Text, whole: Vector, naming: Naming) -> list[WorkLink]:
        """Links to the texts of other languages that are the same plan, may be, or are its circular."""
        links: list[WorkLink] = []
        tried: dict[str, int] = {}  # by work, texts that were compared
        done = {self._archive.index.work(text.document).key}
        for key, _ in self._nearest.near(whole, text.outlined.language):
            try:
                work = self._archive.index.work(key).key
            except UnknownKey:
                continue
            if work in done or tried.get(work, 0) >= _OF_ONE_WORK:
                continue
            if work not in tried and len(tried) >= _COMPARED:
                break
            tried[work] = tried.get(work, 0) + 1
            other = self._texts.text(key)
            link = self._circular_across(text, naming, other) or self._compared(text, other)
            if link is not None:
                links.append(link)
                if link.certain:
                    done.add(work)
        return links

    def _circular_across(self, text: Text, naming: Naming, other: Text) -> WorkLink | None:
        """The link from a circular to the plan that it names in another language; None where it is none."""
        units = other.outlined.units
        theirs = announced(other.issued.title or "", other.outlined.text, units)
        if bool(theirs) == bool(naming.announces):
            return None
        if theirs:
            circular, plan, named = other, text, theirs
            titles = (naming.title, text.issued.title or "")
        else:
            circular, plan, named = text, other, naming.announces
            titles = (own_title(other.outlined.text, units), other.issued.title or "")
        said = max(
            (named_across(named, title, encode=self._encodes) for title in titles if title),
            default=None,
        )
        if said is None or not said.likely:
            return None
        return WorkLink(
            source=circular.key,
            target=plan.key,
            kind="announces",
            certain=said.certain,
            score=round(said.score, 4),
            because=f"It issues “{named}”, and this is “{said.title}”: {said.score:.0%} alike.",
            recipe=self.recipe,
        )

    def _compared(self, text: Text, other: Text) -> WorkLink | None:
        """The link between two texts of different languages; None where they are nothing to each other."""
        judged = judge(text.outlined, other.outlined, text.issued, other.issued)
        if judged.kind is None:
            return None
        ends = (text.key, other.key)
        covered = judged.covered
        if judged.direction == "b in a":
            ends, covered = (other.key, text.key), (covered[1], covered[0])
        return _across(ends, judged.kind, judged, covered, self.recipe)


def _across(
    ends: tuple[str, str],
    kind: Kind,
    judged: Judgement,
    covered: tuple[float, float],
    recipe: str,
) -> WorkLink:
    return WorkLink(
        source=ends[0],
        target=ends[1],
        kind=kind,
        certain=judged.certain,
        score=judged.score,
        because=judged.because,
        recipe=f"{recipe} {judging.VERSION}",
        covered=covered,
        pairs=judged.pairs,
        numbers=judged.numbers,
        signals=judged.signals,
    )


def _holds_several(text: Text) -> bool:
    """Whether the numbering of a text begins anew: several texts stand on one page."""
    return any("~" in unit.path.partition(".")[0] for unit in text.outlined.units)


def link(archive: Archive, fresh: Iterable[str] = (), seconds: float = 20.0) -> int:
    """Weigh the versions `fresh`, then others that were not weighed, the newest first; how many it did.

    It ends when all are weighed or, behind the fresh ones, after so many seconds of wall time; the next
    call goes on. Where all documents are of one language, only the fresh ones are looked at: their links
    within the language can always be found again.

    Raises:
        NotKept: the disk would not take it.
    """
    linker = Linker(archive)
    begun, count = time.monotonic(), 0
    try:
        for key in dict.fromkeys(fresh):
            linker.weigh(key)
            count += 1
        if linker.recipe == LETTERS:
            return count
        known = {linker.recipe, ACROSS}  # what an encoder found out stays where there is none
        for key in archive.index.unweighed(known, _FEW):
            if time.monotonic() - begun > seconds:
                break
            linker.weigh(key)
            count += 1
    finally:
        linker.close()
    return count
