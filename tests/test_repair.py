"""Damage that is recognised in a main text, and what must be left alone."""

import gzip
import json
import re
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Repair
from pipelines.repair import find_repairs, repaired

SHARED = Path(__file__).resolve().parents[2] / "shared"
SEEDS = SHARED / "seeds"
LAWS = SHARED / "corpus" / "laws" / "zh.jsonl.gz"
GLOSSED = "港(gǎng)口建設(shè)規(guī)劃(huà)已經(jīng)發(fā)布。"


def read(text: str, tag: str = "zh-Hans") -> str:
    return repaired(text, find_repairs(text, tag))


def kinds(text: str, tag: str = "zh-Hans") -> list[str]:
    return [repair.kind for repair in find_repairs(text, tag)]


def test_pinyin_after_the_character_it_spells_is_a_gloss() -> None:
    assert read(GLOSSED, "zh-Hant") == "港口建設規劃已經發布。"
    assert kinds(GLOSSED, "zh-Hant") == ["gloss"] * 6


@pytest.mark.parametrize("broken", ["\n(gǎng)", "(\ngǎng)", "(gǎ\nng\n)", "（gǎng）"])
def test_a_gloss_may_be_broken_over_lines(broken: str) -> None:
    assert read(f"漁{broken}港") == "漁港"


def test_a_syllable_without_tone_is_a_gloss_only_in_a_glossed_text() -> None:
    assert read("他們(men)來") == "他們(men)來"
    assert read(GLOSSED + "他們(men)來").endswith("他們來")


@pytest.mark.parametrize(
    "text",
    ["经济合作组织(OECD)", "二氧化碳(CO2)", "方案(试行)", "电机(abcd)", "他(xyz)说", "水(h)"],
)
def test_brackets_that_hold_no_syllable_stay(text: str) -> None:
    assert read(text + GLOSSED).startswith(text)


def test_a_gloss_in_a_language_without_characters_is_a_word_in_brackets() -> None:
    assert find_repairs("el plan (mā) de la ciudad", "es") == ()


def one_off(text: str) -> str:
    """`text` as a filter leaves it that takes the bytes A3 BF for a question mark."""
    body = text.encode("gb18030")
    place = body.index(b"\xa1\xa3\xbf")
    run = body[place + 3 :].decode("gb18030", "replace")
    return body[:place].decode("gb18030") + "??" + run


def test_text_read_one_byte_off_is_read_again() -> None:
    plain = "港口引领区。科技支撑宁夏重點产业提质"
    damaged = one_off(plain)
    assert damaged != plain
    assert "??" in damaged
    assert read(damaged) == plain


def test_a_gloss_inside_a_misread_run_does_not_hide_it() -> None:
    damaged = one_off("港口引领区。科技支撑宁夏重點产业提质").replace("贾", "贾(jiǎ)")
    assert read(damaged) == "港口引领区。科技支撑宁夏重點产业提质"


@pytest.mark.parametrize("text", ["真的吗??是的，abc", "为什么??请看a", "What?? 好吧ok"])
def test_two_question_marks_before_plain_text_stay(text: str) -> None:
    assert "misread" not in kinds(text)


def test_tags_and_references_left_in_the_text_are_markup() -> None:
    assert read("港口<span class='x'>建设</span>&nbsp;A&amp;B<br/>完") == "港口建设\xa0A&B\n完"
    assert set(kinds("<p>港口</p>")) == {"markup"}


@pytest.mark.parametrize(
    "text", ["1 < 2 and 3 > 2", "a<b>c"[:3], "AT&T and R&D;", "《<<港口>>》", "if x <y or z> w"]
)
def test_signs_that_are_no_markup_stay(text: str) -> None:
    assert find_repairs(text, "en") == ()


@pytest.mark.parametrize(
    "text", ["café", "naïve “quoted” text", "港口建设", "Überblick – Öl", "год", "漁港"]
)
def test_utf8_read_as_windows_1252_is_read_again(text: str) -> None:
    damaged = "".join(
        bytes([byte]).decode("cp1252") if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else chr(byte)
        for byte in text.encode()
    )
    assert damaged != text
    assert read(damaged, "und") == text


