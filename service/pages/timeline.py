"""The picture of a document: time from left to right, a lane for each witness, a mark for each version.

Places are shares of the width, so that whoever draws it decides on its size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from urllib.parse import urlsplit

from service.pages.parts import VersionView, WitnessView

MOST_LANES = 60
_MOST_TICKS = 7
_MARGIN = 0.02  # of the time shown, on either side
_LEAST = timedelta(days=1)  # shown at least, so that a first day has a width
_STEPS = (1, 2, 7, 14, 30, 91, 182, 365, 730, 1826, 3652)  # days between ticks
_MONTH = 30  # days, from which on ticks are firsts of months
_YEARS = range(1900, 2200)  # in which a page can say that it was published
_OFFICIAL = frozenset({"gov", "gob", "gouv", "govt", "go", "gub", "gv"})  # labels of state hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A capture that showed a version."""

    at: datetime  # UTC
    x: float  # 0..1, from left to right
    version: int  # its number
    capture: str
    blink: bool  # seen between two sightings of something else within a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time during which a witness showed one version, from its first sighting to its last."""

    version: int
    start: float  # 0..1
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One address over time."""

    url: str
    host: str
    publisher: str | None
    published_at: str | None  # as the page says of the first version that was seen there
    published: float | None  # the same, 0..1
    first_seen: datetime  # UTC
    is_origin: bool  # the others are measured by it
    lag: timedelta | None  # behind the origin, negative before it; None where it cannot be said
    lag_by: Literal["published", "seen"]  # what was compared; sightings say little about publishing
    spans: tuple[Span, ...]
    sightings: tuple[Sighting, ...]  # oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A day on the axis."""

    x: float  # 0..1
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a version was seen first."""

    x: float  # 0..1
    number: int
    version: str  # its key
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The versions and witnesses of one document over time."""

    start: datetime  # UTC; x = 0
    end: datetime  # x = 1
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    lanes: tuple[Lane, ...]  # the origin first, then as they published or were seen
    more: int  # witnesses that have no lane because there are too many


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What is known of one address."""

    url: str
    witnesses: tuple[tuple[int, WitnessView], ...]  # (number of the version, its witness)
    first_seen: datetime  # UTC
    stated: WitnessView | None  # the one that states the earliest time of publishing
    published: datetime | None  # that time, UTC


def timeline(versions: Sequence[VersionView]) -> Timeline:
    """The picture of the versions of a document, of which there is at least one."""
    places = _places(versions)
    origin = min(places, key=_rank)
    places.sort(key=lambda place: (place is not origin, place.published or place.first_seen))
    shown = places[:MOST_LANES]
    moments = [
        capture.captured_at
        for place in places
        for _, w in place.witnesses
        for capture in w.captures
    ]
    moments += [place.published for place in shown if place.published]
    start, end = min(moments), max(moments)
    margin = max(_LEAST, end - start) * _MARGIN
    axis = _Axis(start - margin, max(end, start + _LEAST) + margin)
    return Timeline(
        start=axis.start,
        end=axis.end,
        ticks=tuple(axis.ticks()),
        marks=tuple(
            Mark(
                x=axis.x(each.first_seen),
                number=each.number,
                version=each.version,
                at=each.first_seen,
            )
            for each in versions
        ),
        lanes=tuple(_lane(place, origin, axis) for place in shown),
        more=len(places) - len(shown),
    )


def _places(versions: Sequence[VersionView]) -> list[_Place]:
    """The addresses, each with its witnesses of all versions."""
    found: dict[str, list[tuple[int, WitnessView]]] = {}
    for version in versions:
        for witness in version.witnesses:
            found.setdefault(witness.url, []).append((version.number, witness))
    return [_place(url, tuple(seen)) for url, seen in found.items()]


def _place(url: str, witnesses: tuple[tuple[int, WitnessView], ...]) -> _Place:
    told = (
        (moment, witness)
        for _, witness in witnesses
        if (moment := _moment(witness.published_at)) is not None
    )
    published, stated = min(told, key=lambda each: each[0], default=(None, None))
    return _Place(
        url=url,
        witnesses=witnesses,
        first_seen=min(witness.captured_at for _, witness in witnesses),
        stated=stated,
        published=published,
    )


def _rank(place: _Place) -> tuple[bool, datetime, datetime, str]:
    """The origin is the state's own host that published first; else whoever published or was first."""
    labels = _host(place.url).split(".")
    official = bool(_OFFICIAL & set(labels[-3:]))
    published = place.published or place.first_seen
    return not official, published, place.first_seen, place.url


def _host(url: str) -> str:
    """The host of the address; "" where it has none that can be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _lane(place: _Place, origin: _Place, axis: "_Axis") -> Lane:
    sightings = sorted(
        (
            Sighting(
                at=capture.captured_at,
                x=axis.x(capture.captured_at),
                version=number,
                capture=capture.capture,
                blink=witness.blink,
            )
            for number, witness in place.witnesses
            for capture in witness.captures
        ),
        key=lambda each: (each.at, each.capture),
    )
    by_published = bool(place.published and origin.published)
    lag = _lag(place, origin)
    first = place.stated or place.witnesses[0][1]
    return Lane(
        url=place.url,
        host=_host(place.url) or place.url,
        publisher=first.publisher,
        published_at=first.published_at,
        published=axis.x(place.published) if place.published else None,
        first_seen=place.first_seen,
        is_origin=place is origin,
        lag=lag,
        lag_by="published" if by_published else "seen",
        spans=tuple(_spans(sightings)),
        sightings=tuple(sightings),
    )


def _lag(place: _Place, origin: _Place) -> timedelta | None:
    """How much later than the origin; days where one of both states only its day."""
    if place is origin:
        return None
    if place.published and origin.published and place.stated and origin.stated:
        lag = place.published - origin.published
        days_only = any(
            len(str(each.stated.published_at)) <= 10 for each in (place, origin) if each.stated
        )
        return timedelta(days=round(lag / timedelta(days=1))) if days_only else lag
    return place.first_seen - origin.first_seen


def _spans(sightings: Sequence[Sighting]) -> Iterator[Span]:
    """The stretches between sightings of one version; blinks do not end one."""
    steady = [each for each in sightings if not each.blink]
    start = None
    for before, after in pairwise([*steady, None]):
        if before is None:
            continue
        start = start or before
        if after is None or after.version != before.version:
            yield Span(version=before.version, start=start.x, end=before.x)
            start = None


def _moment(published: str | None) -> datetime | None:
    """The time of publishing in UTC; a bare day is its midnight. None for what is none, or a slip."""
    try:
        moment = datetime.fromisoformat(published or "")
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class _Axis:
    """Time as shares of a width."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, end

    def x(self, at: datetime) -> float:
        """The place of the moment, 0..1."""
        return round((at - self.start) / (self.end - self.start), 5)

    def ticks(self) -> Iterator[Tick]:
        """Days at even distances, a few of them; the first of a month or year where these are months."""
        days = (self.end - self.start).days + 1
        step = next(
            (each for each in _STEPS if days / each <= _MOST_TICKS), days // _MOST_TICKS + 1
        )
        day = self.start.date() + timedelta(days=1)
        while (at := datetime.combine(day := _round(day, step), time(), UTC)) <= self.end:
            yield Tick(x=self.x(at), day=day)
            day += timedelta(days=step - 3 * (step >= _MONTH))  # a month may have 28


def _round(day: date, step: int) -> date:
    """The day itself or, where steps are months, the first of a month from then on."""
    if step < _MONTH or day.day == 1:
        return day
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
