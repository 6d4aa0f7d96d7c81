"""Proving an archive: each kind of damage is found, named, and never repaired."""

import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from archive.captures import NOT_MODIFIED, REQUEST_TYPE, RESPONSE_TYPE
from archive.files import sha256
from archive.members import Found, walk
from archive.problems import CODES
from archive.records import Block, Capture, Place
from archive.recovery import index_path
from archive.replay import READING_TYPE, TEXT_TYPE, Filed
from archive.store import Archive
from archive.takedown import take_down
from archive.verify import Report, verify_fully, verify_quickly
from archive.warc import record, to_member
from tests import foreign_warcs
from tests.samples import ROOT, dump, exchange, fill, new, put, warcs


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine") / "archive"
    fill(folder)
    return folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "archive"))


def both(folder: Path) -> tuple[Report, Report]:
    with Archive.open(folder) as archive:
        return verify_quickly(archive), verify_fully(archive)


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


def change(path: Path, edit: Callable[[bytes], bytes]) -> None:
    path.chmod(0o644)
    path.write_bytes(edit(path.read_bytes()))
    path.chmod(0o444)


def execute(folder: Path, *statements: str) -> None:
    db = sqlite3.connect(index_path(folder))
    with db:
        for statement in statements:
            assert db.execute(statement).rowcount != 0, statement
    db.close()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def found(folder: Path, kind: str, *, last: bool = False) -> tuple[Path, Found]:
    """The first or last record of this type."""
    every = [
        (path, each)
        for path in warcs(folder)
        for each in walk(path)
        if isinstance(each, Found) and each.record.type == kind
    ]
    return every[-1 if last else 0]


