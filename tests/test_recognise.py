"""Recognising a text: passages too short for the index are found letter by letter, and within bounds."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.store import Archive
from pipelines.fingerprint import signed
from pipelines.normal_form import normalise
from pipelines.recognise import recognise
from tests.samples import PAGE, new, reading, resource


def han(length: int, seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chr(0x4E00 + int(3000 * chance.random())) for _ in range(length))


LATIN = " ".join(f"the {n}th quarry of lithium near basin {n * n}" for n in range(60))
TEXTS = [han(900, seed) for seed in range(12)]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", write=True) as archive, archive.batch():
        for number, text in enumerate([*TEXTS, LATIN]):
            capture = archive.keep(resource(text.encode(), url=f"{PAGE}?{number}"))
            key, sketch = signed(normalise(text))
            made = replace(reading(capture, text), fingerprint=key)
            filing = replace(new(text), document=key.exact, version=key.exact)
            archive.file(made, filing, sketch)
        yield archive


def key_of(text: str) -> str:
    return signed(normalise(text))[0].exact


@pytest.mark.parametrize("length", [4, 8, 15, 30, 59, 60, 100])
@pytest.mark.parametrize("seed", range(4))
def test_a_pasted_passage_of_any_length_is_found(archive: Archive, length: int, seed: int) -> None:
    start = random.Random(seed).randrange(700)
    passage = TEXTS[seed][start : start + length]
    first = recognise(archive, passage).matches[0]
    assert (first.version.key, first.relation) == (key_of(TEXTS[seed]), "excerpt")
    assert first.evidence.covered[0] == 1.0


@pytest.mark.parametrize("length", [12, 60, 199, 260])
def test_a_latin_passage_is_found_whatever_its_case_and_breaks(
    archive: Archive, length: int
) -> None:
    passage = LATIN[500 : 500 + length].upper().replace(" ", "\n")
    assert recognise(archive, passage).matches[0].version.key == key_of(LATIN)


def test_the_evidence_says_where_the_passage_stands(archive: Archive) -> None:
    (found,) = recognise(archive, TEXTS[5][100:120]).matches
    assert found.evidence.blocks == ((0, 100, 20),)
    assert found.evidence.covered == (1.0, 20 / 900)


def test_what_stands_nowhere_is_not_found_and_all_was_searched(archive: Archive) -> None:
    answer = recognise(archive, han(20, 99))
    assert answer.matches == ()
    assert (answer.searched, answer.of, answer.remark) == (13, 13, "")


def test_a_search_that_is_out_of_time_says_so(archive: Archive) -> None:
    answer = recognise(archive, TEXTS[0][100:120], seconds=0.0)
    assert (answer.searched, answer.of) == (0, 13)
    assert "newest 0 of 13 texts" in answer.remark


@pytest.mark.parametrize("text", ["", "字", "，。", "a b c"])
def test_a_few_letters_are_no_passage(archive: Archive, text: str) -> None:
    answer = recognise(archive, text)
    assert (answer.matches, answer.searched, answer.remark) == ((), 0, "")


def test_a_long_text_needs_no_search(archive: Archive) -> None:
    answer = recognise(archive, TEXTS[3])
    assert answer.matches[0].relation == "same"
    assert (answer.searched, answer.of, answer.remark) == (0, 0, "")
