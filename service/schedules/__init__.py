"""Crawls that come again and again, by cron lines, kept in the database of jobs."""

from service.jobs.errors import UnknownSchedule
from service.schedules.clock import next_due
from service.schedules.records import Found, Schedule
from service.schedules.schedules import Schedules

__all__ = ["Found", "Schedule", "Schedules", "UnknownSchedule", "next_due"]
