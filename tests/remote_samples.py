"""Archives and buckets for the tests of what lies elsewhere."""

import os
import uuid
from pathlib import Path

import msgspec

from archive.remote.address import S3Address
from archive.remote.retries import Retries
from archive.remote.s3 import Transfer
from archive.store import Archive
from tests.samples import exchange
from tests.seaweed import BUCKET, Seaweed

FAST = Transfer(  # small enough that a few MB go in parts, quick enough to fail often
    multipart_from=6 << 20,
    part_size=5 << 20,
    piece_size=1 << 20,
    connect_seconds=30,
    read_seconds=30,
    retries=Retries(attempts=3, base_seconds=0.01, most_seconds=0.05, total_seconds=300),
)


def an_archive(path: Path, *sizes: int) -> Path:
    """An archive with one sealed WARC file for each size of a page, in bytes."""
    for number, size in enumerate(sizes or (50_000, 6 << 20)):
        with Archive.open(path, write=True) as archive:
            archive.keep(
                exchange(os.urandom(size), after=number, url=f"https://a.example/{number}")
            )
    return path


def warcs(archive: Path) -> list[str]:
    """The names of the WARC files that lie in the folder."""
    return sorted(f"warc/{path.name}" for path in (archive / "warc").glob("*.warc.gz"))


def everything(archive: Path) -> list[bytes]:
    """The bodies of all captures, in order."""
    rows = [msgspec.json.decode(line) for line in dump(archive)]
    with Archive.open(archive) as opened:
        captures = [opened.index.capture(row[1]) for row in rows if row[0] == "capture"]
        return [opened.body(capture).data for capture in captures]


def dump(archive: Path) -> list[str]:
    """Every row of the index, made first where it is missing."""
    if not (archive / "index.sqlite").exists():
        Archive.open(archive, write=True).close()
    with Archive.open(archive) as opened:
        return list(opened.index.dump())


def place(server: Seaweed, endpoint: str = "") -> S3Address:
    """A new prefix of the server's bucket: the server makes files of many MB for each bucket."""
    prefix = f"{uuid.uuid4().hex}/"
    return S3Address(bucket=BUCKET, prefix=prefix, endpoint_url=endpoint or server.endpoint)
