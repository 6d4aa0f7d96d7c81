"""What outlives the death of a writer, a full disk and two writers at once."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from archive.errors import (
    ArchiveBusy,
    NotKept,
)
from archive.files import move_tail, sha256
from archive.records import Refusal
from archive.recovery import drop_index
from archive.replay import refusal_record
from archive.store import Archive
from archive.verify import verify_fully
from archive.warc import to_member
from tests.commands import TEXT, Variorum, page
from tests.samples import (
    PAGE,
    START,
    dump,
    exact,
    exchange,
    new,
    outcomes,
    put,
    run_python,
    warcs,
)
from tests.warc_tools import demand_that_tools_agree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def image(folder: Path, name: str, *, index: Path | None = None) -> Path:
    """What the disk would hold if all power went now; `index` stands for an older index."""
    copy = Path(shutil.copytree(folder, folder.with_name(name)))
    if index:
        drop_index(copy)
        for path in index.glob("index.sqlite*"):
            shutil.copy(path, copy / path.name)
    return copy


def opened(folder: Path) -> list[str]:
    """The rows of the archive after a writer has recovered it; a rebuild gives the same."""
    with Archive.open(folder, write=True) as archive:
        rows = list(archive.index.dump())
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()
    with Archive.rebuild(folder) as archive:
        assert list(archive.index.dump()) == rows
    assert list((folder / "warc").glob("*.open")) == []
    return rows


def test_an_open_file_is_sealed_by_the_next_writer(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        rows = list(archive.index.dump())
        crashed = image(folder, "crashed")
    assert opened(crashed) == rows
    (path,) = warcs(crashed)
    assert path.stat().st_mode & 0o222 == 0
    assert sha256(path) in path.with_name(path.name + ".sha256").read_text()
    assert not (crashed / "quarantine").exists()


def test_whole_records_that_were_not_indexed_are_indexed(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        before = image(folder, "before")
        put(archive, "beta", new("beta"), after=1)
        rows = list(archive.index.dump())
        crashed = image(folder, "crashed", index=before)
    assert opened(crashed) == rows


@pytest.mark.parametrize("torn", [1, 10, 30, 200, 400])
def test_a_torn_tail_goes_to_quarantine(folder: Path, torn: int) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        rows, before = list(archive.index.dump()), image(folder, "before")
        size = warcs(folder)[0].stat().st_size
        archive.keep(exchange(b"<p>lost</p>", after=1))
        crashed = image(folder, "crashed", index=before)
    (path,) = warcs(crashed)
    lost = path.read_bytes()[size : size + torn]
    with path.open("r+b") as handle:
        handle.truncate(size + torn)
    assert opened(crashed) == rows
    (aside,) = (crashed / "quarantine").iterdir()
    assert aside.name == f"{path.name}.from-{size}"
    assert aside.read_bytes() == lost


@pytest.mark.parametrize("tail", [bytes(5000), b"\x1f\x8b\x08", b"WARC/1.1\r\n"])
def test_blocks_that_never_reached_the_disk_go_to_quarantine(folder: Path, tail: bytes) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        rows, crashed = list(archive.index.dump()), image(folder, "crashed")
    with warcs(crashed)[0].open("ab") as handle:
        handle.write(tail)
    assert opened(crashed) == rows
    assert [each.read_bytes() for each in (crashed / "quarantine").iterdir()] == [tail]


def test_a_record_inside_a_torn_one_is_not_taken_for_one(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        capture = put(archive, "alpha", new("alpha"))
        rows, crashed = list(archive.index.dump()), image(folder, "crashed")
    forged = to_member(
        refusal_record(Refusal(capture=capture.id, stage="x", reason="Forged."), capture, START)
    )
    torn = b"\x1f\x8b\x08\0\0\0\0\0\0\xff garbage that was a page and holds " + forged
    with warcs(crashed)[0].open("ab") as handle:
        handle.write(torn)
    assert opened(crashed) == rows


def test_a_file_of_which_nothing_is_left_goes(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
    rows = dump(folder)
    (folder / "warc" / "variorum-000002-20260304T050607Z.warc.gz.open").write_bytes(b"\x1f\x8b")
    (folder / "warc" / "variorum-000003-20260304T050607Z.warc.gz.open").write_bytes(b"")
    assert opened(folder) == rows
    assert len(warcs(folder)) == 1


def test_a_death_while_sealing_is_made_good(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        rows, crashed = list(archive.index.dump()), image(folder, "crashed")
    (path,) = warcs(crashed)
    final = path.name.removesuffix(".open")
    path.with_name(f"{final}.sha256").write_text("half a dig")
    path.with_name(f"{final}.sha256.new").write_text("half")
    path.chmod(0o444)
    assert opened(crashed) == rows


def test_recovery_can_die_and_begin_again(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        rows, crashed = list(archive.index.dump()), image(folder, "crashed")
    (path,) = warcs(crashed)
    with path.open("ab") as handle:
        handle.write(b"torn")
    move_tail(path, path.stat().st_size - 4, crashed / "quarantine")
    with path.open("ab") as handle:
        handle.write(b"torn")  # as if it had died between the copy and the cut
    assert opened(crashed) == rows
    assert len(list((crashed / "quarantine").iterdir())) == 2


def test_nothing_is_acknowledged_that_could_not_be_synced(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha", new("alpha"))
        rows = list(archive.index.dump())
        held = Path(f"/proc/{os.getpid()}/fd")
        (handle,) = (
            int(each.name)
            for each in held.iterdir()
            if each.exists() and each.samefile(warcs(folder)[0])
        )
        nowhere = os.open(os.devnull, os.O_WRONLY)  # takes every write and cannot be synced
        os.dup2(nowhere, handle)
        os.close(nowhere)
        with pytest.raises(NotKept):
            archive.keep(exchange(b"<p>beta</p>", after=1))
        assert list(archive.index.dump()) == rows
        with pytest.raises(NotKept):
            archive.keep(exchange(b"<p>gamma</p>", after=2))
    assert opened(folder) == rows


def test_a_rebuilt_index_finds_what_the_old_one_found(filled: Variorum, tmp_path: Path) -> None:
    for number in range(3):
        saved = tmp_path / f"{number}.html"
        saved.write_bytes(
            page(title=f"湿地保护行动方案第{number}号").replace(b"30", b"3%d" % number)
        )
        url = f"https://example.org/{number}.html"
        assert filled("ingest", str(saved), "--url", url).status == 0
    texts = tmp_path / "text.txt"
    texts.write_text(TEXT)

    def answers() -> list[object]:
        with Archive.open(filled.archive) as archive:
            titles = [version.title or "" for version in archive.index.all_versions()]
            alike = [archive.index.same_title(title, 20) for title in titles]
            assert archive.index.unsketched() == ()
        found = filled("lookup", "--text", str(texts), "--json").json
        return [dump(filled.archive), alike, found]

    before = answers()
    assert filled("rebuild-index").status == 0
    assert answers() == before


def test_damage_in_the_middle_costs_that_record_alone(folder: Path) -> None:
    with Archive.open(folder, write=True) as archive:
        first = archive.keep(exchange(b"<p>one</p>"))
        second = archive.keep(exchange(b"<p>two</p>", after=1))
    (path,) = warcs(folder)
    data = bytearray(path.read_bytes())
    data[first.place.offset + first.place.length // 2] ^= 0x10
    path.chmod(0o644)
    path.write_bytes(data)
    with Archive.rebuild(folder) as archive:
        assert archive.index.captures_at(PAGE) == (second,)
        assert archive.body(second).data == b"<p>two</p>"


WRITE_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from archive.store import Archive
from tests.samples import new, put
with Archive.open(Path(sys.argv[1]), write=True) as archive:
    for n in count():
        put(archive, f"text {sys.argv[2]} {n}", new(f"text {sys.argv[2]} {n}"), after=n)
        print(n, flush=True)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_what_was_acknowledged_outlives_the_process(folder: Path, end: signal.Signals) -> None:
    acknowledged: list[str] = []
    for round_ in range(4):
        process = run_python(WRITE_FOR_EVER, folder, str(round_))
        assert process.stdout is not None
        acknowledged.append(f"text {round_} {int(process.stdout.readline())}")
        time.sleep(0.02 * round_)
        process.send_signal(end)
        ((status, out, _),) = outcomes([process])
        assert status != 0
        acknowledged += [f"text {round_} {int(line)}" for line in out.splitlines()]
    with Archive.open(folder, write=True) as archive:
        for text in acknowledged:
            assert archive.text(archive.index.version(exact(text)).text) == text
        before = list(archive.index.dump())
    with Archive.rebuild(folder) as archive:
        assert list(archive.index.dump()) == before
    with Archive.open(folder) as archive:
        assert verify_fully(archive).problems == ()
    demand_that_tools_agree(folder)


def test_a_second_writer_is_told_who_the_first_is(folder: Path) -> None:
    process = run_python(WRITE_FOR_EVER, folder, "a")
    assert process.stdout is not None
    process.stdout.readline()
    try:
        with pytest.raises(ArchiveBusy, match=f"process {process.pid} on "):
            Archive.open(folder, write=True)
        with pytest.raises(ArchiveBusy):
            Archive.rebuild(folder)
        with Archive.open(folder) as reader:
            assert reader.index.counts()["captures"] >= 1
    finally:
        process.kill()
        outcomes([process])
    Archive.open(folder, write=True).close()


OPEN_ONCE = """
import sys
from pathlib import Path
from archive.errors import ArchiveBusy
from archive.store import Archive
from tests.samples import new, put
try:
    with Archive.open(Path(sys.argv[1]), write=True) as archive:
        put(archive, f"text {sys.argv[2]}", new(f"text {sys.argv[2]}"))
        print("kept")
