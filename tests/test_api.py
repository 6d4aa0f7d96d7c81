"""What the API answers: page objects as JSON, lists behind cursors, ETags, one body for every error."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from archive.store import Archive
from benchmarks.stocked import Stocked, fill
from service.pages.document import document_page, version_page
from service.pages.lookup import lookup_key
from tests import samples
from tests.api_driver import Served, serving

VERSIONS = 50  # 30 documents of one version, four of five


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Stocked, ...]]:
    folder = tmp_path_factory.mktemp("api") / "archive"
    return folder, fill(folder, VERSIONS)


@pytest.fixture(scope="module")
def served(stocked: tuple[Path, tuple[Stocked, ...]]) -> Iterator[Served]:
    with serving(stocked[0]) as found:
        yield found


@pytest.fixture(scope="module")
def reader(served: Served) -> Iterator[httpx.Client]:
    with served.client("") as client:
        yield client


@pytest.fixture(scope="module")
def operator(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


@pytest.fixture(scope="module")
def amended(stocked: tuple[Path, tuple[Stocked, ...]]) -> Stocked:
    """The last version of a document that has five."""
    return stocked[1][19]


def plain(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


def problem(answer: httpx.Response) -> str:
    """The code of the problem that the answer is."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"].endswith((".", "…"))
    return str(body["type"]).removeprefix("urn:variorum:problem:")


def test_a_document_is_the_page_object_as_json(
    stocked: tuple[Path, tuple[Stocked, ...]], reader: httpx.Client, amended: Stocked
) -> None:
    with Archive.open(stocked[0]) as archive:
        expected = plain(document_page(archive, amended.document))
        version = plain(version_page(archive, archive.index.version(amended.version)))
    assert len(expected["versions"]) == 5
    assert reader.get(f"/api/v1/documents/{amended.document}").json() == expected
    assert reader.get(f"/api/v1/documents/{amended.version}").json() == expected
    assert reader.get(f"/api/v1/versions/{amended.fingerprint}").json() == version


