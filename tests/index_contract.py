"""What every index must do: the tests that each implementation inherits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from archive.errors import UnknownKey
from archive.index import Entry, Index
from archive.records import (
    Capture,
    Filing,
    Fingerprint,
    Link,
    Place,
    Refusal,
    Relation,
    Unlink,
)
from tests.samples import START, exact, link_between, new, same_as, version_of

WARC = "warc/variorum-000001-20260304T050607Z.warc.gz"


def at(offset: int) -> Place:
    return Place(warc=WARC, offset=offset, length=10)


def capture(number: int, *, url: str = "https://a.example/", body: str = "") -> Capture:
    """The capture with this number; a greater one is later."""
    return Capture(
        id=f"capture-{number}",
        url=url,
        fetched_at=START + timedelta(seconds=number),
        kind="response",
        status=200,
        media_type="text/html",
        payload_digest=f"sha256:PAYLOAD{body or number}",
        entity_digest=f"sha256:ENTITY{body or number}",
        place=at(number * 100),
    )


def entry(number: int, text: str, *, title: str | None = "题目") -> Entry:
    """The reading of capture `number` with this text."""
    return Entry(
        capture=f"capture-{number}",
        fingerprint=Fingerprint(recipe="v1", exact=exact(text), near="a" * 120),
        iscc="ISCC:EAD" + exact(text).upper()[:40],
        iscc_form="ISCC:EAD" + exact(text[::-1]).upper()[:40],
        language="zh-Hans",
        title=title,
        publisher="科技部",
        published_at="2026-03-04",
        text_id=f"text-{number}",
        text=at(number * 100 + 10),
        record=at(number * 100 + 20),
    )


def put(
    index: Index, number: int, text: str, filing: Filing, *, url: str = "https://a.example/"
) -> None:
    """Capture `number`, read and filed."""
    index.set_indexed(WARC, 10_000_000)
    index.add_capture(capture(number, url=url))
    index.add_reading(entry(number, text), filing)


def excerpt(text: str, within: str) -> Filing:
    """The filing of a part as a document of its own."""
    link = link_between(text, within, Relation.EXCERPT)
    return Filing(
        document=exact(text), version=exact(text), relation=Relation.EXCERPT, links=(link,)
    )


class IndexContract:
    """Inherit this, and give an empty index as the fixture `index`."""

    # Captures

    def test_a_capture_comes_back_as_it_was(self, index: Index) -> None:
        one = replace(capture(1), refers_to="x", truncated="length", media_type="")
        index.add_capture(one)
        index.add_capture(one)
        assert index.capture(one.id) == one
        assert index.counts()["captures"] == 1

    @pytest.mark.parametrize("key", ["", "nothing", "capture-1' OR '1'='1", "../../etc/passwd"])
    def test_what_is_not_there_is_unknown(self, index: Index, key: str) -> None:
        index.add_capture(capture(1))
        for ask in (index.capture, index.version, index.document, index.text, index.witnesses):
            with pytest.raises(UnknownKey) as caught:
                ask(key)
            assert caught.value.key == key
        assert index.filed(key) is None
        assert index.refusal(key) is None
        assert index.captures_at(key) == index.captures_with(key) == ()
        found = (index.versions(key), index.links(key), index.originals(key))
        assert found == ((), (), ())

    def test_captures_of_an_address_come_oldest_first(self, index: Index) -> None:
        for number in (3, 1, 2):
            index.add_capture(capture(number))
        index.add_capture(capture(4, url="https://a.example/x"))
        found = index.captures_at("https://a.example/")
        assert [each.id for each in found] == ["capture-1", "capture-2", "capture-3"]

    def test_equal_times_keep_the_order_of_writing(self, index: Index) -> None:
        for number in (2, 1, 3):
            index.add_capture(replace(capture(number), fetched_at=START))
        found = index.captures_at("https://a.example/")
        assert [each.id for each in found] == ["capture-2", "capture-1", "capture-3"]

    def test_the_original_is_the_oldest_that_holds_the_bytes_itself(self, index: Index) -> None:
        revisit = replace(capture(1, body="x"), kind="revisit", refers_to="capture-2")
        for each in (revisit, capture(3, body="x"), capture(2, body="x"), capture(4, body="y")):
            index.add_capture(each)
        found = index.original("sha256:ENTITYx")
        assert found is not None
        assert found.id == "capture-2"
        assert [each.id for each in index.originals("sha256:ENTITYx")] == ["capture-2", "capture-3"]
        assert index.original("sha256:ENTITYz") is None

    def test_captures_are_found_by_either_digest(self, index: Index) -> None:
        index.add_capture(capture(1, body="x"))
        for digest in ("sha256:PAYLOADx", "sha256:ENTITYx"):
            assert [each.id for each in index.captures_with(digest)] == ["capture-1"]

    def test_a_revisit_that_came_first_gets_the_digest_of_its_original(self, index: Index) -> None:
        orphan = replace(capture(1), kind="revisit", refers_to="capture-2", entity_digest="")
        index.add_capture(orphan)
        assert index.captures_with("") == ()
        index.add_capture(capture(2, body="x"))
        assert index.capture(orphan.id).entity_digest == "sha256:ENTITYx"

    def test_times_before_1000_and_at_the_end_of_days_keep_their_order(self, index: Index) -> None:
        moments = [START.replace(year=year, microsecond=0) for year in (999, 1970, 2026, 9999)]
        for number, moment in enumerate(reversed(moments)):
            index.add_capture(replace(capture(number), fetched_at=moment))
        assert [each.fetched_at for each in index.captures_at("https://a.example/")] == moments

    # Readings

    def test_a_reading_comes_back_with_its_filing(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        filed = index.filed("capture-1")
        assert filed is not None
        assert filed.entry == entry(1, "alpha")
        assert (filed.version, filed.document) == (exact("alpha"), exact("alpha"))
        assert filed.relation == Relation.NEW
        assert index.text("text-1") == at(110)
        (version,) = index.versions(exact("alpha"))
        assert version == index.version(exact("alpha"))
        assert (version.number, version.language, version.title) == (1, "zh-Hans", "题目")
        assert version.first_seen == version.last_seen == capture(1).fetched_at
        assert (version.text, version.fingerprint) == (at(110), entry(1, "alpha").fingerprint)
        assert index.document(exact("alpha")).key == exact("alpha")

    def test_filing_twice_changes_nothing(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "beta", version_of("alpha", "beta"))
        before = list(index.dump())
        index.add_reading(entry(2, "beta"), version_of("alpha", "beta"))
        assert list(index.dump()) == before

    def test_versions_are_numbered_as_they_were_observed(self, index: Index) -> None:
        put(index, 5, "alpha", new("alpha"))
        put(index, 1, "beta", version_of("alpha", "beta"))
        put(index, 9, "beta", same_as("beta"))
        versions = index.versions(exact("alpha"))
        assert [(each.number, each.key) for each in versions] == [
            (1, exact("beta")), (2, exact("alpha")),
        ]  # fmt: skip
        assert versions[0].last_seen == capture(9).fetched_at
        assert [each.key for each in index.all_versions()] == [each.key for each in versions]

    def test_a_cosmetic_copy_gives_the_version_another_key(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "alpha with a footer", same_as("alpha"), url="https://b.example/")
        alias = index.version(exact("alpha with a footer"))
        assert alias == index.version(exact("alpha"))
        assert index.counts()["versions"] == 1
        first, second = index.witnesses(alias.key)
        assert (first.url, second.url) == ("https://a.example/", "https://b.example/")
        assert first.publisher == "科技部"
        assert index.witnesses(exact("alpha with a footer")) == (first, second)
        assert {first.version, second.version} == {exact("alpha")}
        assert index.counts()["witnesses"] == 2

    def test_keys_are_found_by_their_beginning(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "alpha!", same_as("alpha"))
        put(index, 3, "beta", new("beta"))
        for key in (
            exact("alpha"),
            exact("alpha!"),
            entry(1, "alpha").iscc,
            entry(1, "alpha").iscc_form,
        ):
            assert index.versions_with(key, 5) == (exact("alpha"),)
            assert index.versions_with(key[:12], 5) == (exact("alpha"),)
        assert index.versions_with("", 5) == (exact("alpha"), exact("beta"))
        assert index.versions_with("", 1) == (exact("alpha"),)
        assert index.versions_with("%", 5) == index.versions_with("_", 5) == ()

    def test_a_merge_leaves_an_alias_and_loses_no_version(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "beta", new("beta"))
        put(index, 3, "gamma", new("gamma"))
        put(index, 4, "delta", version_of("beta", "delta", merged=("gamma",)))
        put(index, 5, "last", version_of("alpha", "last", merged=("beta",)))
        whole = index.document(exact("alpha"))
        for text in ("beta", "gamma"):
            assert index.document(exact(text)) == whole
            assert index.version(exact(text)).document == exact("alpha")
            assert index.versions_with(exact(text), 5) == (exact(text),)
        keys = [each.key for each in index.versions(exact("gamma"))]
        assert keys == [exact(text) for text in ("alpha", "beta", "gamma", "delta", "last")]
        assert index.counts()["documents"] == 1
        assert index.faults() == ()

    def test_merging_what_is_merged_or_unknown_changes_nothing(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "beta", version_of("alpha", "beta", merged=("alpha", "nothing")))
        assert index.counts()["documents"] == 1
        assert len(index.versions(exact("alpha"))) == 2

    def test_a_new_reading_of_a_capture_takes_the_place_of_the_old(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        index.add_reading(entry(1, "alpha read better"), same_as("alpha"))
        assert index.counts()["readings"] == 1
        assert index.version(exact("alpha read better")).key == exact("alpha")
        assert index.faults() == ()

    def test_a_version_that_no_reading_has_any_more_stays_as_an_alias(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "part", excerpt("part", "alpha"))
        index.add_reading(entry(1, "alpha read better"), new("alpha read better"))
        heir = index.version(exact("alpha read better"))
        assert index.version(exact("alpha")) == heir
        assert index.document(exact("alpha")).key == heir.document
        (link,) = index.links(heir.document)
        assert link.source == exact("part")
        assert index.counts()["versions"] == 2
        assert index.faults() == ()

    def test_a_version_that_another_reading_has_stays_itself(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "alpha", same_as("alpha"))
        index.add_reading(entry(1, "other"), new("other"))
        assert index.version(exact("alpha")).first_seen == capture(2).fetched_at
        assert index.version(exact("other")).first_seen == capture(1).fetched_at

    def test_a_reading_of_nothing_is_refused_whole(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        before = list(index.dump())
        with pytest.raises(UnknownKey):
            index.add_reading(entry(7, "beta"), new("beta"))
        index.add_capture(capture(2))
        after = list(index.dump())
        with pytest.raises(UnknownKey):
            index.add_reading(entry(2, "part"), excerpt("part", "nowhere"))
        with pytest.raises(UnknownKey):
            index.add_refusal(Refusal(capture="capture-7", stage="decode", reason="No."))
        assert list(index.dump()) == after
        assert len(after) == len(before) + 1

    # Links, refusals

    def test_a_link_is_seen_from_both_sides(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "part", excerpt("part", "alpha"))
        expected: Link = link_between("part", "alpha", Relation.EXCERPT)
        assert index.links(exact("alpha")) == index.links(exact("part")) == (expected,)
        assert index.counts()["documents"] == 2

    def test_links_keep_their_order_and_their_evidence(self, index: Index) -> None:
        put(index, 1, "alpha", new("alpha"))
        put(index, 2, "beta", version_of("alpha", "beta"))
        put(index, 3, "gamma", version_of("beta", "gamma"))
        links = index.links(exact("alpha"))
        assert [each.source for each in links] == [exact("beta"), exact("gamma")]
        assert links[0] == link_between("beta", "alpha", Relation.VERSION)

    def test_only_pages_without_an_outcome_are_unread(self, index: Index) -> None:
        for number in range(1, 4):
            index.add_capture(capture(number))
        index.add_capture(replace(capture(4), status=404))
        index.add_capture(replace(capture(5), url="https://a.example/robots.txt"))
        index.add_capture(replace(capture(6), kind="resource", status=0))
        index.add_reading(entry(1, "alpha"), new("alpha"))
        refusal = Refusal(capture="capture-2", stage="decode", reason="This is an image.")
        index.add_refusal(refusal)
        assert [each.id for each in index.unread()] == ["capture-3", "capture-6"]
        assert index.refusal("capture-2") == refusal
        index.add_reading(entry(2, "beta"), new("beta"))
        assert index.refusal("capture-2") is None

    # The whole

    def test_a_transaction_adds_all_or_nothing(self, index: Index) -> None:
        with pytest.raises(KeyError), index.transaction():  # noqa: PT012 - what is added before it
            put(index, 1, "alpha", new("alpha"))
            index.set_indexed(WARC, 100)
            raise KeyError
        assert list(index.dump()) == []
        with index.transaction():
            index.add_capture(capture(1))
            with pytest.raises(KeyError), index.transaction():  # noqa: PT012 - the same
                index.add_capture(capture(2))
                raise KeyError
            index.add_capture(capture(3))
        assert [each.id for each in index.captures_at("https://a.example/")] == [
            "capture-1", "capture-3",
        ]  # fmt: skip

    def test_the_extent_of_each_file_is_known(self, index: Index) -> None:
        index.set_indexed(WARC, 100)
        index.set_indexed("warc/b.warc.gz", 7)
        index.set_indexed(WARC, 200)
        assert index.indexed() == {WARC: 200, "warc/b.warc.gz": 7}
        assert index.ends() == {}
        put(index, 1, "alpha", new("alpha"))
        assert index.ends() == {WARC: at(120)}

    def test_equal_histories_give_equal_dumps(self, index: Index) -> None:
        assert list(index.dump()) == []
        put(index, 1, "alpha", new("alpha"))
        first = list(index.dump())
        put(index, 2, "beta", version_of("alpha", "beta"))
        assert len(list(index.dump())) > len(first)

    def test_a_sound_index_has_no_faults(self, index: Index) -> None:
        assert index.faults() == ()
        index.set_indexed(WARC, 1000)
        put(index, 1, "alpha", new("alpha"))
        assert index.faults() == ()
        index.set_indexed(WARC, 105)
        assert len(index.faults()) == 2

    def test_counts_name_every_kind(self, index: Index) -> None:
        kinds = {"captures", "readings", "refusals", "documents", "versions", "witnesses", "links"}
        assert kinds <= index.counts().keys()
        assert not any(index.counts().values())

    # A person's word against a link

    def test_a_copy_that_is_unlinked_gets_a_document_of_its_own(self, index: Index) -> None:
        put(index, 1, "a", new("a"))
        put(index, 2, "b", same_as("a"))
        index.add_unlink(apart("b", "a"))
        assert index.version(exact("b")).document == exact("b")
        assert index.version(exact("a")).document == exact("a")
        assert [w.captures[0].id for w in index.witnesses(exact("b"))] == ["capture-2"]
        assert index.links(exact("a")) == ()
        assert index.unlinked(exact("b")) == {exact("a")}
        assert index.unlinked(exact("a")) == {exact("b")}

    def test_a_version_that_is_unlinked_leaves_the_document(self, index: Index) -> None:
        put(index, 1, "a", new("a"))
        put(index, 2, "b", version_of("a", "b"))
        put(index, 3, "c", version_of("a", "c"))
        index.add_unlink(apart("a", "b"))
        assert [v.key for v in index.versions(exact("a"))] == [exact("a"), exact("c")]
        assert [v.key for v in index.versions(exact("b"))] == [exact("b")]

    def test_unlinking_an_excerpt_takes_only_the_link(self, index: Index) -> None:
        put(index, 1, "a", new("a"))
        put(index, 2, "b", excerpt("b", "a"))
        index.add_unlink(apart("b", "a"))
        assert index.links(exact("b")) == ()
        assert index.counts()["documents"] == 2

    def test_unlinking_a_strange_text_changes_nothing(self, index: Index) -> None:
        put(index, 1, "a", new("a"))
        before = list(index.dump())
        with pytest.raises(UnknownKey):
            index.add_unlink(apart("a", "nowhere"))
        assert list(index.dump()) == before


def apart(source: str, target: str) -> Unlink:
    return Unlink(source=exact(source), target=exact(target), by="editor", reason="another plan")
