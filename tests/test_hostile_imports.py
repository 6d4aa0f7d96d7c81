"""Taking over files that are made to cost: each ends in bounded time and memory, and the rest is taken."""

import gzip
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from archive import message
from archive.containers.parts import Found
from archive.imports import import_warc
from archive.members import walk
from archive.message import MAX_CHUNKS
from archive.records import Capture
from archive.store import Archive
from tests.foreign_warcs import ONE, TWO
from tests.samples import START, exchange


def test_a_body_in_more_chunks_than_anybody_sends_is_cut_and_said_to_be() -> None:
    chunks = b"1\r\na\r\n" * (MAX_CHUNKS + 5)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    entity = message.entity(message.parse(head + chunks + b"0\r\n\r\n"), 1 << 30)
    assert entity.body == b"a" * MAX_CHUNKS
    assert not entity.complete
    assert f"{MAX_CHUNKS} chunks" in entity.note


@pytest.mark.parametrize("bit", range(8 * 10))
def test_a_member_is_taken_only_if_zlib_takes_it(tmp_path: Path, bit: int) -> None:
    """Its header is where inflaters differ; what is taken is kept byte for byte, for every reader."""
    member = bytearray(gzip.compress(ONE, mtime=0))
    member[bit // 8] ^= 1 << bit % 8
    try:
        taken = zlib.decompress(bytes(member), 31) == ONE
    except zlib.error:
        taken = False
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(gzip.compress(TWO) + bytes(member) + gzip.compress(TWO))
    assert sum(isinstance(found, Found) for found in walk(path)) == 2 + taken


def test_what_was_imported_can_be_read(tmp_path: Path) -> None:
    member = bytearray(gzip.compress(ONE, mtime=0))
    member[3] |= 0x80
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(bytes(member) + gzip.compress(TWO))
    with Archive.open(tmp_path / "archive", write=True) as archive:
        taken: list[Capture] = []
        report = import_warc(archive, path, taken.append)
        assert [(each.code, each.offset) for each in report.problems] == [("bad-member", 0)]
        assert [archive.body(capture).complete for capture in taken] == [True]


def test_the_first_capture_of_a_moment_is_found_without_reading_all(tmp_path: Path) -> None:
    """A file of thousands of revisits of one address asks this for each of them."""
    with Archive.open(tmp_path / "archive", write=True) as archive:
        first, _, later = (
            archive.keep(exchange(b"%d" % n, after=after)) for n, after in enumerate((0, 0, 5))
        )
        assert archive.known.captures_at(first.url, first.fetched_at) == (first,)
        assert archive.known.captures_at(first.url, later.fetched_at) == (later,)
        assert archive.known.captures_at(first.url, START - timedelta(days=1)) == ()
        assert len(archive.known.captures_at(first.url)) == 3


def test_a_record_without_a_type_is_not_passed_by_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(gzip.compress(ONE.replace(b"WARC-Type", b"Old-Type", 1)) + gzip.compress(TWO))
    with Archive.open(tmp_path / "archive", write=True) as archive:
        report = import_warc(archive, path, lambda _: None)
    assert (report.records, report.captures) == (2, 1)
    assert [(each.code, each.offset) for each in report.problems] == [("bad-header", 0)]
