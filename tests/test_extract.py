import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decode import Decoded
from pipelines.errors import Refused
from pipelines.extract import MainText, extract, plain_text
from pipelines.extract.containers import CONTAINERS, Container
from pipelines.page import parse
from tests.spent import cpu_seconds

PARAGRAPHS = (
    "为深入实施区域协调发展战略，进一步推进东西部科技合作，特制定本实施方案。",
    "坚持政府引导、市场主体，健全科技合作体系，推动资源共享、人才交流、平台联建。",
    "各省（自治区、直辖市）科技管理部门要履行主体责任，确保任务落实到位。",
)
ENGLISH = (
    "The ministry said on Monday that the plan will support research in the western regions.",
    "Universities and companies are asked to share their laboratories, their data and their staff.",
    "Progress will be assessed every year, and the results will be published, officials said.",
)
MENU = "<div class='nav'><ul><li><a href='/'>首页</a></li><li><a href='/z'>政务公开</a></li></ul></div>"
FOOT = "<div class='footer'><p>版权所有 某某厅 <a href='/a'>关于我们</a></p></div>"
ENGLISH_MENU = (
    "<nav><ul><li><a href='/'>Home</a></li><li><a href='/n'>World news</a></li></ul></nav>"
)
ENGLISH_FOOT = (
    "<aside><h3>Related stories</h3><ul><li><a href='/1'>Copper prices rise on supply worries</a>"
    "</li></ul></aside><footer><p>Copyright 2022. All rights reserved.</p></footer>"
)


def main_text(html: str) -> MainText:
    return extract(parse(Decoded(text=html, encoding="utf-8", evidence="bom", damage=0.0), None))


def texts(main: MainText, kind: str | None = None) -> list[str]:
    return [main.text[b.start : b.end] for b in main.blocks if kind in (None, b.kind)]


def chinese(body: str) -> str:
    return f"<html><head><title>方案</title></head><body>{MENU}{body}{FOOT}</body></html>"


def english(body: str) -> str:
    head = "<html><head><title>A plan - The Paper</title></head><body>"
    return f"{head}{ENGLISH_MENU}<div class='story'>{body}</div>{ENGLISH_FOOT}</body></html>"


def in_p(paragraphs: tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in paragraphs)


def test_blocks_are_the_lines_of_the_text() -> None:
    main = main_text(chinese(f"<div class='TRS_Editor'>{in_p(PARAGRAPHS)}</div>"))
    assert main.text == "".join(f"{text}\n" for text in PARAGRAPHS)
    assert texts(main) == list(PARAGRAPHS)
    assert main.chosen == "container:TRS_Editor"


def test_inline_elements_never_break_a_line() -> None:
    inline = (
        "深化青海与<span id='stock_1'><a href='/q'>天津</a></span><span></span>、<b>山<i>东</i></b>等"
        "<font>省市</font><sup>1</sup>合作，到<span lang='EN-US'>2025</span>年显著提升。"
    )
    main = main_text(chinese(f"<div id='UCAP-CONTENT'><p>{inline}</p></div>"))
    assert texts(main) == ["深化青海与天津、山东等省市1合作，到2025年显著提升。"]


@pytest.mark.parametrize(
    "body",
    [
        "<div>{0}</div><div>{1}</div><div>{2}</div>",
        "{0}<br><br>{1}<br/>{2}",
        "<section>{0}<p>{1}</p>{2}</section>",
        "<table><tr><td>{0}<br>{1}<p>{2}</p></td></tr></table>",
        "<pre>{0}\n{1}\n\n{2}</pre>",
    ],
)
def test_block_elements_always_break_a_line(body: str) -> None:
    main = main_text(chinese(f"<div class='TRS_Editor'>{body.format(*PARAGRAPHS)}</div>"))
    assert texts(main) == list(PARAGRAPHS)


def test_a_line_feed_of_the_source_is_a_space_only_between_words() -> None:
    body = "<p>为深入实施\n  区域协调发展战略，特制定。</p><p>a plan\n of two   words, here</p>"
    main = main_text(chinese(f"<div class='TRS_Editor'>{body}</div>"))
    assert texts(main) == ["为深入实施区域协调发展战略，特制定。", "a plan of two words, here"]


