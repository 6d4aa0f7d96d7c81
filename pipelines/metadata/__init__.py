"""What a page says about itself: title, publisher, dates, document number, each with its origin.

The sources in the order of trust: the meta tags of Chinese government sites, JSON-LD and Open
Graph, the text near the title, and last what htmldate reads from the markup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from htmldate import find_date

from archive.records import Description, Found
from pipelines.extract import MainText
from pipelines.metadata import nearby, official
from pipelines.metadata.authors import bylines, names
from pipelines.metadata.claims import Claims, claims
from pipelines.metadata.dates import CHINA, Moment, Zone, day_in_address, first_moment, is_next_day
from pipelines.metadata.nearby import Near
from pipelines.metadata.titles import headings, site_names, title, urlsplit_host
from pipelines.page import Page

VERSION = "1"

__all__ = ["VERSION", "describe"]

# WeChat's pages state their time only in a program: var ct = "1581517074", seconds since 1970.
_WECHAT_CREATED = re.compile(r"\bct\s*=\s*[\"'](1\d{9})[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A page with everything gathered that its description rests on."""

    page: Page
    main: str
    claims: Claims
    sites: frozenset[str]  # what the site is called, squeezed
    title: Found | None
    lines: tuple[str, ...]  # text nodes
    around: Near
    fields: str  # the text before the main text, where tables of fields stand
    chinese: bool


def describe(page: Page, main: MainText) -> Description:
    """Title, author, publisher, dates and numbers of `page`; what it does not say is None."""
    seen = _seen(page, main)
    published, zone = _published(seen)
    number = official.document_number(
        seen.fields, seen.main, seen.title.value if seen.title else ""
    )
    issuers, issued_on = _issue(seen)
    return Description(
        title=seen.title,
        author=_author(seen),
        publisher=_publisher(seen),
        source=_source(seen),
        published_at=published,
        zone=zone,
        document_number=_text(number),
        issuers=issuers,
        issued_on=issued_on,
        index_number=_text(official.index_number(seen.fields)),
        canonical_url=_canonical(seen),
    )


def _seen(page: Page, main: MainText) -> _Seen:
    said = claims(page.tree)
    lines = nearby.lines_of(page.tree)
    sites = site_names(said, page.url)
    found = title(said, headings(page.tree), lines, sites)
    around = nearby.near(lines, found.value if found else None, main.text)
    return _Seen(
        page=page,
        main=main.text,
        claims=said,
        sites=sites,
        title=found,
        lines=lines,
        around=around,
        fields="\n".join((around.before, around.after)),
        chinese=_is_chinese(page, said, found),
    )


def _is_chinese(page: Page, said: Claims, found: Found | None) -> bool:
    """Whether times without a zone are Beijing's: a Chinese page or a host in China."""
    words = found.value if found else said.title
    han = sum("\u4e00" <= character <= "\u9fff" for character in words)
    return 2 * han > len(words) or urlsplit_host(page.url).endswith(".cn")


def _text(value: str | None) -> Found | None:
    return Found(value=value, origin="text") if value else None


def _published(seen: _Seen) -> tuple[Found | None, Zone]:
    """When the page says that it was published.

    The day is the one that its readers saw: a day in the address or beside the title is believed
    before the clock of a server in another zone.
    """
    address = day_in_address(seen.page.url)
    near = nearby.published(seen.around, chinese=seen.chinese)
    for found in _stated_dates(seen):
        moment = first_moment(found.value, chinese=seen.chinese)
        if moment is None:
            continue
        if address and address != moment.day:
            break
        if near and is_next_day(near.day, moment.day):
            break
        return Found(value=moment.value, origin=found.origin), moment.zone
    if near and address in {None, near.day}:
        return Found(value=near.value, origin="text"), near.zone
    if address:
        return Found(value=address, origin="address"), "none"
    last = (
        _by_meta_date(seen)
        or _labelled_anywhere(seen)
        or _by_htmldate(seen.page)
        or _alone_on_a_line(seen)
    )
    return (last[0], last[1].zone) if last else (None, "none")


