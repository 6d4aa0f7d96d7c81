"""What forms may do, and for whom; and that nothing that anybody writes becomes markup."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from archive.records import Resource
from archive.store import Archive
from pipelines import direct
from service.api.tokens import Scope
from tests.api_driver import Served, serving
from tests.commands import page

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("forms") / "archive"
    with Archive.open(folder, write=True) as archive:
        made = Resource(
            url="https://ministry.example/plan.html",
            fetched_at=datetime(2026, 3, 1, tzinfo=UTC),
            media_type="text/html; charset=utf-8",
            body=page(),
        )
        direct.process(archive, archive.keep(made))
    with serving(folder) as running:
        yield running


@pytest.fixture
def visitor(server: Served) -> Iterator[httpx.Client]:
    with server.client("", headers=HTML) as client:
        yield client


@contextmanager
def logged_in(server: Served, scope: Scope = "operate") -> Iterator[httpx.Client]:
    """A browser's session with this right."""
    with httpx.Client(base_url=server.origin, headers=HTML, timeout=600) as client:
        answer = client.post("/login", data={"token": server.new_token(scope)})
        assert answer.status_code == 303
        yield client


def mark(client: httpx.Client) -> str:
    """What the forms of this session bring along."""
    found = re.search(r'name="mark" value="([^"]+)"', client.get("/submit").text)
    assert found is not None
    return found[1]


def test_nobody_submits_without_a_token(visitor: httpx.Client) -> None:
    answer = visitor.post("/submit", data={"urls": "https://a.example/"})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert "variorum token create" in answer.text


def test_a_wrong_token_opens_nothing(visitor: httpx.Client) -> None:
    answer = visitor.post("/login", data={"token": "vrm_wrong"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "This is no token of this archive." in answer.text


def test_a_session_submits_with_its_mark_and_ends(server: Served) -> None:
    with logged_in(server) as client:
        cookie = client.get("/").request.headers["cookie"]
        sent = {"urls": "https://a.example/one https://a.example/two", "mark": mark(client)}
        answer = client.post("/submit", data=sent)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/jobs/")
        seen = client.get(answer.headers["location"])
        assert "https://a.example/one" in seen.text
        left = client.post("/logout", data={"mark": mark(client)})
        assert left.status_code == 303
        assert client.cookies.get("variorum_session") is None
        assert cookie


def test_the_cookie_of_a_session_is_for_us_alone(server: Served) -> None:
    with httpx.Client(base_url=server.origin, headers=HTML) as client:
        answer = client.post("/login", data={"token": server.token})
    given = answer.headers["set-cookie"].lower()
    assert "httponly" in given
    assert "samesite=strict" in given


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/submit", {"urls": "https://a.example/"}),
        ("/verify", {}),
        ("/schedules", {"name": "a", "cron": "1 1 * * *"}),
        ("/schedules/a/run", {}),
        ("/watches", {"name": "a", "titles": "海岛清洁能源"}),
        ("/watches/a/remove", {}),
        ("/sites/most.gov.cn/crawl", {}),
        ("/jobs/aaaa/cancel", {}),
        ("/logout", {}),
    ],
)
def test_a_form_without_the_mark_of_its_session_is_refused(
    path: str, sent: dict[str, str], server: Served
) -> None:
    with logged_in(server) as client:
        assert client.post(path, data=sent).status_code == 403
        assert client.post(path, data={**sent, "mark": "x" * 43}).status_code == 403


