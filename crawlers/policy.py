"""How one site is to be visited, as far as that differs from the crawl's own limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The wishes of one site, from its row or from its operator.

    Raises:
        ValueError: for hours outside the day, an unknown zone, a negative delay or an impossible port.
    """

    hosts: tuple[str, ...]  # lower case; each stands for itself and for every name below it
    delay_seconds: float | None = None  # at least, between requests to one host; None: the crawl's
    # Minutes of the day, [from, to), in `zone`; () is always.
    hours: tuple[tuple[int, int], ...] = ()
    zone: str = "UTC"  # IANA name
    ports: tuple[int, ...] = ()  # beside 80 and 443

    def __post_init__(self) -> None:
        for begin, end in self.hours:
            if not (0 <= begin < DAY_MINUTES and 0 <= end <= DAY_MINUTES) or begin == end:
                raise ValueError(f"The hours from minute {begin} to {end} are no part of a day.")
        if self.delay_seconds is not None and not 0 <= self.delay_seconds < float("inf"):
            raise ValueError(f"A delay of {self.delay_seconds} seconds cannot be kept.")
        if not all(0 < port < 65536 for port in self.ports):
            raise ValueError(f"{self.ports} are not all ports; ports go from 1 to 65535.")
        _zone(self.zone)

    def opens_at(self, now: datetime) -> datetime | None:
        """When the site may be visited next, in its own zone; None when it may be at `now`.

        Hours whose end is not behind their beginning run over midnight. Where the clocks change, an
        hour that does not exist opens with the one behind it.
        """
        if not self.hours:
            return None
        zone = _zone(self.zone)
        here = now.astimezone(zone)
        minute = here.hour * 60 + here.minute
        if any(_is_within(minute, begin, end) for begin, end in self.hours):
            return None
        days = (here.date() + timedelta(days=ahead) for ahead in range(3))
        openings = (
            datetime.combine(day, time(begin // 60, begin % 60), zone)
            for day in days
            for begin, _ in self.hours
        )
        # Compared in UTC: two moments of one zone are compared by their wall clocks otherwise.
        moments = (opening.astimezone(UTC) for opening in openings)
        return min(moment for moment in moments if moment > now).astimezone(zone)


def policy_for(policies: Iterable[Policy], host: str) -> Policy | None:
    """The policy that names this host most exactly, the first of equals; None where none does."""
    name = canonical_host(host)
    best, length = None, 0
    for policy in policies:
        for own in policy.hosts:
            if len(own) > length and (name == own or name.endswith("." + own)):
                best, length = policy, len(own)
    return best


def canonical_host(host: str) -> str:
    """A host name as it counts for us: in lower case, without the dot that may end it."""
    return host.lower().rstrip(".")


def _is_within(minute: int, begin: int, end: int) -> bool:
    if begin < end:
        return begin <= minute < end
    return minute >= begin or minute < end


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is no time zone. Write a name such as Asia/Shanghai."
        ) from error
