"""Five real documents, each served as a plausible page of its kind, through the real commands."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from service.cli import run

SHARED = Path(__file__).resolve().parents[2] / "shared"
SEEDS, GOLD = SHARED / "seeds", SHARED / "gold" / "witnesses.json"
pytestmark = pytest.mark.skipif(
    not (SEEDS.is_dir() and GOLD.is_file()),
    reason="the five seed documents and their gold annotation are not beside this checkout",
)
NAMES = ("000", "001", "002", "003", "004")
LANGUAGES = {"000": "zh-Hans", "001": "zh-Hans", "002": "zh-Hant", "003": "es", "004": "en"}
KEPT = 0.99  # share of the sentences; from the issue that asked for these tests

# What stands around an article on sites of these kinds: menu, then share bar, then footer.
FURNITURE = {
    "000": "滚动新闻频道 返回首页 股吧社区 基金超市 下载手机客户端 登录注册 分享到微信 广告合作热线",
    "001": "机构职能简介 政务公开指南 当前位置 打印本页 无障碍阅读 部长信箱 转发微博 网站标识码",
    "002": "會員登錄入口 招標信息大全 免費註冊 企業黃頁 展會預告 聯繫客服 掃碼下載 網站備案",
    "003": "Suscripciones Boletines Inicio-de-sesión Contáctenos Hemeroteca Compartir Aviso-legal",
    "004": "Subscribe Sign-up Price-charts Webinars Contact-sales Share-this Cookie-settings",
}
# What the files themselves hold of it.
OWN_FURNITURE = {
    "000": ["withounder", "layout: post"],
    "001": [],
    "002": ["資訊中心>", "Related Reading", "查看更多", "免責聲"],
    "003": [],
    "004": ["Home / Metal News", "Related news"],
}


# The pages


def seed(name: str) -> str:
    (path,) = SEEDS.glob(f"{name}_*.txt")
    return path.read_text(encoding="utf-8")


def paragraphs(lines: list[str]) -> str:
    return "\n".join(f"<p>{line.strip()}</p>" for line in lines if line.strip())


def listed(words: list[str]) -> str:
    return (
        "<ul>" + "".join(f'<li><a href="/{n}">{w}</a></li>' for n, w in enumerate(words)) + "</ul>"
    )


def framed(name: str, title: str, article: str, after: str = "") -> str:
    """A page of a site: head, navigation, the article, and what comes below it."""
    *menu, share, footer = FURNITURE[name].split()
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="nav">{listed(menu)}</div>{article}'
        f'<div class="share">{share}</div>{after}'
        f'<div class="footer">{listed([footer])}<p>© 2022</p></div></body></html>'
    )


def news_page() -> str:
    _, head, rest = seed("000").split("---\n", 2)
    facts = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    title = facts["title"].strip('"')
    html, _, links = rest.partition("\n\n<http")
    digest, _, html = html.strip().partition("\n")
    article = (
        f'<div class="crumb"><a href="/">返回首页</a> &gt; {facts["tags"]}</div>'
        f'<h1>{title}</h1><div class="info"><span>{facts["date"]}</span></div>'
        f'<div class="article-body"><p class="digest">{digest.lstrip("> ")}</p>{html}</div>'
    )
    return framed("000", title, article, f'<div class="source"><a href="/">http{links}</a></div>')


def ministry_page() -> str:
    title, *lines = seed("001").splitlines()
    article = (
        f'<div class="crumbs">当前位置：<a href="/">首页</a> &gt; 政策文件</div>'
        f'<h1>{title}</h1><div class="info">发布时间：2022-03-04　来源：规划司</div>'
        f'<div class="TRS_Editor">{paragraphs([title, *lines])}</div>'
    )
    return framed("001", f"{title}-通知公告", article)


def trade_page() -> str:
    crumbs, title, byline, rest = (part for part in re.split(r"\n+", seed("002"), maxsplit=3))
    main, _, below = rest.partition("\n關(guān)鍵詞")
    article = (
        f'<div class="position">{crumbs.replace(">", "&gt;")}</div><h1>{title}</h1>'
        f'<div class="byline">{byline}</div>'
        f'<div class="newsContent">{paragraphs(main.splitlines())}</div>'
    )
    items = "".join(f"<li>{line.strip()}</li>" for line in below.splitlines() if line.strip())
    return framed("002", title, article, f'<div class="related"><ul>{items}</ul></div>')


def spanish_page() -> str:
    lines = seed("003").splitlines()
    title = "Plan de cooperación científica y tecnológica entre el este y el oeste"
    article = f'<h1>{title}</h1><div class="cuerpo">{paragraphs(lines)}</div>'
    return framed("003", f"{title} | Portal de políticas", article)


def english_page() -> str:
    crumbs, title, date, main = seed("004").split("\n\n", 3)
    main, _, below = main.partition("\nhome appliances")
    article = (
        f'<div class="breadcrumb">{crumbs}</div><article><h1>{title}</h1>'
        f'<div class="date">{date.removeprefix("icon")}</div>'
        f'<div class="content">{paragraphs(main.splitlines())}</div></article>'
    )
    contacts = '<div class="tags"><a href="/t">home appliances</a></div>'
    return framed(
        "004", title, article, f'{contacts}<div class="more">{paragraphs(below.splitlines())}</div>'
    )


PAGES: dict[str, Callable[[], str]] = {
    "000": news_page,
    "001": ministry_page,
    "002": trade_page,
    "003": spanish_page,
    "004": english_page,
}


class OnePage(BaseHTTPRequestHandler):
    """Any path but robots.txt is the page."""

    page: bytes

    def do_GET(self) -> None:
        robots = self.path == "/robots.txt"
        body = b"User-agent: *\nDisallow: /admin/\n" if robots else self.page
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if robots else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: pytest shows what matters."""


