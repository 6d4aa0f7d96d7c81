"""What a WACZ says of its own files: `datapackage.json` lists them with their digests.

WACZ 1.1.1 (Webrecorder, 2021), after the Data Package of Frictionless Data; `datapackage-digest.json` has the
digest of that list.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

LIST = "datapackage.json"
_LIST_DIGEST = "datapackage-digest.json"
_LIST_LIMIT = 4 << 20  # bytes: about 20,000 files
_PIECE = 1 << 20  # bytes hashed at a time
_HASHES = {"sha256": hashlib.sha256, "md5": lambda: hashlib.md5(usedforsecurity=False)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A file as the package describes it."""

    path: str = ""
    hash: str = ""  # "sha256:" + hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    resources: tuple[_Listed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A file of a package that is not what the package says of it."""

    name: str
    entry: zipfile.ZipInfo | None  # None where there is no such file
    why: str  # the rest of a sentence that begins with the name


def mismatches(package: zipfile.ZipFile, readable: frozenset[str]) -> Iterator[Mismatch]:
    """Files that do not have the digest that is listed, or that are listed and missing.

    Only files whose names are `readable` are read. A digest in a form that is not known proves nothing.
    """
    entries = {entry.filename: entry for entry in package.infolist()}
    for listed in _listed(package, entries):
        if isinstance(listed, Mismatch):
            yield listed
            continue
        entry = entries.get(listed.path)
        if entry is None and "://" not in listed.path:
            why = f"is listed in {LIST} and is not there"
            yield Mismatch(name=listed.path, entry=None, why=why)
        algorithm, _, value = listed.hash.partition(":")
        if entry is None or algorithm not in _HASHES or entry.filename not in readable:
            continue
        if _digest(package, entry, algorithm) != value.lower():
            why = f"does not have the digest that {LIST} states"
            yield Mismatch(name=listed.path, entry=entry, why=why)


def _listed(
    package: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]
) -> Iterator[_Listed | Mismatch]:
    """All that has a digest; a list that cannot be read is a mismatch itself."""
    for name in (LIST, _LIST_DIGEST):
        entry = entries.get(name)
        if entry is None:
            continue
        try:
            if entry.file_size > _LIST_LIMIT:
                raise ValueError("it is too large")
            with package.open(entry) as stream:
                data = stream.read(_LIST_LIMIT)
            if name == LIST:
                yield from msgspec.json.decode(data, type=_Package).resources
            else:
                yield msgspec.json.decode(data, type=_Listed)
        except (ValueError, RecursionError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            yield Mismatch(name=name, entry=entry, why=f"cannot be read ({error})")


def _digest(package: zipfile.ZipFile, entry: zipfile.ZipInfo, algorithm: str) -> str:
    """The digest of a file, hexadecimal; "" where it cannot be read, as when it is damaged."""
    digest = _HASHES[algorithm]()
    try:
        with package.open(entry) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return ""
    return digest.hexdigest()
