"""Which witness a report says another was copied from."""

import random

from pipelines.report import Edge, report
from pipelines.report.descent import Suspect, descent
from tests.report_samples import PLAN, hurt, witness


def long_text(chance: random.Random, lines: int = 60) -> str:
    """A text of lines of clauses whose words come in no order, so that none of them comes again."""
    words = "湿地保护江豚水鸟监测修复岸线林业管理资金制度规划工程治理河口湖泊公园生态"
    return "".join(
        "，".join("".join(chance.choices(words, k=chance.randint(5, 14))) for _ in range(6))
        + "。\n"
        for _ in range(lines)
    )


TREES, WITNESSES, RIGHT = 3, 12, 0.8


def tree(seed: int) -> tuple[dict[str, str], list[Edge]]:
    """The sources of twelve witnesses, each copied from an earlier one, and what the report says."""
    chance = random.Random(seed)
    texts, sources = [long_text(chance) + PLAN], {}
    for number in range(1, WITNESSES):
        source = chance.randrange(number)
        texts.append(hurt(texts[source], chance, chance.randint(3, 7)))
        sources[f"https://w{number}.example/plan.html"] = f"https://w{source}.example/plan.html"
    many = [
        witness(f"w{n}", text, published_at=f"2026-03-{n + 1:02}") for n, text in enumerate(texts)
    ]
    chance.shuffle(many)
    return sources, list(report("work", many, "zh-Hans").descent)


def test_most_edges_of_copies_with_inherited_damage_are_right() -> None:
    right = 0
    for seed in range(TREES):
        sources, edges = tree(seed)
        right += sum(sources.get(edge.target) == edge.source for edge in edges)
    assert right >= RIGHT * TREES * (WITNESSES - 1)


def test_a_chain_of_copies_is_told_link_by_link_with_its_test() -> None:
    first = PLAN.replace("62%", "68%").replace("控制采砂活动，", "").replace("15处", "19处")
    second = first.replace("水鸟种群", "候鸟种群").replace("监测公报", "监测简报")
    third = second.replace("互花米草", "空心莲子草").replace("重大问题", "突出问题")
    texts = {"a": PLAN, "b": first, "c": second, "d": third}
    many = [
        witness(name, text, published_at=f"2026-03-0{day}")
        for day, (name, text) in enumerate(texts.items(), start=1)
    ]
    made = report("work", many, "zh-Hans")
    edges = {edge.target[8]: edge for edge in made.descent}
    assert {target: edge.source[8] for target, edge in edges.items()} == {
        "b": "a",
        "c": "b",
        "d": "c",
    }
    assert edges["d"].test == "shared errors"
    assert edges["d"].p < 0.001
    assert "5 of the 5 errors" in edges["d"].evidence


def test_two_witnesses_alone_are_not_enough_evidence() -> None:
    made = report("work", [witness("a", PLAN), witness("b", PLAN)], "zh-Hans")
    assert made.descent == ()
    assert made.undecided == ("https://b.example/plan.html",)


def test_a_witness_that_has_what_the_base_has_lost_is_no_copy_of_it() -> None:
    cut = PLAN.removeprefix("“")
    other = PLAN.replace("62%", "68%").replace("15处", "19处").replace("长江湿地", "江河湿地")
    many = [witness("a", cut, published_at="2026-01-01"), witness("b", PLAN), witness("c", other)]
    made = report("work", many, "zh-Hans")
    base = made.base.identity.url
    proved = {url for lost in made.base.apparatus for url in lost.witnesses}
    assert not [edge for edge in made.descent if edge.source == base and edge.target in proved]


def test_losses_that_fall_on_the_links_of_a_page_point_to_it() -> None:
    links = ((100, 102), (200, 203), (300, 302), (400, 404))
    page = Suspect(url="page", faults=(), links=links)
    losses = (*((start, end) for start, end in links[:3]), (700, 710))
    copy = Suspect(url="translation", faults=(), losses=losses, same_language=False)
    other = Suspect(url="other", faults=(), losses=((20, 30), (900, 917)), same_language=False)
    (edge,) = descent([page, copy, other], "page", 4000)
    assert (edge.source, edge.target, edge.test) == ("page", "translation", "losses at links")
    assert edge.p < 0.001


def test_nothing_is_copied_from_what_came_later() -> None:
    links = ((100, 102), (200, 203), (300, 302))
    page = Suspect(url="page", faults=(), links=links, published_at="2026-03-05")
    copy = Suspect(
        url="copy", faults=(), losses=links, same_language=False, published_at="2026-03-04"
    )
    assert descent([page, copy], "page", 4000) == ()


def test_a_claimed_source_is_told_as_a_claim() -> None:
    source = Suspect(url="paper", faults=(), publisher="江城日报社")
    copy = Suspect(url="site", faults=(), source="江城日报")
    (edge,) = descent([source, copy], "", 4000)
    assert (edge.source, edge.test, edge.p) == ("paper", "claimed source", 1.0)
