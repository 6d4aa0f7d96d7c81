"""Pages that only a browser fills in: rendered by a system Chromium that never touches the network.

Chromium asks this process for everything, over Playwright's route; each answer is fetched by Scrapy like
any other page: address guard, robots.txt, pauses, limits, and archived as on the wire. What Chromium tries
by itself ends at a proxy that does not exist. The page as rendered is no answer of a server: it comes as a
`Rendition`, to be kept as a WARC `conversion` of the capture that it was made from.

Playwright's own network log would hold decoded bodies only, and its connections would pass by the
guard; so would those of scrapy-playwright, whose download handler takes the place of ours.
"""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Browser, Page, Playwright, Route, async_playwright
from playwright.async_api import Error as PlaywrightError
from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK

from archive.codings import decode, known
from crawlers.chromium import chromium
from crawlers.errors import CrawlError, Unfetchable, Unrendered
from crawlers.renditions import ASKED, PART, Rendition, is_rendered, page_rendered

MOST_RESOURCES = 60  # of one page; no source
MOST_SECONDS = 45.0  # for one page, its programs fetched politely one after the other
QUIET_SECONDS = 0.5  # without a request, after which a page counts as filled in
MAX_BYTES = 16 << 20  # of the page as rendered, and of each answer handed to the browser, decoded
_LOOKS = {"image", "media", "font", "stylesheet", "texttrack"}  # nothing to read in them
# Headers that describe the body on the wire, and those that would have the browser connect.
_NOT_PASSED_ON = {"content-encoding", "content-length", "transfer-encoding", "link", "refresh"}
_ARGUMENTS = [
    "--proxy-server=http://127.0.0.1:9",  # the discard port, where nothing listens
    "--proxy-bypass-list=<-loopback>",  # loopback too goes there
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pings",
    "--no-first-run",
]


@dataclass(slots=True)
class _Visit:
    """One page while it is rendered."""

    answer: Response
    resources: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    served: bool = False  # the browser has the page itself


class BrowserMiddleware:
    """Renders the pages whose requests ask for it; stands above redirects and decompression."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._path = chromium()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._turn = asyncio.Lock()  # one page at a time: a browser is heavy

    @classmethod
    def from_crawler(cls, crawler: Any) -> "BrowserMiddleware":
        """The middleware of this crawl; Chromium starts with the first page that needs it.

        Raises:
            NoBrowser: if there is no Chromium.
        """
        middleware = cls(crawler)
        crawler.signals.connect(middleware.closed, signal=signals.spider_closed)
        return middleware

    async def process_response(self, request: Request, response: Response) -> Response:
        """Scrapy's hook: the rendered page in place of the answer, if a browser was asked for.

        Raises:
            Unrendered: the browser did not start, or broke down.
        """
        media_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        if not request.meta.get(ASKED) or not is_rendered(response.status, media_type):
            return response
        try:
            async with self._turn:
                rendition = await self._rendered(response)
        except PlaywrightError as error:
            raise Unrendered(response.url, error.message.partition("\n")[0].rstrip(".")) from error
        await self._crawler.signals.send_catch_log_async(
            page_rendered, request=request, rendition=rendition
        )
        return HtmlResponse(
            response.url,
            headers={"Content-Type": "text/html; charset=utf-8"},
            body=rendition.html,
            request=request,
            encoding="utf-8",
            flags=[*response.flags, "rendered"],
        )

    async def closed(self) -> None:
        """Scrapy's signal: ends Chromium."""
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    async def _started(self) -> Browser:
        if self._browser is None:
            self._playwright = await async_playwright().start()
            # Chromium's sandbox does not work for root, the usual user of a container.
            self._browser = await self._playwright.chromium.launch(
                executable_path=self._path, args=_ARGUMENTS, chromium_sandbox=os.geteuid() != 0
            )
        return self._browser

    async def _rendered(self, response: Response) -> Rendition:
        browser = await self._started()
        context = await browser.new_context(
            service_workers="block",
            accept_downloads=False,
            user_agent=self._crawler.settings["USER_AGENT"],
        )
        visit = _Visit(response)
        try:
            page = await context.new_page()
            await context.route("**/*", lambda route: self._answer(route, visit))
            complete = await _come_to_rest(page, response.url)
            html = (await page.content()).encode("utf-8", "replace")
        finally:
            await context.close()
        return Rendition(
            url=response.url,
            rendered_at=datetime.now(UTC),
            html=html[:MAX_BYTES],
            software=f"Chromium {browser.version}",
            resources=tuple(visit.resources),
            refused=tuple(visit.refused),
            complete=complete and len(html) <= MAX_BYTES,
        )

    async def _answer(self, route: Route, visit: _Visit) -> None:
        """Gives the browser what it asks for: from the page's own answer, or through Scrapy."""
        asked = route.request
        try:
            if asked.url == visit.answer.url and not visit.served:
                visit.served = True
                await _fulfil(route, visit.answer)
            elif asked.resource_type in _LOOKS:
                await route.abort("blockedbyclient")
            else:
                await _fulfil(route, await self._fetched(route, visit))
        except (CrawlError, IgnoreRequest) as error:
            visit.refused.append(str(error))
            await route.abort("blockedbyclient")
        except PlaywrightError:
            visit.refused.append(f"{asked.url} came when the page was closed already")

    async def _fetched(self, route: Route, visit: _Visit) -> Response:
        """The answer to a browser's request, which is archived like every other.

        Raises:
            CrawlError, IgnoreRequest: there is none, or it may not be asked for.
        """
        asked = route.request
        if asked.method != "GET":  # a form or a counter: we change nothing on a server
            raise Unfetchable(asked.url, f"a page asked for it with {asked.method}")
        if asked.is_navigation_request():
            raise Unfetchable(asked.url, "a page would have the browser leave it")
        if len(visit.resources) >= MOST_RESOURCES:
            raise Unfetchable(asked.url, f"the page has asked for {MOST_RESOURCES} others already")
        visit.resources.append(asked.url)
        try:
            request = Request(
                asked.url,
                headers={"Referer": visit.answer.url},
                callback=NO_CALLBACK,
                dont_filter=True,
                meta={PART: True},
            )
        except ValueError as error:
            raise Unfetchable(asked.url, f"it is no URL ({error})") from error
        answer: Response = await self._crawler.engine.download_async(request)
        return answer


async def _come_to_rest(page: Page, url: str) -> bool:
    """Whether the page came to rest in time; either way it has what came until then."""
    try:
        async with asyncio.timeout(MOST_SECONDS):
            await page.goto(url, wait_until="networkidle", timeout=0)
            await asyncio.sleep(QUIET_SECONDS)
    except (TimeoutError, PlaywrightError):
        return False
    return True


async def _fulfil(route: Route, answer: Response) -> None:
    headers = {
        name.decode("latin-1"): b", ".join(values).decode("latin-1")
        for name, values in answer.headers.items()
        if name.decode("latin-1").lower() not in _NOT_PASSED_ON
    }
    await route.fulfill(status=answer.status, headers=headers, body=_entity(answer))


def _entity(answer: Response) -> bytes:
    """The body without its content codings; one that is not known stays as it is."""
    entity = answer.body
    for value in reversed(answer.headers.getlist("Content-Encoding")):
        coding = value.decode("latin-1").strip().lower()
        if known(coding):
            entity = decode(coding, entity, MAX_BYTES).body
    return entity
