"""Schedules on a clock of the test's own: when they are due, that each run happens once, and the command."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import UnknownKey
from service import watches
from service.jobs import Jobs, UnusableArgument
from service.jobs import database as db
from service.jobs.ledger import Ledger
from service.schedules import Schedules, UnknownSchedule, next_due
from tests.commands import Variorum

START = datetime(2026, 3, 28, tzinfo=UTC)  # the clocks change in Europe in the night that follows
SITE = "most.gov.cn"


class Clock:
    """A time that passes when the test says so."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_to(self, moment: datetime, step: timedelta) -> Iterator[datetime]:
        while self.now < moment:
            self.now += step
            yield self.now


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs.open(None, tmp_path / "archive") as opened:
        yield opened


def schedules_of(jobs: Jobs, tmp_path: Path, clock: Clock) -> Schedules:
    return Schedules(jobs, tmp_path / "archive", clock)


def runs(jobs: Jobs, name: str) -> list[str]:
    """The times at which a schedule was due when it ran, in order."""
    query = db.runs.select().where(db.runs.c.schedule == name).order_by(db.runs.c.due)
    with jobs.database.reading() as connection:
        return [row.due for row in connection.execute(query)]


TEN = (
    ("hourly", "0 * * * *", "UTC", 0.0),
    ("quarters", "*/15 * * * *", "UTC", 60.0),
    ("halves", "*/30 * * * *", "Asia/Shanghai", 600.0),
    ("night", "30 2 * * *", "Europe/Berlin", 0.0),
    ("twice", "10 9,17 * * *", "America/Lima", 300.0),
    ("office", "0 8-18 * * 1-6", "Asia/Shanghai", 120.0),
    ("odd", "7 1-23/2 * * *", "Europe/Madrid", 3600.0),
    ("noon", "0 12 * * *", "UTC", 0.0),
    ("weekend", "5 */6 * * 0,6", "UTC", 30.0),
    ("half-hour zone", "0 * * * *", "Asia/Kolkata", 0.0),
)


def test_in_a_day_of_ten_schedules_every_run_happens_once(jobs: Jobs, tmp_path: Path) -> None:
    clock = Clock()
    schedules = schedules_of(jobs, tmp_path, clock)
    for name, cron, zone, jitter in TEN:
        schedules.add(name, site=SITE, cron=cron, zone=zone, jitter_seconds=jitter)
    others = schedules_of(jobs, tmp_path, clock)  # a second worker that looks at the same time
    end = START + timedelta(days=1)
    for _ in clock.pass_to(end + timedelta(hours=1), timedelta(minutes=5)):
        schedules.run_due()
        others.run_due()
    for name, cron, zone, _ in TEN:
        expected = [due for due in dues(cron, zone) if due < end]
        ran = [due for each in runs(jobs, name) if (due := datetime.fromisoformat(each)) < end]
        assert ran == expected, name
        assert expected, name


def dues(cron: str, zone: str) -> Iterator[datetime]:
    """By wall clock alone: every minute of the time from START on that fits the line."""
    minutes, hours, _, _, days = cron.split()
    for passed in range(1, 26 * 60):
        moment = START + timedelta(minutes=passed)
        here = moment.astimezone(ZoneInfo(zone))
        if (
            here.minute in field(minutes, 60)
            and here.hour in field(hours, 24)
            and here.isoweekday() % 7 in field(days, 7)
        ):
            yield moment


