"""Exports: what other tools and people get of an archive, proved with their own tools."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import NotKept, UnknownKey
from archive.exports.cdxj import Line, sorted_lines
from archive.exports.folder import MANIFEST, to_folder
from archive.exports.selection import of_documents
from archive.exports.surt import surt
from archive.exports.wacz import clean_title, to_wacz
from archive.exports.warcs import to_cdxj, to_warc
from archive.imports import import_warc
from archive.members import Found, walk
from archive.store import Archive
from tests import foreign_tools
from tests.foreign_warcs import ONE, TWO, gz, request, revisit
from tests.samples import PAGE, exact, exchange, fill_with_chinese, new, put, reading
from tests.samples import warcs as warc_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with some of everything, and an address that is not ASCII."""
    folder = tmp_path_factory.mktemp("export") / "archive"
    fill_with_chinese(folder)
    return folder


def types(path: Path) -> list[str]:
    return [each.record.type for each in walk(path) if isinstance(each, Found)]


def rows(package: Path, name: str) -> list[Any]:
    text = zipfile.ZipFile(package).read(name).decode()
    return [json.loads(line) for line in text.splitlines()]


# WARC


def test_an_exported_record_is_the_archived_one_byte_for_byte(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.warc.gz"
    with Archive.open(folder) as archive:
        assert to_warc(archive, None, target) == archive.index.counts()["captures"] == 10
    ours = target.read_bytes()
    kept = [each for path in warc_files(folder) for each in walk(path)]
    members = 0
    for path in warc_files(folder):
        data = path.read_bytes()
        for each in walk(path):
            assert isinstance(each, Found)
            if each.record.type != "warcinfo":
                assert data[each.offset :][: each.length] in ours
                members += 1
    assert types(target) == ["warcinfo"] + [
        each.record.type
        for each in kept
        if isinstance(each, Found) and each.record.type != "warcinfo"
    ]
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", str(target)], capture_output=True, check=False
    )
    assert (checked.returncode, members + 1) == (0, len(types(target)))


