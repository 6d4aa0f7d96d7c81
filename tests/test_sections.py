"""The section tree of official texts: numbering, lost numbers, and spans."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Section
from pipelines.sections import sections
from pipelines.sections.labels import han_number, head, roman_number

SHARED = Path(__file__).resolve().parents[2] / "shared"
GOLD = SHARED / "gold" / "witnesses.json"

PLAN = """海岛供水规划
为改善海岛供水，制定本规划。
一、总体要求
到2030年，各岛通水。
二、重点任务
（一）建设水厂。
1. 选址。充分论证。
2. 施工。按期完成。
（二）铺设管道。
三、保障措施
（一）加强领导。
"""
LAW = """海岛保护条例
第一章 总则
第一条 为保护海岛，制定本条例。
第二条 下列海岛适用本条例：
（一）有居民海岛；
（二）无居民海岛。
第二章 附则
第三条 本条例自公布之日起施行。
附件1
名录
"""


def paths(text: str) -> list[str]:
    return [section.path for section in sections(text)]


def named(text: str) -> dict[str, str]:
    return {section.path: text[section.start : section.end] for section in sections(text)}


def test_a_plan_becomes_a_tree_of_its_numbers() -> None:
    assert paths(PLAN) == [
        "title", "pre", "1", "1.body", "2", "2.1", "2.1.1", "2.1.2", "2.2", "3", "3.1",
    ]  # fmt: skip


def test_a_unit_spans_everything_inside_it() -> None:
    units = named(PLAN)
    assert units["title"] == "海岛供水规划"
    assert units["pre"] == "为改善海岛供水，制定本规划。"
    assert units["1.body"] == "到2030年，各岛通水。"
    assert units["2.1"] == "（一）建设水厂。\n1. 选址。充分论证。\n2. 施工。按期完成。"
    assert units["2"].endswith("（二）铺设管道。")


def test_the_heading_ends_with_its_first_sentence_where_text_follows_on_the_line() -> None:
    unit = next(section for section in sections(PLAN) if section.path == "2.1.1")
    assert unit.label == "1."
    assert PLAN[slice(*unit.heading)] == "1. 选址。"


def test_a_law_has_chapters_articles_items_and_annexes() -> None:
    assert paths(LAW) == [
        "title", "1", "1.1", "1.2", "1.2.1", "1.2.2", "2", "2.3", "annex1", "annex1.body",
    ]  # fmt: skip


def test_roman_numbers_before_brackets_before_numbers_is_a_translation() -> None:
    text = (
        "I. Aims\nText.\nII. Tasks\n(1) Water\n1. Wells. Dig.\ntwo。 Pipes. Lay.\n3. Pay.\nIII. End"
    )
    assert paths(text)[:8] == ["1", "1.body", "2", "2.1", "2.1.1", "2.1.2", "2.1.3", "3"]
    labels = {section.path: section.label for section in sections(text)}
    assert labels["2.1.2"] == "two。"


def test_outer_numbers_that_a_translation_lost_are_told_from_the_shape() -> None:
    text = (
        "Introducción larga del plan que termina en punto.\n"
        "Requisitos\nUn párrafo solo es el texto del título.\n"
        "Tareas\nConstruir plantas de agua.\n1. Elegir. Con cuidado.\n2. Obras. A tiempo.\n"
        "Tender tuberías.\n1. Medir. Todo.\n2. Cavar. Hondo.\n"
        "Garantías\nReforzar la dirección. Cada isla.\nEvaluar. Cada año."
    )
    assert paths(text) == [
        "pre", "1", "1.body", "2", "2.1", "2.1.1", "2.1.2", "2.2", "2.2.1", "2.2.2",
        "3", "3.1", "3.2",
    ]  # fmt: skip
    assert {section.label for section in sections(text) if section.path in {"2", "2.1"}} == {""}


def test_decimal_numbers_nest_by_their_points() -> None:
    assert paths("1. Aims\n2. Tasks\n2.1 Water\n2.2 Roads\n3. End") == ["1", "2", "2.1", "2.2", "3"]


@pytest.mark.parametrize(
    "line",
    [
        "2022年3月3日",
        "1.5亿元投资",
        "一是加强领导",
        "3,000 people",
        "I think so",
        "one of them",
        "",
    ],
)
def test_a_line_that_only_begins_like_a_number_is_text(line: str) -> None:
    assert head(line, 0) is None


def test_a_number_out_of_order_is_text() -> None:
    assert paths("1. a\n2. b\n47. c\n3. d") == ["1", "2", "2.body", "3"]


def test_a_unit_given_twice_keeps_two_paths() -> None:
    text = "1. a\n2. b\n1. a\n2. b"
    assert paths(text) == ["1", "2", "1~2", "2~2"]


def test_the_credits_of_the_page_are_no_part_of_the_last_unit() -> None:
    text = "一、甲\n二、乙\n正文。\n（文章来源：某社）"
    assert named(text)["2"] == "二、乙\n正文。"


@pytest.mark.parametrize("text", ["", "\n\n", "没有编号的正文。", "一、只有一节"])
def test_a_text_without_numbered_units_has_no_sections(text: str) -> None:
    assert sections(text) == ()


@given(st.integers(min_value=1, max_value=99))
def test_chinese_numbers_are_read_as_they_are_written(number: int) -> None:
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    written = ("" if tens == 1 else digits[tens]) + "十" if tens else ""
    assert han_number(written + (digits[ones] if ones else "")) == number


def test_roman_numbers_are_read_as_they_are_written() -> None:
    roman = [
        "I",
        "II",
        "III",
        "IV",
        "V",
        "VI",
        "VII",
        "VIII",
        "IX",
        "X",
        "XI",
        "XIV",
        "XIX",
        "XL",
        "XLIX",
    ]
    assert [roman_number(one) for one in roman] == [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 19, 40, 49,
    ]  # fmt: skip


LINES = st.lists(
    st.sampled_from(
        [
            "一、甲",
            "二、乙。",
            "（一）丙",
            "1. 丁",
            "2. 戊。己",
            "第一条 庚",
            "附件",
            "正文。",
            "",
            " 三、辛",
            "two。 x",
        ]
    )
)


@given(LINES)
def test_units_are_inside_the_text_and_inside_their_parents(lines: list[str]) -> None:
    text = "\n".join(lines)
    units: dict[str, Section] = {}
    for section in sections(text):
        assert 0 <= section.start < section.end <= len(text)
        assert section.start <= section.heading[0] <= section.heading[1] <= section.end
        assert section.path not in units
        units[section.path] = section
        parent = units.get(section.path.rpartition(".")[0])
        if parent:
            assert parent.start <= section.start
            assert section.end <= parent.end


@given(st.text())
def test_any_text_has_sections_or_none(text: str) -> None:
    assert isinstance(sections(text), tuple)


@pytest.mark.timeout(60)
def test_a_hundred_thousand_numbered_lines_end_in_seconds() -> None:
    text = "".join(f"{line % 50 + 1}. 正文\n" for line in range(100_000))
    assert len(sections(text)) >= 5000


@pytest.mark.skipif(not GOLD.is_file(), reason="the annotated seeds are not beside this checkout")
@pytest.mark.parametrize("name", ["001", "003", "004"])
def test_the_seeds_have_the_tree_that_was_annotated(name: str) -> None:
    witness = json.loads(GOLD.read_text("utf-8"))["witnesses"][name]
    text = (SHARED / "seeds" / witness["file"]).read_text("utf-8")
    found = {section.path: section for section in sections(text)}
    gold = {path: unit["span"] for path, unit in witness["sections"].items() if unit.get("span")}
    assert set(found) == set(gold)
    assert {path: found[path].start for path in gold} == {
        path: start for path, (start, _) in gold.items()
    }


@pytest.mark.skipif(not GOLD.is_file(), reason="the annotated seeds are not beside this checkout")
def test_the_seed_with_markup_has_the_whole_tree_once_its_blocks_are_lines() -> None:
    witness = json.loads(GOLD.read_text("utf-8"))["witnesses"]["000"]
    raw = (SHARED / "seeds" / witness["file"]).read_text("utf-8").split("---", 2)[2]
    text = re.sub(r"<[^>]+>", "", re.sub(r"</?(?:p|h3|div)[^>]*>", "\n", raw))
    assert set(paths(text)) == set(witness["sections"])


@pytest.mark.parametrize(
    ("line", "kind", "number"),
    [
        ("أولا: الوضع الحالي", "han", 1),
        ("رابعًا، التمويل", "han", 4),
        ("ثانياً: الأهداف", "han", 2),
        ("제3조(정의)", "article", 3),
        ("제2장 총칙", "chapter", 2),
        ("Глава 2. Общие положения", "chapter", 2),
        ("Статья 14. Вода", "article", 14),
    ],
)
def test_units_are_numbered_in_arabic_korean_and_russian_too(
    line: str, kind: str, number: int
) -> None:
    found = head(line, 0)
    assert found is not None
    assert (found.kind, found.number) == (kind, number)


def test_a_word_that_begins_like_an_arabic_number_is_none() -> None:
    assert head("أولادنا يذهبون إلى المدرسة", 0) is None
