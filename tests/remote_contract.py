"""What every store must do; tests/test_remote.py runs this against a folder and against a real S3 server."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.errors import Damaged, NotThere
from archive.remote.interface import Store, checksum_of, digest_of

LARGE = 11 << 20  # bytes: three parts in the tests' settings


def made(folder: Path, data: bytes, name: str = "source") -> tuple[Path, str]:
    path = folder / name
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


class StoreContract:
    """Inherited by a test class that has a fixture `store`, an empty store."""

    @pytest.mark.parametrize("size", [0, 1, 100_000, LARGE])
    def test_what_was_put_comes_back(self, store: Store, tmp_path: Path, size: int) -> None:
        source, digest = made(tmp_path, os.urandom(size))
        assert store.put_if_absent("warc/a.gz", source, digest)
        assert digest_of(store, "warc/a.gz") == digest
        assert b"".join(store.get("warc/a.gz", size // 2)) == source.read_bytes()[size // 2 :]

    @pytest.mark.parametrize("size", [100_000, LARGE])
    def test_a_name_is_given_once(self, store: Store, tmp_path: Path, size: int) -> None:
        first, digest = made(tmp_path, os.urandom(size), "first")
        other, others = made(tmp_path, os.urandom(size), "other")
        assert store.put_if_absent("a", first, digest)
        assert not store.put_if_absent("a", first, digest)
        assert not store.put_if_absent("a", other, others)
        assert digest_of(store, "a") == digest

    def test_of_many_at_once_one_puts_it_there(self, store: Store, tmp_path: Path) -> None:
        sources = [made(tmp_path, os.urandom(50_000), f"source-{n}") for n in range(8)]
        store.head("a")  # so that the threads do not make the client at the same time
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda each: store.put_if_absent("a", *each), sources))
        assert won.count(True) == 1
        assert digest_of(store, "a") == sources[won.index(True)][1]

    def test_a_file_that_is_not_what_it_should_be_stays_outside(
        self, store: Store, tmp_path: Path
    ) -> None:
        for number, size in enumerate((1000, LARGE)):
            source, _ = made(tmp_path, os.urandom(size))
            with pytest.raises(Damaged):
                store.put_if_absent(f"a{number}", source, "0" * 64)
        assert list(store.list()) == []

    @pytest.mark.parametrize("size", [0, 100_000, LARGE])
    def test_a_stated_checksum_is_that_of_the_bytes(
        self, store: Store, tmp_path: Path, size: int
    ) -> None:
        source, digest = made(tmp_path, os.urandom(size))
        store.put_if_absent("a", source, digest)
        stored = store.head("a")
        assert stored is not None
        assert (stored.name, stored.size) == ("a", size)
        if stored.checksum:
            assert stored.checksum.value == checksum_of(source, stored.checksum.part_size)

    @pytest.mark.parametrize("sizes", [(100_000, 90_000), (LARGE, 5), (5, LARGE)])
    def test_a_file_takes_the_place_of_another(
        self, store: Store, tmp_path: Path, sizes: tuple[int, int]
    ) -> None:
        old, fresh = (made(tmp_path, os.urandom(size), f"{size}") for size in sizes)
        store.put_if_absent("warc/a", *old)
        store.replace("warc/a", *fresh)
        assert digest_of(store, "warc/a") == fresh[1]
        assert [(each.name, each.size) for each in store.list()] == [("warc/a", sizes[1])]

    def test_what_is_not_as_it_should_be_takes_no_place(self, store: Store, tmp_path: Path) -> None:
        old, digest = made(tmp_path, b"old", "old")
        store.put_if_absent("a", old, digest)
        for number, size in enumerate((1000, LARGE)):
            source, _ = made(tmp_path, os.urandom(size), f"{number}")
            with pytest.raises(Damaged):
                store.replace("a", source, "0" * 64)
        with pytest.raises(NotThere):
            store.replace("b", old, digest)
        assert digest_of(store, "a") == digest
        assert [each.name for each in store.list()] == ["a"]

    def test_ranges_are_exact(self, store: Store, tmp_path: Path) -> None:
        data = os.urandom(3_000_000)
        store.put_if_absent("a", *made(tmp_path, data))
        for start, length in ((0, 1), (0, 3_000_000), (1_234_567, 89_000), (2_999_999, 5), (7, 0)):
            assert store.read_range("a", start, length) == data[start : start + length]
        assert store.read_range("a", 3_000_000, 10) == b""

    def test_files_are_listed_by_name(self, store: Store, tmp_path: Path) -> None:
        source, digest = made(tmp_path, b"12345")
        for name in ("warc/b", "warc/a", "warc/a.sha256", "mark.json"):
            store.put_if_absent(name, source, digest)
        listed = [(each.name, each.size) for each in store.list("warc/")]
        assert listed == [("warc/a", 5), ("warc/a.sha256", 5), ("warc/b", 5)]
        assert [each.name for each in store.list("warc/a")] == ["warc/a", "warc/a.sha256"]
        assert len(list(store.list())) == 4

    def test_what_is_not_there_is_said_to_be_missing(self, store: Store) -> None:
        assert store.head("warc/none") is None
        assert list(store.list()) == []
        with pytest.raises(NotThere):
            store.read_range("warc/none", 0, 10)
        with pytest.raises(NotThere):
            list(store.get("warc/none"))
