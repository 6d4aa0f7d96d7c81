"""Attachments that are broken, locked or built to do harm: refused with the reason, within limits."""

import os
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import attachments
from pipelines.attachments import streams
from pipelines.attachments.kinds import recognise
from pipelines.attachments.package import Package
from pipelines.errors import Refused
from tests.attachment_samples import (
    Paper,
    compound,
    doc,
    docx_parts,
    ofd,
    ofd_text,
    raw_pdf,
    zipped,
)
from tests.commands import ITEMS, TEXT, Variorum, page
from tests.spent import cpu_seconds

SENTENCE = "各地区各部门要完善规划实施机制，每年对主要指标的进展开展评估，并向社会公布结果。"
MIB = 1 << 20
ENTITIES = "<!DOCTYPE x [<!ENTITY a 'lol'>" + "".join(
    f"<!ENTITY {chr(98 + place)} '{f'&{chr(97 + place)};' * 10}'>" for place in range(9)
)


@cache
def zeros(mib: int) -> bytes:
    """That many MiB of zeros, deflated."""
    deflate = zlib.compressobj(9)
    return b"".join(deflate.compress(bytes(MIB)) for _ in range(mib)) + deflate.flush()


def lzw_zeros(rounds: int) -> bytes:
    """7 MiB of zeros for each round, in 5 KiB of LZW: every code stands for one zero more."""
    bits, count = 0, 0
    for _ in range(rounds):
        for place, code in enumerate((256, 0, *range(258, 4096))):
            width = min(12, (257 + place).bit_length()) if place else 12 if count else 9
            bits, count = bits << width | code, count + width
    return (bits << -count % 8).to_bytes(-(-count // 8), "big")


def refusal(data: bytes) -> str:
    kind = recognise(data, "")
    assert kind is not None
    with pytest.raises(Refused) as caught:
        attachments.read(data, kind)
    assert caught.value.stage == "attachment"
    return caught.value.reason


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: compound({"EncryptedPackage": b"x"}), "encrypted"),
        (lambda: compound({"Workbook": b"x"}), "Excel"),
        (lambda: compound({"Contents": b"x"}), "no Word text"),
        (lambda: doc([SENTENCE], flags=0x0100), "encrypted"),
        (lambda: doc([SENTENCE * 100])[:5000], "broken"),
        (lambda: zipped({"xl/workbook.xml": "<x/>"}), "Excel"),
        (lambda: zipped({"../../a": b"x", "/b": b"y"}), "2 entries: not opened"),
        (lambda: zipped(docx_parts(""))[:-30], "broken"),
        (lambda: zipped(docx_parts("<w:p>")).replace(b"PK\x01\x02", b"PK\x01\x03"), "broken"),
        (lambda: zipped(docx_parts("<w:p/>")), "no text"),
        (lambda: zipped(docx_parts("<w:p>")).replace(b"</w", b"<<w"), "broken"),
        (lambda: rb"{\rtf1 a}", "RTF"),
        (lambda: b"%PDF-1.7\nnothing of it follows", "broken"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    make: Callable[[], bytes], reason: str
) -> None:
    assert reason in refusal(make())


@given(st.binary(max_size=300))
def test_bytes_behind_any_signature_are_read_or_refused_and_nothing_else(noise: bytes) -> None:
    sound = doc([SENTENCE])
    for data in (b"PK\x03\x04" + noise, sound[:1536] + noise + sound[1536 + len(noise) :]):
        kind = recognise(data, "")
        assert kind is not None
        with suppress(Refused):
            assert attachments.read(data, kind).main.text


def bombs() -> dict[str, tuple[Callable[[], bytes], str]]:
    return {
        "a deflated stream": (lambda: raw_pdf(zeros(600)), "bomb"),
        "a stream deflated twice": (
            lambda: raw_pdf(zlib.compress(zeros(600)), b"[/FlateDecode /FlateDecode]"), "bomb",
        ),
        "a stream in hexadecimal": (
            lambda: raw_pdf(zeros(600).hex().encode() + b">", b"[/ASCIIHexDecode /FlateDecode]"), "bomb",
        ),
        "a filter with an escaped name": (lambda: raw_pdf(zeros(600), b"/Fl#61teDecode"), "bomb"),
        "a stream in LZW": (lambda: raw_pdf(lzw_zeros(5), b"/LZWDecode"), "bomb"),
        "run lengths": (lambda: raw_pdf(b"\x81\0" * MIB, b"/RunLengthDecode"), "bomb"),
        "objects without end": (
            lambda: b"%PDF-1.4\n" + b"".join(b"%d 0 obj null endobj\n" % n for n in range(600_000)),
            "600,000 objects",
        ),
        "arrays in arrays": (lambda: b"%PDF-1.4\n1 0 obj\n" + b"[" * 2 * MIB, "broken"),
        "pages that are their own parent": (
            lambda: raw_pdf(b"").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"), "broken",
        ),
        "one huge part": (lambda: zipped({"word/document.xml": bytes(40 * MIB)}), "bomb"),
        "many large parts": (lambda: zipped({f"{n}": bytes(30 * MIB) for n in range(9)}), "bomb"),
        "entries without end": (lambda: zipped(dict.fromkeys(map(str, range(10_001)), "")), "entries"),
        "another packing": (lambda: zipped(docx_parts(""), zipfile.ZIP_LZMA), "method"),
        "entities in entities": (
            lambda: zipped({"word/document.xml": f"{ENTITIES}]><x>&j;</x>"}), "word/document.xml",
        ),
        "a file from this machine": (
            lambda: zipped(
                {"word/document.xml": '<!DOCTYPE x [<!ENTITY f SYSTEM "/etc/passwd">]><x>&f;</x>'}
            ),
            "document type",
        ),
        "elements in elements": (lambda: zipped(docx_parts("<w:p>" * 100_000)), "broken"),
        "pages without end": (lambda: ofd([[ofd_text("甲", 30, 60)]] * 5001), "5,001 pages"),
    }  # fmt: skip


@pytest.mark.parametrize("name", bombs())
def test_a_bomb_is_refused_within_seconds_and_without_much_memory(name: str) -> None:
    make, reason = bombs()[name]
    data = make()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak: see proc(5)
    before, said = resident_bytes("VmRSS"), list[str]()
    assert cpu_seconds(lambda: said.append(refusal(data)), 10) < 10
    assert reason in said[0]
    assert resident_bytes("VmHWM") - before < 256 * MIB


def test_a_part_that_is_asked_for_again_and_again_ends_at_the_limit() -> None:
    package = Package(zipped({"page": os.urandom(30 * MIB)}))
    for _ in range(8):
        package.read("page")
    with pytest.raises(Refused, match="more than 256 MiB"):
        package.read("page")


def resident_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


@pytest.mark.parametrize(
    ("coded", "size"),
    [
        (bytes.fromhex("800b6050220c0c8501"), 10),  # the example of PDF 1.7, 7.4.4.2
        (lzw_zeros(1), 3839 * 3840 // 2),
        (lzw_zeros(2), 3839 * 3840),
        (b"", 0),
    ],
)
def test_what_lzw_would_give_is_counted_exactly(coded: bytes, size: int) -> None:
    assert len(streams._lzw(coded)) == size


def test_pictures_and_ordinary_streams_are_no_bombs() -> None:
    paper = Paper(pageCompression=1)
    paper.picture()
    paper.paragraph(SENTENCE * 9)
    streams.refuse_bombs(paper.done())
    streams.refuse_bombs(raw_pdf(zeros(600)).replace(b"/Filter", b"/Subtype /Image /Filter"))


def test_a_plan_in_a_pdf_is_the_same_text_as_on_the_page(
    variorum: Variorum, tmp_path: Path
) -> None:
    paper = Paper()
    for number, item in enumerate(ITEMS, 1):
        paper.paragraph(f"{number}. {item}")
    for name, data in (("plan.html", page()), ("plan.pdf", paper.done())):
        saved = tmp_path / name
        saved.write_bytes(data)
        answer = variorum("ingest", str(saved), "--url", f"https://example.org/{name}", "--json")
        assert answer.status == 0, answer.out
    result = answer.json["results"][0]
    assert result["relation"] == "same"
    text = variorum("text", result["version"], "--json").json["text"]
    assert TEXT.split("\n")[-1].split(" ")[1] in text


def test_a_bomb_is_kept_without_a_document_and_says_why(variorum: Variorum, tmp_path: Path) -> None:
    saved = tmp_path / "plan.pdf"
    saved.write_bytes(raw_pdf(zeros(600)))
    answer = variorum("ingest", str(saved), "--url", "https://example.org/plan.pdf", "--json")
    (result,) = answer.json["results"]
    assert (answer.status, result["status"], result["document"]) == (1, "archived", None)
    assert "bomb" in result["reason"]
