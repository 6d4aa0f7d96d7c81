"""Where texts are filed: which join, which stay apart, and that their order does not decide it."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from archive import sketches
from archive.records import Candidate, Filing, Issued, Relation
from pipelines.filing import place
from pipelines.fingerprint import signed
from pipelines.normal_form import normalise


def law(seed: int, articles: int = 30) -> str:
    """Articles of random characters with a number in each; no two seeds share a passage."""
    chance = random.Random(seed)
    lines = [f"某市第{seed}号条例"]
    for number in range(1, articles + 1):
        body = "".join(chr(0x4E00 + int(2500 * chance.random())) for _ in range(45))
        lines.append(f"第{number}条 {body}，期限为{chance.randint(11, 99)}日。")
    return "\n".join(lines)


def without(text: str, first: int, last: int) -> str:
    lines = text.split("\n")
    return "\n".join(lines[:first] + lines[last:])


def amended(text: str, article: int) -> str:
    lines = text.split("\n")
    lines[article] = lines[article].replace("期限为", "期限为9")
    return "\n".join(lines)


HEAD, TAIL = (
    "首页 > 政策法规\n点击量：77 分享到：微信\n",
    "\n责任编辑：某某\n相关阅读\n版权所有 京ICP备1号\n",
)


@dataclass
class Shelf:
    """The least archive that filing needs: the real index of candidates, and what was decided."""

    connection: sqlite3.Connection
    versions: list[Candidate] = field(default_factory=list)
    home: dict[str, str] = field(default_factory=dict)  # exact part to version key
    aliases: dict[str, str] = field(default_factory=dict)  # document to document
    filings: list[Filing] = field(default_factory=list)

    def file(self, text: str, issued: Issued | None = None) -> Filing:
        form = normalise(text)
        key, sketch = signed(form)
        if key.exact in self.home:
            version = self.home[key.exact]
            filing = Filing(
                document=self.document(version), version=version, relation=Relation.SAME
            )
            self.filings.append(filing)
            return filing
        found = sketches.candidates(self.connection, sketch, 20)
        known = [self.versions[shared.version] for shared in found]
        filing = place(key, form, issued or Issued(), [self.current(one) for one in known])
        for merged in filing.merged:
            self.aliases[self.root(merged)] = self.root(filing.document)
        self.home[key.exact] = filing.version
        if filing.relation is not Relation.SAME:
            sketches.add(self.connection, len(self.versions), sketch)
            self.versions.append(
                Candidate(
                    version=filing.version,
                    document=filing.document,
                    text=text,
                    issued=issued or Issued(),
                    exact=key.exact,
                )
            )
        self.filings.append(filing)
        return filing

    def root(self, document: str) -> str:
        while document in self.aliases:
            document = self.aliases[document]
        return document

    def document(self, version: str) -> str:
        return self.root(next(one.document for one in self.versions if one.version == version))

    def current(self, one: Candidate) -> Candidate:
        return Candidate(
            version=one.version,
            document=self.root(one.document),
            text=one.text,
            issued=one.issued,
            exact=one.exact,
        )


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(sketches.SCHEMA)
        yield Shelf(connection)


def test_a_new_text_is_a_document_of_its_own(shelf: Shelf) -> None:
    filing = shelf.file(law(1))
    assert filing.relation is Relation.NEW
    assert filing.document == filing.version
    assert not filing.links
    assert shelf.file(law(2)).document != filing.document


def test_a_cosmetic_copy_joins_the_version_and_says_why(shelf: Shelf) -> None:
    first = shelf.file(law(1))
    copy = shelf.file(HEAD + law(1) + TAIL)
    assert (copy.document, copy.version, copy.relation) == (
        first.document,
        first.version,
        Relation.SAME,
    )
    assert [link.target for link in copy.links] == [first.version]
    assert copy.links[0].evidence.because.endswith(".")


def test_a_changed_text_is_a_new_version_of_the_document(shelf: Shelf) -> None:
    first = shelf.file(law(1))
    changed = shelf.file(amended(law(1), 7))
    assert changed.document == first.document
    assert changed.version != first.version
    assert changed.relation is Relation.VERSION
    assert len(changed.links[0].evidence.changed_numbers) == 1


def test_a_text_that_comes_back_is_its_old_version_again(shelf: Shelf) -> None:
    first = shelf.file(law(1))
    shelf.file(amended(law(1), 7))
    back = shelf.file(HEAD + law(1) + TAIL)
    assert (back.version, back.relation) == (first.version, Relation.SAME)
    assert len({filing.version for filing in shelf.filings}) == 2


def test_a_copy_goes_to_the_version_that_it_is_nearest_to(shelf: Shelf) -> None:
    versions = [
        shelf.file(text).version for text in (law(1), amended(law(1), 3), amended(law(1), 9))
    ]
    for text, version in zip(
        (law(1), amended(law(1), 3), amended(law(1), 9)), versions, strict=True
    ):
        assert shelf.file(HEAD + text + TAIL).version == version


def test_an_excerpt_is_a_document_of_its_own_that_points_to_the_whole(shelf: Shelf) -> None:
    whole = shelf.file(law(1))
    part = shelf.file(without(law(1), 10, 25))
    assert part.relation is Relation.EXCERPT
    assert part.document != whole.document
    assert [(link.source, link.target) for link in part.links] == [(part.version, whole.version)]


def test_a_whole_that_comes_later_gets_the_link_from_its_excerpt(shelf: Shelf) -> None:
    part = shelf.file(without(law(1), 10, 25))
    whole = shelf.file(law(1))
    assert whole.relation is Relation.NEW
    assert whole.document != part.document
    assert [(link.source, link.target) for link in whole.links] == [(part.version, whole.version)]
    assert whole.links[0].relation is Relation.EXCERPT


def test_what_contains_two_documents_does_not_make_them_one(shelf: Shelf) -> None:
    one, two = shelf.file(law(1, 20)), shelf.file(law(2, 20))
    both = shelf.file(law(1, 20) + "\n" + law(2, 20))
    assert not both.merged
    assert {link.source for link in both.links} == {one.version, two.version}
    assert len({shelf.document(filing.version) for filing in (one, two, both)}) == 3


def test_a_changed_copy_of_the_whole_does_not_draw_the_excerpt_in(shelf: Shelf) -> None:
    whole, part = shelf.file(law(1)), shelf.file(without(law(1), 10, 15))
    changed = shelf.file(amended(law(1), 3))
    assert changed.document == whole.document
    assert not changed.merged
    assert shelf.document(part.version) != shelf.document(whole.version)


def drifting(steps: int) -> list[str]:
    """A text and states of it, each with four of thirty articles rewritten from the one before."""
    lines = law(1).split("\n")
    states = ["\n".join(lines)]
    for step in range(steps):
        other = law(50 + step).split("\n")
        for article in range(1 + 4 * step, 5 + 4 * step):
            lines[article] = other[article]
        states.append("\n".join(lines))
    return states


def test_a_text_between_two_documents_shows_them_to_be_one(shelf: Shelf) -> None:
    states = drifting(5)
    first, last = shelf.file(states[0]), shelf.file(states[-1])
    assert shelf.document(first.version) != shelf.document(last.version)
    for state in states[1:-1]:
        shelf.file(state)
    assert shelf.document(first.version) == shelf.document(last.version)
    assert any(filing.merged for filing in shelf.filings)


def test_look_alikes_are_filed_apart(shelf: Shelf) -> None:
    one = shelf.file(law(1), Issued(title="郑州市养犬管理条例"))
    two = shelf.file(amended(law(1), 4), Issued(title="开封市养犬管理条例"))
    assert two.relation is Relation.NEW
    assert one.document != two.document


TEXTS = {
    "whole": law(1),
    "framed": HEAD + law(1) + TAIL,
    "changed": amended(law(1), 4),
    "changed again": amended(amended(law(1), 4), 20),
    "changed and framed": HEAD + amended(law(1), 4) + TAIL,
    "half": law(1, 14),
    "stranger": law(2),
    "strange copy": HEAD + law(2),
    "strange part": without(law(2), 5, 20),
}


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_filing_does_not_decide_what_ends_up_together(shelf: Shelf, seed: int) -> None:
    names = list(TEXTS)
    random.Random(seed).shuffle(names)
    filed = {name: shelf.file(TEXTS[name]) for name in names}
    documents = {name: shelf.document(filing.version) for name, filing in filed.items()}
    together = {
        frozenset(name for name in TEXTS if documents[name] == document)
        for document in documents.values()
    }
    assert together == {
        frozenset({"whole", "framed", "changed", "changed again", "changed and framed"}),
        frozenset({"half"}),
        frozenset({"stranger", "strange copy"}),
        frozenset({"strange part"}),
    }
    assert filed["whole"].version == filed["framed"].version
    assert filed["changed"].version == filed["changed and framed"].version
    assert len({filed[name].version for name in ("whole", "changed", "changed again")}) == 3
    linked = {link.source for filing in shelf.filings for link in filing.links}
    assert {filed["half"].version, filed["strange part"].version} <= linked
