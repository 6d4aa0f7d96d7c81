"""The SQLite index: the contract of every index, and what is its own."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import ArchiveBusy, UnusableIndex
from archive.index import Index
from archive.sqlite_index import SqliteIndex
from tests.index_contract import IndexContract, capture, put
from tests.index_finding_contract import FindingContract
from tests.samples import new, outcomes, run_python


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


class TestSqliteIndex(IndexContract, FindingContract):
    """SQLite keeps the contract."""

    @pytest.fixture
    def index(self, path: Path) -> Iterator[Index]:
        index = SqliteIndex(path, write=True)
        yield index
        index.close()


def test_a_reader_makes_no_file(path: Path) -> None:
    with pytest.raises(UnusableIndex, match=r"is missing.*rebuild-index"):
        SqliteIndex(path)
    assert list(path.parent.iterdir()) == []


def test_another_version_of_the_tables_must_be_made_again(path: Path) -> None:
    SqliteIndex(path, write=True).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    for write in (False, True):
        with pytest.raises(UnusableIndex, match=r"another version.*rebuild-index"):
            SqliteIndex(path, write=write)


def test_a_start_that_was_cut_short_is_begun_again(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")  # the file has a page now, and no table
    db.close()
    assert path.stat().st_size
    index = SqliteIndex(path, write=True)
    assert index.counts()["captures"] == 0
    index.close()


def test_readers_see_what_was_committed_and_nothing_else(path: Path) -> None:
    writer = SqliteIndex(path, write=True)
    reader = SqliteIndex(path)
    with writer.transaction():
        writer.add_capture(capture(1))
        assert reader.counts()["captures"] == 0
    assert reader.counts()["captures"] == 1
    reader.close()
    writer.close()


def test_a_second_writer_is_an_error_of_the_archive(path: Path) -> None:
    first, second = SqliteIndex(path, write=True), SqliteIndex(path, write=True)
    second._db.execute("PRAGMA busy_timeout = 1")
    with first.transaction():
        first.add_capture(capture(1))
        with pytest.raises(ArchiveBusy), second.transaction():
            second.add_capture(capture(2))
    with second.transaction():
        second.add_capture(capture(2))
    assert first.counts()["captures"] == 2
    first.close()
    second.close()


def test_damage_found_on_the_way_names_the_remedy(path: Path) -> None:
    index = SqliteIndex(path, write=True)
    with index.transaction():
        for number in range(500):
            put(index, number, f"text {number}", new(f"text {number}"))
    index.close()
    data = bytearray(path.read_bytes())
    data[8192:-4096] = b"\xff" * (len(data) - 8192 - 4096)
    path.write_bytes(data)
    index = SqliteIndex(path)
    with pytest.raises(UnusableIndex, match=r"is damaged.*rebuild-index"):
        list(index.dump())
    index.close()


READ_ONLY = """
import os, sys
from pathlib import Path
from archive.sqlite_index import SqliteIndex
os.setgid(65534)
os.setuid(65534)
index = SqliteIndex(Path(sys.argv[1]))
print(index.counts()["captures"])
"""


def test_an_index_on_a_read_only_medium_can_be_read(path: Path) -> None:
    index = SqliteIndex(path, write=True)
    index.add_capture(capture(1))
    index.close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    if os.geteuid():
        index = SqliteIndex(path)
        assert index.counts()["captures"] == 1
        index.close()
        return
    for folder in path.parents:
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    ((status, out, err),) = outcomes([run_python(READ_ONLY, path)])
    assert (status, out) == (0, "1\n"), err
