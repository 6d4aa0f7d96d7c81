"""Loads what a crawl would load, ahead of it: a process that is forked from here begins at once."""

from typing import Any

from scrapy.utils.misc import load_object

from crawlers.settings import crawl_settings

_BY_PRIORITY = ("EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES")
_ALONE = (
    "DOWNLOADER",
    "DUPEFILTER_CLASS",
    "ITEM_PROCESSOR",
    "LOG_FORMATTER",
    "SCHEDULER",
    "SCHEDULER_MEMORY_QUEUE",
    "SCHEDULER_PRIORITY_QUEUE",
    "SPIDER_LOADER_CLASS",
    "STATS_CLASS",
)


def load_components() -> int:
    """How many parts of Scrapy and of ours were loaded; the network loop is not among them.

    They are two thirds of the time between the call of `crawlers.run.fetch` and its first request.
    """
    settings = crawl_settings(
        delay_seconds=0.0, max_bytes=1, timeout_seconds=1.0, contact="", allowed=""
    )
    named: list[Any] = [settings.get(name) for name in _ALONE]
    for name in _BY_PRIORITY:  # Scrapy loads those that are switched off, too
        named += [*settings.getdict(name), *settings.getdict(f"{name}_BASE")]
    named += settings.getwithbase("DOWNLOAD_HANDLERS").values()
    wanted = [part for part in named if part is not None]
    for part in wanted:
        load_object(part)
    return len(wanted)
