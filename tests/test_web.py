"""The web pages in a real Chromium: what a reader does with them, and what a hostile page cannot do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Response, expect

from archive.records import Resource
from archive.store import Archive
from crawlers.chromium import chromium as chromium_path
from crawlers.errors import NoBrowser
from pipelines import direct
from service.demo.sites import passage
from tests.commands import page as plan_page
from tests.loopback import Loopback, ok
from tests.web_driver import FIRST, Story, Web, chromium, tell, web
from tests.web_traps import HOSTILE, Trap, hostile

HEAVIEST = 100_000  # bytes of a page with all that it loads
PATIENCE = 120_000  # milliseconds that a job may take on a busy machine

try:
    chromium_path()
except NoBrowser as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    found = Trap()
    yield found
    found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web") / "archive"


@pytest.fixture(scope="module")
def story(folder: Path, trap: Trap) -> Story:
    told = tell(folder)
    with Archive.open(folder, write=True) as archive:
        made = Resource(
            url=HOSTILE,
            fetched_at=FIRST,
            media_type="text/html; charset=utf-8",
            body=hostile(trap.port),
        )
        direct.process(archive, archive.keep(made))
    return told


@pytest.fixture(scope="module")
def pages() -> Iterator[Loopback]:
    text = plan_page()
    amended = text.replace("30处".encode(), "50处".encode())
    with Loopback({"/plan.html": ok(text), "/amended.html": ok(amended)}) as server:
        yield server


@pytest.fixture(scope="module")
def site(folder: Path, story: Story, pages: Loopback) -> Iterator[Web]:
    row = (
        f'["wetlands"]\nkind = "ministry"\npublisher = "湿地局"\nlanguage = "zh-Hans"\n'
        f'hosts = ["{pages.host}"]\nports = [{pages.origin.rpartition(":")[2]}]\n'
        f'pages = ["{pages.origin}/plan.html"]\ndelay_seconds = 0.0\n'
    )
    with web(folder, allow=pages.allow, sites=row) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Browser, site: Web) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=site.origin, locale="en-GB")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def reader(context: BrowserContext) -> Page:
    return context.new_page()


def every_path(story: Story, folder: Path) -> list[str]:
    """One address of each kind of page."""
    with Archive.open(folder) as archive:
        capture = archive.index.captures_at(story.url)[0].id
    return [
        "/",
        "/changes",
        f"/d/{story.document}",
        f"/v/{story.revised}",
        f"/c/{capture}",
        f"/d/{story.issued}..{story.revised}",
        f"/d/{story.issued}..{story.revised}?view=inline",
        "/search?q=%E6%B5%B7%E5%B2%9B",
        f"/lookup?q={story.revised[:12]}",
        "/submit",
        "/jobs",
        "/sites",
        "/schedules",
        "/works",
        f"/works/{story.document}",
        f"/works/{story.document}/report",
        "/health",
        "/about",
        "/login",
        "/nothing-here",
    ]


def test_a_page_is_submitted_and_watched_until_its_verdict(reader: Page, pages: Loopback) -> None:
    reader.goto("/")
    reader.get_by_label("Addresses, one on each line").fill(
        f"{pages.origin}/plan.html\n{pages.origin}/amended.html"
    )
    reader.get_by_role("button", name="Fetch and keep").click()
    reader.wait_for_load_state("load")
    loads: list[int] = []
    reader.on("load", lambda _: loads.append(1))
    expect(reader.get_by_role("status")).to_contain_text("done", timeout=PATIENCE)
    assert not loads, "the page renewed itself as a whole"
    says = reader.locator(".verdict .says")
    expect(says.nth(0)).to_contain_text("A text that was not here yet.")
    expect(says.nth(1)).to_contain_text("Another version of 湿地保护行动方案. One passage differs.")
    reader.get_by_role("link", name="See them side by side").click()
    expect(reader.locator(".apparatus li")).to_contain_text(re.compile("湿地保护小区30.→.50处"))


@pytest.mark.parametrize("by", ["fingerprint", "beginning of it", "pasted text", "address"])
def test_the_one_box_finds_the_plan(by: str, reader: Page, story: Story) -> None:
    asked = {
        "fingerprint": story.fingerprint,
        "beginning of it": story.revised[:10],
        "pasted text": passage("地下淡水透镜体"),
        "address": story.url.removeprefix("https://"),
    }
    reader.goto("/")
    reader.get_by_label("Fingerprint, address or text").fill(asked[by])
    reader.get_by_role("button", name="Look it up").click()
    reader.locator(".ledger .name").first.click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("海岛清洁能源和淡水保障行动计划")


@pytest.mark.parametrize("word", ["淡水", "淡化站", "島"])
def test_a_chinese_word_of_any_length_finds_the_plan(word: str, reader: Page, story: Story) -> None:
    reader.goto("/search")
    reader.get_by_label("Words").fill(word)
    reader.get_by_role("button", name="Search").click()
    hit = reader.locator(".ledger li").filter(has_text="关于印发")
    expect(hit.locator("mark").first).to_be_visible()
    assert story.revised in str(hit.locator("a.name").get_attribute("href"))


def test_a_search_that_cannot_be_understood_says_so(reader: Page, site: Web) -> None:
    answer = reader.goto("/search?q=%22%22%22*")
    assert answer is not None
    assert answer.status == 400
    expect(reader.get_by_role("alert")).to_be_visible()


def test_the_difference_of_the_amended_plan_can_be_read_and_linked(
    reader: Page, story: Story
) -> None:
    reader.goto(f"/d/{story.document}")
    reader.get_by_role("link", name="Compare with version 1").click()
    expect(reader.locator(".verdict")).to_contain_text("One passage differs.")
    expect(reader.locator(".apparatus")).to_contain_text(re.compile("培育30.→.50家"))
    expect(reader.locator(".side ins")).to_have_text("50")
    expect(reader.locator(".side del")).to_have_text("30")
    unchanged = reader.get_by_text("严禁超量开采")
    expect(unchanged.first).to_be_hidden()
    reader.get_by_role("link", name="Link to change 1").click()
    assert reader.url.endswith("#c1")
    expect(reader.locator(":target")).to_be_attached()
    reader.get_by_role("link", name="In one column").click()
    expect(reader.locator(".side").filter(has_text="3050")).to_be_visible()


def test_a_schedule_is_added_and_runs(reader: Page) -> None:
    reader.goto("/schedules")
    reader.get_by_label("Name").fill("wetlands-daily")
    reader.get_by_label("Site").select_option("wetlands")
    reader.get_by_label("When").fill("15 3 * * *")
    reader.get_by_role("button", name="Add").click()
    row = reader.get_by_role("row").filter(has_text="wetlands-daily")
    expect(row).to_contain_text("15 3 * * *")
    row.get_by_role("button", name="Run now").click()
    expect(reader.get_by_role("status")).to_contain_text("done", timeout=PATIENCE)
    reader.goto("/schedules")
    expect(row).to_contain_text("fetched")
    row.get_by_role("button", name="Remove").click()
    expect(reader.get_by_text("No schedules.")).to_be_visible()


def test_a_schedule_that_cannot_be_is_refused_with_the_reason(reader: Page) -> None:
    reader.goto("/schedules")
    reader.get_by_label("Name").fill("never")
    reader.get_by_label("Site").select_option("wetlands")
    reader.get_by_label("When").fill("99 99 * * *")
    reader.get_by_role("button", name="Add").click()
    expect(reader.get_by_role("alert")).to_be_visible()


def test_a_hostile_page_is_shown_harmless(
    context: BrowserContext, folder: Path, site: Web, trap: Trap
) -> None:
    context.add_cookies([{"name": "secret", "value": "worth-stealing", "url": site.origin}])
    reader = context.new_page()
    alerts: list[str] = []
    asked: list[str] = []

    def spoke(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    reader.on("dialog", spoke)
    context.on("requestfinished", lambda request: asked.append(request.url))
    with Archive.open(folder) as archive:
        found = archive.index.captures_at(HOSTILE)[0]
        filed = archive.index.filed(found.id)
    assert filed is not None
    for path in ("/", "/changes", f"/d/{filed.document}", f"/v/{filed.version}", f"/c/{found.id}"):
        reader.goto(path, wait_until="networkidle")
        assert reader.evaluate("window.owned") is None, path
    frame = reader.frame_locator("iframe.archived")
    expect(frame.locator("#read")).to_have_text("归档页正文")
    alone = str(reader.locator("iframe.archived").get_attribute("src"))
    assert not alone.startswith(site.origin), "archived pages have an origin of their own"
    reader.goto(alone, wait_until="networkidle")
    expect(reader.locator("#read")).to_be_visible()
    assert "湿地方案" in reader.title()
    reader.wait_for_timeout(500)
    assert not alerts
    assert trap.caught == 0, "something connected to a foreign host"
    replay = alone.partition("/c/")[0]
    assert {url for url in asked if not url.startswith((site.origin, replay))} == set()


def test_the_replay_origin_gives_no_archived_header_and_sets_no_cookie(
    reader: Page, story: Story, folder: Path
) -> None:
    with Archive.open(folder) as archive:
        capture = archive.index.captures_at(story.url)[0].id
    reader.goto(f"/c/{capture}")
    alone = str(reader.locator("iframe.archived").get_attribute("src"))
    answer = reader.request.get(alone)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert reader.request.get(alone, headers={"Host": "evil.example"}).status == 421
    assert reader.request.get(alone[:-3] + "zzz").status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(
    scheme: str, browser: Browser, site: Web, story: Story, folder: Path
) -> None:
    made = browser.new_context(
        base_url=site.origin, color_scheme="dark" if scheme == "dark" else "light"
    )
    reader = made.new_page()
    wrong = []
    for path in every_path(story, folder):
        reader.goto(path)
        reader.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found = Axe().run(
            reader, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
        )
        wrong += [
            (path, each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"])
            for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
    made.close()
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_no_page_scrolls_sideways_on_a_phone(
    browser: Browser, site: Web, story: Story, folder: Path
) -> None:
    made = browser.new_context(
        base_url=site.origin, viewport={"width": 320, "height": 700}, locale="zh-CN"
    )
    reader = made.new_page()
    wide = {}
    for path in every_path(story, folder):
        reader.goto(path)
        wide[path] = reader.evaluate("document.documentElement.scrollWidth")
    made.close()
    assert {path: width for path, width in wide.items() if width > 320} == {}


def test_pages_work_without_javascript(browser: Browser, site: Web, pages: Loopback) -> None:
    made = browser.new_context(base_url=site.origin, locale="en-GB", java_script_enabled=False)
    made.set_default_timeout(PATIENCE)
    reader = made.new_page()
    reader.goto("/submit")
    reader.get_by_label("Addresses, one on each line").fill(f"{pages.origin}/plan.html")
    reader.get_by_role("button", name="Fetch and keep").click()
    expect(reader.get_by_role("status")).to_contain_text("done", timeout=PATIENCE)
    reader.goto("/lookup")
    reader.get_by_label("Fingerprint, address or text").fill(f"{pages.origin}/plan.html")
    reader.get_by_role("button", name="Look it up").click()
    expect(reader.locator(".ledger .name")).to_have_count(1)
    made.close()


def test_the_keyboard_gets_everywhere(reader: Page) -> None:
    reader.goto("/")
    reader.keyboard.press("Tab")
    expect(reader.get_by_role("link", name="Skip to the content")).to_be_focused()
    reader.keyboard.press("Enter")
    expect(reader.locator("main")).to_be_focused()
    seen = []
    for _ in range(8):
        reader.keyboard.press("Tab")
        seen.append(reader.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"find", "urls"} <= set(seen), seen


def test_the_language_is_the_readers_and_can_be_changed(browser: Browser, site: Web) -> None:
    made = browser.new_context(base_url=site.origin, locale="zh-TW")
    reader = made.new_page()
    reader.goto("/health")
    expect(reader.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(reader.get_by_role("heading", level=1)).to_have_text("档案状况")
    reader.get_by_role("link", name="English").click()
    reader.goto("/jobs")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Jobs")
    made.close()


def test_pages_are_light_and_ask_nobody_else(
    context: BrowserContext, site: Web, story: Story, folder: Path
) -> None:
    weights: dict[str, int] = {}
    reader = context.new_page()
    bodies: list[int] = []
    others: list[str] = []

    def came(response: Response) -> None:
        if response.url.startswith(site.origin):
            bodies.append(len(response.body()))
        else:
            others.append(response.url)

    reader.on("response", came)
    for path in every_path(story, folder):
        if path.startswith("/c/"):
            continue
        bodies.clear()
        reader.goto(path, wait_until="networkidle")
        weights[path] = sum(bodies)
    assert not others
    assert {path: weight for path, weight in weights.items() if weight >= HEAVIEST} == {}


def test_every_page_carries_a_strict_policy(site: Web, story: Story, folder: Path) -> None:
    for path in every_path(story, folder):
        answer = site.page(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<[^>]*\s(?:style|on\w+)=", answer.text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text), path
