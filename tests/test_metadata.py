"""What a page says about itself, where it was found, and which words are never an answer."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from archive.records import Description, Found
from pipelines.decode import decode
from pipelines.extract import MainText
from pipelines.metadata import describe
from pipelines.metadata.authors import is_name, names
from pipelines.metadata.claims import claims
from pipelines.metadata.dates import day_in_address, first_moment, is_next_day, whole_day
from pipelines.metadata.official import bodies_in, signature
from pipelines.metadata.titles import squeezed, without_site
from pipelines.page import parse

SHARED = Path(__file__).resolve().parents[2] / "shared"
CHINESE = SHARED / "corpus" / "gne" / "tests"


def described(body: str, head: str = "", *, url: str | None = None, main: str = "") -> Description:
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    return describe(
        parse(decode(page.encode()), url), MainText(text=main, blocks=(), chosen="test")
    )


def value(found: Found | None) -> str | None:
    return found.value if found else None


# Titles


def test_the_government_meta_names_the_title_before_everything_else() -> None:
    found = described(
        "<h1>海岛网</h1><h2>海岛供水规划</h2>",
        '<meta name="ArticleTitle" content="海岛供水规划"><title>海岛供水规划 - 海岛网</title>',
    )
    assert found.title == Found(value="海岛供水规划", origin="meta:ArticleTitle")


@pytest.mark.parametrize(
    "title",
    [
        "海岛供水规划公开征求意见_海岛市人民政府",
        "海岛供水规划公开征求意见-海岛网",
        "海岛供水规划公开征求意见_要闻_海岛日报",
        "海岛供水规划公开征求意见--时政--海岛网",
    ],
)
def test_a_title_with_the_name_of_the_site_is_cut_to_the_title(title: str) -> None:
    assert value(described("<p>正文</p>", f"<title>{title}</title>").title) == (
        "海岛供水规划公开征求意见"
    )


def test_the_heading_that_the_title_element_repeats_is_the_title() -> None:
    found = described(
        '<h1><a href="/">Harbour Times</a></h1><h1>Water for the islands</h1><h2>Comments</h2>',
        "<title>Water for the islands | Harbour Times</title>",
    )
    assert found.title == Found(value="Water for the islands", origin="heading")


def test_a_title_that_ends_in_a_quotation_keeps_its_mark() -> None:
    said = "Publican el «Plan de agua para las islas»"
    found = described("<p>texto</p>", f"<title>{said} | Diario del Puerto</title>")
    assert value(found.title) == said


def test_a_line_of_the_page_shows_where_the_title_ends() -> None:
    found = described(
        "<div>海岛供水规划</div><p>正文</p>", "<title>海岛供水规划 海岛水务研究院附属中心</title>"
    )
    assert value(found.title) == "海岛供水规划"


def test_a_bar_inside_a_heading_is_part_of_the_title() -> None:
    title = "观察|海岛供水难在哪里"
    assert value(described(f"<h1>{title}</h1>", f"<title>{title}_海岛网</title>").title) == title


def test_a_date_run_into_the_heading_is_no_part_of_the_title() -> None:
    found = described(
        "<h1>27.01.2022 Wasser für die Inseln</h1>",
        '<meta property="og:title" content="Wasser für die Inseln">',
    )
    assert value(found.title) == "Wasser für die Inseln"


def test_a_page_without_title_and_heading_has_none() -> None:
    assert described("<p>text</p>").title is None


@given(st.text(max_size=80))
def test_a_title_without_its_site_is_a_part_of_it(said: str) -> None:
    assert without_site(said, frozenset({"harbour"})) in said


# Authors


@pytest.mark.parametrize(
    "word",
    ["打印", "分享", "字号", "登录", "Admin", "Share", "By", "我已授权", "系统管理员", "网络整理",
     "name", "email@example.org", "104363", "CSDN.NET", "https://a.example/b", "关闭", "", "李"],
)  # fmt: skip
def test_a_word_of_the_interface_is_never_an_author(word: str) -> None:
    assert not is_name(word)
    assert described("<h1>T</h1>", f'<meta name="author" content="{word}">').author is None


def test_the_name_of_the_site_is_no_author() -> None:
    head = '<meta name="author" content="海岛网"><meta property="og:site_name" content="海岛网">'
    assert described("<h1>海岛供水</h1>", head).author is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By Anna Ruiz and Ben Li", "Anna Ruiz; Ben Li"),
        ("von Eva Kern", "Eva Kern"),
        ("作者：张三、李四", "张三; 李四"),
        ("Share", None),
    ],
)
def test_names_are_told_from_what_stands_before_and_between_them(
    text: str, expected: str | None
) -> None:
    assert names(text) == expected


def test_json_ld_names_the_author_the_publisher_and_the_time() -> None:
    found = described(
        "<h1>Water</h1>",
        '<script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle"], "headline": '
        '"Water", "author": [{"name": "Anna Ruiz"}], "publisher": {"name": "Harbour Times"}, '
        '"datePublished": "2022-03-04T17:15:33+01:00"}]}</script>',
    )
    assert found.author == Found(value="Anna Ruiz", origin="json-ld")
    assert found.publisher == Found(value="Harbour Times", origin="json-ld")
    assert found.published_at == Found(value="2022-03-04T17:15:33+01:00", origin="json-ld")
    assert found.zone == "stated"


def test_a_byline_gives_the_author_where_no_tag_does() -> None:
    body = '<h1>Water</h1><p class="byline">By <a rel="author">Anna Ruiz</a></p>'
    body += '<div class="comment"><span class="author">Troll</span></div>'
    assert value(described(body).author) == "Anna Ruiz"


# Source, dates and zones


def test_the_line_under_a_chinese_title_gives_source_author_and_time() -> None:
    found = described(
        "<a>海岛供水规划印发</a><h1>海岛供水规划印发</h1>"
        "<div>2022年03月07日 09:48:19 来源：<a>水利部</a> 作者：张三 点击量：4409</div><p>正文</p>"
    )
    assert value(found.source) == "水利部"
    assert value(found.author) == "张三"
    assert found.published_at == Found(value="2022-03-07T09:48:19+08:00", origin="text")
    assert found.zone == "assumed"


def test_government_metas_give_date_and_source() -> None:
    found = described(
        "<h1>海岛供水规划</h1><p>来源：别处</p>",
        '<meta name="PubDate" content="2022-03-07 09:48"><meta name="ContentSource" content="水利部">'
        '<meta name="SiteName" content="海岛市人民政府"><meta name="ArticleTitle" content="海岛供水规划">',
    )
    assert found.published_at == Found(value="2022-03-07T09:48:00+08:00", origin="meta:PubDate")
    assert value(found.source) == "水利部"
    assert value(found.publisher) == "海岛市人民政府"


def test_a_time_without_zone_on_a_page_that_is_not_chinese_is_a_day() -> None:
    found = described(
        "<h1>Water</h1>",
        '<meta property="article:published_time" content="2022-03-07 09:48">',
    )
    assert (value(found.published_at), found.zone) == ("2022-03-07", "none")


def test_the_day_that_readers_saw_is_believed_before_a_server_in_another_zone() -> None:
    head = '<meta property="article:published_time" content="2023-11-09T05:30:59+00:00">'
    found = described("<h1>Water</h1>", head, url="https://harbour.example/2023/11/08/water/")
    assert value(found.published_at) == "2023-11-08"
    assert value(described("<h1>Water</h1>", head).published_at) == "2023-11-09T05:30:59+00:00"


def test_a_wechat_page_states_its_time_in_a_program() -> None:
    found = described(
        '<h2>海岛供水</h2><script>var ct = "1581517074";</script>',
        url="https://mp.weixin.qq.com/s/x",
    )
    assert found.published_at == Found(value="2020-02-12T22:17:54+08:00", origin="script:ct")


def test_a_page_that_names_no_date_has_none() -> None:
    found = described("<h1>Water</h1><p>In 2019 the city began to build.</p>")
    assert (found.published_at, found.zone) == (None, "none")


@pytest.mark.parametrize(
    ("text", "chinese", "expected"),
    [
        ("2022年3月4日 17:15", True, "2022-03-04T17:15:00+08:00"),
        ("2022-03-04T17:15:33Z", False, "2022-03-04T17:15:33+00:00"),
        ("2022-03-04T17:15:33+0530", False, "2022-03-04T17:15:33+05:30"),
        ("iconMar 4, 2022 17:51", False, None),
        ("Mar 4, 2022 17:51", False, "2022-03-04"),
        ("4 de marzo de 2022", False, "2022-03-04"),
        ("4. März 2022", False, "2022-03-04"),
        ("21.01.2022 um 11:46", False, "2022-01-21"),
        ("二〇二二年三月四日", True, "2022-03-04"),
        ("20220304", False, "2022-03-04"),
        ("2022-13-45", False, None),
        ("3/4/2022", False, None),
        ("1.2.3", False, None),
    ],
)
def test_dates_are_read_as_pages_write_them(text: str, chinese: bool, expected: str | None) -> None:
    moment = first_moment(text, chinese=chinese)
    assert (moment.value if moment else None) == expected


@given(st.text())
def test_no_text_makes_the_dates_fail(text: str) -> None:
    first_moment(text, chinese=True)
    whole_day(text)
    day_in_address(text)


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 12, 31)))
def test_a_day_is_read_in_each_form_that_it_is_written(day: date) -> None:
    written = (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.day}.{day.month}.{day.year}",
        f"{day:%B} {day.day}, {day.year}",
    )
    assert {whole_day(form) for form in written} == {day.isoformat()}


def test_the_address_states_a_day_only_when_it_is_whole() -> None:
    assert day_in_address("https://a.example/202203/t20220304_1.html") == "2022-03-04"
    assert day_in_address("https://a.example/2022-03/04/c_11.htm") == "2022-03-04"
    assert day_in_address("https://a.example/2022/12/index.html") is None
    assert day_in_address("https://a.example/20229999/") is None
    assert is_next_day("2022-02-28", "2022-03-01")


# Official texts

FIELDS = """
<table><tr><td>索 引 号：</td><td>000014349/2022-00025</td></tr>
<tr><td>发文机关：</td><td>海岛市人民政府办公室</td></tr>
<tr><td>发文字号：</td><td>岛政办发[2022] 25号</td><td>成文日期：</td><td>2022年03月03日</td></tr></table>
<h1>海岛供水规划</h1><p>正文</p>
"""


def test_the_table_above_an_official_text_gives_its_numbers() -> None:
    found = described(FIELDS)
    assert value(found.index_number) == "000014349/2022-00025"
    assert value(found.document_number) == "岛政办发〔2022〕25号"
    assert [issuer.value for issuer in found.issuers] == ["海岛市人民政府办公室"]
    assert value(found.issued_on) == "2022-03-03"


def test_a_number_alone_at_the_head_of_the_text_is_its_own() -> None:
    main = "海岛供水规划\n岛水发〔2022〕7号\n各单位：\n根据岛政发〔2020〕1号，制定本规划。\n"
    assert (
        value(described("<h1>海岛供水规划</h1>", main=main).document_number) == "岛水发〔2022〕7号"
    )


def test_a_number_that_the_text_only_cites_is_not_its_own() -> None:
    main = "海岛供水规划\n根据岛政发〔2020〕1号，制定本规划。\n"
    assert described("<h1>海岛供水规划</h1>", main=main).document_number is None


def test_names_before_a_date_alone_are_a_signature() -> None:
    signed = signature("请认真执行。\n水利部　财政部\n教育部\n2022年3月3日\n附件：规划\n")
    assert signed is not None
    assert signed.issuers == ("水利部", "财政部", "教育部")
    assert signed.day == "2022-03-03"


def test_a_translated_signature_is_one_too() -> None:
    signed = signature("Please act.\n\nMinistry of Water, Ministry of Finance\n\nMarch 3, 2022\n")
    assert signed is not None
    assert signed.issuers == ("Ministry of Water", "Ministry of Finance")


def test_a_date_after_plain_text_is_no_signature() -> None:
    assert signature("工程竣工。\n2022年3月3日\n") is None
    assert bodies_in("各有关单位：") == ()


# Pages built to break a reader


@pytest.mark.parametrize(
    "head",
    [
        '<script type="application/ld+json">{"@type": [1, {}], "headline": {"a": 1}}</script>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
        '<link rel="canonical" href="http://[">',
        '<meta property="og:title" content="' + "x" * 100_000 + '">',
        '<meta name="PubDate" content="99999-99-99"><meta name="author" content="\u202e">',
        "<title>" + "_|-" * 5_000 + "</title>",
    ],
)
def test_a_broken_head_is_no_exception(head: str) -> None:
    assert isinstance(described("<h1>T</h1><a href='http://['>x</a>", head), Description)


@given(st.text(alphabet="<>/abh1 \"'=_|-：来源作者2022年3月4日\n", max_size=200))
def test_any_body_is_described(body: str) -> None:
    assert isinstance(described(body + "x"), Description)


def test_claims_keep_the_first_of_two_tags_of_one_name() -> None:
    tree = html.document_fromstring(
        '<html><head><meta name="A" content=" 1 "><meta name="a" content="2"></head></html>'
    )
    assert claims(tree).metas == {"a": "1"}


def test_titles_are_compared_by_letters_and_digits() -> None:
    assert squeezed("“十四五” 规划!") == squeezed("十四五规划")


# Real pages

TITLES = {
    "cmse/1": "天宫一号与神舟九号载人交会对接任务第二场新闻发布会",
    "shanxi/1": "山西品牌丝路行（南美站）正式启动",
    "sxmu/1": "中华人民共和国监察法",
    "xinhuanet/1": "法国全国大罢工再次严重影响交通",
    "people/1": "女儿出嫁，郑板桥画了几笔兰花当嫁妆",
}


@pytest.mark.skipif(
    not CHINESE.is_dir(), reason="the Chinese news pages are not beside this checkout"
)
@pytest.mark.parametrize("name", TITLES)
def test_real_chinese_pages_give_their_title_and_no_button_as_author(name: str) -> None:
    page = parse(decode((CHINESE / f"{name}.html").read_bytes()), None)
    found = describe(page, MainText(text="", blocks=(), chosen="test"))
    assert value(found.title) == TITLES[name]
    assert found.author is None
    assert found.published_at is not None
    assert re.match(r"20\d\d-\d\d-\d\d", found.published_at.value)
