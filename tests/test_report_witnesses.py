"""What a report says of witnesses as they come: scans, tickers, laws, other scripts, many of them."""

import random

import pytest

from pipelines.report import Event, WitnessReport, report
from pipelines.report.clauses import split
from pipelines.report.names import known_names, writes
from pipelines.report.traces import residue
from pipelines.works import encoder
from pipelines.works.numbers import numbers
from tests.report_samples import ENGLISH, PLAN, hurt, witness

needs_encoder = pytest.mark.skipif(
    not encoder.is_there(), reason="the sentence encoder (extra `works`) is not installed"
)
LAW = """沿江湿地保护条例
第一条 为了加强沿江湿地保护，维护湿地生态功能和生物多样性，保障生态安全，根据有关法律，制定本条例。
第二条 在本市行政区域内从事沿江湿地保护、利用、修复以及相关管理活动，适用本条例。
第三条 湿地保护应当坚持保护优先、严格管理、系统治理、科学修复、合理利用的原则。
第四条 市林业主管部门负责沿江湿地资源的监督管理，水利、生态环境等部门按照各自职责做好有关工作。
第五条 任何单位和个人都有保护湿地的义务，对破坏湿地的行为有权举报或者控告。
第十一条 违反本条例规定的，由林业主管部门责令停止违法行为，限期修复，并处五万元以上二十万元以下的罚款。
第十二条 本条例自2027年3月1日起施行。
"""


def against(base: str, text: str, language: str = "zh-Hans") -> WitnessReport:
    first = witness("base", base, published_at="2026-01-01")
    copy = witness("copy", text, language=language, published_at="2026-01-02")
    made = report("work", [first, copy], "zh-Hans")
    return next(each for each in made.witnesses if each.identity.document == "copy")


def claimed(found: WitnessReport) -> list[Event]:
    return [each for each in found.events if each.severity == "substantive" and each.certain]


def statuses(found: WitnessReport) -> dict[str, str]:
    return {state.id: state.status for state in found.sections}


def scanned(text: str, rate: float) -> str:
    """The text with letters misread at that rate, lines run together and marks lost."""
    chance = random.Random(7)
    return "".join(
        chance.choice("曰巳末土干甲由旦白贝几凡刀")
        if "\u4e00" <= letter <= "\u9fff" and chance.random() < rate
        else "" * (letter == "，" and chance.random() < rate) or letter
        for letter in text
    )


def test_articles_of_one_line_are_full_in_a_true_copy() -> None:
    found = against(LAW, LAW.replace("\n", "\n\n") + "责任编辑：某某\n")
    assert set(statuses(found).values()) == {"full"}


@pytest.mark.parametrize("text", [PLAN, LAW])
def test_a_scan_has_its_sections_whole_and_its_misread_letters_are_no_changes(text: str) -> None:
    long = text + "".join(f"附件{n}说明有关单位的具体分工和进度安排。\n" for n in range(4))
    found = against(long, scanned(long, 0.04))
    assert set(statuses(found).values()) == {"full"}
    assert not [each for each in claimed(found) if each.type in {"dropped", "altered"}]
    assert len([each for each in found.events if each.type == "damaged"]) >= 5


def test_a_number_changed_in_a_scan_is_claimed_all_the_same() -> None:
    found = against(PLAN, scanned(PLAN, 0.04).replace("62%", "68%"))
    assert ("62", "68") in {(each.base_text, each.text) for each in claimed(found)}


def test_a_ticker_before_a_comma_is_a_code_without_the_comma() -> None:
    found = against(PLAN, PLAN.replace("建立统一的", "（000061.SZ）、建立统一的", 1))
    assert claimed(found) == []
    text = PLAN.replace("水系连通，", "水系连通(300111,股吧)，")
    (code,) = [each for each in against(PLAN, text).events if each.type == "markup"]
    assert code.text == "(300111,股吧)"


def test_a_passage_in_another_place_is_told_and_nothing_is_lost() -> None:
    lines = PLAN.splitlines(keepends=True)
    one, other = (n for n, line in enumerate(lines) if line.startswith(("1. 恢复", "2. 治理")))
    lines[one], lines[other] = lines[other], lines[one]
    found = against(PLAN, "".join(lines))
    assert set(statuses(found).values()) == {"full"}
    assert claimed(found) == []
    assert any("another place" in each.note for each in found.events)


def test_names_are_missed_only_where_a_witness_writes_them_in_pinyin() -> None:
    known = known_names(["with Zhongguancun and Zhangjiang in Shenzhen"])
    base = "支持中关村和张江与深圳合作"
    assert writes([(base, "cooperación de Zhongguancun con Zhangjiang")], known)
    assert not writes([(base, "中関村と張江、深圳の協力を支援する")], known)
    assert not writes([(base, "сотрудничество Чжунгуаньцуня и Чжанцзяна")], known)


def test_chinese_in_a_japanese_text_is_residue_and_its_own_characters_are_not() -> None:
    own = "地域を越えた提携協力を深め、科学技術管理部門は資源配分を強化する。"
    mixed = own + "深化产业链供应链合作。"
    assert list(residue(own, "ja", (0, len(own)))) == []
    (left,) = residue(mixed, "ja", (0, len(mixed)))
    assert left.text.startswith("深化产业链")


def test_clauses_do_not_run_over_a_comma_and_lists_stay_whole() -> None:
    said = (
        "完善沿江水鸟监测网络，提高钾、镁、锂的利用水平，推动“高精尖、小规模、定制化”的产业发展。"
    )
    assert [said[slice(*span)] for span in split(said, 0, len(said))] == [
        "完善沿江水鸟监测网络，", "提高钾、镁、锂的利用水平，", "推动“高精尖、小规模、定制化”的产业发展。",
    ]  # fmt: skip


def test_things_counted_up_are_no_number() -> None:
    assert numbers("一二三产融合，二〇二五年，三十二项") == {"2025", "32"}


@needs_encoder
def test_a_changed_number_is_paired_with_the_one_it_is_most_like() -> None:
    found = against(PLAN, ENGLISH.replace("2030", "2035").replace("15 national", "national"), "en")
    changed = [each for each in found.events if each.type == "altered" and each.note == "A number."]
    assert [(each.base_text, each.text) for each in changed] == [("2030", "2035")]


@needs_encoder
def test_a_heading_that_a_translation_keeps_alone_is_heading_only() -> None:
    start = ENGLISH.index(" The forestry departments")
    end = ENGLISH.index("(2) Strengthen financial")
    found = against(PLAN, ENGLISH[:start] + "\n" + ENGLISH[end:], "en")
    assert statuses(found)["3.1"] == "heading_only"
    assert {path for path, status in statuses(found).items() if status != "full"} == {"3.1"}


def test_one_more_witness_costs_its_own_comparison() -> None:
    chance = random.Random(3)
    many = [
        witness(f"w{n}", hurt(PLAN, chance, 2), published_at=f"2026-01-{n + 1:02}")
        for n in range(9)
    ]
    kept: dict[str, bytes] = {}
    first = report("work", many, "zh-Hans", kept)
    before = dict(kept)
    assert report("work", many, "zh-Hans", kept) == first
    assert kept == before
    more = [*many, witness("late", hurt(PLAN, chance, 2), published_at="2026-02-01")]
    whole = report("work", more, "zh-Hans", kept)
    assert whole.base.identity == first.base.identity
    assert len(kept) - len(before) == 3  # its standing, what it proves of the base, its comparison
    assert whole == report("work", more, "zh-Hans")
