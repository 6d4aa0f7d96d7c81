"""Archives and buckets for the tests of what lies elsewhere."""

import os
import uuid
from pathlib import Path

from archive.remote.address import S3Address
from archive.remote.retries import Retries
from archive.remote.s3 import Transfer
from archive.store import Archive
from tests.samples import exchange
from tests.seaweed import Seaweed

FAST = Transfer(  # small enough that a few MB go in parts, quick enough to fail often
    multipart_from=6 << 20,
    part_size=5 << 20,
    piece_size=1 << 20,
    connect_seconds=3,
    read_seconds=3,
    retries=Retries(attempts=3, base_seconds=0.01, most_seconds=0.05, total_seconds=30),
)


def an_archive(path: Path, *sizes: int) -> Path:
    """An archive with one sealed WARC file for each size of a page, in bytes."""
    for number, size in enumerate(sizes or (50_000, 11 << 20)):
        with Archive.open(path, write=True) as archive:
            archive.keep(exchange(os.urandom(size), after=number, url=f"https://a.example/{number}"))
    return path


def warcs(archive: Path) -> list[str]:
    """The names of the WARC files that lie in the folder."""
    return sorted(f"warc/{path.name}" for path in (archive / "warc").glob("*.warc.gz"))


def bucket(server: Seaweed, prefix: str = "", endpoint: str = "") -> S3Address:
    """A place in a new bucket."""
    name = f"test-{uuid.uuid4().hex}"
    server.client().create_bucket(Bucket=name)
    return S3Address(bucket=name, prefix=prefix, endpoint_url=endpoint or server.endpoint)
