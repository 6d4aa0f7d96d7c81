"""Loopback page trees with the structure of each shipped site: its paths, lists, paging and containers.

Nothing here is copied from a site: the markup follows what each one's publishing system writes, the words
are ours. `Replica.pages` is what a `tests.loopback.Loopback` serves; `rows` points the shipped row at it.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from crawlers.sites import read_sites
from tests.loopback import Loopback, Page, keep_alive, ok
from tests.replica_pages import article, attachment, data, html, items, metas, rss, title, xml


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One site: what it serves, and what a crawl must make of it."""

    name: str
    pages: dict[str, Page]
    documents: frozenset[str]  # request targets that must be archived as documents
    lists: frozenset[str]  # that must be kept, and not filed
    never: frozenset[str] = frozenset()  # that must never be asked


def rows(replica: Replica, server: Loopback, **changes: object) -> str:
    """A sites file that points the shipped row of this replica at its server."""
    site = read_sites()[replica.name]
    row: dict[str, object] = {"hosts": [server.host], "ports": [server.port], "delay_seconds": 0.0}
    for name in ("listings", "sitemaps", "feeds", "searches", "pages"):
        row[name] = [moved_to(server, url) for url in getattr(site, name)]
    return row_text(replica.name, row | changes)


def row_text(name: str, row: dict[str, object]) -> str:
    lines = [f"{field} = {json.dumps(value)}" for field, value in row.items()]
    return "\n".join([f'["{name}"]', *lines, ""])


def moved_to(server: Loopback, url: str) -> str:
    parts = urlsplit(url)
    return f"{server.origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def trs(name: str, folders: tuple[str, ...], source: str, kind: str = "pdf") -> Replica:
    """TRS WCM: index.html, index_1.html; a script writes the paging; long titles are cut."""
    pages: dict[str, Page] = {}
    documents: set[str] = set()
    lists: set[str] = set()
    each = (
        '<li><a href="./{url}" title="{title}" target="_blank">{cut}...</a><span>04-15</span></li>'
    )
    for place, folder in enumerate(folders):
        for page in range(2):
            numbers = [place * 10 + page * 2 + n for n in range(2)]
            targets = {n: f"202604/t20260415_{19600 + n}.html" for n in numbers}
            for number, target in targets.items():
                attached = f"P0202604153{number:02}.{kind}"
                more = f'<p>附件：<a href="./{attached}">全文</a></p>' if number % 10 == 0 else ""
                pages[folder + target] = article(
                    number, 'class="TRS_Editor" id="zoom"', metas(number, source), more
                )
                documents.add(folder + target)
                if more:
                    pages[f"{folder}202604/{attached}"] = attachment(number, kind)
                    documents.add(f"{folder}202604/{attached}")
            path = folder if page == 0 else f"{folder}index_{page}.html"
            pages[path] = html(
                f'<ul class="data_list">{items(targets, each=each)}</ul><div class="page"><script>'
                f'createPageHTML(2, {page}, "index", "html");</script></div><a href="/logo.png"></a>'
                '<a href="https://elsewhere.example/202604/t20260415_1.html">友情链接</a>',
                f"<title>{source}</title>",
            )
            lists.add(path)
    return Replica(
        name=name, pages=pages, documents=frozenset(documents), lists=frozenset(lists),
        never=frozenset({"/logo.png", f"{folders[0]}index_2.html"}),
    )  # fmt: skip


def tree(
    name: str,
    lists: dict[str, dict[int, str]],
    container: str,
    extra: dict[str, Page] | None = None,
    *,
    each: str | None = None,
    encoding: str = "utf-8",
) -> Replica:
    """Lists of pages by their paths: number of the text -> request target."""
    markup = {"each": each} if each else {}
    pages: dict[str, Page] = {
        path: html(f"<ul>{items(targets, **markup)}</ul>", f"<title>{name}</title>", encoding)
        for path, targets in lists.items()
    }
    pages |= extra or {}
    addresses = {number: url for targets in lists.values() for number, url in targets.items()}
    documents = {url: article(number, container) for number, url in addresses.items()}
    return Replica(
        name=name,
        pages=pages | documents,
        documents=frozenset(documents),
        lists=frozenset({*lists, *(extra or {})}),
    )


