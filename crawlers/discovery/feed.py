"""Links of feeds: RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom (RFC 4287)."""

from lxml import etree

from crawlers.discovery.links import Link, link
from crawlers.discovery.xml import name_of, root_of, text_of


def feed(data: bytes, url: str) -> tuple[Link, ...]:
    """The entries of the feed at `url`, in order; none where it is no feed."""
    root = root_of(data)
    if root is None:
        return ()
    found: list[Link] = []
    for entry in root.iter():
        if name_of(entry) not in {"item", "entry"}:
            continue
        address = _address(entry)
        made = link(address, url, text_of(entry, "title")) if address else None
        if made is not None:
            found.append(made)
    return tuple(dict.fromkeys(found))


def _address(entry: etree._Element) -> str:
    for each in entry:
        if name_of(each) != "link":
            continue
        if each.get("href") and each.get("rel", "alternate") == "alternate":
            return each.get("href", "")
        if (each.text or "").strip():
            return (each.text or "").strip()
    guid = text_of(entry, "guid")
    return guid if guid.startswith(("http://", "https://")) else ""
