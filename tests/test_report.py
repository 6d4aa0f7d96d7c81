"""What a report says of witnesses in the language of the base."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report import Event, PageLink, Report, WitnessReport, WitnessText, report
from pipelines.report.collation import collate
from pipelines.report.form import form
from tests.report_samples import PLAN, hurt, witness

SEARCHED = 200_000  # characters: twice what one second must do


def against(text: str, language: str = "zh-Hans") -> tuple[WitnessReport, Report]:
    """The report on one text beside the sound plan, and the whole report."""
    base = witness("base", PLAN, published_at="2026-03-01")
    copy = witness("copy", text, published_at="2026-03-02", language=language)
    made = report("work", [base, copy], "zh-Hans")
    assert made.base.identity.url == "https://base.example/plan.html"
    return made.witnesses[1], made


def statuses(found: WitnessReport) -> dict[str, str]:
    return {state.id: state.status for state in found.sections}


def grave(found: WitnessReport) -> list[Event]:
    return [event for event in found.events if event.severity in {"substantive", "minor"}]


def only(found: WitnessReport, kind: str) -> Event:
    (event,) = [event for event in found.events if event.type == kind]
    return event


def test_a_true_copy_has_every_section_and_no_event() -> None:
    found, _ = against(PLAN)
    assert set(statuses(found).values()) == {"full"}
    assert found.coverage == 1.0
    assert found.events == ()


def test_another_number_is_one_alteration_with_its_characters_in_both_texts() -> None:
    text = PLAN.replace("62%", "68%")
    found, made = against(text)
    (event,) = grave(found)
    assert (event.type, event.severity, event.section) == ("altered", "substantive", "1.body")
    assert event.span is not None
    assert event.base_span is not None
    assert text[slice(*event.span)] == event.text == "68"
    assert made.base.text[slice(*event.base_span)] == event.base_text == "62"


def test_a_dropped_clause_is_told_with_the_place_where_it_is_missing() -> None:
    found, made = against(PLAN.replace("控制采砂活动，", ""))
    event = only(found, "dropped")
    assert event.base_text == "控制采砂活动，"
    assert event.section == "2.2.1"
    assert event.span is not None
    assert event.span[0] == event.span[1] == PLAN.index("控制采砂活动") - 1
    assert made.base.text == PLAN


def test_a_section_without_most_of_its_sentences_is_partial() -> None:
    lost = "完善湿地保护制度。到2030年，沿江湿地保护率达到62%，"
    found, _ = against(PLAN.replace(lost, ""))
    assert statuses(found)["1.body"] == "partial"


def test_a_text_that_ends_in_mid_sentence_is_truncated_there_and_absent_behind() -> None:
    end = PLAN.index("及时掌握水鸟")
    found, _ = against(PLAN[: end + 2])
    told = statuses(found)
    assert told["2.1.2"] == "truncated"
    assert {told[path] for path in ("2.2", "2.2.1", "3", "3.1", "3.2")} == {"absent"}
    assert told["2.1.1"] == "full"


def test_a_list_of_headings_is_heading_only() -> None:
    headings = (
        "方案提出：建立湿地资源数据库。完善水鸟监测网络。恢复江豚栖息环境。治理外来入侵植物。"
    )
    found, _ = against(headings)
    told = statuses(found)
    assert {told[path] for path in ("2.1.1", "2.1.2", "2.2.1", "2.2.2")} == {"heading_only"}
    assert told["3.1"] == "absent"


def test_a_passage_that_is_said_twice_is_one_duplicate() -> None:
    line = PLAN.splitlines()[6]
    found, _ = against(PLAN.replace(line, f"{line}\n{line}"))
    event = only(found, "duplicated")
    assert event.section == "2.1.1"
    assert event.text.startswith("1. 建立湿地资源数据库") or event.text.startswith(
        "建立湿地资源数据库"
    )
    assert not [each for each in grave(found) if each.type != "duplicated"]


def test_a_section_in_another_place_is_there() -> None:
    lines = PLAN.splitlines()
    lines[6], lines[7] = lines[7], lines[6]
    found, _ = against("\n".join(lines))
    assert statuses(found)["2.1.1"] == statuses(found)["2.1.2"] == "full"
    assert not [event for event in found.events if event.type == "dropped"]


def test_width_script_and_spacing_are_notation_and_nothing_else() -> None:
    text = PLAN.replace("（", "(").replace("）", ")").replace("2030", " ２０３０ ")
    found, _ = against(text)
    assert grave(found) == []
    brackets = [event for event in found.events if event.text in {"(", ")"}]
    assert len(brackets) == 2 * PLAN.count("（")


def test_traditional_characters_are_no_difference() -> None:
    line = PLAN.splitlines()[1]
    other = (
        "濕地是重要的生態系統，保護沿江濕地對於改善水質和維護生物多樣性具有重要意義。"
        "為統籌推進沿江濕地保護工作，特制定本方案。"
    )
    found, _ = against(PLAN.replace(line, other), language="zh-Hant")
    assert statuses(found)["pre"] == "full"
    assert grave(found) == []


def test_a_lead_that_quotes_the_plan_is_injected_and_says_what_it_repeats() -> None:
    quote = "在主要湖泊和河口布设水鸟监测站点，开展越冬水鸟同步调查，共享监测数据，及时掌握水鸟种群变化。"
    lead = f"记者昨日从有关部门获悉，一份新的保护方案已经印发，其中写道，{quote}"
    found, _ = against(f"{lead}\n{PLAN}")
    event = only(found, "injected")
    assert event.text == lead
    assert event.section == "2.1.2"


def test_a_credit_and_a_code_are_furniture() -> None:
    text = PLAN.replace("江豚等珍稀", "江豚(600036)等珍稀") + "（文章来源：江城日报）\n"
    found, _ = against(text)
    assert {event.severity for event in found.events} == {"furniture"}
    assert {event.type for event in found.events} == {"injected", "markup"}


def test_tags_glosses_and_misread_bytes_are_told_with_what_they_are_read_as() -> None:
    text = PLAN.replace("湿地资源调查", '湿地<a href="/x">资源</a>调查').replace(
        "共享监测", "共享(xiǎng)监(jiān)测(cè)"
    )
    found, _ = against(text)
    assert grave(found) == []
    markup = only(found, "markup")
    assert markup.text == '<a href="/x">资源</a>'
    assert [event.text for event in found.events if event.type == "notation"] == [
        "(xiǎng)",
        "(jiān)",
        "(cè)",
    ]


def test_a_link_of_the_page_is_markup_around_its_words() -> None:
    place = PLAN.index("长江")
    copy = witness("copy", PLAN, links=(PageLink(span=(place, place + 2), target="/yangtze"),))
    made = report("work", [witness("base", PLAN), copy], "zh-Hans")
    event = only(made.witnesses[1], "markup")
    assert (event.text, event.section, event.severity) == ("长江", "3.2", "furniture")


def test_many_single_characters_that_differ_are_a_scan_misread() -> None:
    text = PLAN
    right = "湿地是 科学修 面积和 鸟监测网 岸线整 林业主 基金。 测公报".split()
    wrong = "温地是 料学修 面枳和 乌监测网 岸钱整 林亚主 墓金。 侧公报".split()
    for one, other in zip(right, wrong, strict=True):
        assert one in text
        text = text.replace(one, other)
    found, _ = against(text)
    damaged = [event for event in found.events if event.type == "damaged"]
    assert len(damaged) >= 6
    assert all(event.repair == event.base_text for event in damaged)
    assert not [event for event in found.events if event.type == "altered"]


def test_a_lost_mark_of_a_pair_is_read_in_the_base_and_missed_in_the_witness() -> None:
    cut = PLAN.removeprefix("“")
    copies = [witness("cut", cut, published_at="2026-03-01"),
              witness("sound", PLAN, published_at="2026-03-02")]  # fmt: skip
    made = report("work", copies, "zh-Hans")
    assert made.base.identity.document == "cut"  # the earlier one is followed
    assert made.base.text == cut  # and never altered
    (emended,) = made.base.apparatus
    assert (emended.at, emended.text) == (0, "“")
    assert emended.witnesses == ("https://sound.example/plan.html",)
    own, other = made.witnesses
    assert only(own, "dropped").text == ""
    assert statuses(own)["title"] == "truncated"
    assert other.events == ()
    assert statuses(other)["title"] == "full"


def test_the_fullest_witness_is_the_base_whatever_its_date() -> None:
    short = "\n".join(PLAN.splitlines()[:8])
    made = report(
        "work",
        [witness("short", short, published_at="2026-01-01"), witness("long", PLAN)],
        "zh-Hans",
    )
    assert made.base.identity.document == "long"


def test_the_lag_counts_from_the_earliest_dated_witness() -> None:
    made = report(
        "work",
        [
            witness("a", PLAN, published_at="2026-03-04T10:00:00+08:00"),
            witness("b", PLAN, published_at="2026-03-04T04:00:00+00:00"),
            witness("c", PLAN),
        ],
        "zh-Hans",
    )
    assert [each.lag_seconds for each in made.witnesses] == [0.0, 7200.0, None]


def test_a_work_without_witnesses_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no witness"):
        report("work", [], "zh-Hans")


@pytest.mark.parametrize("text", ["湿地。", "。", "", "完全无关的一句话，讲的是别的事情。"])
def test_a_witness_of_one_sentence_or_none_has_next_to_nothing(text: str) -> None:
    found, _ = against(text)
    assert found.coverage < 0.1
    assert set(statuses(found).values()) <= {"absent", "summarised"}


def test_a_work_of_hundreds_of_witnesses_is_reported_whole() -> None:
    chance = random.Random(5)
    many = [witness("base", PLAN), *(witness(f"w{n}", hurt(PLAN, chance, 2)) for n in range(79))]
    made = report("work", many, "zh-Hans")
    assert len(made.witnesses) == 80
    assert min(each.coverage for each in made.witnesses) > 0.85


def test_every_span_opens_to_the_characters_that_the_event_quotes() -> None:
    chance = random.Random(9)
    for _ in range(12):
        text = hurt(PLAN, chance, 6)
        found, made = against(text)
        for event in found.events:
            assert event.span is None or text[slice(*event.span)] == event.text
            if event.base_span and event.base_text:
                assert made.base.text[slice(*event.base_span)] == event.base_text


words = st.text(alphabet="湿地保护江豚水鸟，。\n12 ab", max_size=60)


@given(words, words)
def test_the_blocks_of_a_collation_agree_and_its_edits_are_all_that_does_not(
    a: str, b: str
) -> None:
    one, other = form(a), form(b)
    found = collate(one, other)
    rebuilt, place = [], 0
    pieces = sorted(
        [(y, y + n, one.letters[x : x + n]) for x, y, n in found.blocks]
        + [(e.b[0], e.b[1], other.letters[slice(*e.b)]) for e in found.edits]
    )
    for start, end, letters in pieces:
        assert start == place
        rebuilt.append(letters)
        place = end
    assert "".join(rebuilt) == other.letters
    covered = sum(n for _, _, n in found.blocks) + sum(e.a[1] - e.a[0] for e in found.edits)
    assert covered == len(one.letters)


@given(words)
def test_a_text_collated_with_itself_has_no_edit(text: str) -> None:
    assert collate(form(text), form(text)).edits == ()


def test_two_long_texts_with_nothing_in_common_are_collated_all_the_same() -> None:
    a, b = "江豚栖息" * (SEARCHED // 4), "水鸟监测" * (SEARCHED // 4)
    found = collate(form(a), form(b))
    assert found.blocks == ()
    assert len(found.edits) == 1


def test_a_report_does_not_depend_on_the_order_of_the_witnesses() -> None:
    chance = random.Random(3)
    many: list[WitnessText] = [witness(f"w{n}", hurt(PLAN, chance, n)) for n in range(6)]
    one = report("work", many, "zh-Hans")
    other = report("work", many[::-1], "zh-Hans")
    assert one.base == other.base
    assert set(map(repr, one.witnesses)) == set(map(repr, other.witnesses))
    assert one.descent == other.descent
    assert replace(one, witnesses=(), undecided=()) == replace(other, witnesses=(), undecided=())
