"""The key form: what it lets fall, what it keeps, and where each of its characters came from."""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import characters
from pipelines.letters import letters
from pipelines.normal_form import normalise

TEXTS = st.text(st.characters(exclude_categories=()), max_size=80)
MARKED = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<b>",
                "</p>",
                "<<",
                ">>",
                "&amp;",
                "&eacute;",
                "&#22269;",
                "(shěng)",
                "省",
                "國",
                "（de）",
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=20,
).map("".join)

SIMPLIFIED = [characters.converter(name) for name in ("t2s", "hk2s", "tw2s")]


def form(text: str) -> str:
    return normalise(text).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第１２條　ＡＢＣ", "第12条abc"),
        ("Él publicó la Ñ", "elpublicolan"),
        ("e\u0301l", "el"),
        ("ﾊﾝｶｸ", "ハンカク"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσσισυφοσ"),
        ("STRASSE Straße", "strassestrasse"),
        ("٢٠٢٥ २०२५", "20252025"),
        ("二○二五 二〇二五", "二〇二五二〇二五"),
        ("العـــربية", "العربية"),
        ("𝔓𝔩𝔞𝔫 ② ㎏", "plan2kg"),
    ],
)
def test_width_case_accent_and_script_of_digits_fall(text: str, expected: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("衞生爲說臺灣", "卫生为说台湾"),
        ("產業與發展", "产业与发展"),
        ("裡裏著着", "里里着着"),
        ("靑淸眞敎", "青清真教"),
    ],
)
def test_traditional_and_old_forms_become_simplified(traditional: str, simplified: str) -> None:
    assert form(traditional) == form(simplified)


def test_punctuation_space_and_marks_fall() -> None:
    assert form(" 一、二。\u200b\u00ad\u200f——“三”\x00\n") == "一二三"


def test_digits_stay_because_another_year_is_another_text() -> None:
    assert form("到2025年") != form("到2030年")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('甲<span class="a>b">乙</span>', "甲b乙"),
        ("甲<br/>乙<!-- x -->丙", "甲乙丙"),
        ("甲<<方案>>乙", "甲方案乙"),
        ("see <<Plan B>> now", "seeplanbnow"),
        ("1 < 2 and 3 > 2", "12and32"),
        ("甲</\nspan>乙<\n/p>丙", "甲乙丙"),
        ("甲<乙", "甲乙"),
    ],
)
def test_a_tag_starts_with_a_letter_after_the_bracket(text: str, expected: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("caf&eacute;", "cafe"),
        ("&#22269;&#x5bb6;", "国家"),
        ("a&nbsp;b&nbspc", "abc"),
        ("a&amp;nbsp;b&amp;amp;c", "abc"),
        ("a &unknown; b", "aunknownb"),
        ("AT&T", "att"),
        ("&#1114112;", ""),
        ("&NotEqualTilde;x", "x"),
    ],
)
def test_character_references_are_what_they_stand_for(text: str, expected: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    "glossed",
    [
        "省(shěng)的",
        "省（shěng）的",
        "省(shě\nng)的",
        "省\n(shěng\n)的",
        "省(she\u030cng)的",
        "省的(de)",
        "绿(lǜ)",
    ],
)
def test_pinyin_glosses_fall_even_when_torn_over_lines(glossed: str) -> None:
    assert form(glossed) in ("省的", "绿")


@pytest.mark.parametrize(
    "text", ["甲(a)", "方案(PPP)", "维生素(b)", "plan (shěng)", "省(sheng)", "省(xyz)"]
)
def test_other_brackets_keep_their_letters(text: str) -> None:
    assert any(c.isascii() and c.isalpha() for c in form(text)[-5:])


def test_jamo_compose_to_the_syllables_that_they_are() -> None:
    assert form("ᄒ\u1161\u11ab국") == form("한국") == form(unicodedata.normalize("NFD", "한국"))


def test_offsets_lead_back_to_the_main_text() -> None:
    text = '第<b>一</b>條（ｔｉáo）&amp;&eacute;<i>㍿"末'
    normal = normalise(text)
    places = dict(zip(normal.text, normal.offsets, strict=True))
    assert text[places["一"]] == "一"
    assert text[places["条"]] == "條"
    assert text[places["e"]] == "&"
    assert text[places["株"]] == text[places["社"]] == "㍿"
    assert text[places["末"]] == "末"


@given(st.one_of(TEXTS, MARKED))
@settings(max_examples=400)
def test_the_form_of_a_form_is_itself(text: str) -> None:
    once = normalise(text)
    again = normalise(once.text)
    assert again.text == once.text
    assert list(again.offsets) == list(range(len(once.text)))


