"""A report drawn, and as files that can be cited: the picture, TEI by its rules, the folder of all."""

import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from lxml import etree

from pipelines.report import Report, report
from pipelines.report.tei import tei
from service import stemma
from service.cli import run
from tests.report_samples import PLAN, witness
from tests.web_driver import Web, web

XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
TEI = "{http://www.tei-c.org/ns/1.0}"
HURT = PLAN.replace("62%", "68%").replace("控制采砂活动，", "").replace("水鸟同步调查", "候鸟普查")
WORSE = HURT.replace("15处", "25处").replace("改善水质和", "")


@pytest.fixture(scope="module")
def made() -> Report:
    dated = [("a", PLAN, "2026-01-01"), ("b & c", HURT, "2026-01-02"), ("d", WORSE, "January 2026")]
    many = [witness(name, text, published_at=date) for name, text, date in dated]
    return report("work", many, "zh-Hans")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name, text in (("one", PLAN), ("two", HURT.replace("珍稀物种", "珍稀物种（600519）"))):
        file = folder / f"{name}.txt"
        file.write_text(text, encoding="utf-8")
        words = ("ingest", str(file), "--url", f"https://{name}.example/", "--type", "text/plain")
        assert run(["--archive", str(folder / "archive"), "--json", *words]) == 0
    return folder / "archive"


def test_each_copy_stands_right_of_its_source_and_below_it(made: Report) -> None:
    placed = {node.url: node for node in stemma.nodes(made)}
    assert set(placed) == {each.identity.url for each in made.witnesses}
    assert placed[made.base.identity.url].row == 0
    assert made.descent
    for edge in made.descent:
        source, target = placed[edge.source], placed[edge.target]
        assert target.depth == source.depth + 1
        assert target.row > source.row


def test_the_picture_is_one_image_with_a_name_and_no_markup_of_an_address(made: Report) -> None:
    drawn = etree.fromstring(stemma.svg(made, "Who <copied>"))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "Who <copied>"
    assert len(drawn.findall("{*}circle")) == len(made.witnesses)
    assert len(drawn.findall("{*}path")) == len(made.descent)


def test_the_tei_keeps_the_rules_of_its_attributes_and_of_the_order_within_an_entry(
    made: Report,
) -> None:
    root = etree.fromstring(tei(made))
    ids = [found for each in root.iter() if (found := each.get(XML_ID))]
    assert len(ids) == len(set(ids)) == len(made.witnesses)
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", each) for each in ids)
    for reading in root.iter(f"{TEI}rdg"):
        cited = (reading.get("wit") or "").split()
        assert cited
        assert {each.removeprefix("#") for each in cited} <= set(ids)
        assert reading.get("cert") in {None, "high", "medium", "low", "unknown"}
    for entry in root.iter(f"{TEI}app"):
        names = [etree.QName(each).localname for each in entry]
        assert re.fullmatch("(lem )?(rdg )+(note )*", "".join(f"{name} " for name in names))
    dates = {each.get("when") for each in root.iter(f"{TEI}date")}
    assert dates == {"2026-01-01", "2026-01-02", None}  # in words it is no `when`
    targets = [each.get("target") or " " for each in root.iter(f"{TEI}ref")]
    assert not [each for each in targets if re.search(r"\s", each)]
    header = root.iterfind(f"{TEI}teiHeader/{TEI}fileDesc/*")
    parts = [etree.QName(each).localname for each in header]
    assert parts == ["titleStmt", "publicationStmt", "sourceDesc"]


def test_the_folder_holds_the_texts_whose_characters_the_report_counts(
    site: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.zip"
    key = _work(site)
    assert run(["--archive", str(site), "--json", "report", key, "--zip", str(path)]) == 0
    with zipfile.ZipFile(path) as folder:
        files = {name: folder.read(name) for name in folder.namelist()}
    for line in files["sha256sum.txt"].decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(files[name]).hexdigest() == digest
    view = json.loads(files["report.json"])
    rows = [row.split("\t") for row in files["witnesses.tsv"].decode().splitlines()[1:]]
    assert [row[-1] for row in rows] == [each["url"] for each in view["witnesses"]]
    for row, each in zip(rows, view["witnesses"], strict=True):
        text = files[row[0]].decode()
        for event in each["events"]:
            if event["span"] and event["text"]:
                assert text[slice(*event["span"])] == event["text"]


def _work(site: Path) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        assert run(["--archive", str(site), "--json", "work", "list"]) == 0
    return str(json.loads(out.getvalue())["works"][0]["work"])


@pytest.fixture(scope="module")
def served(site: Path) -> object:
    with web(site) as found:
        yield found


def test_a_report_has_permanent_addresses_that_its_page_links(served: Web, site: Path) -> None:
    key = _work(site)
    page = served.page(f"/works/{key}/report")
    for form, kind in (("json", "json"), ("html", "html"), ("tei", "tei+xml"), ("zip", "zip")):
        address = f"/works/{key}/report/{form}"
        assert address in page.text
        answer = served.page(address)
        assert answer.status_code == 200
        assert kind in answer.headers["content-type"]
        assert answer.headers["content-disposition"].startswith("attachment")
        assert served.page(f"/api/v1/reports/{key}/{form}").content == answer.content
        tag = {"If-None-Match": answer.headers["etag"]}
        assert served.page(address, **tag).status_code == 304
    assert served.page(f"/works/{key}/report/exe").status_code in {400, 404, 422}


def test_events_are_chosen_by_the_address_alone(served: Web, site: Path) -> None:
    address = f"/works/{_work(site)}/report"
    assert "68" in served.page(address).text.partition("<ol")[2]
    only = served.page(f"{address}?severity=furniture&kind=markup").text
    assert "（600519）" in only
    assert "候鸟普查" not in only
