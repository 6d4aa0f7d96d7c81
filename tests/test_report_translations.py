"""What a report says of witnesses in another language than the base."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import html

from archive.captures import Body
from pipelines.reading import read
from pipelines.report import Event, Report, WitnessReport, report
from pipelines.report.across import CAUTION
from pipelines.report.clauses import split
from pipelines.report.links import page_links
from pipelines.report.names import has, known_names, names, words
from pipelines.report.traces import breaks_off, debris, residue
from pipelines.works import encoder
from tests.report_samples import ENGLISH, PLAN, witness
from tests.samples import captured
from tests.seed_pages import GOLD, PAGES, needs_seeds

needs_encoder = pytest.mark.skipif(
    not encoder.is_there(), reason="the sentence encoder (extra `works`) is not installed"
)
LANGUAGES = {"000": "zh-Hans", "001": "zh-Hans", "002": "zh-Hant", "003": "es", "004": "en"}
CAPTURE = captured(
    url="https://seed.example/2022/plan.html", fetched_at=datetime(2022, 3, 8, tzinfo=UTC)
)
LEAST = {"000": 36, "001": 36, "002": 33, "003": 36, "004": 35}  # of 36; from the issue


def against(text: str, language: str = "en", **kept: Any) -> tuple[WitnessReport, Report]:
    made = report(
        "work", [witness("base", PLAN), witness("copy", text, language=language)], "zh-Hans", **kept
    )
    return made.witnesses[1], made


def statuses(found: WitnessReport) -> dict[str, str]:
    return {state.id: state.status for state in found.sections}


def claimed(found: WitnessReport) -> list[Event]:
    return [each for each in found.events if each.severity == "substantive" and each.certain]


@needs_encoder
def test_a_true_translation_has_every_section_and_nothing_is_claimed_against_it() -> None:
    found, _ = against(ENGLISH)
    assert set(statuses(found).values()) == {"full"}
    assert claimed(found) == []
    assert found.method == "vectors"
    assert found.caution


@needs_encoder
def test_a_section_that_was_not_translated_is_absent() -> None:
    lines = ENGLISH.splitlines(keepends=True)
    found, _ = against("".join(line for line in lines if "waterbird" not in line))
    assert statuses(found)["2.1.2"] == "absent"
    assert statuses(found)["2.1.1"] == "full"
    assert any(e.type == "dropped" and e.section == "2.1.2" for e in claimed(found))


@needs_encoder
def test_clauses_that_a_translation_leaves_out_make_its_section_partial() -> None:
    start = ENGLISH.index("find out the types")
    end = ENGLISH.index("and publish monitoring")
    found, made = against(ENGLISH[:start] + ENGLISH[end:])
    assert statuses(found)["2.1.1"] == "partial"
    lost = [e for e in found.events if e.type == "dropped" and e.section == "2.1.1"]
    assert lost
    said = "".join(made.base.text[slice(*e.base_span)] for e in lost if e.base_span)
    assert "数据库" in said or "摸清" in said


@needs_encoder
def test_a_translation_that_ends_in_mid_sentence_is_truncated() -> None:
    found, _ = against(ENGLISH[: ENGLISH.index(" and establish a wetland protection fund")])
    assert statuses(found)["3.2"] in {"partial", "truncated"}
    cut, _ = against(ENGLISH[: ENGLISH.index("ation, and establish a wetland")])  # "restor"
    assert statuses(cut)["3.2"] == "truncated"


@needs_encoder
def test_another_number_is_claimed_and_opens_in_both_texts() -> None:
    text = ENGLISH.replace("62%", "68%")
    found, made = against(text)
    (event,) = claimed(found)
    assert event.span is not None
    assert event.base_span is not None
    assert text[slice(*event.span)] == "68"
    assert made.base.text[slice(*event.base_span)] == "62"


@needs_encoder
def test_a_lead_is_injected_and_a_sentence_in_another_language_is_residue() -> None:
    foreign = "Apoyar la restauración de los humedales degradados a lo largo del río."
    lead = "A newspaper reported yesterday that a plan of this kind had been issued to all cities."
    text = f"{lead}\n{ENGLISH}".replace("Restore degraded wetlands.", foreign)
    found, _ = against(text)
    kinds = {(event.type, event.severity) for event in found.events}
    assert ("injected", "substantive") in kinds
    assert ("residue", "substantive") in kinds


def test_a_language_that_the_encoder_does_not_know_is_compared_by_its_skeleton() -> None:
    found, _ = against(ENGLISH, language="xx")
    assert found.method == "skeleton"
    assert found.caution
    assert not [event for event in claimed(found) if event.type == "altered"]


@needs_encoder
def test_a_translation_is_compared_once() -> None:
    kept: dict[str, bytes] = {}
    first, _ = against(ENGLISH, kept=kept)
    mark = "made before"
    kept |= {key: said.replace(CAUTION.encode(), mark.encode()) for key, said in kept.items()}
    again, _ = against(ENGLISH, kept=kept)
    assert (first.caution, again.caution) == (CAUTION, mark)
    other, _ = against(ENGLISH.replace("62", "68"), kept=kept)
    assert other.caution == CAUTION


def test_names_are_those_that_translations_write_with_a_capital() -> None:
    known = known_names(["Cooperation with Zhongguancun and Zhangjiang in Xi Jinping Thought"])
    found = names("推动中关村、张江与各地合作，学习习近平", known)
    assert set(found) == {"zhongguancun", "zhangjiang", "xijinping"}
    assert not has("zhongguancun", words("the demonstration zone"))
    assert has("gansulanbai", words("Lanbai in Gansu, gansu"))


def test_debris_and_torn_words_are_damage() -> None:
    text = (
        "zonas de alta tecnología \\\\ \\\\ \\\\ Apoyar, as í como la ayuda de Beta Co.Ltd(000931)."
    )
    found = {event.text: event.type for event in debris(text, (0, len(text)))}
    assert found == {
        "\\\\ \\\\ \\\\": "damaged",
        "as í como": "damaged",
        "Beta Co.Ltd(000931)": "altered",
    }


def test_chinese_left_in_a_translation_is_residue() -> None:
    text = "Support the development of 湿地公园 along the river and its lakes."
    (event,) = residue(text, "en", (0, len(text)))
    assert event.text == "湿地公园"


def test_a_text_that_stops_at_a_piece_of_a_word_breaks_off() -> None:
    text = "The western regions are supported. Western regions grow. Support for the western"
    assert breaks_off(text, len(text))
    whole = "They live in Tibet. A plan for Tibet, too. Counties in Tibet"
    assert not breaks_off(whole, len(whole))


def test_clauses_end_at_commas_and_short_ones_join_their_neighbour() -> None:
    text = "推进岸线整治和水系连通，控制采砂，恢复水生植被。"
    assert [text[slice(*span)] for span in split(text, 0, len(text))] == [
        "推进岸线整治和水系连通，控制采砂，",
        "恢复水生植被。",
    ]


# The seed documents


@pytest.fixture(scope="module")
def seeds() -> dict[str, WitnessReport]:
    """The report on each, by name, read from a page of its kind."""
    many = []
    for name, page in PAGES.items():
        body = Body(
            data=page().encode(), media_type="text/html", complete=True, decoded=True, note=""
        )
        found = read(body, replace(CAPTURE, id=name))
        tree = html.document_fromstring(page())
        many.append(
            witness(
                name,
                found.text,
                language=LANGUAGES[name],
                links=page_links(tree, found.text),
            )
        )
    made = report("work", many, "zh-Hans")
    assert made.base.identity.document == "001"
    return {each.identity.document: each for each in made.witnesses}


def gold(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLD.read_text(encoding="utf-8"))["witnesses"][name]
    return found


@needs_seeds
@needs_encoder
@pytest.mark.parametrize("name", LANGUAGES)
def test_the_status_of_the_sections_of_each_seed(
    seeds: dict[str, WitnessReport], name: str
) -> None:
    told, true = statuses(seeds[name]), gold(name)["sections"]
    assert list(told) == list(true)
    wrong = {path: told[path] for path in true if told[path] != true[path]["status"]}
    assert len(true) - len(wrong) >= LEAST[name], wrong


@needs_seeds
@needs_encoder
def test_the_two_full_seeds_differ_in_one_lost_mark_and_notation(
    seeds: dict[str, WitnessReport],
) -> None:
    (lost,) = seeds["001"].events
    assert (lost.type, lost.severity, lost.base_text) == ("dropped", "minor", "“")
    tickers = [event for event in seeds["000"].events if event.type == "markup"]
    brackets = [event for event in seeds["000"].events if event.text in {"(", ")"}]
    assert len(brackets) == 24
    assert len(tickers) == 11
    others = {event.type for event in seeds["000"].events if event.section}
    assert others == {"markup", "notation", "injected"}  # the lead quotes a section


@needs_seeds
@needs_encoder
def test_nothing_is_claimed_against_the_third_seed_that_the_gold_has_not(
    seeds: dict[str, WitnessReport],
) -> None:
    true = gold("003")["events"]

    def touches(event: Event) -> bool:
        return any(
            _meet(event.span, each.get("span"))
            or _meet(event.base_span, each.get("canonical_span"))
            for each in true
        )

    said = claimed(seeds["003"])
    assert len(said) >= 12
    assert sum(not touches(event) for event in said) <= 0.1 * len(said)


def _meet(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return False
    return bool(max(a[0], b[0]) < min(a[1], b[1]) or (a[0] == a[1] and b[0] <= a[0] <= b[1]))