def test_a_page_of_another_origin_sends_no_form(server: Served) -> None:
    with logged_in(server) as client:
        sent = {"urls": "https://a.example/", "mark": mark(client)}
        foreign = client.post("/submit", data=sent, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403


def test_who_may_only_submit_schedules_nothing(server: Served) -> None:
    with logged_in(server, "submit") as client:
        sent = {"name": "a", "cron": "1 1 * * *", "mark": mark(client)}
        assert client.post("/schedules", data=sent).status_code == 403
        assert "Add a schedule" not in client.get("/schedules").text


def test_a_watch_is_added_shown_and_forgotten_on_the_page(server: Served) -> None:
    with logged_in(server) as client:
        sent = {"name": EVIL, "titles": "海岛清洁能源\n<b>", "terms": "", "mark": mark(client)}
        refused = client.post("/watches", data=sent)
        assert refused.status_code == 422
        assert "without slashes" in refused.text
        assert "海岛清洁能源\n&lt;b&gt;</textarea>" in refused.text
        assert client.post("/watches", data={**sent, "name": "'\"<i>"}).status_code == 303
        shown = client.get("/sites").text
        assert "<i>" not in shown.replace("Vari<i>o</i>rum", "")
        assert "海岛清洁能源; &lt;b&gt;" in shown
        assert client.get("/schedules?watch=%27%22%3Ci%3E").text.count(" selected") == 1
        path = re.search(r'action="(/watches/[^"]+/remove)"', shown)
        assert path is not None
        assert client.post(path[1], data={"mark": mark(client)}).status_code == 303
        assert "海岛清洁能源" not in client.get("/sites").text


@pytest.mark.parametrize(
    "urls", ["", "ftp://a.example/", "javascript:alert(1)", "https://a b", EVIL]
)
def test_what_is_no_address_is_refused_and_shown_again(urls: str, server: Served) -> None:
    with logged_in(server) as client:
        answer = client.post("/submit", data={"urls": urls, "mark": mark(client)})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"/v/{quote(EVIL, safe='')}",
        f"/d/{quote(EVIL, safe='')}",
        f"/d/{quote(EVIL, safe='')}..{quote(EVIL, safe='')}",
        f"/c/{quote(EVIL, safe='')}",
        f"/x/{quote(EVIL, safe='')}",
        f"/jobs/{quote(EVIL, safe='')}",
        f"/works/{quote(EVIL, safe='')}",
        f"/lookup?q={quote(EVIL)}",
        f"/search?q={quote(EVIL)}&language={quote(EVIL)}",
        f"/search?q=a&publisher={quote(EVIL)}",
        f"/search?q=a&since={quote(EVIL)}",
        f"/submit?url={quote(EVIL)}",
        f"/jobs?state={quote(EVIL)}",
        f"/changes?before={quote(EVIL)}",
        f"/changes?lang={quote(EVIL)}&x={quote(EVIL)}",
        "/v/..%2f..%2fetc%2fpasswd",
        "/static/..%2f..%2frender.py",
    ],
)
def test_nothing_that_is_asked_becomes_markup_or_an_error_of_ours(
    path: str, visitor: httpx.Client
) -> None:
    answer = visitor.get(path)
    assert answer.status_code < 500, answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "root:" not in answer.text


def test_a_pasted_text_of_a_megabyte_is_answered_or_refused(visitor: httpx.Client) -> None:
    assert visitor.post("/lookup", data={"q": "湿地" * 20_000}).status_code in (200, 413)
    assert visitor.post("/lookup", data={"q": "a" * 5_000_000}).status_code == 413


def test_short_lookups_have_an_address_of_their_own(visitor: httpx.Client) -> None:
    answer = visitor.post("/lookup", data={"q": " https://ministry.example/plan.html "})
    assert answer.status_code == 303
    assert "湿地保护行动方案" in visitor.get(answer.headers["location"]).text


def test_a_program_gets_json_where_people_get_a_page(server: Served) -> None:
    with server.client("") as client:
        found = client.get("/api/v1/documents").json()["documents"][0]["document"]
        told = client.get(f"/d/{found}", headers={"Accept": "application/json"})
        shown = client.get(f"/d/{found}", headers=HTML)
    assert told.json()["document"] == found
    assert shown.text.startswith("<!doctype html>")


def test_an_archive_that_is_not_public_shows_its_login_and_nothing_else(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "archive", public_reading=False) as server,
        server.client("", headers=HTML) as client,
    ):
        assert client.get("/").status_code == 401
        assert client.get("/search?q=a").status_code == 401
        assert client.get("/login").status_code == 200
        assert client.post("/login", data={"token": server.token}).status_code == 303
        assert client.get("/").status_code == 200