def test_every_document_stands_once_in_the_pages_of_the_list(reader: httpx.Client) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"limit": "7"} | ({"cursor": cursor} if cursor else {})
        page = reader.get("/api/v1/documents", params=asked).json()
        assert len(page["documents"]) <= 7
        seen += [each["document"] for each in page["documents"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 34


def test_a_list_goes_on_where_it_was_although_something_new_came(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "a", 6)
    with serving(tmp_path / "a") as served, served.client("") as reader:
        first = reader.get("/api/v1/documents", params={"limit": 3}).json()
        fill_more(tmp_path / "a")
        asked = {"limit": 3, "cursor": first["next"]}
        second = reader.get("/api/v1/documents", params=asked).json()
    keys = [each["document"] for page in (first, second) for each in page["documents"]]
    assert len(set(keys)) == 6


def fill_more(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        samples.put(archive, "one more", samples.new("one more"))


def test_a_fingerprint_is_found_with_its_evidence_and_its_witnesses(
    stocked: tuple[Path, tuple[Stocked, ...]], reader: httpx.Client, amended: Stocked
) -> None:
    with Archive.open(stocked[0]) as archive:
        expected = plain(lookup_key(archive, amended.fingerprint))
    for key in (amended.fingerprint, amended.version, amended.version[:12]):
        found = reader.get("/api/v1/lookup", params={"key": key}).json()
        assert found["matches"][0]["version"] == amended.version
        assert found["matches"][0]["evidence"]["because"]
    assert reader.get("/api/v1/lookup", params={"key": amended.fingerprint}).json() == expected
    assert len(expected["matches"][0]["witnesses"]) == 2


def test_the_short_way_and_the_long_way_of_a_lookup_say_the_same(
    reader: httpx.Client, amended: Stocked
) -> None:
    for key in (amended.fingerprint, "zzzzzzzzzz", "abc", "sha256:" + "0" * 64):
        short = reader.get(f"/api/v1/lookup?key={key}")
        long = reader.get(f"/api/v1/lookup?key={key}&")
        assert (short.status_code, short.json()) == (long.status_code, long.json())
        assert short.headers.get("etag") == long.headers.get("etag")


def test_an_address_is_found_and_only_what_stood_there_at_the_time(
    reader: httpx.Client, amended: Stocked
) -> None:
    found = reader.get("/api/v1/lookup", params={"url": amended.url}).json()["matches"]
    assert found[0]["version"] == amended.version
    assert len(found) == 5
    asked = {"url": amended.url, "at": "2020-01-01T00:16:30Z"}
    then = reader.get("/api/v1/lookup", params=asked).json()["matches"]
    assert [each["number"] for each in then] == [2]
    asked["at"] = "2019-01-01"
    assert reader.get("/api/v1/lookup", params=asked).json()["matches"] == []


def test_a_pasted_text_leads_to_the_version_it_was_taken_from(
    reader: httpx.Client, amended: Stocked
) -> None:
    found = reader.post("/api/v1/lookup", json={"text": amended.text[:400]}).json()
    assert amended.document in {each["document"] for each in found["matches"]}
    whole = reader.post("/api/v1/lookup", json={"text": amended.text}).json()
    assert whole["matches"][0]["version"] == amended.version


def test_a_text_of_a_megabyte_is_looked_up_and_a_longer_one_is_too_large(
    reader: httpx.Client,
) -> None:
    body = json.dumps({"text": "湿" * 333_333})  # escaped, so twice as long on the wire
    sent = {"Content-Type": "application/json"}
    assert reader.post("/api/v1/lookup", content=body, headers=sent).status_code == 200
    more = json.dumps({"text": "湿" * 333_334})
    answer = reader.post("/api/v1/lookup", content=more, headers=sent)
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    endless = json.dumps({"text": "a" * 4_000_000})
    answer = reader.post("/api/v1/lookup", content=endless, headers=sent)
    assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_a_body_that_declares_no_length_is_cut_off_all_the_same(reader: httpx.Client) -> None:
    pieces = (b" " * 65_536 for _ in range(100))
    answer = reader.post("/api/v1/lookup", content=pieces)
    assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_the_text_and_the_bytes_of_a_version_come_as_they_are_archived(
    reader: httpx.Client, amended: Stocked
) -> None:
    text = reader.get(f"/api/v1/versions/{amended.version}/text")
    assert text.text == amended.text + "\n"
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    raw = reader.get(f"/api/v1/versions/{amended.version}/raw")
    assert raw.content == amended.text.encode()
    assert raw.headers["content-disposition"] == "attachment"
    assert "sandbox" in raw.headers["content-security-policy"]
    witnesses = reader.get(f"/api/v1/versions/{amended.version}/witnesses").json()["witnesses"]
    capture = reader.get(f"/api/v1/captures/{witnesses[1]['capture']}").json()
    assert capture["url"] == witnesses[1]["url"]
    assert reader.get(f"/api/v1/captures/{capture['capture']}/raw").content == raw.content


def test_a_diff_names_what_changed_in_code_points_of_both_texts(
    stocked: tuple[Path, tuple[Stocked, ...]], reader: httpx.Client, amended: Stocked
) -> None:
    older = stocked[1][15]
    page = reader.get(f"/api/v1/diffs/{older.version}..{amended.version}").json()
    assert page["changes"]
    for change in page["changes"]:
        start, end = change["a"]
        assert (older.text + "\n")[start:end] == change["a_text"]
        start, end = change["b"]
        assert (amended.text + "\n")[start:end] == change["b_text"]


def test_changes_come_newest_first_and_of_one_document_when_asked(
    reader: httpx.Client, amended: Stocked
) -> None:
    page = reader.get("/api/v1/changes", params={"limit": 200}).json()
    assert page["next"] is None
    moments = [each["at"] for each in page["changes"]]
    assert moments == sorted(moments, reverse=True)
    only = reader.get("/api/v1/changes", params={"document": amended.document}).json()["changes"]
    assert {each["document"] for each in only} == {amended.document}
    assert {each["kind"] for each in only} == {"document", "version", "witness"}
    one = reader.get(f"/api/v1/changes/{only[0]['id']}").json()
    assert one == only[0]


def test_what_has_not_changed_is_not_sent_again(reader: httpx.Client, amended: Stocked) -> None:
    for path in (f"documents/{amended.document}", f"versions/{amended.version}/text", "stats"):
        first = reader.get(f"/api/v1/{path}")
        tag = first.headers["etag"]
        assert tag == f'"{hashlib.sha256(first.content).hexdigest()[:32]}"'
        again = reader.get(f"/api/v1/{path}", headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        other = reader.get(f"/api/v1/{path}", headers={"If-None-Match": '"other"'})
        assert other.status_code == 200


def test_head_says_what_get_would_without_the_body(reader: httpx.Client, amended: Stocked) -> None:
    path = f"/api/v1/documents/{amended.document}"
    got, headed = reader.get(path), reader.head(path)
    assert headed.status_code == 200
    assert headed.content == b""
    for name in ("etag", "content-length", "content-type"):
        assert headed.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nothing", 404, "not-found"),
        ("/api/v1/versions/zzzzzzzzzz", 404, "unknown-key"),
        ("/api/v1/versions/no-key!", 400, "bad-key"),
        ("/api/v1/captures/none", 404, "unknown-key"),
        ("/api/v1/changes/none", 404, "unknown-key"),
        ("/api/v1/jobs/none", 404, "unknown-job"),
        ("/api/v1/schedules/none", 404, "unknown-schedule"),
        ("/api/v1/lookup", 400, "bad-lookup"),
        ("/api/v1/lookup?key=abcdefgh&url=http://a.example/", 400, "bad-lookup"),
        ("/api/v1/lookup?url=http://a.example/&at=yesterday", 400, "bad-time"),
        ("/api/v1/documents?cursor=%00", 400, "bad-cursor"),
        ("/api/v1/documents?cursor=" + "A" * 600, 400, "bad-cursor"),
        ("/api/v1/documents?limit=0", 422, "invalid-request"),
        ("/api/v1/search?q=", 400, "bad-query"),
        ("/api/v1/search?q=%22", 400, "bad-query"),
        ("/api/v1/search", 422, "invalid-request"),
    ],
)
def test_every_error_has_the_one_body(
    reader: httpx.Client, path: str, status: int, code: str
) -> None:
    answer = reader.get(path)
    assert (answer.status_code, problem(answer)) == (status, code)


def test_a_wrong_method_and_a_wrong_body_have_the_same_body(operator: httpx.Client) -> None:
    answer = operator.delete("/api/v1/documents")
    assert (answer.status_code, problem(answer)) == (405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]
    for body in (b"", b"{", b"[]", b'{"urls": 3}', b"\xff\xfe", b'{"urls": ["ftp://a.example"]}'):
        answer = operator.post(
            "/api/v1/submissions", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, problem(answer)) == (422, "invalid-request"), body


def test_a_prefix_of_several_keys_names_them(tmp_path: Path) -> None:
    first = "text 0"
    with Archive.open(tmp_path / "a", write=True) as archive:
        samples.put(archive, first, samples.new(first))
        versions = {samples.exact(first)}
        digest = archive.index.captures_at("https://ministry.example/plan.html")[0].payload_digest
        samples.put(archive, "text 1", samples.new("text 1"))
        versions.add(samples.exact("text 1"))
    with serving(tmp_path / "a") as served, served.client("") as reader:
        answer = reader.get("/api/v1/versions/ISCC:EADZZZZZ")
        assert (answer.status_code, problem(answer)) == (409, "ambiguous-key")
        assert set(answer.json()["candidates"]) == versions
        assert reader.get(f"/api/v1/versions/{digest}").status_code == 200


def test_an_index_that_was_made_again_is_used_by_the_next_request(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    samples.fill(folder)
    with serving(folder) as served, served.client("") as reader:
        before = reader.get("/api/v1/stats").json()
        with Archive.rebuild(folder) as archive:
            samples.put(archive, "one more", samples.new("one more"))
        after = reader.get("/api/v1/stats").json()
        assert after["counts"]["captures"] == before["counts"]["captures"] + 1
        (folder / "index.sqlite").rename(folder / "aside")
        answer = reader.get("/api/v1/stats")
        assert (answer.status_code, problem(answer)) == (503, "no-index")
        assert answer.headers["retry-after"]
        assert str(tmp_path) not in answer.text
        assert reader.get("/readyz").status_code == 503
        assert reader.get("/healthz").status_code == 200
        (folder / "aside").rename(folder / "index.sqlite")
        assert reader.get("/readyz").json() == {"ok": True}


def test_a_short_address_gives_json_to_whoever_prefers_it(
    reader: httpx.Client, amended: Stocked
) -> None:
    wanted = {"Accept": "application/json"}
    document = reader.get(f"/d/{amended.document}", headers=wanted)
    assert document.json() == reader.get(f"/api/v1/documents/{amended.document}").json()
    assert "accept" in document.headers["vary"].lower()
    version = reader.get(f"/v/{amended.version}", headers=wanted).json()
    assert version["version"]["version"] == amended.version
    capture = version["version"]["witnesses"][0]["capture"]
    assert reader.get(f"/c/{capture}", headers=wanted).json()["capture"] == capture
    pair = f"{amended.document}..{amended.version}"
    assert reader.get(f"/d/{pair}", headers=wanted).json()["changes"]
    changed = reader.get("/api/v1/changes").json()["changes"][0]["id"]
    assert reader.get(f"/x/{changed}", headers=wanted).json()["id"] == changed
    page = reader.get(f"/d/{amended.document}", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")


def test_a_work_names_its_documents_and_a_report_its_witnesses(
    reader: httpx.Client, amended: Stocked
) -> None:
    listed = reader.get("/api/v1/works").json()["works"]
    assert amended.document in {key for row in listed for key in row["documents"]}
    work = reader.get(f"/api/v1/works/{amended.version}").json()
    assert [each["document"] for each in work["documents"]] == [amended.document]
    report = reader.get(f"/api/v1/reports/{amended.version}").json()
    assert report["work"] == work["work"]
    assert {each["document"] for each in report["witnesses"]} == {amended.document}
    for path in ("works", "reports"):
        answer = reader.get(f"/api/v1/{path}/zzzzzzzzzz")
        assert (answer.status_code, problem(answer)) == (404, "unknown-key")
        answer = reader.get(f"/api/v1/{path}/no key")
        assert (answer.status_code, problem(answer)) == (400, "bad-key")
