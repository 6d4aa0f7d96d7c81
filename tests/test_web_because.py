"""Why texts belong together is said in the reader's language."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normal_form import normalise
from pipelines.relate import relate
from service.web.because import Why, translated

SENTENCES = (
    "The texts are equal but for form.",
    "One text is a part of the other: 15% of it.",
    "One text lacks a few words; nothing else differs.",
    "Numbers differ: 30 / 50, 2025 / 2030 and 4 more.",
    "Rewritten (same title and same issuer): Much of each text is not in the other.",
    "The page at this address changed: A number differs: 30 / 50.",
    "Look-alikes (other issuer): They share a form, filled in differently at 9 places.",
    "12 of 40 and 38 units say the same, 80% and 85% of the texts; same document number.",
    "They share a frame; 60% of what it holds is in one of them only.",
    "3 of the 32 values of its near part are the same; the text decides.",
)
PLAN = (
    "到2030年，全市湿地保护率达到60%以上，建成湿地保护小区30处。" * 4
    + "各市要把湿地修复列入年度计划。"
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_said_in_chinese(sentence: str) -> None:
    told = translated(sentence, "zh-Hans")
    assert told is not None
    assert not re.search("[A-Za-z]", told)
    assert told.endswith("。")
    assert sorted(re.findall("[0-9]+", told)) == sorted(re.findall("[0-9]+", sentence))


@pytest.mark.parametrize(
    "other",
    [PLAN.replace("30处", "50处"), PLAN[:60], PLAN + "本方案自发布之日起施行。", PLAN[::-1]],
)
def test_what_the_comparison_says_has_a_translation(other: str) -> None:
    because = relate(normalise(PLAN), normalise(other)).evidence.because
    assert translated(because, "zh-Hans") is not None, because


def test_what_has_no_translation_is_marked_as_english() -> None:
    assert Why("zh-Hans")("<b> & so on.") == '<span lang="en">&lt;b&gt; &amp; so on.</span>'
    assert Why("en")("A number differs: <b>.") == "A number differs: &lt;b&gt;."
    assert Why("zh-Hans")("A number differs: <b>.") == "有一个数字不同：&lt;b&gt;。"


@given(st.text(max_size=80))
def test_any_sentence_is_answered(text: str) -> None:
    assert "<" not in Why("en")(text)
    assert "<script" not in Why("zh-Hans")(f"<script>{text}")
