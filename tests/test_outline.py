"""The units of a text: every character in exactly one, and paths as the annotation has them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.works import Unit, outline
from pipelines.works.numbers import numbers
from pipelines.works.sentences import sentences
from tests.seed_pages import GOLD, needs_seeds, seed

PLAN = """新闻导语一段。
海岛供水规划
为改善海岛供水，制定本规划。
一、总体要求
到2030年，各岛通水。
二、重点任务
（一）建设水厂。
1. 选址。充分论证。多方比较。
2. 施工。按期完成。
三、保障措施
（一）加强领导。层层落实。
（来源：某报）
"""


def said(text: str, unit: Unit) -> str:
    return text[slice(*unit.span)]


def test_units_are_the_leaves_of_the_tree_and_what_stands_around_it() -> None:
    assert [unit.path for unit in outline(PLAN, "zh-Hans")] == [
        "front.1", "title", "pre", "1", "1.body", "2", "2.1", "2.1.1", "2.1.2", "3", "3.1", "back.1",
    ]  # fmt: skip


def test_a_unit_has_its_own_text_without_that_of_the_units_inside_it() -> None:
    units = {unit.path: unit for unit in outline(PLAN, "zh-Hans")}
    assert said(PLAN, units["2"]) == "二、重点任务"
    assert said(PLAN, units["2.1.1"]) == "1. 选址。充分论证。多方比较。"
    assert PLAN[slice(*units["2.1.1"].heading)] == "1. 选址。"
    assert units["2.1.1"].label == "1."
    assert [PLAN[a:b] for a, b in units["2.1.1"].sentences] == [
        "1. 选址。",
        "充分论证。",
        "多方比较。",
    ]


def test_a_text_without_numbers_is_its_paragraphs() -> None:
    units = outline("First line.\n\n  Second line. It goes on.\n", "en")
    assert [(unit.path, unit.span) for unit in units] == [("p.1", (0, 11)), ("p.2", (15, 39))]
    assert units[1].sentences == ((15, 27), (28, 39))


def test_lines_behind_the_last_unit_are_outside_where_no_unit_has_a_second_line() -> None:
    items = "\n".join(f"{number}. 第{number}项任务。按期完成。" for number in range(1, 10))
    units = outline(f"规划\n{items}\n本站地址\n扫码下载", "zh-Hans")
    assert [unit.path for unit in units][-3:] == ["9", "back.1", "back.2"]
    wordy = outline(f"规划\n{items}\n本站\n10. 末项。完成。\n又一段。", "zh-Hans")
    assert [unit.path for unit in wordy][-1] == "10"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("甲。乙！丙", ["甲。", "乙！", "丙"]),
        ("It costs 3.5 million. In 2025 it ends.", ["It costs 3.5 million.", "In 2025 it ends."]),
        ("As J. Smith said. Yes.", ["As J. Smith said.", "Yes."]),
        ("“甲。”乙", ["“甲。”", "乙"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text, 0, len(text))] == found


LINES = st.lists(
    st.sampled_from(
        [
            "一、甲",
            "二、乙。",
            "（一）丙",
            "1. 丁。戊",
            "2. 己",
            "第一条 庚",
            "正文。又一句。",
            "",
            "  三、辛 ",
            "壬",
            "附件",
        ]
    ),
    max_size=14,
)


@given(LINES.map("\n".join) | st.text(max_size=80))
def test_every_character_that_is_no_space_belongs_to_exactly_one_unit(text: str) -> None:
    units = outline(text, "zh-Hans")
    counted = [0] * len(text)
    for unit in units:
        for place in range(*unit.span):
            counted[place] += 1
    assert all(count == 1 for c, count in zip(text, counted, strict=True) if not c.isspace())
    assert max(counted, default=0) <= 1
    assert [unit.span for unit in units] == sorted(unit.span for unit in units)
    assert len({unit.path for unit in units}) == len(units)


@given(LINES.map("\n".join))
def test_the_sentences_of_a_unit_are_all_of_its_text_in_order(text: str) -> None:
    for unit in outline(text, "zh-Hans"):
        joined = "".join(text[a:b] for a, b in unit.sentences)
        assert "".join(joined.split()) == "".join(said(text, unit).split())
        assert list(unit.sentences) == sorted(unit.sentences)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("投资1.2亿元，30家，二十五个", {"120000000", "30", "25"}),
        ("1.2 million people, 1,500 villages", {"1200000", "1500"}),
        ("30 miles, 12 mil casas, 7 mln", {"30", "12000", "7000000"}),
        ("1.500 aldeas, 3,5 millones", {"1500", "3500000"}),
        ("“十四五”规划，二〇二五年", {"14", "2025"}),
        ("عام ٢٠٢٥", {"2025"}),
        ("九个部门，3项", set()),
    ],
)
def test_numbers_are_the_same_in_every_writing(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@given(st.text(max_size=60))
def test_any_text_has_numbers_or_none(text: str) -> None:
    assert all(float(number) >= 10 for number in numbers(text))


@needs_seeds
def test_the_fullest_seed_has_exactly_the_units_and_sentences_of_the_annotation() -> None:
    text = seed("001")
    tree = json.loads(GOLD.read_text("utf-8"))["work"]["tree"]
    units = outline(text, "zh-Hans")
    assert [(unit.path, list(unit.span)) for unit in units] == [(u["id"], u["span"]) for u in tree]
    assert [[list(s) for s in unit.sentences] for unit in units] == [
        [sentence["span"] for sentence in one["sentences"]] for one in tree
    ]


@needs_seeds
@pytest.mark.parametrize("name", ["003", "004"])
def test_translations_have_the_units_that_they_print(name: str) -> None:
    text = seed(name)
    sections = json.loads(GOLD.read_text("utf-8"))["witnesses"][name]["sections"]
    gold = {path: one["span"][0] for path, one in sections.items() if one.get("span")}
    found = {unit.path: unit.span[0] for unit in outline(text, "und")}
    assert {path: found.get(path) for path in gold} == gold
    assert all(path in gold or path.startswith(("front.", "back.")) for path in found)
