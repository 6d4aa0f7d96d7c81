"""`variorum serve` as a process with its worker, on an archive that tells a story, and a real Chromium.

    story = tell(folder)
    with web(folder) as site, chromium() as browser: ...

The story is that of the demo's plan: a ministry publishes it, five sites make something of it, and a month
later the ministry changes a number.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect, sync_playwright

from archive.records import Resource
from archive.store import Archive
from crawlers.chromium import chromium as chromium_path
from pipelines import direct
from service.demo.sites import (
    AGENCY,
    ENGLISH,
    ISSUED,
    MINISTRY,
    MIRROR,
    REVISED,
    SPANISH,
    TRADE,
    Edition,
    Site,
    page,
)
from service.demo.world import content_type

ROOT = Path(__file__).resolve().parents[1]
expect.set_options(timeout=60_000)  # milliseconds; five seconds are few on a busy machine
FIRST = datetime(2026, 4, 15, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
HOSTS = {
    MINISTRY.name: "www.haidao.gov.example",
    AGENCY.name: "news.example",
    TRADE.name: "trade.example",
    MIRROR.name: "law.mirror.example",
    ENGLISH.name: "monitor.example",
    SPANISH.name: "islas.example",
}
STORY: tuple[tuple[Site, Edition, datetime], ...] = (
    (MINISTRY, ISSUED, FIRST),
    (AGENCY, ISSUED, FIRST + timedelta(hours=3)),
    (MIRROR, ISSUED, FIRST + timedelta(days=2)),
    (ENGLISH, ISSUED, FIRST + timedelta(days=3, hours=5)),
    (TRADE, ISSUED, FIRST + timedelta(days=5)),
    (SPANISH, ISSUED, FIRST + timedelta(days=6)),
    (MINISTRY, ISSUED, FIRST + timedelta(days=14)),
    (MINISTRY, REVISED, LATER),
    (AGENCY, ISSUED, LATER + timedelta(hours=1)),
    (MIRROR, ISSUED, LATER + timedelta(hours=2)),
    (MINISTRY, REVISED, LATER + timedelta(days=21)),
)


@dataclass(frozen=True)
class Story:
    """Keys of what the archive has of the plan."""

    document: str
    issued: str  # the version as it was published
    revised: str
    fingerprint: str  # of the revised version
    url: str  # of the ministry's page


def tell(folder: Path) -> Story:
    """The story, archived in this folder, each page at its time."""
    with Archive.open(folder, write=True) as archive:
        for site, edition, moment in STORY:
            capture = archive.keep(
                Resource(
                    url=f"https://{HOSTS[site.name]}{site.path}",
                    fetched_at=moment,
                    media_type=content_type(site),
                    body=page(site, edition),
                )
            )
            direct.process(archive, capture)
        url = f"https://{HOSTS[MINISTRY.name]}{MINISTRY.path}"
        found = [archive.index.filed(each.id) for each in archive.index.captures_at(url)]
        first, last = found[0], found[-1]
        assert first is not None
        assert last is not None
        version = archive.index.version(last.version)
        return Story(
            document=version.document,
            issued=first.version,
            revised=version.key,
            fingerprint=str(version.fingerprint),
            url=url,
        )


@dataclass(frozen=True)
class Web:
    """A server that answers."""

    origin: str
    process: "subprocess.Popen[str]"

    def page(self, path: str, **headers: str) -> httpx.Response:
        """The page at this path, as a browser would ask for it."""
        return httpx.get(
            self.origin + path, headers={"Accept": "text/html", **headers}, timeout=120
        )


@contextmanager
def web(archive: Path, *, allow: str = "", sites: str = "") -> Iterator[Web]:
    """`variorum serve` with a worker while the context lasts; who sits here needs no token."""
    rows = archive.with_name("sites.toml")
    rows.write_text(sites, encoding="utf-8")
    log = archive.with_name("serve.log").open("w", encoding="utf-8")
    settings = {
        "VARIORUM_ALLOW_ADDRESSES": allow,
        "VARIORUM_SITES": str(rows),
        "VARIORUM_REPLAY_PORT": "0",
        "VARIORUM_CONFIG": "",
    }
    command = ["--archive", str(archive), "serve", "--port", "0", "--local", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "service.cli", *command],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=ROOT,
        env=os.environ | settings,
    ) as process:
        try:
            yield Web(_origin(process, archive), process)
        finally:
            process.terminate()
            process.communicate(timeout=600)
            log.close()


def _origin(process: "subprocess.Popen[str]", archive: Path) -> str:
    """Where the server is, once it answers."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if line.startswith("}"):
            break
    assert told, archive.with_name("serve.log").read_text("utf-8")
    origin = str(json.loads(told)["url"])
    ends = time.monotonic() + 300
    while time.monotonic() < ends:
        try:
            if httpx.get(f"{origin}/readyz", timeout=5).status_code == 200:
                return origin
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(archive.with_name("serve.log").read_text("utf-8"))


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as play:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = play.chromium.launch(executable_path=chromium_path(), args=options)
        try:
            yield browser
        finally:
            browser.close()
