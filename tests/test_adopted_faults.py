"""Files that an archive refers to and that are gone, changed or damaged; and deaths while one is imported."""

import random
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from archive.adopted import linked
from archive.errors import Damaged
from archive.members import read
from archive.repairs import repair
from archive.store import Archive
from archive.verify import Chosen, verify_fully, verify_partly
from archive.warc import to_member
from tests.foreign_warcs import ONE, THREE, TWO, gz, page, request, response
from tests.samples import dump, new, put, run_python
from tests.test_adopted import PAIRS, adopt, bodies, demand_sound, problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "theirs.warc.gz"


def test_a_file_that_is_gone_harms_only_its_own_captures(folder: Path, path: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        own = put(archive, "our own", new("our own"))
    _, captures = adopt(folder, path, gz(*PAIRS))
    before = dump(folder)
    path.rename(path.with_name("moved.warc.gz"))
    with Archive.open(folder) as archive:
        assert archive.body(own).data == b"<p>our own</p>"
        for each in captures:
            with pytest.raises(Damaged, match="--in-place"):
                archive.body(each)
    quick, full = problems(folder)
    assert quick == {"adopted-missing"} <= full
    Archive.rebuild(folder).close()
    assert dump(folder) == before, "rows need no file"
    report, _ = adopt(folder, path.with_name("moved.warc.gz"))
    assert (report.kept, report.problems) == (0, ())
    assert bodies(folder, captures) == [page(1), page(2), page(1), page(3)]
    demand_sound(folder)


def test_a_link_that_is_gone_is_made_again_by_another_import(folder: Path, path: Path) -> None:
    _, captures = adopt(folder, path, gz(*PAIRS))
    shutil.rmtree(folder / "adopted")
    assert problems(folder)[0] == {"adopted-missing"}
    adopt(folder, path)
    assert len(bodies(folder, captures)) == 4
    demand_sound(folder)


@pytest.mark.parametrize("seed", range(8))
def test_any_flipped_bit_of_the_file_is_found(folder: Path, path: Path, seed: int) -> None:
    data = bytearray(gz(*PAIRS))
    adopt(folder, path, bytes(data))
    data[random.Random(seed).randrange(len(data))] ^= 0x10
    path.write_bytes(bytes(data))
    quick, full = problems(folder)
    assert quick == set()
    assert "adopted-changed" in full


def test_a_record_that_is_lost_is_named_and_the_others_can_be_read(
    folder: Path, path: Path
) -> None:
    _, captures = adopt(folder, path, gz(ONE, TWO, THREE))
    second = captures[1].place
    data = bytearray(path.read_bytes())
    data[second.offset + second.length // 2] ^= 0x10
    path.write_bytes(bytes(data))
    with Archive.open(folder) as archive:
        report = verify_fully(archive)
        assert archive.body(captures[0]).data == page(1)
        assert archive.body(captures[2]).data == page(3)
        with pytest.raises(Damaged):
            archive.body(captures[1])
        lost = [each for each in report.problems if each.code == "adopted-lost"]
        assert [(each.path, each.offset) for each in lost] == [(second.warc, second.offset)]
        chosen = Chosen(names=(second.warc,))
        assert {each.code for each in verify_partly(archive, chosen).problems} == {
            "adopted-changed", "adopted-lost",
        }  # fmt: skip


def test_another_record_in_the_place_of_one_is_found(folder: Path, path: Path) -> None:
    adopt(folder, path.with_name("a.warc"), b"".join((ONE, TWO)))
    path.with_name("a.warc").write_bytes(b"".join((response(8), TWO)))
    assert problems(folder)[1] >= {"adopted-changed", "adopted-lost"}
    path.with_name("a.warc").write_bytes(b"".join((ONE, TWO, b"more")))
    assert problems(folder)[0] == {"adopted-changed"}


def test_repair_leaves_files_of_others_alone(folder: Path, path: Path) -> None:
    adopt(folder, path, gz(ONE, TWO))
    damaged = path.read_bytes()[:-20]
    path.write_bytes(damaged)
    mended = repair(folder)
    assert {each.code for each in mended.left} == {"adopted-changed", "adopted-lost"}
    assert path.read_bytes() == damaged
    assert linked(folder)[0].is_symlink()


def test_a_record_that_names_other_files_is_not_believed(folder: Path, path: Path) -> None:
    adopt(folder, path, gz(ONE))
    with Archive.open(folder) as archive:
        ((_, where),) = archive.index.adoptions()
        capture = archive.index.captures_at("http://example.org/1")[0]
        statement = archive.record(where)
    assert b"adopted/" in statement.block
    for name in ("adopted/../../secret.warc.gz", "/etc/passwd", "warc/variorum-000001-x.warc.gz"):
        block = statement.block.replace(capture.place.warc.encode(), name.encode())
        forged = replace(statement, block=block, head=b"")
        with Archive.open(folder, write=True) as archive, pytest.raises(Damaged):
            archive.take_members([(forged, to_member(forged))])
    demand_sound(folder)


# Deaths

ADOPT = """import sys
from pathlib import Path
from archive.imports import adopt_warc
from archive.store import Archive
folder, path = map(Path, sys.argv[1:])
with Archive.open(folder, write=True) as archive:
    print("open", flush=True)
    adopt_warc(archive, path, lambda capture: print(capture.id, flush=True))
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_death_leaves_nothing_half(folder: Path, path: Path, seed: int) -> None:
    path.write_bytes(gz(*(each for n in range(2000) for each in (request(n), response(n)))))
    victim = run_python(ADOPT, folder, path)
    assert victim.stdout is not None
    victim.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.0, 0.6))
    victim.send_signal(signal.SIGKILL)
    acknowledged = victim.communicate(timeout=600)[0].split()
    Archive.open(folder, write=True).close()
    assert problems(folder) == (set(), set())
    with Archive.open(folder) as archive:
        for key in acknowledged:
            place = archive.index.capture(key).place
            assert read(path, place).id == key
    report, captures = adopt(folder, path)
    assert (report.captures, report.problems) == (2000, ())
    assert {each.id for each in captures} >= set(acknowledged)
    demand_sound(folder)
