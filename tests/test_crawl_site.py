"""`variorum crawl SITE` on replicas of the shipped sites: what is found, kept, filed and left over."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.store import Archive
from crawlers.sites import read_sites
from tests.commands import Answer, Variorum, harmless, page
from tests.loopback import Asked, Loopback, Page, keep_alive, moved, ok
from tests.replica_pages import html, items
from tests.replicas import REPLICAS, row_text, rows

Serve = Callable[..., Loopback]


def crawl(variorum: Variorum, server: Loopback, sites: str, name: str, *options: str) -> Answer:
    """The answer of a crawl with this sites file."""
    file = variorum.archive.with_name("sites.toml")
    file.write_text(sites, encoding="utf-8")
    process = variorum.start(
        "crawl", name, "--json", "--delay", "0", "--sites", str(file), *options, allow=server.allow
    )
    out, err = process.communicate(timeout=600)
    assert "Traceback" not in err, err
    return Answer(process.returncode, out, err)


def filed(answer: Answer, server: Loopback) -> set[str]:
    """Request targets of the results that became documents."""
    return {
        each["url"].removeprefix(server.origin)
        for each in answer.json["results"]
        if each["document"]
    }


@pytest.mark.parametrize("name", sorted(REPLICAS))
def test_a_shipped_row_finds_every_page_of_its_sites_replica(
    name: str, variorum: Variorum, serve: Serve
) -> None:
    replica = REPLICAS[name]()
    server = serve(replica.pages)
    answer = crawl(variorum, server, rows(replica, server), name)
    told = answer.json
    assert answer.status == 0, answer.err
    assert filed(answer, server) == replica.documents
    asked = [each.path for each in server.log]
    assert asked[0] == "/robots.txt"
    assert replica.lists <= set(asked)
    assert not replica.never & set(asked)
    assert len(asked) == len(set(asked)), "an address was asked twice"
    assert {each["url"] for each in told["results"]}.isdisjoint(
        server.origin + path for path in replica.lists
    )
    assert told["site"] == name
    assert told["refused"] == 0
    assert told["left"]["count"] == 0, told["left"]
    with Archive.open(variorum.archive) as archive:
        for path in replica.lists:
            (capture,) = archive.index.captures_at(server.origin + path)
            refusal = archive.index.refusal(capture.id)
            assert refusal is not None
            assert refusal.stage == "discovery"
        assert archive.index.unread() == ()


# ---------------------------------------------------------------- a small site for everything else

ROW: dict[str, Any] = {
    "kind": "ministry",
    "publisher": "A ministry",
    "language": "zh-Hans",
    "zone": "Asia/Shanghai",
    "listing": [r"/list(?:/\d+)?(?:\?.*)?$"],
    "article": [r"/doc/\d+\.html"],
}


def small(server: Loopback, **changes: Any) -> str:
    """A sites file with one row, `here`, that starts at /list."""
    return row_text("here", ROW | {"listings": [server.origin + "/list"]} | changes)


def listing(numbers: range, *more: str) -> Page:
    links = items({number: f"/doc/{number}.html" for number in numbers})
    return html(f"<ul>{links}</ul>" + "".join(f'<a href="{url}">更多</a>' for url in more))


def document(number: int, *links: str) -> Page:
    """A page with a text of its own."""
    told = tuple(
        f"{number}号文件第{n}条：本办法适用于第{number * 7 + n}区的湿地保护与修复。"
        for n in range(6)
    )
    body = page(told, f"第{number}号湿地方案").replace(
        b"</h1>", b"</h1>" + "".join(f'<a href="{url}">x</a>' for url in links).encode()
    )
    return keep_alive(ok(body))


def documents(numbers: range) -> dict[str, Page]:
    return {f"/doc/{number}.html": document(number) for number in numbers}


def asked(server: Loopback) -> list[str]:
    return [each.path for each in server.log if each.path != "/robots.txt"]


def test_pages_are_asked_in_the_order_in_which_they_were_found(
    variorum: Variorum, serve: Serve
) -> None:
    pages = {"/list": listing(range(12), "/list/2"), "/list/2": listing(range(12, 15))}
    server = serve(pages | documents(range(15)))
    answer = crawl(variorum, server, small(server), "here")
    assert answer.status == 0
    found = [path for path in asked(server) if path.startswith("/doc")]
    assert found == [f"/doc/{number}.html" for number in range(15)]
    assert answer.json["fetched"] == 17
    assert answer.json["captures"] == 18  # robots.txt too


def test_what_a_budget_of_pages_does_not_reach_is_left_over_by_name(
    variorum: Variorum, serve: Serve
) -> None:
    server = serve({"/list": listing(range(9))} | documents(range(9)))
    answer = crawl(variorum, server, small(server), "here", "--max-pages", "4")
    left = answer.json["left"]
    assert len(asked(server)) == 4
    assert left["count"] == 6
    assert left["reasons"] == {"the budget of 4 pages is used up": 6}
    assert [each["url"] for each in left["addresses"]] == [
        f"{server.origin}/doc/{number}.html" for number in range(3, 9)
    ]
    again = crawl(variorum, server, small(server), "here", "--max-pages", "40")
    assert again.json["fresh"] == 3
    assert again.json["left"]["count"] == 0
    assert asked(server)[5:] == [f"/doc/{number}.html" for number in range(3, 9)]


@pytest.mark.parametrize(
    ("budget", "reason"),
    [({"max_bytes": 9000}, "9000 bytes"), ({"max_seconds": 4}, "4 s")],
)
def test_bytes_and_seconds_are_budgets_too(
    variorum: Variorum, serve: Serve, budget: dict[str, int], reason: str
) -> None:
    def slow(asked: Asked) -> Any:
        time.sleep(0.5)
        return document(int(asked.path[5:-5]))

    pages: dict[str, Page] = {f"/doc/{number}.html": slow for number in range(20)}
    server = serve({"/list": listing(range(20))} | pages)
    answer = crawl(variorum, server, small(server, **budget), "here")
    left = answer.json["left"]
    assert 0 < left["count"] < 20
    assert left["count"] + len(asked(server)) == 21
    assert all(reason in each for each in left["reasons"])


TRAPS: dict[str, Callable[[str], list[str]]] = {
    "calendar": lambda path: [f"/list?month={int(path.partition('=')[2] or 0) + 1}"],
    "session": lambda path: [f"/doc/1.html?PHPSESSID={len(path)}{path.count('9')}", "/list?sid=4a"],
    "circles": lambda path: [f"{path.rstrip('/')}/a/list"],
    "far": lambda path: [f"/list/{path.count('/') * 7}{len(path)}x/list"],
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_costs_a_few_requests_and_ends(name: str, variorum: Variorum, serve: Serve) -> None:
    class Endless(dict[str, Page]):
        """Every path is there, and leads further in."""

        def get(self, path: str, default: Any = None) -> Any:
            if path == "/robots.txt":
                return default
            if path.startswith("/doc"):
                return document(1)
            return listing(range(1, 2), *TRAPS[name](path))

    server = serve(Endless())
    rule = [r"/list(?:/.*)?(?:\?.*)?$"] if name in {"circles", "far"} else ROW["listing"]
    answer = crawl(variorum, server, small(server, listing=rule), "here")
    assert answer.status == 0
    assert len(asked(server)) <= 25, asked(server)
    assert len([path for path in asked(server) if path.startswith("/doc")]) == 1


def test_a_list_that_shows_its_first_page_for_every_number_ends_after_one_more(
    variorum: Variorum, serve: Serve
) -> None:
    first = listing(range(3))
    pages = {"/list": first} | {f"/list?p={n}": first for n in range(2, 50)}
    server = serve(pages | documents(range(3)))
    crawl(variorum, server, small(server, paging="?p={page}", first_page=2), "here")
    assert [path for path in asked(server) if path.startswith("/list")] == ["/list", "/list?p=2"]


def test_one_document_under_fifty_addresses_stays_one(variorum: Variorum, serve: Serve) -> None:
    pages: dict[str, Page] = {f"/doc/1.html?from={n}": document(1) for n in range(50)}
    server = serve({"/list": html("".join(f'<a href="{path}">x</a>' for path in pages))} | pages)
    answer = crawl(variorum, server, small(server), "here")
    results = answer.json["results"]
    assert len(results) == 50
    assert len({each["document"] for each in results}) == 1
    assert len({each["version"] for each in results}) == 1


def test_a_page_that_was_acknowledged_is_not_asked_again_but_what_it_leads_to_is(
    variorum: Variorum, serve: Serve
) -> None:
    """Depth over documents: the first run ends before the page behind the page was asked."""
    pages: dict[str, Page] = {
        "/list": listing(range(1, 2)),
        "/doc/1.html": document(1, "/doc/2.html"),
        "/doc/2.html": moved("/doc/3.html"),
        "/doc/3.html": document(3, "/doc/4.html"),
        "/doc/4.html": keep_alive(ok(b"gone", status="404 Not Found")),
    }
    server = serve(pages)
    row = small(server, follow=True)
    first = crawl(variorum, server, row, "here", "--max-pages", "2")
    assert first.json["left"]["count"] == 1
    second = crawl(variorum, server, row, "here")
    assert second.json["fresh"] == 1
    assert asked(server) == [
        "/list",
        "/doc/1.html",
        "/list",
        "/doc/2.html",
        "/doc/3.html",
        "/doc/4.html",
    ]
    third = crawl(variorum, server, row, "here")
    assert third.status == 0
    assert asked(server)[6:] == ["/list"]  # a redirect and a plain no count as answers too
    assert third.json["fresh"] == 3
    fourth = crawl(variorum, server, row, "here", "--fresh", "0")
    assert len(asked(server)) == 7 + 5
    assert fourth.json["fresh"] == 0


def test_after_a_kill_nothing_acknowledged_is_asked_again_and_every_page_is_there(
    variorum: Variorum, serve: Serve
) -> None:
    numbers = range(24)
    pages = {"/list": listing(range(16), "/list/2"), "/list/2": listing(range(16, 24))}
    server = serve(pages | documents(numbers))
    file = variorum.archive.with_name("sites.toml")
    file.write_text(small(server), encoding="utf-8")
    options = ("crawl", "here", "--json", "--delay", "0.05", "--sites", str(file))
    for wanted in (4, 9):
        process = variorum.start(*options, allow=server.allow)
        while len(set(asked(server))) < wanted and process.poll() is None:
            pass
        process.kill()
        process.communicate()
        with Archive.open(variorum.archive, write=True) as archive:
            kept = [
                n for n in numbers if archive.index.captures_at(f"{server.origin}/doc/{n}.html")
            ]
        before = len(asked(server))
    answer = crawl(variorum, server, small(server), "here")
    assert answer.json["fresh"] == len(kept)
    later = asked(server)[before:]
    assert not {f"/doc/{n}.html" for n in kept} & set(later)
    with Archive.open(variorum.archive) as archive:
        for number in numbers:
            (capture,) = archive.index.captures_at(f"{server.origin}/doc/{number}.html")
            assert archive.index.filed(capture.id)
    harmless(variorum)


def test_an_interrupted_crawl_says_what_is_left(variorum: Variorum, serve: Serve) -> None:
    server = serve({"/list": listing(range(30))} | documents(range(30)))
    file = variorum.archive.with_name("sites.toml")
    file.write_text(small(server), encoding="utf-8")
    options = ("crawl", "here", "--json", "--delay", "0.2", "--sites", str(file))
    process = variorum.start(*options, allow=server.allow)
    while len(asked(server)) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=600)
    answer = Answer(process.returncode, out, err)
    assert answer.status == 130
    left = answer.json["left"]
    assert left["reasons"] == {"the crawl was interrupted": left["count"]}
    assert left["count"] + len(answer.json["results"]) == 30
    assert "Interrupted" in err


def test_a_refusal_by_robots_is_counted_and_named(variorum: Variorum, serve: Serve) -> None:
    robots = ok(b"User-agent: *\nDisallow: /doc/1\n", "Content-Type: text/plain")
    server = serve(
        {"/list": listing(range(3)), "/robots.txt": keep_alive(robots)} | documents(range(3))
    )
    answer = crawl(variorum, server, small(server), "here")
    refused = [each for each in answer.json["results"] if each["status"] == "refused"]
    assert [each["url"] for each in refused] == [server.origin + "/doc/1.html"]
    assert "robots.txt" in refused[0]["reason"]
    assert answer.json["refused"] == 1


def test_links_away_from_the_site_are_not_followed(variorum: Variorum, serve: Serve) -> None:
    other = serve({"/doc/1.html": document(1)}, host="127.0.0.9")
    links = f'<a href="{other.origin}/doc/1.html">x</a><a href="javascript:go()">y</a>'
    server = serve({"/list": html(links)})
    answer = crawl(variorum, server, small(server), "here")
    assert other.log == []
    assert answer.json["results"] == []


@pytest.mark.parametrize(
    "wrong", [("crawl",), ("crawl", "nowhere.example"), ("crawl", "gov.cn", "--fresh", "soon")]
)
def test_a_wrong_call_says_what_is_right(variorum: Variorum, wrong: tuple[str, ...]) -> None:
    answer = variorum(*wrong)
    assert answer.status == 2
    assert "most.gov.cn" in answer.err or "90m" in answer.err
    assert not variorum.archive.exists()


def test_the_rows_can_be_listed(variorum: Variorum) -> None:
    told = variorum("crawl", "--list", "--json").json["sites"]
    assert [each["site"] for each in told] == sorted(read_sites())
    assert "ndrc.gov.cn" in variorum("crawl", "--list").out


def test_a_person_sees_a_table_and_a_summary(
    variorum: Variorum, serve: Serve, tmp_path: Path
) -> None:
    server = serve({"/list": listing(range(3))} | documents(range(3)))
    file = tmp_path / "own.toml"
    file.write_text(small(server), encoding="utf-8")
    process = variorum.start(
        "crawl",
        "here",
        "--sites",
        str(file),
        "--delay",
        "0",
        "--max-pages",
        "3",
        allow=server.allow,
    )
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "here: 3 fetched, 4 captures, 1 left over." in out
    assert "1: the budget of 3 pages is used up" in out
    assert "第0号湿地方案" in out
