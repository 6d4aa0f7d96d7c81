"""What the archive had not before is a change; what repeats, blinks or is noise is none."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.blinks import Sighting, blinks
from archive.changes import Change, change, changes, latest
from archive.errors import UnknownKey
from archive.index import Index
from archive.records import Filing, Unlink
from archive.sqlite_index import SqliteIndex
from archive.store import Archive
from archive.takedown import take_down
from tests.index_contract import WARC, capture, entry, excerpt
from tests.samples import START, exact, fill, new, same_as, version_of

HOUR = 3600
A, B = "https://a.example/", "https://b.example/"
Seen = list[tuple[str, str, int]]  # address, text, hours after START, in the order of writing


@contextmanager
def an_index() -> Iterator[Index]:
    with TemporaryDirectory() as folder:
        index = SqliteIndex(Path(folder) / "index.sqlite", write=True, lasting=False)
        try:
            yield index
        finally:
            index.close()


@pytest.fixture
def index() -> Iterator[Index]:
    with an_index() as found:
        yield found


def see(index: Index, number: int, url: str, hours: float, text: str, filing: Filing) -> None:
    """Capture `number` of an address at a time, with this text."""
    index.set_indexed(WARC, 10_000_000)
    taken = replace(capture(number, url=url), fetched_at=START + timedelta(hours=hours))
    index.add_capture(taken)
    index.add_reading(entry(number, text), filing)


def watch(index: Index, *seen: tuple[str, str, float]) -> list[tuple[str, str]]:
    """(kind, text) of each change after these sightings, in the order of writing."""
    texts = {}
    for number, (url, text, hours) in enumerate(seen, 1):
        first = seen[0][1]  # begins the document, of which other texts are versions
        filing = new(text) if text == first else version_of(first, text)
        known = text in texts.values()
        see(index, number, url, hours, text, same_as(text) if known else filing)
        texts[f"capture-{number}"] = text
    return [(each.kind, texts[each.capture]) for each in changes(index)]


def test_a_text_that_is_like_no_other_is_a_new_document(index: Index) -> None:
    assert watch(index, (A, "one", 0)) == [("document", "one")]


def test_an_amended_text_is_a_new_version_with_the_evidence(index: Index) -> None:
    assert watch(index, (A, "one", 0), (A, "two", 48)) == [("document", "one"), ("version", "two")]
    found = latest(index, limit=1)[0]
    assert found.because == "One number is another."
    assert found.before == exact("one")


def test_an_address_that_shows_the_same_again_changes_nothing(index: Index) -> None:
    assert watch(index, (A, "one", 0), (A, "one", 1), (A, "one", 2)) == [("document", "one")]


def test_a_text_that_differs_in_noise_alone_is_no_change(index: Index) -> None:
    see(index, 1, A, 0, "one", new("one"))
    see(index, 2, A, 48, "one, misprinted", same_as("one"))
    assert [each.capture for each in changes(index)] == ["capture-1"]


def test_a_known_text_at_another_address_is_a_witness(index: Index) -> None:
    assert watch(index, (A, "one", 0), (B, "one", 1)) == [("document", "one"), ("witness", "one")]


def test_an_excerpt_is_told_from_a_new_document(index: Index) -> None:
    see(index, 1, A, 0, "one", new("one"))
    see(index, 2, B, 1, "part", excerpt("part", "one"))
    assert [each.kind for each in changes(index)] == ["document", "excerpt"]


def test_a_blink_tells_nobody_and_what_stays_later_does(index: Index) -> None:
    seen: list[tuple[str, str, float]] = [(A, "one", 0), (A, "two", 1), (A, "one", 2)]
    assert watch(index, *seen) == [("document", "one")]
    see(index, 4, A, 100, "two", same_as("two"))
    assert [(each.kind, each.capture) for each in changes(index)][1:] == [("version", "capture-4")]


def test_a_change_may_be_a_blink_for_a_day_unless_its_address_showed_nothing_before(
    index: Index,
) -> None:
    watch(index, (A, "one", 0), (B, "one", 1), (A, "two", 10))
    by_capture = {each.capture: each.open_until for each in changes(index)}
    day = START + timedelta(hours=24)
    assert by_capture == {"capture-1": None, "capture-2": None, "capture-3": day}


def test_a_version_that_blinked_at_one_address_is_new_where_it_stays(index: Index) -> None:
    seen = ((A, "one", 0.0), (A, "two", 1.0), (A, "one", 2.0), (B, "two", 3.0))
    assert watch(index, *seen) == [("document", "one"), ("version", "two")]


def test_the_order_is_that_of_writing_so_that_an_import_is_news(index: Index) -> None:
    see(index, 1, A, 1000, "one", new("one"))
    see(index, 2, B, 0, "one", same_as("one"))
    assert [each.capture for each in changes(index)] == ["capture-1", "capture-2"]


def test_the_changes_of_a_document_are_its_own(index: Index) -> None:
    watch(index, (A, "one", 0), (A, "two", 48))
    see(index, 3, B, 50, "other", new("other"))
    own = changes(index, document=exact("one"))
    assert [each.capture for each in own] == ["capture-1", "capture-2"]
    assert latest(index, document=exact("one")) == own[::-1]
    assert changes(index, document=exact("other")) == latest(index, limit=1)


def test_what_a_person_takes_apart_is_a_document(index: Index) -> None:
    watch(index, (A, "one", 0), (A, "two", 48))
    index.add_unlink(Unlink(source=exact("two"), target=exact("one"), by="ann", reason="no"))
    assert [each.kind for each in changes(index)] == ["document", "document"]


def test_a_change_is_found_by_its_id_and_a_repeated_capture_is_none(index: Index) -> None:
    watch(index, (A, "one", 0), (A, "one", 1))
    assert change(index, "capture-1") == changes(index)[0]
    for none in ("capture-2", "capture-9", ""):
        with pytest.raises(UnknownKey):
            change(index, none)


def test_a_mark_that_is_none_is_refused(index: Index) -> None:
    with pytest.raises(UnknownKey):
        changes(index, after="nothing")
    with pytest.raises(UnknownKey):
        latest(index, before="nothing")


def plainly(seen: Seen) -> list[str]:
    """The captures that are changes, worked out anew: no blink, the first of its text at its address."""
    by_url: dict[str, list[Sighting]] = {}
    for number, (url, text, hours) in enumerate(seen, 1):
        sighting = Sighting(
            capture=f"capture-{number}",
            seen_at=START + timedelta(hours=hours),
            version=exact(text),
        )
        by_url.setdefault(url, []).append(sighting)
    blinked = {capture for sightings in by_url.values() for capture in blinks(sightings)}
    known: set[tuple[str, str]] = set()
    found = []
    for number, (url, text, _) in enumerate(seen, 1):
        if f"capture-{number}" not in blinked and (url, text) not in known:
            known.add((url, text))
            found.append(f"capture-{number}")
    return found


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((A, B)), st.sampled_from(("one", "two", "tri")), st.integers(0, 60)
        ),
        max_size=14,
        unique_by=lambda seen: (seen[0], seen[2]),
    )
)
def test_changes_are_what_no_blink_has_shown_first_whatever_comes_when(seen: Seen) -> None:
    with an_index() as index:
        watch(index, *seen)
        assert [each.capture for each in changes(index)] == plainly(seen)


def test_pages_of_changes_hold_each_once_forwards_and_backwards(index: Index) -> None:
    chance = random.Random(1)
    seen = [(chance.choice((A, B)), f"text {n % 40}", 30.0 * n) for n in range(120)]
    watch(index, (A, "one", -30), *seen)
    every = changes(index, limit=1000)
    forwards: list[Change] = []
    while page := changes(index, after=forwards[-1].id if forwards else None, limit=7):
        forwards += page
    backwards: list[Change] = []
    while page := latest(index, before=backwards[-1].id if backwards else None, limit=7):
        backwards += page
    assert forwards == list(every)
    assert backwards == list(every)[::-1]
    assert len(every) > 40


def test_a_rebuilt_index_gives_the_same_changes(tmp_path: Path) -> None:
    fill(tmp_path)
    with Archive.open(tmp_path) as archive:
        before = changes(archive.index)
    Archive.rebuild(tmp_path).close()
    with Archive.open(tmp_path) as archive:
        assert changes(archive.index) == before
    assert {each.kind for each in before} >= {"document", "version", "excerpt"}


def test_what_was_taken_down_is_no_change_any_more(tmp_path: Path) -> None:
    fill(tmp_path)
    with Archive.open(tmp_path) as archive:
        gone = changes(archive.index)[0]
    take_down(tmp_path, gone.capture, "ann", "a court's order")
    with Archive.open(tmp_path) as archive:
        assert gone.capture not in {each.capture for each in changes(archive.index)}
        with pytest.raises(UnknownKey):
            changes(archive.index, after=gone.id)
