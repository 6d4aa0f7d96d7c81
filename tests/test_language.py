"""The language of a text: the tag, its script, the shares, and what happens to texts without one."""

import os
import subprocess
import sys
from pathlib import Path

import langdetect
import langdetect_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.language import chinese, detect, words
from pipelines.language.scripts import leading_script, letters_by_script, possible, script_of
from pipelines.language.stretches import other_sentences
from pipelines.language.vote import LANGDETECT_KNOWS, label
from pipelines.language.voters import (
    by_cld2,
    by_fasttext,
    by_langdetect,
    one_line,
    sure_by_cld2,
)

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT.parent / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(
    not SEEDS.is_dir(), reason="the five seed documents are not beside this checkout"
)

# Our own sentence about a harbour, in languages of many scripts.
SENTENCES = {
    "zh-Hans": "市政府计划在五年内扩建港口，并为渔民修建新的住房。",
    "zh-Hant": "市政府計劃在五年內擴建港口，並為漁民修建新的住房。",
    "ja": "市は五年以内に港を拡張し、漁師のために新しい住宅を建てる計画です。",
    "ko": "시는 5년 안에 항구를 확장하고 어민을 위한 새 주택을 지을 계획이다.",
    "en": "The city plans to extend the harbour within five years and to build houses for fishermen.",
    "es": "La ciudad quiere ampliar el puerto en cinco años y construir viviendas para los pescadores.",
    "pt": "A cidade quer ampliar o porto em cinco anos e construir casas para os pescadores.",
    "fr": "La ville veut agrandir le port en cinq ans et construire des logements pour les pêcheurs.",
    "de": "Die Stadt will den Hafen in fünf Jahren ausbauen und Wohnungen für die Fischer errichten.",
    "ru": "Город планирует за пять лет расширить порт и построить новые дома для рыбаков.",
    "uk": "Місто планує за п'ять років розширити порт і збудувати нові будинки для рибалок.",
    "ar": "تخطط المدينة لتوسيع الميناء خلال خمس سنوات وبناء مساكن جديدة للصيادين.",
    "fa": "شهر قصد دارد بندر را در پنج سال گسترش دهد و برای ماهیگیران خانه بسازد.",
    "th": "เมืองมีแผนจะขยายท่าเรือภายในห้าปีและสร้างบ้านใหม่ให้ชาวประมง",
    "el": "Η πόλη σχεδιάζει να επεκτείνει το λιμάνι σε πέντε χρόνια.",
    "id": "Kota ini berencana memperluas pelabuhan karena nelayan membutuhkan rumah baru.",
    "vi": "Thành phố dự định mở rộng cảng trong năm năm và xây nhà mới cho ngư dân.",
}


@pytest.mark.parametrize("tag", SENTENCES)
def test_a_sentence_gets_the_tag_of_its_language_and_script(tag: str) -> None:
    found = detect(SENTENCES[tag])
    assert found.tag == tag
    assert found.shares == ((tag, 1.0),)
    assert 0.3 < found.confidence <= 1.0


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\0", "\ud800", "2022-03-04 17:15:33", "😀 🎉", "《》——……", "﷽"[:0], "1" * 9],
)
def test_a_text_without_letters_is_und(text: str) -> None:
    found = detect(text)
    assert (found.tag, found.confidence, found.shares) == ("und", 0.0, ())


@given(st.text())
def test_every_text_has_a_tag_and_shares_that_sum_to_one(text: str) -> None:
    found = detect(text)
    assert found.tag
    assert 0.0 <= found.confidence <= 1.0
    if found.shares:
        assert sum(share for _, share in found.shares) == pytest.approx(1.0)
        assert found.shares[0][0] == found.tag
        assert [share for _, share in found.shares] == sorted(
            (share for _, share in found.shares), reverse=True
        )


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "Co", "Cn", "Lo"])))
def test_surrogates_controls_and_noncharacters_are_no_exception(text: str) -> None:
    assert detect(text + SENTENCES["en"]).tag


@pytest.mark.parametrize(
    "text",
    ["x" * 4_000_000, "中 " * 2_000_000, "a\n" * 500_000, "The plan is old. " * 250_000],
    ids=["no space", "spaces", "short lines", "one line"],
)
@pytest.mark.timeout(60)
def test_four_megabytes_end_in_seconds(text: str) -> None:
    assert detect(text).tag != ""


def test_each_paragraph_counts_for_its_own_language() -> None:
    text = "\n".join([SENTENCES["es"] * 3, SENTENCES["en"], SENTENCES["es"] * 3])
    found = detect(text)
    assert found.tag == "es"
    shares = dict(found.shares)
    assert set(shares) == {"es", "en"}
    assert shares["en"] == pytest.approx(1 / 7, abs=0.05)


def test_an_english_sentence_inside_a_spanish_paragraph_shows_in_the_shares() -> None:
    text = f"{SENTENCES['es']} {SENTENCES['en']} {SENTENCES['es']} {SENTENCES['es']}"
    assert [tag for tag, _ in detect(text).shares] == ["es", "en"]


def test_a_short_heading_takes_the_language_of_its_neighbours() -> None:
    heading = "Tareas clave"
    text = "\n".join([SENTENCES["es"], heading, SENTENCES["es"]])
    assert detect(text).shares == (("es", 1.0),)


def test_a_short_line_before_everything_takes_the_language_of_what_follows() -> None:
    assert detect("Plan 2030\n" + SENTENCES["fr"]).shares == (("fr", 1.0),)


def test_a_short_line_in_another_script_keeps_its_own_language() -> None:
    text = "\n".join([SENTENCES["en"], "Всё ещё", SENTENCES["en"]])
    assert {tag for tag, _ in detect(text).shares} >= {"en", "ru"}


