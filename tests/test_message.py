"""HTTP answers are parsed and decoded whatever a server sends."""

import gzip
import struct
import time
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import codings
from archive.codings import zstd
from archive.message import Entity, Message, entity, parse

LIMIT = 1 << 20
CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "x-gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
HINTS = b"HTTP/1.1 103 Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
bodies = st.binary(max_size=5000)
near_http = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK",
            b"HTTP/1.1 100 C",
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b"5\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Content-Encoding: gzip, br\r\n",
            b"A: b\r\n",
            b"0",
            b"Content-Length: 3\r\n",
            b"\x1f\x8b\x08\0\0\0\0\0\0\0",
            b"\xff",
            b";",
            b"zz",
        ]
    ),
    max_size=40,
).map(b"".join)


def answer(body: bytes, *lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + body


def chunked(pieces: list[bytes], trailer: bytes = b"") -> bytes:
    framed = [b"%X;note=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece]
    return b"".join(framed) + b"0\r\n" + trailer + b"\r\n"


def read(block: bytes, limit: int = LIMIT) -> Entity:
    return entity(parse(block), limit)


# --- parsing ------------------------------------------------------------------------------------


def test_a_head_is_taken_apart_in_order_with_repeats_and_case() -> None:
    message = parse(b"HTTP/1.1 404 Not Found\r\nSET-cookie: a\r\nX: y\r\nset-Cookie: b\r\n\r\nbody")
    assert (message.status, message.reason, message.body) == (404, "Not Found", b"body")
    assert message.headers == ((b"SET-cookie", b"a"), (b"X", b"y"), (b"set-Cookie", b"b"))
    assert message.header("Set-Cookie") == "a"
    assert message.header_values("SET-COOKIE") == ("a", "b")
    assert message.header("Missing") is None


@pytest.mark.parametrize(
    ("block", "status", "headers", "body"),
    [
        (b"HTTP/1.1 200 OK\nA: b\n\nx", 200, ((b"A", b"b"),), b"x"),
        (b"HTTP/1.1 200 OK\r\nA: b\n\r\nx", 200, ((b"A", b"b"),), b"x"),
        (b"HTTP/1.1 200 OK\r\nA: 1\r\n  2\r\n\t3\r\n\r\n", 200, ((b"A", b"1 2 3"),), b""),
        (b"HTTP/1.1 200 OK\r\n folded onto nothing\r\nA: b\r\n\r\n", 200, ((b"A", b"b"),), b""),
        (b"HTTP/1.1 200 OK\r\nno colon\r\nA: b\r\n\r\n", 200, ((b"A", b"b"),), b""),
        (b"HTTP/1.1 200 OK\r\nA : b \r\n\r\n", 200, ((b"A", b"b"),), b""),
        (b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Enco", 200, ((b"A", b"b"),), b""),
        (b"HTTP/1.1 200", 200, (), b""),
        (b"HTTP/1.1 200\r\n\r\nx", 200, (), b"x"),
        (b"\r\n\nHTTP/1.1 200 OK\r\n\r\nx", 200, (), b"x"),
        (b"http/1.0 301 Moved\r\n\r\n", 301, (), b""),
        (HINTS + b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nx", 200, ((b"A", b"b"),), b"x"),
        (b"HTTP/1.1 101 Switching\r\n\r\nx", 101, (), b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", 100, (), b""),
        (b"<html>HTTP/0.9</html>", 0, (), b"<html>HTTP/0.9</html>"),
        (b"HTTP/1.1 20 OK\r\n\r\n", 0, (), b"HTTP/1.1 20 OK\r\n\r\n"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", 0, (), b"HTTP/1.1 2000 OK\r\n\r\n"),
        (b"", 0, (), b""),
    ],
)  # fmt: skip
def test_heads_that_break_the_rules_are_understood(
    block: bytes, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes
) -> None:
    message = parse(block)
    assert (message.status, message.headers, message.body) == (status, headers, body)


@given(near_http)
def test_no_answer_is_an_error_and_the_body_is_a_tail_of_it(block: bytes) -> None:
    message = parse(block)
    assert block[message.body_start :] == message.body
    decoded = entity(message, 1000)
    assert len(decoded.body) <= 1000


@given(st.binary(max_size=300))
def test_garbage_is_all_body(block: bytes) -> None:
    message = parse(b"\x00" + block)
    assert (message.status, message.body) == (0, b"\x00" + block)


# --- framing ------------------------------------------------------------------------------------


@given(st.lists(bodies, max_size=6))
def test_chunks_give_back_what_was_put_in(pieces: list[bytes]) -> None:
    block = answer(chunked(pieces, b"X-Sum: 1\r\n"), "Transfer-Encoding: chunked")
    assert read(block) == Entity(body=b"".join(pieces), complete=True, decoded=True, note="")


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=6), st.data())
def test_cut_chunks_give_what_came_and_say_so(pieces: list[bytes], data: st.DataObject) -> None:
    body = chunked(pieces)
    cut = body[: data.draw(st.integers(1, len(body) - 5))]  # before the end of the last size line
    got = read(answer(cut, "Transfer-Encoding: chunked"))
    assert not got.complete
    assert got.note
    assert b"".join(pieces).startswith(got.body) or got.body == cut


@pytest.mark.parametrize(
    ("body", "expected", "complete"),
    [
        (b"3\nabc\n0\n\n", b"abc", True),  # bare line feeds
        (b"3\r\nabc0\r\n\r\n", b"abc", True),  # no line end behind the data
        (b" 3 \r\nabc\r\n0\r\n\r\n", b"abc", True),
        (b"3\r\nabc\r\n0\r\n", b"abc", True),  # trailer cut: the content is whole
        (b"3\r\nabc\r\nzz\r\n", b"abc", False),
        (b"ffffffffffffffffffff\r\nabc", b"abc", False),
        (b"3;" + b"x" * 5000 + b"\r\nabc\r\n0\r\n\r\n", None, False),
        (b"plain text, no chunks", b"plain text, no chunks", False),
        (b"", b"", False),
    ],
)
def test_bad_chunks_are_tolerated(body: bytes, expected: bytes | None, complete: bool) -> None:
    got = read(answer(body, "Transfer-Encoding: Chunked", "Content-Length: 1"))
    assert got.complete is complete
    assert expected is None or got.body == expected


@pytest.mark.parametrize(
    ("lengths", "expected", "complete"),
    [
        (["5"], b"12345", True),
        (["9"], b"1234567", False),
        (["7", "7"], b"1234567", True),
        (["7, 7"], b"1234567", True),
        (["3", "7"], b"1234567", True),
        (["-1"], b"1234567", True),
        (["1_0"], b"1234567", True),
        (["9" * 30], b"1234567", True),
    ],
)
def test_the_body_is_held_against_its_length(
    lengths: list[str], expected: bytes, complete: bool
) -> None:
    got = read(answer(b"1234567", *[f"Content-Length: {length}" for length in lengths]))
    assert (got.body, got.complete) == (expected, complete)


@pytest.mark.parametrize("status", [101, 204, 304])
def test_some_answers_have_no_body_whatever_they_claim(status: int) -> None:
    got = read(b"HTTP/1.1 %d X\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n" % status)
    assert got == Entity(body=b"", complete=True, decoded=True, note="")


# --- codings ------------------------------------------------------------------------------------


@given(bodies, st.lists(st.sampled_from(sorted(CODERS)), max_size=4))
def test_any_pile_of_codings_is_undone(body: bytes, pile: list[str]) -> None:
    coded = body
    for name in pile:
        coded = CODERS[name](coded)
    got = read(answer(coded, f"Content-Encoding: {', '.join(pile).upper()}"))
    assert got == Entity(body=body, complete=True, decoded=True, note="")


@given(bodies, st.integers(1, 200))
def test_cut_streams_give_a_beginning_and_are_never_called_complete(body: bytes, cut: int) -> None:
    for name, encode in CODERS.items():
        coded = encode(body)[:-cut]
        got = read(answer(coded, f"Content-Encoding: {name}"))
        if len(coded) > 8 and got.decoded:  # fewer bytes can look like text
            assert body.startswith(got.body), name
            assert not got.complete, name


def test_a_long_cut_stream_keeps_nearly_everything() -> None:
    text = "".join(f"Article {n}: {hash((n, n))}. " for n in range(20_000)).encode()
    for name, encode in CODERS.items():
        got = read(answer(encode(text)[:-30], f"Content-Encoding: {name}"))
        assert text.startswith(got.body), name
        assert len(got.body) > len(text) * 0.7, name
        assert (got.complete, got.decoded) == (False, True), name


def test_a_wrong_checksum_keeps_all_bytes_and_is_not_complete() -> None:
    got = read(answer(gzip.compress(b"text" * 99)[:-8] + bytes(8), "Content-Encoding: gzip"))
    assert got == Entity(
        body=b"text" * 99, complete=False, decoded=True, note="gzip checksum is wrong"
    )


def test_gzip_with_every_header_field_and_several_members_is_read() -> None:
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = raw.compress(b"one ") + raw.flush()
    trailer = struct.pack("<II", zlib.crc32(b"one "), 4)
    fields = b"\x03\0abc" + b"name\0" + b"comment\0" + b"\0\0"
    first = b"\x1f\x8b\x08\x1e" + bytes(6) + fields + stream + trailer
    got = read(answer(first + gzip.compress(b"two") + bytes(100), "Content-Encoding: gzip"))
    assert got == Entity(body=b"one two", complete=True, decoded=True, note="")


def test_deflate_without_its_wrapper_is_read() -> None:
    bare = zlib.compress(b"text" * 50)[2:-4]
    assert read(answer(bare, "Content-Encoding: deflate")).body == b"text" * 50


def test_junk_behind_a_stream_is_harmless_and_told() -> None:
    for name in ("gzip", "deflate"):
        got = read(answer(CODERS[name](b"text") + b"junk", f"Content-Encoding: {name}"))
        assert (got.body, got.complete, got.decoded) == (b"text", True, True)
        assert "4 bytes follow" in got.note


@pytest.mark.parametrize("label", sorted(CODERS))
@pytest.mark.parametrize(
    "plain", ["<html>纯文本</html>".encode(), b"\n<p>GBK \xd6\xd0", "只有文字".encode()]
)
def test_plain_text_under_a_false_label_is_taken_as_it_stands(label: str, plain: bytes) -> None:
    got = read(answer(plain, f"Content-Encoding: {label}"))
    assert (got.body, got.decoded) == (plain, True)
    assert got.note


@pytest.mark.parametrize("label", ["quantum", "br", ", ".join(["gzip"] * 30)])
def test_what_cannot_be_undone_stays_coded_and_says_so(label: str) -> None:
    coded = gzip.compress(b"text" * 99)
    got = read(answer(coded, f"Content-Encoding: {label}"))
    assert (got.body, got.decoded) == (coded, False)
    assert got.note


def test_codings_named_as_transfer_codings_are_undone_too() -> None:
    body = chunked([gzip.compress(b"text")])
    got = read(answer(body, "Transfer-Encoding: gzip, chunked"))
    assert got == Entity(body=b"text", complete=True, decoded=True, note="")


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pile", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br"])
def test_bombs_stop_at_the_limit(pile: str) -> None:
    bomb = bytes(64 << 20)
    for name in pile.split(", "):
        bomb = CODERS[name](bomb)
    got = read(answer(bomb, f"Content-Encoding: {pile}"), limit=100_000)
    assert (got.body, got.complete, got.decoded) == (bytes(100_000), False, True)
    assert "more than 100000 bytes" in got.note


def test_a_plain_body_over_the_limit_is_cut_and_one_at_the_limit_is_not() -> None:
    assert read(answer(b"x" * 11), limit=10) == Entity(
        body=b"x" * 10, complete=False, decoded=True, note="body is longer than 10 bytes"
    )
    for name, encode in CODERS.items():
        got = read(answer(encode(b"x" * 10), f"Content-Encoding: {name}"), limit=10)
        assert (got.body, got.complete) == (b"x" * 10, True)


def test_a_coding_that_is_not_known_is_a_callers_mistake() -> None:
    assert not codings.known("quantum")
    with pytest.raises(ValueError, match="quantum"):
        codings.decode("quantum", b"", 10)


GROWING: dict[str, Callable[[int], bytes]] = {
    "interim answers": lambda n: b"HTTP/1.1 100 Continue\r\n\r\n" * n,
    "header lines": lambda n: b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * n,
    "folded lines": lambda n: b"HTTP/1.1 200 OK\r\nA: b\r\n" + b" c\r\n" * n,
    "empty lines": lambda n: b"\r\n" * n,
    "spaces": lambda n: b"HTTP/1.1 " + b" " * n * 10,
    "tiny chunks": lambda n: answer(b"1\r\nz\r\n" * n, "Transfer-Encoding: chunked"),
    "empty gzip members": lambda n: answer(CODERS["gzip"](b"") * n, "Content-Encoding: gzip"),
    "empty zstd frames": lambda n: answer(CODERS["zstd"](b"") * n, "Content-Encoding: zstd"),
    "codings": lambda n: answer(b"x", "Content-Encoding: " + "gzip," * n),
}


@pytest.mark.parametrize("kind", sorted(GROWING))
def test_time_grows_no_faster_than_the_answer(kind: str) -> None:
    def seconds(n: int) -> float:
        block = GROWING[kind](n)
        tries = []
        for _ in range(3):
            began = time.process_time()
            read(block)
            tries.append(time.process_time() - began)
        return min(tries)

    # 16 times the input: 16 times the time when linear, 256 times when quadratic.
    assert seconds(80_000) < 60 * seconds(5_000) + 0.05


def test_a_message_is_a_value() -> None:
    block = answer(b"x")
    assert parse(block) == parse(block)
    assert isinstance(parse(block), Message)
