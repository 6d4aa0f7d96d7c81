"""The fingerprint: its vectors, its laws, and what near-copies share."""

import base64
import hashlib
import json
import random
import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from archive import keys
from pipelines import fingerprint as fingerprints
from pipelines.fingerprint import fingerprint, recipe, signed, sketch
from pipelines.normal_form import normalise

PAGE = Path(__file__).resolve().parent.parent / "docs" / "fingerprint.md"
ROW = re.compile(r"^\| `(\".*\")` \| (?:`(.*)`)? ?\| `(.*)` \|$", re.MULTILINE)
FORMS = st.text("甲乙丙丁abcdefgh012가나カ", max_size=120)
MASK = (1 << 64) - 1
WIDE = (
    (0x3005, 0x3007),
    (0x3041, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0x20000, 0x31FFF),
)


def han(length: int, seed: int) -> str:
    """Han characters of everyday frequency, different for each seed."""
    chance = random.Random(seed)
    return "".join(chr(0x4E00 + int(3000 * chance.random() ** 2)) for _ in range(length))


def words(length: int, seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chance.choices("etaoinshrdlucmfpgwybvk", range(22, 0, -1), k=length))


def sketched(text: str) -> tuple[set[int], set[int]]:
    made = sketch(normalise(text))
    return set(made.bands), set(made.sample)


# ---------------------------------------------------- the page, written again


def is_wide(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in WIDE)