def test_headings_items_and_rows_are_marked() -> None:
    body = (
        f"<h2>一、总体要求</h2>{in_p(PARAGRAPHS)}<ul><li>第一项任务</li><li><p>第二项任务</p></li></ul>"
        "<table><tr><th>序号</th><th>任务</th></tr><tr><td>1</td><td><p>联合</p><p>攻关</p></td></tr>"
        "</table>"
    )
    main = main_text(chinese(f"<div class='TRS_Editor'>{body}</div>"))
    assert [(b.level, main.text[b.start : b.end]) for b in main.blocks if b.kind == "heading"] == [
        (2, "一、总体要求")
    ]
    assert texts(main, "item") == ["第一项任务", "第二项任务"]
    assert texts(main, "row") == ["序号\t任务", "1\t联合 攻关"]


def test_a_page_laid_out_as_a_table_keeps_its_paragraphs() -> None:
    body = (
        f"<table><tr><td>{MENU}</td><td><h1>方案</h1><table><tr><td>{in_p(PARAGRAPHS)}</td></tr>"
        "</table></td></tr></table>"
    )
    assert [t for t in texts(main_text(chinese(body))) if t in PARAGRAPHS] == list(PARAGRAPHS)


def test_what_a_browser_hides_is_no_text() -> None:
    body = (
        f"{in_p(PARAGRAPHS)}<p style='display : none'>隐藏的文字，看不见。</p><script>var a=1;</script>"
        "<p hidden>也看不见，对吧。</p><noscript>请开启脚本，谢谢。</noscript><textarea>输入</textarea>"
    )
    main = main_text(chinese(f"<div class='TRS_Editor'>{body}</div>"))
    assert texts(main) == list(PARAGRAPHS)


@pytest.mark.parametrize("row", CONTAINERS, ids=lambda row: row.name)
def test_each_known_container_gives_its_text_alone(row: Container) -> None:
    named = f"id='{row.id}'" if row.id else f"class='a {row.class_} b'"
    beside = "<div class='info'><span>来源：科技部</span><a>打印</a></div>"
    main = main_text(chinese(f"<h1>方案</h1>{beside}<div {named}>{in_p(PARAGRAPHS)}</div>"))
    assert texts(main) == list(PARAGRAPHS)
    assert main.chosen == f"container:{row.name}"


def test_an_empty_container_is_passed_over() -> None:
    body = f"<div class='TRS_Editor'><a href='/x'>附件</a></div><div class='k'>{in_p(PARAGRAPHS)}</div>"
    main = main_text(chinese(body))
    assert texts(main) == list(PARAGRAPHS)
    assert main.chosen == "region"


def test_a_name_that_others_use_too_must_hold_the_text() -> None:
    abstract = (
        "<div class='article-content'><p>本文介绍有关情况，供参考，内容很短，仅此而已。</p></div>"
    )
    main = main_text(chinese(f"{abstract}<div class='k'>{in_p(PARAGRAPHS)}</div>"))
    assert set(PARAGRAPHS) <= set(texts(main))


def test_the_running_text_is_found_without_a_known_name() -> None:
    listed = "".join(
        f"<li><a href='/{n}'>关于做好第{n}批项目申报工作的通知，请查收</a></li>" for n in range(30)
    )
    body = f"<div class='x1'>{in_p(PARAGRAPHS)}</div><div class='x2'><ul>{listed}</ul></div>"
    assert texts(main_text(chinese(body))) == list(PARAGRAPHS)


def test_a_notice_of_two_sentences_comes_out_without_navigation() -> None:
    notice = (
        "<p>各省、自治区、直辖市科技厅：</p><p>现将方案印发给你们，请贯彻落实。</p><p>科技部</p>"
    )
    main = main_text(chinese(f"<div class='z'>{notice}</div>"))
    assert "现将方案印发给你们，请贯彻落实。" in texts(main)
    assert not {"首页", "政务公开", "关于我们"} & set(texts(main))


@pytest.mark.parametrize("tag", ["p", "div"])
def test_english_text_comes_out_without_what_stands_around_it(tag: str) -> None:
    body = "<h1>A plan</h1>" + "".join(f"<{tag}>{text}</{tag}>" for text in ENGLISH * 2)
    main = main_text(english(body))
    assert [text for text in texts(main) if text in ENGLISH] == list(ENGLISH * 2)
    for unwanted in ("Home", "World news", "Related stories", "Copper prices", "All rights"):
        assert unwanted not in main.text


