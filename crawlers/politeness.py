"""What a site may expect of us: robots.txt obeyed, one request at a time, a pause, an honest name.

robots.txt is read as RFC 9309 asks. In short: a client error means that there are no rules (2.3.1.3),
a server error or no answer means that nothing may be fetched (2.3.1.4), five redirects and more are
followed, and the first 500 KiB count (2.5). `Crawl-delay` is not in the RFC but plainly meant, so it
is kept too.
"""

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
from crawlers.errors import AddressRefused, CrawlError, NoAnswer, RobotsForbid

PRODUCT = "Variorum"  # the product token that robots.txt may name: RFC 9309, section 2.2.1
VERSION = "0.1"
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5: at least this much must be read
MAX_CRAWL_DELAY_SECONDS = 30.0  # a longer wish is cut to this, else one line stops us for years
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

    def check(self, url: str) -> None:
        """Nothing, if the page may be fetched.

        Raises:
            RobotsForbid: if it may not.
        """
        if isinstance(self.unreachable, AddressRefused):
            raise AddressRefused(url, self.unreachable.address, self.unreachable.port)
        if isinstance(self.unreachable, NoAnswer):
            raise NoAnswer(url, self.unreachable.why)
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
    body = response.body
    for value in reversed(response.headers.getlist("Content-Encoding")):
        coding = value.decode("latin-1").strip().lower()
        if known(coding):
            body = decode(coding, body, MAX_ROBOTS_BYTES).body
    parsed = Protego.parse(body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace"))
    wished = parsed.crawl_delay(PRODUCT) or 0.0
    return Rules(parsed=parsed, crawl_delay_seconds=min(wished, MAX_CRAWL_DELAY_SECONDS))


class RobotsMiddleware:
    """Asks each site once for its robots.txt, before any page of it, and obeys."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._rules: dict[str, Rules | list[Deferred[Rules]]] = {}  # a list while it is asked

    @classmethod
    def from_crawler(cls, crawler: Any) -> "RobotsMiddleware":
        """The middleware of this crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Scrapy's hook.

        Raises:
            RobotsForbid: if the page may not be fetched.
        """
        if is_robots_request(request):
            return
        rules = await self._rules_for(request.url)
        rules.check(request.url)

    async def _rules_for(self, url: str) -> Rules:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        known_rules = self._rules.get(site)
        if isinstance(known_rules, Rules):
            return known_rules
        if known_rules is not None:
            waiting: Deferred[Rules] = Deferred()
            known_rules.append(waiting)
            return await maybe_deferred_to_future(waiting)
        queue: list[Deferred[Rules]] = []
        self._rules[site] = queue
        rules = await self._asked(site)
        self._rules[site] = rules
        self._slow_down(parts.hostname or "", rules.crawl_delay_seconds)
        for other in queue:
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

    def _slow_down(self, host: str, seconds: float) -> None:
        """Keeps a longer pause between requests to this host from now on."""
        downloader = self._crawler.engine.downloader
        usual = self._crawler.settings.getfloat("DOWNLOAD_DELAY")
        if seconds <= usual:
            return
        slot = downloader.slots.get(host)
        if slot is not None:
            slot.delay, slot.jitter = seconds, 0.0
            slot.lastseen -= seconds - usual  # the first page need not wait so long for robots.txt
        downloader.per_slot_settings[host] = {"delay": seconds, "jitter": 0.0, "concurrency": 1}
