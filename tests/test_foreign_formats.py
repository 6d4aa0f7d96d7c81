"""Records in other packings: zstd with and without a dictionary, ARC, WACZ; whole, odd, damaged, hostile."""

import hashlib
import io
import json
import random
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.imports import import_warc
from archive.members import Damage, Found, walk
from archive.records import Capture
from archive.store import Archive
from archive.verify import verify_fully
from tests.foreign_warcs import ONE, THREE, TWO, gz, http, page, request, response, revisit
from tests.samples import warcs
from tests.warc_tools import demand_that_tools_agree

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PAGES = [response(n, body=b"<p>a page about wetlands, number %d</p>" % n) for n in range(200)]
DICTIONARY = zstd.train_dict(PAGES, 2000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "theirs"


def zst(*records: bytes, dictionary: zstd.ZstdDict | None = None) -> bytes:
    """A frame with a checksum for each record."""
    options: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
    frames = (zstd.compress(each, options=options, zstd_dict=dictionary) for each in records)
    return b"".join(frames)


def skippable(content: bytes, magic: bytes = b"\x5d\x2a\x4d\x18") -> bytes:
    return magic + struct.pack("<I", len(content)) + content


def arc(
    *documents: tuple[str, bytes], version: int = 1, date: str = "20240102030405"
) -> list[bytes]:
    names = b"URL IP-address Archive-date Content-type "
    names += (
        b"Archive-length"
        if version == 1
        else b"Result-code Checksum Location Offset Filename Archive-length"
    )
    block = b"%d 0 Somebody\n%s\n" % (version, names)
    odd = "" if version == 1 else "200 - - 120 a.arc "
    first = f"filedesc://a.arc 0.0.0.0 {date} text/plain {odd}{len(block)}\n".encode() + block
    rest = [
        f"{url} 192.0.2.1 {date} text/html {odd}{len(body)}\n".encode() + body + b"\n"
        for url, body in documents
    ]
    return [first + b"\n", *rest]


DOCUMENTS = tuple((f"http://example.org/{n}", http(page(n))) for n in (1, 2))


def wacz(*files: tuple[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packed) as package:
        for name, content in files:
            package.writestr(name, content)
        package.writestr("datapackage.json", "{}")
        package.writestr("pages/pages.jsonl", "{}")
    return data.getvalue()


def seen(path: Path, data: bytes) -> list[str]:
    """The last parts of the addresses of all records, and the codes of the damage."""
    path.write_bytes(data)
    return [
        each.record.url.rpartition("/")[2] if isinstance(each, Found) else each.code
        for each in walk(path)
    ]


def take(tmp_path: Path, data: bytes) -> tuple[list[Capture], list[str]]:
    (tmp_path / "theirs").write_bytes(data)
    captures: list[Capture] = []
    with Archive.open(tmp_path / "archive", write=True) as archive:
        report = import_warc(archive, tmp_path / "theirs", captures.append)
    return captures, [each.code for each in report.problems]


PACKINGS: dict[str, Callable[[], bytes]] = {
    "zstd": lambda: zst(ONE, TWO),
    "zstd, one frame": lambda: zst(ONE + TWO),
    "zstd, with a dictionary": lambda: (
        skippable(DICTIONARY.dict_content) + zst(ONE, TWO, dictionary=DICTIONARY)
    ),
    "zstd, with a packed dictionary": lambda: (
        skippable(zstd.compress(DICTIONARY.dict_content)) + zst(ONE, TWO, dictionary=DICTIONARY)
    ),
    "zstd, with other skippable frames": lambda: (
        zst(ONE) + skippable(b"seek table", b"\x5e\x2a\x4d\x18") + zst(TWO)
    ),
    "ARC": lambda: b"".join(arc(*DOCUMENTS)),
    "ARC 2": lambda: b"".join(arc(*DOCUMENTS, version=2)),
    "ARC, gzip": lambda: gz(*arc(*DOCUMENTS)),
    "ARC, one gzip member": lambda: gz(b"".join(arc(*DOCUMENTS))),
    "WACZ": lambda: wacz(("archive/a.warc.gz", gz(ONE, TWO))),
    "WACZ, two files": lambda: wacz(("archive/a.warc.gz", gz(ONE)), ("archive/b.warc", TWO)),
    "WACZ, deflated": lambda: wacz(("archive/a.warc", ONE + TWO), packed=zipfile.ZIP_DEFLATED),
    "WACZ in a WACZ": lambda: wacz(
        ("a.wacz", wacz(("archive/a.warc.gz", gz(ONE)))),
        ("b.wacz", wacz(("archive/a.warc.gz", gz(TWO)))),
    ),
    "WACZ with an ARC and zstd": lambda: wacz(
        ("archive/a.arc.gz", gz(*arc(DOCUMENTS[0]))), ("archive/b.warc.zst", zst(TWO))
    ),
}


@pytest.mark.parametrize("name", PACKINGS)
def test_every_packing_gives_its_answers(tmp_path: Path, name: str) -> None:
    captures, codes = take(tmp_path, PACKINGS[name]())
    assert [each.url for each in captures] == [url for url, _ in DOCUMENTS]
    assert codes == (["shared-member"] if "one" in name else [])
    with Archive.open(tmp_path / "archive") as archive:
        assert [archive.body(each).data for each in captures] == [page(1), page(2)]
        assert [each.status for each in captures] == [200, 200]
        assert [each.fetched_at.isoformat() for each in captures] == [
            "2024-01-02T03:04:05+00:00"
        ] * 2
        assert verify_fully(archive).ok
    demand_that_tools_agree(tmp_path / "archive")
    again, _ = take(tmp_path, PACKINGS[name]())
    assert again == captures, "taken a second time, nothing is new"


def test_members_in_a_wacz_are_copied_byte_for_byte(tmp_path: Path) -> None:
    members = gz(request(1), ONE, TWO, revisit(3, 1))
    take(tmp_path, wacz(("archive/a.warc.gz", members)))
    (ours,) = warcs(tmp_path / "archive")
    assert members in ours.read_bytes()


def test_offsets_in_a_wacz_are_those_in_the_zip(path: Path) -> None:
    data = wacz(("archive/a.warc.gz", gz(ONE) + b"junk" + gz(TWO)))
    path.write_bytes(data)
    first, damage, second = walk(path)
    assert isinstance(damage, Damage)
    assert data[damage.offset :].startswith(b"junk")
    for found in (first, second):
        assert isinstance(found, Found)
        assert gz(ONE if found is first else TWO) == data[found.offset :][: found.length]


def described(
    *files: tuple[str, bytes], package: object = None, packed: int = zipfile.ZIP_STORED, **said: str
) -> bytes:
    """A WACZ with the digests of its files; `said` gives others for a, b and the list itself."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files}
    resources = [
        {"name": name, "path": name, "hash": said.get(name[8], f"sha256:{digest}"), "bytes": 1}
        for name, digest in digests.items()
    ]
    whole = json.dumps({"resources": resources} if package is None else package).encode()
    itself = said.get("list", f"sha256:{hashlib.sha256(whole).hexdigest()}")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packed) as target:
        for name, content in files:
            target.writestr(name, content)
        target.writestr("datapackage.json", whole)
        signed = {"path": "datapackage.json", "hash": itself, "signedData": {}}
        target.writestr("datapackage-digest.json", json.dumps(signed))
    return data.getvalue()


TWO_FILES = (("archive/a.warc.gz", gz(ONE)), ("archive/b.warc.gz", gz(TWO)))


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({}, []),
        ({"a": "md5:" + hashlib.md5(gz(ONE)).hexdigest()}, []),
        ({"a": "sha256:" + hashlib.sha256(gz(ONE)).hexdigest().upper()}, []),
        ({"a": "blake3:00", "b": "what it is"}, []),
        ({"b": "sha256:" + 64 * "0"}, ["archive/b.warc.gz"]),
        ({"a": "md5:", "list": "sha256:"}, ["archive/a.warc.gz", "datapackage.json"]),
    ],
)
def test_a_wacz_is_held_to_the_digests_that_it_lists(
    path: Path, said: dict[str, str], named: list[str], packed: int
) -> None:
    path.write_bytes(described(*TWO_FILES, packed=packed, **said))
    found = [each for each in walk(path) if isinstance(each, Damage)]
    assert {each.code for each in found} <= {"package-mismatch"}
    assert [each.message.split("'")[1] for each in found] == named
    with zipfile.ZipFile(path) as package:
        offsets = {each.filename: each.header_offset for each in package.infolist()}
    assert [each.offset for each in found] == [offsets[name] for name in named]
    assert seen(path, path.read_bytes())[len(named) :] == ["1", "2"]


def test_a_changed_page_in_a_wacz_is_told_beside_what_it_damages(tmp_path: Path) -> None:
    data = bytearray(described(*TWO_FILES))
    data[data.index(gz(TWO)) + 50] ^= 0x10
    captures, codes = take(tmp_path, bytes(data))
    assert [each.url.rpartition("/")[2] for each in captures] == ["1"]
    assert sorted(codes) == ["package-mismatch", "torn-tail"]


@pytest.mark.parametrize(
    ("package", "named"),
    [
        ({"resources": [{"path": "archive/gone.warc.gz"}]}, ["archive/gone.warc.gz"]),
        ({"resources": [{"path": "https://elsewhere.example/b.wacz", "hash": "sha256:0"}]}, []),
        ({"resources": "none"}, ["datapackage.json"]),
        ([], ["datapackage.json"]),
        ({"resources": [{"path": 1}]}, ["datapackage.json"]),
    ],
)
def test_a_strange_list_of_files_is_told_and_the_rest_is_taken(
    path: Path, package: object, named: list[str]
) -> None:
    path.write_bytes(described(*TWO_FILES, package=package))
    found = [each for each in walk(path) if isinstance(each, Damage)]
    assert [each.code for each in found] == ["package-mismatch"] * len(named)
    assert [each.message.split("'")[1] for each in found] == named
    assert seen(path, path.read_bytes())[len(named) :] == ["1", "2"]


def test_a_list_of_files_that_is_a_trap_ends(path: Path) -> None:
    deep = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("archive/a.warc.gz", gz(ONE))
        target.writestr("datapackage.json", deep)
    assert seen(path, data.getvalue()) == ["package-mismatch", "1"]


def test_an_arc_document_says_that_its_header_is_made(path: Path) -> None:
    path.write_bytes(b"".join(arc(DOCUMENTS[0])))
    info, document = (each.record for each in walk(path) if isinstance(each, Found))
    assert (info.type, document.type) == ("warcinfo", "response")
    assert document.header("Variorum-Converted-From") == "ARC"
    assert document.header("WARC-IP-Address") == "192.0.2.1"
    assert document.block == DOCUMENTS[0][1]


def test_arc_documents_that_are_no_web_pages_are_passed_by(tmp_path: Path) -> None:
    dns = ("dns:example.org", b"20240102 example.org 192.0.2.1")
    captures, codes = take(tmp_path, b"".join(arc(dns, *DOCUMENTS)))
    assert len(captures) == 2
    assert codes == []


# Damage


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


@pytest.mark.parametrize("keep", [5, 20, -9, -1])
@pytest.mark.parametrize("pack", [zst, gz], ids=["zstd", "gzip"])
def test_a_torn_tail_costs_the_last_record(
    path: Path, pack: Callable[..., bytes], keep: int
) -> None:
    assert seen(path, pack(ONE, TWO) + pack(THREE)[:keep]) == ["1", "2", "torn-tail"]


def test_reading_goes_on_behind_a_damaged_zstd_frame(path: Path) -> None:
    middle = zst(TWO)
    for damaged in (flipped(middle, len(middle) // 2), flipped(middle, len(middle) - 2), bytes(90)):
        assert seen(path, zst(ONE) + damaged + zst(THREE)) == ["1", "bad-member", "3"]
        (damage,) = (each for each in walk(path) if isinstance(each, Damage))
        assert damage.offset == len(zst(ONE))


def test_a_frame_inside_a_stored_page_is_never_promoted(path: Path) -> None:
    forged = zst(response(66))
    outer = zst(response(1, body=random.Random(1).randbytes(3000) + forged))
    assert forged in outer, "the inner frame is there to be found"
    for at in range(len(outer) - 4, len(outer)):  # its checksum
        assert seen(path, flipped(outer, at) + zst(TWO)) == ["bad-member", "2"]


@pytest.mark.parametrize(
    "data",
    [
        zst(ONE, dictionary=DICTIONARY),
        skippable(b"no dictionary of zstd's") + zst(ONE, dictionary=DICTIONARY),
        skippable(zstd.compress(bytes(40 << 20))) + zst(ONE),
        struct.pack("<II", 0x184D2A5D, 0xFFFFFFFF) + bytes(100),
    ],
    ids=["missing", "wrong", "a bomb", "a lie"],
)
def test_without_its_dictionary_a_zstd_file_gives_nothing(path: Path, data: bytes) -> None:
    assert set(seen(path, data)) <= {"not-a-warc", "torn-tail"}
    (damage,) = walk(path)
    assert isinstance(damage, Damage)
    assert damage.message.startswith("the ")


def test_a_zstd_window_that_is_too_large_is_refused(path: Path) -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 28}
    packer = zstd.ZstdCompressor(options=options)
    wide = packer.compress(TWO) + packer.flush()
    assert seen(path, zst(ONE) + wide + zst(THREE)) == ["1", "bad-member", "3"]


def test_an_arc_with_a_wrong_length_is_damage_from_there_on(path: Path) -> None:
    first, one, two = arc(*DOCUMENTS)
    longer = one.replace(b" %d\n" % len(DOCUMENTS[0][1]), b" 9999\n")
    assert seen(path, first + longer + two)[1:] == ["torn-tail"]
    shorter = one.replace(b" %d\n" % len(DOCUMENTS[0][1]), b" 7\n")
    assert seen(path, first + shorter + two)[1:] == ["1", "bad-record"]
    assert seen(path, gz(first, shorter, two))[1:] == ["1", "bad-record", "2"]


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (wacz(("notes.txt", b"")), ["not-a-warc"]),
        (wacz(("archive/a.warc.gz", b"evil"), ("../../evil.warc.gz", gz(ONE))), ["not-a-warc", "1"]),
        (wacz(("archive/a.warc", b"WARC/" + bytes(40 << 20)), packed=8), ["bad-member"]),
        (wacz(("archive/a.warc.gz", gz(ONE)))[:-30], ["torn-tail", "1"]),
        (wacz(("archive/a.warc.gz", gz(ONE, TWO)))[:600], ["torn-tail", "1", "torn-tail"]),
    ],
    ids=["no WARC", "a name that climbs", "a bomb", "without its end", "a half"],
)  # fmt: skip
def test_a_strange_zip_is_told_and_the_rest_is_taken(
    path: Path, tmp_path: Path, data: bytes, codes: list[str]
) -> None:
    before = set(tmp_path.parent.iterdir())
    assert seen(path, data) == codes
    assert set(tmp_path.parent.iterdir()) == before, "nothing is unpacked by its name"


def test_files_of_a_zip_that_share_their_bytes_are_read_once(path: Path) -> None:
    data = bytearray(wacz(("archive/a.warc.gz", gz(ONE)), ("archive/b.warc.gz", gz(ONE))))
    second = data.rfind(b"PK\x01\x02", 0, data.rfind(b"archive/b.warc.gz"))
    struct.pack_into("<I", data, second + 42, 0)  # its entry points to the first file
    assert seen(path, bytes(data)).count("1") == 1


def test_zips_in_each_other_end(path: Path) -> None:
    data = gz(ONE)
    for _ in range(6):
        data = wacz(("archive/a.warc.gz" if data[:2] == b"\x1f\x8b" else "a.wacz", data))
    assert seen(path, data) == ["not-a-warc"]


def test_bombs_need_bounded_memory(path: Path) -> None:
    large = response(1, body=bytes(100 << 20))
    for data in (zst(large, TWO), wacz(("archive/a.warc.gz", gz(large, TWO)))):
        path.write_bytes(data)
        tracemalloc.start()
        found = [
            each.code if isinstance(each, Damage) else each.record.url[-1] for each in walk(path)
        ]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert found == ["too-large", "2"]
        assert peak < 64 << 20


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(PACKINGS)),
    at=st.integers(0, 10_000),
    cut=st.booleans(),
)
def test_a_flip_or_a_cut_anywhere_never_stops_or_invents(
    tmp_path_factory: pytest.TempPathFactory, name: str, at: int, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("flip") / "a"
    whole = PACKINGS[name]()
    at %= len(whole)
    path.write_bytes(whole[:at] if cut else flipped(whole, at))
    blocks = {DOCUMENTS[0][1], DOCUMENTS[1][1]}
    plain = name.startswith("ARC") or "two files" in name
    for each in walk(path):
        assert 0 <= each.offset <= len(whole)
        if isinstance(each, Found) and each.record.type == "response" and not plain:
            assert each.record.block in blocks
