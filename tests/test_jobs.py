"""Jobs as those see them who ask for them: one contract, on every database."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import NotAnArchive
from service.jobs import (
    JobsBusy,
    JobsUnreachable,
    NotRetried,
    UnknownJob,
    UnusableArgument,
)
from service.jobs.jobs import Jobs
from service.jobs.ledger import Ledger, Page
from service.jobs.records import Progress, checked, same_as
from service.jobs.roster import Roster
from tests import postgres_server
from tests.commands import ROOT

URL = "https://www.gov.example/plan.html"
RESULT = {"url": URL, "status": "archived", "reason": None}


class JobsContract:
    """What holds on every database; `jobs` is empty."""

    def test_a_submission_is_queued_until_a_worker_takes_it(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": URL})
        assert (job.kind, job.argument, job.state) == ("submit", {"urls": [URL]}, "queued")
        assert jobs.job(job.id) == job
        assert jobs.counts() == {"queued": 1}
        assert jobs.oldest_queued_at() == job.created_at

    def test_the_same_submission_is_the_same_job(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL]})
        assert jobs.submit("submit", {"urls": [URL, URL], "browser": False}).id == job.id
        assert jobs.submit("submit", {"urls": [URL], "browser": True}).id != job.id
        assert len(jobs.jobs()) == 2

    def test_a_job_that_is_done_stands_for_another_while_it_is_fresh(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL]})
        ledger = Ledger(jobs.database, "a worker")
        assert ledger.begin(job.id, 0) is not None
        ledger.finish(job.id, "done", result={"results": [RESULT]})
        assert jobs.submit("submit", {"urls": [URL]}).id == job.id
        assert jobs.submit("submit", {"urls": [URL]}, freshness_seconds=0).id != job.id

    def test_a_crawl_that_is_done_is_asked_for_anew(self, jobs: Jobs) -> None:
        job = jobs.submit("crawl", {"site": "most.gov.cn"})
        assert jobs.submit("crawl", {"site": "most.gov.cn"}).id == job.id
        jobs.cancel(job.id)
        assert jobs.submit("crawl", {"site": "most.gov.cn"}).id != job.id

    def test_many_are_accepted_together_or_not_at_all(self, jobs: Jobs) -> None:
        urls = tuple({"urls": [f"{URL}?{number}"]} for number in range(5))
        accepted = jobs.submit_all("submit", urls)
        assert [job.argument for job in accepted] == list(urls)
        with pytest.raises(UnusableArgument):
            jobs.submit_all("submit", ({"urls": [f"{URL}?new"]}, {"urls": ["ftp://no.example/"]}))
        assert len(jobs.jobs()) == 5

    def test_jobs_are_listed_newest_first_and_page_by_page(self, jobs: Jobs) -> None:
        ids = [jobs.submit("submit", {"urls": [f"{URL}?{n}"]}).id for n in range(5)]
        crawl = jobs.submit("crawl", {"site": "most.gov.cn"})
        assert [job.id for job in jobs.jobs(kind="submit")] == ids[::-1]
        assert [job.id for job in jobs.jobs(before=crawl.id, limit=2)] == ids[:2:-1]
        assert [job.id for job in jobs.jobs(before=ids[1])] == [ids[0]]
        assert jobs.jobs(state="done") == ()

    def test_a_cancelled_job_is_over_and_can_be_tried_again(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL]})
        assert jobs.cancel(job.id).state == "cancelled"
        assert jobs.cancel(job.id).state == "cancelled"
        again = jobs.retry(job.id)
        assert (again.id, again.state, again.ended_at) == (job.id, "queued", None)
        assert [line.text for line in jobs.log(job.id)] == ["Cancelled.", "Tried again."]
        assert [line.text for line in jobs.log(job.id, after=jobs.log(job.id)[0].number)] == [
            "Tried again."
        ]

    def test_only_what_failed_or_was_cancelled_is_tried_again(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL]})
        with pytest.raises(NotRetried, match="is queued"):
            jobs.retry(job.id)

    def test_a_retry_keeps_what_was_archived_and_forgets_what_failed(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL, f"{URL}?2"]})
        ledger = Ledger(jobs.database, "a worker")
        assert ledger.begin(job.id, 0) is not None
        now = datetime.now(UTC)
        for url, status in ((URL, "archived"), (f"{URL}?2", "failed")):
            page = Page(
                url=url, answered_by=url, fetched_at=now, result=RESULT | {"status": status}
            )
            ledger.settled(job.id, page, Progress(settled=1, total=2, latest=url))
        ledger.finish(job.id, "failed", error="The disk is full.")
        assert jobs.job(job.id).error == "The disk is full."
        jobs.retry(job.id)
        assert [page.url for page in ledger.pages(job.id)] == [URL]

    def test_an_unknown_job_is_said_to_be_unknown(self, jobs: Jobs) -> None:
        for ask in (jobs.job, jobs.cancel, jobs.retry, jobs.log):
            with pytest.raises(UnknownJob, match="no job 'nobody'"):
                ask("nobody")

    def test_a_job_has_one_worker_and_only_that_writes_of_it(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL]})
        one, other = Ledger(jobs.database, "one"), Ledger(jobs.database, "other")
        begun = one.begin(job.id, 0)
        assert begun is not None
        assert (begun.state, begun.attempts) == ("running", 1)
        assert other.begin(job.id, 0) is None
        other.finish(job.id, "failed", error="not mine")
        assert jobs.job(job.id).state == "running"
        assert one.lost(((job.id, 1),)) == set()
        jobs.cancel(job.id)
        assert one.lost(((job.id, 1),)) == {(job.id, 1)}
        one.finish(job.id, "done", result={"results": []})
        assert jobs.job(job.id).state == "cancelled"
        jobs.retry(job.id)
        assert one.begin(job.id, 1) is not None
        assert one.lost(((job.id, 1), (job.id, 2))) == {(job.id, 1)}

    def test_what_arrives_is_counted_and_found_again_until_it_is_settled(self, jobs: Jobs) -> None:
        job = jobs.submit("submit", {"urls": [URL]})
        assert (job.progress, jobs.submit("verify", {}).progress) == (
            Progress(settled=0, total=1, latest=""),
            None,
        )
        ledger = Ledger(jobs.database, "a worker")
        assert ledger.begin(job.id, 0) is not None
        arrived = Page(
            url=URL, answered_by=f"{URL}?moved", fetched_at=datetime.now(UTC), result=None
        )
        ledger.arriving(job.id, None, final=False)
        ledger.arriving(job.id, arrived, final=True)
        ledger.arriving(job.id, arrived, final=True)
        assert ledger.counts(job.id) == (2, 3)
        assert ledger.pages(job.id) == (arrived,)
        settled = Page(url=URL, answered_by=URL, fetched_at=arrived.fetched_at, result=RESULT)
        progress = Progress(settled=1, total=1, latest=URL)
        ledger.settled(job.id, settled, progress)
        assert [page.result for page in ledger.pages(job.id)] == [RESULT]
        assert jobs.job(job.id).progress == progress
        ledger.wait(job.id, "It waits.")
        assert jobs.job(job.id).waiting == "It waits."
        ledger.give_back(job.id)
        assert jobs.job(job.id).state == "queued"
        ledger.forget(job.id, URL)
        assert ledger.pages(job.id) == ()

    def test_one_crawl_at_a_time_is_at_a_host_and_below_it(self, jobs: Jobs) -> None:
        ledger = Ledger(jobs.database, "a worker")
        assert ledger.lease("one", ("gov.example",)) is None
        assert ledger.lease("other", ("news.example", "www.gov.example")) == "one"
        assert ledger.lease("other", ("agov.example",)) is None
        assert ledger.lease("one", ("gov.example",)) is None
        ledger.finish("one", "done")
        assert ledger.lease("other", ("www.gov.example",)) is None

    def test_the_jobs_of_a_dead_worker_are_anybodys(self, jobs: Jobs) -> None:
        now = [datetime.now(UTC)]
        roster = Roster(jobs.database, dead_seconds=30, clock=lambda: now[0])
        worker = roster.enter()
        ledger = Ledger(jobs.database, worker)
        job = jobs.submit("crawl", {"site": "most.gov.cn"})
        assert ledger.begin(job.id, 0) is not None
        assert ledger.lease(job.id, ("most.gov.cn",)) is None
        now[0] += timedelta(seconds=29)
        assert roster.bury() == ()
        assert roster.beat(worker)
        now[0] += timedelta(seconds=31)
        assert roster.bury() == (worker,)
        assert jobs.job(job.id).state == "queued"
        assert not roster.beat(worker)
        assert Ledger(jobs.database, "next").lease("other", ("most.gov.cn",)) is None

    def test_a_worker_whose_process_is_gone_is_dead_at_once(self, jobs: Jobs) -> None:
        enter = (
            "import sys; from pathlib import Path; from service.jobs import Jobs\n"
            "from service.jobs.roster import Roster\n"
            "jobs = Jobs.open(sys.argv[1], Path(sys.argv[2]))\n"
            "print(Roster(jobs.database).enter())\n"
        )
        archive = str(jobs_archive(jobs))
        command = [sys.executable, "-c", enter, jobs.database.dbos_url, archive]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert Roster(jobs.database).bury() == (said.stdout.strip(),)

    def test_two_who_submit_the_same_at_once_have_one_job(self, jobs: Jobs) -> None:
        with Jobs.open(jobs.database.dbos_url, jobs_archive(jobs)) as others:
            ids: set[str] = set()
            both = [
                threading.Thread(
                    target=lambda at: ids.add(at.submit("submit", {"urls": URL}).id), args=(at,)
                )
                for at in (jobs, others) * 5
            ]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()
        assert len(ids) == 1


def jobs_archive(jobs: Jobs) -> Path:
    archive: Path = jobs.archive_of_test  # type: ignore[attr-defined]
    return archive


class TestOnSqlite(JobsContract):
    @pytest.fixture
    def jobs(self, tmp_path: Path) -> Iterator[Jobs]:
        with Jobs.open(None, tmp_path / "archive") as opened:
            opened.archive_of_test = tmp_path / "archive"  # type: ignore[attr-defined]
            yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if postgres_server.binaries() is None:
        pytest.skip("there is no Postgres on this machine (apt install postgresql)")
    with postgres_server.postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


class TestOnPostgres(JobsContract):
    @pytest.fixture
    def jobs(self, server: str, tmp_path: Path) -> Iterator[Jobs]:
        with Jobs.open(server, tmp_path / "archive") as opened:
            opened.archive_of_test = tmp_path / "archive"  # type: ignore[attr-defined]
            yield opened
            opened.database.clear()


def test_jobs_begin_an_archive_where_there_is_none_and_no_other_folder(tmp_path: Path) -> None:
    Jobs.open(None, tmp_path / "archive").close()
    assert (tmp_path / "archive" / "variorum.json").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("not an archive")
    with pytest.raises(NotAnArchive):
        Jobs.open(None, tmp_path / "other")


def test_a_database_that_somebody_has_locked_is_said_to_be_busy(tmp_path: Path) -> None:
    with Jobs.open(None, tmp_path / "archive", wait_seconds=0.2) as jobs:
        other = sqlite3.connect(jobs.database.name, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JobsBusy, match="another process has locked it"):
            jobs.submit("submit", {"urls": [URL]})
        assert jobs.jobs() == ()  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        assert jobs.submit("submit", {"urls": [URL]}).state == "queued"


def test_a_database_that_is_none_or_newer_or_unknown_is_a_sentence(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    (tmp_path / "text.sqlite").write_text("no database at all, but long enough" * 40)
    with pytest.raises(JobsUnreachable, match="not a database"):
        Jobs.open(f"sqlite:///{tmp_path}/text.sqlite", archive)
    with pytest.raises(JobsUnreachable, match="only sqlite"):
        Jobs.open("mysql://user:secret@host/jobs", archive)
    with Jobs.open(None, archive) as jobs:
        file = jobs.database.name
    with sqlite3.connect(file) as newer:
        newer.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    newer.close()
    with pytest.raises(JobsUnreachable, match="a later Variorum"):
        Jobs.open(None, archive)


@pytest.mark.parametrize(
    ("kind", "argument", "field"),
    [
        ("fetch", {}, "kind"),
        ("submit", {}, "urls"),
        ("submit", {"urls": []}, "urls"),
        ("submit", {"urls": ["javascript:alert(1)"]}, "urls"),
        ("submit", {"urls": ["http://a.example/\nX: y"]}, "urls"),
        ("submit", {"urls": ["http://[::1"]}, "urls"),
        ("submit", {"urls": [URL] * 1001}, "urls"),
        ("submit", {"urls": [URL], "browser": "yes"}, "browser"),
        ("submit", {"urls": [URL], "delay_seconds": -1}, "delay_seconds"),
        ("submit", {"urls": [URL], "delay_seconds": float("nan")}, "delay_seconds"),
        ("submit", {"urls": [URL], "shell": "rm"}, "shell"),
        ("crawl", {}, "site"),
        ("crawl", {"site": "a", "max_pages": 1.5}, "max_pages"),
        ("crawl", {"site": "a", "watches": "b"}, "watches"),
        ("import", {"paths": ["--help"]}, "paths"),
        ("verify", {"subset": "8/7"}, "subset"),
        ("verify", {"subset": "1/7; rm"}, "subset"),
    ],
)
def test_what_no_job_can_do_is_refused_by_its_field(
    kind: str, argument: dict[str, object], field: str
) -> None:
    with pytest.raises(UnusableArgument) as refused:
        checked(kind, argument)
    assert refused.value.field == field


@given(
    st.lists(st.integers(0, 99), min_size=1, max_size=5),
    st.booleans(),
    st.floats(0, 1e6),
)
def test_an_argument_has_one_form_whatever_its_order(
    numbers: list[int], browser: bool, delay: float
) -> None:
    urls = [f"{URL}?{number}" for number in numbers]
    one = {"urls": urls, "browser": browser, "delay_seconds": delay}
    other = {"delay_seconds": delay, "urls": tuple(urls), "browser": browser, "max_bytes": None}
    kind, argument = checked("submit", one)
    assert checked("submit", argument) == (kind, argument)
    assert same_as(kind, argument) == same_as(*checked("submit", other))
