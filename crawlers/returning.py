"""Coming back to a page: the server is asked whether it has changed, and now and then for all of it.

A page that the archive holds is asked for with the validators that its server gave (RFC 9110, section
13). The 304 that may come is kept as a revisit of what it confirms. Servers err, and some lie: they go on
saying 304, or send the same ETag with another text. So every so often a page is fetched in full,
each address at a turn of its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from scrapy import Request

from crawlers.memory import Memory, Visit
from crawlers.robots import is_robots_request

FETCH_FULL = "variorum_fetch_full"  # in Request.meta: this one is never asked for conditionally
# A page is fetched in full after so many 304s, drawn by its address; no source.
MOST_CONFIRMED = (5, 10)
FULL_AFTER_DAYS = (4.0, 7.0)  # and when it was last fetched in full so long ago; no source
_OURS = "variorum_validators"  # in Request.meta: the URL for which the headers below were set
_CONDITIONS = (
    "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range",
)  # fmt: skip


def is_due_in_full(visit: Visit, now: datetime, url: str) -> bool:
    """Whether the word of the server that nothing has changed is not enough this time."""
    share = int.from_bytes(blake2b(url.encode(), digest_size=4).digest()) / 2**32  # 0 <= share < 1
    least, most = MOST_CONFIRMED
    soonest, latest = FULL_AFTER_DAYS
    days = soonest + share * (latest - soonest)
    too_old = now - visit.fetched_at >= timedelta(days=days)
    return too_old or visit.confirmed >= least + int(share * (most - least + 1))


class ReturningMiddleware:
    """Makes requests conditional; without a memory in VARIORUM_MEMORY it leaves them as they are."""

    def __init__(
        self, memory: Memory | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._memory, self._now = memory, now

    @classmethod
    def from_crawler(cls, crawler: Any) -> "ReturningMiddleware":
        """The middleware with the memory that the settings hold."""
        return cls(crawler.settings.get("VARIORUM_MEMORY"))

    def process_request(self, request: Request) -> None:
        """Scrapy's hook.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        set_for = request.meta.get(_OURS)
        if set_for == request.url:
            return  # another attempt at the same page
        if set_for is not None:  # a redirect has taken our headers along, and they fit no longer
            del request.meta[_OURS]
            request.headers.pop("If-None-Match", None)
            request.headers.pop("If-Modified-Since", None)
        if self._memory is None or not _may_be_conditional(request):
            return
        visit = self._memory.visit(request.url.partition("#")[0])
        if visit is None or is_due_in_full(visit, self._now(), request.url):
            return
        for name, value in (
            ("If-None-Match", visit.etag),
            ("If-Modified-Since", visit.last_modified),
        ):
            if value:
                request.headers[name] = value.encode("latin-1")
                request.meta[_OURS] = request.url


def _may_be_conditional(request: Request) -> bool:
    if request.method != "GET" or request.body or request.meta.get(FETCH_FULL):
        return False
    return not is_robots_request(request) and not any(
        name in request.headers for name in _CONDITIONS
    )
