"""What the gate refuses: strangers, foreign origins, wrong hosts, too much, too often. Nothing leaks."""

import json
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from archive.store import Archive
from service.api.limits import Bucket
from service.api.sessions import COOKIE, LASTS, Sessions, key_beside
from service.api.tokens import PREFIX, SCOPES, TokenNameTaken, Tokens, UnreadableTokens, beside
from service.config import Limits
from tests import samples
from tests.api_driver import Served, serving
from tests.test_api import problem

HOSTILE = "<script>alert(1)</script>\"'&"
FEW = Limits(reads_per_minute=5, writes_per_minute=3, body_bytes=2048, upload_bytes=4096)
WRITES = (
    ("POST", "/api/v1/submissions", {"urls": ["http://plans.example/1"]}, "submit"),
    ("POST", "/api/v1/jobs", {"kind": "verify", "argument": {}}, "operate"),
    ("POST", "/api/v1/jobs/none/cancel", None, "submit"),
    ("POST", "/api/v1/jobs/none/retry", None, "submit"),
    ("PUT", "/api/v1/schedules/a", {"cron": "0 6 * * *", "site": "most.gov.cn"}, "operate"),
    ("POST", "/api/v1/schedules/a/run", None, "operate"),
    ("POST", "/api/v1/schedules/a/pause", None, "operate"),
    ("DELETE", "/api/v1/schedules/a", None, "operate"),
    ("PUT", "/api/v1/watches/a", {"titles": ["海岛清洁能源"]}, "operate"),
    ("DELETE", "/api/v1/watches/a", None, "operate"),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("security") / "archive"
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(samples.exchange(HOSTILE.encode(), b"Set-Cookie: a=b"))
        reading = samples.reading(capture, HOSTILE, title=HOSTILE)
        archive.file(reading, samples.new(HOSTILE), samples.sketch(HOSTILE))
    with serving(folder) as found:
        yield found


@pytest.mark.parametrize(("method", "path", "body", "scope"), WRITES)
def test_changing_something_needs_a_token_with_the_right_scope(
    served: Served, method: str, path: str, body: Any, scope: str
) -> None:
    with served.client("") as nobody:
        answer = nobody.request(method, path, json=body)
        assert (answer.status_code, problem(answer)) == (401, "no-token")
        assert "variorum token create" in answer.json()["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"
    for held in SCOPES:
        with served.client(served.new_token(held)) as client:
            answer = client.request(method, path, json=body)
        enough = SCOPES.index(held) >= SCOPES.index(scope)
        refused = (401, 403)
        assert (answer.status_code in refused) is not enough, (held, answer.text)


@pytest.mark.parametrize("given_token", ["wrong", PREFIX, "a" * 5000, "日本"])
def test_a_wrong_token_opens_nothing_not_even_reading(served: Served, given_token: str) -> None:
    header = {"Authorization": f"Bearer {given_token}".encode()}
    with served.client("") as client:
        answer = client.get("/api/v1/stats", headers=header)
    assert (answer.status_code, problem(answer)) == (401, "wrong-token")
    with served.client("") as client:
        answer = client.get("/api/v1/stats", headers={"Authorization": "Basic dXNlcjpwYXNz"})
    assert answer.status_code == 401


def test_a_private_archive_is_read_with_a_token_only(tmp_path: Path) -> None:
    samples.fill(tmp_path / "a")
    with serving(tmp_path / "a", public_reading=False) as served:
        paths = (
            "/api/v1/stats",
            "/api/v1/lookup?key=abcdefgh",
            "/api/v1/jobs",
            "/timegate/http://a.b/",
        )
        with served.client("") as nobody:
            assert {nobody.get(path).status_code for path in paths} == {401}
            assert nobody.get("/healthz").status_code == 200
        with served.client(served.new_token("read")) as reader:
            assert {reader.get(path).status_code for path in paths} == {200, 404}


def test_whoever_sits_at_the_machine_may_write_where_that_is_configured(tmp_path: Path) -> None:
    samples.fill(tmp_path / "a")
    asked = {"urls": ["http://plans.example/1"]}
    with serving(tmp_path / "a", writing="local") as served, served.client("") as client:
        assert client.post("/api/v1/submissions", json=asked).status_code == 202
        for header in ("X-Forwarded-For", "Forwarded"):
            answer = client.post("/api/v1/submissions", json=asked, headers={header: "192.0.2.1"})
            assert answer.status_code == 401
        foreign = {"Origin": "https://evil.example"}
        answer = client.post("/api/v1/submissions", json=asked, headers=foreign)
        assert (answer.status_code, problem(answer)) == (403, "foreign-origin")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_changes_nothing_even_with_a_token(
    served: Served, headers: dict[str, str]
) -> None:
    with served.client() as client:
        for method, path, body, _ in WRITES:
            answer = client.request(method, path, json=body, headers=headers)
            assert (answer.status_code, problem(answer)) == (403, "foreign-origin")
        own = {"Origin": served.origin, "Sec-Fetch-Site": "same-origin"}
        asked = {"urls": ["http://plans.example/1"]}
        assert client.post("/api/v1/submissions", json=asked, headers=own).status_code == 202


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "a b", "user@127.0.0.1", "127.0.0.1:x"]
)
def test_another_host_name_is_not_answered(served: Served, host: str) -> None:
    with served.client() as client:
        answer = client.get("/api/v1/stats", headers={"Host": host})
    assert answer.status_code in (400, 421), host