def test_a_document_is_exported_with_all_that_belongs_to_it(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.warc.gz"
    with Archive.open(folder) as archive:
        chosen = of_documents(archive, (exact("alpha two"),))
        assert {each.url for each in chosen.captures} == {PAGE, f"{PAGE}?copy", f"{PAGE}/beta"}
        count = to_warc(archive, chosen, target)
    found = [each.record for each in walk(target) if isinstance(each, Found)]
    kinds = [each.type for each in found]
    assert count == 5
    assert kinds.count("request") == kinds.count("response") + kinds.count("revisit") == 5
    assert kinds.count("revisit") == 1
    assert kinds.count("conversion") == 5
    assert kinds.count("metadata") == 5
    texts = {each.block.decode() for each in found if each.type == "conversion"}
    assert texts == {"alpha one", "alpha two", "beta", "gamma"}


def test_a_revisit_brings_its_original_from_another_document(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a", write=True) as archive:
        put(archive, "first", new("first"))
        again = archive.keep(exchange(b"<p>first</p>", url=f"{PAGE}?again", after=5))
        archive.file(reading(again, "other text"), new("other text"), None)
        assert again.kind == "revisit"
        chosen = of_documents(archive, (exact("other text"),))
        assert to_warc(archive, chosen, tmp_path / "one.warc.gz") == 2
        assert to_wacz(archive, chosen, tmp_path / "one.wacz") == 2
    kinds = types(tmp_path / "one.warc.gz")
    assert sorted(kinds) == [
        "conversion",
        "metadata",
        *["request"] * 2,
        "response",
        "revisit",
        "warcinfo",
    ]
    assert len(rows(tmp_path / "one.wacz", "pages/pages.jsonl")) == 2, "one page, and the head"


def test_an_imported_request_goes_with_its_answer(tmp_path: Path) -> None:
    from_others = tmp_path / "theirs.warc.gz"
    from_others.write_bytes(gz(ONE, request(1), request(2), TWO, revisit(3, 1)))
    with Archive.open(tmp_path / "a", write=True) as archive:
        captures: list[Any] = []
        import_warc(archive, from_others, captures.append)
        archive.file(reading(captures[0], "one"), new("one"), None)
        chosen = of_documents(archive, (exact("one"),))
        to_warc(archive, chosen, tmp_path / "one.warc.gz")
    assert types(tmp_path / "one.warc.gz") == [
        "warcinfo", "response", "request", "conversion", "metadata",
    ]  # fmt: skip


def test_an_export_of_an_archive_that_is_being_written_has_what_is_acknowledged(
    tmp_path: Path,
) -> None:
    with Archive.open(tmp_path / "a", write=True) as archive:
        put(archive, "one", new("one"))
        with Archive.open(tmp_path / "a") as reader:
            assert to_warc(reader, None, tmp_path / "all.warc.gz") == 1
            assert to_cdxj(reader, None, tmp_path / "all.cdxj") == 1


def test_an_unknown_key_and_a_full_place_are_told(folder: Path, tmp_path: Path) -> None:
    with Archive.open(folder) as archive:
        with pytest.raises(UnknownKey):
            of_documents(archive, ("a" * 52,))
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(NotKept):
            to_warc(archive, None, tmp_path / "file" / "x.warc.gz")
        (tmp_path / "taken").mkdir()
        with pytest.raises(NotKept):
            to_wacz(archive, None, tmp_path / "taken")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "taken"]


# CDXJ


@pytest.mark.parametrize(
    ("url", "key"),
    [  # what the Internet Archive's own package gives
        ("https://www.Example.org:443/A/b?z=1&a=%E4%B8%AD#top", "org,example)/a/b?a=%e4%b8%ad&z=1"),
        ("http://www2.example.com:8080/x", "com,example:8080)/x"),
        ("http://user:pw@example.com/x", "com,example)/x"),
        ("http://example.com", "com,example)/"),
        ("http://example.com//a//b/", "com,example)/a/b"),
        ("http://example.com/a/../b/./c", "com,example)/b/c"),
        ("http://example.com/?", "com,example)/"),
        ("http://例子.中国/路径", "xn--fiqs8s,xn--fsqu00a)/%e8%b7%af%e5%be%84"),
        ("http://EXAMPLE.com/%7Euser/%2525a", "com,example)/~user/%25a"),
        ("http://example.com/a?x=1&sid=0123456789abcdef0123456789abcdef", "com,example)/a?&x=1"),
        ("http://example.com/(S(4hqa0555fwsecu455xqckv45))/mileg.aspx", "com,example)/mileg.aspx"),
        ("http://192.168.1.254/info", "254,1,168,192)/info"),
        ("http://[::1]:8080/a", "::1:8080)/a"),
        ("http://example.com/%ff%fe", "com,example)/%ff%fe"),
        ("urn:something", "urn:something"),
    ],
)
def test_keys_are_those_that_replay_tools_look_for(url: str, key: str) -> None:
    assert surt(url) == key


@given(st.text(max_size=60))
def test_any_address_has_a_key_of_one_line(rest: str) -> None:
    try:
        key = surt(f"http://example.org/{rest}")
    except ValueError:
        return  # urlsplit will not have it
    assert key.startswith("org,example)/")
    assert " " not in key
    assert key.isprintable()
    assert key.isascii()


def test_lines_are_sorted_by_their_bytes() -> None:
    lines = [
        Line(key=key, timestamp="20260101000000", values={}) for key in ("b)/", "a)/é", "a)/z")
    ]
    assert sorted_lines(lines).decode().split("\n")[:3] == [
        "a)/z 20260101000000 {}", "a)/é 20260101000000 {}", "b)/ 20260101000000 {}",
    ]  # fmt: skip


def test_the_index_is_what_the_indexer_of_others_makes(folder: Path, tmp_path: Path) -> None:
    indexer = foreign_tools.tool("cdxj-indexer", "cdxj-indexer")
    with Archive.open(folder) as archive:
        assert to_cdxj(archive, None, tmp_path / "ours.cdxj") == 10
    theirs = foreign_tools.run(indexer, "-s", *warc_files(folder)).splitlines()
    # It lists metadata records as well, by which a replay would show a reading for a page.
    pages = [line for line in theirs if "vnd.variorum" not in line]
    assert [taken_apart(line) for line in pages] == [
        taken_apart(line) for line in (tmp_path / "ours.cdxj").read_text("utf-8").splitlines()
    ]


def taken_apart(line: str) -> tuple[str, str, dict[str, str]]:
    key, stamp, values = line.split(" ", 2)
    return key, stamp, json.loads(values)


# WACZ


def test_a_wacz_holds_what_its_description_says(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.wacz"
    with Archive.open(folder) as archive:
        assert to_wacz(archive, None, path) == 10
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert {each.compress_type for each in package.infolist()} == {zipfile.ZIP_STORED}
        described = json.loads(package.read("datapackage.json"))
        assert described["wacz_version"] == "1.1.1"
        for each in described["resources"]:
            data = package.read(each["path"])
            assert each["bytes"] == len(data)
            assert each["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        signed = json.loads(package.read("datapackage-digest.json"))
        digest = hashlib.sha256(package.read("datapackage.json")).hexdigest()
        assert signed == {"path": "datapackage.json", "hash": f"sha256:{digest}"}
        warcs = {
            each.filename.removeprefix("archive/"): package.read(each)
            for each in package.infolist()
            if each.filename.startswith("archive/")
        }
        for each in package.infolist():  # replay in browsers counts on it
            assert path.read_bytes()[each.header_offset + 28 :][:2] == b"\0\0", "no extra field"
        lines = [
            taken_apart(line) for line in package.read("indexes/index.cdx").decode().splitlines()
        ]
    assert lines == sorted(lines, key=lambda line: (line[0], line[1]))
    for _, _, values in lines:
        offset, length = int(values["offset"]), int(values["length"])
        (tmp_path / "member").write_bytes(warcs[values["filename"]][offset : offset + length])
        (found,) = walk(tmp_path / "member")
        assert isinstance(found, Found)
        assert quote(found.record.url, safe="/:?=&%") == values["url"]
    pages = rows(path, "pages/pages.jsonl")[1:]
    assert {page["url"] for page in pages} <= {values["url"] for _, _, values in lines}
    assert {page["title"] for page in pages} == {"关于印发规划的通知"}
    assert len({page["id"] for page in pages}) == len(pages) == 8


def test_a_wacz_passes_the_validator_of_others(folder: Path, tmp_path: Path) -> None:
    validator = foreign_tools.tool("wacz", "wacz")
    with Archive.open(folder) as archive:
        to_wacz(archive, None, tmp_path / "all.wacz")
        chosen = of_documents(archive, (exact("湿地保护"),))
        assert to_wacz(archive, chosen, tmp_path / "one.wacz") == 1
    for name in ("all.wacz", "one.wacz"):
        said = foreign_tools.run(validator, "validate", "-f", tmp_path / name)
        assert "Validation succeeded" in said


def test_an_exported_wacz_can_be_imported(folder: Path, tmp_path: Path) -> None:
    with Archive.open(folder) as archive:
        to_wacz(archive, None, tmp_path / "all.wacz")
        theirs = {each.id for each in every_capture(archive)}
    captures: list[Any] = []
    with Archive.open(tmp_path / "again", write=True) as archive:
        report = import_warc(archive, tmp_path / "all.wacz", captures.append)
        assert report.problems == ()
        assert {each.id for each in captures} >= theirs
        assert report.captures == 10


@given(st.text(max_size=700))
def test_any_title_is_one_clean_line(title: str) -> None:
    cleaned = clean_title(title)
    assert len(cleaned) <= 500
    assert cleaned.isprintable()
    assert cleaned == cleaned.strip()
    json.dumps(cleaned, ensure_ascii=False).encode()


# Folder


def test_a_folder_can_be_read_and_proved_without_us(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "plan"
    with Archive.open(folder) as archive:
        assert to_folder(archive, exact("alpha one"), target) == 5
    command = ["sha256sum", "--check", "--strict", MANIFEST]
    checked = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    listed = {
        line.split("  ", 1)[1] for line in (target / MANIFEST).read_text("utf-8").splitlines()
    }
    there = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    assert listed == there - {MANIFEST}
    texts = {each.read_text("utf-8") for each in target.glob("*/text.txt")}
    assert texts == {"alpha one", "alpha two", "beta", "gamma"}
    pages = {each.read_bytes() for each in target.glob("*/*.html")}
    assert pages == {f"<p>{text}</p>".encode() for text in texts}
    first = next(iter(target.glob("version-01-*")))
    about = json.loads((first / "version.json").read_text("utf-8"))
    assert [row["url"] for row in about["captures"]] == [PAGE, f"{PAGE}?copy"]
    assert "关于印发规划的通知" in (target / "README.txt").read_text("utf-8")
    assert (target / "captures.warc.gz").is_file()


def test_a_folder_that_is_there_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with Archive.open(folder) as archive, pytest.raises(ValueError, match="new or empty"):
        to_folder(archive, exact("alpha one"), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def every_capture(archive: Archive) -> list[Any]:
    return [
        capture
        for version in archive.index.all_versions()
        for witness in archive.index.witnesses(version.key)
        for capture in witness.captures
    ]
