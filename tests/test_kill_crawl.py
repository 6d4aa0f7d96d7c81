"""`kill -9` at random moments of `variorum crawl`: the archive is the memory of the next run.

A few kills by default. VARIORUM_KILLS=100 for a proof, VARIORUM_SEED to see a failure again.
"""

import os
import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveError
from archive.store import Archive
from archive.verify import verify_fully
from tests.commands import Variorum, harmless
from tests.forked import Forked
from tests.loopback import Loopback, Page
from tests.replica_pages import article, attachment, html, items
from tests.replicas import row_text

KILLS = int(os.environ.get("VARIORUM_KILLS", "3"))
SEED = int(os.environ.get("VARIORUM_SEED", str(time.time_ns() % 10**6)))
PAGES, ON_A_LIST = 300, 30
LONGEST_SECONDS = 12.0  # from the start of a run to its end; many end before the first page
Serve = Callable[..., Loopback]


def pages() -> dict[str, Page]:
    """Ten lists of thirty pages; every thirtieth page brings an attachment that no list names."""
    made: dict[str, Page] = {}
    for first in range(0, PAGES, ON_A_LIST):
        numbers = range(first, first + ON_A_LIST)
        following = f'<a href="/list/{first + ON_A_LIST}">下一页</a>'
        more = following if first + ON_A_LIST < PAGES else ""
        listed = {number: f"/doc/{number}.html" for number in numbers}
        made[f"/list/{first}"] = html(f"<ul>{items(listed)}</ul>{more}")
        for number in numbers:
            link = f'<p><a href="/doc/{number}.ofd">附件</a></p>' if number == first else ""
            made[f"/doc/{number}.html"] = article(number, 'class="TRS_Editor"', "", link)
        made[f"/doc/{first}.ofd"] = attachment(first, "ofd")
    return made


@dataclass
class Site:
    """A site, the archive that it is crawled into, and the crawls that are killed."""

    server: Loopback
    variorum: Variorum
    kept: set[str] = field(default_factory=set)  # documents that the archive has acknowledged
    row: Path = field(init=False)

    def __post_init__(self) -> None:
        self.row = self.variorum.archive.with_suffix(".toml")
        row: dict[str, Any] = {
            "kind": "ministry", "publisher": "A ministry", "language": "zh-Hans",
            "zone": "Asia/Shanghai", "listings": [f"{self.server.origin}/list/0"],
            "listing": [r"/list/\d+$"], "article": [r"/doc/\d+\.html$"],
        }  # fmt: skip
        self.row.write_text(row_text("here", row), encoding="utf-8")

    def begin(self) -> Forked:
        options = ("crawl", "here", "--json", "--delay", "0", "--sites", str(self.row))
        return self.variorum.start(*options, allow=self.server.allow)

    def acknowledged(self, *, write: bool = False) -> set[str]:
        """Documents that are in the archive now; opened for writing, it first recovers."""
        with Archive.open(self.variorum.archive, write=write) as archive:
            return {
                path
                for path in self.server.pages
                if path.startswith("/doc") and archive.index.captures_at(self.server.origin + path)
            }

    def killed_after(self, seconds: float) -> bool:
        """Whether a run was killed so late; a run that ends before is over, and must have ended well."""
        before = len(self.server.log)
        process = self.begin()
        try:
            out, err = process.communicate(timeout=seconds)
            assert process.returncode == 0, err + out
            return False
        except subprocess.TimeoutExpired:
            seen = self.seen_from_outside()
            process.kill()
            process.communicate()
        now = self.acknowledged(write=True) if self.variorum.archive.exists() else set()
        assert seen <= now, f"acknowledged and lost: {seen - now}"
        assert self.kept <= now, f"acknowledged and lost: {self.kept - now}"
        self.demand_nothing_twice(before)
        self.kept = now
        return True

    def seen_from_outside(self) -> set[str]:
        """What a reader sees a moment before the kill."""
        try:
            return self.acknowledged()
        except ArchiveError:  # it has not been made yet
            return set()

    def demand_nothing_twice(self, before: int) -> None:
        """Nothing that was acknowledged before this run was asked for in it."""
        again = self.kept & {asked.path for asked in self.server.log[before:]}
        assert not again, f"acknowledged and asked again: {again}"

    def finish(self) -> None:
        """The last run: afterwards every page is there, filed, and the archive is sound."""
        before = len(self.server.log)
        process = self.begin()
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err + out
        self.demand_nothing_twice(before)
        documents = {path for path in self.server.pages if path.startswith("/doc")}
        with Archive.open(self.variorum.archive) as archive:
            for path in documents:
                captures = archive.index.captures_at(self.server.origin + path)
                assert captures, f"{path} is missing"
                assert archive.index.filed(captures[0].id), f"{path} is not filed"
            assert archive.index.unread() == ()
            assert verify_fully(archive).problems == ()


@pytest.mark.timeout(900 + 30 * KILLS)
def test_kill_9_loses_nothing_and_fetches_nothing_again(serve: Serve, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    kills = sites = 0
    while kills < KILLS:
        sites += 1
        site = Site(serve(pages()), Variorum(tmp_path / f"archive-{sites}"))
        while kills < KILLS and site.killed_after(chance.uniform(0.5, LONGEST_SECONDS)):
            kills += 1
        try:
            site.finish()
        except AssertionError as error:
            error.add_note(f"VARIORUM_SEED={SEED}, kill {kills} of {KILLS}")
            raise
    harmless(site.variorum)