# The archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The five pages after `submit`."""

    folder: Path
    urls: dict[str, str]
    results: dict[str, dict[str, Any]]  # as `submit --json` gives them, by seed

    def ask(self, *words: str) -> dict[str, Any]:
        """What a reading command gives with `--json`; run in this process, where it costs less."""
        printed = StringIO()
        with redirect_stdout(printed):
            assert run(["--archive", str(self.folder), "--json", *words]) == 0, words
        found: dict[str, Any] = json.loads(printed.getvalue())
        return found

    def document(self, name: str) -> str:
        return str(self.results[name]["document"])

    def text(self, name: str) -> str:
        """The page's own main text, which is kept also where another page's stands for the version."""
        for path in sorted(self.folder.rglob("*.warc.gz")):
            with path.open("rb") as stream:
                for record in ArchiveIterator(stream):
                    target = record.rec_headers.get_header("WARC-Target-URI")
                    if (record.rec_type, target) == ("conversion", self.urls[name]):
                        return str(record.content_stream().read().decode("utf-8"))
        raise LookupError(f"no main text of {name}")

    def ask_for(self, name: str) -> dict[str, Any]:
        """The best match for the seed's address."""
        found: dict[str, Any] = self.ask("lookup", "--url", self.urls[name])["matches"][0]
        return found

    def first(self, *words: str) -> str:
        return str(self.ask("lookup", *words)["matches"][0]["document"])