def test_names_of_this_machine_and_configured_ones_are_answered(tmp_path: Path) -> None:
    samples.fill(tmp_path / "a")
    with serving(tmp_path / "a", hosts=("Plans.Example",)) as served, served.client("") as client:
        for host in ("plans.example", "PLANS.example:80", "localhost:1", "[::1]:8420"):
            assert client.get("/healthz", headers={"Host": host}).status_code == 200, host


def test_a_token_is_kept_as_a_digest_that_nobody_else_reads(tmp_path: Path) -> None:
    tokens = Tokens(beside(tmp_path / "a"))
    secret = tokens.create("press", "submit")
    path = tmp_path / "a-tokens.json"
    assert secret.startswith(PREFIX)
    assert len(secret) >= len(PREFIX) + 43  # 256 bits in base64
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(each.name, each.scope) for each in tokens.all()] == [("press", "submit")]
    with pytest.raises(TokenNameTaken):
        tokens.create("press", "read")
    path.write_text("{}")
    with pytest.raises(UnreadableTokens):
        tokens.all()


def test_a_revoked_or_expired_token_opens_nothing_from_that_moment(served: Served) -> None:
    tokens = Tokens(beside(served.config.archive))
    secret = tokens.create("leaver", "read")
    past = tokens.create("late", "read", datetime.now(UTC) - timedelta(seconds=1))
    with served.client(secret) as client:
        assert client.get("/api/v1/stats").status_code == 200
        tokens.revoke("leaver")
        assert client.get("/api/v1/stats").status_code == 401
    with served.client(past) as client:
        assert client.get("/api/v1/stats").status_code == 401


def test_a_session_is_its_token_until_it_ends_or_the_token_is_revoked(tmp_path: Path) -> None:
    tokens = Tokens(beside(tmp_path / "a"))
    secret = tokens.create("press", "operate")
    sessions = Sessions(tokens, key_beside(tmp_path / "a"))
    assert sessions.begin("wrong") is None
    cookie = sessions.begin(secret)
    assert cookie is not None
    assert secret not in cookie
    owner = sessions.owner(cookie)
    assert owner is not None
    assert owner.name == "press"
    digest, ends, signature = cookie.split(".")
    later = int(ends) + 1
    for forged in (f"{digest}.{later}.{signature}", f"{digest}.{ends}.", "", "..", "é.1.a"):
        assert sessions.owner(forged) is None
    assert Sessions(tokens, b"x" * 32).owner(cookie) is None
    assert timedelta(days=1) >= LASTS
    tokens.revoke("press")
    assert sessions.owner(cookie) is None


def test_a_session_needs_the_mark_of_its_pages_to_change_something(served: Served) -> None:
    sessions = Sessions(Tokens(beside(served.config.archive)), key_beside(served.config.archive))
    cookie = sessions.begin(served.token)
    assert cookie is not None
    asked = {"urls": ["http://plans.example/1"]}
    with served.client("", cookies={COOKIE: cookie}) as client:
        answer = client.post("/api/v1/submissions", json=asked)
        assert (answer.status_code, problem(answer)) == (403, "foreign-form")
        marked = {"X-CSRF-Token": sessions.mark(cookie)}
        answer = client.post("/api/v1/submissions", json=asked, headers=marked)
        assert answer.status_code == 202


def test_too_many_requests_are_told_when_to_ask_again(tmp_path: Path) -> None:
    samples.fill(tmp_path / "a")
    with serving(tmp_path / "a", limits=FEW) as served:
        asked = {"urls": ["http://plans.example/1"]}
        with served.client() as client:
            statuses = [
                client.post("/api/v1/submissions", json=asked).status_code for _ in range(5)
            ]
            assert statuses == [202, 202, 202, 429, 429]
            answer = client.post("/api/v1/submissions", json=asked)
            assert problem(answer) == "too-many-requests"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
        with served.client(served.new_token("submit")) as other:
            assert other.post("/api/v1/submissions", json=asked).status_code == 202
        away = {"X-Forwarded-For": "192.0.2.1"}  # through a proxy: not somebody at this machine
        with served.client("") as client:
            answers = [client.get("/healthz", headers=away).status_code for _ in range(7)]
            assert answers == [200] * 5 + [429] * 2
            assert client.get("/healthz").status_code == 200


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_no_client_gets_more_than_a_bucket_and_what_flows_in(waits: list[float]) -> None:
    now = [0.0]
    bucket = Bucket(10, lambda: now[0])
    granted = 0
    for wait in waits:
        now[0] += wait
        told = bucket.take("client")
        granted += told == 0
        if told:
            before = now[0]
            now[0] += told + 1e-6
            assert bucket.take("client") == 0  # what it was told holds
            granted += 1
            assert now[0] > before
    assert granted <= 10 + now[0] * 10 / 60 + 1


