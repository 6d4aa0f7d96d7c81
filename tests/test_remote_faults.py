"""Push, pull and reading through a proxy that goes wrong: nothing half, nothing lost, and it goes on."""

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from archive.errors import AccessDenied, RemoteError, Unreachable
from archive.remote.checking import verify_remote
from archive.remote.pulling import pull
from archive.remote.pushing import push
from archive.remote.retries import Retries
from archive.remote.s3 import S3Store
from archive.store import Archive
from tests.fault_proxy import Fault, FaultProxy, Kind
from tests.remote_samples import FAST, an_archive, everything, place, warcs
from tests.samples import exchange
from tests.seaweed import Seaweed, credentials

BRIEF = replace(FAST, retries=replace(FAST.retries, attempts=2))
# A stall ends by the clock alone; a busy store that is slow once, too, must not use up the attempts.
HASTY = replace(FAST, connect_seconds=3, read_seconds=3)
PASSING: tuple[Kind, ...] = ("503", "stall", "cut", "reset")  # worth another attempt
SENDING = ("PUT", "POST", "HEAD", "GET")
FETCHING = ("HEAD", "GET")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_archive(tmp_path_factory.mktemp("original") / "archive")


@dataclass(frozen=True)
class Scene:
    """An archive, its untouched twin, and a store as seen past the proxy and through it."""

    original: Path
    archive: Path
    direct: S3Store
    through: S3Store
    proxy: FaultProxy

    def during(self, kind: Kind) -> S3Store:
        """The store through the proxy, for as long as a fault of this kind is there."""
        return S3Store(self.through.where, HASTY) if kind == "stall" else self.through


@pytest.fixture
def scene(original: Path, tmp_path: Path, seaweed: Seaweed, proxy: FaultProxy) -> Scene:
    direct = S3Store(place(seaweed), FAST)
    return Scene(
        original=original,
        archive=Path(shutil.copytree(original, tmp_path / "archive")),
        direct=direct,
        through=S3Store(replace(direct.where, endpoint_url=proxy.endpoint), BRIEF),
        proxy=proxy,
    )


