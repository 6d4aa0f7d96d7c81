"""The form in which texts are searched, and what a query means."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search import BadQuery, Phrase
from pipelines.normal_form import normalise
from pipelines.search_form import LONGEST, MOST_PHRASES, parse, tokens, words


def said(text: str) -> str:
    return tokens(normalise(text))


def wanted(query: str) -> list[str]:
    return [phrase.match for phrase in parse(query).wanted]


def test_scripts_without_spaces_become_pairs_and_the_last_character_of_a_run() -> None:
    assert said("湿地保护") == "湿地 地保 保护 护"
    assert said("盐") == "盐"
    assert said("カタカナ") == "カタ タカ カナ ナ"


def test_words_and_numbers_stand_by_themselves() -> None:
    assert said("The wetland plan, 2030") == "the wetland plan 2030"
    assert said("到2030年建成10个") == "到 2030 年建 建成 成 10 个"


def test_punctuation_and_the_end_of_a_line_part_a_run() -> None:
    assert said("湿地，保护") == "湿地 地 保护 护"
    assert said("湿地\n保护") == "湿地 地 保护 护"


def test_spaces_within_a_line_do_not_part_a_run_of_han() -> None:
    assert said("通　知") == said("通 知") == said("通知") == "通知 知"


def test_a_gloss_does_not_part_the_word_that_it_explains() -> None:
    assert said("儀器網(wǎng)站") == said("仪器网站")


def test_traditional_and_full_width_forms_and_accents_are_folded() -> None:
    assert said("濕地ＡＢＣ") == said("湿地abc")
    assert said("Año de la educación") == "ano de la educacion"
    assert said("An\u0303o") == "ano"
    assert said("straße") == "strasse"


def test_the_single_characters_are_kept_once_each() -> None:
    found = words(normalise("湿地的湿地 and more"), normalise("湿"))
    assert set(found.text_letters.split()) == set("湿地的")
    assert found.title_letters == "湿"


def test_nothing_comes_of_nothing() -> None:
    assert said("") == said("。，!?") == ""


@given(st.text(max_size=200))
def test_every_letter_of_the_normal_form_is_in_some_word(text: str) -> None:
    form = normalise(text)
    found = tokens(form)
    assert set(found) - {" "} == set(form.text)
    assert "  " not in found
    assert found == found.strip(" ")


def test_a_word_of_two_characters_is_one_token_and_a_longer_one_a_phrase() -> None:
    assert wanted("湿地") == ["湿地"]
    assert wanted("湿地保护") == ["湿地 地保 保护"]


def test_a_single_character_is_looked_for_among_the_characters() -> None:
    assert parse("盐").wanted == (Phrase(match="盐", letter=True, open_end=True, needle="盐"),)


def test_a_number_with_a_unit_is_a_phrase_whose_end_is_open() -> None:
    (phrase,) = parse("2030年").wanted
    assert (phrase.match, phrase.open_end) == ("2030 年", True)


def test_words_are_apart_and_quotes_of_all_kinds_make_phrases() -> None:
    assert wanted("wetland plan") == ["wetland", "plan"]
    for query in ('"wetland plan"', "“wetland plan”", "「wetland plan」", "«wetland plan»"):
        assert wanted(query) == ["wetland plan"]


def test_a_minus_before_a_word_leaves_out_and_one_inside_does_not() -> None:
    query = parse('湿地 -保护 -"old plan" covid-19')
    assert [phrase.match for phrase in query.unwanted] == ["保护", "old plan"]
    assert [phrase.match for phrase in query.wanted] == ["湿地", "covid 19"]


def test_an_unbalanced_quotation_mark_counts_for_nothing() -> None:
    assert wanted('"wetland plan') == ["wetland", "plan"]
    assert wanted('"a b" c"') == ["a b", "c"]


def test_an_asterisk_opens_the_end_of_a_word() -> None:
    assert [phrase.open_end for phrase in parse("wetl* plan").wanted] == [True, False]


@pytest.mark.parametrize("query", ["", "  ", "***", '""', "-湿地", "—", "\0", "\ud800"])
def test_a_query_that_asks_for_nothing_is_refused(query: str) -> None:
    with pytest.raises(BadQuery, match="names no word"):
        parse(query)


def test_a_query_that_asks_for_too_much_is_refused() -> None:
    with pytest.raises(BadQuery, match="at most 1000 characters"):
        parse("盐" * (LONGEST + 1))
    with pytest.raises(BadQuery, match="words and phrases"):
        parse(" ".join(f"w{n}" for n in range(MOST_PHRASES + 1)))
    parse(" ".join(["same"] * 150))


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_whatever_is_typed_becomes_letters_and_digits_or_is_refused(query: str) -> None:
    try:
        found = parse(query)
    except BadQuery:
        return
    for phrase in (*found.wanted, *found.unwanted):
        assert phrase.match
        assert all(part.isalnum() for part in phrase.match.split(" "))
        assert not set(phrase.match) & set(string.punctuation)
