"""WARC records out and in, and the small values that they are made of."""

import zlib
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archive import warc
from archive.captures import Known, capture_of, parse_date
from archive.records import Capture, Place
from archive.warc import CutOff, Malformed, Record

UUID = "0e1f2a3b-0000-4000-8000-000000000001"
PLACE = Place(warc="warc/a.warc.gz", offset=0, length=1)
blocks = st.binary(max_size=2000)
# What may stand in a field: no line break, and no white space at the ends, which is not kept.
values = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=60
)


class Nothing(Known):
    """An archive without captures."""

    def capture(self, id: str) -> Capture | None:
        return None

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        return ()

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        return ()


def raw(*lines: str, block: bytes = b"", end: bytes = b"\r\n\r\n") -> bytes:
    head = "\r\n".join(("WARC/1.0", *lines, f"Content-Length: {len(block)}"))
    return head.encode() + b"\r\n\r\n" + block + end


def codes(record: Record) -> list[str]:
    return [flaw.code for flaw in record.flaws]


@given(block=blocks, url=values, kind=st.sampled_from(["response", "revisit", "metadata"]))
def test_a_record_comes_back_as_it_was_written(block: bytes, url: str, kind: str) -> None:
    made = warc.record(kind, block, "application/http", [("WARC-Target-URI", url)])
    found = warc.parse(zlib.decompress(warc.to_member(made), 31))
    assert found == made
    assert found.flaws == ()


@given(block=blocks, url=values, kind=st.sampled_from(["response", "revisit", "metadata"]))
def test_warcio_reads_what_we_write(block: bytes, url: str, kind: str) -> None:
    made = warc.record(kind, block, "text/plain", [("WARC-Target-URI", url)])
    found = next(iter(ArchiveIterator(BytesIO(warc.to_member(made)), no_record_parse=True)))
    assert found.raw_stream.read() == block
    assert tuple(found.rec_headers.headers) == made.headers


@given(block=blocks)
def test_a_record_that_was_read_is_written_with_its_own_header(block: bytes) -> None:
    lines = ("wArC-tYpE:resource", "X-Odd:  two  spaces ", "X-Folded: one\r\n two")
    data = raw(*lines, block=block)
    found = warc.parse(data)
    assert found.header("x-folded") == "one two"
    assert zlib.decompress(warc.to_member(found), 31) == data


@pytest.mark.parametrize("value", ["a\r\nWARC-Type: x", "a\nb", "a\0b", "\r"])
def test_no_field_can_break_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="line break or NUL"):
        warc.record("resource", b"", "text/html", [("WARC-Target-URI", value)])
    with pytest.raises(ValueError, match="line break or NUL"):
        warc.record("resource", b"", value, [])


@pytest.mark.parametrize("cut", [0, 3, 8, 30, 60, -6, -30])
def test_half_a_record_is_cut_off_and_not_malformed(cut: int) -> None:
    data = raw("WARC-Type: resource", block=b"x" * 20, end=b"")
    with pytest.raises(CutOff):
        warc.parse(data[:cut])


@pytest.mark.parametrize("length", ["-5", "+10", "1_0", "0x10", "١٠", "10 20", "", str(2**63)])
def test_only_digits_are_a_content_length(length: str) -> None:
    data = f"WARC/1.1\r\nContent-Length: {length}\r\n\r\n".encode()
    with pytest.raises(Malformed, match="Content-Length"):
        warc.parse(data + b"0" * 20)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"WARC/0.18\r\nContent-Length: 0\r\n\r\n",
        b"WARC/1.1\rContent-Length: 0\r\r\r\n\r\n",
        b"WARC/1.1\r\nX: " + b"a" * (warc.HEAD_LIMIT + 10),
        b"WARC/1.1\r\n" + b"A: b\r\n" * 20_000 + b"Content-Length: 0\r\n\r\n",
        b"WARC/1.1\r\nWARC-Type: resource\r\n\r\n",
    ],
)
def test_what_is_no_record_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        warc.parse(data)
    assert not isinstance(caught.value, CutOff)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("WARC-Type: resource",), []),
        (("WARC-Type: resource", "no colon here"), ["bad-header"]),
        (("WARC-Type: resource", "warc-type: warcinfo"), ["bad-header"]),
        (("WARC-Target-URI: http://a.example/\0",), ["bad-header"]),
        (("WARC-Concurrent-To: <a>", "WARC-Concurrent-To: <b>"), []),
    ],
)
def test_flaws_of_form_are_noted_and_do_not_stop_reading(
    lines: tuple[str, ...], expected: list[str]
) -> None:
    found = warc.parse(raw(*lines, block=b"block"))
    assert found.block == b"block"
    assert codes(found) == expected


