"""Feeds in Atom (RFC 4287) and RSS 2.0: what changed, of a document or a watch, and what a search finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from lxml import etree

from archive.changes import Change
from archive.search import Hit
from service.tell.news import headline, one_line
from service.words import Words

ATOM_TYPE = "application/atom+xml"
RSS_TYPE = "application/rss+xml"
MOST = 50  # entries of a feed
_ATOM = "http://www.w3.org/2005/Atom"
_SUMMARY = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that there is to tell."""

    id: str  # stays the same for ever: "urn:..."
    title: str
    url: str
    at: datetime  # timezone-aware
    summary: str  # plain text


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Entries, newest first."""

    title: str
    url: str  # of the page that shows the same
    own_url: str  # of the feed
    entries: tuple[Entry, ...]

    @property
    def updated(self) -> datetime:
        """When the newest entry came; the epoch for none."""
        return max((entry.at for entry in self.entries), default=datetime(1970, 1, 1, tzinfo=UTC))


def of_changes(changes: Iterable[Change], base: str, words: Words) -> tuple[Entry, ...]:
    """The changes as entries; `base` is the public address of the pages."""
    return tuple(
        Entry(
            id=f"urn:uuid:{change.id}",
            title=headline(change, words),
            url=f"{base}/x/{change.id}",
            at=change.at,
            summary="\n".join(line for line in (change.because, change.url) if line),
        )
        for change in changes
    )


def of_hits(hits: Iterable[Hit], base: str) -> tuple[Entry, ...]:
    """Hits of a search as entries, those that were seen first most lately at the front."""
    entries = (
        Entry(
            id=f"urn:variorum:version:{hit.version.key}",
            title=one_line(hit.title or "") or hit.version.key[:12],
            url=f"{base}/v/{hit.version.key}",
            at=hit.version.first_seen,
            summary=" … ".join(passage.text for passage in hit.passages),
        )
        for hit in hits
    )
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))[:MOST]


def atom(feed: Feed) -> bytes:
    """The feed in Atom."""
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # stubs
    _add(root, "id", feed.own_url)
    _add(root, "title", feed.title)
    _add(root, "updated", feed.updated.isoformat())
    _add(root, "link", "", rel="self", href=feed.own_url, type=ATOM_TYPE)
    _add(root, "link", "", rel="alternate", href=feed.url)
    _add(etree.SubElement(root, f"{{{_ATOM}}}author"), "name", "Variorum")
    for entry in feed.entries:
        own = etree.SubElement(root, f"{{{_ATOM}}}entry")
        _add(own, "id", entry.id)
        _add(own, "title", entry.title)
        _add(own, "updated", entry.at.isoformat())
        _add(own, "link", "", rel="alternate", href=entry.url)
        _add(own, "summary", entry.summary[:_SUMMARY])
    return _written(root)


def rss(feed: Feed) -> bytes:
    """The feed in RSS 2.0."""
    root = etree.Element("rss", version="2.0", nsmap={"atom": _ATOM})
    channel = etree.SubElement(root, "channel")
    _plain(channel, "title", feed.title)
    _plain(channel, "link", feed.url)
    _plain(channel, "description", feed.title)
    _plain(channel, "lastBuildDate", format_datetime(feed.updated))
    _add(channel, "link", "", rel="self", href=feed.own_url, type=RSS_TYPE)
    for entry in feed.entries:
        item = etree.SubElement(channel, "item")
        _plain(item, "title", entry.title)
        _plain(item, "link", entry.url)
        _plain(item, "pubDate", format_datetime(entry.at))
        _plain(item, "description", entry.summary[:_SUMMARY])
        etree.SubElement(item, "guid", isPermaLink="false").text = entry.id
    return _written(root)


def _add(parent: "etree._Element", name: str, text: str, **attributes: str) -> None:
    sound = {key: one_line(value) for key, value in attributes.items()}
    etree.SubElement(parent, f"{{{_ATOM}}}{name}", sound).text = one_line(text) or None


def _plain(parent: "etree._Element", name: str, text: str) -> None:
    etree.SubElement(parent, name).text = one_line(text)


def _written(root: "etree._Element") -> bytes:
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return data
