"""The one module that writes files: what it promises on a good disk and on a bad one."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import files
from archive.errors import ArchiveBusy, NotKept
from archive.files import Appender
from tests.samples import outcomes, run_python


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "a.warc.gz.open"


def test_what_is_appended_stands_at_the_offset_that_is_returned(path: Path) -> None:
    file = Appender(path)
    assert (file.append(b"one"), file.append(b"three"), file.size) == (0, 3, 8)
    file.sync()
    assert path.read_bytes() == b"onethree"
    file.abandon()


def test_a_file_that_exists_is_never_written_again(path: Path) -> None:
    Appender(path).abandon()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"old")
    with pytest.raises(NotKept, match="exists"):
        Appender(path)
    assert path.read_bytes() == b"old"


def test_sealing_renames_makes_read_only_and_writes_a_sidecar(path: Path) -> None:
    file = Appender(path)
    file.append(b"content")
    final = file.seal()
    assert final == path.with_name("a.warc.gz")
    assert not path.exists()
    assert stat.S_IMODE(final.stat().st_mode) == 0o444
    digest = hashlib.sha256(b"content").hexdigest()
    assert final.with_name("a.warc.gz.sha256").read_text() == f"{digest}  a.warc.gz\n"


def test_a_cut_takes_back_the_end_and_the_digest_follows(path: Path) -> None:
    file = Appender(path)
    file.append(b"stays")
    file.append(b" goes")
    file.cut(5)
    assert file.append(b"!") == 5
    final = file.seal()
    assert final.read_bytes() == b"stays!"
    assert files.sha256(final) in final.with_name("a.warc.gz.sha256").read_text()


def test_an_empty_file_does_not_stay_when_it_is_abandoned(path: Path) -> None:
    Appender(path).abandon()
    assert not path.exists()


FULL_DISK = """
import os, resource, sys
from pathlib import Path
from archive.errors import NotKept
from archive.files import Appender
file = Appender(Path(sys.argv[1]))
file.append(b"x" * 1000)
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, resource.RLIM_INFINITY))
try:
    file.append(b"y" * 1000)
except NotKept as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.append(b"z")
print(file.seal().read_bytes() == b"x" * 1000 + b"z")
"""


def test_a_write_that_fits_only_in_part_leaves_the_file_as_it_was(path: Path) -> None:
    ((status, out, err),) = outcomes([run_python(FULL_DISK, path)])
    assert (status, err) == (0, "")
    sentence, sealed = out.splitlines()
    assert "could not be written" in sentence
    assert sealed == "True"


def test_a_file_whose_sync_failed_takes_no_more(path: Path) -> None:
    file = Appender(path)
    file.append(b"dirty")
    handle = os.open(os.devnull, os.O_WRONLY)  # a device that cannot be synced
    os.dup2(handle, file.descriptor)
    os.close(handle)
    with pytest.raises(NotKept):
        file.sync()
    with pytest.raises(NotKept, match="earlier"):
        file.sync()
    with pytest.raises(NotKept, match="earlier"):
        file.append(b"more")
    file.abandon()
    assert path.exists()


def test_replacing_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    target = tmp_path / "variorum.json"
    files.replace(target, b"old")
    (tmp_path / "variorum.json.new").mkdir()  # where the new one would be written
    with pytest.raises(NotKept):
        files.replace(target, b"new")
    assert target.read_bytes() == b"old"
    (tmp_path / "variorum.json.new").rmdir()
    files.replace(target, b"new")
    assert target.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["variorum.json"]


def test_a_tail_is_copied_aside_before_it_is_cut_off(tmp_path: Path) -> None:
    path, aside = tmp_path / "a.open", tmp_path / "quarantine"
    path.write_bytes(b"wholetorn")
    first = files.move_tail(path, 5, aside)
    assert (path.read_bytes(), first.read_bytes()) == (b"whole", b"torn")
    path.write_bytes(b"wholeagain")
    second = files.move_tail(path, 5, aside)
    assert second != first
    assert (first.read_bytes(), second.read_bytes()) == (b"torn", b"again")


def test_a_sealed_file_gives_place_to_a_whole_new_one(path: Path) -> None:
    file = Appender(path)
    file.append(b"old")
    final = file.seal()
    fresh = final.with_name(final.name + ".new")
    digest = files.write_whole(fresh, iter((b"ne", b"w")))
    assert digest == hashlib.sha256(b"new").hexdigest()
    assert final.read_bytes() == b"old"
    files.put_sealed(fresh, final, digest)
    assert final.read_bytes() == b"new"
    assert files.sidecar_digest(final) == digest
    assert stat.S_IMODE(final.stat().st_mode) == 0o444
    assert not fresh.exists()


def test_pieces_that_end_in_an_error_leave_no_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError(5, "Input/output error")

    with pytest.raises(NotKept):
        files.write_whole(tmp_path / "a.new", pieces())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{0}  a.gz\n", "{0}"),
        ("{0} *a.gz\n", "{0}"),
        ("{0}  b.gz\n", None),
        ("{0}  a.gz", None),
        ("{0} a.gz\n", None),
        ("x{0}  a.gz\n", None),
        ("", None),
    ],
)
def test_a_sidecar_is_one_line_of_sha256sum(tmp_path: Path, line: str, said: str | None) -> None:
    digest = hashlib.sha256(b"").hexdigest()
    files.sidecar(tmp_path / "a.gz").write_text(line.format(digest))
    expected = said.format(digest) if said else None
    assert files.sidecar_digest(tmp_path / "a.gz") == expected


def test_a_copy_aside_never_overwrites_another(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"content")
    first, second = (files.copy_aside(path, tmp_path / "quarantine") for _ in range(2))
    assert first != second
    assert first.read_bytes() == second.read_bytes() == path.read_bytes() == b"content"


def test_a_folder_that_cannot_be_listed_is_an_error_of_the_disk(tmp_path: Path) -> None:
    assert files.listed(tmp_path / "nowhere") == ()
    (tmp_path / "file").touch()
    assert [each.name for each in files.listed(tmp_path)] == ["file"]
    with pytest.raises(NotKept):
        files.listed(tmp_path / "file")


def test_a_tail_that_cannot_be_copied_stays(tmp_path: Path) -> None:
    path, aside = tmp_path / "a.open", tmp_path / "quarantine"
    path.write_bytes(b"wholetorn")
    aside.write_bytes(b"a file is in the way")
    with pytest.raises(NotKept):
        files.move_tail(path, 5, aside)
    assert path.read_bytes() == b"wholetorn"


def test_the_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "writer.lock"
    with (
        files.writer_lock(lock),
        pytest.raises(ArchiveBusy, match=f"process {os.getpid()} on "),
        files.writer_lock(lock),
    ):
        pass
    with files.writer_lock(lock):
        pass


def test_a_lock_that_cannot_be_made_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotKept), files.writer_lock(tmp_path / "file" / "writer.lock"):
        pass