def _stated_dates(seen: _Seen) -> Iterator[Found]:
    """What names the publication as such; a tag that is only called "date" may mean a change."""
    first = seen.claims.meta("PubDate", "publishdate", "apub:time", "article:published_time")
    if first:
        yield first
    yield from seen.claims.stated("datePublished")
    for name in (
        "datepublished",
        "og:published_time",
        "og:article:published_time",
        "publication_date",
        "parsely-pub-date",
        "article.published",
        "weibo:article:create_at",
    ):
        found = seen.claims.meta(name)
        if found:
            yield found
    created = _WECHAT_CREATED.search(seen.page.html) if _is_wechat(seen) else None
    if created:
        moment = datetime.fromtimestamp(int(created[1]), tz=CHINA)
        yield Found(value=moment.isoformat(), origin="script:ct")
    for element in seen.page.tree.iter("time"):
        if element.get("itemprop") == "datePublished":
            yield Found(value=element.get("datetime") or element.text_content(), origin="time")


def _is_wechat(seen: _Seen) -> bool:
    return (
        urlsplit_host(seen.page.url) == "mp.weixin.qq.com"
        or seen.claims.metas.get("og:site_name") == "微信公众平台"
    )


def _by_meta_date(seen: _Seen) -> tuple[Found, Moment] | None:
    found = seen.claims.meta("date", "dc.date", "dcterms.created", "dcterms.date", "dc.date.issued")
    moment = first_moment(found.value, chinese=seen.chinese) if found else None
    return (Found(value=moment.value, origin=found.origin), moment) if found and moment else None


def _labelled_anywhere(seen: _Seen) -> tuple[Found, Moment] | None:
    moment = nearby.published_anywhere(seen.lines, chinese=seen.chinese)
    return (Found(value=moment.value, origin="text"), moment) if moment else None


def _by_htmldate(page: Page) -> tuple[Found, Moment] | None:
    """What htmldate finds in the markup.

    Not its search of the whole text: that answers with the first of a year for pages that have
    no date at all, and loads two hundred locales, which takes seconds in each process.
    """
    day = find_date(page.tree, url=page.url, original_date=True, extensive_search=False)
    return (Found(value=day, origin="htmldate"), Moment(value=day, zone="none")) if day else None


def _alone_on_a_line(seen: _Seen) -> tuple[Found, Moment] | None:
    day = nearby.first_date_line(seen.lines)
    return (Found(value=day, origin="text"), Moment(value=day, zone="none")) if day else None


def _author(seen: _Seen) -> Found | None:
    for found in _stated_authors(seen):
        # A blog may be called after its author; a name in a meta tag that is the site's is no name.
        value = names(found.value, seen.sites if found.origin.startswith("meta:") else frozenset())
        if value:
            return Found(value=value, origin=found.origin)
    return None


def _stated_authors(seen: _Seen) -> Iterator[Found]:
    for name in ("Author", "og:article:author", "dc.creator", "article:author", "sailthru.author"):
        found = seen.claims.meta(name)
        if found:
            yield found
    yield from seen.claims.stated("author", "creator")
    near = _text(nearby.author(seen.around))
    if near:
        yield near
    if not seen.chinese:  # there, such classes hold the site's editors and buttons
        for line in bylines(seen.page.tree):
            yield Found(value=line, origin="byline")


def _publisher(seen: _Seen) -> Found | None:
    found = seen.claims.meta("SiteName", "og:site_name")
    if found:
        return found
    stated = next(seen.claims.stated("publisher"), None)
    return stated or seen.claims.meta("application-name", "dc.publisher")


def _source(seen: _Seen) -> Found | None:
    found = seen.claims.meta("ContentSource", "source")
    if found:
        value = found.value.removeprefix("来源：").removeprefix("来源:").strip()
        return Found(value=value, origin=found.origin) if value else None
    return _text(nearby.source(seen.around))


def _issue(seen: _Seen) -> tuple[tuple[Found, ...], Found | None]:
    """The bodies that issued the text and the day, from fields of the page or a signature."""
    signed = official.signature(seen.main)
    bodies = official.issuer_field(seen.fields) or (signed.issuers if signed else ())
    day = official.issued_field(seen.fields) or (signed.day if signed else None)
    return tuple(Found(value=body, origin="text") for body in bodies), _text(day)


def _canonical(seen: _Seen) -> Found | None:
    link = seen.claims.canonical
    if not link:
        return seen.claims.meta("og:url")
    try:
        return Found(value=urljoin(seen.page.url or "", link), origin="link:canonical")
    except ValueError:  # "http://[": an address that is none
        return None
