"""What a store must prove before it is believed, and how often it is asked."""

import hashlib
import shutil
from pathlib import Path

import pytest

from archive.errors import Damaged, OtherBytes
from archive.records import Place
from archive.remote import receipts
from archive.remote.checking import CODES, verify_remote
from archive.remote.folders import FolderStore
from archive.remote.interface import checksum_of
from archive.remote.pulling import pull
from archive.remote.pushing import push
from archive.remote.reading import Elsewhere
from archive.remote.retries import Exhausted, Retries, Transient
from tests.remote_contract import made
from tests.remote_samples import an_archive, warcs

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return an_archive(tmp_path / "archive", 1000, 2000)


@pytest.fixture
def store(archive: Path, tmp_path: Path) -> FolderStore:
    """A store to which the archive was pushed; its files are in the folder `there`."""
    (tmp_path / "there").mkdir()
    store = FolderStore(tmp_path / "there")
    list(push(archive, store))
    return store


def codes(archive: Path, store: FolderStore, *, full: bool = False) -> list[tuple[str, str]]:
    found = verify_remote(archive, store, full=full).problems
    return [(problem.code, problem.path) for problem in found]


def change(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_file_that_the_store_lost_is_named(archive: Path, store: FolderStore) -> None:
    first, second = warcs(archive)
    (Path(store.address) / first).unlink()
    (Path(store.address) / f"{second}.sha256").unlink()
    expected = [("remote-missing", first), ("remote-missing", f"{second}.sha256")]
    assert codes(archive, store) == expected


def test_a_changed_byte_is_found_by_reading_and_a_changed_size_without(
    archive: Path, store: FolderStore
) -> None:
    first, second = warcs(archive)
    data = (archive / first).read_bytes()
    change(Path(store.address) / first, data[:500] + bytes([data[500] ^ 4]) + data[501:])
    assert codes(archive, store) == []
    assert verify_remote(archive, store).checked["by_size"] == 2, "and that is said"
    assert codes(archive, store, full=True) == [("remote-mismatch", first)]
    change(Path(store.address) / second, b"short")
    assert codes(archive, store) == [("remote-mismatch", second)]


def test_a_changed_sidecar_and_a_strange_file_are_named(archive: Path, store: FolderStore) -> None:
    first, _ = warcs(archive)
    change(Path(store.address) / f"{first}.sha256", b"0" * 64 + b"  x\n")
    (Path(store.address) / "warc" / "more.warc.gz").write_bytes(b"1")
    assert codes(archive, store) == [
        ("remote-mismatch", f"{first}.sha256"),
        ("remote-stray", "warc/more.warc.gz"),
    ]


def test_files_that_were_never_pushed_are_counted(archive: Path, store: FolderStore) -> None:
    an_archive(archive, 10)
    report = verify_remote(archive, store, full=True)
    assert report.problems == ()
    assert (report.checked["files"], report.checked["not_pushed"]) == (2, 1)


def test_every_code_is_explained() -> None:
    page = (ROOT / "docs" / "s3.md").read_text(encoding="utf-8")
    assert all(f"| `{code}` |" in page for code in CODES)
    assert len(CODES) == 4


def test_only_a_whole_proof_makes_a_receipt(archive: Path, store: FolderStore) -> None:
    first, second = warcs(archive)
    path = archive / first
    digest = checksum_of(path)
    receipt = receipts.confirm(store, first, digest, path)
    assert receipt is not None
    assert (receipt.proof, receipt.size) == ("read back", path.stat().st_size)
    assert receipts.confirm(store, "warc/none", digest, path) is None
    with pytest.raises(OtherBytes):
        receipts.confirm(store, second, digest, path)
    with pytest.raises(OtherBytes):
        receipts.confirm(store, first, "0" * 64, None)


def test_the_checksum_of_parts_is_that_of_their_digests(tmp_path: Path) -> None:
    source, digest = made(tmp_path, b"a" * 10 + b"b" * 3)
    assert checksum_of(source) == digest
    joined = hashlib.sha256(b"a" * 10).digest() + hashlib.sha256(b"b" * 3).digest()
    assert checksum_of(source, 10) == hashlib.sha256(joined).hexdigest()
    alone = hashlib.sha256(hashlib.sha256(source.read_bytes()).digest()).hexdigest()
    assert checksum_of(source, 13) == checksum_of(source, 14) == alone


def test_a_file_without_receipt_is_missing_and_one_with_a_bad_range_damaged(
    archive: Path, store: FolderStore
) -> None:
    name = warcs(archive)[0]
    elsewhere = Elsewhere(archive)
    with pytest.raises(Damaged, match="the file is missing"):
        elsewhere.record(Place(warc="warc/variorum-000009-x.warc.gz", offset=0, length=10))
    for place in (
        Place(warc=name, offset=3, length=100),
        Place(warc=name, offset=0, length=100),
        Place(warc=name, offset=1 << 30, length=100),
        Place(warc=name, offset=0, length=0),
    ):
        with pytest.raises(Damaged, match="in the store"):
            elsewhere.record(place)


def test_a_pull_takes_nothing_that_does_not_fit_its_sidecar(
    archive: Path, store: FolderStore, tmp_path: Path
) -> None:
    first, second = warcs(archive)
    change(Path(store.address) / first, b"x" * (archive / first).stat().st_size)
    pulled = list(pull(tmp_path / "other", store))
    assert [each.state for each in pulled] == ["refused", "fetched"]
    assert warcs(tmp_path / "other") == [second]
    assert "SHA-256" in pulled[0].reason


def test_a_strange_name_in_the_store_becomes_no_path_here(
    archive: Path, store: FolderStore, tmp_path: Path
) -> None:
    names = ("warc/other.warc.gz", "warc/sub/variorum-000009-20260101T000000Z.warc.gz")
    for name in names:
        source, digest = made(tmp_path, b"1")
        store.put_if_absent(name, source, digest)
        line = f"{digest}  {Path(name).name}\n".encode()
        store.put_if_absent(f"{name}.sha256", *made(tmp_path, line))
    pulled = list(pull(tmp_path / "other", store))
    assert [each.name for each in pulled] == warcs(archive)
    assert not list((tmp_path / "other").rglob("*other*"))
    assert {path for _, path in codes(archive, store)} >= set(names), "and verify names them"


def test_a_lost_file_can_be_taken_from_the_store(archive: Path, store: FolderStore) -> None:
    first, _ = warcs(archive)
    shutil.move(archive / first, archive.parent / "lost")
    (only,) = pull(archive, store, (first,))
    assert only.state == "fetched"
    assert (archive / first).read_bytes() == (archive.parent / "lost").read_bytes()


def test_pauses_are_random_up_to_a_bound_that_doubles() -> None:
    bounds: list[float] = []
    slept: list[float] = []

    def jitter(low: float, high: float) -> float:
        assert low == 0
        bounds.append(high)
        return high / 2

    policy = Retries(
        attempts=6,
        base_seconds=1,
        most_seconds=5,
        jitter=jitter,
        sleep=slept.append,
        clock=lambda: 0.0,
    )
    with pytest.raises(Exhausted, match="6 attempts in 0 s, the last: no answer"):
        policy.run(_failing)
    assert bounds == [1, 2, 4, 5, 5]
    assert slept == [0.5, 1, 2, 2.5, 2.5]


def test_no_attempt_begins_when_the_time_is_up() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    tries: list[float] = []

    def slow() -> None:
        tries.append(now[0])
        now[0] += 40
        raise Transient("no answer")

    policy = Retries(attempts=50, total_seconds=100, clock=lambda: now[0], sleep=sleep)
    with pytest.raises(Exhausted):
        policy.run(slow)
    assert 2 <= len(tries) <= 3
    assert tries[-1] <= 100


def test_other_errors_are_not_tried_again() -> None:
    tries: list[int] = []

    def broken() -> None:
        tries.append(1)
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        Retries().run(broken)
    assert tries == [1]


def _failing() -> None:
    raise Transient("no answer")
