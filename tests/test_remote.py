"""Stores by their contract; push, pull and the proof of what lies elsewhere."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveBusy, NotThere, OtherBytes, RemoteError
from archive.files import writer_lock
from archive.remote import receipts
from archive.remote.address import FolderAddress, S3Address, parse, remember, remembered
from archive.remote.checking import verify_remote
from archive.remote.folders import FolderStore
from archive.remote.interface import Store
from archive.remote.pulling import pull
from archive.remote.pushing import push
from archive.remote.retries import Exhausted, Retries, Transient
from archive.remote.s3 import S3Store, Transfer
from tests.remote_contract import LARGE, StoreContract, made
from tests.remote_samples import FAST, an_archive, bucket, warcs
from tests.seaweed import READER, Seaweed, credentials


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with Seaweed.start(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def as_writer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    credentials(monkeypatch, tmp_path)


@pytest.fixture
def s3(server: Seaweed, as_writer: None) -> S3Store:
    return S3Store(bucket(server, prefix="plans/"), FAST)


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
