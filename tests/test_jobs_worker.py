"""A real worker on real pages: what it archives, what waits for what, and how it stops."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.errors import ArchiveBusy
from archive.store import Archive
from benchmarks.faults import worker_kills
from service.jobs import Job, Jobs
from service.jobs.records import Progress
from service.jobs.worker import LOCK
from service.schedules import Schedules
from tests.commands import ITEMS, ROOT, page
from tests.loopback import Asked, Loopback, Page, Reply, ok
from tests.worker_driver import READY, Worker, eventually, over, worker

SLOW_SECONDS = 0.3  # until a page under /slow is answered
ROW = """
[{name}]
kind = "ministry"
publisher = "Plans"
language = "zh-Hans"
hosts = ["{host}"]
ports = [{port}]
pages = [{pages}]
"""


class World:
    """An archive with its worker, and two sites on loopback that it may ask."""

    def __init__(self, folder: Path, stack: ExitStack, database: str | None = None) -> None:
        self.folder, self.archive = folder, folder / "archive"
        self.held = threading.Event()  # lets the pages go that wait for it
        pages: dict[str, Page] = {f"/plan/{number}": plan(number) for number in range(40)}
        pages["/gone"] = ok(b"not here", status="404 Not Found")
        for number in range(3):
            slow = Reply(pieces=(plan(50 + number),), pause_seconds=SLOW_SECONDS)
            pages[f"/slow/{number}"] = slow
        pages["/held"] = self._hold
        self.site = stack.enter_context(Loopback(pages, host="127.0.0.2"))
        self.other = stack.enter_context(Loopback(pages, host="127.0.0.3"))
        stack.callback(self.held.set)
        sites = folder / "sites.toml"
        sites.write_text(
            "".join(
                ROW.format(name=f"{name}", host=server.host, port=server.port,
                           pages=", ".join(f'"{server.origin}{path}"' for path in paths))
                for name, server, paths in (
                    ("plans", self.site, [f"/plan/{number}" for number in range(4)]),
                    ("again", self.site, ["/plan/5"]),
                    ("polite", self.site, [f"/plan/{number}" for number in range(30, 33)]),
                    ("slow", self.site, ["/held", "/plan/6"]),
                )
            )
        )  # fmt: skip
        self.environment = {
            "VARIORUM_ALLOW_ADDRESSES": f"{self.site.allow},{self.other.allow}",
            "VARIORUM_SITES": str(sites),
            # A worker that starts again starts sooner.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", str(folder / "bytecode")),
        }
        if database is not None:
            self.environment["VARIORUM_DATABASE"] = database
        self.jobs = stack.enter_context(Jobs.open(database, self.archive))

    def submit(self, *paths: str, server: Loopback | None = None) -> Job:
        """A submission of pages of a site."""
        at = server or self.site
        urls = [at.origin + path for path in paths]
        return self.jobs.submit(
            "submit",
            {"urls": urls, "delay_seconds": 0, "timeout_seconds": 600},
            freshness_seconds=0,
        )

    def _hold(self, _: Asked) -> bytes | Reply:
        self.held.wait(600)
        return plan(99)


def plan(number: int) -> bytes:
    """A page that no other one resembles."""
    items = tuple(
        f"第{number}项之{place}：{item}" * (1 + number % 3) for place, item in enumerate(ITEMS)
    )
    return ok(page(items, title=f"第{number}号湿地方案"))


@pytest.fixture(scope="module", autouse=True)
def _bytecode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A place for compiled modules: a worker that starts again starts sooner."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONDONTWRITEBYTECODE", "")
        environment.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world without a worker."""
    with ExitStack() as stack:
        yield World(tmp_path_factory.mktemp("world"), stack)


@pytest.fixture(scope="module")
def serving(resting: World) -> Iterator[Worker]:
    """The worker of the world; it lets go of the archive at once when there is nothing to do."""
    with pytest.MonkeyPatch.context() as here:
        here.setenv("VARIORUM_SITES", resting.environment["VARIORUM_SITES"])
        with worker(resting.archive, resting.environment, "--let-go", "0.2") as started:
            yield started
            resting.held.set()
            assert started.stop() == 0


@pytest.fixture
def world(resting: World, serving: Worker) -> Iterator[World]:
    """The world with its worker."""
    assert serving.process.poll() is None
    resting.held.clear()
    yield resting
    resting.held.set()


def test_a_submission_is_archived_and_answered_like_the_command(world: World) -> None:
    job = over(world.jobs, world.submit("/plan/1", "/gone"))
    assert job.state == "done", job
    assert job.result is not None
    first, second = job.result["results"]
    assert (first["status"], first["relation"], second["status"]) == ("archived", "new", "refused")
    assert first["title"] == "第1号湿地方案"
    assert job.progress is not None
    assert (job.progress.settled, job.progress.total) == (2, 2)
    assert "404" in world.jobs.log(job.id)[-1].text
    with Archive.open(world.archive) as archive:
        assert archive.index.version(first["version"]).title == "第1号湿地方案"