def gov() -> Replica:
    def content(number: int) -> str:
        return f"/zhengce/zhengceku/202604/content_{7000000 + number}.htm"

    def rows_of(numbers: range) -> list[dict[str, str]]:
        return [
            {"TITLE": title(n), "URL": f"{content(n)}", "DOCRELPUBTIME": "2026-04-15"}
            for n in numbers
        ]

    found = {number: content(number) for number in range(8)}
    extra = {
        "/zhengce/zuixin/ZUIXINZHENGCE.json": data(rows_of(range(4))),
        "/zhengce/jiedu/ZCJD_QZ.json": data(rows_of(range(4, 6))),
    }
    home = {
        "/zhengce/zhengceku/bmwj/home.htm": {6: found[6]},
        "/zhengce/zhengceku/bmwj/home_1.htm": {7: found[7]},
    }
    made = tree("gov.cn", home | {"": found}, 'id="UCAP-CONTENT" class="pages_content"', extra)
    return without_blank(made)


def miit() -> Replica:
    def art(number: int) -> str:
        return f"/zwgk/zcwj/wjfb/tz/art/2026/art_{number:032x}.html"

    unit = next(url for url in read_sites()["miit.gov.cn"].listings if "unit?" in url)
    target = unit.removeprefix("https://www.miit.gov.cn")
    found = {number: art(number) for number in range(4)}
    inside = data({"code": "200", "data": {"html": f"<ul>{items(found)}</ul>"}})
    columns = {
        "/zwgk/zcwj/wjfb/tz/index.html": {4: art(4)},
        "/zwgk/zcwj/wjfb/gg/index.html": {5: art(5)},
        "/zwgk/zcjd/index.html": {6: art(6)},
    }
    made = tree(
        "miit.gov.cn",
        columns | {"": found},
        'class="ccontent center" id="con_con"',
        {target: inside},
    )
    return without_blank(made)


def xinhua() -> Replica:
    columns = ("politics/zywj", "politics/szyw", "fortune", "tech")
    lists = {
        f"/{column}/index.html": {
            place * 3
            + n: f"/{column.partition('/')[0]}/20260415/{place * 3 + n + 0xA0:032x}/c.html"
            for n in range(3)
        }
        for place, column in enumerate(columns)
    }
    return tree("xinhuanet.com", lists, 'id="detailContent"')


def people() -> Replica:
    def page(number: int) -> str:
        return f"/n1/2026/0415/c1001-{40700000 + number}.html"

    lists = {
        "/GB/1024/index1.html": {0: page(0), 1: page(1)},
        "/GB/1024/index2.html": {2: page(2)},
        "/GB/70846/index1.html": {3: page(3)},
        "/GB/1057/index1.html": {4: page(4)},
    }
    further = {5: page(5), 6: page(6)}
    entry = "<url><loc>{}</loc><news:news><news:title>{}</news:title></news:news></url>"
    extra = {
        "/sitemap_index.xml": xml(
            '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            "<sitemap><loc>/news_sitemap.xml</loc></sitemap></sitemapindex>"
        ),
        "/news_sitemap.xml": xml(
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
            f"{entry.format(page(5), title(5))}</urlset>"
        ),
        "/rss/politics.xml": xml(rss({6: page(6), 0: page(0)})),
        "/rss/finance.xml": xml(rss({})),
    }
    made = tree(
        "people.com.cn", lists | {"": further}, 'class="rm_txt_con cf"', extra, encoding="gb18030"
    )
    return without_blank(made)


def eastmoney() -> Replica:
    def page(number: int) -> str:
        return f"/a/{202604153000000000 + number}.html"

    lists = {
        f"/a/{column}{flip}.html": {
            place * 4 + n + 2 * bool(flip): page(place * 4 + n + 2 * bool(flip)) for n in range(2)
        }
        for place, column in enumerate(("cgnjj", "czqyw", "ccjdd"))
        for flip in ("", "_2")
    }
    each = '<li><p class="title"><a href="{url}" target="_blank">{title}</a></p><p>04-15</p></li>'
    return tree("finance.eastmoney.com", lists, 'id="ContentBody" class="txtinfos"', each=each)


def withounder() -> Replica:
    def page(number: int) -> str:
        return f"/news/20260415/{88000 + number}.html"

    lists = {
        "/": {0: page(0), 1: page(1)},
        "/news/list.html": {1: page(1), 2: page(2)},
        "/news/list.html?page=2": {3: page(3)},
    }
    return tree("finews.withounder.com", lists, 'class="article-content"')


