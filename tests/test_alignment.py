"""What two key forms have in common, found block by block."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.alignment import align
from tests.spent import cpu_seconds

EDITS = st.lists(
    st.tuples(st.sampled_from("idr"), st.integers(0, 999), st.integers(1, 60)), max_size=8
)


def han(length: int, seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chr(0x4E00 + int(3000 * chance.random() ** 2)) for _ in range(length))


def edited(text: str, edits: list[tuple[str, int, int]]) -> str:
    """The text after insertions, deletions and replacements at so many thousandths of it."""
    for kind, place, size in edits:
        start = place * len(text) // 1000
        new = "" if kind == "d" else han(size, place + size)
        text = text[:start] + new + text[start + (0 if kind == "i" else size) :]
    return text


def check(a: str, b: str) -> float:
    """The laws of an alignment; the share of the longer text that it covers."""
    found = align(a, b)
    for start_a, start_b, length in found.blocks:
        assert length > 0
        assert a[start_a : start_a + length] == b[start_b : start_b + length]
    for (x, y, n), (next_x, next_y, _) in pairwise(found.blocks):
        assert x + n <= next_x
        assert y + n <= next_y
        assert (x + n, y + n) != (next_x, next_y)
    assert found.matched + sum(end - start for start, end, _, _ in found.gaps()) == len(a)
    assert found.matched + sum(end - start for _, _, start, end in found.gaps()) == len(b)
    return found.matched / max(1, len(a), len(b))


@given(st.text("abc甲乙0", max_size=200), st.text("abc甲乙0", max_size=200))
@settings(max_examples=300)
def test_blocks_are_equal_ordered_and_with_their_gaps_make_up_both_texts(a: str, b: str) -> None:
    check(a, b)


@given(st.integers(0, 50), EDITS)
@settings(max_examples=150)
def test_what_was_not_edited_is_found(seed: int, edits: list[tuple[str, int, int]]) -> None:
    text = han(1200, seed)
    other = edited(text, edits)
    touched = sum(size + 8 for _, _, size in edits)
    check(text, other)
    assert align(text, other).matched >= min(len(text), len(other)) - 2 * touched


def test_equal_texts_are_one_block() -> None:
    text = han(500, 1)
    assert align(text, text).blocks == ((0, 0, 500),)


def test_one_changed_character_is_one_gap() -> None:
    text = han(500, 2)
    assert align(text, text[:250] + "Ω" + text[251:]).gaps()[1] == (250, 251, 250, 251)


def test_an_insertion_is_a_gap_of_one_text_only() -> None:
    text = han(400, 3)
    gaps = align(text, text[:200] + "ΩΩΩ" + text[200:]).gaps()
    assert gaps[1] == (200, 200, 200, 203)


def test_latin_text_is_aligned_by_longer_anchors() -> None:
    text = "".join(random.Random(4).choices("etaoinshrdlu", k=3000))
    other = text[:1000] + text[1200:2000] + "XXXXX" + text[2000:]
    assert check(text, other) > 0.9
    assert [gap for gap in align(text, other).gaps() if gap[1] - gap[0] == 200]


def test_a_badly_read_passage_is_still_one_passage() -> None:
    text = "".join(random.Random(5).choices("etaoinshrdlu", k=400))
    noisy = "".join(c if i % 7 else "X" for i, c in enumerate(text))
    sound = han(300, 12)
    assert check(sound + text + sound[::-1], sound + noisy + sound[::-1]) > 0.9


def test_strangers_have_next_to_nothing_in_common() -> None:
    assert check(han(3000, 6), han(3000, 7)) < 0.02


def test_passages_that_moved_are_found_once() -> None:
    one, two = han(600, 8), han(400, 9)
    assert 0.5 < check(one + two, two + one) < 0.7


@pytest.mark.parametrize(
    ("a", "b"), [("", ""), ("", "甲"), ("甲", "乙"), ("甲", "甲"), ("甲乙", "乙甲")]
)
def test_next_to_nothing_can_be_aligned(a: str, b: str) -> None:
    check(a, b)


def test_a_paragraph_repeated_ten_thousand_times_takes_bounded_time() -> None:
    paragraph = han(50, 10)
    one = paragraph * 10_000
    other = paragraph * 4000 + "Ω" + paragraph * 3000 + "Ω" + paragraph * 3000
    covered: list[float] = []
    assert cpu_seconds(lambda: covered.append(check(one, other)), 20) < 20
    assert covered[0] > 0.6  # the head and the tail; what lies between repeats itself


def test_long_texts_are_aligned_in_good_time() -> None:
    text = han(300_000, 11)
    other = edited(text, [("r", place, 40) for place in range(0, 1000, 25)])
    covered: list[float] = []
    assert cpu_seconds(lambda: covered.append(check(text, other)), 10) < 10
    assert covered[0] > 0.98
