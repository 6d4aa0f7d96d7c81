"""A page that shows A, B, A within a day has blinked; every other change is one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from archive.blinks import Sighting, blinks, is_blink
from archive.store import Archive
from tests.samples import new, put, same_as

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOUR = 3600.0

Seen = list[tuple[float, str]]  # hours after START, version


def sightings(seen: Seen) -> list[Sighting]:
    return [
        Sighting(capture=f"{number}", seen_at=START + timedelta(hours=hours), version=version)
        for number, (hours, version) in enumerate(seen)
    ]


def blinking(*seen: tuple[float, str]) -> set[int]:
    return {int(capture) for capture in blinks(sightings(list(seen)))}


def test_b_between_two_a_within_a_day_is_a_blink() -> None:
    assert blinking((0, "A"), (1, "B"), (2, "A")) == {1}


def test_b_between_two_a_that_lie_further_apart_is_a_change() -> None:
    assert blinking((0, "A"), (1, "B"), (24.1, "A")) == set()
    assert blinking((0, "A"), (1, "B"), (24, "A")) == {1}


def test_b_that_stays_is_a_change() -> None:
    assert blinking((0, "A"), (1, "B"), (2, "B")) == set()


def test_b_and_c_between_two_a_are_both_blinks() -> None:
    assert blinking((0, "A"), (1, "B"), (2, "C"), (3, "A")) == {1, 2}


def test_the_first_and_the_last_sighting_are_never_blinks() -> None:
    assert blinking((0, "A"), (1, "B"), (2, "A"), (3, "B")) == {1, 2}


def test_the_day_counts_from_the_sighting_next_to_it() -> None:
    assert blinking((0, "A"), (100, "A"), (101, "B"), (102, "A"), (300, "A")) == {2}


@given(
    st.lists(st.tuples(st.floats(min_value=0, max_value=100), st.sampled_from("ABC")), max_size=20)
)
def test_what_blinks_has_another_version_on_both_sides_within_a_day(seen: Seen) -> None:
    every = sorted(sightings(seen), key=lambda each: (each.seen_at, each.capture))
    assert blinks(every) == blinks(reversed(every))
    for number, each in enumerate(every):
        around = any(
            one.version == other.version and other.seen_at - one.seen_at <= timedelta(hours=24)
            for one in every[:number]
            for other in every[number + 1 :]
            if one.version != each.version
        )
        assert around or each.capture not in blinks(every)


def test_a_witness_of_a_blink_is_told_from_one_that_stayed(tmp_path: Path) -> None:
    elsewhere = "https://other.example/plan.html"
    with Archive.open(tmp_path / "archive", write=True) as archive:
        put(archive, "alpha", new("alpha"))
        put(archive, "beta", new("beta"), after=HOUR)
        put(archive, "alpha", same_as("alpha"), after=2 * HOUR)
        put(archive, "beta", same_as("beta"), url=elsewhere, after=3 * HOUR)
        marked = {
            (witness.url, version.key): is_blink(archive, witness)
            for version in archive.index.all_versions()
            for witness in archive.index.witnesses(version.key)
        }
        alpha, beta = (version.key for version in archive.index.all_versions())
        here = archive.index.witnesses(alpha)[0].url
        assert len(archive.index.captures_at(here)) == 3, "every sighting is kept"
    assert marked == {(here, alpha): False, (here, beta): True, (elsewhere, beta): False}
