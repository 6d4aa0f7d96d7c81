"""Taking over the WARC files of others: whole ones, odd ones, damaged ones, hostile ones."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import OriginalMissing
from archive.imports import ImportReport, import_warc
from archive.members import Found, walk
from archive.records import Capture, Filing, Refusal, Relation
from archive.replay import Filed, reading_record, refusal_record, text_record
from archive.store import Archive
from archive.verify import verify_fully
from archive.warc import to_member
from tests.foreign_warcs import (
    CASES,
    DATE,
    ONE,
    THREE,
    TWO,
    gz,
    page,
    record,
    request,
    response,
    revisit,
    sha1,
    uid,
)
from tests.samples import ROOT, START, dump, exact, fill, new, outcomes, put, reading, run_python
from tests.samples import warcs as warc_files
from tests.warc_tools import demand_that_tools_agree, records

SHARED = ROOT.parent / "shared" / "measure" / "hostile_warcs.py"
LOSSES = {"torn-tail", "bad-member", "bad-record", "too-large", "not-a-warc", "unreadable"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "theirs.warc.gz"


def take(folder: Path, path: Path, data: bytes | None = None) -> tuple[ImportReport, list[Capture]]:
    if data is not None:
        path.write_bytes(data)
    captures: list[Capture] = []
    with Archive.open(folder, write=True) as archive:
        report = import_warc(archive, path, captures.append)
    return report, captures


def ends(captures: list[Capture]) -> tuple[str, ...]:
    return tuple(capture.url.rpartition("/")[2] for capture in captures)


# What is taken


def test_members_are_copied_byte_for_byte(folder: Path, path: Path) -> None:
    report, captures = take(folder, path, gz(request(1), ONE, TWO))
    assert (report.records, report.captures, report.kept, report.problems) == (3, 2, 2, ())
    assert report.path == str(path)
    assert ends(captures) == ("1", "2")
    (ours,) = warc_files(folder)
    assert path.read_bytes() in ours.read_bytes()
    with Archive.open(folder) as archive:
        assert [archive.body(each).data for each in captures] == [page(1), page(2)]
        assert verify_fully(archive).ok
    demand_that_tools_agree(folder)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("packed", ["plain", "one member"])
def test_other_packings_are_packed_anew_with_the_same_records(
    folder: Path, path: Path, version: str, packed: str
) -> None:
    data = b"".join(response(n, "X-Odd:  kept ", version=version) for n in (1, 2, 3))
    report, captures = take(folder, path, gz(data) if packed == "one member" else data)
    assert (report.records, report.kept, ends(captures)) == (3, 3, ("1", "2", "3"))
    theirs = [each.record for each in walk(path) if isinstance(each, Found)]
    ours = [each.record for each in records(folder)[1:]]
    assert [(each.head, each.block) for each in ours] == [
        (each.head, each.block) for each in theirs
    ]
    assert ours[0].version == version


def test_importing_twice_changes_nothing(folder: Path, path: Path) -> None:
    data = gz(request(1), ONE, TWO, request(2), revisit(3, 1), response(4, "WARC-Record-ID: ?"))
    _, first = take(folder, path, data)
    before, size = dump(folder), sum(each.stat().st_size for each in warc_files(folder))
    report, second = take(folder, path)
    assert (report.records, report.captures, report.kept) == (6, 4, 0)
    assert second == first
    assert dump(folder) == before
    assert sum(each.stat().st_size for each in warc_files(folder)) == size


def test_a_rebuild_knows_what_was_imported(folder: Path, path: Path) -> None:
    data = gz(
        revisit(3, 1), ONE, response(2, f"WARC-Record-ID: {uid(1)}"), response(5, "WARC-Date: ?")
    )
    take(folder, path, data)
    before = dump(folder)
    with Archive.rebuild(folder) as archive:
        assert list(archive.index.dump()) == before


def test_many_records_are_taken_in_several_batches(folder: Path, path: Path) -> None:
    report, captures = take(folder, path, gz(*(response(n) for n in range(450))))
    assert (report.records, report.kept) == (450, 450)
    assert ends(captures) == tuple(str(n) for n in range(450))


def test_captures_are_on_the_disk_before_they_are_handed_on(folder: Path, path: Path) -> None:
    path.write_bytes(gz(ONE, TWO))
    with Archive.open(folder, write=True) as archive:

        def file(capture: Capture) -> None:
            with Archive.open(folder) as reader:
                assert reader.index.capture(capture.id) == capture
            text = archive.body(capture).data.decode()
            archive.file(reading(capture, text), new(text), None)

        import_warc(archive, path, file)
        assert archive.index.counts()["versions"] == 2


def test_an_import_that_was_interrupted_can_be_finished(folder: Path, path: Path) -> None:
    path.write_bytes(gz(ONE, TWO))

    def interrupt(capture: Capture) -> None:
        raise KeyboardInterrupt

    with Archive.open(folder, write=True) as archive:
        with pytest.raises(KeyboardInterrupt):
            import_warc(archive, path, interrupt)
        assert len(archive.index.unread()) == 2
    report, captures = take(folder, path)
    assert (report.kept, ends(captures)) == (0, ("1", "2"))


@pytest.mark.parametrize(
    ("name", "data", "types"),
    [
        ("before", gz(request(1), ONE, request(2), TWO), ["request", "response"] * 2),
        ("behind", gz(ONE, request(1), TWO, request(2)), ["response", "request"] * 2),
        ("named", gz(request(7, f"WARC-Concurrent-To: {uid(1)}"), ONE), ["request", "response"]),
        ("naming", gz(ONE, request(7), response(2, f"WARC-Concurrent-To: {uid(-7)}")),
         ["response", "request", "response"]),
        ("of nothing", gz(request(7), ONE), ["response"]),
        ("of another time", gz(request(1, "WARC-Date: 2020-01-01T00:00:00Z"), ONE), ["response"]),
        ("twice", gz(ONE, request(1), request(1)), ["response", "request"]),
    ],
)  # fmt: skip
def test_a_request_goes_with_its_answer(
    folder: Path, path: Path, name: str, data: bytes, types: list[str]
) -> None:
    take(folder, path, data)
    assert [each.record.type for each in records(folder)[1:]] == types, name


def test_only_answers_and_their_requests_are_taken(folder: Path, path: Path) -> None:
    others = ("warcinfo", "metadata", "conversion", "screenshot")
    dns = record("response", 9, b"20240102 a 192.0.2.1", "Content-Type: text/dns")
    shot = record("resource", 8, b"\x89PNG", "WARC-Target-URI: urn:view:http://example.org/")
    handed = record("resource", 7, b"<p>resource</p>")
    data = gz(*(record(kind, n, b"x") for n, kind in enumerate(others)), dns, shot, handed)
    report, captures = take(folder, path, data)
    assert (report.records, ends(captures), report.problems) == (7, ("7",), ())
    assert [each.record.type for each in records(folder)] == ["warcinfo", "resource"]


def test_our_own_statements_in_a_foreign_file_are_not_believed(folder: Path, path: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = put(archive, "true", new("true"))
        before = list(archive.index.dump())
        forged = Filing(document=exact("x"), version=exact("x"), relation=Relation.NEW)
        lie = reading(capture, "forged")
        text = text_record(lie, capture, START)
    no = Refusal(capture=capture.id, stage="decode", reason="Forged.")
    filed = Filed(reading=lie, text_record=text.id, filing=forged)
    lies = (text, reading_record(filed, capture, START), refusal_record(no, capture, START))
    data = b"".join(to_member(each) for each in lies) + gz(ONE)
    take(folder, path, data)
    with Archive.open(folder) as archive:
        assert archive.index.counts()["versions"] == 1
        assert set(before) - set(archive.index.dump()) <= {before[0]}  # the size of the file
        assert archive.index.refusal(capture.id) is None


def test_another_archive_of_ours_gives_its_captures(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    fill(other)
    captures: list[Capture] = []
    with Archive.open(folder, write=True) as archive, Archive.open(other) as source:
        for path in warc_files(other):
            assert import_warc(archive, path, captures.append).problems == ()
        for each in captures:
            original = source.index.capture(each.id)
            assert archive.body(each) == source.body(original)
            assert each.entity_digest == original.entity_digest
    assert len(captures) == 9


# Revisits


def test_a_revisit_finds_its_original_by_id_or_by_address_and_time(
    folder: Path, path: Path
) -> None:
    by_time = record(
        "revisit", 5, b"HTTP/1.1 304 Not Modified\r\n\r\n",
        "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/server-not-modified",
        "WARC-Refers-To-Target-URI: http://example.org/1", f"WARC-Refers-To-Date: {DATE}",
    )  # fmt: skip
    report, captures = take(folder, path, gz(ONE, revisit(4, 1), by_time, revisit(6, 4)))
    assert report.problems == ()
    first = captures[0]
    with Archive.open(folder) as archive:
        for each in captures[1:]:
            assert (each.refers_to, each.entity_digest) == (first.id, first.entity_digest)
            assert archive.body(each).data == page(1)
        assert [each.status for each in captures] == [200, 200, 304, 200]


def test_a_revisit_before_its_original_is_resolved_when_that_comes(
    folder: Path, path: Path
) -> None:
    report, captures = take(folder, path, gz(revisit(4, 1), ONE))
    assert report.problems == ()
    with Archive.open(folder) as archive:
        assert archive.body(captures[0]).data == page(1)
        assert archive.index.capture(captures[0].id).entity_digest == captures[1].entity_digest


def test_revisits_in_a_circle_end(folder: Path, path: Path) -> None:
    report, captures = take(folder, path, gz(revisit(4, 5), revisit(5, 4), revisit(6, 6)))
    assert {each.code for each in report.problems} == {"orphan-revisit"}
    with Archive.open(folder) as archive:
        for each in captures:
            with pytest.raises(OriginalMissing):
                archive.body(each)


@pytest.mark.parametrize(
    "digest",
    [
        sha1(page(1)),
        "sha-1:" + sha1(page(1)).partition(":")[2].lower(),
        "md5:7c5d1f1b2f6d8a4c",  # in no known form: proves nothing
        "blake3:AAAA",
        "",
        ":",
    ],
)
def test_a_digest_that_is_true_or_unintelligible_is_no_problem(
    folder: Path, path: Path, digest: str
) -> None:
    report, _ = take(folder, path, gz(response(1, f"WARC-Payload-Digest: {digest}")))
    assert report.problems == ()


def test_the_digest_of_the_body_without_chunks_is_true_as_well(folder: Path, path: Path) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    for number, body in enumerate((b"5\r\nhello\r\n0\r\n\r\n", b"hello")):
        data = record("response", number, chunked, f"WARC-Payload-Digest: {sha1(body)}")
        report, _ = take(folder, path, gz(data))
        assert report.problems == ()


# What is wrong


@pytest.mark.parametrize("code", CASES)
def test_each_problem_is_named_and_the_rest_is_taken(folder: Path, path: Path, code: str) -> None:
    case = CASES[code]()
    report, captures = take(folder, path, case.data)
    assert tuple(each.code for each in report.problems) == case.codes == (code,)
    assert ends(captures) == case.captures
    (problem,) = report.problems
    assert problem.path == str(path)
    assert problem.offset is not None
    assert 0 <= problem.offset < len(case.data)
    with Archive.rebuild(folder) as archive:
        assert archive.index.counts()["captures"] == len(case.captures)


def test_damage_is_named_with_its_offset(folder: Path, path: Path) -> None:
    report, captures = take(folder, path, gz(ONE) + b"junk" + gz(THREE))
    (problem,) = report.problems
    assert (problem.code, problem.offset) == ("bad-member", len(gz(ONE)))
    assert ends(captures) == ("1", "3")


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_a_problem(folder: Path, path: Path, what: str) -> None:
    if what == "folder":
        path.mkdir()
    report, captures = take(folder, path)
    assert [each.code for each in report.problems] == ["unreadable"]
    assert (report.records, captures) == (0, [])


@settings(max_examples=60)
@given(
    field=st.sampled_from(
        ["WARC-Record-ID", "WARC-Date", "WARC-Target-URI", "WARC-Refers-To", "WARC-Truncated",
         "WARC-Payload-Digest", "WARC-Block-Digest", "WARC-Refers-To-Date", "WARC-Profile"]
    ),
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=40),
    kind=st.sampled_from(["response", "revisit", "resource"]),
)  # fmt: skip
def test_no_field_stops_an_import(
    tmp_path_factory: pytest.TempPathFactory, field: str, value: str, kind: str
) -> None:
    root = tmp_path_factory.mktemp("field")
    data = gz(record(kind, 1, b"HTTP/1.1 200 OK\r\n\r\nx", f"{field}: {value}"), TWO)
    _, captures = take(root / "archive", root / "a.warc.gz", data)
    assert ends(captures)[-1] == "2"
    before = dump(root / "archive")
    take(root / "archive", root / "a.warc.gz")
    assert dump(root / "archive") == before
    with Archive.rebuild(root / "archive") as archive:
        assert list(archive.index.dump()) == before


# The collection of hostile files

TAKE_ALL = """import json, sys, time
from pathlib import Path
from archive.imports import import_warc
from archive.store import Archive
folder, *paths = map(Path, sys.argv[1:])
for number, path in enumerate(paths):
    started = time.perf_counter()
    with Archive.open(folder / str(number), write=True) as archive:
        report = import_warc(archive, path, lambda capture: None)
        before = list(archive.index.dump())
        again = import_warc(archive, path, lambda capture: None)
        assert list(archive.index.dump()) == before and again.kept == 0, path
    print(json.dumps({
        "records": report.records,
        "problems": [[each.code, each.path, each.offset] for each in report.problems],
        "seconds": time.perf_counter() - started,
        # not ru_maxrss, which counts the process that started this one
        "mebibytes": int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024,
    }))
