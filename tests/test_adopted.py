"""Importing in place: a file stays where it is, and the archive refers to its records."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from archive import lookup
from archive.adopted import linked
from archive.errors import TakenDown
from archive.exports.selection import of_documents
from archive.exports.wacz import to_wacz
from archive.exports.warcs import to_cdxj, to_warc
from archive.imports import ImportReport, adopt_warc, import_warc
from archive.members import Found, walk
from archive.records import Capture, Place
from archive.remote.folders import FolderStore
from archive.remote.pushing import push
from archive.store import Archive
from archive.takedown import take_down
from archive.verify import verify_fully, verify_quickly
from tests.commands import Variorum
from tests.commands import page as chinese_page
from tests.foreign_warcs import (
    CASES,
    ONE,
    THREE,
    TWO,
    gz,
    http,
    page,
    record,
    request,
    response,
    revisit,
)
from tests.samples import dump, exact, exchange, new, reading
from tests.samples import warcs as warc_files
from tests.test_foreign_formats import DOCUMENTS, arc, wacz, zst
from tests.warc_tools import demand_that_tools_agree

PAIRS = (request(1), ONE, request(2), TWO, revisit(4, 1), THREE)

BY_TIME = record(
    "revisit", 7, b"HTTP/1.1 200 OK\r\n\r\n",
    "WARC-Refers-To-Target-URI: http://example.org/2",
    "WARC-Refers-To-Date: 2024-01-02T03:04:05Z",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "theirs.warc.gz"


def adopt(
    folder: Path, path: Path, data: bytes | None = None
) -> tuple[ImportReport, list[Capture]]:
    if data is not None:
        path.write_bytes(data)
    captures: list[Capture] = []
    with Archive.open(folder, write=True) as archive:
        report = adopt_warc(archive, path, captures.append)
    return report, captures


def problems(folder: Path) -> tuple[set[str], set[str]]:
    """The codes of a quick check and of a full one."""
    with Archive.open(folder) as archive:
        found = verify_quickly(archive), verify_fully(archive)
    for each in (problem for report in found for problem in report.problems):
        assert not each.path.startswith("/")
    quick, full = ({problem.code for problem in report.problems} for report in found)
    return quick, full


def demand_sound(folder: Path) -> None:
    assert problems(folder) == (set(), set())
    rows = dump(folder)
    Archive.rebuild(folder).close()
    assert dump(folder) == rows
    demand_that_tools_agree(folder)


def bodies(folder: Path, captures: list[Capture]) -> list[bytes]:
    with Archive.open(folder) as archive:
        return [archive.body(archive.index.capture(each.id)).data for each in captures]


def kept_by_us(folder: Path) -> bytes:
    """All blocks of the archive's own records."""
    walked = (each for path in warc_files(folder) for each in walk(path))
    return b"".join(each.record.block for each in walked if isinstance(each, Found))


# What is referred to


def test_nothing_is_copied_and_everything_can_be_read(folder: Path, path: Path) -> None:
    report, captures = adopt(folder, path, gz(*PAIRS))
    assert (report.records, report.captures, report.kept, report.problems) == (6, 4, 4, ())
    assert bodies(folder, captures) == [page(1), page(2), page(1), page(3)]
    assert b"<p>page" not in kept_by_us(folder)
    (link,) = linked(folder)
    assert link.readlink() == path
    for each in captures:
        assert each.place.warc == f"adopted/{link.name}"
        assert gz(*PAIRS)[each.place.offset :][: each.place.length].startswith(b"\x1f\x8b")
    demand_sound(folder)


def test_importing_in_place_again_changes_nothing(folder: Path, path: Path) -> None:
    _, first = adopt(folder, path, gz(*PAIRS))
    before, kept = dump(folder), kept_by_us(folder)
    for take in (adopt_warc, import_warc):
        again: list[Capture] = []
        with Archive.open(folder, write=True) as archive:
            assert take(archive, path, again.append).kept == 0
        assert again == first
    assert (dump(folder), kept_by_us(folder)) == (before, kept)


