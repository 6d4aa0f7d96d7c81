"""An archive as a whole: file, refuse, open, and get everything back."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import (
    ArchiveError,
    Damaged,
    NewerFormat,
    NotAnArchive,
    OriginalMissing,
    UnknownKey,
    UnusableIndex,
)
from archive.index import Filed
from archive.records import Filing, Place, Refusal, Relation
from archive.recovery import drop_index, index_path
from archive.store import Archive
from archive.verify import verify_fully
from tests.samples import (
    PAGE,
    dump,
    exact,
    exchange,
    fill,
    link_between,
    new,
    put,
    reading,
    same_as,
    sketch,
    version_of,
    warcs,
)
from tests.warc_tools import demand_that_tools_agree, records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def test_a_reading_comes_back_as_it_was_filed(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(exchange())
        made = reading(capture, "第一条\n锂矿资源\n")
        archive.file(made, new("第一条\n锂矿资源\n"), sketch("锂"))
    with Archive.open(folder) as archive:
        found = archive.index.filed(capture.id)
        assert found is not None
        assert archive.reading(found.entry.record, found.entry.text) == made
        assert archive.text(found.entry.text) == "第一条\n锂矿资源\n"
        assert archive.text(archive.index.version(exact(made.text)).text) == made.text
    text, said = (each.record for each in records(folder)[-2:])
    assert (text.type, text.block.decode()) == ("conversion", made.text)
    assert text.header("Content-Type") == "text/plain; charset=utf-8"
    assert json.loads(said.block)["text_record"] == text.id
    assert said.header("WARC-Refers-To") == f"<urn:uuid:{capture.id}>"
    demand_that_tools_agree(folder)


def test_a_text_that_is_kept_already_is_not_kept_again(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        first = put(archive, "alpha", new("alpha"))
        again = archive.keep(exchange(b"<p>alpha</p>", after=1))
        filed = archive.index.filed(first.id)
        assert filed is not None
        text_id = filed.entry.text_id
        archive.file(reading(again, "alpha"), same_as("alpha"), None, text_id)
        copy = archive.index.filed(again.id)
        assert copy is not None
        assert copy.entry.text == filed.entry.text
    types = [each.record.type for each in records(folder)]
    assert types.count("conversion") == 1
    assert types.count("metadata") == 2


def test_a_text_that_comes_back_makes_two_versions_with_three_observations(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "2025", new("2025"), after=0)
        put(archive, "2030", version_of("2025", "2030"), after=10)
        put(archive, "2025", same_as("2025"), after=20)
        first, second = archive.index.versions(exact("2025"))
        assert (first.number, first.key, second.key) == (1, exact("2025"), exact("2030"))
        assert first.last_seen - first.first_seen == timedelta(seconds=20)
        (witness,) = archive.index.witnesses(first.key)
        assert [each.fetched_at for each in witness.captures] == [first.first_seen, first.last_seen]
        assert len(archive.index.captures_at(PAGE)) == 3
        assert archive.index.counts()["documents"] == 1


def test_a_refused_capture_keeps_its_bytes_and_the_reason(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(exchange(b"\x89PNG"))
        refusal = Refusal(capture=capture.id, stage="decode", reason="This is an image.")
        assert archive.index.unread() == (capture,)
        archive.refuse(refusal)
        assert archive.index.refusal(capture.id) == refusal
        assert archive.index.unread() == ()
        assert archive.body(capture).data == b"\x89PNG"
        archive.file(reading(capture, "read after all"), new("read after all"), None)
        assert archive.index.refusal(capture.id) is None


def test_nothing_is_filed_for_a_capture_that_is_not_here(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(exchange())
        stranger = reading(capture, "x")
    with Archive.open(folder.with_name("other"), write=True) as other:
        with pytest.raises(UnknownKey):
            other.file(stranger, new("x"), None)
        with pytest.raises(UnknownKey):
            other.refuse(Refusal(capture="x", stage="decode", reason="No."))
    assert warcs(folder.with_name("other")) == []


def test_a_filing_with_a_link_to_nothing_leaves_no_trace(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = archive.keep(exchange())
        before, size = dump(folder), archive.record(capture.place)
        wrong = Filing(
            document=exact("x"),
            version=exact("x"),
            relation=Relation.EXCERPT,
            links=(link_between("x", "nowhere", Relation.EXCERPT),),
        )
        with pytest.raises(ArchiveError):
            archive.file(reading(capture, "x"), wrong, None)
        assert list(archive.index.dump()) == before
        assert archive.record(capture.place) == size
    assert [each.record.type for each in records(folder)] == ["warcinfo", "request", "response"]
    assert dump(folder) == before


def test_a_batch_is_acknowledged_as_a_whole(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        with archive.batch():
            first = archive.keep(exchange())
            assert archive.keep(exchange(after=1)).refers_to == first.id
            with pytest.raises(ValueError, match="http"):
                archive.keep(exchange(url="ftp://a.example"))
            put(archive, "alpha", new("alpha"), after=2)
        kept = list(archive.index.dump())
        with pytest.raises(KeyError), archive.batch():  # noqa: PT012 - what is kept before the error
            put(archive, "beta", new("beta"), after=3)
            raise KeyError
        assert list(archive.index.dump()) == kept
        put(archive, "gamma", new("gamma"), after=4)
        after = list(archive.index.dump())
    assert b"beta" not in b"".join(each.record.block for each in records(folder))
    with Archive.rebuild(folder) as archive:
        assert list(archive.index.dump()) == after


def test_an_error_that_is_caught_inside_a_batch_takes_back_that_call_alone(folder: Path) -> None:
    wrong = Filing(
        document=exact("x"),
        version=exact("x"),
        relation=Relation.EXCERPT,
        links=(link_between("x", "nowhere", Relation.EXCERPT),),
    )
    with Archive.open(folder, write=True) as archive, archive.batch():
        capture = archive.keep(exchange())
        with pytest.raises(ArchiveError):
            archive.file(reading(capture, "x"), wrong, None)
        archive.file(reading(capture, "y"), new("y"), None)
    assert [each.record.type for each in records(folder)][-3:] == [
        "response", "conversion", "metadata",
    ]  # fmt: skip
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()


def test_reading_does_not_write(folder: Path) -> None:
    fill(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with Archive.open(folder) as archive:
        archive.index.counts()
        with pytest.raises(ValueError, match="not open for writing"):
            archive.keep(exchange())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_archive_that_was_closed_takes_no_more(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.keep(exchange())
    with pytest.raises(ValueError, match="not open for writing"):
        archive.keep(exchange())


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("mark", [None, b"{", b"[]", b'{"format": "1"}', b'{"format": true}'])
def test_a_folder_that_is_no_archive_is_left_alone(
    tmp_path: Path, mark: bytes | None, write: bool
) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    if mark is not None:
        (tmp_path / "variorum.json").write_bytes(mark)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(NotAnArchive, match="is not a Variorum archive"):
        Archive.open(tmp_path, write=write)
    with pytest.raises(NotAnArchive):
        Archive.rebuild(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_or_a_missing_folder_is_no_archive(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(NotAnArchive):
        Archive.open(file, write=True)
    with pytest.raises(NotAnArchive):
        Archive.open(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("write", [False, True])
def test_a_newer_format_is_refused_untouched(folder: Path, write: bool) -> None:
    fill(folder)
    (folder / "variorum.json").write_text('{"format": 2, "surprise": []}')
    with pytest.raises(NewerFormat, match="Upgrade Variorum"):
        Archive.open(folder, write=write)
    with pytest.raises(NewerFormat):
        Archive.rebuild(folder)


def test_a_start_that_was_cut_short_is_begun_again(folder: Path) -> None:
    (folder / "warc").mkdir(parents=True)
    (folder / "writer.lock").write_bytes(b"process 1 on elsewhere\n")
    with Archive.open(folder, write=True) as archive:
        archive.keep(exchange())
    assert json.loads((folder / "variorum.json").read_text())["format"] == 1


def test_warc_files_without_their_mark_are_not_taken_for_a_new_archive(folder: Path) -> None:
    fill(folder)
    (folder / "variorum.json").unlink()
    drop_index(folder)
    with pytest.raises(NotAnArchive):
        Archive.open(folder, write=True)
    assert len(warcs(folder)) == 2


def test_a_reader_without_an_index_is_told_what_to_run(folder: Path) -> None:
    fill(folder)
    before = dump(folder)
    drop_index(folder)
    with pytest.raises(UnusableIndex, match="rebuild-index"):
        Archive.open(folder)
    assert not index_path(folder).exists()
    with Archive.open(folder, write=True) as archive:
        assert list(archive.index.dump()) == before


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("damage", [b"no database " * 400, b"SQLite format 3\0" + b"\xff" * 5000])
def test_an_index_that_is_garbage_can_be_made_again(
    folder: Path, damage: bytes, write: bool
) -> None:
    fill(folder)
    before = dump(folder)
    index_path(folder).write_bytes(damage)
    with pytest.raises(UnusableIndex, match="rebuild-index"):
        Archive.open(folder, write=write)
    with Archive.rebuild(folder) as archive:
        assert list(archive.index.dump()) == before


def test_two_files_follow_each_other_in_the_order_of_writing(folder: Path) -> None:
    for n in range(3):
        with Archive.open(folder, write=True) as archive:
            archive.keep(exchange(b"%d" % n, after=-n * 100_000))
    names = [path.name for path in warcs(folder)]
    assert [int(re.findall(r"variorum-(\d{6})-", name)[0]) for name in names] == [1, 2, 3]
    assert all(re.fullmatch(r"variorum-\d{6}-\d{8}T\d{6}Z\.warc\.gz", name) for name in names)


def test_an_archive_that_is_being_written_can_be_read(folder: Path) -> None:
    with Archive.open(folder, write=True) as writer:
        capture = put(writer, "alpha", new("alpha"))
        with Archive.open(folder) as reader:
            assert reader.body(reader.index.capture(capture.id)).data == b"<p>alpha</p>"
            filed = reader.index.filed(capture.id)
            assert isinstance(filed, Filed)
            writer.close()  # seals the file under the reader's hands
            assert reader.text(filed.entry.text) == "alpha"


def test_damage_is_named_and_the_rest_stays_readable(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        first = archive.keep(exchange(b"<p>one</p>"))
        second = archive.keep(exchange(b"<p>two</p>", after=1))
    path = folder / first.place.warc
    data = bytearray(path.read_bytes())
    data[first.place.offset + first.place.length // 2] ^= 0x10
    path.chmod(0o644)
    path.write_bytes(data)
    with Archive.open(folder) as archive:
        with pytest.raises(Damaged, match="variorum verify") as caught:
            archive.body(first)
        assert (caught.value.path, caught.value.offset) == (first.place.warc, first.place.offset)
        assert archive.body(second).data == b"<p>two</p>"
        beyond = Place(warc=first.place.warc, offset=10**9, length=10)
        with pytest.raises(Damaged):
            archive.text(beyond)
        with pytest.raises(Damaged, match="missing"):
            archive.text(Place(warc="warc/none.warc.gz", offset=0, length=10))
        with pytest.raises(Damaged, match="a response record, not a conversion"):
            archive.text(second.place)
        with pytest.raises(Damaged, match="not a metadata"):
            archive.reading(second.place, second.place)


def test_a_revisit_without_its_original_is_never_an_empty_page(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        original = archive.keep(exchange(b"<p>same</p>"))
    with Archive.open(folder, write=True) as archive:
        again = archive.keep(exchange(b"<p>same</p>", after=1))
    for path in folder.glob(f"{original.place.warc}*"):
        path.unlink()
    with Archive.rebuild(folder) as archive:
        orphan = archive.index.capture(again.id)
        assert orphan.entity_digest == ""
        with pytest.raises(OriginalMissing, match=original.id):
            archive.body(orphan)