def trade(name: str, firsts: tuple[str, ...], seconds: tuple[str, ...]) -> Replica:
    """chem17.com and ybzhan.cn: one publishing system, two ways of paging."""
    paths = (*firsts, *seconds)
    lists = {
        path: {place * 2 + n: f"/news/detail/{186200 + place * 2 + n}.html" for n in range(2)}
        for place, path in enumerate(paths)
    }
    return tree(name, lists, 'class="newsContent"')


def metal() -> Replica:
    def page(number: int) -> str:
        return f"/newscontent/{103300000 + number}/plan-{number}"

    lists = {
        "/list/industry": {0: page(0)},
        "/list/industry?page=2": {1: page(1)},
        "/list/policy": {2: page(2)},
    }
    urls = f"<urlset><url><loc>{page(3)}</loc></url><url><loc>{page(0)}</loc></url></urlset>"
    extra = {
        "/sitemap.xml": xml(
            "<sitemapindex><sitemap><loc>/news-1.xml.gz</loc></sitemap></sitemapindex>"
        ),
        "/news-1.xml.gz": keep_alive(
            ok(gzip.compress(urls.encode()), "Content-Type: application/x-gzip")
        ),
    }
    return without_blank(
        tree("news.metal.com", lists | {"": {3: page(3)}}, 'class="news-detail-content"', extra)
    )


def wordpress() -> Replica:
    def page(number: int) -> str:
        return f"/2026/04/15/plan-energia-{number}/"

    lists = {"/": {0: page(0), 1: page(1)}, "/page/2/": {2: page(2)}}
    extra = {
        "/wp-sitemap.xml": xml(
            "<sitemapindex><sitemap><loc>/wp-sitemap-posts-post-1.xml</loc></sitemap></sitemapindex>"
        ),
        "/wp-sitemap-posts-post-1.xml": xml(f"<urlset><url><loc>{page(3)}</loc></url></urlset>"),
        "/feed/": xml(rss({4: page(4), 1: page(1)})),
    }
    made = tree(
        "es.chinastockmarketnews.com", lists | {"": {3: page(3), 4: page(4)}},
        'class="entry-content"', extra,
        each='<article><h2 class="entry-title"><a href="{url}" rel="bookmark">{title}</a></h2>'
        '<a href="/author/redaccion/">Redaccion</a><a href="{url}#comments">0</a></article>',
    )  # fmt: skip
    return without_blank(made)


def without_blank(replica: Replica) -> Replica:
    """Without the list that only named documents which other files list."""
    pages = {path: page for path, page in replica.pages.items() if path}
    return replace(replica, pages=pages, lists=replica.lists - {""})


REPLICAS: dict[str, Callable[[], Replica]] = {
    "most.gov.cn": lambda: trs(
        "most.gov.cn",
        (
            "/xxgk/xinxifenlei/fdzdgknr/fgzc/gfxwj/",
            "/xxgk/xinxifenlei/fdzdgknr/fgzc/zcjd/",
            "/xxgk/xinxifenlei/fdzdgknr/qtwj/",
            "/tztg/",
        ),
        "科学技术部",
    ),
    "ndrc.gov.cn": lambda: trs(
        "ndrc.gov.cn",
        tuple(
            f"/xxgk/{each}/" for each in ("zcfb/tz", "zcfb/ghwb", "zcfb/ghxwj", "zcfb/gg", "jd/jd")
        ),
        "国家发展改革委",
        kind="ofd",
    ),
    "gov.cn": gov,
    "miit.gov.cn": miit,
    "xinhuanet.com": xinhua,
    "people.com.cn": people,
    "finance.eastmoney.com": eastmoney,
    "finews.withounder.com": withounder,
    "chem17.com": lambda: trade(
        "chem17.com",
        ("/news/list/", "/news/t12/list.html"),
        ("/news/list/?p=2", "/news/t12/list.html?p=2"),
    ),
    "ybzhan.cn": lambda: trade(
        "ybzhan.cn",
        ("/news/t1/list.html", "/news/t3/list.html"),
        ("/news/t1/list_p2.html", "/news/t3/list_p2.html"),
    ),
    "news.metal.com": metal,
    "es.chinastockmarketnews.com": wordpress,
}
