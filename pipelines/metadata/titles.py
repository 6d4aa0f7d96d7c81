"""The title of a page, told from the names that stand beside it."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.records import Found
from pipelines.metadata.claims import Claims, one_line, text_of

LONGEST_TITLE = 300  # characters
MOST_HEADINGS = 60  # of a page; the title is among the first

_APART = re.compile(
    r"\s*(?:_+|\||｜|--+|::|»|«|›|‹|—{2,}|⋆|•|·(?=\s))\s*|\s+[-–—:·~⁄/]\s+|(?<=[^\W\d_])\s*[–—]\s+|:\s+"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
# Between a Chinese title and a site's name a bare hyphen or a space is enough.
_APART_HAN = re.compile(r"\s*(?:_+|\||｜|-+|–|—+|::|»|·|•)\s*|\s+")
_SITE_WORD = re.compile(
    r"(?:网|網|报|報|社|频道|頻道|在线|門戶|门户|网站|網站|客户端|政府|新闻中心|首页|官网|日报|晚报|论坛)$"
)
_STRONG = re.compile(r"_+|\s*[|｜»]\s*|--+")
_SIGN = re.compile(r"[\W_]+")
_SITE_CLASS = re.compile(r"site-?(?:title|name)|blog-?title|logo|brand|masthead", re.IGNORECASE)
_SITE_KINDS = frozenset({"WebSite", "Organization", "NewsMediaOrganization"})


def squeezed(text: str) -> str:
    """Letters and digits of `text` in one case: what two spellings of a title share."""
    return _SIGN.sub("", text.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of the page."""

    text: str
    key: str  # squeezed
    level: int  # 1-3
    of_site: bool  # it leads to the front page, or its class names the site


def headings(tree: HtmlElement) -> tuple[Heading, ...]:
    """The first headings of the page, in its order."""
    found: list[Heading] = []
    for element in islice(tree.iter("h1", "h2", "h3"), MOST_HEADINGS):
        text = one_line(element.text_content())
        if 2 <= len(text) <= LONGEST_TITLE:
            found.append(
                Heading(
                    text=text,
                    key=squeezed(text),
                    level=int(element.tag[1]),
                    of_site=_names_site(element),
                )
            )
    return tuple(found)


def _names_site(element: HtmlElement) -> bool:
    if _SITE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
        return True
    links = [link.get("href") or "" for link in element.iter("a")]
    return bool(links) and all(_path(link) in {"", "/"} for link in links)


def _path(link: str) -> str:
    """The path of an address; "" also for one that cannot be split."""
    try:
        parts = urlsplit(link)
    except ValueError:  # "http://[": an address that is none
        return "?"
    return parts.path if not parts.query and not parts.fragment else "?"


def site_names(claims: Claims, url: str | None) -> frozenset[str]:
    """What the site is called, squeezed: by its metas, its JSON-LD and its host."""
    names = [
        claims.metas.get(key, "")
        for key in ("sitename", "og:site_name", "application-name", "twitter:site", "copyright")
    ]
    for node in claims.nodes:
        kind = node.get("@type")
        if isinstance(kind, str) and kind in _SITE_KINDS:
            names.append(text_of(node.get("name")))
    names.extend(found.value for found in claims.stated("publisher"))
    host = urlsplit_host(url)
    names += [host, host.removeprefix("www."), *host.split(".")[:-1]]
    return frozenset(name for name in map(squeezed, names) if len(name) > 2)


def urlsplit_host(url: str | None) -> str:
    """The host of an address, lower-case; "" when it has none."""
    try:
        return (urlsplit(url or "").hostname or "").lower()
    except ValueError:
        return ""


def title(
    claims: Claims, heads: Sequence[Heading], lines: Sequence[str], sites: frozenset[str]
) -> Found | None:
    """The title of the page; `lines` are its text lines.

    In this order: the government meta; a heading that the head of the page repeats; a part of
    what the head says that stands in the page as a line; the head's own words without the
    site's name; the only heading there is.
    """
    found = _found_title(claims, heads, lines, sites)
    return replace(found, value=_closed(found.value)) if found else None


def _closed(text: str) -> str:
    """The title with the quotation mark that was taken for a separator at its end."""
    return text + "»" if text.count("«") == text.count("»") + 1 else text