def submitted(folder: Path, allowed: str, urls: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The results of `submit` as a user runs it, by address."""
    command = [sys.executable, "-m", "service.cli", "--archive", str(folder), "--json"]
    done = subprocess.run(
        [*command, "submit", "--delay", "0.1", *urls],
        env={**os.environ, "VARIORUM_ALLOW_ADDRESSES": allowed, "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {result["url"]: result for result in json.loads(done.stdout)["results"]}


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    folder = tmp_path_factory.mktemp("seeds") / "archive"
    urls, allowed = {}, []
    with ExitStack() as stack:
        for number, (name, page) in enumerate(PAGES.items(), start=21):
            handler = type(name, (OnePage,), {"page": page().encode()})
            address = f"127.0.0.{number}"  # a host of its own for each
            server = stack.enter_context(ThreadingHTTPServer((address, 0), handler))
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
            urls[name] = f"http://{address}:{server.server_port}/2022/{name}.html"
            allowed.append(f"{address}/32:{server.server_port}")
        results = submitted(folder, ",".join(allowed), urls.values())
    return Archived(
        folder=folder, urls=urls, results={name: results[url] for name, url in urls.items()}
    )


def squeezed(text: str) -> str:
    """Text with width and white space taken out of the comparison, and nothing else."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def full_sentences(name: str) -> list[str]:
    """The seed's sentences of those sections that the annotation calls full, markup off."""
    witness = json.loads(GOLD.read_text(encoding="utf-8"))["witnesses"][name]
    raw, found = seed(name), []
    for section in witness["sections"].values():
        if section["status"] == "full":
            plain = re.sub(r"<[^>]+>", "", raw[slice(*section["span"])])
            found += re.split(r"(?<=[。！？；])|(?<=[.;!?])\s|\n", plain)
    return [sentence for sentence in found if squeezed(sentence)]


@pytest.mark.parametrize("name", NAMES)
def test_each_page_is_archived_in_its_language(archived: Archived, name: str) -> None:
    result = archived.results[name]
    assert result["status"] == "archived", result
    assert result["language"] == LANGUAGES[name]


def test_the_two_full_chinese_texts_are_one_version_of_one_document(archived: Archived) -> None:
    one, other = archived.results["000"], archived.results["001"]
    assert (one["document"], one["version"]) == (other["document"], other["version"])
    versions = archived.ask("show", one["document"])["versions"]
    assert [len(version["witnesses"]) for version in versions] == [2]


def test_the_summary_is_an_excerpt_of_that_document_and_both_sides_say_so(
    archived: Archived,
) -> None:
    whole, part = archived.document("001"), archived.document("002")
    assert whole != part
    for here, there, relations in (
        (part, whole, {"excerpt"}),
        (whole, part, {"excerpt", "contains"}),
    ):
        related = {each["document"]: each for each in archived.ask("show", here)["related"]}
        assert related[there]["relation"] in relations
        assert related[there]["evidence"]["because"]


def test_the_translations_are_documents_of_their_own(archived: Archived) -> None:
    assert len({archived.document(name) for name in ("001", "002", "003", "004")}) == 4
    assert {archived.results[name]["relation"] for name in ("003", "004")} == {"new"}


@pytest.mark.parametrize("name", NAMES)
def test_the_main_text_has_no_line_of_navigation(archived: Archived, name: str) -> None:
    lines = archived.text(name).splitlines()
    words = FURNITURE[name].split() + OWN_FURNITURE[name]
    assert [line for line in lines if any(word in line for word in words)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_main_text_keeps_the_sentences(archived: Archived, name: str) -> None:
    text, sentences = squeezed(archived.text(name)), full_sentences(name)
    lost = [sentence for sentence in sentences if squeezed(sentence) not in text]
    assert len(sentences) >= 8
    assert len(lost) <= (1 - KEPT) * len(sentences), lost


@pytest.mark.parametrize("name", NAMES)
def test_the_fingerprint_finds_the_document(archived: Archived, name: str, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text(archived.text(name), encoding="utf-8")
    key = archived.ask("fingerprint", str(file))
    whole, exact = key["fingerprint"], key["exact"]
    for given in (whole, exact, whole[:10], exact[:10], key["iscc"]):
        assert archived.first(given) == archived.document(name), given


@pytest.mark.parametrize("name", NAMES)
def test_the_address_finds_the_document(archived: Archived, name: str) -> None:
    match = archived.ask_for(name)
    assert match["document"] == archived.document(name)
    assert archived.urls[name] in {witness["url"] for witness in match["witnesses"]}


@pytest.mark.parametrize("line", [6, 7, 18, 30])
def test_a_pasted_paragraph_finds_the_document_that_has_it(
    archived: Archived, line: int, tmp_path: Path
) -> None:
    pasted = tmp_path / "pasted.txt"
    pasted.write_text(seed("001").splitlines()[line], encoding="utf-8")
    assert archived.first("--text", str(pasted)) == archived.document("001")


def test_the_warcs_are_sound_for_other_tools(archived: Archived) -> None:
    warcs = [str(path) for path in sorted(archived.folder.rglob("*.warc.gz"))]
    assert warcs
    check = [sys.executable, "-m", "warcio.cli", "check", *warcs]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert archived.ask("verify", "--quick")["ok"]
