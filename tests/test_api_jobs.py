"""Submissions, jobs, schedules and uploads over the API: accepted, watched, changed."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from archive.imports import import_warc
from archive.store import Archive
from tests.api_driver import Served, serving
from tests.test_api import problem


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("jobs") / "archive") as found:
        yield found


@pytest.fixture(scope="module")
def operator(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def test_a_submission_is_accepted_as_a_job_and_twice_the_same_is_one(
    operator: httpx.Client,
) -> None:
    asked = {"urls": ["http://plans.example/1", "http://plans.example/2"]}
    first = operator.post("/api/v1/submissions", json=asked)
    assert first.status_code == 202
    job = first.json()
    assert (job["kind"], job["state"]) == ("submit", "queued")
    assert first.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert operator.post("/api/v1/submissions", json=asked).json()["id"] == job["id"]
    assert operator.get(first.headers["location"]).json()["job"] == job
    cancelled = operator.post(f"/api/v1/jobs/{job['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    again = operator.post(f"/api/v1/jobs/{job['id']}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    answer = operator.post(f"/api/v1/jobs/{job['id']}/retry")
    assert (answer.status_code, problem(answer)) == (409, "not-retried")


def test_the_events_of_a_job_that_is_over_end(operator: httpx.Client) -> None:
    job = operator.post("/api/v1/submissions", json={"urls": ["http://plans.example/9"]}).json()
    operator.post(f"/api/v1/jobs/{job['id']}/cancel")
    with operator.stream("GET", f"/api/v1/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = "".join(answer.iter_text()).strip().split("\n\n")
    names = [event.partition("\n")[0].removeprefix("event: ") for event in events]
    assert names == ["log", "job", "end"]
    assert json.loads(events[1].partition("data: ")[2])["state"] == "cancelled"


def test_jobs_are_listed_newest_first_behind_a_cursor(operator: httpx.Client) -> None:
    for number in range(5):
        operator.post("/api/v1/submissions", json={"urls": [f"http://list.example/{number}"]})
    first = operator.get("/api/v1/jobs", params={"limit": 3, "kind": "submit"}).json()
    asked = {"limit": 3, "kind": "submit", "cursor": first["next"]}
    second = operator.get("/api/v1/jobs", params=asked).json()
    ids = [each["id"] for page in (first, second) for each in page["jobs"]]
    assert len(ids) == 6
    assert ids == sorted(ids, reverse=True)


def test_a_schedule_is_made_paused_run_and_forgotten(operator: httpx.Client) -> None:
    plan = {"cron": "0 6 * * *", "site": "most.gov.cn", "zone": "Asia/Shanghai"}
    made = operator.put("/api/v1/schedules/morning", json=plan).json()
    assert made["next_run"].endswith("T22:00:00Z")
    assert operator.post("/api/v1/schedules/morning/pause").json()["next_run"] is None
    assert operator.post("/api/v1/schedules/morning/resume").json()["paused"] is False
    run = operator.post("/api/v1/schedules/morning/run")
    assert run.status_code == 202
    assert run.json()["jobs"][0]["argument"]["site"] == "most.gov.cn"
    listed = operator.get("/api/v1/schedules").json()
    assert [each["name"] for each in listed["schedules"]] == ["morning"]
    assert operator.delete("/api/v1/schedules/morning").status_code == 204
    assert operator.get("/api/v1/schedules/morning").status_code == 404
    answer = operator.put("/api/v1/schedules/never", json={**plan, "cron": "0 0 31 2 *"})
    assert (answer.status_code, problem(answer)) == (422, "invalid-request")


def test_a_saved_page_is_handed_in_and_waits_as_a_warc_file(
    served: Served, operator: httpx.Client
) -> None:
    page = {"file": ("../../plan.html", b"<p>plan</p>")}
    sent = {"url": "https://ministry.example/plan.html", "at": "2026-03-04T05:06:07Z"}
    answer = operator.post("/api/v1/uploads", data=sent, files=page)
    assert answer.status_code == 202
    (path,) = answer.json()["argument"]["paths"]
    kept = Path(path)
    assert kept.parent == served.config.archive.with_name("archive-uploads")
    with Archive.open(kept.parent / "trial", write=True) as archive:
        report = import_warc(archive, kept, lambda _: None)
        (capture,) = archive.index.captures_at("https://ministry.example/plan.html")
        assert archive.body(capture).data == b"<p>plan</p>"
    assert not report.problems
    for wrong in ({"url": "ftp://a.example"}, {"url": "https://a.example/\r\nX: y"}, {}):
        answer = operator.post("/api/v1/uploads", data=wrong, files=page)
        assert (answer.status_code, problem(answer)) == (422, "invalid-request")


def test_an_empty_upload_and_a_file_of_unknown_kind_are_refused(operator: httpx.Client) -> None:
    for name in ("plan.exe", "warc", "", ".warc.gz/../x"):
        answer = operator.post("/api/v1/uploads", files={"file": (name or "x", b"")})
        assert (answer.status_code, problem(answer)) == (422, "invalid-request"), name


def test_a_warc_is_handed_in_under_a_name_of_ours(served: Served, operator: httpx.Client) -> None:
    answer = operator.post("/api/v1/uploads", files={"file": ("../a b.WARC.gz", b"\x1f\x8b")})
    assert answer.status_code == 202
    (path,) = answer.json()["argument"]["paths"]
    assert Path(path).read_bytes() == b"\x1f\x8b"
    assert Path(path).parent == served.config.archive.with_name("archive-uploads")
    assert Path(path).name.endswith(".warc.gz")
    assert "a b" not in path
