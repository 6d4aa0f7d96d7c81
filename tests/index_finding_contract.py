"""What every index must find by sketch and title, and in what order it gives its texts."""

import pytest

from archive.errors import UnknownKey
from archive.index import Index
from archive.records import Gone, Tombstone
from tests.index_contract import WARC, apart, at, capture, entry, put
from tests.samples import START, exact, new, same_as, sketch


def tombstone(number: int, *texts: str) -> Tombstone:
    """What is left of capture `number` and of the texts that were read from it."""
    gone = capture(number)
    return Tombstone(
        capture=gone.id,
        url=gone.url,
        captured_at=gone.fetched_at,
        payload_digest=gone.payload_digest,
        entity_digest=gone.entity_digest,
        keys=tuple(exact(text) for text in texts),
        gone=(Gone(type="response", id=gone.id, digest=gone.payload_digest, length=10),),
        by="archivist",
        reason="A name that may not be shown.",
        at=START,
    )


class FindingContract:
    """Inherit this beside `IndexContract`."""

    def test_versions_are_found_by_their_title_newest_first(self, index: Index) -> None:
        titles = (
            "盐湖产业 发展规划",
            "盐湖产业发展规划 - 某省政府网",
            "盐湖产业发展规划纲要",
            "通知",
            None,
        )
        for number, title in enumerate(titles, 1):
            index.set_indexed(WARC, 10_000_000)
            index.add_capture(capture(number))
            index.add_reading(entry(number, f"text {number}", title=title), new(f"text {number}"))
        expected = (exact("text 2"), exact("text 1"))
        assert index.same_title("《盐湖产业发展规划》", 5) == expected
        assert index.same_title("盐湖产业发展规划_另一网站", 5) == expected
        assert index.same_title("盐湖产业发展规划", 1) == expected[:1]
        assert index.same_title("通知", 5) == index.same_title("", 5) == ()

    def test_a_text_that_leaves_its_version_keeps_its_title(self, index: Index) -> None:
        put(index, 1, "a", new("a"))
        index.add_capture(capture(2))
        index.add_reading(entry(2, "b", title="Lithium mining plan"), same_as("a"))
        index.add_unlink(apart("b", "a"))
        assert index.same_title("LITHIUM MINING PLAN", 5) == (exact("b"),)

    def test_texts_come_newest_first(self, index: Index) -> None:
        assert list(index.texts()) == []
        for number in range(1, 4):
            put(index, number, f"text {number}", new(f"text {number}"))
        assert [key for key, _ in index.texts()] == [exact(f"text {n}") for n in (3, 2, 1)]
        assert next(index.texts())[1] == at(310)

    def test_a_sketch_makes_a_version_findable(self, index: Index) -> None:
        put(index, 1, "lithium mining plan", new("lithium mining plan"))
        put(index, 2, "fishing", new("fishing"))
        assert [each.key for each in index.unsketched()] == [
            exact("lithium mining plan"), exact("fishing"),
        ]  # fmt: skip
        index.add_sketch(exact("lithium mining plan"), sketch("lithium mining plan"))
        index.add_sketch(exact("fishing"), sketch("fishing"))
        assert index.unsketched() == ()
        assert index.candidates(sketch("lithium plan"), 5) == (exact("lithium mining plan"),)
        assert index.candidates(sketch("nothing else"), 5) == ()
        with pytest.raises(UnknownKey):
            index.add_sketch("nothing", sketch("x"))

    def test_the_sketch_of_a_version_that_is_gone_leads_nowhere(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        index.add_sketch(exact("alpha"), sketch("alpha"))
        index.add_reading(entry(1, "other"), new("other"))
        assert index.candidates(sketch("alpha"), 5) == ()

    def test_the_newest_of_an_address_come_first_and_no_more_than_asked(self, index: Index) -> None:
        for number in (3, 1, 4, 2):
            index.add_capture(capture(number))
        index.add_capture(capture(9, url="https://a.example/x"))
        newest = index.newest_at("https://a.example/", 3)
        assert [each.id for each in newest] == ["capture-4", "capture-3", "capture-2"]
        assert len(index.newest_at("https://a.example/", 10)) == 4
        assert index.newest_at("https://a.example", 3) == ()

    def test_what_was_taken_down_is_known_by_capture_and_by_every_key(self, index: Index) -> None:
        stones = (tombstone(2, "b", "b2"), tombstone(1, "a"))
        for stone in stones:
            index.add_tombstone(stone)
        index.add_tombstone(stones[1])
        assert set(index.tombstones()) == set(stones)
        assert len(index.tombstones()) == 2
        for key in ("capture-2", exact("b"), exact("b2")):
            assert index.tombstone(key) == stones[0]
        assert index.tombstone(exact("c")) is None
        assert index.tombstone("") is None
