"""What hostile archived pages say, in every field that a page shows, stays text; links lead nowhere bad."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from archive.records import Description, Evidence, Found, Relation
from archive.store import Archive
from service.watches import Watch, add
from service.web import forms
from tests import samples
from tests.api_driver import Served, serving

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{'zq'*3}}"
URLS = (
    f"https://evil.example/{EVIL}",
    "javascript:alert(document.cookie)//https://a.example/",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://evil.example/"onmouseover="alert(1)',
    "https://[::1/",
)
TEXTS = ("湿地 " + EVIL, "湿地 保护 " + EVIL + " 2030", "湿地 part " + EVIL)
LOCATIONS = (
    b"http://a.example/\r\n X-Evil: 1",
    b"http://a.example/%0d%0aX-Evil: 1",
    b"/\x85\xe2\x80\xa8x\xff",
    b'"><script>alert(1)</script>',
    "/规划".encode(),
    b"javascript:alert(1)",
    b"http://[::1/",
    b"//evil.example/",
)


_TAG = re.compile(r"<([a-z]+)((?:[^<>\"]|\"[^\"]*\")*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)=\"([^\"]*)\"", re.IGNORECASE)


def dangers(text: str) -> list[str]:
    """Scripts that are not ours, handlers, and links that are neither ours nor of the web."""
    found = []
    for tag, inside in _TAG.findall(text):
        attributes = dict(_ATTRIBUTE.findall(inside))
        ours = attributes.get("src", "").startswith("/static/")
        if (tag == "script" and not ours) or tag in {"img", "object", "embed", "base"}:
            found.append(tag)
        found += [name for name in attributes if name.startswith("on")]
        for name in ("href", "action", "src", "formaction"):
            led = attributes.get(name)
            if led is not None and not re.match(r"/(?!/)|https?://|#|\?|$", led):
                found.append(led)
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    with Archive.open(folder, write=True) as archive:
        for number, url in enumerate(URLS):
            _file(archive, TEXTS[number % 2], url, number)
        archive.keep(samples.exchange(url="https://evil.example/unread", after=90))
        for number, location in enumerate(LOCATIONS):
            head = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
            url = f"https://evil.example/moved/{number}"
            archive.keep(samples.exchange(url=url, response=head, after=200 + number))
    add(folder, Watch(name=EVIL.replace("/", "|"), titles=(EVIL,)))
    with serving(folder, writing="local") as found:
        yield found


def _file(archive: Archive, text: str, url: str, after: float) -> None:
    capture = archive.keep(samples.resource(text.encode(), url=URLS[0], after=after))
    with archive.index.transaction():  # some of these `keep` would not take, and so would no import
        capture = dataclasses.replace(capture, id=f"{capture.id[:-1]}-{after}", url=url)
        archive.index.add_capture(capture)
    plain = samples.reading(capture, text, title=EVIL)
    said = Found(value=EVIL, origin=EVIL)
    reading = dataclasses.replace(
        plain,
        chosen=EVIL,
        evidence=EVIL,
        description=Description(title=said, publisher=said, published_at=said, author=said),
    )
    filing = samples.new(text) if text == TEXTS[0] else samples.version_of(TEXTS[0], text)
    if filing.links:
        evidence = Evidence(because=EVIL, changed_numbers=((EVIL, EVIL),), signals=(EVIL,))
        link = dataclasses.replace(filing.links[0], evidence=evidence, relation=Relation.VERSION)
        filing = dataclasses.replace(filing, links=(link,))
    archive.file(reading, filing, samples.sketch(text))


@pytest.fixture(scope="module")
def visitor(served: Served) -> Iterator[httpx.Client]:
    with served.client("", headers={"Accept": "text/html"}) as client:
        client.post("/submit", data={"urls": URLS[0].replace(" ", "")})
        yield client


def pages(served: Served) -> list[str]:
    """The pages that show something of the archive."""
    with Archive.open(served.config.archive) as archive:
        one, two = (archive.index.version(samples.exact(text)) for text in TEXTS[:2])
        captures = [archive.index.captures_at(url)[0].id for url in URLS]
    return [
        "/",
        "/changes",
        "/sites",
        "/schedules",
        "/jobs",
        "/health",
        "/works",
        f"/works/{one.document}",
        f"/d/{one.document}",
        f"/v/{one.key}",
        f"/v/{two.key}",
        f"/d/{one.key}..{two.key}",
        f"/d/{one.key}..{two.key}?view=inline",
        f"/lookup?q={one.key}",
        *(f"/lookup?q={quote(url)}" for url in URLS),
        *(f"/c/{capture}" for capture in captures),
    ]


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_nothing_that_a_hostile_page_says_does_anything(
    served: Served, visitor: httpx.Client, language: str
) -> None:
    jobs = re.findall(r'href="(/jobs/[^"]+)"', visitor.get("/jobs").text)
    for path in [*pages(served), *jobs]:
        answer = visitor.get(path, params={"lang": language} if "?" not in path else None)
        assert answer.status_code == 200, (path, answer.text)
        assert dangers(answer.text) == [], path
        assert "zqzqzq" not in answer.text, path


def test_the_check_of_this_file_sees_what_it_is_for() -> None:
    shown = f'<a href="javascript:x">{EVIL}</a><a onclick="x" href="//evil.example">'
    assert dangers(shown) == ["javascript:x", "script", "img", "onclick", "//evil.example"]


@pytest.mark.parametrize("number", range(len(LOCATIONS)))
def test_an_archived_redirect_puts_nothing_into_our_headers_and_leads_nowhere_else(
    served: Served, visitor: httpx.Client, number: int
) -> None:
    answer = visitor.get(f"/timegate/https://evil.example/moved/{number}")
    assert answer.status_code == 302
    shown = visitor.get(answer.headers["location"])
    assert shown.status_code < 500
    assert "x-evil" not in shown.headers
    assert shown.headers.get("location", served.config.url).startswith(served.config.url)


def test_no_form_is_taken_from_a_page_of_another_origin(served: Served) -> None:
    paths = [
        route.path_format.format(id="a", name="a", verb="run")
        for route in forms.router.routes
        if isinstance(route, APIRoute)
    ]
    assert len(paths) >= 11
    with served.client("", headers={"Origin": "https://evil.example"}) as foreign:
        for path in paths:
            answer = foreign.post(path, data={"urls": "https://a.example/", "q": "a"})
            assert answer.status_code == 403, path
            assert answer.json()["type"].endswith(":foreign-origin")


def test_the_wrong_host_is_answered_nowhere(served: Served, visitor: httpx.Client) -> None:
    for path in ("/", "/login", "/static/variorum.css", "/feeds/changes.atom", "/timegate/a"):
        assert visitor.get(path, headers={"Host": "evil.example"}).status_code == 421, path
    assert Path(served.config.archive).exists()
