"""A page that a program fills in is rendered by a Chromium that reaches the network only through us."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the extra `browser` is not installed")

from archive import warc
from archive.store import Archive
from archive.verify import verify_fully
from crawlers import renditions
from crawlers.chromium import PROGRAMS
from crawlers.renditions import Rendition
from pipelines import direct, soundness
from pipelines.decode import decode
from pipelines.errors import Refused
from pipelines.page import parse
from tests.commands import Variorum, harmless
from tests.foreign_project import Foreign
from tests.loopback import Loopback, Page, keep_alive, ok
from tests.samples import ROOT, START, captured
from tests.test_crawl_site import crawl, filed, small
from tests.warc_tools import records

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, PROGRAMS)), reason="no Chromium is installed"
)
PLAN = "关于印发新型储能发展规划的通知，各省、自治区、直辖市有关部门要结合实际认真贯彻执行。"
SHELL = (
    "<html><head><title>规划</title></head><body><div id=app></div><script src=/fill.js></script>"
    "</body></html>"
).encode()
FILL = """
const said = await (await fetch('/data.json')).json();
document.getElementById('app').innerHTML = '<p>' + said.text + '</p><a href=/next>next</a>';
const attempts = [
  fetch('{inside}/fetched'), fetch('http://169.254.169.254/latest'),
  fetch('/changed', {{method: 'POST', body: 'x'}}),
];
new Image().src = '{inside}/image';
new WebSocket('{inside}/socket'.replace('http', 'ws'));
document.head.insertAdjacentHTML('beforeend', '<link rel=preconnect href={inside}>');
await Promise.allSettled(attempts);
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a rendering process said."""

    rendition: Rendition
    responses: dict[str, bytes]
    links: list[str]


def rendered(server: Loopback) -> Told:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.browser_driver", f"{server.origin}/", server.allow],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    (told,) = report["renditions"]
    return Told(
        rendition=Rendition(
            **told
            | {
                "html": told["html"].encode(),
                "rendered_at": datetime.fromisoformat(told["rendered_at"]),
            }
        ),
        responses={url: base64.b64decode(each) for url, each in report["responses"].items()},
        links=report["links"],
    )


def test_a_filled_in_page_is_read_and_everything_behind_it_is_recorded_as_on_the_wire(
    serve: Callable[..., Loopback],
) -> None:
    inside = serve({"/": ok(b"internal")}, host="127.0.0.2")
    program = f"(async () => {{{FILL.format(inside=inside.origin)}}})()".encode()
    server = serve(
        {
            "/": keep_alive(ok(SHELL)),
            "/fill.js": keep_alive(ok(program, "Content-Type: text/javascript", "x-ODD:  kept ")),
            "/data.json": keep_alive(
                ok(json.dumps({"text": PLAN * 3}).encode(), "Content-Type: application/json")
            ),
        }
    )
    told = rendered(server)
    with pytest.raises(Refused, match="empty shell"):
        soundness.check(parse(decode(SHELL, None), None))
    assert PLAN in direct.read_file(renditions.body(told.rendition).data, ".html").text
    assert told.links == ["/next"], "a spider finds the links that were filled in"
    assert told.rendition.complete
    assert told.rendition.software.startswith("Chromium ")

    assert [asked.path for asked in server.log] == ["/robots.txt", "/", "/fill.js", "/data.json"]
    for asked in server.log:
        assert told.responses[server.origin + asked.path] == asked.sent
        assert b"User-Agent: Variorum" in asked.request

    assert inside.log == [], "nothing that the page asked for went past the guard"
    refused = " ".join(told.rendition.refused)
    assert "/fetched leads to 127.0.0.2" in refused
    assert "169.254.169.254" in refused
    assert "asked for it with POST" in refused


def test_robots_txt_counts_for_what_a_page_asks_for(serve: Callable[..., Loopback]) -> None:
    server = serve(
        {
            "/robots.txt": keep_alive(ok(b"User-agent: *\nDisallow: /fill.js\n")),
            "/": keep_alive(ok(SHELL)),
        }
    )
    told = rendered(server)
    assert [asked.path for asked in server.log] == ["/robots.txt", "/"]
    assert any("robots.txt forbids it" in sentence for sentence in told.rendition.refused)


def test_a_project_with_the_addon_files_what_the_browser_shows(
    serve: Callable[..., Loopback], tmp_path: Path
) -> None:
    server = serve(
        {
            "/": keep_alive(ok(SHELL)),
            "/fill.js": filled_by(f"<p>{PLAN * 3}</p>"),
        }
    )
    project = Foreign(tmp_path / "project", server.allow)
    project.write(
        f"{server.origin}/",
        settings='DOWNLOADER_MIDDLEWARES = {"crawlers.browser.BrowserMiddleware": 110}\n',
        meta={"variorum_browser": True},
    )
    log = project.crawl(file=True)
    assert "'variorum/rendered': 1" in log
    blocks: dict[str, list[bytes]] = {}
    for found in records(project.archive):
        blocks.setdefault(found.record.type, []).append(found.record.block)
    assert sorted(blocks["response"]) == sorted(asked.sent for asked in server.log)
    assert any(block.startswith(b"<html>") for block in blocks["conversion"])
    with Archive.open(project.archive) as archive:
        assert verify_fully(archive).problems == ()
        (version,) = archive.index.all_versions()
        assert PLAN in archive.text(version.text)
        (witness,) = archive.index.witnesses(version.key)
        assert witness.captures[0].kind == "response"
        assert witness.url == f"{server.origin}/"


def filled_by(markup: str) -> Page:
    """A program that puts this into the page."""
    program = f"document.getElementById('app').innerHTML = `{markup}`".encode()
    return keep_alive(ok(program, "Content-Type: text/javascript"))


def shell(program: str) -> Page:
    return keep_alive(ok(SHELL.replace(b"/fill.js", program.encode())))


def single_page_site(numbers: range) -> dict[str, Page]:
    """A site whose answers are all the same bytes: what differs is what the program fetches."""
    links = "".join(f"<li><a href=/doc/{number}.html>{number}</a></li>" for number in numbers)
    said = {"/said/list": links} | {
        f"/said/doc/{number}.html": f"<h1>第{number}号规划</h1>"
        + "".join(
            f"<p>第{number * 9 + n}条：{PLAN}本条适用于第{number * 7 + n}区。</p>" for n in range(5)
        )
        for number in numbers
    }
    program = (
        b"fetch('/said' + location.pathname).then(said => said.text())"
        b".then(text => { document.getElementById('app').innerHTML = text; })"
    )
    pages: dict[str, Page] = {path: keep_alive(ok(text.encode())) for path, text in said.items()}
    pages["/fill.js"] = keep_alive(ok(program, "Content-Type: text/javascript"))
    pages |= {path.removeprefix("/said"): keep_alive(ok(SHELL)) for path in said}
    return pages


def test_a_row_that_wants_a_browser_is_crawled_with_one(
    serve: Callable[..., Loopback], variorum: Variorum
) -> None:
    """All its pages are the same bytes on the wire; lists and documents are read as rendered."""
    server = serve(single_page_site(range(1, 4)))
    answer = crawl(variorum, server, small(server, browser=True), "here")
    assert answer.status == 0, answer.err
    assert filed(answer, server) == {f"/doc/{number}.html" for number in range(1, 4)}
    results = answer.json["results"]
    assert len({each["document"] for each in results}) == 3, "equal bytes, three documents"
    assert len(results) == 3, "what the pages asked for is no result"
    with Archive.open(variorum.archive) as archive:
        assert archive.index.unread() == ()
        (program, *_) = archive.index.captures_at(f"{server.origin}/fill.js")
        (data,) = archive.index.captures_at(f"{server.origin}/said/doc/1.html")
        for part in (program, data):
            refused = archive.index.refusal(part.id)
            assert refused is not None
            assert refused.reason == renditions.PART_REASON
    found = [each.record for each in records(variorum.archive)]
    refers = [each.header("WARC-Refers-To") for each in found if b"<h1>" in each.block]
    assert len([each for each in refers if each]) >= 3
    harmless(variorum)
    assert variorum("rebuild-index").status == 0
    assert variorum("verify", "--json").json["ok"]


def test_a_page_is_submitted_with_and_without_a_browser(
    serve: Callable[..., Loopback], variorum: Variorum
) -> None:
    server = serve(single_page_site(range(1, 3)))
    first, second = f"{server.origin}/doc/1.html", f"{server.origin}/doc/2.html"
    options = ("submit", "--json", "--delay", "0")
    (bare,) = variorum(*options, first, allow=server.allow).json["results"]
    assert "empty shell" in bare["reason"]
    (shown,) = variorum(*options, "--browser", first, allow=server.allow).json["results"]
    assert shown["title"] == "第1号规划"
    assert PLAN in variorum("text", shown["version"], "--json").json["text"]
    (other,) = variorum(*options, second, allow=server.allow).json["results"]
    assert "empty shell" in other["reason"], "its bytes are those of the page that was rendered"
    (again,) = variorum(*options, "--browser", first, allow=server.allow).json["results"]
    assert (again["version"], again["relation"]) == (shown["version"], "same")
    assert variorum("verify", "--json").json["ok"]


@pytest.mark.parametrize("name", ["submit", "crawl"])
def test_without_a_chromium_nothing_is_fetched_and_the_message_says_what_to_install(
    serve: Callable[..., Loopback], variorum: Variorum, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    server = serve({"/list": shell("/fill.js")})
    monkeypatch.setenv("PATH", "/nowhere")
    if name == "submit":
        answer = variorum("submit", "--browser", f"{server.origin}/list", allow=server.allow)
    else:
        answer = crawl(variorum, server, small(server, browser=True), "here")
    assert answer.status == 1
    assert "apt install chromium" in answer.err
    assert server.log == []


def test_a_rendered_page_becomes_a_conversion_that_refers_to_its_capture() -> None:
    rendition = Rendition(
        url="https://example.org/",
        rendered_at=START,
        html=b"<p>plan</p>",
        software="Chromium 156",
        resources=(),
        refused=(),
        complete=False,
    )
    capture = captured(id=warc.new_id())
    record = renditions.conversion(rendition, capture)
    assert record.type == "conversion"
    assert record.block == rendition.html
    assert record.header("WARC-Refers-To") == warc.wrapped_id(capture.id)
    assert record.header("WARC-Truncated") == "time"
