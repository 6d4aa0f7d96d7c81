"""The search file keeps up with the archive: after a crash, a failure, damage, a rebuild, a takedown."""

import os
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from archive.errors import UnknownKey, UnusableIndex
from archive.records import Resource
from archive.searchable import FILE, path_of
from archive.store import Archive
from archive.takedown import take_down
from archive.verify import verify_quickly
from pipelines import flow
from pipelines.direct import InProcess
from pipelines.search_form import search_in
from tests.samples import START, outcomes, run_python
from tests.test_search import ENGLISH, MARSH, PAGES, SPANISH, file_texts, html

KILLED = """
import os, signal, sys
from pathlib import Path
from archive.searchable import Searchable
from archive.store import Archive
from tests.test_search import MARSH, file_texts
at = sys.argv[2]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Searchable, at, die)
file_texts(Path(sys.argv[1]), {"marsh": MARSH})
"""


def found(folder: Path, query: str) -> int:
    with search_in(folder) as search:
        return len(search.find(query).hits)


def catch_up(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        flow.catch_up(archive, InProcess())


def counted(folder: Path) -> tuple[int, ...]:
    """Rows of the search file: texts, and the words of each."""
    with closing(sqlite3.connect(path_of(folder))) as db:
        tables = ("texts", "words_docsize")
        return tuple(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    file_texts(made, PAGES)
    return made


@pytest.mark.parametrize("at", ["settle", "flush", "_insert"])
def test_a_writer_that_is_killed_before_it_wrote_the_words_is_made_up_for(
    tmp_path: Path, at: str
) -> None:
    folder = tmp_path / "archive"
    ((status, _, err),) = outcomes([run_python(KILLED, folder, at)])
    assert status == -signal.SIGKILL, err
    catch_up(folder)
    assert found(folder, "盐湖") == 1
    assert counted(folder) == (1, 1)


def test_texts_that_were_filed_without_words_are_found_after_the_next_start(folder: Path) -> None:
    path_of(folder).unlink()
    catch_up(folder)
    assert found(folder, "盐湖") == found(folder, "humedales") == 1


def test_catching_up_twice_changes_nothing(folder: Path) -> None:
    before = counted(folder)
    catch_up(folder)
    catch_up(folder)
    assert counted(folder) == before == (4, 4)


def test_a_batch_that_fails_leaves_nothing_to_be_found(folder: Path) -> None:
    class _Stop(Exception):
        pass

    before = counted(folder)
    with Archive.open(folder, write=True) as archive:
        filing = flow.Flow(archive, InProcess(), lambda _: None)
        with suppress(_Stop), archive.batch():
            filing.take(archive.keep(_resource("late")))
            filing.finish()
            raise _Stop
    assert counted(folder) == before
    assert found(folder, "沙漠") == 0


def test_a_rebuilt_index_is_searched_as_before(folder: Path) -> None:
    Archive.rebuild(folder).close()
    assert found(folder, "盐湖") == 0
    catch_up(folder)
    assert found(folder, "盐湖") == 1
    assert counted(folder) == (4, 4)


def test_a_text_has_the_number_of_its_version(folder: Path) -> None:
    with closing(sqlite3.connect(path_of(folder))) as db:
        numbers = dict(db.execute("SELECT version, id FROM texts"))
    with Archive.open(folder) as archive:
        assert {key: number for number, key in archive.index.keys_after(0)} == numbers
        assert {key: archive.index.number(key) for key in numbers} == numbers
        with pytest.raises(UnknownKey):
            archive.index.number("none")


def test_what_was_taken_down_leaves_no_word_behind(folder: Path) -> None:
    with search_in(folder) as search:
        (hit,) = search.find("humedales").hits
    take_down(folder, hit.version.key, "ann", "a court's order")
    catch_up(folder)
    assert found(folder, "humedales") == 0
    assert found(folder, "盐湖") == 1
    for path in folder.glob(f"{FILE}*"):
        assert b"humedales" not in path.read_bytes()


def test_a_damaged_file_is_reported_refused_and_made_again(folder: Path) -> None:
    path = path_of(folder)
    path.write_bytes(b"not a database" + path.read_bytes()[14:])
    with Archive.open(folder) as archive:
        assert not verify_quickly(archive).ok
    with pytest.raises(UnusableIndex, match=r"search\.sqlite"):
        found(folder, "盐湖")
    catch_up(folder)
    assert found(folder, "盐湖") == 1
    with Archive.open(folder) as archive:
        assert verify_quickly(archive).ok


def test_damage_inside_the_file_is_seen_by_verify(folder: Path) -> None:
    path = path_of(folder)
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(data)
    with Archive.open(folder) as archive:
        assert any(FILE in problem.message for problem in verify_quickly(archive).problems)


def test_a_file_of_another_version_is_made_again(folder: Path) -> None:
    with closing(sqlite3.connect(path_of(folder))) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UnusableIndex, match="another version"):
        found(folder, "盐湖")
    catch_up(folder)
    assert found(folder, "盐湖") == 1


def test_a_file_of_another_archive_is_made_again(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    file_texts(other, {"english": ENGLISH, "spanish": SPANISH})
    catch_up(other)
    catch_up(folder)
    path_of(folder).write_bytes(path_of(other).read_bytes())
    catch_up(folder)
    assert found(folder, "盐湖") == 1
    assert counted(folder) == (4, 4)


def test_a_missing_file_is_named_with_what_to_do(folder: Path) -> None:
    path_of(folder).unlink()
    with pytest.raises(UnusableIndex, match="rebuild-index"):
        found(folder, "盐湖")


def test_what_a_long_writer_files_is_found_while_it_goes_on(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        filing = flow.Flow(archive, InProcess(), lambda _: None)
        filing.take(archive.keep(_resource("late")))
        filing.finish()
        assert found(folder, "沙漠") == 1


def _resource(name: str) -> Resource:
    text = MARSH.replace("湿地", "沙漠").replace("盐湖", "绿洲").replace("鸟类", "骆驼")
    return Resource(
        url=f"https://ministry.example/{name}",
        fetched_at=START,
        media_type="text/html; charset=utf-8",
        body=html(text + "防沙治沙工程由林草部门组织实施，" * 20),
    )