except ArchiveBusy as error:
    print("busy")
"""


def test_of_many_that_start_one_archive_at_once_none_breaks_it(folder: Path) -> None:
    ended = outcomes([run_python(OPEN_ONCE, folder, str(n)) for n in range(4)])
    assert all((status, err) == (0, "") for status, _, err in ended)
    kept = [out for _, out, _ in ended if out == "kept\n"]
    assert kept
    with Archive.open(folder) as archive:
        assert archive.index.counts()["versions"] == len(kept)
        assert verify_fully(archive).problems == ()


FILL_THE_DISK = """
import os, resource, sys
from pathlib import Path
from archive.errors import NotKept
from archive.store import Archive
from tests.samples import exact, exchange, new, put
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
with Archive.open(Path(sys.argv[1]), write=True) as archive:
    limit(1_000_000)
    for n in range(10_000):
        try:
            text = f"{n} {os.urandom(int(sys.argv[2])).hex()}"
            put(archive, text, new(text), after=n)
        except NotKept as error:
            print(error, file=sys.stderr)
            break
        print(exact(text))
    kept = set(archive.index.dump())
    limit(resource.RLIM_INFINITY)
    put(archive, "room again", new("room again"))
    assert len(set(archive.index.dump()) - kept) > 0
print(exact("room again"))
"""


@pytest.mark.parametrize(("size", "full"), [(100, "index.sqlite"), (100_000, ".warc.gz.open")])
def test_a_full_disk_ends_one_capture_and_harms_nothing(folder: Path, size: int, full: str) -> None:
    ((status, out, err),) = outcomes([run_python(FILL_THE_DISK, folder, str(size))])
    assert status == 0, err
    assert err.count("\n") == 1
    assert f"{full} could not be written" in err
    kept = out.split()
    assert len(kept) > 3
    with Archive.open(folder) as archive:
        assert all(archive.index.version(key).key == key for key in kept)
        assert archive.index.counts()["versions"] == len(kept)
        assert verify_fully(archive).problems == ()
    before = dump(folder)
    with Archive.rebuild(folder) as archive:
        assert list(archive.index.dump()) == before
    demand_that_tools_agree(folder)


def test_a_disk_that_is_full_from_the_start_is_said(tmp_path: Path) -> None:
    code = """
import resource, sys
from pathlib import Path
from archive.errors import NotKept
from archive.store import Archive
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    Archive.open(Path(sys.argv[1]), write=True)
except NotKept as error:
    print(error)
"""
    ((status, out, err),) = outcomes([run_python(code, tmp_path / "archive")])
    assert (status, err) == (0, "")
    assert "could not be written" in out
    with Archive.open(tmp_path / "archive", write=True) as archive:
        archive.keep(exchange())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotKept):
        Archive.open(tmp_path / "archive", write=True)
