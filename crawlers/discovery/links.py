"""What discovery finds: links, and when two addresses are one."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

MAX_TITLE = 500  # characters of a link's text that are kept; no source

ATTACHMENTS = frozenset(
    ("pdf", "doc", "docx", "wps", "ofd", "xls", "xlsx", "et", "ppt", "pptx", "rtf", "odt", "ods")
)
# What a page is made of, and no reader's text: never asked.
FURNITURE = frozenset(
    "css js mjs map png jpg jpeg gif webp svg ico bmp woff woff2 ttf eot mp3 mp4 m3u8 avi mov wmv flv"
    " apk exe dmg iso swf".split()
)
# Names that servers give to a visitor's number; the page is the same with any other.
_SESSION = re.compile(
    r"(?:jsession|php?sess|sess(?:ion)?|asp(?:net)?_?session|cf)[-_]?(?:id|token)?|s?sid"
    r"|utm_\w+|spm|from_?source|_t|timestamp|rnd|random",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";(?:jsessionid|sid|phpsessid)=[^/?#;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address that a page names, and what it says of it."""

    url: str  # absolute, as it would be requested, without a fragment
    title: str = ""  # the link's text, or its title attribute where that says more


def link(address: str, base: str, title: str = "") -> Link | None:
    r"""The link to `address` as written on the page at `base`; None where it is no web address.

    >>> link(" ./t1.html#top ", "https://a.example/x/", " a\n plan ")
    Link(url='https://a.example/x/t1.html', title='a plan')
    >>> link("javascript:void(0)", "https://a.example/") is None
    True
    """
    try:
        joined = urljoin(base, address.strip())
        if not joined.lower().startswith(("http://", "https://")):
            return None
        url = urldefrag(safe_url_string(joined)).url
        if not urlsplit(url).hostname:
            return None
    except ValueError:  # an address that no standard can read
        return None
    return Link(url=url, title=" ".join(title.split())[:MAX_TITLE])


def identity(url: str) -> str:
    """What two addresses of one page have in common: scheme, session ids and such left out.

    >>> identity("http://A.example/x;jsessionid=1F?b=2&PHPSESSID=9#p")
    '//a.example/x?b=2'
    """
    parts = urlsplit(url)
    path = _PATH_SESSION.sub("", parts.path) or "/"
    query = parts.query
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([pair for pair in pairs if not _SESSION.fullmatch(pair[0])])
    return urlunsplit(("", parts.netloc.lower().rpartition("@")[2], path, query, ""))


def family(url: str) -> str:
    """What the addresses of one series have in common: every number is like another.

    >>> family("https://a.example/cal?year=2026&month=05") == family("https://a.example/cal?year=1&month=2")
    True
    """
    return re.sub(r"\d+", "0", identity(url))


def extension(url: str) -> str:
    """The end of the last name in the path, in lower case; "" where it has none."""
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def is_attachment(url: str) -> bool:
    """Whether the address is that of a file for reading: PDF, DOC, OFD ..."""
    return extension(url) in ATTACHMENTS


def runs_in_circles(url: str) -> bool:
    """Whether the path repeats itself as those of endless sites do.

    >>> runs_in_circles("https://a.example/a/b/a/b/a/b/x"), runs_in_circles("https://a.example/a/b/c")
    (True, False)
    """
    names = [name for name in urlsplit(url).path.split("/") if name]
    # Real paths repeat a name once or twice (2026/04/04) and are up to a dozen deep; no source.
    return len(names) > 16 or any(names.count(name) > 2 for name in names[:-1])
