"""Comparisons that are too long for one page come in parts, and no part is too heavy."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from service.pages.diff import DiffChange, DiffPage, DiffSection, DiffSide, Part, Row, Run, Stretch
from service.pages.diff_part import DiffPart, diff_part

HEAVIEST = 45_000  # characters of both sides on one page
SIDE = DiffSide(
    version="a",
    document="a",
    number=1,
    title=None,
    language="zh-Hans",
    first_seen=datetime(2026, 3, 4, tzinfo=UTC),
)


def runs(length: int) -> tuple[Run, ...]:
    """So many characters, a number among them."""
    return (Run(text="海" * length, stress=""), Run(text="30", stress="number")) if length else ()


def page_of(sections: list[list[tuple[bool, int]]]) -> DiffPage:
    """A comparison: for each section its rows, whether they changed and how long they are."""
    changes: list[DiffChange] = []
    made = []
    for number, lengths in enumerate(sections, 1):
        stretches = []
        for changed, length in lengths:
            name = f"c{len(changes) + 1}" if changed else ""
            part = Part(change=name, notation=False, a=runs(length), b=runs(length))
            row = Row(state="changed" if changed else "same", section=str(number), parts=(part,))
            stretches.append(Stretch(changed=changed, rows=(row,)))
            if changed:
                changes.append(change(name))
        section = DiffSection(
            path=str(number), label="", heading="", changes=1, stretches=tuple(stretches)
        )
        made.append(section)
    return DiffPage(older=SIDE, newer=SIDE, changes=tuple(changes), counts={}, sections=tuple(made))


def change(id: str) -> DiffChange:
    """A change of this name; what else it says is of no matter."""
    return DiffChange(
        op="replace",
        a=(0, 1),
        b=(0, 1),
        a_text="",
        b_text="",
        id=id,
        kinds=(),
        a_phrase="",
        b_phrase="",
        context=("", ""),
        section="",
    )


def parts_of(page: DiffPage) -> list[DiffPart]:
    """All parts, as a reader comes to them."""
    found = [diff_part(page)]
    while (later := found[-1].later) is not None:
        found.append(diff_part(page, later))
    return found


def weight(part: DiffPart) -> int:
    """Characters of both sides."""
    return sum(
        len(run.text)
        for section in part.sections
        for stretch in section.stretches
        for row in stretch.rows
        for piece in row.parts
        for run in (*piece.a, *piece.b)
    )


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(
            st.tuples(st.booleans(), st.sampled_from([0, 3, 300, 9_000, 200_000])), max_size=9
        ),
        max_size=9,
    )
)
def test_the_parts_hold_every_change_once_and_none_is_heavy(
    sections: list[list[tuple[bool, int]]],
) -> None:
    page = page_of(sections)
    parts = parts_of(page)
    assert [each.id for part in parts for each in part.changes] == [c.id for c in page.changes]
    assert max(map(weight, parts)) < HEAVIEST
    assert [part.earlier for part in parts[1:]] == [0, *(part.later for part in parts)][
        : len(parts) - 1
    ]


def test_a_usual_comparison_is_one_part_and_shown_whole() -> None:
    page = page_of([[(False, 200), (True, 120), (False, 900)], [(True, 60)]])
    (part,) = parts_of(page)
    rows = [row for section in part.sections for s in section.stretches for row in s.rows]
    assert rows == [row for section in page.sections for s in section.stretches for row in s.rows]
    assert (part.earlier, part.later) == (None, None)


def test_a_long_stretch_without_a_change_says_how_much_of_it_is_left_out() -> None:
    same = page_of([[(False, 500)]]).sections[0].stretches[0].rows * 40
    section = DiffSection(
        path="1", label="", heading="", changes=0, stretches=(Stretch(changed=False, rows=same),)
    )
    page = DiffPage(older=SIDE, newer=SIDE, changes=(), counts={}, sections=(section,))
    (part,) = parts_of(page)
    ((stretch,),) = [section.stretches for section in part.sections]
    assert 0 < len(stretch.rows) < 40
    assert len(stretch.rows) + stretch.left_out == 40


def test_a_number_behind_the_end_shows_the_last_part() -> None:
    page = page_of([[(True, 9_000)] * 6])
    last = parts_of(page)[-1]
    assert diff_part(page, 1 << 31) == last
    assert last.later is None
