"""The six pages of the replica: whose they are, and how each site writes its HTML.

The texts and the page templates are files in `pages/`. In a text, a line is a block, and its first
characters say of what kind: "= " the title, "^ " centred, "> " right-aligned, "# " and "## " headings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template

PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One state of the plan on the ministry's page."""

    target: str  # the words that hold the number of companies to be fostered
    updated: datetime  # as the page and its Last-Modified say


def at(moment: str) -> datetime:
    """A time on the clocks of the replica, which run eight hours before UTC."""
    return datetime.fromisoformat(f"{moment}+08:00")


ISSUED = Edition(target="培育30家", updated=at("2026-04-15 16:40"))
REVISED = Edition(target="培育50家", updated=at("2026-05-20 09:12"))  # nobody is told of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site of the replica and its only page."""

    name: str
    what: str  # what the page is, for a reader of the demo
    address: str  # loopback, one for each site, so that each is a host of its own
    path: str
    template: str
    texts: tuple[str, ...]
    markup: Mapping[str, str]  # mark of a line in a text -> the site's HTML for it
    published: datetime
    title: str | None = None  # headline, where it is not the title of the text
    encoding: str = "utf-8"
    charset_in_header: bool = True
    tickers: tuple[tuple[str, str], ...] = ()  # (word, stock or board code)


MINISTRY = Site(
    name="ministry",
    what="the ministry's own page: circular and plan",
    address="127.0.0.11",
    path="/zcfb/tz/202604/t20260415_20417.html",
    template="ministry.html",
    published=at("2026-04-15 16:40"),
    texts=("plan.zh-Hans.txt",),
    markup={
        "": '<p style="text-indent: 2em;">{}</p>',
        "#": '<p style="text-indent: 2em;"><strong>{}</strong></p>',
        "^": '<p align="center"><strong>{}</strong></p>',
        ">": '<p align="right">{}</p>',
    },
)
AGENCY = Site(
    name="agency",
    what="a news agency's copy: a lead of its own, stock tickers inside the sentences",
    address="127.0.0.12",
    path="/news/20260415/4120738.html",
    template="agency.html",
    published=at("2026-04-15 19:08"),
    texts=("lead.zh-Hans.txt", "plan.zh-Hans.txt"),
    title="四部门：加快海岛清洁能源开发 推动海水淡化规模化应用",
    markup={
        "": "<p>　　{}</p>",
        "#": "<p>　　<strong>{}</strong></p>",
        "=": '<p style="text-align:center;"><strong>{}</strong></p>',
        "^": '<p style="text-align:center;"><strong>{}</strong></p>',
        ">": '<p style="text-align:right;">{}</p>',
    },
    tickers=(
        ("储能", "BK1031"),
        ("反渗透膜", "600718"),
        ("海底电缆", "BK0877"),
        ("逆变器", "BK1042"),
        ("光伏", "BK0993"),
    ),
)
TRADE = Site(
    name="trade",
    what="a trade site's summary in Traditional characters, with pinyin stuck to them",
    address="127.0.0.13",
    path="/news/detail/186204.html",
    template="trade.html",
    published=at("2026-04-20 10:12"),
    texts=("summary.zh-Hant.txt",),
    markup={"": "<p>{}</p>", "^": '<div class="lead">{}</div>'},
)
MIRROR = Site(
    name="mirror",
    what="a mirror of the text in GBK bytes",
    address="127.0.0.14",
    path="/law/2026/04/20260417.htm",
    template="mirror.html",
    published=at("2026-04-17 09:00"),
    texts=("plan.zh-Hans.txt",),
    markup={
        "": "　　{}<br><br>",
        "#": "　　<b>{}</b><br><br>",
        "^": "<center><b>{}</b></center><br>",
        ">": '<div align="right">{}</div><br>',
    },
    encoding="gbk",
    charset_in_header=False,
)
ENGLISH = Site(
    name="english",
    what="a full English translation",
    address="127.0.0.15",
    path="/policies/2026/island-energy-water-action-plan",
    template="english.html",
    published=at("2026-04-18 16:00"),
    texts=("plan.en.txt",),
    markup={
        "": "<p>{}</p>",
        "#": "<h2>{}</h2>",
        "##": "<h3>{}</h3>",
        "^": "<p><strong>{}</strong></p>",
    },
)
SPANISH = Site(
    name="spanish",
    what="a full Spanish translation",
    address="127.0.0.16",
    path="/documentos/plan-energia-agua-islas-2026",
    template="spanish.html",
    published=at("2026-04-21 17:30"),
    texts=("plan.es.txt",),
    markup={
        "": "<p>{}</p>",
        "#": "<h2>{}</h2>",
        "##": "<h4>{}</h4>",
        "^": '<p class="centrado">{}</p>',
    },
)
SITES = (MINISTRY, AGENCY, TRADE, MIRROR, ENGLISH, SPANISH)


def lines(text: str) -> list[tuple[str, str]]:
    """The blocks of a file in `pages/`, as (mark, text)."""
    found = []
    for line in (PAGES / text).read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        found.append((mark, rest) if mark in {"=", "^", ">", "#", "##"} else ("", line))
    return found


def page(site: Site, edition: Edition) -> bytes:
    """The site's page in its own encoding, with the plan as it stood in `edition`."""
    blocks = [block for text in site.texts for block in lines(text)]
    headline = site.title or next(text for mark, text in blocks if mark == "=")
    shown = [block for block in blocks if block[0] != "=" or "=" in site.markup]
    main = "\n".join(written(mark, text, site.markup) for mark, text in shown)
    filled = Template((PAGES / site.template).read_text(encoding="utf-8")).substitute(
        title=escape(headline),
        body=with_tickers(main.replace(ISSUED.target, edition.target), site.tickers),
        updated=f"{edition.updated:%Y-%m-%d %H:%M}",
    )
    return filled.encode(site.encoding)


def written(mark: str, text: str, markup: Mapping[str, str]) -> str:
    """One block in a site's HTML; a kind that the site does not know is written as its parent."""
    for known in (mark, mark[:1], ""):
        if known in markup:
            return markup[known].format(escape(text, quote=False))
    raise ValueError(f"the markup has no paragraph: {markup}")


def with_tickers(main: str, tickers: tuple[tuple[str, str], ...]) -> str:
    """The HTML with the first mention of each word made a stock or board link, inside its sentence."""
    for word, code in tickers:
        link = (
            f'<span id="stock_{code}"><a href="/quote/{code}.html" class="keytip">{word}</a></span>'
            f'<span id="quote_{code}"></span>'
        )
        main = main.replace(word, link, 1)
    return main


def passage(needle: str, text: str = "plan.zh-Hans.txt") -> str:
    """The one block of a text that holds `needle`: what a reader might paste."""
    (found,) = [block for _, block in lines(text) if needle in block]
    return found
