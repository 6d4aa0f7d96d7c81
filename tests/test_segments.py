"""Segments of the candidate index: what was found is found, through flushes, merges, readers and damage."""

import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import sketches
from archive.errors import NotKept, UnusableIndex
from archive.records import Sketch
from archive.sketches import Sketches
from archive.sketches.build import Sketched, merge, pack
from archive.sketches.segment import KEYS, InMemory, OnDisk, Segment, Store
from archive.sketches.shelf import Shelf
from archive.sqlite_connection import Connection, connect
from archive.sqlite_index import SqliteIndex
from tests.index_contract import put
from tests.samples import exact, new
from tests.samples import sketch as words

ROOT = Path(__file__).resolve().parents[1]


def random_sketch(seed: int, size: int = 40) -> Sketch:
    """Some keys of its own, and some that others have too."""
    chance = random.Random(seed)
    bands = tuple(chance.getrandbits(30) for _ in range(10))
    own = {chance.getrandbits(32) for _ in range(size)}
    return Sketch(
        bands=bands, sample=tuple(sorted(own | {7 * chance.randrange(9) for _ in range(4)}))
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    with closing(opened(folder)) as connection:
        yield connection


def opened(folder: Path) -> Connection:
    folder.mkdir(exist_ok=True)
    connection = connect(folder / "index.sqlite", write=True)
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in sketches.SCHEMA.split(";"):
        connection.execute(statement)
    return connection


def index_of(connection: Connection, gathered: int = 8) -> Sketches:
    return Sketches(connection, connection.path.parent / "sketches", gathered)


def fill(index: Sketches, versions: range) -> None:
    for version in versions:
        index.add(version, random_sketch(version))
        index.settle()


def segments(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "sketches").glob("*.segment"))


def answers(index: Sketches, versions: range) -> list[list[sketches.Shared]]:
    return [list(islice(index.candidates(random_sketch(version)), 20)) for version in versions]


# ------------------------------------------------------------------ one segment

Rows = dict[int, set[int]]  # from a version to its keys
ROWS = st.dictionaries(
    st.integers(0, 1 << 31),
    st.sets(st.one_of(st.integers(0, KEYS - 1), st.integers(0, 30)), max_size=20),
    min_size=1,
    max_size=40,
)


def packed(rows: Rows) -> bytes:
    data = bytearray()
    pack(
        [
            Sketched(version=version, size=len(keys), keys=np.array(sorted(keys), np.int64))
            for version, keys in rows.items()
        ],
        data.extend,
    )
    return bytes(data)


def segment(data: bytes) -> Segment:
    return Segment(InMemory(data), len(data), Path("memory"))


def found(segment: Segment, keys: list[int], most: int = 1000) -> dict[int, Counter[int]]:
    hits = segment.find(np.array(keys, np.int64), most)
    versions: dict[int, Counter[int]] = {key: Counter() for key in keys}
    for which, version in zip(hits.which.tolist(), hits.versions.tolist(), strict=True):
        versions[keys[which]][version] += 1
    return versions


@given(ROWS)
@settings(max_examples=60)
def test_a_segment_answers_as_a_dictionary_does(rows: Rows) -> None:
    keys = sorted({key for own in rows.values() for key in own} | {0, 1, 29, KEYS - 1})
    expected = {key: Counter(v for v, own in rows.items() if key in own) for key in keys}
    assert found(segment(packed(rows)), keys) == expected


@given(st.lists(ROWS, min_size=1, max_size=4))
@settings(max_examples=40)
def test_a_merge_is_the_segment_of_everything(parts: list[Rows]) -> None:
    every: Rows = {}
    for rows in parts:
        every |= {version: keys for version, keys in rows.items() if version not in every}
    apart = [
        {v: keys for v, keys in every.items() if v % len(parts) == n} for n in range(len(parts))
    ]
    data = bytearray()
    merge([segment(packed(rows)) for rows in apart if rows], data.extend)
    assert bytes(data) == packed(every)


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_key_that_all_versions_have_gives_the_newest(tmp_path: Path, on_disk: bool) -> None:
    data = packed({version: {3, 4, version + 10} for version in range(5000)})
    (tmp_path / "file").write_bytes(data)
    store: Store = OnDisk(tmp_path / "file") if on_disk else InMemory(data)
    whole = Segment(store, len(data), tmp_path)
    versions = found(whole, [3, 4, 5, 17, 1 << 32], most=65)
    assert set(range(4935, 5000)) <= set(versions[3])
    assert len(versions[3]) <= 200
    assert versions[17] == {7: 1}
    assert not versions[5]
    assert not versions[1 << 32]


