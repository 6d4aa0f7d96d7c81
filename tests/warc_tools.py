"""The tools of others, asked about the WARC files of an archive."""

import json
import subprocess
import sys
from pathlib import Path

from fastwarc.warc import ArchiveIterator

from archive import warc
from archive.members import Found, walk
from tests.samples import warcs


def records(folder: Path) -> list[Found]:
    """Every record of an archive without damage."""
    found = [each for path in warcs(folder) for each in walk(path)]
    assert all(isinstance(each, Found) for each in found)
    return [each for each in found if isinstance(each, Found)]


def demand_that_tools_agree(folder: Path) -> None:
    """warcio, FastWARC and gzip find nothing wrong, and see the records that we see."""
    paths, ours = warcs(folder), records(folder)
    assert ours
    checked = _warcio("check", "-v", *paths)
    assert "digest fail" not in checked.lower()
    listing = _warcio("index", "-f", "offset,warc-type", *paths).splitlines()
    listed = [json.loads(line) for line in listing]
    seen = [(int(each["offset"]), each["warc-type"]) for each in listed]
    assert seen == [(each.offset, each.record.type) for each in ours]
    assert [each for path in paths for each in _fastwarc(path)] == [
        (each.offset, each.record.id) for each in ours
    ]
    for path in paths:
        with path.open("rb") as stream:
            subprocess.run(["gzip", "-t"], stdin=stream, check=True)


def _warcio(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "warcio.cli", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def _fastwarc(path: Path) -> list[tuple[int, str]]:
    """Offset and id of each record, whose digests FastWARC has verified."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            record.freeze()
            assert record.verify_block_digest()
            found.append((record.stream_pos, warc.bare_id(str(record.record_id))))
            kind = record.headers["WARC-Type"]
            if "WARC-Payload-Digest" in record.headers and kind in {"request", "response"}:
                record.parse_http()
                assert record.verify_payload_digest(), record.headers
    return found
