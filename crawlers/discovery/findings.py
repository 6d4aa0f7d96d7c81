"""From the bytes of an answer to what it leads to, by what it was asked for."""

import hashlib
import re
from dataclasses import dataclass

from archive.message import entity, parse
from crawlers.discovery.feed import feed
from crawlers.discovery.frontier import Findings, Role
from crawlers.discovery.listing import listing
from crawlers.discovery.sitemap import sitemap
from pipelines.decode import decode
from pipelines.errors import Refused

MAX_BYTES = 16 << 20  # of an answer, unpacked, that are looked at for links; no source
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FILES = re.compile(
    r"(?:image|audio|video|font)/|application/(?:pdf|msword|vnd\.|zip|octet)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer, unpacked."""

    url: str
    status: int  # HTTP status, 0 where there is none
    data: bytes
    media_type: str  # as claimed, parameters included

    @property
    def is_there(self) -> bool:
        """Whether the server gave a page."""
        return 200 <= self.status < 300 and bool(self.data)

    @property
    def digest(self) -> bytes:
        """Equal for equal bytes."""
        return hashlib.sha256(self.data).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a page leads to, and what it calls itself."""

    findings: Findings
    title: str = ""


def page_of(url: str, response: bytes) -> Page:
    """The page in an HTTP answer as it crossed the wire."""
    message = parse(response)
    body = entity(message, MAX_BYTES)
    return Page(
        url=url,
        status=message.status,
        data=body.body if body.decoded else b"",
        media_type=message.header("content-type") or "",
    )


def read(role: Role, page: Page) -> Read:
    """What the page leads to; nothing where it is no page, or not of the kind that was asked for."""
    if not page.is_there:
        return Read(findings=Findings())
    if role is Role.SITEMAP:
        found = sitemap(page.data, page.url)
        return Read(findings=Findings(links=found.links, sitemaps=found.sitemaps))
    if role is Role.FEED:
        return Read(findings=Findings(links=feed(page.data, page.url)))
    if role is Role.ATTACHMENT or _FILES.match(page.media_type):
        return Read(findings=Findings())
    declared = _CHARSET.search(page.media_type)
    try:
        text = decode(page.data, declared[1] if declared else None).text
    except Refused:  # no text, so no links
        return Read(findings=Findings())
    said = listing(text, page.url)
    return Read(findings=Findings(links=said.links, page_count=said.page_count), title=said.title)