@pytest.mark.parametrize("length", [0, 12, 60, 64, 120, -8, -4])
def test_a_segment_that_is_cut_or_empty_is_refused(length: int) -> None:
    with pytest.raises(UnusableIndex, match="rebuild-index"):
        segment(packed({1: {1, 2}, 2: {2}})[:length])


@given(st.integers(0, 1 << 30), st.binary(min_size=4, max_size=64))
@settings(max_examples=60)
def test_damage_is_found_or_harmless_and_never_a_crash(place: int, noise: bytes) -> None:
    data = bytearray(packed({version: {version, 5, 1 << 32} for version in range(300)}))
    place %= len(data) - len(noise)
    data[place : place + len(noise)] = noise
    try:
        found(segment(bytes(data)), [5, 250, 1 << 32], most=65)
    except UnusableIndex as error:
        assert "rebuild-index" in str(error)  # noqa: PT017 - either outcome is right


# ------------------------------------------------------------------ many of them


def test_what_is_found_does_not_depend_on_when_it_was_put_away(folder: Path) -> None:
    every = range(300)
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.executescript(sketches.SCHEMA)
        plain = Sketches(memory, None)
        for version in every:
            plain.add(version, random_sketch(version))
        expected = answers(plain, every)
    for gathered in (1, 8, 50, 1000):
        place = folder.with_name(f"of-{gathered}")
        with closing(opened(place)) as connection:
            index = index_of(connection, gathered)
            fill(index, every)
            assert answers(index, every) == expected, gathered


def test_versions_that_come_out_of_order_are_ranked_as_if_they_had_not(folder: Path) -> None:
    frame = Sketch(bands=(1, 2), sample=tuple(range(30)))  # common keys: only the newest count
    orders = (range(200), range(199, -1, -1), random.Random(1).sample(range(200), 200))
    given = []
    for number, order in enumerate(orders):
        with closing(opened(folder.with_name(f"order-{number}"))) as connection:
            index = index_of(connection)
            for version in order:
                index.add(version, frame)
                index.settle()
            given.append(list(index.candidates(frame)))
    assert given[0] == given[1] == given[2]
    assert [shared.version for shared in given[0]] == list(range(199, 135, -1))


def test_segments_stay_few(connection: Connection, folder: Path) -> None:
    fill(index_of(connection), range(1000))
    assert 1 <= len(segments(folder)) <= 12
    assert connection.execute("SELECT COUNT(*) FROM sketch_newest").fetchone()[0] < 8


