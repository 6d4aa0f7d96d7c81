"""What outlives the death of a writer, a full disk and two writers at once."""

import os
import signal
import time
from pathlib import Path

import pytest

from archive.errors import (
    ArchiveBusy,
    NotKept,
)
from archive.store import Archive
from archive.verify import verify_fully
from tests.samples import (
    dump,
    exact,
    exchange,
    outcomes,
    run_python,
)
from tests.warc_tools import demand_that_tools_agree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


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
