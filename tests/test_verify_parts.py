"""Proving by parts: some files, for some time, keys worked out again; an index that holds nonsense."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.records import Fingerprint, Reading
from archive.recovery import index_path
from archive.store import Archive
from archive.verify import Chosen, Report, rounds, verify_fully, verify_partly, verify_quickly
from tests.commands import Variorum
from tests.samples import exact, exchange, fill, new, reading, warcs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "archive")
    return tmp_path / "archive"


def both(folder: Path) -> tuple[Report, Report]:
    with Archive.open(folder) as archive:
        return verify_quickly(archive), verify_fully(archive)


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


def execute(folder: Path, *statements: str) -> None:
    db = sqlite3.connect(index_path(folder))
    with db:
        for statement in statements:
            assert db.execute(statement).rowcount != 0, statement
    db.close()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def damage_first_file(folder: Path) -> None:
    path = warcs(folder)[0]
    with Archive.open(folder) as archive:
        (image,) = archive.index.captures_at("https://ministry.example/plan.html.png")
    path.chmod(0o644)
    path.write_bytes(flipped(path.read_bytes(), image.place.offset + image.place.length // 2))


def key_again(reading: Reading) -> Fingerprint:
    """What `samples.reading` gives a text for a fingerprint."""
    return replace(reading.fingerprint, exact=exact(reading.text))


def test_a_key_that_its_text_does_not_give_is_found_on_request(folder: Path) -> None:
    with Archive.open(folder) as archive:
        assert verify_fully(archive, key_again).problems == ()
        assert verify_fully(archive, lambda _: None).problems == ()
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(exchange(b"<p>other</p>", after=900))
        forged = replace(reading(capture, "said"), text="meant")
        archive.file(forged, new("said"), None)
    with Archive.open(folder) as archive:
        assert codes(verify_fully(archive)) == set()
        (problem,) = verify_fully(archive, key_again).problems
        assert problem.code == "wrong-key"
        assert exact("meant") in problem.message
        names = tuple(archive.index.indexed())
        assert codes(verify_partly(archive, Chosen(names=names), key_again)) == {"wrong-key"}


@pytest.mark.parametrize(("count", "of"), [(1, 1), (5, 2), (7, 7), (3, 5), (0, 3)])
def test_the_parts_are_all_files_and_each_has_one(count: int, of: int) -> None:
    names = tuple(f"warc/{number}" for number in range(count))
    parts = [rounds.subset(names, part, of) for part in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    with pytest.raises(ValueError, match="no part"):
        rounds.subset(names, of + 1, of)


def test_a_part_finds_the_damage_of_its_files_alone(folder: Path) -> None:
    damage_first_file(folder)
    with Archive.open(folder) as archive:
        names = tuple(archive.index.indexed())
        first, second = (verify_partly(archive, Chosen(names=(name,))) for name in names)
    assert "bad-member" in codes(first)
    assert (second.problems, second.proved, second.left) == ((), names[1:], 1)
    assert first.checked["records"] > 0


def test_a_part_finds_captures_that_the_index_lacks(folder: Path) -> None:
    execute(folder, "DELETE FROM refusals", "DELETE FROM captures WHERE url LIKE '%.png'")
    with Archive.open(folder) as archive:
        report = verify_partly(archive, Chosen(names=tuple(archive.index.indexed())))
    assert "record-without-row" in codes(report)


def test_a_check_that_runs_out_of_time_goes_on_with_the_files_left(folder: Path) -> None:
    with Archive.open(folder) as archive:
        names = tuple(archive.index.indexed())
        proved: list[str] = []
        for hour in range(4):
            waiting = rounds.longest_unproved(folder, names)
            report = verify_partly(archive, Chosen(names=waiting, seconds=0))
            assert (len(report.proved), report.left) == (1, 1)
            rounds.note(folder, report, datetime(2026, 3, 4, hour, tzinfo=UTC))
            proved += report.proved
    assert proved == [*names, *names]
    assert set(rounds.last_proved(folder).values()) == {
        datetime(2026, 3, 4, hour, tzinfo=UTC) for hour in (2, 3)
    }


def test_a_damaged_file_has_no_time_of_proof(folder: Path) -> None:
    with Archive.open(folder) as archive:
        rounds.note(folder, verify_fully(archive), datetime(2026, 3, 4, tzinfo=UTC))
    assert len(rounds.last_proved(folder)) == 2
    damage_first_file(folder)
    with Archive.open(folder) as archive:
        rounds.note(folder, verify_fully(archive), datetime(2026, 3, 5, tzinfo=UTC))
    assert list(rounds.last_proved(folder)) == [f"warc/{warcs(folder)[1].name}"]
    (folder / rounds.LOG).write_text("no log")
    assert rounds.last_proved(folder) == {}


def test_a_flip_in_bytes_that_the_index_does_not_use_is_seen(folder: Path) -> None:
    data = index_path(folder).read_bytes()
    unused = data.rindex(bytes(200)) + 100
    index_path(folder).write_bytes(flipped(data, unused))
    quick, full = both(folder)
    assert codes(quick) == codes(full) == {"bad-index"}
    with Archive.open(folder, write=True):
        pass  # who writes seals it again
    quick, full = both(folder)
    assert (quick.problems, full.problems) == ((), ())


@pytest.mark.parametrize(
    ("old", "new_"),
    [(b"sha256:", b"sha\xff56:"), (b"2026-03-", b"2O26-03-"), (b"media_type", b"mediaXtype")],
)
def test_an_index_that_holds_nonsense_is_said_and_never_a_crash(
    folder: Path, old: bytes, new_: bytes
) -> None:
    data = index_path(folder).read_bytes()
    assert old in data
    index_path(folder).write_bytes(data.replace(old, new_))
    quick, full = both(folder)
    assert "bad-index" in codes(quick) & codes(full)


def test_the_command_proves_a_part_and_says_what_is_left(filled: Variorum) -> None:
    answer = filled("verify", "--subset", "1/1", "--recompute", "--json")
    assert (answer.status, answer.json["left"]) == (0, 0)
    assert answer.json["oldest_proof"] is not None
    later = filled("verify", "--max-duration", "1h", "--json")
    assert later.json["oldest_proof"] > answer.json["oldest_proof"]
    assert filled("verify", "--subset", "3/2").status == 2
    assert filled("verify", "--recompute").out.endswith("No problems.\n")
