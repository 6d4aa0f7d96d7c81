"""A crawl of one site as a sequence of decisions, without a network: what is asked, why it ends.

The archive is its memory: a document that answered within the freshness window is not asked again, and
what it leads to is read from the archive instead. Lists, sitemaps and feeds are always asked.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from crawlers.discovery.findings import Page, Read, read
from crawlers.discovery.frontier import Frontier, Left, Role, Target
from crawlers.discovery.layout import LayoutWatch, Notice
from crawlers.discovery.links import Link
from crawlers.discovery.shelf import Kept, Shelf
from crawlers.discovery.wish import Wish, carries
from crawlers.sites import Site

DAY_SECONDS = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a crawl of a site is to do."""

    site: Site
    wish: Wish = field(default_factory=Wish)  # empty: everything that the row's rules let in
    fresh_seconds: float = DAY_SECONDS  # a document that answered so lately is not asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a crawl of a site found, beside what it fetched."""

    fresh: int  # documents that the archive had already, within the freshness window
    unfit: int  # documents that were found and are not what is looked for
    left_count: int  # addresses that were found and not asked
    left_reasons: tuple[tuple[str, int], ...]  # of all of them, most frequent first
    left: tuple[Left, ...]  # the first of them
    notices: tuple[Notice, ...]


class Explorer:
    """Says what to ask next, and takes in what came."""

    def __init__(
        self, errand: Errand, shelf: Shelf | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._errand, self._shelf, self._clock = errand, shelf, clock
        self._site = errand.site
        self._frontier = Frontier(errand.site, errand.wish)
        self._began = datetime.now(UTC)
        self._clock_began: float | None = None  # at the first question: starting up takes seconds
        self._layout = LayoutWatch(errand.site, shelf, self._began)
        self._asked: dict[str, Target] = {}  # and not settled
        self._lists: set[bytes] = set()  # digests of listing pages of this crawl
        self._count = self._bytes = self._fresh = 0

    @property
    def waiting(self) -> int:
        """Addresses that are asked or will be, as far as is known."""
        return len(self._asked) + self._frontier.waiting

    def add_bytes(self, count: int) -> None:
        """Count what was received."""
        self._bytes += count

    def next(self) -> Target | None:
        """What to ask now; None while there is nothing, or once a budget is used up."""
        spent = self._spent()
        if spent:
            self._frontier.leave_all(spent)
        target = self._frontier.next()
        if target is not None:
            self._asked[target.url] = target
        return target

    def kept(self, target: Target) -> bool:
        """Whether the archive has a fresh answer of a document, so that it need not be asked."""
        if not target.is_document or self._shelf is None:
            return False
        seen = self._shelf.acknowledged_at(target.url)
        oldest = datetime.now(UTC) - timedelta(seconds=self._errand.fresh_seconds)
        if seen is None or seen < oldest:
            return False
        self._fresh += 1
        return True

    def ask(self) -> None:
        """Count a request against the budget."""
        self._count += 1

    def on_shelf(self, target: Target) -> Page | None:
        """What the archive holds of an address, whatever its age; None without it."""
        kept = self._shelf.page(target.url) if self._shelf is not None else None
        return _page(kept) if kept is not None else None

    def settle(self, target: Target, page: Page | None, found: Read) -> bool:
        """Take in what came for a target; whether the page is a document, and to be filed."""
        self._asked.pop(target.url, None)
        findings = found.findings
        if target.role is Role.LISTING and page is not None and page.is_there:
            findings = replace(findings, twin=page.digest in self._lists)
            self._lists.add(page.digest)
        documents = self._frontier.settle(target, findings)
        if target.start:
            self._layout.note(target, page, len(documents) + len(findings.sitemaps), self._count_in)
            self._layout.note_documents(documents)
        return target.is_document or self._is_carrier(target, found.title, documents)

    def _is_carrier(self, target: Target, title: str, documents: tuple[Link, ...]) -> bool:
        """Whether a page that only led further is the circular of what is looked for."""
        wish = self._errand.wish
        if wish.is_empty or target.role is not Role.LISTING or target.start or not documents:
            return False
        return carries(title) and wish.fits(Link(url=target.url, title=title))

    def leave(self, target: Target, reason: str) -> None:
        """Take in that a target was not asked after all."""
        self._asked.pop(target.url, None)
        self._frontier.leave(target, reason)

    def finish(self, *, interrupted: bool) -> Discovery:
        """What there is to say at the end."""
        for target in list(self._asked.values()):
            self.leave(
                target, "the crawl was interrupted" if interrupted else "it was lost sight of"
            )
        self._frontier.leave_all("the crawl was interrupted")
        reasons = self._frontier.reasons
        return Discovery(
            fresh=self._fresh,
            unfit=self._frontier.unfit,
            left_count=reasons.total(),
            left_reasons=tuple(reasons.most_common()),
            left=tuple(self._frontier.left),
            notices=() if interrupted else self._layout.notices(),
        )

    def _count_in(self, target: Target, page: Page) -> int:
        """How much an earlier state of a list led to, as the rules stand today."""
        findings = read(target.role, page).findings
        return len(self._frontier.documents(target, findings.links)) + len(findings.sitemaps)

    def _spent(self) -> str:
        """Which budget is used up; "" while none is."""
        site, now = self._site, self._clock()
        if self._clock_began is None:
            self._clock_began = now
        if self._count >= site.max_pages:
            return f"the budget of {site.max_pages} pages is used up"
        if self._bytes >= site.max_bytes:
            return f"the budget of {site.max_bytes} bytes is used up"
        if now - self._clock_began >= site.max_seconds:
            return f"the budget of {site.max_seconds:g} s is used up"
        return ""


def _page(kept: Kept) -> Page:
    return Page(url=kept.url, status=200, data=kept.body.data, media_type=kept.body.media_type)
