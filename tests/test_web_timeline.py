"""The picture of a document: who showed what when, and how much later than the first."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.pages.parts import CaptureView, VersionView, WitnessView
from service.pages.timeline import MOST_LANES, timeline

DAY = datetime(2026, 4, 15, tzinfo=UTC)
MINISTRY = "https://www.haidao.gov.example/plan.html"
PAPER = "https://paper.example/plan.html"


def witness(
    url: str, *days: float, published: str | None = None, blink: bool = False
) -> WitnessView:
    """An address that showed a version on these days after DAY."""
    captures = tuple(
        CaptureView(
            captured_at=DAY + timedelta(days=day),
            status=200,
            capture=f"{url}@{day}",
            warc="warc/a.warc.gz",
            offset=0,
            payload_digest="sha256:A",
            truncated=None,
        )
        for day in days
    )
    return WitnessView(
        url=url,
        captured_at=captures[0].captured_at,
        status=200,
        capture=captures[0].capture,
        warc="warc/a.warc.gz",
        offset=0,
        payload_digest="sha256:A",
        truncated=None,
        publisher=None,
        published_at=published,
        blink=blink,
        captures=captures,
    )


def version(number: int, *witnesses: WitnessView) -> VersionView:
    """A version with these witnesses."""
    moments = [each.captured_at for one in witnesses for each in one.captures]
    return VersionView(
        version=f"key{number}",
        number=number,
        fingerprint="",
        iscc="",
        iscc_form="",
        first_seen=min(moments),
        last_seen=max(moments),
        language="zh-Hans",
        title="方案",
        witnesses=witnesses,
        copies=(),
    )


def test_the_lag_is_that_of_publishing_where_both_say_when() -> None:
    told = timeline(
        [
            version(
                1,
                witness(PAPER, 0, published="2026-04-15T12:30:00+08:00"),
                witness(MINISTRY, 3, published="2026-04-15T10:00:00+08:00"),
            )
        ]
    )
    assert [lane.url for lane in told.lanes] == [MINISTRY, PAPER]
    assert told.lanes[0].is_origin
    assert told.lanes[0].lag is None
    assert told.lanes[1].lag == timedelta(hours=2, minutes=30)
    assert told.lanes[1].lag_by == "published"


def test_a_bare_day_gives_a_lag_in_days() -> None:
    told = timeline(
        [
            version(
                1,
                witness(MINISTRY, 0, published="2026-04-15T23:00:00+08:00"),
                witness(PAPER, 5, published="2026-04-17"),
            )
        ]
    )
    assert told.lanes[1].lag == timedelta(days=1)


def test_without_a_time_of_publishing_sightings_are_compared() -> None:
    told = timeline([version(1, witness(MINISTRY, 0), witness(PAPER, 2))])
    assert told.lanes[1].lag == timedelta(days=2)
    assert told.lanes[1].lag_by == "seen"


def test_who_published_before_the_ministry_is_ahead_of_it() -> None:
    told = timeline(
        [
            version(
                1,
                witness(PAPER, 0, published="2026-04-14T08:00:00Z"),
                witness(MINISTRY, 0, published="2026-04-15T08:00:00Z"),
            )
        ]
    )
    assert told.lanes[0].url == MINISTRY
    assert told.lanes[1].lag == timedelta(days=-1)


def test_a_lane_has_a_span_for_each_version_in_turn() -> None:
    told = timeline([version(1, witness(PAPER, 0, 10)), version(2, witness(PAPER, 20, 30))])
    (lane,) = told.lanes
    assert [span.version for span in lane.spans] == [1, 2]
    assert lane.spans[0].end < lane.spans[1].start
    assert [mark.number for mark in told.marks] == [1, 2]


def test_a_blink_does_not_end_a_span() -> None:
    told = timeline([version(1, witness(PAPER, 0, 1)), version(2, witness(PAPER, 0.5, blink=True))])
    (lane,) = told.lanes
    assert [span.version for span in lane.spans] == [1]
    assert [each.blink for each in lane.sightings] == [False, True, False]


def test_too_many_witnesses_are_counted_instead_of_drawn() -> None:
    many = tuple(witness(f"https://site{n}.example/", n / 10) for n in range(MOST_LANES + 5))
    told = timeline([version(1, *many)])
    assert len(told.lanes) == MOST_LANES
    assert told.more == 5


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.floats(0, 5000), st.sampled_from([None, "2026-01-02", "?"])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_everything_lies_inside_the_picture(seen: list[tuple[int, float, str | None]]) -> None:
    versions = [
        version(number, witness(f"https://site{site}.example/", day, published=published))
        for number, (site, day, published) in enumerate(seen, 1)
    ]
    told = timeline(versions)
    places = [each.x for lane in told.lanes for each in lane.sightings]
    places += [span.start for lane in told.lanes for span in lane.spans]
    places += [lane.published for lane in told.lanes if lane.published is not None]
    places += [tick.x for tick in told.ticks]
    assert all(0 <= place <= 1 for place in places)
    assert len(told.ticks) <= 9
    assert told.ticks


def test_a_year_that_cannot_be_is_no_time_of_publishing() -> None:
    for slip in ("9999-12-31", "0001-01-01T00:00:00+14:00"):
        told = timeline([version(1, witness(MINISTRY, 0, published=slip))])
        assert told.lanes[0].published is None
        assert told.end - told.start < timedelta(days=3)


@given(st.integers(2, 36_000))
def test_the_axis_has_a_few_days_at_even_distances(days: int) -> None:
    told = timeline([version(1, witness(PAPER, -days, 0))])
    shown = [each.day for each in told.ticks]
    steps = [(later - day).days for day, later in pairwise(shown)]
    assert 1 <= len(shown) <= 13
    assert max(steps, default=0) - min(steps, default=0) <= 31
    assert days < 250 or all(day.day == 1 for day in shown)