def test_a_cancelled_job_stops_at_once_and_frees_its_host(world: World) -> None:
    job = world.submit("/held")
    eventually(lambda: bool(world.site.asked("/held")))
    assert world.jobs.cancel(job.id).state == "cancelled"
    assert over(world.jobs, world.submit("/plan/2")).state == "done"  # while the page still hangs
    assert world.jobs.job(job.id).result is None


def test_a_submission_does_not_wait_for_a_crawl_but_a_crawl_of_the_host_does(world: World) -> None:
    before = len(world.site.asked("/held"))
    slow = world.jobs.submit("crawl", {"site": "slow", "delay_seconds": 0, "timeout_seconds": 600})
    eventually(lambda: len(world.site.asked("/held")) > before)
    again = world.jobs.submit("crawl", {"site": "again", "delay_seconds": 0})
    eventually(lambda: world.jobs.job(again.id).waiting is not None)
    assert f"The crawl {slow.id} is at a host" in str(world.jobs.job(again.id).waiting)
    assert over(world.jobs, world.submit("/plan/7", server=world.other)).state == "done"
    assert world.jobs.job(slow.id).state == "running"
    assert not world.site.asked("/plan/5")
    world.held.set()
    for job in (slow, again):
        done = over(world.jobs, job)
        assert done.state == "done", done
        assert done.waiting is None
    assert world.jobs.job(slow.id).result is not None
    assert {"site", "fetched", "captures", "refused", "results", "left"} <= set(
        world.jobs.job(slow.id).result or ()
    )


def test_a_host_sees_one_visitor_whoever_asks(world: World) -> None:
    since = len(world.site.log)
    politely = {"delay_seconds": 0.2}
    asked = [world.jobs.submit("crawl", {"site": "polite", **politely})]
    for number in range(3):
        urls = {"urls": [f"{world.site.origin}/slow/{number}"], **politely}
        asked.append(world.jobs.submit("submit", urls))
    assert [over(world.jobs, job).state for job in asked] == ["done"] * 4
    visits = sorted(world.site.log[since:], key=lambda each: each.began)
    paths = [f"/plan/{number}" for number in range(30, 33)]
    paths += [f"/slow/{number}" for number in range(3)]
    assert set(paths) <= {each.path for each in visits}
    for before, after in pairwise(visits):
        took = SLOW_SECONDS if before.path.startswith("/slow/") else 0
        assert after.began - before.began >= took + 0.2, (before.path, after.path)


def test_a_job_waits_for_an_archive_that_somebody_else_writes_to_and_says_so(world: World) -> None:
    eventually(lambda: is_free(world.archive))
    with Archive.open(world.archive, write=True):
        job = world.submit("/plan/8")
        eventually(lambda: world.jobs.job(job.id).waiting is not None)
        assert "is being written by process" in str(world.jobs.job(job.id).waiting)
    assert over(world.jobs, job).state == "done"


def is_free(archive: Path) -> bool:
    """Whether the worker has let go of the archive."""
    try:
        Archive.open(archive, write=True).close()
    except ArchiveBusy:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "path"), [("index.sqlite", "/plan/20"), ("search.sqlite", "/plan/21")]
)
def test_a_job_waits_for_a_file_of_the_archive_that_somebody_has_locked(
    world: World, name: str, path: str
) -> None:
    eventually(lambda: is_free(world.archive))
    with locked(world.archive / name):
        job = world.submit(path)
        if name == "index.sqlite":
            eventually(lambda: world.jobs.job(job.id).waiting is not None)
        else:  # it may also be archived first and made findable later
            eventually(lambda: world.jobs.job(job.id).waiting is not None or is_done(world, job))
    done = over(world.jobs, job)
    assert (done.state, done.waiting) == ("done", None), done
    assert len(world.site.asked(path)) == 1
    with Archive.open(world.archive) as archive:
        assert len(archive.index.captures_at(world.site.origin + path)) == 1


def test_a_job_goes_on_when_the_database_of_jobs_was_locked(world: World) -> None:
    before = len(world.site.asked("/held"))
    job = world.submit("/held")
    eventually(lambda: len(world.site.asked("/held")) > before)
    with locked(Path(world.jobs.database.name)):
        world.held.set()  # the page comes, and its outcome cannot be written down
        time.sleep(1)
        assert world.jobs.job(job.id).state == "running"
    assert over(world.jobs, job).state == "done"
    assert len(world.site.asked("/held")) == before + 1


