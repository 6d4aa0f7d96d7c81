"""Imports that go on where they stopped, and what is proved of a record beside them."""

import base64
import hashlib
import json
import os
import pty
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.captures import capture_of
from archive.containers.parts import Damage, Found
from archive.imports import ImportReport, adopt_warc, import_warc
from archive.members import walk
from archive.progress import FOLDER
from archive.proof import NOWHERE, proofs, prove
from archive.records import Capture
from archive.store import Archive
from archive.warc import parse
from tests.foreign_warcs import gz, page, record, request, response, revisit, sha1, uid
from tests.samples import ROOT, dump
from tests.test_foreign_formats import wacz, zst

NOISE = random.Random(5).randbytes(30_000)


def large(number: int) -> bytes:
    """An answer that does not compress, so that 2,500 of them are worth several notes."""
    return response(number, body=NOISE + b"%d" % number)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "theirs.warc.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def take(
    folder: Path, path: Path, stop_after: int | None = None
) -> tuple[ImportReport | None, list[str]]:
    """The report, and the ids that were handed on; interrupted after so many of them."""
    handed: list[str] = []

    def then(capture: Capture) -> None:
        handed.append(capture.id)
        if len(handed) == stop_after:
            raise KeyboardInterrupt

    with Archive.open(folder, write=True) as archive:
        if stop_after is None:
            return import_warc(archive, path, then), handed
        with pytest.raises(KeyboardInterrupt):
            import_warc(archive, path, then)
        return None, handed