def field(text: str, count: int) -> set[int]:
    """The numbers that a field of a cron line stands for."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-" + str(count - 1) if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def test_what_was_missed_is_caught_up_once(jobs: Jobs, tmp_path: Path) -> None:
    clock = Clock()
    schedules = schedules_of(jobs, tmp_path, clock)
    schedules.add("often", site=SITE, cron="*/5 * * * *")
    clock.now = START + timedelta(days=3, minutes=1)
    assert len(schedules.run_due()) == 1
    assert schedules.run_due() == ()
    often = schedules.schedule("often")
    assert often.last_run == clock.now
    assert often.next_run == START + timedelta(days=3, minutes=5)


def test_a_paused_schedule_does_not_run_and_does_not_catch_up(jobs: Jobs, tmp_path: Path) -> None:
    clock = Clock()
    schedules = schedules_of(jobs, tmp_path, clock)
    schedules.add("often", site=SITE, cron="0 * * * *")
    assert schedules.pause("often").next_run is None
    clock.now += timedelta(hours=5, minutes=30)
    assert schedules.run_due() == ()
    assert schedules.resume("often").next_run == START + timedelta(hours=6)
    assert schedules.run_due() == ()
    clock.now += timedelta(hours=1)
    assert len(schedules.run_due()) == 1


def test_two_workers_at_the_same_moment_run_it_once(jobs: Jobs, tmp_path: Path) -> None:
    clock = Clock()
    schedules_of(jobs, tmp_path, clock).add("often", site=SITE, cron="0 * * * *")
    clock.now += timedelta(hours=1)
    ran: list[int] = []
    both = [
        threading.Thread(
            target=lambda: ran.append(len(schedules_of(jobs, tmp_path, clock).run_due()))
        )
        for _ in range(6)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(ran) == 1
    assert len(runs(jobs, "often")) == 1


def test_a_run_while_the_crawl_before_goes_on_is_the_same_crawl(jobs: Jobs, tmp_path: Path) -> None:
    clock = Clock()
    schedules = schedules_of(jobs, tmp_path, clock)
    schedules.add("often", site=SITE, cron="0 * * * *")
    ids = []
    for _ in range(2):
        clock.now += timedelta(hours=1)
        ids += [job.id for job in schedules.run_due()]
    assert ids[0] == ids[1]
    ledger = Ledger(jobs.database, "a worker")
    assert ledger.begin(ids[0], 0) is not None
    relations = ("new", "new", "version", "same")
    results = [{"relation": each, "status": "archived"} for each in relations]
    ledger.finish(
        ids[0], "done", result={"fetched": 9, "results": [*results, {"status": "failed"}]}
    )
    found = schedules.schedule("often").last_found
    assert found is not None
    assert (found.state, found.fetched, found.new, found.versions) == ("done", 9, 2, 1)
    assert (found.same, found.excerpts, found.refused, found.failed) == (1, 0, 0, 1)
    clock.now += timedelta(hours=1)
    assert [job.id for job in schedules.run_due()] != [ids[0]]


def test_a_watch_alone_crawls_every_site_for_it(jobs: Jobs, tmp_path: Path) -> None:
    schedules = schedules_of(jobs, tmp_path, Clock())
    with pytest.raises(UnknownKey):
        schedules.add("plan", watch="wetlands", cron="0 4 * * *")
    watches.add(tmp_path / "archive", watches.Watch(name="wetlands", titles=("湿地保护方案",)))
    schedules.add("plan", watch="wetlands", cron="0 4 * * *")
    begun = schedules.run("plan")
    assert len(begun) > 1
    assert {tuple(job.argument["watches"]) for job in begun} == {("wetlands",)}
    assert len({job.argument["site"] for job in begun}) == len(begun)
    found = schedules.schedule("plan").last_found
    assert found is not None
    assert set(found.jobs) == {job.id for job in begun}


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"cron": "* * * *", "site": SITE}, "five fields"),
        ({"cron": "* * * * * *", "site": SITE}, "five fields"),
        ({"cron": "61 * * * *", "site": SITE}, "no cron line"),
        ({"cron": "0 0 30 2 *", "site": SITE}, "no cron line"),
        ({"cron": "0 4 * * *", "site": "nowhere.example"}, "is none of"),
        ({"cron": "0 4 * * *"}, "needs a site, or a watch"),
        ({"cron": "0 4 * * *", "site": SITE, "zone": "Asia/Peking"}, "no time zone"),
        ({"cron": "0 4 * * *", "site": SITE, "zone": "Asia"}, "no time zone"),
        ({"cron": "0 4 * * *", "site": SITE, "zone": "../etc/passwd"}, "no time zone"),
        ({"cron": "0 4 * * *", "site": SITE, "jitter_seconds": -1.0}, "between 0"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_a_sentence(
    jobs: Jobs, tmp_path: Path, asked: dict[str, str], named: str
) -> None:
    schedules = schedules_of(jobs, tmp_path, Clock())
    with pytest.raises(UnusableArgument, match=named):
        schedules.add("wrong", **asked)  # type: ignore[arg-type]
    assert schedules.list() == ()


def test_an_unknown_schedule_is_said_to_be_unknown(jobs: Jobs, tmp_path: Path) -> None:
    schedules = schedules_of(jobs, tmp_path, Clock())
    for ask in (schedules.run, schedules.pause, schedules.resume, schedules.remove):
        with pytest.raises(UnknownSchedule, match="no schedule 'nobody'"):
            ask("nobody")


@pytest.mark.parametrize(
    ("cron", "after", "due"),
    [
        # 02:30 does not exist on 29 March 2026 in Berlin, and comes twice on 25 October.
        ("30 2 * * *", "2026-03-28T12:00+00:00", "2026-03-29T01:00+00:00"),
        ("30 2 * * *", "2026-10-24T12:00+00:00", "2026-10-25T00:30+00:00"),
        ("30 2 * * *", "2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"),
        ("30 * * * *", "2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00"),
        ("0 0 1 1 *", "2026-01-01T00:00+00:00", "2026-12-31T23:00+00:00"),
    ],
)
def test_changes_of_the_clock_neither_skip_nor_double_a_run(
    cron: str, after: str, due: str
) -> None:
    found = next_due(cron, "Europe/Berlin", datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(due)


@given(
    st.sampled_from([cron for _, cron, _, _ in TEN]),
    st.sampled_from(
        ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Lima", "Australia/Lord_Howe"]
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)),
)
def test_the_next_time_is_later_and_nothing_is_due_in_between(
    cron: str, zone: str, naive: datetime
) -> None:
    after = naive.replace(tzinfo=UTC)
    due = next_due(cron, zone, after)
    assert due > after
    between = after + (due - after) / 2
    assert next_due(cron, zone, between) == due


def test_the_command_keeps_lists_runs_and_forgets_schedules(variorum: Variorum) -> None:
    add = (
        "schedule",
        "add",
        "daily",
        "--site",
        SITE,
        "--cron",
        "0 4 * * *",
        "--zone",
        "Asia/Shanghai",
    )
    answer = variorum(*add, "--jitter", "10m", "--json")
    assert answer.status == 0, answer.err
    (daily,) = answer.json["schedules"]
    assert (daily["site"], daily["jitter_seconds"], daily["last_run"]) == (SITE, 600.0, None)
    assert daily["next_run"].endswith("Z")
    assert variorum("schedule", "pause", "daily", "--json").json["schedules"][0]["paused"]
    assert "paused" in variorum("schedule", "list").out
    assert not variorum("schedule", "resume", "daily", "--json").json["schedules"][0]["paused"]
    (job,) = variorum("schedule", "run", "daily", "--json").json["jobs"]
    assert (job["kind"], job["state"], job["schedule"]) == ("crawl", "queued", "daily")
    assert [each["job"] for each in variorum("jobs", "list", "--json").json["jobs"]] == [job["job"]]
    assert variorum("jobs", "cancel", job["job"], "--json").json["state"] == "cancelled"
    assert variorum("jobs", "retry", job["job"], "--json").json["state"] == "queued"
    shown = variorum("jobs", "show", job["job"], "--json").json
    assert [line["text"] for line in shown["log"]] == ["Cancelled.", "Tried again."]
    assert variorum("schedule", "remove", "daily", "--json").json == {"schedules": []}
    assert variorum("schedule", "remove", "daily").status == 1
    assert variorum("jobs", "show", "nobody").status == 1
    wrong = variorum("schedule", "add", "x", "--site", SITE, "--cron", "soon")
    assert (wrong.status, "five fields" in wrong.err) == (2, True)
    assert variorum("verify", "--json").json["ok"]
