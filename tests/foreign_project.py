"""A Scrapy project in a folder of its own, which knows nothing of Variorum but one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.samples import ROOT

SPIDER = """
import scrapy


class Plans(scrapy.Spider):
    name = "plans"

    async def start(self):
        for url in {start!r}:
            yield scrapy.Request(url, errback=self.failed, meta={meta!r})

    def parse(self, response):
        yield {{"url": response.url, "title": response.css("title::text").get()}}
        for link in response.css("a::attr(href)").getall():
            yield response.follow(link, errback=self.failed)

    def failed(self, failure):
        yield {{"failed": failure.request.url, "why": str(failure.value)}}
"""
PIPELINES = """
class Shout:
    def process_item(self, item):
        if item.get("title"):
            item["title"] = item["title"].upper()
        return item
"""
SETTINGS = """
BOT_NAME = "foreign"
SPIDER_MODULES = ["foreign.spiders"]
ITEM_PIPELINES = {"foreign.pipelines.Shout": 300}
FEEDS = {"items.json": {"format": "json"}}
RETRY_TIMES = 0
"""
QUICK = ("-s", "VARIORUM_DELAY_SECONDS=0")
ONE_LINE = 'ADDONS = {"crawlers.addon.Variorum": 100}\n'


class Foreign:
    """A Scrapy project in a folder of its own, which knows nothing of Variorum but one line."""

    def __init__(self, folder: Path, allow: str) -> None:
        self.folder, self.allow = folder, allow
        self.archive = folder / "plans.archive"
        self.status = 0

    def write(self, *start: str, settings: str = "", meta: dict[str, bool] | None = None) -> None:
        package = self.folder / "foreign"
        (package / "spiders").mkdir(parents=True)
        for name in ("__init__.py", "spiders/__init__.py"):
            (package / name).touch()
        (package / "pipelines.py").write_text(PIPELINES)
        (package / "spiders" / "plans.py").write_text(
            SPIDER.format(start=list(start), meta=meta or {})
        )
        (package / "settings.py").write_text(SETTINGS + ONE_LINE + settings)
        (self.folder / "scrapy.cfg").write_text("[settings]\ndefault = foreign.settings\n")

    def start(self, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "plans", *options],
            cwd=self.folder,
            env=os.environ
            | {
                "PYTHONPATH": str(ROOT),
                "VARIORUM_ARCHIVE": "plans.archive",
                "VARIORUM_ALLOW_ADDRESSES": self.allow,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def crawl(self, *, file: bool = False) -> str:
        """What the crawl logged, once it is over; without filing, which takes seconds to begin."""
        process = self.start(*QUICK, "-s", f"VARIORUM_FILE={file}")
        _, log = process.communicate(timeout=600)
        self.status = process.returncode
        return log

    @property
    def items(self) -> list[dict[str, str]]:
        written: list[dict[str, str]] = json.loads((self.folder / "items.json").read_text())
        return written
