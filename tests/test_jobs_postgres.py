"""A worker whose jobs are in a Postgres: what is done, cancelled, tried again, taken over, scheduled."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.jobs import Jobs
from service.schedules import Schedules
from tests import postgres_server
from tests.test_jobs_worker import World
from tests.worker_driver import eventually, over, worker


@pytest.fixture
def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if postgres_server.binaries() is None:
        pytest.skip("there is no Postgres on this machine (apt install postgresql)")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as here:
        url = stack.enter_context(postgres_server.postgres(tmp_path_factory.mktemp("pg")))
        made = World(tmp_path, stack, url)
        here.setenv("VARIORUM_SITES", made.environment["VARIORUM_SITES"])
        yield made


def test_on_postgres_every_job_is_done_whoever_dies(world: World) -> None:
    jobs = world.jobs
    yesterday = datetime.now(UTC) - timedelta(days=1)
    early = Schedules(jobs, world.archive, clock=lambda: yesterday)
    early.add("daily", site="again", cron="0 * * * *")
    with worker(world.archive, world.environment) as first:
        submitted, crawled = world.submit("/plan/1"), jobs.submit("crawl", {"site": "plans"})
        assert [over(jobs, job).state for job in (submitted, crawled)] == ["done", "done"]
        eventually(lambda: early.schedule("daily").last_run is not None)
        (scheduled,) = jobs.jobs(schedule="daily")
        assert over(jobs, scheduled).state == "done"
        held = world.submit("/held")
        eventually(lambda: len(world.site.asked("/held")) == 1)
        assert jobs.cancel(held.id).state == "cancelled"
        assert jobs.retry(held.id).state == "queued"
        eventually(lambda: len(world.site.asked("/held")) == 2)
        first.kill()
    world.held.set()
    with worker(world.archive, world.environment):
        done = over(jobs, held)
    assert (done.state, done.attempts) == ("done", 3)
    assert [each["status"] for each in (done.result or {})["results"]] == ["archived"]
    with Jobs.open(jobs.database.dbos_url, world.archive) as again:
        assert again.counts() == {"done": 4}