def test_trafilatura_is_asked_only_when_the_lines_leave_a_doubt() -> None:
    clear = main_text(english(in_p(ENGLISH * 5)))
    assert clear.chosen == "lines"
    doubtful = main_text(
        english("<p>A plan, of a kind.</p><ul><li>One thing</li></ul><p>By the ministry</p>")
    )
    assert doubtful.chosen == "lines+trafilatura"


def test_text_that_stands_aside_by_its_names_is_found_when_there_is_no_other() -> None:
    main = main_text(f"<body><div class='sidebar widget'>{in_p(ENGLISH)}</div></body>")
    assert texts(main) == list(ENGLISH)


@pytest.mark.parametrize(
    "body", ["<p> </p>", "<p>…—·</p>", "<ul><li><a href='/'>首页</a></li></ul>"]
)
def test_a_page_without_text_is_refused_with_a_sentence(body: str) -> None:
    with pytest.raises(Refused) as refused:
        main_text(f"<html><body>{body}</body></html>")
    assert refused.value.stage == "extract"
    assert refused.value.reason.endswith(".")


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{ENGLISH[0]}</p>" + "<span>" * 1900 + ENGLISH[1],
        f"<p>{ENGLISH[0]}</p>" + "<ul><li>" * 900 + ENGLISH[1],
        f"<p>{ENGLISH[0]}</p>" + "<table><tr><td>" * 600 + ENGLISH[1],
        "<div class='TRS_Editor'>科技部</div>" * 20_000,
        f"<p>{ENGLISH[0]}</p>" + "<a href='/x'>x</a>" * 50_000,
        "<p>a" + " \t\n" * 700_000 + f"{ENGLISH[0]}</p>",
        f"<p>{'字' * 1_400_000}</p>",
    ],
    ids=["spans", "lists", "tables", "containers", "links", "spaces", "one line"],
)
def test_pages_made_to_exhaust_are_finished(html: str) -> None:
    found: list[str] = []
    assert cpu_seconds(lambda: found.append(main_text(html).text), 15) < 15
    assert all(found)


def test_extracting_leaves_the_tree_as_it_was() -> None:
    page = parse(
        Decoded(text=english(in_p(ENGLISH)), encoding="utf-8", evidence="bom", damage=0.0), None
    )
    before = [(element.tag, element.text, element.tail) for element in page.tree.iter()]
    first = extract(page)
    assert [(element.tag, element.text, element.tail) for element in page.tree.iter()] == before
    assert extract(page) == first


def test_plain_text_keeps_its_lines() -> None:
    body = "一、总体要求\r\n\r\n　　坚持政府引导。\n\0\n二、重点任务\n"
    main = plain_text(Decoded(text=body, encoding="utf-8", evidence="bom", damage=0.0))
    assert texts(main, "paragraph") == ["一、总体要求", "坚持政府引导。", "二、重点任务"]
    assert main.text == "一、总体要求\n坚持政府引导。\n二、重点任务\n"


def test_plain_text_without_a_letter_is_refused() -> None:
    with pytest.raises(Refused):
        plain_text(Decoded(text=" \n--\n", encoding="utf-8", evidence="bom", damage=0.0))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["p", "div", "li", "td", "h2", "span", "a", "br", "pre", "table", "tr"]
            ),
            st.text("ab 计划，。\n\u3000", max_size=40),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_blocks_tile_the_text_of_any_page(pieces: list[tuple[str, str, bool]]) -> None:
    html = "".join(f"<{tag}>{text}{f'</{tag}>' * ends}" for tag, text, ends in pieces)
    try:
        main = main_text(f"<html><body>{html}</body></html>")
    except Refused:
        return
    at = 0
    for block in main.blocks:
        assert block.start == at
        assert block.end > block.start
        assert "\n" not in main.text[block.start : block.end]
        assert (block.level > 0) == (block.kind == "heading")
        at = block.end + 1
    assert at == len(main.text)
    assert main.text.endswith("\n")
