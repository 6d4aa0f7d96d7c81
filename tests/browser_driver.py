"""Renders one page in a process of its own: `python -m tests.browser_driver URL ALLOW`.

Standard output is JSON: what crossed the wire, the rendered page, and what was refused.
"""

import base64
import json
import sys
from dataclasses import asdict
from typing import Any, ClassVar

import scrapy
from scrapy.crawler import CrawlerProcess

from archive.records import Exchange
from crawlers.renditions import ASKED, Rendition, page_rendered
from crawlers.settings import crawl_settings
from crawlers.wire import exchange_done


class Rendering(scrapy.Spider):
    name = "rendering"
    links: ClassVar[list[str]] = []

    async def start(self) -> Any:
        yield scrapy.Request(sys.argv[1], meta={ASKED: True})

    def parse(self, response: Any) -> None:
        self.links.extend(response.css("a::attr(href)").getall())


def main() -> None:
    settings = crawl_settings(
        delay_seconds=0, max_bytes=1 << 20, timeout_seconds=10, contact="", allowed=sys.argv[2]
    )
    settings["DOWNLOADER_MIDDLEWARES"].set("crawlers.browser.BrowserMiddleware", 110, "cmdline")
    exchanges: list[Exchange] = []
    renditions: list[Rendition] = []

    def crossed(exchange: Exchange) -> None:
        exchanges.append(exchange)

    def rendered(rendition: Rendition) -> None:
        renditions.append(rendition)

    process = CrawlerProcess(settings, install_root_handler=False)
    crawler = process.create_crawler(Rendering)
    crawler.signals.connect(crossed, signal=exchange_done)
    crawler.signals.connect(rendered, signal=page_rendered)
    process.crawl(crawler)
    process.start()
    report = {
        "responses": {each.url: base64.b64encode(each.response).decode() for each in exchanges},
        "renditions": [
            asdict(each) | {"html": each.html.decode(), "rendered_at": each.rendered_at.isoformat()}
            for each in renditions
        ],
        "links": Rendering.links,
    }
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
