"""`variorum archive push | pull | status` and `verify --remote`, as people and programs meet them."""

import signal
import time
from pathlib import Path

import pytest

from archive.remote.address import S3Address, parse, remembered
from archive.remote.s3 import S3Store
from tests.commands import Variorum, key_of, page
from tests.fault_proxy import Fault, FaultProxy
from tests.remote_samples import FAST, an_archive, place, warcs
from tests.seaweed import BUCKET, READER, WRITER, Seaweed, credentials


@pytest.fixture
def where(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3Address:
    credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", seaweed.endpoint)
    return place(seaweed)


def test_an_archive_lives_in_s3_and_is_served_from_there(
    filled: Variorum, where: S3Address, tmp_path: Path
) -> None:
    key = key_of(filled)
    text = filled("text", key).out
    pushed = filled("archive", "push", "--store", str(where), "--drop-local", "--json")
    assert pushed.status == 0, pushed.err
    (file,) = pushed.json["files"]
    assert (file["state"], file["proof"], file["dropped"]) == ("sent", "checksum", True)
    assert pushed.json["store"] == str(where)
    assert warcs(filled.archive) == []

    assert filled("text", key).out == text
    status = filled("archive", "status", "--json").json
    assert (status["sealed"], status["pushed"], status["only_there"]) == (1, 1, 1)
    assert filled("verify", "--json").json["ok"], "it is proved where it lies"
    assert filled("verify", "--quick").status == 0
    assert filled("rebuild-index").status == 0
    assert filled("text", key).out == text
    for flags in ((), ("--full",)):
        verified = filled("verify", "--remote", *flags, "--json")
        assert (verified.status, verified.json["ok"]) == (0, True)
        assert verified.json["checked"]["read_back" if flags else "by_checksum"] == 1

    other = Variorum(tmp_path / "other")
    assert other("archive", "pull", "--store", str(where), "--sidecars-only").status == 0
    assert other("text", key).out == text
    assert warcs(other.archive) == []
    pulled = filled("archive", "pull", "--json")
    assert [file["state"] for file in pulled.json["files"]] == ["fetched"]
    assert warcs(filled.archive) == [file["name"]]
    assert filled("verify", "--json").json["ok"]


def test_damage_here_is_mended_from_the_store(filled: Variorum, where: S3Address) -> None:
    filled("archive", "push", "--store", str(where))
    (name,) = warcs(filled.archive)
    path = filled.archive / name
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:300] + b"\0\0\0" + whole[303:])
    assert filled("verify").status == 1
    mended = filled("archive", "repair", "--json")
    assert (mended.status, mended.json["ok"]) == (0, True), mended.out
    assert path.read_bytes() == whole
    assert filled("verify").status == 0


def test_damage_there_is_found_where_the_file_is_only_there(
    filled: Variorum, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    assert filled("archive", "push", "--store", str(store), "--drop-local").status == 0
    (there,) = (store / "warc").glob("*.warc.gz")
    whole = there.read_bytes()
    there.chmod(0o644)
    there.write_bytes(whole[:1000] + b"\0\0\0" + whole[1003:])
    assert filled("verify").status == 1
    assert filled("verify", "--remote", "--full").status == 1
    there.unlink()
    answer = filled("verify", "--json")
    assert answer.status == 3
    assert "there is no warc/" in answer.json["error"]["message"]


def test_more_is_archived_on_top_of_what_was_dropped(
    filled: Variorum, where: S3Address, tmp_path: Path
) -> None:
    filled("archive", "push", "--store", str(where), "--drop-local")
    saved = tmp_path / "copy.html"
    saved.write_bytes(page())
    answer = filled("ingest", str(saved), "--url", "https://example.org/copy.html", "--json")
    assert answer.json["results"][0]["relation"] == "same"
    assert filled("text", key_of(filled)).status == 0
    again = filled("archive", "push", "--json")
    assert [file["state"] for file in again.json["files"]] == ["sent"]


def test_nothing_secret_is_kept_anywhere(filled: Variorum, where: S3Address) -> None:
    pushed = filled("archive", "push", "--store", str(where), "--drop-local")
    for path in filled.archive.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(part.encode() in data for part in WRITER), path
    assert not any(part in pushed.out + pushed.err for part in WRITER)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": READER[0], "AWS_SECRET_ACCESS_KEY": READER[1]}, "s3:PutObject"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no usable credentials"),
        ({"AWS_PROFILE": "strange"}, "strange"),
    ],
)
def test_a_refusal_says_what_to_check(
    filled: Variorum, where: S3Address, monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str], says: str,
) -> None:  # fmt: skip
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    answer = filled("archive", "push", "--store", str(where), "--drop-local", "--json")
    assert answer.status == 3
    assert says in answer.json["error"]["message"]
    assert len(warcs(filled.archive)) == 1
    assert remembered(filled.archive) is None