def _found_title(
    claims: Claims, heads: Sequence[Heading], lines: Sequence[str], sites: frozenset[str]
) -> Found | None:
    stated = claims.meta("ArticleTitle")
    if stated:
        return Found(value=without_site(stated.value, sites), origin=stated.origin)
    said = list(_said(claims))
    heading = _repeated(heads, [found.value for found in said], sites)
    if heading:
        return Found(value=heading, origin="heading")
    standing = {squeezed(line) for line in lines if len(line) <= LONGEST_TITLE}
    for found in said:
        part = _standing(found.value, standing, sites)
        if part:
            return Found(value=without_site(part, sites), origin=found.origin)
    own = [head for head in heads if head.level == 1 and not _is_site(head.text, sites)]
    if len(own) == 1 and not own[0].of_site:
        return Found(value=own[0].text, origin="heading")
    for found in said:
        if not _is_site(found.value, sites):
            value = _longest_part(without_site(found.value, sites))
            return Found(value=value, origin=found.origin)
    plain = [head for head in heads if head.level < 7 and not head.of_site]
    return Found(value=plain[0].text, origin="heading") if plain else None


def _said(claims: Claims) -> Iterator[Found]:
    """What the head of the page calls it, the most careful first."""
    found = claims.meta("og:title", "dc.title", "dcterms.title")
    if found:
        yield found
    yield from claims.stated("headline")
    found = claims.meta("twitter:title", "title")
    if found:
        yield found
    if claims.title:
        yield Found(value=claims.title, origin="title")


def _repeated(heads: Sequence[Heading], said: Sequence[str], sites: frozenset[str]) -> str | None:
    """The heading that best agrees with what the head of the page says."""
    wholes = [(words, squeezed(words)) for words in dict.fromkeys(said)]
    best, best_score = None, 0.0
    for head in heads:
        if head.of_site or _is_site(head.text, sites):
            continue
        for words, key in wholes:
            agreement = _agreement(head, words, key)
            score = agreement + (0.3 if head.level == 1 else 0.1)
            if agreement and score > best_score:
                # A kicker or a date runs into some headings: what was said is without them.
                runs_in = 0 < len(key) < len(head.key) and key in head.key
                best, best_score = words if runs_in else head.text, score
    return best and without_site(best, sites)


def _agreement(head: Heading, said: str, whole: str) -> float:
    """How well a heading agrees with a title that was said: 0 not at all, 1 wholly."""
    if not head.key or not whole:
        return 0.0
    if head.key == whole:
        return 1.0
    if head.key in whole:
        return len(head.key) / len(whole) if 3 * len(head.key) > len(whole) else 0.0
    if whole in head.key:
        return len(whole) / len(head.key) if 2 * len(whole) > len(head.key) else 0.0
    ours, theirs = set(head.text.casefold().split()), set(said.casefold().split())
    shared = len(ours & theirs) / len(ours | theirs)
    return shared if shared >= 0.5 else 0.0


def _standing(said: str, lines: Set[str], sites: frozenset[str]) -> str | None:
    """The longest run of parts of `said` that is a line of the page."""
    for run in _runs(said):
        key = squeezed(run)
        if len(key) >= 4 and key in lines and not _is_site(run, sites):
            return run
    return None


def _runs(said: str) -> Iterable[str]:
    """Every run of neighbouring parts, the longest first."""
    cuts = [(0, 0), *((found.start(), found.end()) for found in _apart(said).finditer(said))]
    cuts.append((len(said), len(said)))
    cuts = cuts[:12]  # a title with more parts is a list of words
    runs = [
        said[start:end].strip()
        for first, (_, start) in enumerate(cuts)
        for end, _ in cuts[first + 1 :]
    ]
    return sorted(runs, key=len, reverse=True)


def _apart(said: str) -> re.Pattern[str]:
    return _APART_HAN if len(_HAN.findall(said)) * 3 > len(said) else _APART


def without_site(said: str, sites: frozenset[str]) -> str:
    """`said` without the name of the site before or after it.

    >>> without_site("关于印发方案的通知_科技部_中国政府网", frozenset({"科技部"}))
    '关于印发方案的通知'
    """
    parts = [part for part in _parts(said) if part]
    while len(parts) > 1 and (_is_site(parts[-1], sites) or _SITE_WORD.search(parts[-1])):
        parts.pop()
    while len(parts) > 1 and _is_site(parts[0], sites):
        parts.pop(0)
    if not parts:
        return said
    start = said.find(parts[0])
    return said[start : said.find(parts[-1], start) + len(parts[-1])]


def _longest_part(said: str) -> str:
    """The longest of the parts that strong signs set apart: the others name site or column."""
    return max((part.strip() for part in _STRONG.split(said)), key=len)


def _parts(said: str) -> list[str]:
    return [part.strip() for part in _apart(said).split(said)]


def _is_site(text: str, sites: frozenset[str]) -> bool:
    key = squeezed(text)
    return key in sites or any(
        len(site) > 4
        and (key.startswith(site) or site.startswith(key))
        and 2 * len(site) > len(key)
        and 2 * len(key) > len(site)
        for site in sites
    )
