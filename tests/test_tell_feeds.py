"""Feeds of what changed and of what a search finds: well formed, settled, and harmless."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from archive.changes import latest
from archive.store import Archive
from service import watches
from service.tell.feeds import MOST, Entry, Feed, atom, of_changes, rss
from service.tell.news import fitting, settled, since, words_in
from service.watches import Watch
from tests.api_driver import serving
from tests.samples import START, fill, new, put, version_of
from tests.test_search import MARSH, PAGES, file_texts

ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "https://plans.example"
LATER = START + timedelta(days=300)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fed") / "archive"
    file_texts(
        folder, PAGES | {"amended": MARSH.replace("30处", "50处").replace("2030年", "2035年")}
    )
    return folder


@pytest.fixture(scope="module")
def client(archive: Path) -> Iterator[httpx.Client]:
    with serving(archive) as server, server.client() as opened:
        yield opened


def feed(*entries: Entry) -> Feed:
    return Feed(title="t", url=f"{BASE}/", own_url=f"{BASE}/feeds/changes.atom", entries=entries)


def entries(client: httpx.Client, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.content)
    return (
        root.findall(f"{ATOM}entry")
        if path.partition("?")[0].endswith("atom")
        else root.findall(".//item")
    )


def test_atom_and_rss_name_the_same_changes_newest_first(client: httpx.Client) -> None:
    in_atom = [each.findtext(f"{ATOM}id") for each in entries(client, "/feeds/changes.atom")]
    in_rss = [each.findtext("guid") for each in entries(client, "/feeds/changes.rss")]
    assert in_atom == in_rss
    assert len(in_atom) == 5
    titles = [each.findtext(f"{ATOM}title") for each in entries(client, "/feeds/changes.atom")]
    assert titles[0] == "New version: 湿地保护行动方案"
    assert titles[-1] == "New document: 湿地保护行动方案"


def test_every_entry_leads_to_a_page_of_the_server(client: httpx.Client) -> None:
    for entry in entries(client, "/feeds/changes.atom"):
        link = entry.find(f"{ATOM}link").get("href")
        assert link.startswith(str(client.base_url).rstrip("/"))
        assert client.get(link, headers={"Accept": "application/json"}).is_success


def test_a_document_has_a_feed_of_its_own(client: httpx.Client, archive: Path) -> None:
    with Archive.open(archive) as opened:
        changed = latest(opened.index, limit=1)[0]
    found = entries(client, f"/feeds/d/{changed.document}.atom")
    assert len(found) == 2
    assert client.get(f"/feeds/d/{'a' * 52}.atom").status_code == 404


def test_a_watch_has_a_feed_of_what_fits_it(client: httpx.Client, archive: Path) -> None:
    watches.add(archive, Watch(name="沼泽", titles=("湿地保护行动方案",)))
    found = entries(client, "/feeds/watch/沼泽.rss")
    assert {each.findtext("title").partition(": ")[2] for each in found} == {"湿地保护行动方案"}
    assert client.get("/feeds/watch/none.rss").status_code == 404
    root = etree.fromstring(client.get("/feeds/watch/沼泽.atom").content)
    own = root.find(f"{ATOM}link[@rel='self']").get("href")
    assert own.isascii()
    assert client.get(own).status_code == 200


def test_a_search_has_a_feed_of_what_it_finds(client: httpx.Client) -> None:
    found = entries(client, "/feeds/search.atom?q=濕地&language=zh")
    assert [each.findtext(f"{ATOM}title") for each in found] == ["湿地保护行动方案"]
    assert "湿地" in found[0].findtext(f"{ATOM}summary")
    assert entries(client, "/feeds/search.rss?q=沙漠") == []


@pytest.mark.parametrize(
    "path", ["/feeds/search.atom", "/feeds/search.atom?q=-a", "/feeds/changes.xml", "/feeds/x.atom"]
)
def test_a_feed_that_is_none_is_a_problem_and_not_a_failure(
    client: httpx.Client, path: str
) -> None:
    assert 400 <= client.get(path).status_code < 500


def test_a_feed_that_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/feeds/changes.atom")
    again = client.get("/feeds/changes.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_change_that_may_be_a_blink_is_in_no_feed_yet(tmp_path: Path) -> None:
    with Archive.open(tmp_path, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        put(archive, "beta", version_of("alpha", "beta"), after=3600)
    with Archive.open(tmp_path) as archive:
        soon, late = START + timedelta(hours=2), START + timedelta(hours=24)
        assert [each.kind for each in settled(archive.index, soon)] == ["document"]
        assert [each.kind for each in settled(archive.index, late)] == ["version", "document"]
        found, mark = since(archive.index, None, soon)
        assert [each.kind for each in found] == ["document"]
        assert mark == found[-1].id
        again, _ = since(archive.index, mark, late)
        assert [each.kind for each in again] == ["version"]


def test_what_is_settled_behind_something_open_comes_again_until_that_is(tmp_path: Path) -> None:
    with Archive.open(tmp_path, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        put(archive, "beta", version_of("alpha", "beta"), after=3600)
        put(archive, "gamma", new("gamma"), url="https://c.example/", after=7200)
    with Archive.open(tmp_path) as archive:
        soon = START + timedelta(hours=3)
        found, mark = since(archive.index, None, soon)
        assert [each.kind for each in found] == ["document", "document"]
        assert mark == found[0].id
        again, _ = since(archive.index, mark, soon)
        assert [each.id for each in again] == [found[1].id]


def test_a_watch_without_wishes_fits_everything(tmp_path: Path) -> None:
    fill(tmp_path)
    with Archive.open(tmp_path) as archive:
        every = list(settled(archive.index, LATER))
        assert list(fitting(archive.index, LATER, Watch(name="all"))) == every
        assert len(of_changes(every, BASE, words_in("en"))) == len(every) > 3


def test_an_empty_feed_is_a_feed() -> None:
    assert etree.fromstring(atom(feed())).find(f"{ATOM}entry") is None
    assert etree.fromstring(rss(feed())).find(".//item") is None


@given(st.text(max_size=100), st.text(max_size=100))
def test_whatever_a_page_calls_itself_the_feed_is_well_formed(title: str, summary: str) -> None:
    told = Entry(id="urn:x", title=title, url=f"{BASE}/x/1", at=START, summary=summary)
    for write in (atom, rss):
        root = etree.fromstring(write(replace(feed(told), title=title)))
        assert len(root.xpath("//*[local-name()='entry' or local-name()='item']")) == 1
        assert not root.xpath("//*[local-name()='script']")


def test_times_are_those_of_the_captures() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    told = Entry(id="urn:x", title="t", url=BASE, at=moment, summary="")
    updated = etree.fromstring(atom(feed(told))).findtext(f"{ATOM}updated")
    assert updated is not None
    assert datetime.fromisoformat(updated) == moment
    dated = etree.fromstring(rss(feed(told))).findtext(".//pubDate")
    assert dated is not None
    assert parsedate_to_datetime(dated) == moment


def test_a_feed_has_only_so_many_entries(tmp_path: Path) -> None:
    with Archive.open(tmp_path, write=True) as archive, archive.batch():
        for number in range(MOST + 5):
            put(archive, f"text {number}", new(f"text {number}"), url=f"https://a.example/{number}")
    with serving(tmp_path) as server, server.client() as opened:
        assert len(entries(opened, "/feeds/changes.atom")) == MOST