def is_done(world: World, job: Job) -> bool:
    """Whether it has come to its end, and well."""
    return world.jobs.job(job.id).state == "done"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process could have it like this: nobody else writes to it meanwhile."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_verify_rebuild_and_push_answer_like_the_commands(world: World) -> None:
    store = world.folder / "store"
    store.mkdir()
    asked: tuple[tuple[str, dict[str, object]], ...]
    asked = (("verify", {"quick": True}), ("rebuild", {}), ("push", {"store": str(store)}))
    done = [over(world.jobs, world.jobs.submit(kind, argument)) for kind, argument in asked]
    assert [job.state for job in done] == ["done", "done", "done"], done
    verified, rebuilt, pushed = (job.result or {} for job in done)
    assert verified["ok"]
    assert rebuilt["captures"] > 0
    assert all(each["state"] != "refused" for each in pushed["files"])
    far = [job.progress for job in done]
    assert far[0] is None  # a quick look proves no file
    for progress, files in ((far[1], rebuilt), (far[2], pushed["files"])):
        assert progress is not None
        assert (progress.settled, progress.unit) == (progress.total, "files")
        assert progress.total >= 1 or not files


def test_an_import_takes_each_file_and_a_missing_one_is_a_problem(
    world: World, tmp_path: Path
) -> None:
    with Archive.open(world.archive) as archive:
        warcs = sorted((archive.path / "warc").glob("*.warc.gz"))
    job = world.jobs.submit("import", {"paths": [str(warcs[0])]})
    done = over(world.jobs, job)
    assert done.state == "done", done
    assert [each["path"] for each in (done.result or {})["files"]] == [str(warcs[0])]
    size = warcs[0].stat().st_size
    assert done.progress == Progress(settled=size, total=size, latest=warcs[0].name, unit="bytes")
    (report,) = (done.result or {})["files"]
    assert f"{report['records']} records, {report['captures']} answers, 0 of them new" in (
        world.jobs.log(job.id)[-1].text
    )
    missing = over(world.jobs, world.jobs.submit("import", {"paths": [str(tmp_path / "no.warc")]}))
    assert (missing.state, missing.result) == ("failed", None)
    assert "no.warc" in str(missing.error)


def test_a_schedule_runs_when_it_is_due_and_says_what_it_found(world: World) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    early = Schedules(world.jobs, world.archive, clock=lambda: yesterday)
    early.add("daily", site="plans", cron="0 * * * *")
    schedules = Schedules(world.jobs, world.archive)
    eventually(lambda: schedules.schedule("daily").last_run is not None)
    (job,) = world.jobs.jobs(schedule="daily")  # 24 were missed, one is caught up
    assert over(world.jobs, job).state == "done"
    daily = schedules.schedule("daily")
    assert daily.last_found is not None
    assert (daily.last_found.state, daily.last_found.jobs) == ("done", (job.id,))
    assert daily.last_found.fetched > 0
    assert daily.next_run is not None
    assert daily.next_run > datetime.now(UTC)
    schedules.remove("daily")


def test_a_site_without_a_row_fails_with_a_sentence(world: World) -> None:
    job = over(world.jobs, world.jobs.submit("crawl", {"site": "nowhere"}))
    assert job.state == "failed"
    assert str(job.error).startswith("site: 'nowhere' is none of")


def test_a_second_worker_stands_by(world: World) -> None:
    second = Worker(world.archive, world.environment)
    second.says("stands by")
    assert second.stop() == 0
    assert not any(READY in line for line in second.said)
    assert (world.archive / LOCK).exists()


def test_sigterm_under_load_loses_nothing_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    with ExitStack() as stack:
        world = World(tmp_path, stack)
        submitted = [world.submit(f"/plan/{number}") for number in range(30)]
        with worker(world.archive, world.environment) as first:
            eventually(lambda: bool(world.jobs.jobs(state="done")))
            assert first.stop() == 0
        left = [job for job in submitted if world.jobs.job(job.id).state != "done"]
        assert {world.jobs.job(job.id).state for job in left} <= {"queued"}
        with worker(world.archive, world.environment):
            for job in submitted:
                done = over(world.jobs, job)
                assert [each["status"] for each in (done.result or {})["results"]] == ["archived"]
        asked = [each.path for each in world.site.log if each.path != "/robots.txt"]
        assert sorted(asked) == sorted(f"/plan/{number}" for number in range(30))


def test_a_worker_killed_at_random_loses_no_job_and_asks_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARIORUM_SITES", "")  # it is set to the site's rows, and put back
    outcome = worker_kills.at_random(tmp_path, 1, seed=11)
    assert outcome.losses == []
    assert outcome.acknowledged == 4


def test_loading_what_a_crawl_needs_starts_no_network_loop() -> None:
    program = (
        "import sys, threading\n"
        "from crawlers.components import load_components\n"
        "assert load_components() > 20\n"
        "assert 'twisted.internet.reactor' not in sys.modules\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
