"""What people type as a key, and what it is taken for."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import keys
from archive.keys import Digest, Exact, Fingerprint, Iscc, Prefix, parse

EXACT = "4oymiquy7qobjgx36tejs35zeqt24qpemsnzgtfeswmrw6csxbkq"
WHOLE = f"v1-{EXACT}-3wvhnrabcdef"
ISCC = "ISCC:EAD6XTOTQTTUTDWUII33BYF5LAQKWM2HL2RVANUSX4UD5DYRCNUXEGA"
HEX = hashlib.sha256(b"x").hexdigest()
BASE32 = base64.b32encode(hashlib.sha256(b"x").digest()).decode()


def test_a_whole_fingerprint_comes_apart() -> None:
    assert parse(WHOLE) == Fingerprint(recipe="v1", exact=EXACT, near="3wvhnrabcdef")


@pytest.mark.parametrize("typed", [WHOLE.upper(), f"  {WHOLE}\n"])
def test_capitals_and_blanks_around_a_key_do_not_matter(typed: str) -> None:
    assert parse(typed) == parse(WHOLE)


def test_a_fingerprint_of_an_empty_text_has_no_near_part() -> None:
    assert parse(f"v1-{EXACT}-") == Fingerprint(recipe="v1", exact=EXACT, near="")


@pytest.mark.parametrize("typed", [EXACT, f"v1-{EXACT}", WHOLE[:-1], WHOLE[:-3]])
def test_a_fingerprint_cut_off_behind_its_exact_part_is_that_part(typed: str) -> None:
    assert parse(typed) == Exact(text=EXACT)


@pytest.mark.parametrize("length", [8, 20, 51])
def test_the_beginning_of_an_exact_part_is_a_prefix(length: int) -> None:
    assert parse(EXACT[:length]) == parse(f"v1-{EXACT[:length]}") == Prefix(text=EXACT[:length])


@pytest.mark.parametrize("typed", [ISCC, ISCC.lower()])
def test_an_iscc_is_known_by_its_name(typed: str) -> None:
    assert parse(typed) == Iscc(text=ISCC)


def test_a_digest_may_be_hexadecimal_or_base32_with_or_without_padding() -> None:
    padded = parse(f"sha256:{BASE32}")
    assert padded == parse(f"SHA256:{HEX.upper()}") == parse(f"sha256:{BASE32.rstrip('=').lower()}")
    assert isinstance(padded, Digest)
    assert padded.text.rstrip("=") == "sha256:" + BASE32.rstrip("=")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "short",
        "4oymiqu",
        "1" * 52,
        f"v1-{EXACT}x",
        f"v1-{EXACT[:20]}-abc",
        "a" * 53,
        "md5:abc",
        "方案",
    ],
)
def test_anything_else_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is no key\. A key is .+\.$"):
        parse(typed)


def test_a_refusal_shows_only_the_beginning_of_a_long_key() -> None:
    with pytest.raises(ValueError, match="is no key") as caught:
        parse("?" * 10_000)
    assert len(str(caught.value)) < 400


@given(st.text(max_size=80))
def test_any_text_is_a_key_or_a_value_error(typed: str) -> None:
    try:
        parse(typed)
    except ValueError as error:
        assert "is no key" in str(error)  # noqa: PT017 - either outcome is right


@given(st.lists(st.integers(0, (1 << 30) - 1), max_size=20))
def test_values_of_a_near_part_are_read_back(values: list[int]) -> None:
    assert keys.bands("".join(map(keys.group, values))) == tuple(values)


@pytest.mark.parametrize("near", ["abcde", "abcde1", "ABCDEF", "abcdé2"])
def test_a_near_part_of_other_letters_is_refused(near: str) -> None:
    with pytest.raises(ValueError, match="near part"):
        keys.bands(near)
