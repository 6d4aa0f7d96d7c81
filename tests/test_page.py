import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decode import Decoded
from pipelines.errors import Refused
from pipelines.page import Page, parse
from tests.spent import cpu_seconds


def parsed(text: str) -> Page:
    return parse(Decoded(text=text, encoding="utf-8", evidence="bom", damage=0.0), "http://a.b/")


def reason(text: str) -> str:
    with pytest.raises(Refused) as refused:
        parsed(text)
    assert refused.value.stage == "page"
    return refused.value.reason


def test_the_names_inside_a_page_do_not_change_its_encoding() -> None:
    text = '<?xml version="1.0" encoding="gbk"?><html><head><meta charset="big5"></head><p>计划</p>'
    page = parsed(text)
    assert page.tree.findtext(".//p") == "计划"
    assert (page.url, page.html) == ("http://a.b/", text)


def test_comments_do_not_split_a_text() -> None:
    assert parsed("<p>one<!-- two -->three</p>").tree.findtext(".//p") == "onethree"


def test_characters_that_html_forbids_are_not_in_the_tree() -> None:
    assert parsed("<p>a\0b\x01c\x7fd\te</p>").tree.findtext(".//p") == "abcd\te"


def test_impossible_character_references_leave_a_text_that_can_be_kept() -> None:
    text = parsed("<p>&#xD800; &#0; &#1114112; x</p>").tree.findtext(".//p")
    assert text is not None
    assert text.endswith("x")
    text.encode("utf-8")


def test_a_text_of_more_than_ten_million_bytes_is_whole() -> None:
    assert len(parsed(f"<p>{'字' * 4_000_000}</p>").tree.findtext(".//p") or "") == 4_000_000


@pytest.mark.parametrize("text", ["", "  \n", "<!-- nothing -->"])
def test_a_page_without_an_element_is_refused(text: str) -> None:
    assert reason(text)


@pytest.mark.parametrize(
    ("root", "kind"),
    [
        ("<rss version='2.0'>", "a news feed"),
        ("<feed xmlns='x'>", "a news feed"),
        ("<urlset>", "a sitemap"),
        ("<sitemapindex>", "a sitemap"),
        ("<svg onload='alert(1)'>", "a drawing"),
    ],
)
def test_data_is_no_page(root: str, kind: str) -> None:
    prolog = '<?xml version="1.0"?><!-- made --><!DOCTYPE x [<!ENTITY a "lol">]>\n'
    assert kind in reason(f"{prolog}{root}")


def test_a_drawing_inside_a_page_is_no_reason_to_refuse_it() -> None:
    assert parsed("<div><svg></svg><p>text</p></div>").tree.findtext(".//p") == "text"


def test_nesting_deeper_than_the_parser_reads_is_refused_and_not_cut() -> None:
    assert "nests" in reason("<div>" * 100_000 + "deep" + "</div>" * 100_000)
    assert parsed("<div>" * 1000 + "deep").tree.xpath("string()") == "deep"


@pytest.mark.parametrize("value", ["1", '">"', "'>'"])
def test_a_flood_of_attributes_is_refused_before_it_costs_time(value: str) -> None:
    text = "<p " + " ".join(f"a{n}={value}" for n in range(50_000)) + ">x</p>"
    assert "50000 attributes" in reason(text)
    assert cpu_seconds(lambda: reason(text), 2) < 2


@pytest.mark.parametrize(
    "text",
    [
        "<p>" + "word, another " * 5000 + "</p>",
        "<pre>" + "x y\n" * 50_000 + "</pre>",
        "<p title='" + "a=b " * 20_000 + "'>x</p>",
        "<p>x</p><script>if (a<b) { " + "x = y ; " * 20_000 + "}</script>",
    ],
)
def test_long_texts_values_and_programs_are_no_flood(text: str) -> None:
    assert parsed(text).tree.find(".//*") is not None


def test_a_page_of_a_million_elements_is_refused() -> None:
    assert "700,00" in reason("<b>x</b>" * 700_000)


@given(st.text("<>/=\"'!-[]&;abp \n", max_size=300))
def test_any_markup_is_parsed_or_refused(text: str) -> None:
    try:
        page = parsed(text)
    except Refused:
        return
    assert page.tree.tag == "html"
