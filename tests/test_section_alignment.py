"""Units of two texts side by side: laws within a language, floors across languages."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import corpus
from benchmarks.parallel_news import disturbed
from pipelines.works import Outlined, Pair, align, encoder, outlined
from pipelines.works.pairing import pairs
from tests.seed_pages import GOLD, needs_seeds, seed
from tests.work_plans import plan

needs_encoder = pytest.mark.skipif(
    not encoder.is_there(), reason='the sentence encoder (extra "works") is not installed'
)
needs_news = pytest.mark.skipif(
    bool(corpus.missing(("ntrex",))), reason="the parallel news are not beside this checkout"
)
SENTENCES = (
    "各岛建设风能和太阳能电站。",
    "淡水水厂由州政府统一管理。",
    "渔港每年检修两次并公布结果。",
    "学校教师实行轮岗制度。",
    "企业可以申请低息贷款。",
    "居民用水价格三年不变。",
    "气象站每天发布台风预报。",
    "码头扩建须经环境评估。",
)


def lined(texts: list[str]) -> Outlined:
    return outlined("\n".join(texts), "zh-Hans", encode=False)


def paired(found: tuple[Pair, ...]) -> list[tuple[str, str]]:
    return [(pair.a.path, pair.b.path) for pair in found if pair.a and pair.b]


SOME = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8, unique=True)


@settings(max_examples=30)
@given(SOME, SOME)
def test_every_unit_is_in_exactly_one_pair_and_those_of_the_first_text_in_order(
    first: list[str], second: list[str]
) -> None:
    a, b = lined(first), lined(second)
    found = align(a, b)
    assert [pair.a for pair in found if pair.a] == list(a.units)
    assert sorted(pair.b.path for pair in found if pair.b) == [unit.path for unit in b.units]
    assert all(0 <= pair.score <= 1 for pair in found)
    assert all((pair.a is None or pair.b is None) == (pair.score == 0) for pair in found)


@settings(max_examples=30)
@given(SOME, SOME)
def test_equal_units_are_paired_wherever_they_stand_and_no_others(
    first: list[str], second: list[str]
) -> None:
    a, b = lined(first), lined(second)
    same = {(first.index(one), second.index(one)) for one in first if one in second}
    assert {(a.units.index(p.a), b.units.index(p.b)) for p in align(a, b) if p.a and p.b} == same


@settings(max_examples=30)
@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(st.floats(-9, 9), min_size=width, max_size=width), min_size=1, max_size=6
        )
    )
)
def test_pairs_use_each_row_and_column_once_and_none_that_is_unlikely(
    odds: list[list[float]],
) -> None:
    matrix = np.array(odds)
    found = pairs(matrix, -1.0)
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
    assert all(matrix[place] >= -1.0 for place in found)
    free = matrix.copy()
    free[[row for row, _ in found], :] = -99
    free[:, [column for _, column in found]] = -99
    assert not (free >= -1.0).any()


def test_a_text_without_units_stands_alone() -> None:
    nothing, something = lined([""]), lined([SENTENCES[0]])
    assert align(nothing, nothing) == ()
    assert [pair.a for pair in align(nothing, something)] == [None]
    assert [pair.b for pair in align(something, nothing)] == [None]


def test_a_changed_unit_is_paired_with_what_it_was_and_a_new_one_stays_alone() -> None:
    before = list(SENTENCES)
    after = [
        *SENTENCES[:3],
        "学校教师和医生实行轮岗制度，每三年一次。",
        "博物馆免费开放。",
        *SENTENCES[4:],
    ]
    found = align(lined(before), lined(after))
    assert ("p.4", "p.4") in paired(found)
    assert [pair.b.path for pair in found if pair.a is None and pair.b] == ["p.5"]


def test_texts_of_two_languages_without_vectors_are_paired_by_numbers_and_names() -> None:
    chinese = ["到2031年，新建水厂64座。", "培训教师900名。", "在青海省修建公路8640公里。"]
    russian = outlined(
        "Подготовить 900 учителей.\n8640 км дорог в Qinghai.\nК 2031 году 64 водных завода.",
        "ru",
        encode=False,
    )
    assert sorted(paired(align(lined(chinese), russian))) == [
        ("p.1", "p.3"), ("p.2", "p.1"), ("p.3", "p.2"),
    ]  # fmt: skip


def test_a_heading_goes_with_the_sections_under_it() -> None:
    def made(parts: tuple[tuple[str, tuple[str, ...]], ...]) -> Outlined:
        rows = ["海岛规划"]
        for sign, (heading, items) in zip("一二三", parts, strict=False):
            rows += [f"{sign}、{heading}"]
            rows += [f"（{n}）{item}" for n, item in zip("一二三四", items, strict=False)]
        return outlined("\n".join(rows), "zh-Hans", encode=False)

    before = made((("任务", SENTENCES[:4]), ("措施", SENTENCES[4:])))
    after = made((("保障", SENTENCES[4:]), ("工作", SENTENCES[:4])))
    found = dict(paired(align(before, after)))
    assert (found["1"], found["2"], found["1.1"], found["2.4"]) == ("2", "1", "2.1", "1.4")


@needs_encoder
def test_a_translation_is_lined_up_with_its_original_section_by_section() -> None:
    texts = [outlined(plan(tag), tag) for tag in ("zh-Hans", "en", "es")]
    for a, b in ((texts[0], texts[1]), (texts[0], texts[2]), (texts[1], texts[2])):
        found = paired(align(a, b))
        right = sum(x == y for x, y in found)
        assert right == len(found)
        assert right >= len(a.units) - 1


@needs_encoder
def test_units_that_moved_are_found_at_their_new_place() -> None:
    chinese, english = (
        [re.sub(r"^\W*\w{1,3}[.、）)]\s*", "", line) for line in plan(tag).split("\n")[4:24]]
        for tag in ("zh-Hans", "en")
    )
    english[2], english[15] = english[15], english[2]
    found = align(*(outlined("\n".join(x), t) for x, t in ((chinese, "zh-Hans"), (english, "en"))))
    places = dict(paired(found))
    assert (places["p.3"], places["p.16"]) == ("p.16", "p.3")
    others = {f"p.{n}" for n in range(1, len(chinese) + 1)} - {"p.3", "p.16"}
    assert sum(places.get(one) == one for one in others) >= len(others) - 1


@needs_seeds
@needs_encoder
@pytest.mark.parametrize(
    ("a", "b", "tags"), [("001", "003", ("zh-Hans", "es")), ("001", "004", ("zh-Hans", "en"))]
)
def test_the_sections_of_the_seeds_are_lined_up_as_annotated(
    a: str, b: str, tags: tuple[str, str]
) -> None:
    witnesses = json.loads(GOLD.read_text("utf-8"))["witnesses"]
    there = [path for path, one in witnesses[b]["sections"].items() if one.get("span")]
    found = paired(align(outlined(seed(a), tags[0]), outlined(seed(b), tags[1])))
    assert {(path, path) for path in there} <= set(found)


@needs_news
@needs_encoder
def test_sections_of_news_are_found_between_chinese_and_english() -> None:
    right = wrong = missed = 0
    for sides in disturbed("en", "zh-Hans", seed=5, most=40):
        rows = {unit.path: row for row, unit in enumerate(sides.a.units)}
        columns = {unit.path: column for column, unit in enumerate(sides.b.units)}
        found = {(rows[a], columns[b]) for a, b in paired(align(sides.a, sides.b))}
        right += len(found & sides.same)
        wrong += len(found - sides.same)
        missed += len(sides.same - found)
    assert right / (right + wrong) >= 0.93  # of a few hundred; the floors of all are in benchmarks
    assert right / (right + missed) >= 0.97
