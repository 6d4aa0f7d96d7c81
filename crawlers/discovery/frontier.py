"""What a crawl of a site asks next, and what becomes of all that it found.

Values in, values out: addresses are judged by the row, queued in the order in which they were found,
and counted. Whatever was found and not asked is left over, with the reason.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urlsplit

from crawlers.addresses import MAX_URL_LENGTH
from crawlers.discovery.links import (
    FURNITURE,
    Link,
    extension,
    family,
    identity,
    is_attachment,
    link,
    runs_in_circles,
)
from crawlers.discovery.listing import next_address
from crawlers.discovery.search import search_addresses
from crawlers.discovery.wish import Wish
from crawlers.sites import Site

LEFT_SHOWN = 1000  # addresses of what is left over that are kept; all are counted
_SHOWN_URL = 500  # characters of such an address
_DULL_PAGES = 2  # of a paged list, in a row, with nothing new on them: its end
_SKIPPED_PAGES = 50  # of a paged list, in a row, that links led to before; no source
_MOST_KNOWN = 200_000  # addresses that are remembered: some 100 MB; no source
_DULL_FAMILY = 10  # listing pages of one series, in a row, with nothing new on them: a trap


class Role(StrEnum):
    """What an address is asked for."""

    LISTING = "listing"  # to find others; kept, and not filed
    SITEMAP = "sitemap"
    FEED = "feed"
    PAGE = "page"  # to be archived as a document
    ATTACHMENT = "attachment"  # the same, linked to from a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address to ask."""

    url: str
    role: Role
    depth: int = 0  # links from a start address
    title: str = ""  # as the link to it says
    start: bool = False  # named by the row
    paging: str = ""  # template of the next page of its list, with {page}
    root: str = ""  # the list's own address, which the template is written against
    page: int = 0  # the number that the next page of its list has
    dull: int = 0  # pages of its list before this one, in a row, without anything new

    @property
    def is_document(self) -> bool:
        """Whether it is filed, and need not be asked again while it is fresh."""
        return self.role in {Role.PAGE, Role.ATTACHMENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An address that was found and not asked."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an answer leads to."""

    links: tuple[Link, ...] = ()
    sitemaps: tuple[str, ...] = ()
    page_count: int | None = None
    twin: bool = False  # the same bytes came under another address in this crawl


@dataclass(slots=True)
class Frontier:
    """The queue of one crawl."""

    site: Site
    wish: Wish = field(default_factory=Wish)
    left: list[Left] = field(default_factory=list)  # the first LEFT_SHOWN
    reasons: Counter[str] = field(default_factory=Counter)  # of all that is left
    unfit: int = 0  # pages that were found and are not what is looked for
    _queue: deque[Target] = field(default_factory=deque)
    _known: set[str] = field(default_factory=set)
    _dull: Counter[str] = field(default_factory=Counter)
    _rules: dict[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    _titles: Wish = field(default_factory=Wish)

    def __post_init__(self) -> None:
        for name in ("article", "listing", "exclude"):
            self._rules[name] = tuple(re.compile(rule) for rule in getattr(self.site, name))
        self._titles = Wish(terms=self.site.titles)
        for target in self._starts():
            if identity(target.url) not in self._known:
                self._known.add(identity(target.url))
                self._queue.append(target)

    @property
    def waiting(self) -> int:
        """Targets that are queued."""
        return len(self._queue)

    def next(self) -> Target | None:
        """The target that was found first; None while there is none."""
        return self._queue.popleft() if self._queue else None

    def settle(self, target: Target, found: Findings) -> tuple[Link, ...]:
        """Take in what an answer leads to; gives the documents among it, known ones too."""
        documents = self.documents(target, found.links)
        fresh = sum(identity(each.url) not in self._known for each in documents)
        if target.role is Role.LISTING:
            kind = family(target.url)
            self._dull[kind] = 0 if fresh else self._dull[kind] + 1
        for sitemap in found.sitemaps:
            self._offer(Target(url=sitemap, role=Role.SITEMAP, depth=target.depth + 1))
        for each in found.links if not found.twin or target.is_document else ():
            role = self._role(each, target)
            if role is not None:
                self._take(each, role, target)
        if target.role is Role.LISTING:
            self._turn_page(target, found, fresh)
        return documents

    def documents(self, target: Target, links: Iterable[Link]) -> tuple[Link, ...]:
        """Those of a page's links that lead to documents, wanted or not."""
        roles = {Role.PAGE, Role.ATTACHMENT}
        return tuple(each for each in links if self._role(each, target) in roles)

    def leave(self, target: Target, reason: str) -> None:
        """Note that a target will not be asked."""
        self.reasons[reason] += 1
        if len(self.left) < LEFT_SHOWN:
            self.left.append(Left(url=target.url[:_SHOWN_URL], reason=reason))

    def leave_all(self, reason: str) -> None:
        """Note that nothing of what is still queued will be asked."""
        while self._queue:
            self.leave(self._queue.popleft(), reason)

    def _starts(self) -> Iterable[Target]:
        site = self.site
        for url in site.listings:
            yield Target(url=_plain(url), role=Role.LISTING, start=True, root=_plain(url),
                         paging=site.paging, page=site.first_page)  # fmt: skip
        for role, urls in ((Role.SITEMAP, site.sitemaps), (Role.FEED, site.feeds)):
            yield from (Target(url=_plain(url), role=role, start=True) for url in urls)
        words = self.wish.searches or site.titles
        for url, later in search_addresses(site.searches, words, site.search_encoding):
            yield Target(url=_plain(url), role=Role.LISTING, start=True, root=_plain(url),
                         paging=later, page=2)  # fmt: skip
        yield from (Target(url=_plain(url), role=Role.PAGE, start=True) for url in site.pages)

    def _role(self, link: Link, source: Target) -> Role | None:
        """What a link is to this site; None where no rule names it."""
        if not self._is_ours(link.url) or self._matches("exclude", link.url):
            return None
        if is_attachment(link.url):
            return Role.ATTACHMENT if self.site.attachments else None
        if extension(link.url) in FURNITURE:
            return None
        within = source.role is Role.PAGE and not self.site.follow
        if within:  # a page leads to its attachments, and to what is looked for
            wanted = not self.wish.is_empty and self.wish.fits(link)
            return Role.PAGE if wanted else None
        if self._matches("article", link.url):
            return Role.PAGE
        if self._matches("listing", link.url):
            return Role.LISTING
        return None if self.site.article else Role.PAGE

    def _take(self, link: Link, role: Role, source: Target) -> None:
        name = identity(link.url)
        # What a wanted page brings with it is wanted; what a list names has to fit by itself.
        brought = role is Role.ATTACHMENT and source.role is Role.PAGE
        if role is not Role.LISTING and not brought and not self._fits(link):
            self.unfit += name not in self._known
            self._known.add(name)
            return
        flips = role is source.role is Role.LISTING and family(link.url) == family(source.url)
        depth = source.depth + (0 if flips else 1)
        self._offer(Target(url=link.url, role=role, title=link.title, depth=depth))

    def _offer(self, target: Target) -> None:
        """Queue a target, or leave it with the reason; once for each address."""
        name = identity(target.url)
        if name in self._known:
            return
        if len(self._known) >= _MOST_KNOWN:
            self.leave(target, "too many addresses were found")
            return
        self._known.add(name)
        reason = self._trap(target)
        if reason:
            self.leave(target, reason)
        else:
            self._queue.append(target)

    def _trap(self, target: Target) -> str:
        """Why an address is not worth asking; "" where it is."""
        if len(target.url) > MAX_URL_LENGTH:
            return "its address is too long"
        if runs_in_circles(target.url):
            return "its path runs in circles"
        if target.depth > self.site.max_depth:
            return f"it is more than {self.site.max_depth} links away"
        if target.role is Role.LISTING and self._dull[family(target.url)] >= _DULL_FAMILY:
            return "pages of its kind bring nothing new"
        return ""

    def _turn_page(self, target: Target, found: Findings, fresh: int) -> None:
        """Queue the next page of a list, unless a script or two dull pages say that it is over."""
        dull = 0 if fresh else target.dull + 1
        if not target.paging or dull >= _DULL_PAGES or (found.twin and not target.start):
            return
        last = (found.page_count or 0) + self.site.first_page - 2
        for page in range(target.page, target.page + _SKIPPED_PAGES):
            made = link(next_address(target.root, target.paging, page), target.root)
            if made is None or (found.page_count is not None and page > last):
                return
            following = replace(target, url=made.url, page=page + 1, dull=dull, start=False)
            if identity(made.url) not in self._known:  # else a link led there before
                self._offer(following)
                return

    def _is_ours(self, url: str) -> bool:
        host = (urlsplit(url).hostname or "").lower()
        return any(host == own or host.endswith(f".{own}") for own in self.site.hosts)

    def _matches(self, name: str, url: str) -> bool:
        return any(rule.search(url) for rule in self._rules[name])

    def _fits(self, link: Link) -> bool:
        return self.wish.fits(link) and self._titles.fits(link)


def _plain(url: str) -> str:
    made = link(url, url)
    return made.url if made is not None else url