def test_a_large_segment_is_read_where_it_would_be_mapped(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(index_of(connection), range(200))
    mapped = answers(index_of(connection), range(200))
    monkeypatch.setattr("archive.sketches.shelf._MAPPED", 0)
    assert answers(index_of(connection), range(200)) == mapped


def test_a_reader_follows_the_writer_through_flushes_and_merges(
    connection: Connection, folder: Path
) -> None:
    writer = index_of(connection)
    with closing(connect(folder / "index.sqlite", write=False)) as other:
        reader = index_of(other)
        for version in range(150):
            with connection.transaction():
                writer.add(version, random_sketch(version))
                assert not any(
                    s.version == version for s in reader.candidates(random_sketch(version))
                )
            writer.settle()
            assert next(reader.candidates(random_sketch(version))).version == version
            assert next(reader.candidates(random_sketch(version // 3))).version == version // 3


READER = """
import sys
from pathlib import Path
from archive.sqlite_index import SqliteIndex
from tests.samples import sketch, exact
index = SqliteIndex(Path(sys.argv[1]))
while True:
    assert index.candidates(sketch("word0 of0 text0"), 3)[0] == exact("word0 of0 text0")
    print("found", flush=True)
    if sys.stdin.readline() != "again\\n":
        break
"""


def test_a_reader_in_another_process_goes_on_while_segments_are_merged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.sketches.GATHERED", 4)
    folder.mkdir()
    writer = SqliteIndex(folder / "index.sqlite", write=True)
    with closing(writer):
        sketch_texts(writer, range(5))
        command = [sys.executable, "-c", READER, folder / "index.sqlite"]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdin
            assert reader.stdout
            for start in range(5, 65, 10):
                assert reader.stdout.readline() == "found\n"
                sketch_texts(writer, range(start, start + 10))
                reader.stdin.write("again\n")
                reader.stdin.flush()
            assert reader.stdout.readline() == "found\n"
            reader.stdin.write("enough\n")
            reader.stdin.flush()
            assert reader.wait(600) == 0


def sketch_texts(index: SqliteIndex, numbers: range) -> None:
    for number in numbers:
        text = f"word{number} of{number} text{number}"
        with index.transaction():
            put(index, number, text, new(text))
            index.add_sketch(exact(text), words(text))


# ------------------------------------------------------------------ crashes, damage, full disks


@pytest.fixture
def filled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of which most sketches are in segments."""
    monkeypatch.setattr("archive.sketches.GATHERED", 4)
    folder.mkdir()
    with closing(SqliteIndex(folder / "index.sqlite", write=True)) as index:
        sketch_texts(index, range(30))
    assert segments(folder)
    return folder


def asked(folder: Path) -> tuple[str, ...]:
    with closing(SqliteIndex(folder / "index.sqlite")) as index:
        return index.candidates(words("word3 of3 text3"), 5)


def test_what_a_dead_writer_left_is_swept_and_nothing_else(filled: Path) -> None:
    held = sorted((filled / "sketches").iterdir())
    for name in ("0123.segment.open", "0123.segment", "0123.segment.sha256"):
        (filled / "sketches" / name).write_bytes(b"half")
    assert asked(filled) == (exact("word3 of3 text3"),)
    SqliteIndex(filled / "index.sqlite", write=True).close()
    assert sorted((filled / "sketches").iterdir()) == held


def test_a_missing_segment_is_an_error_that_names_the_remedy(filled: Path) -> None:
    for name in segments(filled):
        (filled / "sketches" / name).unlink()
    with pytest.raises(UnusableIndex, match=r"is missing.*rebuild-index"):
        asked(filled)


def test_a_cut_segment_is_an_error_that_names_the_remedy(filled: Path) -> None:
    for name in segments(filled):
        path = filled / "sketches" / name
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UnusableIndex, match=r"size.*rebuild-index"):
        asked(filled)


def test_verify_finds_a_flipped_bit_and_a_missing_file(filled: Path) -> None:
    with closing(SqliteIndex(filled / "index.sqlite")) as index:
        assert not [fault for fault in index.faults() if "segment" in fault]
        path = filled / "sketches" / segments(filled)[0]
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert any("not as it was written" in fault for fault in index.faults())
        path.unlink()
        assert any("cannot be read" in fault for fault in index.faults())


def test_a_disk_that_takes_no_segment_loses_nothing(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Shelf, fill: object) -> None:
        raise NotKept(filled, "the disk is full")

    with closing(SqliteIndex(filled / "index.sqlite", write=True)) as index:
        before = segments(filled)
        with monkeypatch.context() as broken:
            broken.setattr(Shelf, "write", full)
            sketch_texts(index, range(30, 45))
        assert segments(filled) == before
        for number in (3, 40):
            text = f"word{number} of{number} text{number}"
            assert index.candidates(words(text), 5) == (exact(text),)
        sketch_texts(index, range(45, 46))
        assert segments(filled) != before
        assert index.candidates(words("word40 of40 text40"), 5) == (exact("word40 of40 text40"),)


def test_an_index_that_is_made_again_has_no_old_segments(filled: Path) -> None:
    for name in ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"):
        (filled / name).unlink(missing_ok=True)
    with closing(SqliteIndex(filled / "index.sqlite", write=True)) as index:
        assert index.candidates(words("word3 of3 text3"), 5) == ()
        assert list((filled / "sketches").iterdir()) == []
        sketch_texts(index, range(10))
        assert index.candidates(words("word3 of3 text3"), 5) == (exact("word3 of3 text3"),)
