"""Stores by their contract; push, pull, and reading what lies elsewhere."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveBusy, NotThere, OtherBytes, RemoteError
from archive.files import writer_lock
from archive.remote.checking import verify_remote
from archive.remote.folders import FolderStore
from archive.remote.interface import Store, digest_of
from archive.remote.pulling import pull
from archive.remote.pushing import push
from archive.remote.s3 import S3Store
from archive.remote.s3_multipart import base64_sha256
from archive.store import Archive
from tests.fault_proxy import FaultProxy
from tests.remote_contract import LARGE, StoreContract, made
from tests.remote_samples import FAST, an_archive, dump, everything, place, warcs
from tests.seaweed import Seaweed, credentials


@pytest.fixture
def as_writer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    credentials(monkeypatch, tmp_path)


@pytest.fixture
def s3(seaweed: Seaweed, as_writer: None) -> S3Store:
    return S3Store(place(seaweed), FAST)


class TestFolder(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        (tmp_path / "store").mkdir()
        return FolderStore(tmp_path / "store")

    def test_a_folder_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "unmounted")
        with pytest.raises(NotThere, match="is the disk mounted"):
            store.put_if_absent("a", *made(tmp_path, b"1"))
        assert not (tmp_path / "unmounted").exists()


class TestS3(StoreContract):
    @pytest.fixture
    def store(self, s3: S3Store) -> Store:
        return s3

    def test_a_large_upload_that_died_is_gone_on_with(
        self, s3: S3Store, seaweed: Seaweed, tmp_path: Path
    ) -> None:
        source, digest = made(tmp_path, os.urandom(LARGE))
        died = a_dead_upload(s3, "a", source.read_bytes()[: FAST.part_size])
        assert s3.head("a") is None
        assert list(s3.list()) == []
        with FaultProxy(seaweed.endpoint) as proxy:
            there = S3Store(replace(s3.where, endpoint_url=proxy.endpoint), FAST)
            assert there.put_if_absent("a", source, digest)
        parts = [line for line in proxy.seen if line.startswith("PUT")]
        assert len(parts) == 2, "the first of three parts was there"
        assert all(died in line for line in parts)
        assert digest_of(s3, "a") == digest
        assert waiting(s3) == []

    def test_a_dead_upload_of_something_else_is_dropped(self, s3: S3Store, tmp_path: Path) -> None:
        for _ in range(2):
            a_dead_upload(s3, "a", os.urandom(FAST.part_size))
        source, digest = made(tmp_path, os.urandom(LARGE))
        assert s3.put_if_absent("a", source, digest)
        assert digest_of(s3, "a") == digest
        assert waiting(s3) == []

    def test_what_is_there_already_leaves_no_dead_upload(self, s3: S3Store, tmp_path: Path) -> None:
        source, digest = made(tmp_path, os.urandom(LARGE))
        s3.put_if_absent("a", source, digest)
        a_dead_upload(s3, "a", source.read_bytes()[: FAST.part_size])
        assert not s3.put_if_absent("a", source, digest)
        assert waiting(s3) == []

    def test_a_list_of_many_pages_is_whole(
        self, s3: S3Store, seaweed: Seaweed, tmp_path: Path
    ) -> None:
        client = seaweed.client()
        for number in range(1100):  # a page has 1,000
            key = f"{s3.where.prefix}{number:04}"
            client.put_object(Bucket=s3.where.bucket, Key=key, Body=b"")
        assert [each.name for each in s3.list()] == [f"{number:04}" for number in range(1100)]


def a_dead_upload(store: S3Store, name: str, part: bytes) -> str:
    """The id of an upload that was begun and sent this first part."""
    key = store.where.prefix + name
    upload = store.call("create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    store.call(
        "upload_part", Key=key, UploadId=upload, PartNumber=1, Body=part,
        ChecksumSHA256=base64_sha256(part),
    )  # fmt: skip
    return str(upload)


def waiting(store: S3Store) -> list[Any]:
    found = store.call("list_multipart_uploads", Prefix=store.where.prefix)
    return list(found.get("Uploads", ()))


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "s3":
        s3: S3Store = request.getfixturevalue("s3")
        return s3
    (tmp_path / "store").mkdir()
    return FolderStore(tmp_path / "store")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_archive(tmp_path_factory.mktemp("original") / "archive")


@pytest.fixture
def archive(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "archive"))


def test_what_was_pushed_is_proved_and_comes_back(
    store: Store, archive: Path, tmp_path: Path
) -> None:
    pushed = list(push(archive, store))
    assert [each.name for each in pushed] == warcs(archive)
    assert {each.state for each in pushed} == {"sent"}
    proof = "checksum" if isinstance(store, S3Store) else "read back"
    assert {each.proof for each in pushed} == {proof}
    for full in (False, True):
        assert verify_remote(archive, store, full=full).problems == ()
    other = tmp_path / "other"
    assert {each.state for each in pull(other, store)} == {"fetched"}
    for path in (archive / "warc").iterdir():
        copy = other / "warc" / path.name
        assert copy.read_bytes() == path.read_bytes()
        assert copy.stat().st_mode & 0o222 == 0 or copy.suffix == ".sha256"
    assert dump(other) == dump(archive)


def test_pushing_and_pulling_again_changes_nothing(store: Store, archive: Path) -> None:
    list(push(archive, store))
    before = list(store.list())
    assert {each.state for each in push(archive, store)} == {"there"}
    assert {each.state for each in pull(archive, store)} == {"here"}
    assert list(store.list()) == before


def test_what_was_dropped_is_read_from_the_store(store: Store, archive: Path) -> None:
    before = everything(archive)
    assert all(each.dropped for each in push(archive, store, drop_local=True))
    assert warcs(archive) == []
    assert everything(archive) == before
    an_archive(archive, 100)
    assert warcs(archive)[0].startswith("warc/variorum-000003-"), "the order of writing goes on"
    before, rows = everything(archive), dump(archive)
    Archive.rebuild(archive).close()
    assert (everything(archive), dump(archive)) == (before, rows)


def test_a_machine_without_any_warc_serves(store: Store, archive: Path, tmp_path: Path) -> None:
    list(push(archive, store))
    other = tmp_path / "other"
    assert {each.state for each in pull(other, store, sidecars_only=True)} == {"left there"}
    assert warcs(other) == []
    assert dump(other) == dump(archive)
    assert everything(other) == everything(archive)


def test_a_store_is_one_archives(store: Store, archive: Path, tmp_path: Path) -> None:
    list(push(archive, store))
    other = an_archive(tmp_path / "other", 100)
    (other / "variorum.json").write_text('{"format": 1, "created": "another time"}')
    for attempt in (push(other, store), pull(other, store)):
        with pytest.raises(OtherBytes, match="another archive"):
            list(attempt)
    with pytest.raises(OtherBytes, match="another archive"):
        verify_remote(other, store)
    assert len(list(store.list("warc/"))) == 4


def test_two_machines_do_not_write_one_archive_apart(
    store: Store, archive: Path, tmp_path: Path
) -> None:
    list(push(archive, store))
    other = tmp_path / "other"
    list(pull(other, store))
    an_archive(archive, 100, 100)
    an_archive(other, 100)
    list(push(archive, store))
    with pytest.raises(RemoteError, match="Pull before you push"):
        list(push(other, store))


def test_other_bytes_under_a_name_are_never_touched(
    store: Store, archive: Path, tmp_path: Path
) -> None:
    name = warcs(archive)[0]
    foreign, digest = made(tmp_path, b"something else")
    store.put_if_absent(name, foreign, digest)
    refused, sent = push(archive, store, drop_local=True)
    assert (refused.state, sent.state) == ("refused", "sent")
    assert name in refused.reason
    assert warcs(archive) == [name]
    assert b"".join(store.get(name)) == b"something else"


def test_other_bytes_of_the_same_size_are_told_apart(
    store: Store, archive: Path, tmp_path: Path
) -> None:
    for name in warcs(archive):
        data = (archive / name).read_bytes()
        store.put_if_absent(name, *made(tmp_path, data[:-1] + bytes([data[-1] ^ 1])))
    for each in push(archive, store, drop_local=True):
        assert each.state == "refused"
        assert each.reason.count("SHA-256") == 2, "both are named"
    assert len(warcs(archive)) == 2


def test_a_damaged_file_is_not_pushed_and_not_dropped(store: Store, archive: Path) -> None:
    for name in warcs(archive):
        path = archive / name
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    (archive / f"{warcs(archive)[0]}.sha256").unlink()
    states = [each.state for each in push(archive, store, drop_local=True)]
    assert states == ["refused", "refused"]
    assert len(warcs(archive)) == 2
    assert list(store.list("warc/")) == []


def test_a_torn_start_of_a_pull_is_found_out(store: Store, archive: Path, tmp_path: Path) -> None:
    list(push(archive, store))
    other = tmp_path / "other"
    list(pull(other, store, sidecars_only=True))
    small, large = warcs(archive)
    whole = (archive / large).read_bytes()
    incoming = other / "incoming"
    incoming.mkdir()
    (incoming / Path(small).name).write_bytes(b"\0" * 1000)
    (incoming / Path(large).name).write_bytes(whole[:5_000_000])
    assert [each.state for each in pull(other, store)] == ["fetched", "fetched"]
    assert (other / large).read_bytes() == whole
    assert (
        sorted(path.suffix for path in (other / "warc").iterdir())
        == [".gz", ".gz"] + [".sha256"] * 2
    )


def test_single_files_are_pulled_by_name(store: Store, archive: Path, tmp_path: Path) -> None:
    list(push(archive, store))
    other = tmp_path / "other"
    (only,) = pull(other, store, ("variorum-000002",))
    assert only.state == "fetched"
    assert warcs(other) == [only.name] == warcs(archive)[1:]
    with pytest.raises(NotThere, match="variorum-000009"):
        list(pull(other, store, ("variorum-000009",)))


def test_pushes_and_pulls_do_not_run_at_once(store: Store, archive: Path) -> None:
    with writer_lock(archive / "remote.lock"):
        for attempt in (push(archive, store), pull(archive, store)):
            with pytest.raises(ArchiveBusy):
                list(attempt)
    with writer_lock(archive / "writer.lock"):
        assert {each.state for each in push(archive, store)} == {"sent"}
        with pytest.raises(ArchiveBusy):
            list(push(archive, store, drop_local=True))
    assert len(warcs(archive)) == 2


def test_a_store_is_not_left_while_it_alone_has_a_file(
    store: Store, archive: Path, tmp_path: Path
) -> None:
    list(push(archive, store, drop_local=True))
    (tmp_path / "second").mkdir()
    second = FolderStore(tmp_path / "second")
    with pytest.raises(RemoteError, match="2 files of this archive are only in"):
        list(push(archive, second))
    list(pull(archive, store))
    list(push(archive, second, drop_local=True))
    assert len(everything(archive)) == 2
