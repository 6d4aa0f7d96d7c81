"""What comes in place of a page is told from a page, and no page is taken for it."""

import gzip
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Exchange
from archive.store import Archive
from pipelines import decode, direct, soundness
from pipelines.errors import Refused
from pipelines.free_text import free_text, weight
from pipelines.page import Page, parse
from pipelines.soundness import REASONS, SIGNS
from tests.spent import cpu_seconds
from tests.unsound_pages import SOUND, UNSOUND, Sample, whole

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
SETS = ("corpus/aeb", "corpus/gne", "corpus/traf", "seeds")
WORDS = {
    **REASONS,
    "shell": "The page is an empty shell",
    "frame": "The page is only a frame",
    "leads on": "The page only leads on",
}


def parsed(html: str | bytes) -> Page:
    body = html.encode() if isinstance(html, str) else html
    return parse(decode.decode(body, None), "https://example.org/plan.html")


def refusal(html: str | bytes) -> str:
    """Why the page is refused, "" when it is not."""
    try:
        soundness.check(parsed(html))
    except Refused as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize("sample", UNSOUND, ids=lambda sample: f"{sample.kind}: {sample.name}")
def test_what_comes_in_place_of_a_page_is_refused_for_what_it_is(sample: Sample) -> None:
    assert refusal(sample.html).startswith(WORDS[sample.kind])


@pytest.mark.parametrize("html", SOUND.values(), ids=SOUND.keys())
def test_a_page_that_only_looks_like_one_is_taken(html: str) -> None:
    assert refusal(html) == ""


def test_a_reason_is_a_sentence_that_quotes_the_page() -> None:
    reason = refusal(whole("404", "<p>抱歉，您访问的页面不存在</p>"))
    assert reason == "The page says that what was asked for is not there: “404”."


def test_a_reason_names_whose_firewall_it_is() -> None:
    blocked = whole("Blocked", "<h1>You have been blocked</h1><p id=cf-error-details>Ray ID</p>")
    assert "(Cloudflare)" in refusal(blocked)


@pytest.mark.parametrize("sample", UNSOUND, ids=lambda sample: f"{sample.kind}: {sample.name}")
def test_the_same_signs_above_an_article_refuse_nothing(sample: Sample) -> None:
    article = "<p>" + "The plan sets out how storage is built in the coming years. " * 40 + "</p>"
    assert refusal(f"<p>{_words(sample.html)[:300]}</p>{article}") == ""


def _words(html: str) -> str:
    free = free_text(parsed(html).tree)
    return " ".join(free.blocks).replace("<", "")


@given(st.text(alphabet="规划通知工作安排单位年月日，。", min_size=60, max_size=600))
def test_text_without_a_sign_is_never_refused(text: str) -> None:
    assert refusal(whole("通知", f"<p>{text}</p>")) == ""


@given(st.sampled_from(UNSOUND), st.integers(min_value=0, max_value=3))
def test_refusing_does_not_depend_on_empty_elements_around(sample: Sample, depth: int) -> None:
    page = parsed(sample.html)
    around = "<div>" * depth + "</div>" * depth
    again = refusal(f"{sample.html}{around}")
    assert again.startswith(WORDS[sample.kind]), page.html


def test_a_message_in_plain_text_is_refused_and_a_note_is_not() -> None:
    with pytest.raises(Refused, match="not there"):
        soundness.check_text("404 page not found\n")
    soundness.check_text("404 tonnes were made in 2025, says the office.\nMore is to come.\n")


def test_every_kind_has_signs_and_every_sign_has_a_kind() -> None:
    assert {sign.kind for sign in SIGNS} == set(REASONS)


def test_a_status_is_explained_where_it_says_more_than_its_name() -> None:
    assert "test for a browser" in soundness.of_status(412)
    assert soundness.of_status(418) == ""


def test_a_challenge_is_archived_and_makes_no_version(tmp_path: Path) -> None:
    body = next(each for each in UNSOUND if each.name == "Cloudflare").html.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    exchange = Exchange(
        url="https://example.org/",
        fetched_at=datetime(2026, 3, 4, tzinfo=UTC),
        request=b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        response=head + body,
    )
    with Archive.open(tmp_path / "archive", write=True) as archive:
        capture = archive.keep(exchange)
        outcome = direct.process(archive, capture)
        assert archive.body(capture).data == body
        assert list(archive.index.all_versions()) == []
    assert outcome.refusal is not None
    assert outcome.refusal.stage == "soundness"
    assert outcome.refusal.reason.startswith(REASONS["challenge"])


@pytest.fixture(scope="module")
def real_pages() -> list[tuple[str, Page]]:
    found = [file for name in SETS for file in (SHARED / name).rglob("*.htm*")]
    if not found:
        pytest.skip("shared/corpus and shared/seeds are not beside this checkout")
    found += (ROOT / "tests" / "golden").rglob("*.htm*")
    return [(file.name, parsed(_bytes(file))) for file in found]


def _bytes(file: Path) -> bytes:
    body = file.read_bytes()
    return gzip.decompress(body) if file.suffix == ".gz" else body


def test_no_real_page_is_refused(real_pages: list[tuple[str, Page]]) -> None:
    refused = {}
    for name, page in real_pages:
        try:
            soundness.check(page)
        except Refused as reason:
            refused[name] = reason.reason
    assert refused == {}


def test_a_page_costs_less_than_a_millisecond(real_pages: list[tuple[str, Page]]) -> None:
    best = min(_seconds_for([page for _, page in real_pages]) for _ in range(3))
    assert best / len(real_pages) < 0.001


def _seconds_for(pages: list[Page]) -> float:
    began = time.process_time()
    for page in pages:
        soundness.check(page)
    return time.process_time() - began


BUSY = (
    "<img >", "<meta >", "<hr>", "$_ts =", "<meta http-equiv=refresh >", "location.href\t", "404 - ",
    "您的访问", "the page you are looking for ", "error 500 ", "{", '"@type" : ', "<a>x</a>", "<b></b>",
)  # fmt: skip
AROUND = ("{}", "<title>{}</title><p>404</p>", "<title>404</title><p>{}</p>", "<script>{}</script>")


@pytest.mark.parametrize("piece", BUSY)
@pytest.mark.parametrize("around", AROUND)
def test_a_page_built_to_keep_the_signs_busy_costs_no_more_than_others(
    piece: str, around: str
) -> None:
    try:
        page = parsed(around.replace("{}", piece * 4000))
    except Refused:
        return  # no other stage would see it

    def look() -> None:
        with suppress(Refused):
            soundness.check(page)

    assert cpu_seconds(look, 0.3) < 0.3


def test_a_han_character_weighs_as_much_as_two_letters() -> None:
    assert weight("规划") == weight("plan")
