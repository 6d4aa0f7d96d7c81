"""Each way of discovery as a pure function, and the frontier that decides what is asked."""

import doctest
import gzip
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.discovery import links, listing, search
from crawlers.discovery.feed import feed
from crawlers.discovery.findings import page_of, read
from crawlers.discovery.frontier import Findings, Frontier, Role, Target
from crawlers.discovery.links import Link, family, identity, link, runs_in_circles
from crawlers.discovery.listing import next_address
from crawlers.discovery.search import search_addresses
from crawlers.discovery.sitemap import sitemap
from crawlers.discovery.wish import Wish, carries
from crawlers.sites import Site
from tests.spent import cpu_seconds

HERE = "https://plans.example/all/"


def made(*addresses: str) -> tuple[Link, ...]:
    return tuple(Link(url=f"https://plans.example{address}") for address in addresses)


def site(**fields: Any) -> Site:
    row: dict[str, Any] = {
        "name": "plans.example", "kind": "ministry", "publisher": "", "language": "en",
        "hosts": ("plans.example",), "listings": (HERE,),
        "listing": (r"/all/",), "article": (r"/plan/",),
    }  # fmt: skip
    return Site(**row | fields)


@pytest.mark.parametrize("module", [links, listing, search])
def test_the_examples_in_the_docs_run(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


# ---------------------------------------------------------------- HTML and JSON


def test_links_are_found_in_order_with_the_longer_of_text_and_title() -> None:
    found = listing.listing(
        '<a href="b.html" title="The whole title">The wh...</a><a href=/a.html> A <b>plan</b> </a>'
        '<a href="b.html">x</a><a name="top">no</a><map><area href="c.html" alt="C"></map>',
        HERE,
    )
    assert [(each.url, each.title) for each in found.links] == [
        (HERE + "b.html", "The whole title"),
        ("https://plans.example/a.html", "A plan"),
        (HERE + "c.html", "C"),
    ]


def test_a_base_a_frame_a_refresh_and_a_next_are_links_too() -> None:
    found = listing.listing(
        '<base href="/b/"><link rel="next" href="2.html"><iframe src="list.html"></iframe>'
        '<meta http-equiv="refresh" content="0; URL=\'new.html\'"><link rel="stylesheet" href="x">',
        HERE,
    )
    assert [each.url.partition("/b/")[2] for each in found.links] == [
        "2.html",
        "list.html",
        "new.html",
    ]


def test_a_script_tells_how_many_pages_a_list_has() -> None:
    page = '<script>createPageHTML(34, 0, "index", "html");</script>'
    assert listing.listing(page, HERE).page_count == 34


def test_json_is_read_by_the_names_of_its_fields_and_html_inside_it() -> None:
    text = (
        '{"data": {"rows": [{"title": "<em>A</em> plan", "docpuburl": "/plan/1", "id": 4}],'
        ' "html": "<a href=\\"/plan/2\\">B</a>", "count": 2, "image": "/x.png"}}'
    )
    found = listing.listing("\ufeff" + text, HERE).links
    assert [(each.url[21:], each.title) for each in found] == [
        ("/plan/1", "A plan"),
        ("/plan/2", "B"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[[[",
        '{"a":' * 5000,
        "<",
        "<a",
        "<a href",
        "\0",
        "<a href='x'" * 50,
        "<!--" * 90,
    ],
)
def test_what_is_no_page_has_no_links_and_breaks_nothing(text: str) -> None:
    assert len(listing.listing(text, HERE).links) <= 1


@pytest.mark.parametrize(
    "page",
    [
        "<p " + " ".join(f'a{n}="v"' for n in range(50_000)) + "><a href='/plan/1'>x</a>",
        "<div>" * 200_000 + "<a href='/plan/1'>x</a>",
        "<a href='/plan/1'>" + "x" * 2_000_000 + "</a>",
        "<a href='/plan/1'>" + "<b>x" * 100_000,
    ],
    ids=["attributes", "levels", "text", "unclosed"],
)
def test_a_page_made_to_be_slow_is_read_in_linear_time(page: str) -> None:
    # A tree of the first one takes the better part of a minute.
    assert cpu_seconds(lambda: listing.listing(page, HERE), 5) < 5


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_any_text_can_be_read_and_gives_web_addresses(text: str) -> None:
    for each in listing.listing(f'<a href="{text}">{text}', HERE).links:
        assert each.url.startswith(("http://", "https://"))
        assert link(each.url, HERE) == Link(url=each.url)


# ---------------------------------------------------------------- sitemaps and feeds

URLSET = '<urlset xmlns="http://www.sitemaps.org/0.9"><url><loc> /plan/1 </loc></url></urlset>'


def test_sitemaps_may_be_indexes_packed_with_news_or_plain() -> None:
    index = b"<sitemapindex><sitemap><loc>/s1.xml.gz</loc></sitemap></sitemapindex>"
    assert sitemap(index, HERE).sitemaps == ("https://plans.example/s1.xml.gz",)
    assert sitemap(gzip.compress(URLSET.encode()), HERE).links == made("/plan/1")
    told = "<n:news><n:title>A plan</n:title></n:news>"
    news = f'<urlset xmlns:n="urn:n"><url><loc>/plan/2</loc>{told}</url></urlset>'
    assert sitemap(news.encode(), HERE).links[0].title == "A plan"
    assert sitemap(b"https://plans.example/plan/3\nno\n", HERE).links == made("/plan/3")


def test_a_sitemap_that_is_broken_gives_what_came_before_the_damage() -> None:
    assert sitemap(URLSET.encode()[:-20], HERE).links == made("/plan/1")
    assert sitemap(gzip.compress(URLSET.encode())[:-6], HERE).links == made("/plan/1")
    assert sitemap(b"<html><body>404</body></html>", HERE).links == ()
    assert sitemap(b"", HERE).links == ()


def test_entities_are_never_put_in() -> None:
    bomb = (
        '<!DOCTYPE u [<!ENTITY a "http://plans.example/x"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<urlset><url><loc>&a;</loc></url><url><loc>&f;</loc></url><url><loc>/plan/1</loc></url></urlset>"
    )
    assert sitemap(bomb.encode(), HERE).links == made("/plan/1")


def test_feeds_of_every_kind_give_their_entries() -> None:
    rss = b"<rss><channel><link>/</link><item><title>A</title><link>/plan/1</link></item></channel></rss>"
    rdf = b'<r:RDF xmlns:r="urn:r" xmlns="urn:x"><item><title>A</title><link>/plan/1</link></item></r:RDF>'
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title>'
        b'<link rel="self" href="/no"/><link href="/plan/1"/></entry></feed>'
    )
    guid = b"<rss><channel><item><title>A</title><guid>https://plans.example/plan/1</guid></item></channel></rss>"
    for data in (rss, rdf, atom, guid):
        assert feed(data, HERE) == (Link(url="https://plans.example/plan/1", title="A"),)
    assert feed(b"no feed", HERE) == ()


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_can_be_read_as_anything(data: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + data
    for role in Role:
        read(role, page_of(HERE, answer))


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example/x", "https://A.example/x#part", True),
        ("http://a.example", "http://a.example/", True),
        ("http://a.example/x?sid=1&id=2", "http://a.example/x?id=2&PHPSESSID=9", True),
        ("http://a.example/x;jsessionid=AA", "http://a.example/x", True),
        ("http://a.example/x?id=1", "http://a.example/x?id=2", False),
        ("http://a.example/x", "http://a.example:8080/x", False),
        ("http://a.example/x", "http://a.example/X", False),
    ],
)
def test_two_addresses_are_one_when_only_a_visitors_number_differs(
    one: str, other: str, same: bool
) -> None:
    assert (identity(one) == identity(other)) is same


def test_paths_that_run_in_circles_are_known() -> None:
    assert runs_in_circles("https://a.example/" + "x/y/" * 3 + "z")
    assert runs_in_circles("https://a.example/" + "/".join(map(str, range(20))))
    assert not runs_in_circles("https://a.example/2026/04/04/04.html")
    assert family("https://a.example/?y=2026") != family("https://a.example/?z=2026")


def test_searches_are_filled_in_the_sites_encoding() -> None:
    template = "https://a.example/s?q={words}&p={page}"
    assert search_addresses([template], ["盐湖"], "gbk") == [
        ("https://a.example/s?q=%D1%CE%BA%FE&p=1", "https://a.example/s?q=%D1%CE%BA%FE&p={page}")
    ]
    assert search_addresses(["https://a.example/{words}"], ["a", " a "], "utf-8") == [
        ("https://a.example/a", "")
    ]


def test_the_next_page_is_written_as_the_row_says() -> None:
    assert next_address("https://a.example/x/", "{stem}_{page}{ext}", 1).endswith("/x/index_1.html")
    assert next_address("https://a.example/a/c.htm", "{stem}_{page}{ext}", 2).endswith("/a/c_2.htm")
    assert next_address("https://a.example/", "page/{page}/", 2) == "https://a.example/page/2/"


# ---------------------------------------------------------------- wishes


@pytest.mark.parametrize(
    ("text", "address", "fits"),
    [
        ("关于印发《盐湖产业绿色发展规划》的通知", "/1", True),
        ("關於印發《鹽湖產業綠色發展規劃》的通知", "/1", True),  # Traditional
        ("盐湖产业绿色发展…", "/1", True),  # cut by a list
        ("盐湖…", "/1", False),  # cut too short to tell
        ("Ｐｌａｎ　ｄｅ　Ｓａｌｅｓ　2030", "/1", True),  # full width
        ("Anuncian el Plan de sales 2030", "/1", True),
        ("", "/2026/plan-de-sales-2030/", True),  # by its address
        ("西部铁路建设规划", "/1", False),
        ("青海：提锂项目落户盐湖", "/1", True),  # every word of the terms
        ("青海：盐湖旅游", "/1", False),
        ("", "/1", False),
    ],
)
def test_a_link_fits_by_text_title_or_address_in_any_script(
    text: str, address: str, fits: bool
) -> None:
    wish = Wish(titles=("盐湖产业绿色发展规划", "Plan de sales 2030"), terms=("盐湖 提锂",))
    assert wish.fits(Link(url=f"https://a.example{address}", title=text)) is fits


def test_an_empty_wish_fits_everything_and_a_wish_of_signs_is_empty() -> None:
    assert Wish().fits(Link(url="https://a.example/"))
    assert Wish(titles=("《》",), terms=(" ",)).is_empty
    assert carries("关于印发规划的通知")
    assert not carries("西部的春天")


# ---------------------------------------------------------------- the frontier


def drained(frontier: Frontier) -> list[str]:
    found = []
    while (target := frontier.next()) is not None:
        found.append(target.url.removeprefix("https://plans.example"))
    return found


def test_every_link_is_asked_followed_or_left_by_the_row() -> None:
    frontier = Frontier(site(exclude=(r"/plan/secret",)))
    start = frontier.next()
    assert start is not None
    own = made(
        "/plan/1", "/all/2", "/about", "/plan/secret", "/plan/1", "/plan/x.css", "/plan/1.pdf"
    )
    foreign = Link(url="https://other.example/plan/1")
    frontier.settle(start, Findings(links=(*own, foreign)))
    assert drained(frontier) == ["/plan/1", "/all/2", "/plan/1.pdf"]


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(0, 3))
@settings(max_examples=50)
def test_nothing_that_was_found_is_lost(numbers: list[int], depth: int) -> None:
    frontier = Frontier(site(max_depth=depth))
    start = frontier.next()
    assert start is not None
    found = made(*[f"/plan/{number}" for number in numbers])
    frontier.settle(start, Findings(links=found))
    frontier.leave_all("test")
    assert {each.url for each in frontier.left} == {each.url for each in found}
    assert frontier.reasons.total() == len(set(numbers))


def test_a_page_leads_only_to_its_attachments_unless_the_row_says_follow() -> None:
    for follow, wanted in ((False, ["/plan/a.pdf"]), (True, ["/plan/2", "/plan/a.pdf"])):
        frontier = Frontier(site(follow=follow))
        frontier.next()
        page = Target(url="https://plans.example/plan/1", role=Role.PAGE, depth=1)
        frontier.settle(page, Findings(links=made("/plan/2", "/plan/a.pdf")))
        assert drained(frontier) == wanted


def test_a_wish_lets_in_what_fits_and_counts_the_rest() -> None:
    frontier = Frontier(site(), Wish(titles=("The salt plan",)))
    start = frontier.next()
    assert start is not None
    one = Link(url="https://plans.example/plan/1", title="Notice of the salt plan")
    two = Link(url="https://plans.example/plan/2", title="Railways")
    frontier.settle(start, Findings(links=(one, two)))
    assert drained(frontier) == ["/plan/1"]
    assert frontier.unfit == 1


@pytest.mark.parametrize(("first_page", "last"), [(1, 3), (2, 4), (0, 2)])
def test_a_paged_list_ends_where_its_script_says(first_page: int, last: int) -> None:
    frontier = Frontier(site(paging="p{page}", first_page=first_page))
    pages = []
    while (target := frontier.next()) is not None:
        if target.role is Role.LISTING:
            pages.append(target.url)
            links = made(f"/plan/{len(pages)}")
            frontier.settle(target, Findings(links=links, page_count=4))
    assert pages[1:] == [f"{HERE}p{number}" for number in range(first_page, last + 1)]


def test_a_paged_list_ends_after_two_pages_with_nothing_new() -> None:
    frontier = Frontier(site(paging="p{page}"))
    pages = 0
    while (target := frontier.next()) is not None:
        if target.role is Role.LISTING:
            pages += 1
            frontier.settle(target, Findings(links=made(f"/plan/{min(pages, 3)}")))
    assert pages == 5  # three with something new, two without
