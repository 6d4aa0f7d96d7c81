"""Any Scrapy project archives with Variorum by one line, and its own parts go on working."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.records import Relation
from archive.store import Archive
from tests.foreign_project import QUICK, Foreign
from tests.loopback import Asked, Loopback, Reply, keep_alive, moved, ok
from tests.samples import ROOT
from tests.warc_tools import demand_that_tools_agree, records

PLAN = "关于印发新型储能发展规划的通知，各省、自治区、直辖市有关部门要结合实际认真贯彻执行。"


def page(title: str, body: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode()


@pytest.fixture
def foreign(tmp_path: Path) -> Callable[[Loopback], Foreign]:
    return lambda server: Foreign(tmp_path / "project", server.allow)


def test_items_arrive_and_the_archive_holds_what_crossed_the_wire(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    server = serve(
        {
            "/": keep_alive(ok(page("list", "<a href=/old>old</a><a href=/gone>gone</a>"))),
            "/old": keep_alive(moved("/plan")),
            "/plan": keep_alive(ok(page("plan", f"<p>{PLAN * 3}</p>"), "x-ODD:  Case kept ")),
        }
    )
    project = foreign(server)
    project.write(f"{server.origin}/")
    log = project.crawl(file=True)
    assert [item["title"] for item in project.items if "title" in item] == ["LIST", "PLAN"], log
    assert "'variorum/captures': 5" in log
    demand_that_tools_agree(project.archive)
    kept = [found.record.block for found in records(project.archive)]
    for asked in server.log:
        assert asked.sent in kept
        assert asked.request in kept
    with Archive.open(project.archive) as archive:
        (version,) = [
            each for each in archive.index.all_versions() if PLAN in archive.text(each.text)
        ]
        assert archive.index.first_filed(version.key).relation == Relation.NEW


def test_what_is_only_kept_is_not_filed(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    server = serve({"/": ok(page("plan", f"<p>{PLAN * 3}</p>"))})
    project = foreign(server)
    project.write(f"{server.origin}/")
    project.crawl()
    with Archive.open(project.archive) as archive:
        assert [capture.url for capture in archive.index.unread()] == [f"{server.origin}/"]
        assert list(archive.index.all_versions()) == []


RETURNING = """
from pathlib import Path
from crawlers.memory import ArchiveMemory
DOWNLOADER_MIDDLEWARES = {"crawlers.returning.ReturningMiddleware": 120}
VARIORUM_MEMORY = ArchiveMemory(Path("plans.archive"))
"""


@pytest.mark.parametrize(("settings", "conditional"), [("", False), (RETURNING, True)])
def test_a_project_comes_back_by_conditional_requests_only_if_it_says_so(
    serve: Callable[..., Loopback],
    foreign: Callable[[Loopback], Foreign],
    settings: str,
    conditional: bool,
) -> None:
    server = serve({"/": keep_alive(ok(page("plan", f"<p>{PLAN * 3}</p>"), 'ETag: "1"'))})
    project = foreign(server)
    project.write(f"{server.origin}/", settings=settings)
    for _ in range(2):
        log = project.crawl()
        assert project.status == 0, log
    first, second = server.asked("/")
    assert b"If-None-Match" not in first.request
    assert (b'If-None-Match: "1"' in second.request) == conditional


def test_robots_txt_is_asked_first_and_obeyed(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    server = serve(
        {
            "/robots.txt": keep_alive(ok(b"User-agent: *\nDisallow: /secret\n")),
            "/": keep_alive(ok(page("list", "<a href=/secret>secret</a>"))),
            "/secret": keep_alive(ok(page("secret", "secret"))),
        }
    )
    project = foreign(server)
    project.write(f"{server.origin}/")
    log = project.crawl()
    assert [asked.path for asked in server.log] == ["/robots.txt", "/"]
    (failed,) = [item for item in project.items if "failed" in item]
    assert "robots.txt forbids it" in failed["why"]
    assert "Traceback" not in log


def test_an_address_that_is_not_public_is_refused(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    inside = serve({"/": ok(b"internal")}, host="127.0.0.2")
    server = serve({"/": ok(page("list", f"<a href={inside.origin}/>inside</a>"))})
    project = foreign(server)
    project.write(f"{server.origin}/", f"http://169.254.169.254/latest/{server.port}")
    project.crawl()
    assert inside.log == []
    whys = sorted(item["why"] for item in project.items if "failed" in item)
    assert len(whys) == 2
    assert all("not a public web address" in why for why in whys)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            'DOWNLOAD_HANDLERS = {"https": '
            '"scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"}\n',
            "the download handler of https",
        ),
        ("HTTPPROXY_ENABLED = True\n", "HTTPPROXY_ENABLED lets requests pass by"),
        ('VARIORUM_ARCHIVE = ""\n', "does not know where to archive"),
        ('VARIORUM_ARCHIVE = "foreign"\n', "is not a Variorum archive"),
    ],
    ids=["handler", "proxy", "nowhere", "not an archive"],
)
def test_what_would_break_evidence_or_guard_stops_the_crawl_with_a_reason(
    serve: Callable[..., Loopback],
    foreign: Callable[[Loopback], Foreign],
    settings: str,
    said: str,
) -> None:
    server = serve({"/": ok(b"plan")})
    project = foreign(server)
    project.write(f"{server.origin}/", settings=settings)
    log = project.crawl()
    assert said in log
    assert project.status == 1
    assert server.log == []


def test_cookies_and_compression_of_the_project_go_on_working(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    body = gzip.compress(page("packed", "<a href=/next>next</a>"))
    server = serve(
        {
            "/": keep_alive(ok(body, "Content-Encoding: gzip", "Set-Cookie: seen=1; Path=/")),
            "/next": keep_alive(ok(page("next", "next"))),
        }
    )
    project = foreign(server)
    project.write(f"{server.origin}/")
    project.crawl()
    assert [item.get("title") for item in project.items] == ["PACKED", "NEXT"]
    (asked,) = server.asked("/next")
    assert b"seen=1" in asked.request


def test_ctrl_c_leaves_a_clean_archive(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    def slowly(_: Asked) -> Reply:
        return Reply(pieces=(ok(page("plan", f"<p>{PLAN}</p>")),), pause_seconds=0.2, after="keep")

    links = "".join(f"<a href=/{n}>{n}</a>" for n in range(200))
    server = serve(
        {"/": keep_alive(ok(page("list", links)))} | {f"/{n}": slowly for n in range(200)}
    )
    project = foreign(server)
    project.write(f"{server.origin}/")
    process = project.start(*QUICK)
    while len(server.log) < 6:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=600)
    assert "'finish_reason': 'shutdown'" in log
    assert not list(project.archive.rglob("*.open")), "every file is sealed"
    with Archive.open(project.archive) as archive:
        assert archive.index.unread() == ()
        kept = archive.index.counts()["captures"]
    assert kept == len([asked for asked in server.log if asked.ended])


def test_a_crawl_whose_archive_fails_ends_and_says_why(
    serve: Callable[..., Loopback], foreign: Callable[[Loopback], Foreign]
) -> None:
    links = "".join(f"<a href=/{n}>{n}</a>" for n in range(50))
    pages = {f"/{n}": keep_alive(ok(page("plan", os.urandom(200_000).hex()))) for n in range(50)}
    server = serve({"/": keep_alive(ok(page("list", links)))} | pages)
    project = foreign(server)
    # This process may write files of one MiB only: as good as a full disk.
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
    project.write(f"{server.origin}/", settings=limited)
    log = project.crawl()
    assert "'finish_reason': 'archive_failed'" in log
    assert "could not be written" in log
    assert len(server.log) < 52


def test_the_five_lines_of_the_docs_read_a_page(tmp_path: Path) -> None:
    (tmp_path / "plan.html").write_bytes(page("规划", f"<p>{PLAN * 3}</p>"))
    text = (ROOT / "docs" / "addon.md").read_text("utf-8")
    (code,) = re.findall(
        r"<!-- run by tests/test_addon.py -->\n```python\n(.*?)```", text, re.DOTALL
    )
    assert len([line for line in code.splitlines() if line]) <= 5
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert PLAN in ran.stdout
    assert "zh-Hans" in ran.stdout