def notes(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*/*.json"))


def test_a_file_that_was_taken_is_not_read_again(folder: Path, path: Path) -> None:
    path.write_bytes(gz(*(large(n) for n in range(40)), revisit(50, 1), revisit(51, 99)) + b"junk")
    first, handed = take(folder, path)
    assert first is not None
    assert len(notes(folder)) == 1
    before, stat = dump(folder), path.stat()
    with path.open("r+b") as handle:  # what lies between the ends is not looked at
        handle.seek(500_000)
        handle.write(bytes(500))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    again, repeated = take(folder, path)
    assert again is not None
    assert (again.records, again.captures, again.kept) == (42, 42, 0)
    assert again.problems == first.problems
    assert {each.code for each in again.problems} == {"torn-tail", "orphan-revisit"}
    assert repeated == handed
    assert dump(folder) == before


@pytest.mark.parametrize("packing", ["gzip", "plain", "WACZ", "zstd"])
def test_an_import_goes_on_where_it_was_interrupted(
    folder: Path, tmp_path: Path, packing: str
) -> None:
    pairs = [each for n in range(2600) for each in (request(n), large(n))]
    path = tmp_path / "theirs"
    path.write_bytes({
        "gzip": lambda: gz(*pairs),
        "plain": lambda: b"".join(pairs),
        "WACZ": lambda: wacz(("archive/a.warc.gz", gz(*pairs))),
        "zstd": lambda: zst(*pairs),
    }[packing]())  # fmt: skip
    _, handed = take(folder, path, stop_after=2500)
    assert len(notes(folder)) == 1, "64 MiB were taken"
    report, again = take(folder, path)
    assert report is not None
    assert (report.records, report.captures, report.problems) == (5200, 2600, ())
    assert report.kept <= 100
    assert again[:2500] == handed
    assert len(again) == len(set(again)) == 2600
    assert len(notes(folder)) == 2
    with Archive.open(folder) as archive:
        assert archive.index.counts()["captures"] == 2600
    once_more, third = take(folder, path)
    assert once_more is not None
    assert (once_more.records, once_more.kept, third) == (5200, 0, again)


@pytest.mark.parametrize("harm", ["a capture is gone", "no note", "another file"])
def test_a_note_that_does_not_hold_is_not_believed(
    folder: Path, tmp_path: Path, path: Path, harm: str
) -> None:
    path.write_bytes(gz(*(large(n) for n in range(40))))
    take(folder, path)
    (note,) = notes(folder)
    if harm == "no note":
        note.write_bytes(note.read_bytes()[:-50])
    elif harm == "another file":
        path.write_bytes(gz(*(large(n) for n in range(100, 140))))
    else:
        (tmp_path / "other").mkdir()
        with Archive.open(tmp_path / "fresh", write=True):
            pass
        (folder / FOLDER).rename(tmp_path / "fresh" / FOLDER)
        folder = tmp_path / "fresh"
    report, handed = take(folder, path)
    assert report is not None
    assert report.kept == (0 if harm == "no note" else 40)
    assert len(handed) == 40


def test_small_files_leave_no_notes(folder: Path, path: Path) -> None:
    path.write_bytes(gz(response(1)))
    take(folder, path)
    assert notes(folder) == []


def test_records_with_one_id_in_one_batch_are_told_apart(folder: Path, path: Path) -> None:
    other = revisit(6, 1, f"WARC-Record-ID: {uid(4)}")
    one = response(1)
    path.write_bytes(gz(one, one, revisit(4, 1), revisit(4, 1), other))
    captures: list[Capture] = []
    with Archive.open(folder, write=True) as archive:
        report = import_warc(archive, path, captures.append)
        assert [each.code for each in report.problems] == ["repeated-id"]
        assert (report.captures, report.kept) == (5, 3)
        assert [captures[0], captures[2]] == [captures[1], captures[3]]
        assert len({each.id for each in captures}) == 3
        assert [archive.index.capture(each.id) for each in captures] == captures
        assert {archive.body(each).data for each in captures} == {page(1)}


PACKINGS: dict[str, Callable[[list[bytes]], bytes]] = {
    "gzip": lambda pages: gz(*pages),
    "gzip, torn": lambda pages: gz(*pages)[:-100],
    "plain": b"".join,
    "WACZ": lambda pages: wacz(("archive/a.warc.gz", gz(*pages))),
    "WACZ, deflated": lambda pages: wacz(
        ("archive/a.warc", b"".join(pages)), packed=zipfile.ZIP_DEFLATED
    ),
    "zstd": lambda pages: zst(*pages),
    "nothing": lambda _: b"\x89PNG",
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_progress_comes_to_every_byte_of_the_file(folder: Path, path: Path, packing: str) -> None:
    pages = [response(n, body=NOISE[:500] + b"%d" % n) for n in range(2100)]
    path.write_bytes(PACKINGS[packing](pages))
    size = path.stat().st_size
    for again in (False, True):  # the second time by its notes
        passed: list[int] = []
        with Archive.open(folder, write=True) as archive:
            import_warc(archive, path, lambda _: None, passed.append)
        assert sum(passed) == size
        assert min(passed) >= 0
        if packing in ("gzip", "plain", "zstd") and not again:
            assert len([each for each in passed if each]) > 2


def test_progress_in_place_counts_every_byte_twice(folder: Path, path: Path) -> None:
    path.write_bytes(gz(*(large(n) for n in range(100))))
    passed: list[int] = []
    with Archive.open(folder, write=True) as archive:
        adopt_warc(archive, path, lambda _: None, passed.append)
    assert sum(passed) == 2 * path.stat().st_size


def test_a_bar_shows_how_far_an_import_is_on_a_terminal(folder: Path, path: Path) -> None:
    path.write_bytes(gz(response(1)))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "service.cli", "--archive", folder, "import", path, "--json"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the other end is closed
            while piece := os.read(ours, 1 << 16):
                shown += piece
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert b"theirs.warc.gz" in shown
    assert b"bytes" in shown
    assert json.loads(out)["files"][0]["captures"] == 1


# Proofs


def one(data: bytes) -> Found:
    return Found(record=parse(data), offset=0, length=0)


class Nothing:
    def capture(self, id: str) -> Capture | None:
        return None

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        return ()

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        return ()


HEADS = [
    b"Content-Length: 5\r\n", b"Content-Length: 4\r\n", b"content-length: 9\r\n", b"",
    b"Content-Length: 5\r\nContent-Length: 5\r\n", b"Content-Encoding: gzip\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Type: text/html; charset=GBK\r\n",
    b"X: y\r\n", b"Content-Length: 5, 5\r\n", b"Content-Encoding: identity\r\n",
]  # fmt: skip


@settings(max_examples=300)
@given(
    status=st.sampled_from(
        [b"200 OK", b"204 No", b"304 Not", b"100 Go\r\n\r\nHTTP/1.1 200 OK", b"x"]
    ),
    head=st.lists(st.sampled_from(HEADS), max_size=3).map(b"".join),
    body=st.sampled_from([b"hello", b"", b"5\r\nhello\r\n0\r\n\r\n", b"\x1f\x8b\x08"]),
    more=st.sampled_from(["WARC-Truncated: length", "WARC-Record-ID: ?", "WARC-Date: x", "A: b"]),
)
def test_the_short_way_gives_the_capture_of_the_long_one(
    status: bytes, head: bytes, body: bytes, more: str
) -> None:
    block = b"HTTP/1.1 " + status + b"\r\n" + head + b"\r\n" + body
    found = one(record("response", 1, block, more))
    assert prove(found).capture == capture_of(found.record, NOWHERE, Nothing())


def test_proofs_come_in_the_order_of_the_file(path: Path) -> None:
    path.write_bytes(gz(*(large(n) for n in range(300))) + b"junk" + gz(large(300), request(3)))
    shown = list(proofs(walk(path)))
    found = list(walk(path))
    assert len(shown) == len(found) == 303
    for proof, each in zip(shown, found, strict=True):
        if isinstance(each, Damage):
            assert proof == each
        else:
            assert not isinstance(proof, Damage)
            assert proof.found == each
            assert (proof.capture is None) == (each.record.type == "request")


def test_an_error_while_reading_reaches_the_one_who_asks() -> None:
    def source() -> Iterator[Found]:
        yield one(response(1))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(proofs(source()))


@pytest.mark.parametrize("form", ["base32", "lower", "hex", "base64"])
@pytest.mark.parametrize("true", [True, False])
def test_a_digest_is_understood_in_every_form(form: str, true: bool) -> None:
    data = b"what it is" if true else b"what it is not"
    raw = hashlib.sha1(data).digest()
    value = {
        "base32": sha1(data).partition(":")[2],
        "lower": sha1(data).partition(":")[2].lower(),
        "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode(),
    }[form]
    found = one(record("resource", 1, b"what it is", f"WARC-Block-Digest: sha1:{value}"))
    assert [each.code for each in prove(found).flaws] == ([] if true else ["block-digest"])