@given(st.one_of(TEXTS, MARKED))
@settings(max_examples=400)
def test_offsets_never_fall_and_stay_within_the_text(text: str) -> None:
    normal = normalise(text)
    assert len(normal.offsets) == len(normal.text)
    assert list(normal.offsets) == sorted(normal.offsets)
    assert all(place < len(text) for place in normal.offsets)


@given(TEXTS)
def test_the_form_is_letters_and_digits_and_can_be_written_as_utf_8(text: str) -> None:
    assert all(unicodedata.category(c)[0] in "LN" for c in form(text))
    form(text).encode()


@given(TEXTS.filter(lambda text: not set("<&(（") & set(text)))
def test_without_markup_the_form_follows_from_each_character_alone(text: str) -> None:
    assert form(text) == form("".join(form(c) for c in text))


def test_a_longer_text_than_one_chunk_has_no_seam() -> None:
    part = "第一條 café（ｘ）<b>㍿</b>&amp;"
    times = (1 << 20) // len(part) + 2
    whole = normalise(part * times)
    assert whole.text == form(part) * times
    assert whole.offsets[-1] == (times - 1) * len(part) + normalise(part).offsets[-1]


HOSTILE = """
import json, sys, time
from pathlib import Path
from pipelines.fingerprint import signed
from pipelines.normal_form import normalise

signed(normalise("warm"))
for text in (
    "a" * 20_000_000,
    "国" * 20_000_000,
    "<a" * 1_000_000,
    "<" * 2_000_000,
    "(shěng" * 200_000,
    "省(" + " " * 2_000_000,
    "&amp;" * 200_000,
    "&" * 2_000_000,
    "\\ud800\\x00\\u200f" * 300_000,
    "<p>" * 200_000,
    "abcdefghijklmnopqrstuvwxyz" * 160_000,
):
    began = time.process_time()
    signed(normalise(text))
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    print(json.dumps([text[:2], time.process_time() - began, peak]))
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="peak memory is read from /proc"
)
def test_hostile_texts_take_linear_time_and_bounded_memory() -> None:
    """In a process of its own, because the peak of this one would be everybody's."""
    folder = Path(__file__).resolve().parent.parent
    run = subprocess.run(
        [sys.executable, "-c", HOSTILE], cwd=folder, check=True, capture_output=True, text=True
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lines) == 11
    for name, seconds, mebibytes in lines:
        assert seconds < 12, name  # a quadratic step would take hours
        assert mebibytes < 1000, name


def test_only_punctuation_or_nothing_has_the_empty_form() -> None:
    assert form("") == form("。，！?—") == form("\ud800\udfff\x00") == ""


def by_the_page(character: str, known: set[int]) -> str:
    """Step 2 of docs/fingerprint.md in its own words."""
    now = character
    for _ in range(4):
        parts = unicodedata.normalize("NFKD", now)
        bare = "".join(c for c in parts if unicodedata.category(c)[0] != "M")
        folded = unicodedata.normalize("NFKC", bare).casefold()
        digits = "".join(str(unicodedata.decimal(c, c)) for c in folded)
        now = "".join(next((s for k in SIMPLIFIED if (s := k.convert(c)) != c), c) for c in digits)
    dropped = {*range(0x2B9, 0x2E0), 0x2EC, 0x2EE, 0x374, 0x640}
    return "".join(c for c in now if ord(c) in known and ord(c) not in dropped)


def test_the_table_is_the_definition_character_by_character() -> None:
    """For one in 29 of all letters, and for all of the first two thousand."""
    known = {c for r in letters() for c in r}
    own = {pair[0] for pair in characters.VARIANTS.split()}
    for code in sorted({*sorted(known)[::29], *range(2000)} - {ord(c) for c in own}):
        if chr(code) not in "<&(":
            assert form(chr(code)) == by_the_page(chr(code), known), hex(code)


def test_a_file_in_the_working_folder_cannot_change_the_tables(tmp_path: Path) -> None:
    """OpenCC takes "t2s.json" of the working folder for its own when it is asked by bare name."""
    (tmp_path / "t2s.json").write_text("{}")
    before = os.getcwd()  # noqa: PTH109 - what os.chdir goes back to
    os.chdir(tmp_path)
    try:
        assert characters.converter("t2s").convert("國") == "国"
    finally:
        os.chdir(before)


def test_every_letter_of_unicode_14_is_written_down() -> None:
    known = {c for r in letters() for c in r}
    assert len(known) == 133_547
    assert all(unicodedata.category(chr(c))[0] in "LN" for c in known)
