"""A report as JSON, as a file to read and as TEI."""

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from archive.kept_reports import FILE, KeptReports
from pipelines.report import Report, report
from pipelines.report.links import page_links
from pipelines.report.tei import ELEMENTS, NAMESPACE, tei
from service import report_file
from service.cli import run
from tests.report_samples import PLAN, witness

HURT = PLAN.replace("62%", "68%").replace("控制采砂活动，", "").replace("（一）", "(一)")
HOSTILE = "<script>alert(1)</script>记者从\x07有关部门获悉，方案已经印发。\n" + HURT


@pytest.fixture(scope="module")
def made() -> Report:
    cut = PLAN.removeprefix("“")
    return report(
        "work",
        [witness("a", cut, published_at="2026-01-01"), witness("b", PLAN), witness("c", HOSTILE)],
        "zh-Hans",
    )


def elements(made: Report) -> Iterator[Any]:
    root = etree.fromstring(tei(made))
    return (each for each in root.iter() if isinstance(each.tag, str))


def name(element: Any) -> str:
    space, _, local = element.tag.rpartition("}")
    assert space == f"{{{NAMESPACE}"
    return str(local)


def test_the_tei_has_only_elements_of_its_model_each_where_it_may_stand(made: Report) -> None:
    for element in elements(made):
        assert name(element) in ELEMENTS
        inside = {name(child) for child in element if isinstance(child.tag, str)}
        assert inside <= ELEMENTS[name(element)], name(element)


def test_the_tei_names_every_witness_that_its_readings_cite(made: Report) -> None:
    ids = {each.get("{http://www.w3.org/XML/1998/namespace}id") for each in elements(made)}
    cited = [each.get("wit") for each in elements(made) if name(each) == "rdg"]
    assert len(cited) >= 4
    assert {f"#{each}" for each in ids if each} >= set(cited)


def test_the_text_of_the_tei_is_the_base_with_what_it_lost(made: Report) -> None:
    said = []
    for block in elements(made):
        if name(block) == "p" and name(block.getparent()) == "div":
            for app in block.iter(f"{{{NAMESPACE}}}rdg"):
                app.text = ""
            said.append("".join(block.itertext()))
    whole = "".join("".join(said).split())
    assert "".join(PLAN.split()) in whole


def test_the_tei_says_what_is_changed_and_by_whom(made: Report) -> None:
    pairs = [
        (app[0].text, app[1].text, app[1].get("type"))
        for app in elements(made)
        if name(app) == "app" and name(app[0]) == "lem"
    ]
    assert ("62", "68", "altered") in pairs


def test_the_file_to_read_runs_nothing_and_needs_nothing_beside_it(made: Report) -> None:
    page = report_file.html(made)
    tree: Any = html.document_fromstring(page)
    assert not tree.xpath("//script | //link | //img | //iframe | //*[@src]")
    assert "&lt;script&gt;" in page
    assert len(tree.xpath("//tbody/tr")) == len(made.base.units)
    assert tree.xpath("string(//title)").endswith(made.work)


def commands(folder: Path, *words: str) -> Any:
    printed = StringIO()
    with redirect_stdout(printed):
        assert run(["--archive", str(folder), "--json", *words]) == 0, words
    return json.loads(printed.getvalue())


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive with two witnesses, and the key of a document of it."""
    folder = tmp_path_factory.mktemp("report") / "archive"
    for number, text in enumerate((PLAN, HURT)):
        lines = "".join(f"<p>{line}</p>" for line in text.splitlines()[1:])
        linked = lines.replace("湿地公园", '<a href="/park">湿地公园</a>') if number else lines
        file = folder.parent / f"{number}.html"
        file.write_text(
            f'<html><head><meta charset="utf-8"><title>x</title></head><body>'
            f'<h1>{text.splitlines()[0]}</h1><div class="TRS_Editor"><p>{text.splitlines()[0]}</p>'
            f"{linked}</div></body></html>",
            encoding="utf-8",
        )
        url = f"https://w{number}.example/plan.html"
        found = commands(folder, "ingest", str(file), "--url", url, "--type", "text/html")
    return folder, found["results"][0]["document"]


def test_the_command_gives_the_report_that_programs_rely_on(archive: tuple[Path, str]) -> None:
    view = commands(archive[0], "report", archive[1])
    assert set(view) >= {"work", "base", "witnesses", "descent"}
    assert set(view["base"]) >= {"version", "title"}
    assert len(view["witnesses"]) == 2
    for each in view["witnesses"]:
        assert set(each) >= {"url", "document", "version", "language", "coverage", "published_at"}
        assert [state["id"] for state in each["sections"]][:3] == ["title", "pre", "1"]
        for event in each["events"]:
            assert set(event) >= {"type", "severity", "section", "span", "text", "base_span"}
    hurt = next(each for each in view["witnesses"] if "w1" in each["url"])
    assert {"altered", "dropped", "notation", "markup"} == {e["type"] for e in hurt["events"]}


def test_the_command_writes_both_files(archive: tuple[Path, str], tmp_path: Path) -> None:
    page, xml = tmp_path / "report.html", tmp_path / "report.xml"
    commands(archive[0], "report", archive[1], "--html", str(page), "--tei", str(xml))
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert etree.parse(str(xml)).getroot().tag == f"{{{NAMESPACE}}}TEI"


def test_a_key_of_nothing_is_a_no(archive: tuple[Path, str]) -> None:
    assert run(["--archive", str(archive[0]), "--json", "report", "a" * 20]) == 1


def test_people_read_each_event_with_its_characters(
    archive: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive[0]), "report", archive[1]]) == 0
    shown = capsys.readouterr().out
    assert "“62” -> “68”" in shown
    assert "Who copied from whom" in shown


def test_reports_are_kept_by_what_they_depend_on(tmp_path: Path) -> None:
    kept = KeptReports(tmp_path)
    kept["a"] = b"1"
    kept["a"] = b"2"
    kept.close()
    again = KeptReports(tmp_path)
    assert dict(again) == {"a": b"2"}
    assert (tmp_path / FILE).is_file()
    with pytest.raises(KeyError):
        again["b"]
    again.close()


def test_links_inside_sentences_are_found_and_menus_are_not() -> None:
    page = (
        '<body><ul><li><a href="/">首页</a></li></ul><p>推进岸线整治，改善<a href="/t">江豚</a>等'
        '珍稀物种的栖息<span data-code="1">环境</span>。</p></body>'
    )
    main = "推进岸线整治，改善江豚等珍稀物种的栖息环境。\n"
    found = page_links(html.document_fromstring(page), main)
    assert [(main[slice(*link.span)], link.target) for link in found] == [
        ("江豚", "/t"),
        ("环境", "1"),
    ]
