"""The demo: its replica of the world, and the story that it tells with the real commands."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from email.message import Message
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from rich.console import Console

from pipelines.decode import decode
from pipelines.extract import extract
from pipelines.page import parse
from service.cli import run
from service.demo.__main__ import MARK, emptied
from service.demo.show import PASTED, Stage, StoryBroken
from service.demo.sites import (
    AGENCY,
    ENGLISH,
    ISSUED,
    MINISTRY,
    MIRROR,
    REVISED,
    SITES,
    SPANISH,
    TRADE,
    Site,
    lines,
    page,
    passage,
)
from service.demo.world import World, served

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONIOENCODING": "utf-8"}
SECONDS = 1200  # against a hang: the machine may be busy
pytestmark = pytest.mark.timeout(SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the demo left behind, and what it said."""

    folder: Path
    shown: str

    def ask(self, *words: str) -> dict[str, Any]:
        """What a reading command gives with `--json`; run in this process, where it costs less."""
        printed = StringIO()
        with redirect_stdout(printed):
            assert run(["--archive", str(self.archive), "--json", *words]) == 0, words
        found: dict[str, Any] = json.loads(printed.getvalue())
        return found

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def url(self, site: Site) -> str:
        """The address that the demo printed for the site, port included."""
        words = self.shown.split()
        return next(word for word in words if word.startswith(f"http://{site.address}:"))

    def match(self, site: Site) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("lookup", "--url", self.url(site))["matches"][0]
        return found

    def plan(self) -> dict[str, Any]:
        """The ministry's document, as `show` gives it."""
        return self.ask("show", self.match(MINISTRY)["document"])


