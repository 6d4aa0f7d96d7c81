"""The rows of sites.toml: where a site's pages are found, and how it wants to be visited.

    rows = read_sites((Path("mine.toml"),))   # the shipped rows, extended by a file of one's own
    rows["most.gov.cn"].policy()

A row in a later file changes the fields that it names; docs/sites.md explains each.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from crawlers.policy import Policy

SHIPPED = Path(__file__).with_name("sites.toml")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_MINUTES = 24 * 60


class UnusableSites(ValueError):
    """A file of sites that cannot be used: a mistake of whoever wrote it."""

    def __init__(self, file: Path, row: str, field: str, why: str) -> None:
        self.file, self.row, self.field, self.why = file, row, field, why
        place = "".join(f", {name} {what!r}" for name, what in self._named() if what)
        super().__init__(f"{file}{place}: {why}")

    def _named(self) -> tuple[tuple[str, str], ...]:
        return (("row", self.row), ("field", self.field))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One row: a site that can be crawled by its name."""

    name: str
    kind: Literal["ministry", "news", "trade"]
    publisher: str
    language: str  # BCP 47
    zone: str = "UTC"  # IANA name; of `hours` and of the dates on its pages
    hosts: tuple[str, ...] = ()  # links are followed on these and on names below them

    listings: tuple[str, ...] = ()  # addresses of pages, or JSON, that list others
    sitemaps: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()  # RSS or Atom
    searches: tuple[str, ...] = ()  # addresses with {words}, and with {page} where there are more
    pages: tuple[str, ...] = ()  # plain addresses of pages

    article: tuple[str, ...] = ()  # patterns of addresses that are archived as documents; () is all
    listing: tuple[str, ...] = ()  # patterns of addresses that are followed, but not filed
    exclude: tuple[str, ...] = ()  # patterns of addresses that are never asked
    titles: tuple[str, ...] = ()  # a link's text or address must have one of these words; () is all
    paging: str = ""  # the next page of a listing, against its address: "{stem}_{page}{ext}"
    first_page: int = 1  # the number of the page behind a listing's own
    search_encoding: str = "utf-8"  # of {words}
    attachments: bool = True  # what a page links to as PDF, DOC, OFD ... is fetched with it
    follow: bool = False  # links of documents are followed like those of listings

    delay_seconds: float | None = None  # at least, between requests to one host
    hours: tuple[str, ...] = ()  # "22:00-06:00" in `zone`; () is always
    ports: tuple[int, ...] = ()  # beside 80 and 443
    browser: bool = False  # its pages are empty without one

    max_pages: int = 500  # answers in one crawl
    max_depth: int = 8  # links between a start address and a page; paging counts as none
    max_bytes: int = 1 << 30  # received in one crawl
    max_seconds: float = 4 * 3600.0  # of one crawl
    quiet_days: int = 180  # with nothing new for longer, the layout may have changed

    def policy(self) -> Policy:
        """How this site is to be visited."""
        return Policy(
            hosts=self.hosts,
            delay_seconds=self.delay_seconds,
            hours=tuple(span for text in self.hours for span in _minutes(text)),
            zone=self.zone,
            ports=self.ports,
        )

    @property
    def starts(self) -> tuple[str, ...]:
        """Every address that a crawl may begin with; those of searches still with their places."""
        return self.listings + self.sitemaps + self.feeds + self.searches + self.pages


def read_sites(extra: Sequence[Path] = ()) -> dict[str, Site]:
    """The rows by name: the shipped ones, then those of the files, of which later ones win.

    Raises:
        UnusableSites: a file cannot be read, or a row of it is wrong.
    """
    tables: dict[str, dict[str, Any]] = {}
    origins: dict[str, Path] = {}
    for file in (SHIPPED, *extra):
        for name, row in _tables(file).items():
            tables[name] = tables.get(name, {}) | row
            origins[name] = file
    return {name: _site(name, row, origins[name]) for name, row in tables.items()}


def _tables(file: Path) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableSites(file, "", "", f"it cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableSites(file, "", "", f"it is not TOML ({error}).") from error
    known = {field.name for field in fields(Site)} - {"name"}
    for name, row in tables.items():
        if not isinstance(row, dict):
            raise UnusableSites(file, name, "", 'a row is a table: write ["example.org"] above it.')
        for unknown in sorted(row.keys() - known):
            raise UnusableSites(
                file,
                name,
                unknown,
                f"there is no such field. There are: {', '.join(sorted(known))}.",
            )
    return tables


def _site(name: str, row: dict[str, Any], file: Path) -> Site:
    try:
        site: Site = msgspec.convert({**row, "name": name}, Site)
    except msgspec.ValidationError as error:
        why, _, place = str(error).partition(" - at `$")
        missing = re.search(r"required field `(\w+)`", why)
        field = missing[1] if missing else place.strip("`.").partition("[")[0]
        raise UnusableSites(file, name, field, f"{why}.") from error
    for field, wrong in _mistakes(site):
        raise UnusableSites(file, name, field, wrong)
    hosts = site.hosts or tuple(dict.fromkeys(_host(url) for url in site.starts))
    return replace(site, hosts=tuple(host.lower() for host in hosts))


def _mistakes(site: Site) -> list[tuple[str, str]]:
    """(field, sentence) of what is wrong with a row though its types are right."""
    wrong: list[tuple[str, str]] = []
    if not site.starts:
        wrong.append(("listings", "a row needs at least one address to start from."))
    wrong += [
        (field, f"{url!r} is no http or https address.")
        for field in ("listings", "sitemaps", "feeds", "searches", "pages")
        for url in getattr(site, field)
        if urlsplit(url).scheme not in {"http", "https"} or not _host(url)
    ]
    wrong += [
        ("searches", f"{url!r} has no {{words}}.") for url in site.searches if "{words}" not in url
    ]
    for field in ("article", "listing", "exclude"):
        for pattern in getattr(site, field):
            try:
                re.compile(pattern)
            except re.error as error:
                wrong.append((field, f"{pattern!r} is no regular expression ({error})."))
    if site.paging and "{page}" not in site.paging:
        wrong.append(("paging", f"{site.paging!r} has no {{page}}."))
    wrong += [
        ("hours", f"{text!r} is not like 22:00-06:00.")
        for text in site.hours
        if not _HOURS.fullmatch(text)
    ]
    wrong += [("ports", f"{port} is no port.") for port in site.ports if not 0 < port < 65536]
    try:
        ZoneInfo(site.zone)
    except (KeyError, ValueError):
        wrong.append(("zone", f"{site.zone!r} is no time zone; write Asia/Shanghai."))
    try:
        "".encode(site.search_encoding)
    except LookupError:
        wrong.append(("search_encoding", f"{site.search_encoding!r} is no encoding."))
    least = {"max_pages": 1, "max_depth": 0, "max_bytes": 1, "max_seconds": 1, "quiet_days": 1}
    least |= {"delay_seconds": 0, "first_page": 0}
    for field, lowest in least.items():
        value = getattr(site, field)
        if value is not None and value < lowest:
            wrong.append((field, f"{value} is less than {lowest}."))
    return wrong


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _minutes(text: str) -> list[tuple[int, int]]:
    """The span in minutes of the day; two of them when it goes over midnight.

    >>> _minutes("22:00-06:30")
    [(1320, 1440), (0, 390)]
    """
    found = _HOURS.fullmatch(text)
    assert found is not None  # read_sites has looked
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if begin < end:
        return [(begin, end)]
    return [span for span in ((begin, _MINUTES), (0, end)) if span[0] < span[1]]