TRAVERSALS = [
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/variorum.json",
    "....//variorum.json",
    "/etc/passwd",
    "a\x00b",
    "%00",
    "C:\\windows\\win.ini",
    "file:///etc/passwd",
    "warc/../variorum.json",
]
PLACES = [
    "/api/v1/documents/{}",
    "/api/v1/versions/{}",
    "/api/v1/versions/{}/raw",
    "/api/v1/captures/{}",
    "/api/v1/captures/{}/raw",
    "/api/v1/diffs/{}..x",
    "/api/v1/jobs/{}",
    "/api/v1/jobs/{}/log",
    "/api/v1/schedules/{}",
    "/api/v1/changes/{}",
    "/v/{}",
    "/c/{}",
    "/d/{}",
    "/x/{}",
    "/static/{}",
    "/timegate/{}",
    "/timemap/link/{}",
    "/memento/20260304050607/{}",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_key_reaches_a_file(served: Served, place: str) -> None:
    with served.client() as client:
        for key in TRAVERSALS:
            for form in (key.replace("\x00", "%00"), quote(key, safe="")):
                answer = client.get(place.format(form))
                assert answer.status_code in (301, 302, 307, 400, 404, 422), (form, answer.text)
                assert "root:" not in answer.text
                assert '"format"' not in answer.text
                assert str(served.config.archive) not in answer.text


def test_what_a_hostile_page_says_comes_as_data_that_no_browser_runs(served: Served) -> None:
    with served.client("") as client:
        page = client.get("/api/v1/documents").json()["documents"][0]
        assert page["title"] == HOSTILE
        key = page["document"]
        for path in (
            f"/api/v1/documents/{key}",
            f"/api/v1/versions/{key}/text",
            f"/api/v1/versions/{key}/raw",
            f"/timegate/{samples.PAGE}",
        ):
            answer = client.get(path, follow_redirects=True)
            assert answer.status_code == 200
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
            assert "set-cookie" not in answer.headers
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "allow-scripts" not in policy


@given(text=st.text(max_size=60))
@hypothesis(max_examples=15)
def test_no_header_and_no_text_of_a_client_stands_in_a_header_of_ours(
    served: Served, text: str
) -> None:
    with served.client("") as client:
        for path in (f"/timegate/http://a.example/{quote(text, safe='')}%0d%0aX-Evil:%201",):
            answer = client.get(path)
            assert "x-evil" not in answer.headers
            assert answer.status_code in (302, 400, 404)


def raw_request(served: Served, data: bytes) -> bytes:
    """How the server answers these bytes, up to the end of the head."""
    with socket.create_connection(("127.0.0.1", served.config.port), 20) as connection:
        with suppress(ConnectionError):  # it need not read all of what it refuses
            connection.sendall(data)
        answer = b""
        with suppress(ConnectionResetError):  # which may overtake its answer to a long request
            while b"\r\n\r\n" not in answer and (piece := connection.recv(65536)):
                answer += piece
        return answer if answer or len(data) < 65536 else b"HTTP/1.1 400 hung up"


@pytest.mark.parametrize(
    "data",
    [
        b"GET /api/v1/stats HTTP/1.1\r\n\r\n",
        b"GET /api/v1/stats HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET /api/v1/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /api/v1/lookup HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/lookup HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"\x00\x01\x02",
        b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    ],
)
def test_broken_requests_are_refused_and_the_server_goes_on(served: Served, data: bytes) -> None:
    answer = raw_request(served, data)
    assert answer.startswith(b"HTTP/1.1 4")
    with served.client("") as client:
        assert client.get("/healthz").status_code == 200


def test_a_query_of_a_megabyte_is_refused(served: Served) -> None:
    with served.client("") as client:
        for path in ("/api/v1/search?q=", "/api/v1/lookup?key=", "/search?q="):
            line = f"GET {path}{'a' * 1_000_000} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            assert raw_request(served, line.encode()).startswith(b"HTTP/1.1 4")
            answer = client.get(path + "a" * 60_000)
            assert (answer.status_code, problem(answer)) == (414, "too-long")
        body = json.dumps({"urls": ["http://a.example/" + "a" * 1_000_000]})
    with served.client() as client:
        answer = client.post("/api/v1/submissions", content=body)
        assert 400 <= answer.status_code < 500
