"""What the part of an index that is about works must do: the tests that each implementation inherits."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.errors import UnknownKey
from archive.index import Index
from archive.works import Kind, Weighing, WorkLink, WorkWord
from tests.index_contract import put
from tests.samples import exact, new

TEXTS = ("a", "b", "c", "d")


def link(source: str, target: str, *, certain: bool = True, kind: Kind = "same") -> WorkLink:
    return WorkLink(
        source=exact(source),
        target=exact(target),
        kind=kind,
        certain=certain,
        score=0.9,
        because="They say the same.",
        recipe="1",
    )


def weighing(
    text: str, *links: WorkLink, vector: bytes = b"v", title: str = "", announces: str = ""
) -> Weighing:
    return Weighing(
        text=exact(text),
        capture=f"capture-{TEXTS.index(text) + 1}",
        recipe="1",
        vector=vector,
        title=title,
        announces=announces,
        links=links,
    )


def word(source: str, target: str, *, belongs: bool, after: int = 0) -> WorkWord:
    at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=after)
    return WorkWord(
        source=exact(source),
        target=exact(target),
        belongs=belongs,
        by="ann",
        reason="read",
        at=at,
    )


class WorksContract:
    """Inherit this with a fixture `works`: an empty index that can be written."""

    @pytest.fixture
    def filled(self, works: Index) -> Index:
        for number, text in enumerate(TEXTS, 1):
            put(works, number, text, new(text), url=f"https://{text}.example/")
        return works

    def test_a_document_that_nothing_ties_is_a_work_of_its_own(self, filled: Index) -> None:
        assert [one.documents for one in filled.all_works()] == [(exact(t),) for t in TEXTS]
        assert filled.work(exact("b")).key == exact("b")
        with pytest.raises(UnknownKey):
            filled.work("nowhere")

    def test_certain_links_join_and_suggestions_and_circulars_do_not(self, filled: Index) -> None:
        filled.add_weighing(weighing("b", link("b", "a"), link("b", "c", certain=False)))
        filled.add_weighing(weighing("d", link("d", "a", kind="announces")))
        assert [len(one.documents) for one in filled.all_works()] == [2, 1, 1]
        assert filled.work(exact("b")).documents == (exact("a"), exact("b"))
        (suggested,) = filled.work_links(exact("c"))
        assert not suggested.certain
        assert len(filled.work_links(exact("a"))) == 2

    def test_the_last_word_of_a_person_counts_and_outranks_every_link(self, filled: Index) -> None:
        filled.add_weighing(weighing("b", link("b", "a")))
        filled.add_word(word("a", "b", belongs=False))
        assert filled.work(exact("b")).documents == (exact("b"),)
        filled.add_weighing(weighing("a", link("a", "b")))
        assert filled.work(exact("b")).documents == (exact("b"),)
        filled.add_word(word("b", "a", belongs=True, after=1))
        assert filled.work(exact("b")).documents == (exact("a"), exact("b"))
        (said,) = filled.work_words(exact("b"))
        assert said.belongs

    def test_the_newest_weighing_of_a_text_counts(self, filled: Index) -> None:
        filled.add_weighing(weighing("b", link("b", "a")))
        filled.add_weighing(weighing("b", link("b", "c")))
        assert filled.work(exact("b")).documents == (exact("b"), exact("c"))
        assert filled.work(exact("a")).documents == (exact("a"),)

    def test_what_was_not_weighed_by_any_of_the_recipes_is_told_newest_first(
        self, filled: Index
    ) -> None:
        filled.add_weighing(weighing("b"))
        others = tuple(exact(text) for text in "dca")
        assert filled.unweighed({"1", "2"}, 9) == others
        assert filled.unweighed({"1"}, 2) == others[:2]
        assert len(filled.unweighed({"2"}, 9)) == len(TEXTS)

    def test_vectors_come_in_the_order_of_weighing_and_none_without_one(
        self, filled: Index
    ) -> None:
        for each in (weighing("c", vector=b"1"), weighing("a", vector=b""), weighing("b")):
            filled.add_weighing(each)
        first, second = filled.weighed_after(0)
        assert [(one.text, one.vector) for one in (first, second)] == [
            (exact("c"), b"1"),
            (exact("b"), b"v"),
        ]
        assert filled.weighed_after(first.number) == (second,)
        assert second.language in filled.languages()

    def test_plans_and_circulars_are_found_by_the_title_however_it_is_written(
        self, filled: Index
    ) -> None:
        filled.add_weighing(weighing("a", title="Water for Islands (2026)"))
        filled.add_weighing(weighing("b", announces="海岛供水保障规划"))
        assert filled.weighed_titled("WATER FOR ISLANDS 2026") == (exact("a"),)
        assert filled.weighed_announcing("《海岛供水保障规划》") == (exact("b"),)
        assert filled.weighed_titled("海岛供水保障规划") == ()

    def test_a_strange_text_is_refused_and_nothing_changes(self, filled: Index) -> None:
        before = list(filled.dump())
        with pytest.raises(UnknownKey):
            filled.add_word(word("a", "nowhere", belongs=True))
        with pytest.raises(UnknownKey):
            filled.add_weighing(weighing("b", link("b", "nowhere")))
        assert list(filled.dump()) == before
