"""The Python client of the API, against a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.store import Archive
from benchmarks.stocked import Stocked, fill
from service.client import (
    Client,
    ClientError,
    NoAnswer,
    NotAllowed,
    NotFound,
    ProblemAnswer,
    TooMany,
)
from service.config import Limits
from service.pages.document import document_page
from service.pages.lookup import lookup_key
from tests.api_driver import Served, serving


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Stocked, ...]]:
    folder = tmp_path_factory.mktemp("client") / "archive"
    return folder, fill(folder, 60)


@pytest.fixture(scope="module")
def served(stocked: tuple[Path, tuple[Stocked, ...]]) -> Iterator[Served]:
    with serving(stocked[0]) as found:
        yield found


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    with Client(served.origin, token=served.token) as found:
        yield found


def test_results_are_the_objects_that_the_server_made(
    stocked: tuple[Path, tuple[Stocked, ...]], client: Client
) -> None:
    folder, versions = stocked
    last = versions[19]
    with Archive.open(folder) as archive:
        assert client.document(last.document) == document_page(archive, last.document)
        assert client.lookup(last.fingerprint) == lookup_key(archive, last.fingerprint)
    page = client.version(last.version)
    assert page.text == last.text + "\n"
    assert page.version.first_seen.tzinfo is not None
    capture = client.capture(page.version.witnesses[0].capture)
    assert client.raw(capture.capture) == last.text.encode()
    changes = client.diff(page.previous or "", last.version).changes
    assert changes


def test_each_way_of_a_lookup_finds_the_same(
    stocked: tuple[Path, tuple[Stocked, ...]], client: Client
) -> None:
    last = stocked[1][19]
    by_text = client.lookup(text=last.text)
    by_url = client.lookup(url=last.url, at=datetime(2030, 1, 1, tzinfo=UTC))
    by_key = client.lookup(last.version[:12])
    for page in (by_text, by_url, by_key):
        assert page.matches[0].version == last.version
    with pytest.raises(ValueError, match="one of"):
        client.lookup()
    with pytest.raises(ValueError, match="one of"):
        client.lookup("a", url="b")


def test_lists_are_read_to_their_end(client: Client) -> None:
    documents = [row.document for row in client.documents()]
    assert len(documents) == len(set(documents)) == client.stats()["documents"] > 40
    changes = list(client.changes())
    assert len(changes) > 50  # more than one page
    assert len({each.id for each in changes}) == len(changes)


def test_jobs_and_schedules_are_asked_for(client: Client, tmp_path: Path) -> None:
    job = client.submit("http://plans.example/1", "http://plans.example/2")
    assert job.argument["urls"] == ["http://plans.example/1", "http://plans.example/2"]
    assert client.job(job.id).job == job
    with pytest.raises(TimeoutError):
        client.wait(job, seconds=0.1, poll_seconds=0.05)
    assert client.cancel(job.id).state == "cancelled"
    assert client.wait(job).job.state == "cancelled"
    assert client.retry(job.id).state == "queued"
    assert job.id in {each.id for each in client.jobs(kind="submit")}
    assert client.begin("verify", quick=True).kind == "verify"
    page = tmp_path / "plan.html"
    page.write_text("<p>plan</p>")
    assert client.upload(page, url="https://ministry.example/plan.html").kind == "import"
    made = client.schedule("daily", cron="0 6 * * *", site="most.gov.cn")
    assert made in client.schedules().schedules
    client.unschedule("daily")
    assert client.schedules().schedules == ()
    assert client.health().queue["queued"] >= 1


def test_watches_are_kept_and_forgotten(client: Client) -> None:
    made = client.watch("islands", titles=["海岛清洁能源"], terms=["海岛 淡水", " "])
    assert (made.titles, made.terms) == (("海岛清洁能源",), ("海岛 淡水",))
    assert client.watches() == (made,)
    for name, titles in (("a", ["!?"]), ("a", []), ("a\nb", ["plan"]), ("a", ["x" * 501])):
        with pytest.raises(ProblemAnswer) as refused:
            client.watch(name, titles=titles)
        assert refused.value.code == "invalid-request"
    client.unwatch("islands")
    with pytest.raises(NotFound):
        client.unwatch("islands")
    assert client.watches() == ()


def test_works_come_in_pages(served: Served) -> None:
    with served.client() as asking:
        whole = asking.get("/api/v1/works?limit=200").json()["works"]
        cursor: str | None = ""
        seen: list[object] = []
        while cursor is not None:
            page = asking.get("/api/v1/works", params={"limit": 7, "cursor": cursor}).json()
            seen += page["works"]
            cursor = page["next"]
        strange = asking.get("/api/v1/works?cursor=enp6enp6eno")
    assert seen == whole
    assert len(whole) > 7
    assert strange.status_code == 404


def test_errors_are_typed_and_carry_the_problem(served: Served, client: Client) -> None:
    with pytest.raises(NotFound) as missing:
        client.version("zzzzzzzzzz")
    assert missing.value.code == "unknown-key"
    assert missing.value.problem.status == 404
    with pytest.raises(ProblemAnswer) as bad:
        client.version("no key")
    assert bad.value.code == "bad-key"
    with Client(served.origin) as nobody, pytest.raises(NotAllowed) as refused:
        nobody.submit("http://plans.example/1")
    assert refused.value.code == "no-token"
    with Client("http://127.0.0.1:1") as lost, pytest.raises(NoAnswer):
        lost.stats()
    with Client(served.origin + "/nothing") as astray, pytest.raises(ClientError):
        astray.stats()


def test_too_many_requests_say_when_to_ask_again(tmp_path: Path) -> None:
    few = Limits(reads_per_minute=9, writes_per_minute=1, body_bytes=1 << 20, upload_bytes=1 << 20)
    with (
        serving(tmp_path / "a", limits=few) as served,
        Client(served.origin, token=served.token) as client,
    ):
        client.submit("http://plans.example/1")
        with pytest.raises(TooMany) as told:
            client.submit("http://plans.example/2")
    assert told.value.retry_seconds is not None
    assert 1 <= told.value.retry_seconds <= 61
