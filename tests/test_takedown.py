"""Taking down: the content goes, a tombstone stays, and all other records stay byte for byte."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import lookup
from archive.errors import Damaged, NotKept, TakenDown, UnknownKey
from archive.members import Found, walk
from archive.records import Tombstone, Unlink
from archive.replacing import PLAN, Fresh, finish, fresh_path
from archive.replay import TOMBSTONE_TYPE
from archive.store import Archive
from archive.takedown import take_down
from archive.verify import verify_fully, verify_quickly
from tests.commands import Variorum, key_of
from tests.samples import PAGE, dump, exact, exchange, fill, new, put, version_of, warcs
from tests.warc_tools import demand_that_tools_agree

BY, WHY = "the archivist", "Personal data."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "archive")
    return tmp_path / "archive"


def members(folder: Path) -> list[bytes]:
    """Every member of every file, in order."""
    return [
        path.read_bytes()[found.offset : found.offset + found.length]
        for path in warcs(folder)
        for found in walk(path)
        if isinstance(found, Found)
    ]


def demand_sound(folder: Path) -> None:
    with Archive.open(folder) as archive:
        assert verify_quickly(archive).problems == ()
        assert verify_fully(archive).problems == ()
    rows = dump(folder)
    Archive.rebuild(folder).close()
    assert dump(folder) == rows
    demand_that_tools_agree(folder)


def content(folder: Path) -> bytes:
    """Everything that the archive says, unpacked."""
    blocks = [
        found.record.head + found.record.block
        for path in warcs(folder)
        for found in walk(path)
        if isinstance(found, Found)
    ]
    index = (folder / "index.sqlite").read_bytes()
    return b"".join(blocks) + index + "".join(dump(folder)).encode()


def test_the_bytes_and_texts_of_a_version_go_from_every_file(folder: Path) -> None:
    assert b"alpha one" in content(folder)
    take_down(folder, exact("alpha one"), BY, WHY)
    assert b"alpha one" not in content(folder)
    demand_sound(folder)


def test_all_other_records_stay_byte_for_byte(folder: Path) -> None:
    before = members(folder)
    tombstones = take_down(folder, exact("alpha one"), BY, WHY)
    after = members(folder)
    gone = sum(len(each.gone) for each in tombstones)
    assert len(before) - len(after) == gone - len(tombstones)
    assert len(set(after) - set(before)) == len(tombstones)


def test_a_tombstone_says_who_when_why_and_what(folder: Path) -> None:
    began = datetime.now(UTC)
    with Archive.open(folder) as archive:
        kept = {each.id: each for each in archive.index.captures_at(PAGE)}
    tombstones = take_down(folder, exact("alpha one"), BY, WHY)
    first = tombstones[0]
    assert (first.by, first.reason, first.url) == (BY, WHY, PAGE)
    assert began <= first.at <= datetime.now(UTC)
    assert first.payload_digest == kept[first.capture].payload_digest
    assert first.keys == (exact("alpha one"),)
    kinds = [each.type for each in first.gone]
    assert kinds == ["response", "request", "conversion", "metadata"]
    with Archive.open(folder) as archive:
        assert archive.index.tombstones() == tombstones
        assert archive.index.tombstone(first.capture) == first
        assert archive.index.tombstone(exact("gamma")) is None
    written = [
        found.record.header("WARC-Refers-To")
        for path in warcs(folder)
        for found in walk(path)
        if isinstance(found, Found) and found.record.header("Content-Type") == TOMBSTONE_TYPE
    ]
    assert written == [f"<urn:uuid:{each.capture}>" for each in tombstones]


def test_what_repeats_the_bytes_of_a_capture_goes_with_it(folder: Path) -> None:
    with Archive.open(folder) as archive:
        (copy,) = archive.index.captures_at(f"{PAGE}?copy")
        assert copy.kind == "revisit"
    tombstones = take_down(folder, copy.id, BY, WHY)
    assert {each.url for each in tombstones} == {PAGE, f"{PAGE}?copy"}
    demand_sound(folder)


def test_a_key_that_was_taken_down_is_answered_so(folder: Path) -> None:
    tombstones = take_down(folder, exact("alpha one"), BY, WHY)
    with Archive.open(folder) as archive:
        for key in (exact("alpha one"), exact("alpha one")[:10], tombstones[0].payload_digest):
            with pytest.raises(TakenDown, match=f"by {BY}: {WHY}"):
                lookup.matches(archive, key)
        assert lookup.by_key(archive, exact("alpha two")).document == exact("alpha one")
        with pytest.raises(UnknownKey):
            lookup.by_key(archive, exact("never there"))


def test_a_text_that_another_capture_has_too_stays_with_that_one(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        other = put(archive, "alpha one", new("alpha one"), url=f"{PAGE}/other", after=500)
        again = archive.keep(exchange(b"<p>ALPHA one</p>", url=f"{PAGE}/upper", after=501))
    assert other.kind == "revisit"
    take_down(folder, again.id, BY, WHY)
    with Archive.open(folder) as archive:
        assert lookup.by_key(archive, exact("alpha one")).key == exact("alpha one")
        assert archive.body(archive.index.capture(other.id)).data == b"<p>alpha one</p>"
    demand_sound(folder)


def test_a_persons_word_about_a_text_that_went_means_nothing_more(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        archive.unlink(
            Unlink(source=exact("alpha one"), target=exact("alpha two"), by="a", reason="b")
        )
        put(archive, "delta", version_of("alpha one", "delta"), after=600)
    take_down(folder, exact("alpha one"), BY, WHY)
    with Archive.open(folder) as archive:
        assert archive.index.version(exact("delta")).document == exact("alpha one")
        assert archive.index.links(exact("delta")) == ()
    demand_sound(folder)


def test_a_damaged_archive_is_not_rewritten(folder: Path) -> None:
    path = warcs(folder)[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(Damaged):
        take_down(folder, exact("beta"), BY, WHY)
    assert path.read_bytes() == data


def test_a_capture_that_comes_again_is_a_problem(folder: Path) -> None:
    before = Path(shutil.copytree(folder, folder.with_name("before")))
    (gone, *_) = take_down(folder, exact("beta"), BY, WHY)
    with Archive.open(before) as other, Archive.open(folder, write=True) as archive:
        record = other.record(other.index.capture(gone.capture).place)
        archive.take_members([(record, member_of(before, gone))])
    with Archive.open(folder) as archive:
        assert {each.code for each in verify_fully(archive).problems} == {"taken-down"}


def member_of(folder: Path, gone: Tombstone) -> bytes:
    with Archive.open(folder) as archive:
        place = archive.index.capture(gone.capture).place
    data = (folder / place.warc).read_bytes()
    return data[place.offset : place.offset + place.length]


def test_a_death_between_two_files_is_made_good_by_the_next_writer(folder: Path) -> None:
    done = Path(shutil.copytree(folder, folder.with_name("done")))
    take_down(done, exact("alpha one"), BY, WHY)
    name = f"warc/{warcs(done)[0].name}"
    shutil.copy(done / name, fresh_path(folder, name))
    sums = (done / f"{name}.sha256").read_text().split()[0]
    (folder / PLAN).write_text(f'[{{"name": "{name}", "sha256": "{sums}"}}]')
    Archive.open(folder, write=True).close()
    assert not (folder / PLAN).exists()
    assert (folder / name).read_bytes() == (done / name).read_bytes()
    assert dump(folder) == dump(done)
    demand_sound(folder)


def test_a_death_before_the_plan_leaves_all_as_it_was(folder: Path) -> None:
    rows = dump(folder)
    fresh_path(folder, f"warc/{warcs(folder)[0].name}").write_bytes(b"half a file")
    Archive.open(folder, write=True).close()
    assert list((folder / "warc").glob("*.new")) == []
    assert dump(folder) == rows


def test_a_plan_can_be_finished_twice(folder: Path) -> None:
    name = f"warc/{warcs(folder)[0].name}"
    plan = Fresh(name=name, sha256="0" * 64)
    (folder / PLAN).write_text(f'[{{"name": "{plan.name}", "sha256": "{plan.sha256}"}}]')
    finish(folder)  # the file has its place already, so only the plan goes
    finish(folder)
    Archive.open(folder, write=True).close()
    demand_sound(folder)


def test_the_command_takes_down_and_lookups_say_so(filled: Variorum) -> None:
    key = key_of(filled)
    answer = filled("takedown", key, "--reason", WHY, "--by", BY, "--json")
    assert answer.status == 0, answer.err
    (taken,) = answer.json["taken"]
    assert (taken["by"], taken["reason"], taken["keys"]) == (BY, WHY, [key])
    for command in (("lookup", key), ("show", key), ("text", key)):
        said = filled(*command)
        assert said.status == 1
        assert f"was taken down on {taken['at'][:10]} by {BY}: {WHY}" in said.err
    assert filled("verify").status == 0
    assert filled("takedown", key, "--reason", WHY).status == 1
    assert filled("takedown", "no key!", "--reason", WHY).status == 2


def test_what_lies_only_in_a_store_must_be_fetched_first(filled: Variorum, tmp_path: Path) -> None:
    key, store = key_of(filled), str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    pushed = filled("archive", "push", "--store", store, "--drop-local")
    assert pushed.status == 0, pushed.err
    refused = filled("takedown", key, "--reason", WHY)
    assert refused.status not in (0, 70)
    assert "archive pull" in refused.err
    assert filled("archive", "pull").status == 0
    assert filled("takedown", key, "--reason", WHY).status == 0
    assert filled("text", key).status == 1


def test_a_disk_that_takes_no_new_file_leaves_all_as_it_was(folder: Path) -> None:
    rows = dump(folder)
    in_the_way = fresh_path(folder, f"warc/{warcs(folder)[0].name}")
    in_the_way.mkdir()
    with pytest.raises(NotKept):
        take_down(folder, exact("alpha one"), BY, WHY)
    in_the_way.rmdir()
    assert dump(folder) == rows
    demand_sound(folder)