@pytest.mark.parametrize(
    "code", [*sorted(CASES.keys() - {"shared-member", "split-record"}), "none"]
)
def test_a_file_gives_the_same_in_place_and_copied(tmp_path: Path, path: Path, code: str) -> None:
    data = gz(*PAIRS, BY_TIME, revisit(9, 8)) if code == "none" else CASES[code]().data
    report, captures = adopt(tmp_path / "referred", path, data)
    with Archive.open(tmp_path / "copied", write=True) as archive:
        copied: list[Capture] = []
        beside = import_warc(archive, path, copied.append)
    assert [each.code for each in report.problems] == [each.code for each in beside.problems]
    assert (report.records, report.captures) == (beside.records, beside.captures)
    nowhere = Place(warc="", offset=0, length=0)
    assert [replace(each, place=nowhere) for each in captures] == [
        replace(each, place=nowhere) for each in copied
    ]
    if code not in ("orphan-revisit", "none"):
        assert bodies(tmp_path / "referred", captures) == bodies(tmp_path / "copied", copied)
    before = dump(tmp_path / "referred")
    Archive.rebuild(tmp_path / "referred").close()
    assert dump(tmp_path / "referred") == before
    with Archive.open(tmp_path / "copied") as archive:
        expected = {each.code for each in verify_fully(archive).problems}
    assert problems(tmp_path / "referred")[1] == expected


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.warc", b"".join(PAIRS)),
        ("a.warc.gz", gz(*PAIRS)),
        ("a.wacz", wacz(("archive/a.warc.gz", gz(*PAIRS[:2])), ("archive/b.gz", b""),
                        ("archive/c.warc.gz", gz(*PAIRS[2:])))),
    ],
)  # fmt: skip
def test_every_packing_that_can_be_read_by_place_is_taken(
    folder: Path, tmp_path: Path, name: str, data: bytes
) -> None:
    report, captures = adopt(folder, tmp_path / name, data)
    assert (report.kept, report.problems) == (4, ())
    assert bodies(folder, captures) == [page(1), page(2), page(1), page(3)]
    assert b"<p>page" not in kept_by_us(folder)
    assert linked(folder)[0].name.endswith(name[1:])
    demand_sound(folder)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"".join(arc(*DOCUMENTS)), "not-in-place"),
        (gz(*arc(*DOCUMENTS)), "not-in-place"),
        (zst(ONE, TWO), "not-in-place"),
        (gz(ONE + TWO), "not-in-place"),
        (gz(ONE[:90], ONE[90:]), "not-in-place"),
        (wacz(("archive/a.warc", ONE)), "not-in-place"),
        (b"\x89PNG", "not-a-warc"),
        (b"", "not-a-warc"),
    ],
)
def test_what_cannot_be_read_by_place_is_refused(
    folder: Path, path: Path, data: bytes, code: str
) -> None:
    report, captures = adopt(folder, path, data)
    assert [each.code for each in report.problems] == [code]
    assert code == "not-a-warc" or "without --in-place" in report.problems[0].message
    assert (report.records, captures, linked(folder)) == (0, [], ())
    with Archive.open(folder) as archive:
        assert archive.index.counts()["captures"] == 0