def test_latin_names_do_not_make_a_chinese_sentence_english() -> None:
    assert detect("微软 Microsoft 与 OpenAI 合作开发新产品").tag == "zh-Hans"


def test_traditional_characters_outweigh_a_few_simplified_ones() -> None:
    assert detect("支撐云南打造光伏之都，實施東西部科技合作").tag == "zh-Hant"


def test_a_text_in_both_chinese_scripts_has_a_share_of_each() -> None:
    text = "\n".join([SENTENCES["zh-Hans"] * 2, SENTENCES["zh-Hant"]])
    assert [tag for tag, _ in detect(text).shares] == ["zh-Hans", "zh-Hant"]


def test_characters_of_both_scripts_are_no_evidence() -> None:
    assert chinese.evidence("山水人口中文") == (0, 0)
    assert chinese.script_tag(0, 0) == "zh-Hans"


def test_the_fast_langdetect_gives_the_same_answer_as_langdetect() -> None:
    langdetect.DetectorFactory.seed = 0
    langdetect_rs.DetectorFactory.seed = 0
    for sentence in SENTENCES.values():
        slow = [(answer.lang, answer.prob) for answer in langdetect.detect_langs(sentence)]
        fast = [(answer.lang, answer.prob) for answer in langdetect_rs.detect_langs(sentence)]
        assert fast == pytest.approx(slow) if not slow else fast == slow


def test_langdetect_knows_the_languages_that_the_vote_believes_it_to_know() -> None:
    profiles = {
        profile.name.split("-")[0]
        for profile in Path(langdetect.detector_factory.PROFILES_DIRECTORY).iterdir()
    }
    assert profiles == LANGDETECT_KNOWS


def test_langdetect_has_a_vote() -> None:
    assert by_langdetect(SENTENCES["de"])["de"] > 0.9
    assert by_langdetect("1234") == {}


def test_the_other_voters_agree_on_a_plain_sentence() -> None:
    assert by_cld2(SENTENCES["de"])["de"] > 0.9
    assert by_fasttext(SENTENCES["de"])["de"] > 0.9
    assert by_cld2("\0") == {}


def test_the_answer_is_the_same_in_every_process() -> None:
    program = (
        "import sys; from pipelines.language import detect; "
        "print([(f.tag, f.confidence) for f in map(detect, sys.stdin.read().split(chr(30)))])"
    )
    texts = chr(30).join([*SENTENCES.values(), "Plan de la", "de en la", "Ja, nein"])
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=texts,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(answers) == 1


def test_a_letter_has_one_script_and_a_sign_has_none() -> None:
    assert [script_of(character) for character in "网пaカ1。"] == [
        "CJK", "CYRILLIC", "LATIN", "JAPANESE", "", "",
    ]  # fmt: skip


@given(st.text())
def test_the_shortcuts_count_what_the_names_of_the_letters_say(text: str) -> None:
    counted: dict[str, int] = {}
    for character in text:
        if script_of(character):
            counted[script_of(character)] = counted.get(script_of(character), 0) + 1
    assert dict(letters_by_script(text)) == counted


def test_kana_make_han_japanese_but_a_single_one_does_not() -> None:
    assert leading_script({"CJK": 8, "JAPANESE": 4}) == "JAPANESE"
    assert leading_script({"CJK": 40, "JAPANESE": 1}) == "CJK"


def test_a_language_is_possible_only_in_its_scripts() -> None:
    assert possible("ru", "CYRILLIC")
    assert not possible("ru", "LATIN")
    assert possible("ko", "HANGUL")
    assert not possible("fr", "ARABIC")


def test_common_words_decide_where_letters_are_too_few() -> None:
    assert label("بله.").tag == "fa"
    assert max(words.evidence("ich und nicht").items(), key=lambda item: item[1])[0] == "de"


def test_a_word_of_many_languages_counts_little() -> None:
    shared, own = words.evidence("de"), words.evidence("nicht")
    assert max(shared.values()) < own["de"]


def test_indonesian_is_not_taken_for_malay() -> None:
    assert (
        label("Tim tamu mendapat gol pertama karena pemain lawan ceroboh di lapangan").tag == "id"
    )


def test_one_line_leaves_nothing_that_a_voter_refuses() -> None:
    line = one_line("a\0b\ud800c\n\u2028d\ufffe")
    assert line.encode()
    assert "\n" not in line
    assert by_fasttext(line)


def test_cld2_is_sure_of_a_sentence_and_not_of_a_name() -> None:
    assert sure_by_cld2(SENTENCES["es"]) == "es"
    assert sure_by_cld2("Xu") is None


def test_sentences_in_the_language_of_the_text_are_not_reported() -> None:
    assert list(other_sentences([SENTENCES["es"]] * 3, "es")) == []
    assert [tag for _, tag, _ in other_sentences([SENTENCES["en"]], "es")] == ["en"]


@needs_seeds
@pytest.mark.parametrize(
    ("name", "tag"),
    [("000", "zh-Hans"), ("001", "zh-Hans"), ("002", "zh-Hant"), ("003", "es"), ("004", "en")],
)
def test_the_seeds_have_the_language_they_are_in(name: str, tag: str) -> None:
    found = detect(next(SEEDS.glob(f"{name}_*.txt")).read_text("utf-8"))
    assert found.tag == tag
    assert found.shares[0][1] > 0.98


@needs_seeds
def test_the_english_left_in_the_spanish_seed_shows_in_its_shares() -> None:
    found = detect(next(SEEDS.glob("003_*.txt")).read_text("utf-8"))
    assert [tag for tag, _ in found.shares] == ["es", "en"]