@pytest.fixture
def proxy(
    seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[FaultProxy]:
    credentials(monkeypatch, tmp_path)
    with FaultProxy(seaweed.endpoint) as started:
        yield started


def nothing_is_lost(scene: Scene) -> None:
    """What is visible in the store is whole, and every file is here or whole there."""
    visible = {each.name for each in scene.direct.list("warc/")}
    for name in visible:
        assert b"".join(scene.direct.get(name)) == (scene.original / name).read_bytes()
    for name in warcs(scene.original):
        if (scene.archive / name).exists():
            assert (scene.archive / name).read_bytes() == (scene.original / name).read_bytes()
        else:
            assert {name, f"{name}.sha256"} <= visible


def all_is_there(scene: Scene) -> None:
    report = verify_remote(scene.archive, scene.direct, full=True)
    assert report.problems == ()
    assert report.checked["read_back"] == 2
    uploads = scene.direct.call("list_multipart_uploads", Prefix=scene.direct.where.prefix)
    assert not uploads.get("Uploads")


@pytest.mark.parametrize("method", SENDING)
@pytest.mark.parametrize("kind", PASSING)
def test_a_push_gets_over_one_fault(scene: Scene, kind: Kind, method: str) -> None:
    scene.proxy.fault = Fault(kind=kind, method=method, target="warc", times=1)
    pushed = list(push(scene.archive, scene.during(kind), drop_local=True))
    assert scene.proxy.hits == 1
    assert all(each.dropped for each in pushed)
    assert {each.proof for each in pushed} == {"checksum"}
    all_is_there(scene)


@pytest.mark.parametrize("method", SENDING)
@pytest.mark.parametrize("kind", [*PASSING, "403"])
def test_a_push_against_a_fault_that_stays_loses_nothing_and_goes_on_later(
    scene: Scene, kind: Kind, method: str
) -> None:
    scene.proxy.fault = Fault(kind=kind, method=method, target="warc")
    with pytest.raises(AccessDenied if kind == "403" else Unreachable) as caught:
        list(push(scene.archive, scene.during(kind), drop_local=True))
    assert scene.direct.address in str(caught.value)
    nothing_is_lost(scene)
    # Only the large file takes a POST: the small one had come to its end.
    assert len(warcs(scene.archive)) == (1 if method == "POST" else 2)
    scene.proxy.fault = None
    list(push(scene.archive, scene.through, drop_local=True))
    assert warcs(scene.archive) == []
    all_is_there(scene)


def test_a_push_survives_a_fault_at_every_request(scene: Scene) -> None:
    """One request after the other goes wrong for good; each try comes further or ends whole."""
    kinds: tuple[Kind, ...] = ("cut", "reset", "403")
    for number in range(60):
        kind = kinds[number % len(kinds)]
        scene.proxy.fault = Fault(kind=kind, after=number)
        try:
            list(push(scene.archive, scene.through, drop_local=True))
        except RemoteError:
            nothing_is_lost(scene)
        else:
            break
    scene.proxy.fault = None
    list(push(scene.archive, scene.through, drop_local=True))
    assert warcs(scene.archive) == []
    all_is_there(scene)


def test_etags_that_contradict_cost_the_store_its_word(scene: Scene) -> None:
    scene.proxy.fault = Fault(kind="etag", method="PUT")
    small, large = push(scene.archive, scene.through, drop_local=True)
    assert scene.proxy.hits > 3
    assert small.proof == "read back"
    assert large.proof == "checksum", "its parts were named as the server lists them"
    all_is_there(scene)


def test_an_answer_that_is_lost_makes_no_second_upload(scene: Scene) -> None:
    """The server has taken the file; the client sees 200 and a reset, and meets its own object."""
    target = r"000001-\w+\.warc\.gz(\?|$)"
    scene.proxy.fault = Fault(kind="reset", method="PUT", target=target, times=1)
    pushed = list(push(scene.archive, scene.through, drop_local=True))
    assert [each.state for each in pushed] == ["there", "sent"]
    assert all(each.dropped for each in pushed)
    all_is_there(scene)


@pytest.mark.parametrize("method", FETCHING)
@pytest.mark.parametrize("kind", [*PASSING, "etag"])
def test_a_pull_gets_over_one_fault(scene: Scene, tmp_path: Path, kind: Kind, method: str) -> None:
    list(push(scene.archive, scene.direct))
    scene.proxy.fault = Fault(kind=kind, method=method, target="warc", times=1)
    pulled = list(pull(tmp_path / "other", scene.during(kind)))
    assert scene.proxy.hits == 1
    assert [each.state for each in pulled] == ["fetched", "fetched"]
    same_files(scene.archive, tmp_path / "other")


@pytest.mark.parametrize("method", FETCHING)
@pytest.mark.parametrize("kind", [*PASSING, "403"])
def test_a_pull_against_a_fault_that_stays_shows_nothing_half_and_goes_on_later(
    scene: Scene, tmp_path: Path, kind: Kind, method: str
) -> None:
    list(push(scene.archive, scene.direct))
    other = tmp_path / "other"
    scene.proxy.fault = Fault(kind=kind, method=method, target="000002", after=4)
    if method == "HEAD":
        scene.proxy.fault = Fault(kind=kind, method=method, target="000002")
    with pytest.raises(AccessDenied if kind == "403" else Unreachable):
        list(pull(other, scene.during(kind)))
    assert warcs(other) == warcs(scene.archive)[:1]
    came = any((other / "incoming").iterdir())
    assert came is (method == "GET"), "three pieces of the large file had come"
    scene.proxy.fault, before = None, len(scene.proxy.seen)
    list(pull(other, scene.through))
    same_files(scene.archive, other)
    asked = [
        line for line in scene.proxy.seen[before:] if re.search(r"GET.*000002.*gz(\?|$)", line)
    ]
    assert len(asked) == (4 if came else 7), "it went on where it was"


def same_files(one: Path, other: Path) -> None:
    names = sorted(path.name for path in (one / "warc").iterdir())
    assert sorted(path.name for path in (other / "warc").iterdir()) == names
    for name in names:
        assert (one / "warc" / name).read_bytes() == (other / "warc" / name).read_bytes()


@pytest.mark.parametrize("kind", PASSING)
def test_a_record_is_read_through_one_fault(scene: Scene, kind: Kind) -> None:
    list(push(scene.archive, scene.direct))
    name = warcs(scene.archive)[1]
    data = (scene.archive / name).read_bytes()
    scene.proxy.fault = Fault(kind=kind, method="GET", times=1)
    assert scene.during(kind).read_range(name, 1000, 2_000_000) == data[1000:2_001_000]
    assert scene.proxy.hits == 1


def test_a_refused_connection_is_a_sentence(scene: Scene) -> None:
    scene.proxy.close()
    with pytest.raises(Unreachable, match=r"Asked was http://127\.0\.0\.1") as caught:
        list(push(scene.archive, scene.through, drop_local=True))
    assert "2 attempts" in str(caught.value)
    with pytest.raises(Unreachable):
        list(pull(scene.archive.parent / "other", scene.through))
    assert len(warcs(scene.archive)) == 2


def test_a_store_that_comes_back_in_time_is_waited_for(scene: Scene) -> None:
    port = int(scene.proxy.endpoint.rpartition(":")[2])
    scene.proxy.close()
    patient = replace(BRIEF, retries=Retries(attempts=50, base_seconds=0.05, most_seconds=0.2))
    through = S3Store(scene.through.where, patient)
    back: list[FaultProxy] = []
    upstream = scene.direct.where.endpoint_url or ""
    timer = threading.Timer(1, lambda: back.append(FaultProxy(upstream, port)))
    timer.start()
    try:
        assert [each.state for each in push(scene.archive, through)] == ["sent", "sent"]
    finally:
        timer.join()
        back[0].close()
    all_is_there(scene)


def test_every_upload_is_conditional_and_carries_its_sha256_and_no_trailer(scene: Scene) -> None:
    list(push(scene.archive, scene.through))
    heads = scene.proxy.heads
    assert not any(b"x-amz-trailer" in head or b"aws-chunked" in head for head in heads)
    assert not any(b"checksum-crc" in head for head in heads)
    bodies = [head for head in heads if head.startswith(b"put")]
    assert len(bodies) == 6  # the mark, a small file, two parts of a large one, two sidecars
    assert all(b"x-amz-checksum-sha256: " in head for head in bodies)
    appearing = [head for head in heads if head.startswith((b"put", b"post"))]
    appearing = [
        head for head in appearing if b"partnumber" not in head and b"?uploads" not in head
    ]
    assert len(appearing) == 5
    assert all(b"if-none-match: *" in head for head in appearing)


def test_neighbouring_records_are_fetched_together(scene: Scene) -> None:
    with Archive.open(scene.archive, write=True) as opened:
        for number in range(20):
            opened.keep(exchange(b"%d" % number, url=f"https://a.example/{number}/x"))
    before = everything(scene.archive)
    list(push(scene.archive, scene.through, drop_local=True))
    asked = len(scene.proxy.seen)
    assert everything(scene.archive) == before
    assert len(scene.proxy.seen) - asked <= 4, "one for each file, and pieces of the large one"
