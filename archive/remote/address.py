"""Where the files of an archive lie elsewhere: `s3://bucket/prefix` or a folder, kept in remote.json."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from archive import files
from archive.errors import NotThere

REMOTE = "remote.json"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")  # S3 user guide, bucket naming rules


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Address:
    """A prefix of a bucket. Nothing secret stands in it: credentials come from the usual AWS chain."""

    bucket: str
    prefix: str = ""  # "" or with "/" at its end
    endpoint_url: str | None = None  # None: AWS, or what AWS_ENDPOINT_URL and profiles say

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderAddress:
    """A folder, by its whole path."""

    folder: str

    def __str__(self) -> str:
        return self.folder


Address = S3Address | FolderAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What stands in remote.json: the one or the other."""

    s3: S3Address | None = None
    folder: FolderAddress | None = None


def parse(text: str, endpoint_url: str | None = None) -> Address:
    """The address that a person wrote.

    Raises:
        ValueError: it is none, or holds a password; the message says what to write.
    """
    if endpoint_url is not None:
        _check_endpoint(endpoint_url)
    scheme, mark, rest = text.partition("://")
    if not mark:
        if endpoint_url:
            raise ValueError("an endpoint goes with s3://bucket/prefix, not with a folder")
        return FolderAddress(folder=str(Path(text).resolve()))
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not _BUCKET.match(bucket):
        raise ValueError(f"{text[:200]!r} is neither s3://bucket/prefix nor a folder")
    prefix = prefix.strip("/")
    if not prefix.isprintable():
        raise ValueError("the prefix holds characters that cannot be printed")
    return S3Address(
        bucket=bucket, prefix=f"{prefix}/" if prefix else "", endpoint_url=endpoint_url
    )


def _check_endpoint(endpoint_url: str) -> None:
    parts = urlsplit(endpoint_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"the endpoint is no http or https address: {parts.hostname or ''!r}")
    if parts.username or parts.password or parts.query:
        raise ValueError("an endpoint holds no user, password or query; see docs/s3.md")


def remember(archive: Path, address: Address) -> None:
    """Keep in the archive's folder where its files lie elsewhere.

    Raises:
        NotKept: the disk would not take it.
    """
    s3 = address if isinstance(address, S3Address) else None
    folder = address if isinstance(address, FolderAddress) else None
    data = msgspec.json.encode(_Kept(s3=s3, folder=folder))
    files.replace(archive / REMOTE, msgspec.json.format(data, indent=2) + b"\n")


def remembered(archive: Path) -> Address | None:
    """Where the files of the archive lie elsewhere; None where it has never been said.

    Raises:
        NotThere: remote.json makes no sense.
    """
    path = archive / REMOTE
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        message = f"cannot be used ({error}). Push again with the address of the store."
        raise NotThere(str(path), message) from error
    return kept.s3 or kept.folder