def test_the_first_of_repeated_fields_counts() -> None:
    found = warc.parse(raw("WARC-Type: response", "WARC-Type: metadata"))
    assert found.type == "response"


def test_a_record_without_its_closing_line_breaks_is_flawed() -> None:
    assert codes(warc.parse(raw("WARC-Type: resource", end=b""))) == ["no-record-end"]
    assert codes(warc.parse(raw("WARC-Type: resource", end=b"\n\n"))) == ["no-record-end"]


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        (f"<urn:uuid:{UUID}>", UUID),
        (f"<URN:UUID:{UUID.upper()}>", UUID),
        (f"urn:uuid:{UUID}", UUID),
        (UUID, UUID),
        ("<http://a.example/record?1>", "http://a.example/record?1"),
        ("<urn:uuid:not-one>", "urn:uuid:not-one"),
        ("", ""),
        ("<a b>", ""),
        ("<a\0b>", ""),
        ("x" * 201, ""),
        ("<科技部>", ""),
    ],
)
def test_an_id_loses_its_wrapping_and_can_be_wrapped_again(written: str, bare: str) -> None:
    assert warc.bare_id(written) == bare
    if bare:
        assert warc.bare_id(warc.wrapped_id(bare)) == bare


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("<http://a.example/>", "http://a.example/"),
        ("http://a.example/a b\0c", "http://a.example/a%20b%00c"),
        ("https://a.example/规划", "https://a.example/规划"),
    ],
)
def test_an_address_is_text_without_control_characters(written: str, url: str) -> None:
    assert warc.parse(raw(f"WARC-Target-URI: {written}")).url == url


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.5Z", datetime(2024, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ("2024-01-02T03:04:05.123456789Z", datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2024-01-02T03:04:05+08:00", datetime(2024, 1, 1, 19, 4, 5, tzinfo=UTC)),
        ("20240102030405", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04Z", datetime(2024, 1, 2, 3, 4, tzinfo=UTC)),
        ("2024-01", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59-01:00", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("0000-01-01T00:00:00Z", None),
        ("2024-13-02T03:04:05Z", None),
        ("2024-01-02T03:04:05+99:99", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_a_moment_or_none(written: str, moment: datetime | None) -> None:
    assert parse_date(written) == moment


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    assert parse_date(text) is None or parse_date(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])))
def test_a_timestamp_reads_as_the_same_moment(moment: datetime) -> None:
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return
    assert parse_date(warc.timestamp(moment)) == expected


@given(st.binary(max_size=300), st.lists(st.text(max_size=30), max_size=4))
def test_any_response_becomes_a_capture(block: bytes, fields: list[str]) -> None:
    names = ("WARC-Record-ID", "WARC-Date", "WARC-Target-URI", "WARC-Truncated")
    headers = (("WARC-Type", "response"), *zip(names, fields, strict=False))
    capture = capture_of(Record(headers=headers, block=block), PLACE, Nothing())
    assert capture.id
    assert capture.place == PLACE
    assert "\0" not in capture.url + capture.media_type
    assert capture.fetched_at.tzinfo is UTC


def test_records_with_the_same_content_get_the_same_id_when_they_have_none() -> None:
    one, other = (Record(headers=(("WARC-Type", "response"),), block=b) for b in (b"a", b"b"))
    assert warc.derived_id(one) == warc.derived_id(one)
    assert warc.derived_id(one) != warc.derived_id(other)


def test_a_digest_is_in_the_form_of_the_standard_tools() -> None:
    assert warc.digest(b"") == "sha256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ===="
