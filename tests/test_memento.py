"""Memento (RFC 7089): negotiation in time, TimeMaps, and captures shown as data."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from archive.store import Archive
from tests import samples
from tests.api_driver import serving

PAGE = "https://ministry.example/plan.html?year=2026&part=1"
AT = (0, 60, 86_400, 7 * 86_400)  # seconds after samples.START
START = samples.START.replace(microsecond=0)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("memento") / "archive"
    with Archive.open(folder, write=True) as archive:
        for number, after in enumerate(AT):
            body = f"<p>state {number}</p><script>alert({number})</script>".encode()
            archive.keep(samples.exchange(body, b"Set-Cookie: a=b", url=PAGE, after=after))
        archive.keep(samples.exchange(b"<p>wetland</p>", url=samples.CHINESE))
        _answer(
            archive,
            "https://ministry.example/old",
            b"301 Moved",
            b"Location: /plan.html?year=2026&part=1",
        )
        _answer(archive, "https://ministry.example/gone", b"404 Not Found")
        _answer(
            archive, "https://ministry.example/type", b"200 OK", b"Content-Type: a/b\x85c; q=\xff"
        )
    with serving(folder) as served, served.client("") as found:
        yield found


def _answer(archive: Archive, url: str, status: bytes, *headers: bytes) -> None:
    head = b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"Content-Length: 4"])
    archive.keep(samples.exchange(url=url, response=head + b"\r\n\r\nbody"))


def links(answer: httpx.Response) -> dict[str, str]:
    """The addresses of a Link header by their relations, with each word on its own."""
    found: dict[str, str] = {}
    for each in answer.headers["link"].split(", <"):
        address, _, rest = each.lstrip("<").partition(">")
        for word in rest.partition('rel="')[2].partition('"')[0].split():
            found.setdefault(word, address)
    return found


def stamp(after: float) -> str:
    return (START + timedelta(seconds=after)).strftime("%Y%m%d%H%M%S")


def gate(client: httpx.Client, at: datetime | None = None, url: str = PAGE) -> httpx.Response:
    headers = {"Accept-Datetime": format_datetime(at, usegmt=True)} if at else {}
    return client.get(f"/timegate/{url}", headers=headers)


def test_without_a_time_the_timegate_leads_to_the_newest_capture(client: httpx.Client) -> None:
    answer = gate(client)
    assert answer.status_code == 302
    assert answer.headers["vary"].lower() == "accept-datetime"
    assert answer.headers["location"].endswith(f"/memento/{stamp(AT[-1])}/{PAGE}")
    assert "memento-datetime" not in answer.headers
    assert links(answer)["original"] == PAGE


@given(st.integers(-(10**6), 10**6))
@hypothesis(max_examples=30)
def test_the_timegate_leads_to_the_capture_nearest_in_time(
    client: httpx.Client, after: int
) -> None:
    answer = gate(client, START + timedelta(seconds=after))
    nearest = min(AT, key=lambda each: (abs(each - after), each))
    assert answer.headers["location"].endswith(f"/memento/{stamp(nearest)}/{PAGE}")


def test_a_memento_says_when_it_was_seen_and_what_is_around_it(client: httpx.Client) -> None:
    answer = client.get(f"/memento/{stamp(60)}/{PAGE}")
    assert answer.status_code == 200
    assert answer.text.startswith("<p>state 1</p>")
    seen = parsedate_to_datetime(answer.headers["memento-datetime"])
    assert seen == START + timedelta(seconds=60)
    around = links(answer)
    assert around["original"] == PAGE
    for word, place in (("first", 0), ("prev", 0), ("next", 86_400), ("last", AT[-1])):
        assert around[word].endswith(f"/memento/{stamp(place)}/{PAGE}"), word
    assert around["timegate"].endswith(f"/timegate/{PAGE}")
    assert client.get(around["timemap"]).status_code == 200


def test_a_memento_is_data_without_scripts_cookies_or_archived_headers(
    client: httpx.Client,
) -> None:
    answer = client.get(f"/memento/{stamp(0)}/{PAGE}")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_another_second_leads_to_the_nearest_capture(client: httpx.Client) -> None:
    answer = client.get(f"/memento/{stamp(61)}/{PAGE}")
    assert answer.status_code == 302
    assert answer.headers["location"].endswith(f"/memento/{stamp(60)}/{PAGE}")
    shown = client.get(answer.headers["location"])
    assert shown.status_code == 200


def test_a_timemap_names_every_capture_once_and_in_order(client: httpx.Client) -> None:
    answer = client.get(f"/timemap/link/{PAGE}")
    assert answer.headers["content-type"] == "application/link-format"
    lines = answer.text.strip().split(",\n")
    mementos = [line for line in lines if 'memento"' in line]
    assert [line.split("/memento/")[1][:14] for line in mementos] == [stamp(each) for each in AT]
    assert 'rel="first memento"' in mementos[0]
    assert 'rel="last memento"' in mementos[-1]
    (own,) = (line for line in lines if 'rel="self"' in line)
    assert own.partition(">")[0].lstrip("<").endswith(f"/timemap/link/{PAGE}")
    (gate_line,) = (line for line in lines if 'rel="timegate"' in line)
    assert client.get(gate_line.partition(">")[0].lstrip("<")).status_code == 302
    again = client.get(f"/timemap/link/{PAGE}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "written",
    [
        samples.CHINESE,
        samples.CHINESE.replace("http://", "http:/"),
        samples.CHINESE.replace("http://", "https://"),
        "http%3A%2F%2Fwww.gov.example%2F%E6%B9%BF%E5%9C%B0%2F%E8%AE%A1%E5%88%92%E4%B8%80.htm"
        "?%E6%A0%87%E9%A2%98=%E6%B9%BF%E5%9C%B0&b=1",
    ],
)
def test_an_address_is_found_however_a_client_writes_it(client: httpx.Client, written: str) -> None:
    answer = gate(client, url=written)
    assert answer.status_code == 302
    shown = client.get(answer.headers["location"])
    assert shown.text == "<p>wetland</p>"


def test_an_archived_redirect_leads_to_the_memento_of_its_target(client: httpx.Client) -> None:
    answer = gate(client, url="https://ministry.example/old")
    moved = client.get(answer.headers["location"])
    assert moved.status_code == 301
    assert "memento-datetime" in moved.headers
    there = moved.headers["location"]
    assert there.endswith(f"/memento/{stamp(0)}/{PAGE}")
    assert client.get(there).status_code == 200


def test_an_archived_error_keeps_its_status(client: httpx.Client) -> None:
    answer = client.get(gate(client, url="https://ministry.example/gone").headers["location"])
    assert answer.status_code == 404
    assert answer.text == "body"
    assert "memento-datetime" in answer.headers


def test_a_type_that_is_none_is_given_as_bytes(client: httpx.Client) -> None:
    answer = client.get(gate(client, url="https://ministry.example/type").headers["location"])
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/timegate/https://nowhere.example/", {}, 404),
        ("/timemap/link/https://nowhere.example/", {}, 404),
        ("/memento/20260304050607/https://nowhere.example/", {}, 404),
        (f"/memento/2026/{PAGE}", {}, 400),
        (f"/memento/20261304050607/{PAGE}", {}, 400),
        (f"/timegate/{PAGE}", {"Accept-Datetime": "yesterday"}, 400),
        (f"/timegate/{PAGE}", {"Accept-Datetime": "Wed, 99 Mar 2026 05:06:07 GMT"}, 400),
        ("/timegate/", {}, 404),
    ],
)
def test_what_is_not_there_or_not_meant_gets_a_problem(
    client: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_negotiates_as_get_does(client: httpx.Client) -> None:
    headers = {"Accept-Datetime": format_datetime(datetime(2026, 3, 4, tzinfo=UTC), usegmt=True)}
    got = client.get(f"/timegate/{PAGE}", headers=headers)
    headed = client.head(f"/timegate/{PAGE}", headers=headers)
    assert (headed.status_code, headed.content) == (302, b"")
    assert headed.headers["location"] == got.headers["location"]
    assert headed.headers["link"] == got.headers["link"]


def test_an_archive_that_has_not_begun_has_no_mementos(tmp_path: Path) -> None:
    with serving(tmp_path / "new") as served, served.client("") as client:
        assert client.get(f"/timegate/{PAGE}").status_code == 404
