"""Proves that a store holds what it has receipts for. Never repairs, never writes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive import files
from archive.errors import NotThere
from archive.problems import Problem
from archive.remote import receipts
from archive.remote.interface import Store, digest_of
from archive.remote.pushing import demand_same_archive
from archive.remote.receipts import Receipt
from archive.succession import taken_down

CODES = {
    "remote-missing": "the store has a file no more that it had",
    "remote-mismatch": "what the store has is not what was pushed",
    "remote-taken-down": "the store still has what was taken down here",
    "remote-stray": "the store has a file among the archive's that is none of it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteReport:
    """What was checked, and what is wrong."""

    checked: dict[str, int]  # "files", "bytes"; "by_checksum", "read_back", "by_size"; "not_pushed"
    problems: tuple[Problem, ...]


def verify_remote(archive: Path, store: Store, *, full: bool = False) -> RemoteReport:
    """Names, sizes and the checksums that the store states; with `full`, every byte is read back.

    A file counts under "by_size" when the store states no checksum that can be compared.

    Raises:
        OtherBytes: the store holds another archive.
        RemoteError: the store failed.
    """
    demand_same_archive(archive, store)
    tally: Counter[str] = Counter(
        files=0, bytes=0, by_checksum=0, read_back=0, by_size=0, not_pushed=0
    )
    listed = {each.name: each.size for each in store.list("warc/")}
    digests = receipts.sealed(archive)
    taken = bool(taken_down(archive))
    problems: list[Problem] = []
    for name, digest in digests.items():
        receipt = receipts.kept(archive, name)
        if receipt is None or receipt.store != store.address:
            tally["not_pushed"] += 1
            continue
        tally["files"] += 1
        tally["bytes"] += listed.get(name, 0)
        if receipt.earlier or (taken and receipt.sha256 != digest):
            problems.append(_problem("remote-taken-down", name, _remains(receipt)))
            continue
        found = list(_file_problems(archive, store, receipt, listed))
        problems += found
        if not found:
            how, problem = _content(store, receipt, digest, full=full)
            tally[how] += 1
            problems += problem
    known = {*digests, *(f"{name}.sha256" for name in digests)}
    for name in sorted(listed.keys() - known):
        problems.append(
            _problem("remote-stray", name, "the store has it, and this archive does not")
        )
    return RemoteReport(checked=dict(tally), problems=tuple(problems))


def _remains(receipt: Receipt) -> str:
    """What the store has from before a takedown, and what to do."""
    if not receipt.earlier:
        return "the store has it as it was before a takedown; `variorum archive push` replaces it there"
    return (
        "the store keeps versions of it from before a takedown and would not delete them: "
        f"{', '.join(receipt.earlier)}. Delete them by hand, or give the right to "
        "(s3:DeleteObjectVersion) and push again"
    )


def _file_problems(
    archive: Path, store: Store, receipt: Receipt, listed: dict[str, int]
) -> Iterator[Problem]:
    name = receipt.name
    if name not in listed:
        yield _problem("remote-missing", name, "the store has it no more")
    elif listed[name] != receipt.size:
        message = f"the store has {listed[name]} bytes of {receipt.size}"
        yield _problem("remote-mismatch", name, message)
    line = f"{name}.sha256"
    if line not in listed:
        yield _problem("remote-missing", line, "the store has it no more")
        return
    theirs = store.read_range(line, 0, receipts.SMALL)
    if theirs != files.sidecar(archive / name).read_bytes():
        yield _problem("remote-mismatch", line, "it is not the digest file that lies here")


def _content(
    store: Store, receipt: Receipt, digest: str, *, full: bool
) -> tuple[str, list[Problem]]:
    """How the content was proved, and what is wrong with it."""
    name = receipt.name
    try:
        if full:
            theirs = digest_of(store, name)
            return "read_back", _differs(name, digest, theirs)
        stored = store.head(name)
    except NotThere:  # between the listing and now
        return "by_size", [_problem("remote-missing", name, "the store has it no more")]
    stated = stored.checksum if stored else None
    if stated and not stated.part_size:
        return "by_checksum", _differs(name, digest, stated.value)
    if stated and receipt.checksum and stated.part_size == receipt.checksum.part_size:
        return "by_checksum", _differs(name, receipt.checksum.value, stated.value)
    return "by_size", []


def _differs(name: str, ours: str, theirs: str) -> list[Problem]:
    if ours == theirs:
        return []
    return [_problem("remote-mismatch", name, f"it has SHA-256 {theirs}, not {ours}")]


def _problem(code: str, name: str, message: str) -> Problem:
    return Problem(code=code, path=name, offset=None, message=f"{name}: {message}.")
