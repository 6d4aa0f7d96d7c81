"""What a reader sees of the changes from one version to another, without a browser."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Resource
from archive.store import Archive
from pipelines import direct
from pipelines.editions import Edit, edition, edits, fold
from pipelines.stress import stressed
from service.pages.diff import DiffPage, diff_page
from service.pages.verdict import verdicts
from tests.commands import ITEMS, page

WORDS = st.lists(
    st.sampled_from(
        [
            "海岛",
            "应当",
            "不得",
            "2026年9月30日",
            "30家",
            "50家",
            "，",
            "、",
            "\n",
            "the ",
            "shall ",
            "發",
        ]
    ),
    max_size=30,
).map("".join)


def found(a: str, b: str) -> list[tuple[str, tuple[str, ...], str, str]]:
    """(op, kinds, what went, what came) of each change, with its whole number or date."""
    return [
        (each.op, each.kinds, a[slice(*each.phrase_a)], b[slice(*each.phrase_b)])
        for each in edits(edition(a), edition(b))
    ]


@pytest.mark.parametrize(
    ("a", "b", "change"),
    [
        ("培育30家企业", "培育50家企业", ("replace", ("number",), "30", "50")),
        ("比例为3.5%以上", "比例为35%以上", ("replace", ("number",), "3.5%", "35%")),
        ("占比10%左右", "占比10左右", ("delete", ("number",), "10%", "10")),
        (
            "在2026年9月30日前完成",
            "在2026年10月31日前完成",
            ("replace", ("date",), "2026年9月30日", "2026年10月31日"),
        ),
        ("建成七个基地", "建成九个基地", ("replace", ("number",), "七", "九")),
        ("企业应当公开数据", "企业可以公开数据", ("replace", ("obligation",), "应当", "可以")),
        ("It shall report", "It may report", ("replace", ("obligation",), "shall", "may")),
        (
            "deberá informar antes del 3 de mayo de 2026",
            "deberá informar antes del 9 de mayo de 2026",
            ("replace", ("date",), "3 de mayo de 2026", "9 de mayo de 2026"),
        ),
        ("湿地保护局负责", "湿地管理局负责", ("replace", ("wording",), "保护", "管理")),
    ],
)
def test_a_change_is_named_by_what_it_changes(
    a: str, b: str, change: tuple[str, tuple[str, ...], str, str]
) -> None:
    told = found(a, b)
    op, kinds, went, came = told[0]
    assert len(told) == 1
    assert kinds == change[1]
    assert op == change[0]
    assert went == change[2]
    assert came in (change[3], "")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("應當建設３０家，", "应当建设30家,"),
        ("「方案」　如下", "“方案”如下"),
        ("共1,400公里", "共1400公里"),
        ("第一段\n第二段", "第一段第二段"),
        ("PLAN of Action", "Plan of action"),
    ],
)
def test_width_script_marks_and_breaks_are_notation(a: str, b: str) -> None:
    told = edits(edition(a), edition(b))
    assert told
    assert all(each.is_notation for each in told), told


def test_a_paragraph_that_came_is_one_change_and_tears_no_neighbour() -> None:
    a = f"{ITEMS[0]}\n{ITEMS[1]}\n"
    b = f"{ITEMS[0]}\n{ITEMS[3]}\n{ITEMS[1].replace('逐项', '分批')}\n"
    assert [(each[0], each[3]) for each in found(a, b)] == [
        ("insert", f"{ITEMS[3]}\n"),
        ("replace", "分批"),
    ]


def test_shared_characters_of_two_wordings_do_not_make_crumbs() -> None:
    told = found("支持企业以捐赠等方式参与", "鼓励社会组织按照规定加入")
    assert len(told) == 1


@given(a=WORDS, b=WORDS)
def test_the_changes_turn_one_text_into_the_other(a: str, b: str) -> None:
    made, at = [], 0
    for each in edits(edition(a), edition(b)):
        made += [a[at : each.a[0]], b[slice(*each.b)]]
        at = each.a[1]
    assert "".join([*made, a[at:]]) == b


@given(a=WORDS, b=WORDS)
def test_changes_stand_in_order_and_change_something(a: str, b: str) -> None:
    before = (0, 0)
    for each in edits(edition(a), edition(b)):
        assert each.a[0] >= before[0]
        assert each.b[0] >= before[1]
        assert a[slice(*each.a)] != b[slice(*each.b)]
        assert each.phrase_a[0] <= each.a[0] <= each.a[1] <= each.phrase_a[1]
        before = (each.a[1], each.b[1])


@given(text=st.text(max_size=60))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(text=st.text(max_size=200))
def test_what_is_stressed_is_in_order_and_not_empty(text: str) -> None:
    before = 0
    for each in stressed(text):
        assert before <= each.start < each.end <= len(text)
        before = each.end


def test_plain_words_are_not_stressed() -> None:
    plain = "统一领导、一般要求；触须与须臾；Maybe the mayor marched; la muestra"
    assert [plain[each.start : each.end] for each in stressed(plain)] == []


@pytest.fixture
def archived(tmp_path: Path) -> tuple[DiffPage, str, str]:
    """The page of two versions of a plan with three sections, and their texts."""
    before = (
        "一、总体要求",
        ITEMS[0],
        "二、重点任务",
        *ITEMS[1:3],
        "三、保障措施",
        *ITEMS[3:],
    )
    after = tuple(each.replace("30处", "50处").replace("列入", "纳入") for each in before)
    with Archive.open(tmp_path / "archive", write=True) as archive:
        for day, items in enumerate((before, after), 1):
            capture = archive.keep(
                Resource(
                    url="https://ministry.example/plan.html",
                    fetched_at=datetime(2026, 3, day, tzinfo=UTC),
                    media_type="text/html; charset=utf-8",
                    body=page(items),
                )
            )
            direct.process(archive, capture)
        older, newer = archive.index.all_versions()
        texts = [archive.text(each.text) for each in (older, newer)]
        return diff_page(archive, older, newer), texts[0], texts[1]


def test_a_change_stands_under_the_heading_of_its_section(
    archived: tuple[DiffPage, str, str],
) -> None:
    told, _, _ = archived
    by_heading = {each.heading: each.changes for each in told.sections if each.heading}
    assert by_heading == {"一、总体要求": 1, "二、重点任务": 1, "三、保障措施": 0}
    assert [each.section.partition(".")[0] for each in told.changes] == ["1", "2"]
    assert told.counts == {"changes": 2, "number": 1, "wording": 1}
    assert told.changes[0].context[0].endswith("湿地保护小区")


def test_the_rows_hold_both_texts_whole(archived: tuple[DiffPage, str, str]) -> None:
    told, a, b = archived
    parts = [
        part
        for section in told.sections
        for stretch in section.stretches
        for row in stretch.rows
        for part in row.parts
    ]
    assert "".join(run.text for part in parts for run in part.a) == a
    assert "".join(run.text for part in parts for run in part.b) == b
    assert {part.change for part in parts if part.change} == {each.id for each in told.changes}


def test_spans_of_changes_are_those_of_the_texts(archived: tuple[DiffPage, str, str]) -> None:
    told, a, b = archived
    for each in told.changes:
        assert a[slice(*each.a)] == each.a_text
        assert b[slice(*each.b)] == each.b_text


def test_a_verdict_says_what_a_page_is_like_and_in_how_many_passages_it_differs(
    tmp_path: Path,
) -> None:
    texts = (ITEMS, tuple(each.replace("30处", "50处") for each in ITEMS), ITEMS)
    with Archive.open(tmp_path / "archive", write=True) as archive:
        results = []
        for number, items in enumerate(texts):
            made = Resource(
                url=f"https://site{number}.example/plan.html",
                fetched_at=datetime(2026, 3, 1 + number, tzinfo=UTC),
                media_type="text/html; charset=utf-8",
                body=page(items),
            )
            outcome = direct.process(archive, archive.keep(made))
            assert outcome.filed is not None
            results.append(
                {
                    "url": made.url,
                    "status": "archived",
                    "capture": outcome.capture.id,
                    "version": outcome.filed.version,
                    "document": outcome.filed.document,
                    "relation": outcome.filed.relation,
                }
            )
        results.append({"url": "https://gone.example/", "status": "failed", "reason": "no answer"})
        told = verdicts(archive, results)
    assert [each.relation for each in told] == ["new", "version", "same", None]
    assert [each.differing for each in told] == [None, 1, 0, None]
    assert told[1].of == told[0].version
    assert told[3].reason == "no answer"


def test_an_edit_knows_whether_it_is_only_notation() -> None:
    weighty = [each for each in edits(edition("一三"), edition("一五")) if isinstance(each, Edit)]
    assert [each.is_notation for each in weighty] == [False]