def test_a_reader_may_pull_and_verify(
    filled: Variorum, where: S3Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    filled("archive", "push", "--store", str(where))
    credentials(monkeypatch, tmp_path, READER)
    monkeypatch.setenv("AWS_ENDPOINT_URL", where.endpoint_url or "")
    other = Variorum(tmp_path / "other")
    assert other("archive", "pull", "--store", str(where)).status == 0
    assert other("verify", "--remote").status == 0


def test_a_bucket_or_store_that_is_not_there_is_a_sentence(
    filled: Variorum, where: S3Address, tmp_path: Path
) -> None:
    for store, says in (
        ("s3://variorum-nowhere/a", "no such bucket"),
        (str(tmp_path / "unmounted"), "is the disk mounted"),
    ):
        answer = Variorum(tmp_path / "new")("archive", "pull", "--store", store)
        assert answer.status == 3
        assert says in answer.err
    empty = Variorum(tmp_path / "new")("archive", "pull", "--store", str(where))
    assert (empty.status, "no archive" in empty.err) == (3, True)


def test_wrong_usage_is_said(filled: Variorum) -> None:
    for arguments, says in (
        (("archive", "push"), "Which store"),
        (("archive", "push", "--store", "ftp://x/y"), "neither s3://bucket/prefix"),
        (("archive", "push", "--store", "s3://UPPER/y"), "neither s3://bucket/prefix"),
        (("archive", "push", "--store", "s3://abc/y", "--endpoint-url", "host:1"), "no http"),
        (
            ("archive", "push", "--store", "s3://abc/y", "--endpoint-url", "http://u:p@h"),
            "password",
        ),
        (("verify", "--full"), "--remote"),
    ):
        answer = filled(*arguments)
        assert answer.status == 2, answer
        assert says in answer.err
        assert "u:p" not in answer.err


def test_addresses_have_one_form() -> None:
    assert parse("s3://abc") == S3Address(bucket="abc")
    assert str(parse("s3://abc/a/b//")) == "s3://abc/a/b/"
    assert parse("s3://abc/a", "http://127.0.0.1:1") == S3Address(
        bucket="abc", prefix="a/", endpoint_url="http://127.0.0.1:1"
    )
    assert Path(str(parse("some/folder"))).is_absolute()


def test_a_push_that_is_killed_leaves_nothing_half_and_the_next_goes_on(
    seaweed: Seaweed, where: S3Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In parts, with the usual settings.
    archive = an_archive(tmp_path / "archive", 50_000, 70 << 20)
    variorum = Variorum(archive)
    store = S3Store(where, FAST)
    small, large = warcs(archive)
    with FaultProxy(seaweed.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        proxy.fault = Fault(kind="stall", method="PUT", target="partNumber=2")
        process = variorum.start(
            "archive", "push", "--store", f"s3://{BUCKET}/{where.prefix}", "--drop-local"
        )
        deadline = time.monotonic() + 60
        while not proxy.hits and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert proxy.hits
        assert warcs(archive) == [large], "the small one had been confirmed"
        assert [each.name for each in store.list("warc/")] == [small, f"{small}.sha256"]
        proxy.fault = None
        before = len(proxy.seen)
        assert variorum("archive", "push", "--drop-local").status == 0
        sent = [line for line in proxy.seen[before:] if "partNumber" in line]
        assert len(sent) == 2, "the first of three parts was there"
    assert warcs(archive) == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", seaweed.endpoint)
    assert variorum("verify", "--remote", "--full").status == 0
