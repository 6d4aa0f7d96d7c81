"""Numbers in order, none twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ascending import ascending, unrepeated

NUMBERS = st.lists(st.one_of(st.integers(0, 9), st.integers(0, (1 << 32) - 1)), max_size=40)


@pytest.mark.parametrize("kind", [np.uint32, np.int64, np.uint64])
@given(numbers=NUMBERS)
def test_they_are_the_sorted_set_and_what_was_given_stays(
    kind: type[np.integer], numbers: list[int]
) -> None:
    given_ones = np.array(numbers, kind)
    found = ascending(given_ones)
    assert found.tolist() == sorted(set(numbers))
    assert found.dtype == given_ones.dtype
    assert given_ones.tolist() == numbers
    assert unrepeated(found).tolist() == found.tolist()