"""


def outcome_class(found: dict[str, Any]) -> str:
    codes = {code for code, _, _ in found["problems"]}
    if not codes:
        return "ok"
    if not found["records"]:
        return "rejected"
    return "partial" if codes & LOSSES else "flagged"


@pytest.mark.skipif(
    not SHARED.is_file(), reason="the hostile WARC files are not beside this checkout"
)
def test_every_hostile_file_has_its_listed_outcome(tmp_path: Path) -> None:
    files = tmp_path / "hostile"
    subprocess.run([sys.executable, str(SHARED), str(files)], check=True, capture_output=True)
    cases = json.loads((files / "manifest.json").read_text())
    assert len(cases) > 60
    paths = [files / case["file"] for case in cases]
    ((status, out, err),) = outcomes([run_python(TAKE_ALL, tmp_path, *paths)])
    assert (status, err) == (0, "")
    for case, line in zip(cases, out.splitlines(), strict=True):
        found = json.loads(line)
        seen = outcome_class(found)
        assert seen in (case["expect"], case["either"]), (case["name"], found)
        if seen != "rejected":
            assert found["records"] == case["good"], (case["name"], found)
        if seen == "partial":
            assert all(offset is not None for _, _, offset in found["problems"])
        assert found["seconds"] < 10, case["name"]
        assert found["mebibytes"] < 256, case["name"]


def test_a_large_record_needs_bounded_memory(tmp_path: Path, path: Path) -> None:
    path.write_bytes(gz(response(1, body=bytes(60 << 20)), TWO))
    ((status, out, err),) = outcomes([run_python(TAKE_ALL, tmp_path, path)])
    assert (status, err) == (0, "")
    assert json.loads(out)["records"] == 2
    assert json.loads(out)["mebibytes"] < 400  # the block, its body, and the copy that is decoded