def test_gbk_read_as_latin_1_is_read_again() -> None:
    assert read("港口建设规划".encode("gbk").decode("latin-1"), "und") == "港口建设规划"


def test_utf8_read_as_gbk_is_read_again_but_for_what_was_lost() -> None:
    assert read("科技部关于印发".encode().decode("gb18030", "replace")).startswith("科技部关于印")
    reading = read("港口建设规划草案".encode().decode("gbk", "replace"))
    assert [character for character in reading if character != "\ufffd"] == list("口建设划草")


@pytest.mark.parametrize(
    "text",
    ["„TÜ“ und „Ö“", "déjà vu à l’été", "ÀÉÎÕÜ", "«Año»", "联通公司", "x² ± 3°", "São João—ÇÃO"],
)
def test_western_letters_in_their_place_stay(text: str) -> None:
    assert find_repairs(text, "und") == ()


@pytest.mark.parametrize(
    "text",
    [
        "应当有畲族公民",
        "鹤壁市淇河保护条例",
        "蟑螂等病媒生物的密度超过规定标准的",
        "孳息应当先充抵收取孳息的费用",
        "第××××号",
    ],
)
def test_rare_characters_in_their_place_stay(text: str) -> None:
    assert find_repairs(text, "zh-Hans") == ()


@pytest.mark.skipif(not LAWS.is_file(), reason="the laws are not beside this checkout")
def test_no_clause_of_a_law_is_taken_for_damage() -> None:
    with gzip.open(LAWS, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, 0, None, 8)]
    clauses = {clause for text in texts for clause in re.split("[\n，。；、：]", text)}
    assert len(clauses) > 10_000
    wrong = [(clause, kinds(clause)) for clause in clauses if kinds(clause)]
    assert [each for each in wrong if {"mojibake", "misread"} & set(each[1])] == []


def test_an_ordinary_text_needs_no_repair() -> None:
    assert (
        find_repairs("市政府计划在五年内扩建港口（一期），投资1.5亿元。\n附件：图(a)", "zh") == ()
    )


@given(st.text(), st.sampled_from(["zh-Hans", "zh-Hant", "es", "und"]))
def test_repairs_are_disjoint_spans_of_the_text_in_its_order(text: str, tag: str) -> None:
    repairs = find_repairs(text, tag)
    assert all(0 <= repair.start < repair.end <= len(text) for repair in repairs)
    assert all(before.end <= after.start for before, after in pairwise(repairs))
    assert len(repaired(text, repairs)) == len(text) + sum(
        len(repair.reading) - (repair.end - repair.start) for repair in repairs
    )


@given(st.text())
def test_a_text_without_repairs_reads_as_it_is(text: str) -> None:
    assert repaired(text, ()) == text


@pytest.mark.parametrize("spans", [[(0, 3), (2, 4)], [(3, 4), (0, 1)], [(0, 99)]])
def test_spans_that_overlap_or_lie_outside_are_the_callers_mistake(
    spans: list[tuple[int, int]],
) -> None:
    repairs = [Repair(kind="gloss", start=start, end=end, reading="") for start, end in spans]
    with pytest.raises(ValueError, match="overlaps"):
        repaired("abcdef", repairs)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["(" * 500_000, "<" * 500_000, "Ã" * 500_000, "?? 港" * 200_000])
def test_a_hostile_text_ends_in_seconds(text: str) -> None:
    find_repairs(text, "zh-Hans")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not beside this checkout")
def test_the_glossed_seed_is_read_without_its_glosses_and_with_its_lost_bytes() -> None:
    text = next(SEEDS.glob("002_*.txt")).read_text("utf-8")
    repairs = find_repairs(text, "zh-Hant")
    assert sum(repair.kind == "gloss" for repair in repairs) >= 341
    misread = [repair for repair in repairs if repair.kind == "misread"]
    assert [repair.reading[:5] for repair in misread] == ["。科技支撐"]
    assert "(" not in repaired(text, repairs).split("重點任務")[1][:400]
