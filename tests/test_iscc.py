"""The ISCC text code: equal to that of the reference implementation of ISO 24138."""

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from iscc_core import gen_text_code_v0

from pipelines import iscc
from pipelines.iscc import text_code, text_codes
from pipelines.xxh32 import xxh32

SAMPLES = (
    "",
    "a",
    "short text",
    "Überall gelten die Regeln – auch für 25 km.",
    "“十四五”东西部科技合作实施方案。" * 30,
    "The Plan proposes a base of world class.\n" * 400,
    "ｆｕｌｌ　ｗｉｄｔｈ １２３ \u0301\u200f",
)


@pytest.mark.parametrize("text", SAMPLES)
def test_the_code_is_that_of_the_reference_implementation(text: str) -> None:
    assert text_code(text) == gen_text_code_v0(text, bits=256)["iscc"]


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_has_the_code_of_the_reference_implementation(text: str) -> None:
    assert text_code(text) == gen_text_code_v0(text, bits=256)["iscc"]


def test_values_next_to_the_prime_are_those_of_plain_arithmetic() -> None:
    prime, words = (1 << 61) - 1, 1 << 64
    factors, summands = ([int(each) for each in column] for column in iscc._pairs())
    for low in (*range(prime - 3, prime + 1), *range(4)):
        for top in range(8):
            near = ((top << 61) + low - summands[0]) * pow(factors[0], -1, words) % words
            features = [near, 5, 9]
            expected = [
                min((factor * each + summand) % words % prime % (1 << 32) for each in features)
                for factor, summand in zip(factors, summands, strict=True)
            ]
            assert iscc._minima(np.array(features, np.uint64)).tolist() == expected


@pytest.mark.parametrize("form", ["湿地2030", "濕地2031"])
def test_the_codes_of_a_text_and_its_form_are_those_of_each_alone(form: str) -> None:
    assert text_codes("湿 地（2030）", form) == (text_code("湿 地（2030）"), text_code(form))


def test_a_lone_surrogate_is_no_error() -> None:
    assert text_code("a\ud800b").startswith("ISCC:")


@given(st.lists(st.binary(min_size=3, max_size=3), min_size=1, max_size=5), st.integers(0, 60))
def test_many_hashes_at_once_are_the_hashes_one_by_one(seeds: list[bytes], length: int) -> None:
    runs = [(seed * 30)[:length] for seed in seeds]
    rows = np.frombuffer(b"".join(runs), np.uint8).reshape(len(runs), length)
    assert xxh32(rows).tolist() == [xxhash.xxh32_intdigest(run) for run in runs]
