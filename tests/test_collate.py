"""What changed between two texts: exact spans, one operation for each edit."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.collate import Change, changes

TEXTS = st.text(alphabet="一二三四五 ab12。,\n", max_size=60)


def operations(a: str, b: str) -> list[tuple[str, str, str]]:
    return [(change.op, a[slice(*change.a)], b[slice(*change.b)]) for change in changes(a, b)]


def rewritten(a: str, b: str, found: tuple[Change, ...]) -> str:
    """`a` with every change applied."""
    pieces, last = [], 0
    for change in found:
        pieces += [a[last : change.a[0]], b[slice(*change.b)]]
        last = change.a[1]
    return "".join([*pieces, a[last:]])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", []),
        ("同", "同", []),
        ("", "新", [("insert", "", "新")]),
        ("旧", "", [("delete", "旧", "")]),
        ("建设30家中心", "建设50家中心", [("replace", "30", "50")]),
        ("到2025年，全区", "到2030年，全区", [("replace", "2025", "2030")]),
        ("the old plan", "the new plan", [("replace", "old", "new")]),
        ("第一条\n第二条\n", "第一条\n第三条\n第二条\n", [("insert", "", "第三条\n")]),
        ("甲\n乙\n丙\n", "甲\n丙\n", [("delete", "乙\n", "")]),
        ("\n1", "1\n\n", [("insert", "", "1\n"), ("delete", "1", "")]),
    ],
)
def test_an_edit_is_one_operation(a: str, b: str, expected: list[tuple[str, str, str]]) -> None:
    assert operations(a, b) == expected


@given(TEXTS, TEXTS)
def test_applying_the_changes_to_the_first_text_gives_the_second(a: str, b: str) -> None:
    assert rewritten(a, b, changes(a, b)) == b


@given(TEXTS)
def test_a_text_has_no_changes_to_itself(text: str) -> None:
    assert changes(text, text) == ()


@example("\n1", "1\n\n")
@example("1\n\n", "\n1")
@given(TEXTS, TEXTS)
def test_changes_come_in_order_and_do_not_overlap(a: str, b: str) -> None:
    last_a = last_b = 0
    for change in changes(a, b):
        assert last_a <= change.a[0] <= change.a[1] <= len(a)
        assert last_b <= change.b[0] <= change.b[1] <= len(b)
        assert change.a != change.b or a[slice(*change.a)] != b[slice(*change.b)]
        last_a, last_b = change.a[1], change.b[1]


def test_texts_too_large_to_compare_word_by_word_are_one_replacement() -> None:
    a, b = "甲" * 30_000, "乙" * 30_000
    assert operations(a, b) == [("replace", a, b)]
