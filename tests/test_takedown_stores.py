"""Taking down what a store holds too: nothing keeps the bytes silently, and nothing brings them back."""

import gzip
import shutil
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import pytest

from archive import files
from archive.members import Found, walk
from archive.remote import receipts
from archive.remote.checking import verify_remote
from archive.remote.folders import FolderStore
from archive.remote.interface import Store
from archive.remote.pulling import Pulled, pull
from archive.remote.pushing import Pushed, push
from archive.remote.s3 import S3Store
from archive.repairs import FolderCopies, repair
from archive.store import Archive
from archive.succession import tombstones_in
from archive.takedown import take_down
from archive.verify import verify_fully
from tests.commands import Variorum, key_of
from tests.fault_proxy import Fault, FaultProxy
from tests.remote_samples import FAST, dump, place, warcs
from tests.samples import PAGE, exact, fill
from tests.seaweed import Seaweed, credentials

WORD = ("the archivist", "Personal data.")
GONE = b"alpha one"


@pytest.fixture
def s3(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3Store:
    credentials(monkeypatch, tmp_path)
    return S3Store(place(seaweed), FAST)


@pytest.fixture
def there(tmp_path: Path) -> FolderStore:
    (tmp_path / "store").mkdir()
    return FolderStore(tmp_path / "store")


@pytest.fixture(params=["there", "s3"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fill(tmp_path_factory.mktemp("original") / "archive")
    return next(tmp_path_factory.getbasetemp().glob("original*/archive"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "archive"))


def states(outcomes: Iterable[Pushed | Pulled]) -> list[str]:
    """What became of each file, by name."""
    return [each.state for each in sorted(outcomes, key=attrgetter("name"))]


def unpacked(store: Store) -> bytes:
    names = [each.name for each in store.list("warc/") if each.name.endswith(".gz")]
    return b"".join(gzip.decompress(b"".join(store.get(name))) for name in names)


def here(folder: Path) -> bytes:
    return b"".join(gzip.decompress((folder / name).read_bytes()) for name in warcs(folder))


def demand_alike(folder: Path, store: Store) -> None:
    report = verify_remote(folder, store, full=True)
    assert report.problems == ()
    assert report.checked["read_back"] == len(receipts.sealed(folder))


def test_what_was_taken_down_is_replaced_in_the_store(folder: Path, store: Store) -> None:
    list(push(folder, store))
    assert GONE in unpacked(store)
    take_down(folder, exact("alpha one"), *WORD)
    codes = {each.code for each in verify_remote(folder, store).problems}
    assert codes == {"remote-taken-down"}
    before = here(folder)
    refused, same = pull(folder, store)
    assert (refused.state, same.state) == ("refused", "here")
    assert "archive push" in refused.reason
    assert here(folder) == before
    assert states(push(folder, store)) == ["replaced", "there"]
    assert GONE not in unpacked(store)
    demand_alike(folder, store)
    assert states(push(folder, store)) == ["there", "there"]


@pytest.mark.parametrize("sidecars_only", [False, True])
def test_another_copy_of_the_archive_follows_with_its_next_pull(
    folder: Path, store: Store, tmp_path: Path, sidecars_only: bool
) -> None:
    list(push(folder, store))
    other = tmp_path / "other"
    list(pull(other, store, sidecars_only=sidecars_only))
    Archive.open(other, write=True).close()
    take_down(folder, exact("alpha one"), *WORD)
    list(push(folder, store))
    same = "left there" if sidecars_only else "here"
    assert states(pull(other, store, sidecars_only=sidecars_only)) == ["replaced", same]
    assert warcs(other) == ([] if sidecars_only else warcs(folder))
    assert GONE not in here(other)
    assert dump(other) == dump(folder)
    demand_alike(other, store)
    assert states(pull(other, store, sidecars_only=sidecars_only)) == [same, same]
    with Archive.open(other) as archive:
        assert verify_fully(archive).problems == ()


def test_a_copy_follows_only_where_nothing_else_was_changed(
    folder: Path, there: FolderStore, tmp_path: Path
) -> None:
    """Somebody who can write to the store takes records out, and makes the sidecar fit."""
    list(push(folder, there))
    other = tmp_path / "other"
    list(pull(other, there))
    Archive.open(other, write=True).close()
    shown = here(other)
    for path in (Path(there.address) / "warc").glob("*.gz"):
        cut = [found for found in walk(path) if isinstance(found, Found)][-3]
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[: cut.offset])
        files.sidecar(path).chmod(0o644)
        files.sidecar(path).write_text(f"{files.sha256(path)}  {path.name}\n")
    for sidecars_only in (False, True):
        assert states(pull(other, there, sidecars_only=sidecars_only)) == ["refused", "refused"]
    assert here(other) == shown
    for name in warcs(other):
        (other / name).unlink()
    assert "replaced" not in states(pull(other, there)), "the index knows what it had"


def test_other_bytes_in_the_store_are_not_replaced_by_a_takedown(
    folder: Path, there: FolderStore
) -> None:
    list(push(folder, there))
    take_down(folder, exact("alpha one"), *WORD)
    changed = sorted((Path(there.address) / "warc").glob("*.gz"))
    for path in changed:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + gzip.compress(b"something of somebody else"))
    held = [path.read_bytes() for path in changed]
    assert states(push(folder, there))[0] == "refused"
    assert [path.read_bytes() for path in changed] == held


def test_a_push_that_died_between_file_and_sidecar_is_gone_on_with(
    folder: Path, there: FolderStore
) -> None:
    list(push(folder, there))
    take_down(folder, exact("alpha one"), *WORD)
    name = warcs(folder)[0]
    there.replace(name, folder / name, files.sha256(folder / name))
    assert {each.code for each in verify_remote(folder, there).problems} == {"remote-taken-down"}
    assert states(push(folder, there)) == ["there", "there"]
    demand_alike(folder, there)


def test_a_sidecar_that_never_fitted_is_not_replaced(folder: Path, there: FolderStore) -> None:
    list(push(folder, there))
    for beside in (Path(there.address) / "warc").glob("*.sha256"):
        beside.chmod(0o644)
        beside.write_bytes(b"0" * 64 + b"  x\n")
    shutil.rmtree(folder / "receipts")
    assert states(push(folder, there)) == ["refused", "refused"]


def test_versions_that_a_bucket_keeps_are_erased_or_named(
    folder: Path, s3: S3Store, seaweed: Seaweed
) -> None:
    bucket = "variorum-versions"
    seaweed.client().create_bucket(Bucket=bucket)
    seaweed.client().put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    with FaultProxy(seaweed.endpoint) as proxy:
        where = replace(s3.where, bucket=bucket, endpoint_url=proxy.endpoint)
        store = S3Store(where, FAST)
        list(push(folder, store))
        take_down(folder, exact("alpha one"), *WORD)
        proxy.fault = Fault(kind="403", method="DELETE")
        pushed, _ = push(folder, store)
        assert (pushed.state, len(pushed.earlier)) == ("replaced", 1)
        (problem,) = verify_remote(folder, store).problems
        assert problem.code == "remote-taken-down"
        assert pushed.earlier[0] in problem.message
        proxy.fault = None
        again = list(push(folder, store))
        assert [(each.state, each.earlier) for each in again] == [("there", ())] * 2
        demand_alike(folder, store)
    held = seaweed.client().list_object_versions(Bucket=bucket, Prefix=f"{s3.where.prefix}warc/")
    kept = [each for each in held["Versions"] if each["Key"].endswith(".gz")]
    assert len(kept) == len(warcs(folder))


@pytest.mark.parametrize("what", ["first tombstone", "a byte in the middle", "all of it"])
def test_a_repair_never_brings_back_what_was_taken_down(
    folder: Path, tmp_path: Path, what: str
) -> None:
    backup = Path(shutil.copytree(folder, tmp_path / "backup"))
    take_down(folder, exact("alpha one"), *WORD)
    path = folder / warcs(folder)[0]
    path.chmod(0o644)
    if what == "all of it":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[tombstone_in(path) + 60 if what == "first tombstone" else len(data) // 2] ^= 4
        path.write_bytes(data)
    for _ in range(2):  # the first may make the index again, from what is left
        repairs = repair(folder, FolderCopies(backup))
        assert {each.how for each in repairs.mended} <= {"index"}
        assert repairs.left
    assert b"<p>alpha one</p>" not in b"".join(
        found.record.block
        for name in warcs(folder)
        for found in walk(folder / name)
        if isinstance(found, Found)
    )


def tombstone_in(path: Path) -> int:
    """The offset of the first tombstone."""
    return next(
        found.offset for found in walk(path) if isinstance(found, Found) and tombstones_in([found])
    )


def test_what_comes_again_and_is_taken_down_again_keeps_its_first_tombstone(folder: Path) -> None:
    with Archive.open(folder) as archive:
        capture = archive.index.captures_at(f"{PAGE}.png")[0]
        record = archive.record(capture.place)
        member = (folder / capture.place.warc).read_bytes()[capture.place.offset :]
    take_down(folder, capture.id, "ann", "first")
    with Archive.open(folder, write=True) as archive:
        archive.take_members([(record, member[: capture.place.length])])
    take_down(folder, capture.id, "ben", "second")
    said = here(folder)
    assert b"first" in said
    assert b"second" in said
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()


def test_the_command_clears_the_store_and_says_so(filled: Variorum, tmp_path: Path) -> None:
    key, store = key_of(filled), tmp_path / "store"
    store.mkdir()
    assert filled("archive", "push", "--store", str(store)).status == 0
    answer = filled("takedown", key, "--reason", "Personal data.", "--json")
    assert answer.status == 0, answer.err
    (name,) = warcs(filled.archive)
    assert answer.json["stores"] == [{"store": str(store), "replaced": [name], "left": []}]
    assert (store / name).read_bytes() == (filled.archive / name).read_bytes()
    assert filled("verify", "--remote", "--full").status == 0


def test_a_store_that_cannot_be_reached_is_named_with_what_it_keeps(
    filled: Variorum, tmp_path: Path
) -> None:
    key, store = key_of(filled), tmp_path / "store"
    store.mkdir()
    assert filled("archive", "push", "--store", str(store)).status == 0
    store.rename(tmp_path / "unmounted")
    answer = filled("takedown", key, "--reason", "Personal data.")
    (name,) = warcs(filled.archive)
    assert answer.status == 1
    assert f"{store} still has {name}" in answer.out
    assert f"archive push --store {store}" in answer.out
    assert "before a takedown" in filled("archive", "status").out
    (tmp_path / "unmounted").rename(store)
    assert filled("archive", "push").status == 0
    assert filled("verify", "--remote").status == 0
