"""Schedules in the form that docs and other programs rely on; see service.views."""

from service.jobs.views import when
from service.schedules.records import Found, Schedule
from service.views import View


def schedule_view(schedule: Schedule) -> View:
    """A Schedule."""
    found = schedule.last_found
    return {
        "name": schedule.name,
        "site": schedule.site,
        "watch": schedule.watch,
        "cron": schedule.cron,
        "zone": schedule.zone,
        "jitter_seconds": schedule.jitter_seconds,
        "paused": schedule.paused,
        "next_run": when(schedule.next_run),
        "last_run": when(schedule.last_run),
        "last_found": None if found is None else _found(found),
    }


def _found(found: Found) -> View:
    return {
        "jobs": list(found.jobs),
        "state": found.state,
        "fetched": found.fetched,
        "new": found.new,
        "versions": found.versions,
        "excerpts": found.excerpts,
        "same": found.same,
        "refused": found.refused,
        "failed": found.failed,
    }
