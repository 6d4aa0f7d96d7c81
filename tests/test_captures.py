"""What is kept of an answer, and what becomes of one that was kept before."""

import gzip
import subprocess
from pathlib import Path

import pytest

from archive import warc
from archive.records import Exchange
from archive.store import Archive
from archive.verify import verify_fully
from tests.samples import (
    PAGE,
    START,
    answer,
    exchange,
    resource,
)
from tests.warc_tools import demand_that_tools_agree, records

GZIPPED = gzip.compress(b"<p>coded</p>", mtime=0)
CHUNKED = b"5\r\n<p>ch\r\n6\r\nunked<\r\n3\r\n/p>\r\n0\r\n\r\n"
ODD_ANSWERS = {
    "plain": answer(b"<p>plain</p>"),
    "hints before": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer(b"<p>103</p>"),
    "chunked": answer(CHUNKED, b"Transfer-Encoding: chunked"),
    "gzip": answer(GZIPPED, b"Content-Encoding: gzip"),
    "chunked gzip": answer(
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(GZIPPED), GZIPPED),
        b"Content-Encoding: gzip",
        b"Transfer-Encoding: chunked",
    ),
    "cut head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "cut body": answer(b"<p>whole</p>")[:-4],
    "no head": b"<html>HTTP/0.9 says this</html>",
    "garbage": bytes(range(256)) * 3,
    "nothing": b"",
    "header bytes": answer(b"x", b"X-Name: \xe7\xa7\x91\xff", b"Set-Cookie: a", b"set-cookie: b"),
    "folded": answer(b"x", b"X-Long: one\r\n two"),
    "bare line feeds": b"HTTP/1.0 200 OK\nContent-Type: text/html\n\n<p>x</p>",
    "not found": answer(b"gone", status=b"404 Not Found"),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "warc inside": answer(b"\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.mark.parametrize("kind", ODD_ANSWERS)
def test_an_answer_comes_back_byte_for_byte(folder: Path, kind: str) -> None:
    sent = exchange(response=ODD_ANSWERS[kind])
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(sent)
    asked, answered = (each.record for each in records(folder)[1:])
    assert (asked.type, asked.block) == ("request", sent.request)
    assert (answered.type, answered.block) == ("response", sent.response)
    assert asked.header("WARC-Concurrent-To") == f"<urn:uuid:{capture.id}>"
    assert answered.header("WARC-Record-ID") == f"<urn:uuid:{capture.id}>"
    assert (capture.url, capture.fetched_at) == (PAGE, START)
    demand_that_tools_agree(folder)


def test_all_odd_answers_in_one_archive_pass_every_check(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        for number, response in enumerate(ODD_ANSWERS.values()):
            for after in (0, 500):
                archive.keep(exchange(response=response, url=f"{PAGE}?{number}", after=after))
        archive.keep(resource())
        archive.keep(resource(after=5))
    demand_that_tools_agree(folder)
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()


@pytest.mark.parametrize(
    ("kind", "entity"),
    [
        ("chunked", b"<p>chunked</p>"),
        ("gzip", b"<p>coded</p>"),
        ("chunked gzip", b"<p>coded</p>"),
        ("hints before", b"<p>103</p>"),
        ("no head", b"<html>HTTP/0.9 says this</html>"),
    ],
)
def test_the_body_is_the_decoded_entity(folder: Path, kind: str, entity: bytes) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(exchange(response=ODD_ANSWERS[kind]))
        assert archive.body(capture).data == entity
        assert capture.entity_digest == warc.digest(entity)


def test_what_the_wire_said_about_itself_is_in_the_record(folder: Path) -> None:
    sent = exchange()
    with Archive.open(folder, write=True) as archive:
        archive.keep(sent)
    record = records(folder)[-1].record
    values = [value for name, value in record.headers if name == "WARC-Protocol"]
    assert values == ["http/1.1", "tls/1.3"]
    assert record.header("WARC-IP-Address") == "192.0.2.7"
    assert record.header("Variorum-Certificate") == "trusted"
    assert record.header("WARC-Date") == "2026-03-04T05:06:07.890123Z"


@pytest.mark.parametrize(
    "url", ["https://a.example/\r\nWARC-Type: x", "http://a.example/\0", "http://a.example/\n"]
)
def test_an_address_cannot_forge_a_header(folder: Path, url: str) -> None:
    with Archive.open(folder, write=True) as archive:
        with pytest.raises(ValueError, match="line break or NUL"):
            archive.keep(exchange(url=url))
        archive.keep(exchange())
    assert len(records(folder)) == 3


@pytest.mark.parametrize("url", ["ftp://a.example/", "file:///etc/passwd", "", "a.example"])
def test_only_web_addresses_are_kept(folder: Path, url: str) -> None:
    with Archive.open(folder, write=True) as archive:
        with pytest.raises(ValueError, match="not an http or https address"):
            archive.keep(exchange(url=url))
        with pytest.raises(ValueError, match="not an http or https address"):
            archive.keep(resource(url=url))


def test_the_same_bytes_again_become_a_revisit_of_the_first(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        captures = [
            archive.keep(exchange(b"<p>same</p>", b"X-Served: %d" % n, url=f"{PAGE}?{n}", after=n))
            for n in range(3)
        ]
        first, second, third = captures
        assert [each.kind for each in captures] == ["response", "revisit", "revisit"]
        assert second.refers_to == third.refers_to == first.id  # never a chain
        assert third.entity_digest == first.entity_digest
        assert third.payload_digest == first.payload_digest
        assert (third.status, third.media_type) == (200, "text/html; charset=utf-8")
        assert archive.body(third).data == b"<p>same</p>"
    record = records(folder)[-1].record
    head = answer(b"<p>same</p>", b"X-Served: 2").removesuffix(b"<p>same</p>")
    assert record.block == head
    assert record.header("WARC-Profile") == (
        "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    )
    assert record.header("WARC-Refers-To") == f"<urn:uuid:{first.id}>"
    assert record.header("WARC-Refers-To-Target-URI") == f"{PAGE}?0"
    assert record.header("WARC-Refers-To-Date") == "2026-03-04T05:06:07.890123Z"
    demand_that_tools_agree(folder)


def test_another_coding_of_the_same_entity_keeps_its_own_bytes_once(folder: Path) -> None:
    coded = gzip.compress(b"<p>same</p>", mtime=0)
    with Archive.open(folder, write=True) as archive:
        plain = archive.keep(exchange(b"<p>same</p>"))
        packed = archive.keep(exchange(coded, b"Content-Encoding: gzip", after=1))
        packed_again = archive.keep(exchange(coded, b"Content-Encoding: gzip", after=2))
        plain_again = archive.keep(exchange(b"<p>same</p>", after=3))
    assert (plain.kind, packed.kind) == ("response", "response")
    assert packed_again.refers_to == packed.id
    assert plain_again.refers_to == plain.id


@pytest.mark.parametrize(
    "response",
    [
        answer(b"<p>same</p>")[:-3],  # cut
        answer(b"<p>same</p>") + b"trailing",  # bytes that a revisit would lose
        b"",
    ],
)
def test_an_answer_that_is_not_exactly_whole_is_never_a_revisit(
    folder: Path, response: bytes
) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.keep(exchange(response=response))
        again = archive.keep(exchange(response=response, after=1))
    assert again.kind == "response"


def test_a_truncated_answer_is_no_original(folder: Path) -> None:
    cut = Exchange(
        url=PAGE,
        fetched_at=START,
        request=b"",
        response=answer(b"<p>same</p>"),
        truncated="length",
    )
    with Archive.open(folder, write=True) as archive:
        assert archive.keep(cut).truncated == "length"
        assert archive.keep(exchange(b"<p>same</p>", after=1)).kind == "response"
    assert [each.record.type for each in records(folder)][:2] == ["warcinfo", "response"]


def test_a_file_handed_in_twice_is_kept_once(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        first = archive.keep(resource())
        second = archive.keep(resource(url=f"{PAGE}?2", after=1))
        assert (first.kind, first.status, second.kind, second.status) == (
            "resource", 0, "revisit", 0,
        )  # fmt: skip
        assert archive.body(second).data == b"<p>plan</p>"
        assert archive.body(second).media_type == "text/html"
        fetched = archive.keep(exchange(after=2))  # has a head that a resource has not
        assert fetched.kind == "response"
    demand_that_tools_agree(folder)


def test_a_revisit_says_its_own_media_type(folder: Path) -> None:
    other = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk\r\n\r\n<p>same</p>"
    with Archive.open(folder, write=True) as archive:
        archive.keep(exchange(b"<p>same</p>"))
        again = archive.keep(exchange(response=other, after=1))
        assert again.kind == "revisit"
        assert archive.body(again).media_type == "text/html; charset=gbk"


def test_a_record_can_be_read_with_tail_and_zcat(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        place = archive.keep(exchange()).place
    command = f"tail -c +{place.offset + 1} {folder / place.warc} | head -c {place.length} | zcat"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert ended.stdout.startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
    assert ended.stdout.endswith(b"\r\n\r\n<p>plan</p>\r\n\r\n")
    sums = [
        "sha256sum",
        "--check",
        "--strict",
        *(each.name for each in (folder / "warc").glob("*6")),
    ]
    subprocess.run(sums, cwd=folder / "warc", check=True, capture_output=True)
