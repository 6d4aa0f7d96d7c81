"""Repairing: what can be restored is, after a copy aside; what cannot be is left and said."""

import random
import shutil
from pathlib import Path

import pytest

from archive.files import sha256, sidecar
from archive.recovery import index_path
from archive.repairs import FolderCopies, Repairs, repair
from archive.store import Archive
from archive.verify import verify_fully
from tests.commands import Variorum
from tests.samples import dump, fill, warcs


@pytest.fixture
def good(tmp_path: Path) -> Path:
    fill(tmp_path / "good")
    return tmp_path / "good"


@pytest.fixture
def folder(good: Path) -> Path:
    return Path(shutil.copytree(good, good.with_name("archive")))


def change(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


def flip(path: Path, seed: int = 0) -> bytes:
    """One bit in the middle half of the file; the bytes as they are then."""
    data = bytearray(path.read_bytes())
    at = random.Random(seed).randrange(len(data) // 4, len(data) * 3 // 4)
    data[at] ^= 0x10
    change(path, bytes(data))
    return bytes(data)


def how(repairs: Repairs) -> list[str]:
    return [each.how for each in repairs.mended]


def demand_restored(folder: Path, good: Path) -> None:
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()
    assert dump(folder) == dump(good)
    for path in warcs(good):
        assert (folder / "warc" / path.name).read_bytes() == path.read_bytes()


def test_a_sound_archive_is_left_alone(folder: Path, good: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    repairs = repair(folder, FolderCopies(good))
    assert (repairs.mended, repairs.left) == ((), ())
    same = {path: path.read_bytes() for path in before if path.name != "writer.lock"}
    assert all(before[path] == data for path, data in same.items())


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_is_taken_from_a_good_copy(folder: Path, good: Path, seed: int) -> None:
    bad = flip(warcs(folder)[0], seed)
    repairs = repair(folder, FolderCopies(good))
    assert how(repairs) == ["copy", "index"]
    assert repairs.left == ()
    (aside,) = (folder / "quarantine").iterdir()
    assert aside.read_bytes() == bad
    assert aside.name in repairs.mended[0].message
    demand_restored(folder, good)


def test_a_missing_file_is_taken_from_a_folder_of_files(folder: Path, good: Path) -> None:
    path = warcs(folder)[0]
    path.unlink()
    sidecar(path).unlink()
    assert how(repair(folder, FolderCopies(good / "warc"))) == ["copy", "index"]
    demand_restored(folder, good)


def test_a_copy_that_is_damaged_too_is_not_taken(folder: Path, good: Path) -> None:
    bad = flip(warcs(folder)[0], 1)
    flip(warcs(good)[0], 2)
    repairs = repair(folder, FolderCopies(good))
    assert "copy" not in how(repairs)
    assert "sidecar-mismatch" in {each.code for each in repairs.left}
    assert warcs(folder)[0].read_bytes() == bad
    assert list((folder / "warc").glob("*.new")) == []


def test_a_shorter_copy_with_a_sidecar_of_its_own_is_not_taken(folder: Path, good: Path) -> None:
    first, second = warcs(good)
    name = warcs(folder)[1].name
    flip(warcs(folder)[1])
    change(second, first.read_bytes()[:100])
    sidecar(second).write_text(f"{sha256(second)}  {name}\n")
    assert "copy" not in how(repair(folder, FolderCopies(good)))


def test_without_a_copy_damage_stays_and_is_said(folder: Path) -> None:
    bad = flip(warcs(folder)[0])
    repairs = repair(folder)
    assert {"bad-member", "sidecar-mismatch"} & {each.code for each in repairs.left}
    assert warcs(folder)[0].read_bytes() == bad


@pytest.mark.parametrize("spoilt", [None, b"no digest\n", b"0" * 64 + b"  other.warc.gz\n"])
def test_a_sidecar_is_written_again_when_every_member_proves(
    folder: Path, good: Path, spoilt: bytes | None
) -> None:
    beside = sidecar(warcs(folder)[0])
    if spoilt is None:
        beside.unlink()
    else:
        beside.write_bytes(spoilt)
    repairs = repair(folder)
    assert (how(repairs), repairs.left) == (["sidecar"], ())
    assert beside.read_bytes() == sidecar(warcs(good)[0]).read_bytes()
    asides = [each.read_bytes() for each in folder.glob("quarantine/*")]
    assert asides == ([] if spoilt is None else [spoilt])


def test_a_sidecar_of_a_damaged_file_is_never_written(folder: Path) -> None:
    path = warcs(folder)[0]
    flip(path)
    sidecar(path).unlink()
    repairs = repair(folder)
    assert "sidecar" not in how(repairs)
    assert not sidecar(path).exists()


@pytest.mark.parametrize("tail", [b"\x1f\x8b\x08half a member", bytes(600)])
def test_a_torn_tail_of_a_sealed_file_is_cut_off(folder: Path, good: Path, tail: bytes) -> None:
    path = warcs(folder)[1]
    change(path, path.read_bytes() + tail)
    repairs = repair(folder)
    assert how(repairs) == ["tail", "index"]
    assert repairs.left == ()
    (aside,) = (folder / "quarantine").iterdir()
    assert aside.read_bytes().endswith(tail)
    demand_restored(folder, good)


@pytest.mark.parametrize("harm", ["flip", "delete", "zeros"])
def test_an_index_is_made_again(folder: Path, good: Path, harm: str) -> None:
    path = index_path(folder)
    if harm == "flip":
        flip(path)
    elif harm == "delete":
        path.unlink()
    else:
        path.write_bytes(bytes(20_000))
    repair(folder)
    demand_restored(folder, good)


def test_the_command_says_what_it_did_and_what_is_left(filled: Variorum, tmp_path: Path) -> None:
    good = Path(shutil.copytree(filled.archive, tmp_path / "good"))
    flip(warcs(filled.archive)[0])
    alone = filled("repair", "--json")
    assert (alone.status, alone.json["ok"]) == (1, False)
    helped = filled("repair", "--from", str(good), "--json")
    assert (helped.status, helped.json["problems"]) == (0, [])
    assert "copy" in [each["how"] for each in helped.json["mended"]]
    assert filled("verify").status == 0
    assert filled("repair").out == "0 things mended, 0 problems left.\n"
    assert filled("repair", "--from", str(tmp_path / "nowhere")).status == 2
