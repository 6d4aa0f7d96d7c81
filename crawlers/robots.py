"""robots.txt, read and obeyed as RFC 9309 asks, and the name under which we come.

In short: a client error means that there are no rules (2.3.1.3), a server error or no whole answer means
that nothing may be fetched (2.3.1.4), five redirects and more are followed, and the first 500 KiB count
(2.5). What was read holds for 24 hours (2.4). `Crawl-delay` is not in the RFC but plainly meant, so
it is kept too.

Each process asks once more, though the archive holds the answers of earlier ones: it is one small request
for each site, a site that has begun to forbid something is heard at once, and the archive shows which
rules a page was fetched under.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred

from archive.codings import decode, known
from crawlers.errors import AddressRefused, ComeBackLater, CrawlError, NoAnswer, RobotsForbid
from crawlers.pacing import MAX_CRAWL_DELAY_SECONDS, pacing_of

PRODUCT = "Variorum"  # the product token that robots.txt may name: RFC 9309, section 2.2.1
VERSION = "0.1"
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5: at least this much must be read
CUT_FLAG = "variorum_cut"  # in Response.flags: the end of the answer never came
KEPT_SECONDS = 24 * 3600.0  # RFC 9309, section 2.4
KEPT_UNREACHABLE_SECONDS = 1800.0  # a site that could not be asked may be back soon; no source
_ROBOTS_MARK = "variorum_robots"


def user_agent(contact: str) -> str:
    """The User-Agent header: who we are and, as a URL or a mail address, whom to complain to."""
    return f"{PRODUCT}/{VERSION} (+{contact})" if contact else f"{PRODUCT}/{VERSION}"


def is_robots_request(request: Request) -> bool:
    """Whether this request is ours for a robots.txt, or a redirect of one."""
    return bool(request.meta.get(_ROBOTS_MARK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one site's robots.txt says."""

    parsed: Protego | None = None  # None: no rules, everything may be fetched
    forbids: str = ""  # why nothing may be fetched; "" when that is not so
    unreachable: CrawlError | None = None  # why the site could not be asked; forbids as well
    crawl_delay_seconds: float = 0.0

    @property
    def kept_seconds(self) -> float:
        """How long they hold before the site is asked again."""
        return KEPT_UNREACHABLE_SECONDS if self.forbids or self.unreachable else KEPT_SECONDS

    def check(self, url: str) -> None:
        """Nothing, if the page may be fetched.

        Raises:
            CrawlError: if it may not: what kept us from asking, or RobotsForbid.
        """
        if isinstance(self.unreachable, AddressRefused):
            raise AddressRefused(url, self.unreachable.address, self.unreachable.port)
        if isinstance(self.unreachable, NoAnswer):
            raise NoAnswer(url, self.unreachable.why)
        if isinstance(self.unreachable, ComeBackLater):
            raise ComeBackLater(url, self.unreachable.until)
        if self.unreachable is not None:
            why = str(self.unreachable).rstrip(".")
            raise RobotsForbid(url, f"the site's robots.txt cannot be read: {why}")
        if self.forbids:
            raise RobotsForbid(url, self.forbids)
        if self.parsed is not None and not self.parsed.can_fetch(url, PRODUCT):
            raise RobotsForbid(url, "the site's robots.txt forbids it")


def rules_from(response: Response) -> Rules:
    """The rules in an answer to a request for robots.txt."""
    if response.status >= 500:
        return Rules(forbids=f"the site's robots.txt answered {response.status}, which forbids all")
    if not 200 <= response.status < 300:
        return Rules()
    if CUT_FLAG in response.flags and len(response.body) < MAX_ROBOTS_BYTES:
        return Rules(forbids="the site's robots.txt did not come to its end, which forbids all")
    body = response.body
    for value in reversed(response.headers.getlist("Content-Encoding")):
        coding = value.decode("latin-1").strip().lower()
        if known(coding):
            body = decode(coding, body, MAX_ROBOTS_BYTES).body
    parsed = Protego.parse(body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace"))
    wished = parsed.crawl_delay(PRODUCT) or 0.0
    return Rules(parsed=parsed, crawl_delay_seconds=min(wished, MAX_CRAWL_DELAY_SECONDS))


class RobotsMiddleware:
    """Asks each site for its robots.txt, before any page of it and once in 24 hours, and obeys."""

    def __init__(self, crawler: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._crawler, self._clock = crawler, clock
        self._rules: dict[str, tuple[Rules, float]] = {}  # with the time until which they hold
        self._asking: dict[str, list[Deferred[Rules]]] = {}  # who waits for the answer

    @classmethod
    def from_crawler(cls, crawler: Any) -> "RobotsMiddleware":
        """The middleware of this crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Scrapy's hook.

        Raises:
            CrawlError: if the page may not be fetched.
        """
        if is_robots_request(request):
            return
        rules = await self._rules_for(request.url)
        rules.check(request.url)

    async def _rules_for(self, url: str) -> Rules:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
        rules, until = self._rules.get(site, (None, 0.0))
        if rules is not None and self._clock() < until:
            return rules
        if site in self._asking:
            waiting: Deferred[Rules] = Deferred()
            self._asking[site].append(waiting)
            return await maybe_deferred_to_future(waiting)
        self._asking[site] = []
        rules = Rules(unreachable=NoAnswer(f"{site}/robots.txt", "the crawl ended before"))
        try:
            rules = await self._asked(site)
            self._rules[site] = rules, self._clock() + rules.kept_seconds
            pacing_of(self._crawler).slow_down(url, rules.crawl_delay_seconds)
        finally:  # whatever happened: nobody waits for ever
            for other in self._asking.pop(site):
                other.callback(rules)
        return rules

    async def _asked(self, site: str) -> Rules:
        request = Request(
            f"{site}/robots.txt",
            callback=NO_CALLBACK,
            dont_filter=True,
            priority=1000,
            meta={_ROBOTS_MARK: True},
        )
        try:
            return rules_from(await self._crawler.engine.download_async(request))
        except CrawlError as error:
            return Rules(unreachable=error)
        except IgnoreRequest:  # too many redirects count as no robots.txt: RFC 9309, 2.3.1.2
            return Rules()
        except ValueError:  # a redirect to what is no URL
            return Rules()