def damage_record(folder: Path, kind: str) -> None:
    path, where = found(folder, kind)
    change(path, lambda data: flipped(data, where.offset + where.length // 2))


def append(folder: Path, *members: bytes) -> None:
    """Put members at the end of the last file, with a true sidecar, and let recovery index them."""
    path = warcs(folder)[-1]
    change(path, lambda data: data + b"".join(members))
    path.with_name(path.name + ".sha256").write_text(f"{sha256(path)}  {path.name}\n")
    with Archive.open(folder, write=True):
        pass


def take_foreign(code: str) -> Callable[[Path], None]:
    """Keep the bad record of an import case as it stands."""

    def keep(folder: Path) -> None:
        case = foreign_warcs.CASES[code]()
        append(folder, case.data)

    return keep


def forged_reading(folder: Path) -> None:
    fields = [("WARC-Date", foreign_warcs.DATE), ("WARC-Target-URI", "https://a.example/")]
    append(folder, to_member(record("metadata", b'{"reading": 1}', READING_TYPE, fields)))


def orphan_text(folder: Path) -> None:
    fields = [("WARC-Refers-To", foreign_warcs.uid(1))]
    append(folder, to_member(record("conversion", b"text", TEXT_TYPE, fields)))


def unfounded_304(folder: Path) -> None:
    """A 304 whose request asked with validators that its original never had."""
    _, original = found(folder, "response")
    fields = [
        ("WARC-Target-URI", original.record.url),
        ("WARC-Date", "2026-03-05T00:00:00Z"),
        ("WARC-Profile", NOT_MODIFIED),
        ("WARC-Refers-To", f"<urn:uuid:{original.record.id}>"),
    ]
    said = record("revisit", b"", RESPONSE_TYPE, fields)
    naming = [*fields[:2], ("WARC-Concurrent-To", f"<urn:uuid:{said.id}>")]
    asked = b'GET /plan.html HTTP/1.1\r\nIf-None-Match: "forged"\r\n\r\n'
    append(folder, to_member(record("request", asked, REQUEST_TYPE, naming)), to_member(said))


def cut_sealed(folder: Path) -> None:
    change(warcs(folder)[-1], lambda data: data[:-20])


def delete_originals(folder: Path) -> None:
    path = warcs(folder)[0]
    path.unlink()
    path.with_name(path.name + ".sha256").unlink()


def spoil_sidecar(folder: Path) -> None:
    path = warcs(folder)[0]
    path.with_name(path.name + ".sha256").write_text("no digest\n")


def wrong_reading(folder: Path) -> None:
    """A reading that points behind the end of its text, of the same capture."""
    _, where = found(folder, "metadata")
    filed = msgspec.json.decode(where.record.block, type=Filed)
    block = Block(kind="paragraph", start=0, end=10_000)
    forged = replace(filed, reading=replace(filed.reading, blocks=(block,)))
    about = where.record.header("WARC-Refers-To") or ""
    fields = [("WARC-Date", foreign_warcs.DATE), ("WARC-Refers-To", about)]
    append(folder, to_member(record("metadata", msgspec.json.encode(forged), READING_TYPE, fields)))


def strange_reading(folder: Path) -> None:
    """A reading of one capture in a record about another one."""
    _, where = found(folder, "metadata")
    fields = [("WARC-Date", foreign_warcs.DATE), ("WARC-Refers-To", foreign_warcs.uid(7))]
    append(folder, to_member(record("metadata", where.record.block, READING_TYPE, fields)))


def taken_and_back(folder: Path) -> None:
    path, where = found(folder, "resource")
    member = path.read_bytes()[where.offset : where.offset + where.length]
    take_down(folder, where.record.id, "somebody", "A reason.")
    append(folder, member)


# code, what happens, and whether the quick check must see it too
DAMAGE: list[tuple[str, Callable[[Path], None], bool]] = [
    ("missing-warc", delete_originals, True),
    ("short-warc", cut_sealed, True),
    ("torn-tail", cut_sealed, True),
    ("bad-member", lambda folder: damage_record(folder, "response"), False),
    ("sidecar-mismatch", lambda folder: damage_record(folder, "response"), False),
    ("sidecar-mismatch", spoil_sidecar, False),
    ("row-without-record", lambda folder: damage_record(folder, "response"), False),
    ("unindexed-bytes",
     lambda folder: change(warcs(folder)[-1], lambda data: data + foreign_warcs.gz(foreign_warcs.ONE)),
     True),
    ("record-without-row",
     lambda folder: change(warcs(folder)[-1], lambda data: data + foreign_warcs.gz(foreign_warcs.ONE)),
     False),
    ("record-without-row", lambda folder: execute(folder, "DELETE FROM links"), False),
    ("row-without-record",
     lambda folder: execute(folder, "UPDATE captures SET url = 'https://forged.example/'"), False),
    ("row-without-record", lambda folder: execute(folder, "UPDATE readings SET title = 'x'"), False),
    ("missing-sidecar",
     lambda folder: next((folder / "warc").glob("*.sha256")).unlink(), True),
    ("stray-file", lambda folder: (folder / "warc" / "holiday.jpg").touch(), True),
    ("bad-index", lambda folder: execute(folder, "DELETE FROM documents"), True),
    ("bad-index", lambda folder: execute(folder, "UPDATE captures SET offset = 1000000"), True),
    ("bad-metadata", forged_reading, False),
    ("bad-metadata", wrong_reading, False),
    ("bad-metadata", strange_reading, False),
    ("taken-down", taken_and_back, True),
    ("orphan-text", orphan_text, False),
    ("bad-record",
     lambda folder: append(folder, foreign_warcs.gz(b"no record\r\n\r\n", foreign_warcs.ONE)), True),
    ("shared-member", take_foreign("shared-member"), False),
    ("too-large", take_foreign("too-large"), True),
    ("block-digest", take_foreign("block-digest"), False),
    ("payload-digest", take_foreign("payload-digest"), False),
    ("orphan-revisit", take_foreign("orphan-revisit"), False),
    ("revisit-mismatch", take_foreign("revisit-mismatch"), False),
    ("revisit-mismatch", unfounded_304, False),
]  # fmt: skip


def test_a_sound_archive_has_no_problems(folder: Path) -> None:
    quick, full = both(folder)
    assert (quick.problems, full.problems) == ((), ())
    assert quick.ok
    assert full.ok
    walked = sum(1 for path in warcs(folder) for _ in walk(path))
    assert full.checked["records"] == walked
    assert full.checked["files"] == quick.checked["files"] == 2
    assert full.checked["bytes"] == sum(path.stat().st_size for path in warcs(folder))
    assert full.checked["rows"] > 20


@pytest.mark.parametrize(("code", "harm", "quickly"), DAMAGE)
def test_each_kind_of_damage_is_found(
    folder: Path, code: str, harm: Callable[[Path], None], quickly: bool
) -> None:
    harm(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    quick, full = both(folder)
    assert code in codes(full)
    assert (code in codes(quick)) is quickly
    for problem in (*quick.problems, *full.problems):
        assert problem.code in CODES
        assert not problem.path.startswith("/")
        assert problem.message
    for path, data in before.items():
        if path.suffix != ".sqlite-shm":  # readers of an index in use share their locks there
            assert path.read_bytes() == data, "verify must not repair"


def test_damage_is_named_with_its_place(folder: Path) -> None:
    path, where = found(folder, "response")
    damage_record(folder, "response")
    _, full = both(folder)
    (problem,) = (each for each in full.problems if each.code == "bad-member")
    assert (problem.path, problem.offset) == (f"warc/{path.name}", where.offset)


def test_an_index_that_is_damaged_inside_is_a_problem(folder: Path) -> None:
    data = bytearray(index_path(folder).read_bytes())
    data[8192:-4096] = bytes(len(data) - 8192 - 4096)
    index_path(folder).write_bytes(data)
    quick, full = both(folder)
    assert "bad-index" in codes(quick) & codes(full)


@pytest.mark.parametrize("seed", range(12))
def test_any_flipped_bit_of_a_sealed_file_is_found(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = chance.choice(sorted((folder / "warc").iterdir()))
    at = chance.randrange(path.stat().st_size)
    change(path, lambda data: flipped(data, at))
    _, full = both(folder)
    assert not full.ok, (path, at)


def test_an_archive_that_is_being_written_is_sound(folder: Path) -> None:
    with Archive.open(folder, write=True) as writer:
        put(writer, "more", new("more"), after=99)
        quick, full = both(folder)
        assert (quick.problems, full.problems) == ((), ())
        open_file = folder / "warc" / (warcs(folder)[-1].name)
        with open_file.open("ab") as handle:
            handle.write(b"\x1f\x8b\x08half a record")  # not acknowledged, so no loss
        quick, full = both(folder)
        assert (quick.problems, full.problems) == ((), ())


def test_what_a_dead_writer_left_is_no_damage_after_recovery(folder: Path) -> None:
    name = "variorum-000003-20260304T000000Z.warc.gz"
    (folder / "warc" / f"{name}.open").write_bytes(foreign_warcs.gz(foreign_warcs.ONE)[:-5])
    with Archive.open(folder, write=True):
        pass
    quick, full = both(folder)
    assert (quick.problems, full.problems) == ((), ())
    assert len(list((folder / "quarantine").iterdir())) == 1


def test_one_damaged_record_leaves_the_others_readable(folder: Path) -> None:
    path, where = found(folder, "response", last=True)
    change(path, lambda data: flipped(data, where.offset + where.length // 2))
    with Archive.open(folder) as archive:
        intact: list[Capture] = []
        for each in archive.index.captures_at(exchange().url):
            if each.place != Place(
                warc=f"warc/{path.name}", offset=where.offset, length=where.length
            ):
                intact.append(each)
        assert len(intact) > 1
        assert all(archive.body(each).data for each in intact)


def test_rows_in_another_order_are_a_problem(folder: Path) -> None:
    execute(folder, "UPDATE links SET id = 1000 - id")
    _, full = both(folder)
    assert codes(full) == {"bad-index"}
    assert any("order" in problem.message for problem in full.problems)


def test_many_differences_are_summed_up(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive, archive.batch():
        for number in range(250):
            archive.keep(exchange(b"%d" % number, after=1000 + number))
    execute(folder, "UPDATE captures SET media_type = 'x'")
    _, full = both(folder)
    assert any("more rows like these" in problem.message for problem in full.problems)
    assert len(full.problems) < 500


def test_every_code_has_a_fixture_and_an_explanation() -> None:
    shown = {code for code, _, _ in DAMAGE} | foreign_warcs.CASES.keys()
    shown |= {"unreadable", "wrong-key"}
    shown |= {"adopted-missing", "adopted-changed", "adopted-lost", "not-in-place"}  # test_adopted
    shown |= {"package-mismatch"}  # test_foreign_formats
    assert shown == CODES.keys()
    explained = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", explained, re.MULTILINE))
    assert listed == CODES.keys()


def test_the_dump_of_a_copy_is_the_dump_of_the_original(folder: Path, pristine: Path) -> None:
    assert dump(folder) == dump(pristine)