def test_a_file_of_the_archive_itself_is_refused(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.keep(exchange())
    report, _ = adopt(folder, warc_files(folder)[0])
    assert [each.code for each in report.problems] == ["not-in-place"]


def test_records_that_share_a_member_are_copied_in_their_order(folder: Path, path: Path) -> None:
    report, captures = adopt(folder, path, gz(ONE, TWO + THREE, BY_TIME, response(5)))
    assert [each.code for each in report.problems] == ["shared-member"]
    assert [each.place.warc.partition("/")[0] for each in captures] == [
        "adopted", "warc", "warc", "adopted", "adopted",
    ]  # fmt: skip
    assert bodies(folder, captures) == [page(1), page(2), page(3), page(2), page(5)]
    demand_sound(folder)


def test_what_is_kept_never_depends_on_a_file_of_others(folder: Path, path: Path) -> None:
    block = exchange(page(1)).response
    _, (theirs,) = adopt(folder, path, gz(record("response", 1, block)))
    with Archive.open(folder, write=True) as archive:
        ours = archive.keep(exchange(page(1)))
        assert ours.entity_digest == theirs.entity_digest
        assert ours.kind == "response", "no revisit of bytes that are not ours"
        again = archive.keep(exchange(page(1), after=1))
        assert (again.kind, again.refers_to) == ("revisit", ours.id)
    path.unlink()
    assert bodies(folder, [ours, again]) == [page(1), page(1)]
    with Archive.open(folder, write=True) as archive:
        assert archive.keep(exchange(page(1), after=2)).kind == "revisit"


def test_a_path_that_is_no_text_can_be_referred_to(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff\xfe.warc.gz")
    _, captures = adopt(folder, odd, gz(ONE))
    assert bodies(folder, captures) == [page(1)]
    demand_sound(folder)
    odd.unlink()
    assert problems(folder)[0] == {"adopted-missing"}


def test_a_file_that_changes_meanwhile_is_a_problem(folder: Path, path: Path) -> None:
    path.write_bytes(gz(ONE, TWO))

    def meddle(_: Capture) -> None:
        with path.open("ab") as handle:
            handle.write(gz(THREE))

    with Archive.open(folder, write=True) as archive:
        report = adopt_warc(archive, path, meddle)
    assert [each.code for each in report.problems] == ["adopted-changed"]
    assert report.captures == 2, "what came behind the digest is not taken"


# Taking down, exporting, pushing


def test_a_capture_in_a_file_of_others_can_be_taken_down(folder: Path, path: Path) -> None:
    _, captures = adopt(folder, path, gz(*PAIRS))
    theirs = path.read_bytes()
    with Archive.open(folder, write=True) as archive:
        for each in (captures[0], captures[1]):
            text = archive.body(each).data.decode()
            archive.file(reading(each, text), new(text), None)
    tombstones = take_down(folder, captures[0].id, "the archivist", "Personal data.")
    assert {each.capture for each in tombstones} == {captures[0].id, captures[2].id}
    assert [[gone.type for gone in each.gone] for each in tombstones] == [
        ["response", "conversion", "metadata"], ["revisit"],
    ]  # fmt: skip
    assert path.read_bytes() == theirs, "the file is not ours"
    assert page(1) not in kept_by_us(folder)
    assert bodies(folder, [captures[1], captures[3]]) == [page(2), page(3)]
    with Archive.open(folder) as archive:
        with pytest.raises(TakenDown):
            lookup.by_key(archive, exact(page(1).decode()))
        assert archive.index.captures_at("http://example.org/1") == ()
        exported = folder.with_name("all.warc.gz")
        to_warc(archive, None, exported)
    taken = [each.record for each in walk(exported) if isinstance(each, Found)]
    assert [each.url.rpartition("/")[2] for each in taken if each.type == "request"] == ["2"]
    demand_sound(folder)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.wacz"])
def test_an_export_holds_what_is_referred_to(folder: Path, tmp_path: Path, name: str) -> None:
    members = gz(*PAIRS, request(9), record("metadata", 8, b"theirs"))
    data = {"a.warc": b"".join(PAIRS), "a.wacz": wacz(("archive/a.warc.gz", members))}
    _, captures = adopt(folder, tmp_path / name, data.get(name, members))
    with Archive.open(folder, write=True) as archive:
        text = archive.body(captures[0]).data.decode()
        archive.file(reading(captures[0], text), new(text), None)
    with Archive.open(folder) as archive:
        assert to_wacz(archive, None, tmp_path / "all.wacz") == 4
        assert to_warc(archive, None, tmp_path / "all.warc.gz") == 4
        assert to_warc(archive, of_documents(archive, (exact(text),)), tmp_path / "one.gz") == 1
        assert to_cdxj(archive, None, tmp_path / "all.cdxj") == 4
    for exported, count in (("all.wacz", 4), ("all.warc.gz", 4), ("one.gz", 1)):
        again: list[Capture] = []
        with Archive.open(tmp_path / f"of-{exported}", write=True) as other:
            assert import_warc(other, tmp_path / exported, again.append).problems == ()
        assert sorted(each.id for each in again) == sorted(each.id for each in captures[:count])
    walked = [each.record for each in walk(tmp_path / "all.warc.gz") if isinstance(each, Found)]
    assert [each.type for each in walked].count("request") == 2
    for line in (tmp_path / "all.cdxj").read_text().splitlines():
        assert linked(folder)[0].name in line


def test_a_push_leaves_files_of_others_outside(folder: Path, path: Path, tmp_path: Path) -> None:
    adopt(folder, path, gz(ONE, TWO))
    (tmp_path / "store").mkdir()
    pushed = list(push(folder, FolderStore(tmp_path / "store")))
    assert [each.state for each in pushed] == ["sent"]
    assert not list((tmp_path / "store").rglob("*adopted*"))


def test_the_command_says_what_became_of_each_file(folder: Path, tmp_path: Path) -> None:
    variorum = Variorum(folder)
    good, bad = tmp_path / "good.warc.gz", tmp_path / "bad.arc"
    block = http(chinese_page())
    good.write_bytes(gz(record("response", 1, block)))
    bad.write_bytes(b"".join(arc(*DOCUMENTS)))
    answer = variorum("import", "--in-place", str(good), str(bad), "--json")
    assert answer.status == 1
    assert answer.err == "", "no bar where there is no terminal"
    files = answer.json["files"]
    assert [each["new"] for each in files] == [1, 0]
    assert [each["code"] for each in files[1]["problems"]] == ["not-in-place"]
    (result,) = answer.json["results"]
    assert (result["status"], result["relation"]) == ("archived", "new")
    assert variorum("stats", "--json").json["adopted_files"] == 1
    assert variorum("verify").status == 0
    (tmp_path / "store").mkdir()
    pushed = variorum("archive", "push", "--store", str(tmp_path / "store"))
    assert "1 files that were imported with --in-place" in pushed.err
    assert variorum("text", result["version"]).status == 0
    good.unlink()
    assert variorum("text", result["version"]).status == 0, "the text is ours"
    assert variorum("verify", "--quick").status == 1