def finished(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo") / "told"
    options = ["--folder", str(folder), "--picture", str(folder.with_name("demo.svg"))]
    done = finished([sys.executable, "-m", "service.demo", *options])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Told(folder=folder, shown=done.stdout)


@pytest.fixture
def world() -> Iterator[World]:
    with served() as opened:
        yield opened


def fetched(url: str) -> tuple[Message, bytes]:
    with urllib.request.urlopen(url, timeout=600) as answer:
        return answer.headers, answer.read()


def hosts(version: dict[str, Any]) -> set[str]:
    """The addresses of the sites that showed a version."""
    return {each["url"].split("/")[2].partition(":")[0] for each in version["witnesses"]}


# The replica


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_each_site_serves_one_whole_page_and_robots_txt(world: World, site: Site) -> None:
    head, body = fetched(world.url(site))
    assert "2026" in head["Last-Modified"]
    tree = html.fromstring(body.decode(site.encoding))
    assert tree.xpath("//title")
    assert tree.xpath("//h1 | //td[@class='t1']")
    assert body.count(b"<a href=") >= 8  # navigation, related pages, footer
    assert "$" not in body.decode(site.encoding)
    place = world.url(site).removesuffix(site.path)
    assert b"User-agent: *" in fetched(f"{place}/robots.txt")[1]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetched(f"{place}/elsewhere")


def test_every_site_is_a_host_of_its_own(world: World) -> None:
    assert len({site.address for site in SITES}) == len(SITES) == len(world.urls)
    assert all(f"{site.address}/32:" in world.allowed for site in SITES)


def test_the_plan_is_long_enough_to_be_real() -> None:
    blocks = lines("plan.zh-Hans.txt")
    text = "".join(text for _, text in blocks)
    assert sum("\u4e00" <= letter <= "\u9fff" for letter in text) >= 2000
    assert [text[0] for mark, text in blocks if mark == "#"] == ["一", "二", "三"]
    for number in range(1, 13):
        assert any(text.startswith(f"{number}. ") for _, text in blocks)


def test_the_translations_leave_no_block_of_the_plan_out() -> None:
    marks = [mark for mark, _ in lines("plan.zh-Hans.txt")]
    assert [mark for mark, _ in lines("plan.en.txt")] == marks
    assert [mark for mark, _ in lines("plan.es.txt")] == marks


def test_the_summary_is_about_a_third_of_the_plan_and_full_of_glosses() -> None:
    plan = sum(len(text) for _, text in lines("plan.zh-Hans.txt"))
    text = "".join(text for _, text in lines("summary.zh-Hant.txt"))
    glosses = re.findall(r"[\u4e00-\u9fff]\([a-zāáǎàēéěèīíǐìōóǒòūúǔù]+\)", text)
    assert 0.25 < len(re.sub(r"\([^)]+\)", "", text)) / plan < 0.45
    assert len(glosses) >= 80


def test_the_mirror_sends_gbk_bytes_and_only_its_page_says_so(world: World) -> None:
    head, body = fetched(world.url(MIRROR))
    assert head["Content-Type"] == "text/html"
    assert b"charset=gb2312" in body
    assert ISSUED.target in body.decode("gbk")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_the_tickers_of_the_agency_stand_inside_sentences(world: World) -> None:
    tree = html.fromstring(fetched(world.url(AGENCY))[1].decode())
    tickers: Any = tree.xpath("//p/span[a[@class='keytip']]")
    assert len(tickers) == len(AGENCY.tickers)
    plan = [text for _, text in lines("plan.zh-Hans.txt")]
    assert all(span.getparent().text_content().strip() in plan for span in tickers)


def test_only_the_ministry_changes_its_number_and_its_date(world: World) -> None:
    before = {site.name: fetched(world.url(site)) for site in SITES}
    world.amend()
    after = {site.name: fetched(world.url(site)) for site in SITES}
    changed = {name for name in before if before[name][1] != after[name][1]}
    assert changed == {MINISTRY.name}
    assert after["ministry"][0]["Last-Modified"] != before["ministry"][0]["Last-Modified"]
    old, new = (pages["ministry"][1].decode().splitlines() for pages in (before, after))
    lines_changed = [(was, now) for was, now in zip(old, new, strict=True) if was != now]
    assert len(lines_changed) == 3  # the number, and the date in a meta tag and above the text
    was, now = next(pair for pair in lines_changed if ISSUED.target in pair[0])
    assert was.replace(ISSUED.target, REVISED.target) == now


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_the_main_text_of_a_page_is_its_text_without_what_stands_around(site: Site) -> None:
    blocks = [(mark, text.strip()) for name in site.texts for mark, text in lines(name)]
    main = extract(parse(decode(page(site, ISSUED)), f"http://{site.address}{site.path}")).text
    found = {line.strip() for line in main.splitlines()}
    assert {text for mark, text in blocks if mark != "="} <= found
    credit = "（文章来源：海屿通讯社）"
    assert found - {text for _, text in blocks} <= {site.title, credit}


# The story


def test_six_pages_become_four_documents(told: Told) -> None:
    documents = {site.name: told.match(site)["document"] for site in SITES}
    assert documents["ministry"] == documents["agency"] == documents["mirror"]
    assert len(set(documents.values())) == 4
    assert told.ask("stats")["documents"] == 4


def test_each_page_is_in_its_language(told: Told) -> None:
    tags = {site.name: told.match(site)["language"] for site in SITES}
    assert {tags[site.name] for site in (MINISTRY, AGENCY, MIRROR)} == {"zh-Hans"}
    assert (tags["trade"], tags["english"], tags["spanish"]) == ("zh-Hant", "en", "es")


def test_the_plan_has_two_versions_and_the_ministry_showed_both(told: Told) -> None:
    versions = told.plan()["versions"]
    assert [version["number"] for version in versions] == [1, 2]
    first, second = versions
    assert hosts(first) == {MINISTRY.address, AGENCY.address, MIRROR.address}
    assert hosts(second) == {MINISTRY.address}
    assert first["first_seen"] < second["first_seen"]


def test_the_versions_differ_in_the_number_and_nothing_else(told: Told) -> None:
    first, second = (version["version"] for version in told.plan()["versions"])
    (change,) = told.ask("diff", first, second)["changes"]
    texts = [told.ask("text", key)["text"] for key in (first, second)]
    start, end = change["a"]
    assert texts[0][start:end] == change["a_text"]
    assert change["a_text"].strip("0123456789") == change["b_text"].strip("0123456789")
    before, after = texts[0][:start], texts[0][end:]
    assert ISSUED.target in texts[0]
    assert before + change["b_text"] + after == texts[1]


def test_the_summary_is_part_of_the_plan_and_the_translations_are_not(told: Told) -> None:
    plan = told.match(MINISTRY)["document"]
    related = told.ask("show", told.match(TRADE)["document"])["related"]
    assert ("excerpt", plan) in {(each["relation"], each["document"]) for each in related}
    for site in (ENGLISH, SPANISH):
        links = told.ask("show", told.match(site)["document"])["related"]
        assert not [each for each in links if each["relation"] in {"excerpt", "contains"}]


def test_the_lookups_find_the_plan(told: Told) -> None:
    plan = told.plan()
    for version in plan["versions"]:
        for key in (version["version"], version["version"][:12], version["fingerprint"]):
            assert told.ask("lookup", key)["matches"][0]["document"] == plan["document"]
    pasted = told.folder / "pasted.txt"
    assert pasted.read_text(encoding="utf-8") == passage(PASTED) + "\n"
    found = told.ask("lookup", "--text", str(pasted))["matches"][0]
    assert found["document"] == plan["document"]


def test_the_archive_is_sound_and_pages_that_stayed_are_kept_once(told: Told) -> None:
    assert told.ask("verify", "--quick")["ok"]
    captures = {
        witness["url"]: witness["captures"]
        for version in told.plan()["versions"][:1]
        for witness in version["witnesses"]
    }
    assert len(captures[told.url(MIRROR)]) == 2  # seen twice, though its bytes are kept once
    warcs = [str(path) for path in told.archive.rglob("*.warc.gz")]
    check = finished([sys.executable, "-m", "warcio.cli", "check", *warcs])
    assert check.returncode == 0, check.stdout


def test_what_the_demo_says_is_what_a_user_types_and_where_the_bytes_are(told: Told) -> None:
    typed = [line.split()[2] for line in told.shown.splitlines() if line.startswith("$ variorum ")]
    story = "submit submit submit show diff lookup lookup verify stats"
    assert " ".join(typed) == story
    assert ".warc.gz" in told.shown
    assert "Traceback" not in told.shown


def test_the_picture_shows_what_two_commands_print_and_loads_nothing(told: Told) -> None:
    drawn = told.folder.with_name("demo.svg").read_text(encoding="utf-8")
    shown = unescape(drawn).replace("\xa0", " ")
    assert "$ variorum diff" in shown
    assert all(each in shown for each in ("培育", "[-30]", "[+50]", told.url(MINISTRY)))
    assert not re.search(r"url\((?!#)|<image|href=|@import", drawn)
    (length,) = re.findall(r'textLength="([\d.]+)"[^>]*>家掌握自主技术的海岛能源<', drawn)
    assert float(length) == pytest.approx(12 * 2 * 12.2)  # two columns for each character


def test_a_folder_that_the_demo_did_not_make_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work", encoding="utf-8")
    done = finished([sys.executable, "-m", "service.demo", "--folder", str(tmp_path)])
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert "Traceback" not in done.stderr
    assert precious.read_text(encoding="utf-8") == "years of work"


def test_its_own_folder_is_emptied(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text("", encoding="utf-8")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "old").write_text("of an earlier demo", encoding="utf-8")
    assert [path.name for path in emptied(tmp_path).iterdir()] == [MARK]


def test_a_command_that_fails_ends_the_story_with_a_sentence(tmp_path: Path, world: World) -> None:
    stage = Stage(Console(file=StringIO()), world, tmp_path / "archive")
    with pytest.raises(StoryBroken, match="`variorum lookup` ended with status"):
        stage.run("lookup", "nothing-has-this-key")
