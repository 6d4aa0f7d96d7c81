"""Plans to watch: named once, looked for in every crawl; and lists that have gone dead."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from archive.records import Exchange
from archive.store import Archive
from tests.attachment_samples import Paper
from tests.commands import Variorum, harmless
from tests.loopback import Loopback, Page, keep_alive, ok
from tests.replica_pages import html
from tests.test_crawl_site import asked, crawl, document, documents, filed, listing, small

Serve = Callable[..., Loopback]


def linked(url: str, text: str) -> str:
    return f'<a href="{url}">{text}</a>'


def test_watches_are_added_listed_replaced_and_removed(variorum: Variorum) -> None:
    added = variorum(
        "watch", "add", "salt", "--title", "盐湖规划", "--title", "Plan de sales",
        "--terms", "盐湖 提锂", "--json",
    )  # fmt: skip
    wanted = {"name": "salt", "titles": ["盐湖规划", "Plan de sales"], "terms": ["盐湖 提锂"]}
    assert added.status == 0
    assert added.json == {"watches": [wanted]}
    variorum("watch", "add", "ice", "--terms", "polar")
    assert "盐湖规划" in variorum("watch", "list").out
    variorum("watch", "add", "salt", "--title", "Another")
    told = variorum("watch", "list", "--json").json["watches"]
    assert [(each["name"], each["titles"]) for each in told] == [("ice", []), ("salt", ["Another"])]
    assert variorum("watch", "remove", "salt", "--json").json["watches"][0]["name"] == "ice"
    assert variorum("watch", "remove", "salt").status == 1
    assert variorum("verify", "--json").json["ok"]


@pytest.mark.parametrize("wrong", [(), ("--title", "《》"), ("--terms", " ")])
def test_a_watch_needs_letters_to_look_for(variorum: Variorum, wrong: tuple[str, ...]) -> None:
    assert variorum("watch", "add", "x", *wrong).status == 2
    assert not (variorum.archive / "watches.json").exists()


def test_a_folder_that_is_no_archive_gets_no_watches(variorum: Variorum) -> None:
    variorum.archive.mkdir()
    (variorum.archive / "letter.txt").write_text("mine")
    assert variorum("watch", "add", "x", "--terms", "plan").status == 3
    assert [each.name for each in variorum.archive.iterdir()] == ["letter.txt"]


def test_watches_that_somebody_broke_are_told_and_left_alone(filled: Variorum) -> None:
    path = filled.archive / "watches.json"
    path.write_text('[{"name": 1}]')
    answer = filled("watch", "add", "x", "--terms", "plan")
    assert answer.status == 3
    assert "watches.json" in answer.err
    assert path.read_text() == '[{"name": 1}]'


def test_an_unknown_watch_is_told_before_anything_is_fetched(variorum: Variorum) -> None:
    answer = variorum("crawl", "gov.cn", "--watch", "nothing")
    assert answer.status == 1
    assert "nothing" in answer.err


def pdf(text: str) -> Page:
    paper = Paper()
    for _ in range(4):
        paper.paragraph(text)
    return keep_alive(ok(paper.done(), "Content-Type: application/pdf"))


def test_what_fits_is_fetched_with_its_attachments_and_the_circular_that_carries_it(
    variorum: Variorum, serve: Serve
) -> None:
    plan = "西部盐湖产业发展规划"
    pages: dict[str, Page] = {
        "/list": html(
            linked("/list/2", f"关于印发《{plan}》的通知")
            + linked("/doc/1.html", "關於《西部鹽湖產業發展規劃》的解讀")
            + linked("/doc/2.html", "西部铁路建设规划")
            + linked("/doc/9.pdf", "铁路图")
        ),
        "/list/2": html(
            f"<h1>关于印发《{plan}》的通知</h1><div class='TRS_Editor'>"
            + "".join(f"<p>各省、自治区有关部门：现将规划印发，第{n}项由你们负责落实。</p>" for n in range(6))
            + linked("/files/plan.pdf", plan) + "</div>",
            f"<title>关于印发《{plan}》的通知</title>",
        ),
        "/files/plan.pdf": pdf(f"{plan}：到二〇三〇年建成四个盐湖产业基地并完善配套设施。"),
        "/doc/1.html": document(1, "/files/table.pdf", "/doc/3.html"),
        "/files/table.pdf": pdf("附表：各基地的年度任务、责任单位与完成时限，逐项列出以便检查。"),
    }  # fmt: skip
    server = serve(pages | documents(range(2, 4)))
    variorum("watch", "add", "salt", "--title", plan)
    answer = crawl(variorum, server, small(server), "here", "--watch", "salt")
    assert answer.status == 0, answer.err
    assert filed(answer, server) == {
        "/list/2",
        "/files/plan.pdf",
        "/doc/1.html",
        "/files/table.pdf",
    }
    assert set(asked(server)) == {"/list", *(path for path in pages if path != "/list")}
    assert answer.json["unfit"] == 2
    harmless(variorum)


def test_a_sites_own_search_is_asked_for_what_is_watched(variorum: Variorum, serve: Serve) -> None:
    found = {"data": {"list": [{"title": "A <em>salt</em> plan", "url": "/doc/1.html"}]}}
    answer = keep_alive(ok(json.dumps(found).encode(), "Content-Type: application/json"))
    none = keep_alive(ok(b'{"data": {"list": []}}', "Content-Type: application/json"))
    server = serve(
        {"/s?q=salt%20plan&p=1": answer, "/s?q=salt%20plan&p=2": none, "/s?q=salt%20plan&p=3": none}
        | documents(range(1, 2))
    )
    variorum("watch", "add", "salt", "--terms", "salt plan")
    row = small(server, listings=[], searches=[server.origin + "/s?q={words}&p={page}"])
    told = crawl(variorum, server, row, "here", "--watch", "salt")
    assert filed(told, server) == {"/doc/1.html"}
    assert asked(server)[0] == "/s?q=salt%20plan&p=1"
    assert len(asked(server)) <= 4


# ---------------------------------------------------------------- lists that have gone dead


def kept_before(variorum: Variorum, url: str, answer: bytes, days: int) -> None:
    """Puts an answer into the archive as an earlier crawl would have."""
    head = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    when = datetime.now(UTC) - timedelta(days=days)
    with Archive.open(variorum.archive, write=True) as archive:
        archive.keep(Exchange(url=url, fetched_at=when, request=head, response=answer))


LIST = ok(b"".join(b'<a href="/doc/%d.html">x</a>' % n for n in range(3)))


def test_a_list_that_leads_nowhere_any_more_is_reported(variorum: Variorum, serve: Serve) -> None:
    server = serve({"/list": html("<div id='app'></div>")})
    kept_before(variorum, server.origin + "/list", LIST, days=9)
    notices = crawl(variorum, server, small(server), "here").json["notices"]
    assert [each["code"] for each in notices] == ["layout"]
    assert "led to 3 pages on" in notices[0]["message"]
    assert notices[0]["message"].endswith("The layout may have changed.")


def test_a_list_that_is_gone_is_reported(variorum: Variorum, serve: Serve) -> None:
    server = serve({"/other": listing(range(1))} | documents(range(1)))
    kept_before(variorum, server.origin + "/list", LIST, days=9)
    row = small(server, listings=[server.origin + "/list", server.origin + "/never"])
    notices = crawl(variorum, server, row, "here").json["notices"]
    assert [each["code"] for each in notices] == ["layout", "start"]
    assert "gave no page; on" in notices[0]["message"]
    assert "may want mending" in notices[1]["message"]


@pytest.mark.parametrize(("days", "codes"), [(200, ["quiet"]), (20, [])])
def test_a_site_with_nothing_new_for_long_is_reported(
    variorum: Variorum, serve: Serve, days: int, codes: list[str]
) -> None:
    server = serve({"/list": keep_alive(LIST)} | documents(range(3)))
    for number in range(3):
        kept_before(variorum, f"{server.origin}/doc/{number}.html", ok(b"<p>old</p>"), days=days)
    notices = crawl(variorum, server, small(server), "here").json["notices"]
    assert [each["code"] for each in notices] == codes


def test_submit_calls_a_refusal_a_refusal(variorum: Variorum, serve: Serve) -> None:
    robots = keep_alive(ok(b"User-agent: *\nDisallow: /\n", "Content-Type: text/plain"))
    server = serve({"/robots.txt": robots})
    process = variorum.start(
        "submit", "--json", "--contact", "ann@example.org", server.origin + "/x",
        "http://169.254.169.254/", allow=server.allow,
    )  # fmt: skip
    out, _ = process.communicate(timeout=600)
    results = json.loads(out)["results"]
    assert [each["status"] for each in results] == ["refused", "refused"]
    assert "robots.txt" in results[0]["reason"]
    assert "not a public web address" in results[1]["reason"]
    assert b"(+ann@example.org)" in server.log[0].request
