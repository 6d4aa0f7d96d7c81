"""Links of sitemaps: indexes, gzip, news titles, plain lists. After sitemaps.org, protocol 0.90."""

from dataclasses import dataclass

from archive import codings
from crawlers.discovery.links import Link, link
from crawlers.discovery.xml import name_of, root_of, text_of

MAX_BYTES = 50 << 20  # unpacked; sitemaps.org sets the same limit for one file
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one file says."""

    links: tuple[Link, ...] = ()  # pages; a title where a news sitemap gives one
    sitemaps: tuple[str, ...] = ()  # of an index: further files


def sitemap(data: bytes, url: str) -> Sitemap:
    """The pages and further sitemaps that the file at `url` names; none where it is no sitemap."""
    if data.startswith(_GZIP):
        data = codings.decode("gzip", data, MAX_BYTES).body
    data = data[:MAX_BYTES]
    root = root_of(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None
    if root is None:
        return Sitemap(links=_plain(data, url))
    pages: list[Link] = []
    further: list[str] = []
    for entry in root:
        made = link(text_of(entry, "loc"), url, text_of(entry, "news", "title"))
        if made is None or not text_of(entry, "loc"):
            continue
        if name_of(entry) == "sitemap":
            further.append(made.url)
        elif name_of(entry) == "url":
            pages.append(made)
    return Sitemap(links=tuple(pages), sitemaps=tuple(dict.fromkeys(further)))


def _plain(data: bytes, url: str) -> tuple[Link, ...]:
    """A text file with one address a line."""
    if b"<" in data[:1000]:
        return ()
    lines = data.decode("utf-8-sig", "replace").split()
    made = [link(line, url) for line in lines if line.startswith(("http://", "https://"))]
    return tuple(each for each in made if each is not None)