def hash_by_the_page(shingle: str) -> int:
    h = len(shingle)
    for c in shingle:
        h = (h * 0x9E3779B97F4A7C15 + ord(c)) & MASK
    h = ((h ^ (h >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    h = ((h ^ (h >> 27)) * 0x94D049BB133111EB) & MASK
    return h ^ (h >> 31)


def shingles_by_the_page(form: str) -> list[tuple[int, bool]]:
    found = []
    for start, character in enumerate(form):
        length = 5 if is_wide(character) else 9
        if start + length <= len(form):
            found.append((hash_by_the_page(form[start : start + length]), is_wide(character)))
    if form and not found:
        found.append((hash_by_the_page(form), is_wide(form[0])))
    return found


def fingerprint_by_the_page(form: str) -> str:
    exact = base64.b32encode(hashlib.sha256(form.encode()).digest()).decode().lower().rstrip("=")
    near = ""
    for h in sorted({h for h, _ in shingles_by_the_page(form)})[:20]:
        bits = f"{h & (1 << 30) - 1:030b}"
        near += "".join(keys.ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, 30, 5))
    return f"v1-{exact}-{near}"


def sample_by_the_page(form: str) -> tuple[int, ...]:
    shingles = shingles_by_the_page(form)
    kept: set[int] = set()
    for wide in (True, False):
        hashes = [h for h, w in shingles if w is wide]
        window = 120 if not wide and len(hashes) >= 6000 else 40
        runs = range(max(1, len(hashes) - window + 1)) if hashes else ()
        kept |= {min(hashes[start : start + window]) for start in runs}
    return tuple(sorted({h & 0xFFFFFFFF for h in sorted(kept)[:4096]}))


def test_the_page_says_what_the_program_does() -> None:
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert len(rows) >= 8
    for text, form, key in rows:
        normal = normalise(json.loads(text))
        assert normal.text == form
        assert str(fingerprint(normal)) == key == fingerprint_by_the_page(form)


@given(FORMS)
def test_the_page_is_enough_to_write_it_again(text: str) -> None:
    normal = normalise(text)
    assert str(fingerprint(normal)) == fingerprint_by_the_page(normal.text)
    assert sketch(normal).sample == sample_by_the_page(normal.text)


@pytest.mark.parametrize(
    "text", [han(900, 1), words(7000, 2), han(90, 3) + words(900, 4) + han(90, 5)]
)
def test_long_texts_have_the_key_and_sample_of_the_page(text: str) -> None:
    normal = normalise(text)
    assert str(fingerprint(normal)) == fingerprint_by_the_page(normal.text)
    assert sketch(normal).sample == sample_by_the_page(normal.text)


# ------------------------------------------------------------------- the laws


def test_the_recipe_is_the_one_of_the_page() -> None:
    """Fails when a table of OpenCC or Unicode changed: then the page needs a new recipe."""
    assert recipe() == "v1"


def test_another_table_gives_another_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "_PINNED", "an older table")
    recipe.cache_clear()
    try:
        assert re.fullmatch("v1x[a-z2-7]{8}", recipe())
        assert keys.parse(str(fingerprint(normalise("一个文本")))) == fingerprint(
            normalise("一个文本")
        )
    finally:
        recipe.cache_clear()


@given(FORMS)
def test_a_fingerprint_is_read_back_from_its_line(text: str) -> None:
    made = fingerprint(normalise(text))
    assert keys.parse(str(made)) == made


@given(FORMS)
def test_the_near_part_holds_the_band_keys(text: str) -> None:
    made, kept = signed(normalise(text))
    assert keys.bands(made.near) == kept.bands


@given(FORMS, st.sampled_from(["\n", "，", " ", "<br/>", "\u200b"]))
def test_equal_forms_have_equal_fingerprints(text: str, between: str) -> None:
    apart = between.join(text)
    assert fingerprint(normalise(apart)) == fingerprint(normalise(text))


@given(FORMS, FORMS)
def test_different_forms_have_different_exact_parts(one: str, other: str) -> None:
    a, b = normalise(one), normalise(other)
    assert (fingerprint(a).exact == fingerprint(b).exact) == (a.text == b.text)


def test_where_the_hash_is_cut_into_chunks_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    normal = normalise(han(700, 6) + words(700, 7) + han(3, 8))
    whole = signed(normal)
    for chunk in (1, 7, 64, 701):
        monkeypatch.setattr(fingerprints, "_CHUNK", chunk)
        assert signed(normal) == whole


@pytest.mark.parametrize("text", ["", "。！", "a", "7", "\ud800"])
def test_a_text_of_next_to_nothing_has_a_key(text: str) -> None:
    made, kept = signed(normalise(text))
    assert len(made.exact) == 52
    assert len(made.near) in (0, 6)
    assert len(kept.sample) <= 1


def test_a_text_that_repeats_itself_has_few_values() -> None:
    made, kept = signed(normalise("同一段话反复出现。" * 10_000))
    assert len(kept.bands) == len(made.near) // 6 == 8
    assert len(kept.sample) <= 8


def test_a_very_long_text_keeps_a_bounded_sample() -> None:
    kept = sketch(normalise(han(200_000, 9)))
    assert len(kept.sample) == fingerprints.SAMPLE_MOST
    assert list(kept.sample) == sorted(set(kept.sample))


# ------------------------------------------------------- what is found with it


@pytest.mark.parametrize("seed", range(5))
def test_a_near_copy_shares_bands(seed: int) -> None:
    text = han(2000, seed)
    chance = random.Random(seed)
    noisy = "".join(c for c in text if chance.random() > 0.02)
    framed = han(700, seed + 50) + text + han(700, seed + 90)
    for copy in (noisy, framed):
        assert len(sketched(text)[0] & sketched(copy)[0]) >= 5


@pytest.mark.parametrize("make", [han, words])
def test_strangers_share_nothing(make: Callable[[int, int], str]) -> None:
    made = [sketched(make(3000, seed)) for seed in range(12)]
    for one, other in pairwise(made):
        assert not one[0] & other[0]
        assert not one[1] & other[1]


@pytest.mark.parametrize("seed", range(12))
def test_a_passage_of_60_han_shares_a_key_with_the_text_it_is_from(seed: int) -> None:
    text = han(4000, seed)
    start = random.Random(seed).randrange(3900)
    assert sketched(text[start : start + 60])[1] & sketched(text)[1]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("length", [4000, 30_000])
def test_a_passage_of_200_letters_shares_a_key_with_the_text_it_is_from(
    seed: int, length: int
) -> None:
    text = words(length, seed)
    start = random.Random(seed).randrange(length - 200)
    assert sketched(text[start : start + 200])[1] & sketched(text)[1]


def test_signing_is_three_times_faster_than_128_permutations() -> None:
    forms = [normalise(han(4000, seed)) for seed in range(12)]
    signed(forms[0])
    began = time.process_time()
    for form in forms:
        signed(form)
    own = time.process_time() - began
    began = time.process_time()
    for form in forms:
        text = form.text
        MinHash(128).update_batch([text[i : i + 5].encode() for i in range(len(text) - 4)])
    assert 3 * own < time.process_time() - began
