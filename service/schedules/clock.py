"""When a cron line is due, in a time zone; pure, so that a test can be its own clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from service.jobs.errors import UnusableArgument

_FIELDS = 5  # minute, hour, day of month, month, day of week


def next_due(cron: str, zone: str, after: datetime) -> datetime:
    """The first time behind `after` at which the line is due, in UTC.

    Clock changes are taken as Debian's cron takes them: a time that is skipped is due right after the
    gap, one that comes twice is due the first time; lines with a star in minute or hour follow the hours
    as they pass.

    >>> next_due("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC)).isoformat()
    '2026-03-29T01:00:00+00:00'

    Raises:
        UnusableArgument: the line is no cron line, or is never due, or there is no such zone.
    """
    fields = cron.split()
    if len(fields) != _FIELDS or len(cron) > 200:
        raise UnusableArgument("cron", "it has five fields: minute hour day month weekday.")
    try:
        times = CronSim(" ".join(fields), after.astimezone(time_zone(zone)))
        return next(times).astimezone(UTC)
    except CronSimError as error:
        raise UnusableArgument("cron", f"{cron!r} is no cron line ({error}).") from error
    except StopIteration as error:
        raise UnusableArgument("cron", f"{cron!r} is never due.") from error


def time_zone(name: str) -> ZoneInfo:
    """The zone of this IANA name.

    Raises:
        UnusableArgument: there is none.
    """
    try:
        return ZoneInfo(name)
    except (
        KeyError,
        ValueError,
        OSError,
    ) as error:  # OSError: the name of a folder, such as "Asia"
        wrong = f"{name[:80]!r} is no time zone; write Asia/Shanghai."
        raise UnusableArgument("zone", wrong) from error
