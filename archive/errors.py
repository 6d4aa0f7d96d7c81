"""What can go wrong with an archive.

ArchiveError
├── NotAnArchive       the folder is none
├── NewerFormat        written by a later Variorum
├── ArchiveBusy        another process is writing
├── NotKept            the disk would not take it; nothing was acknowledged
├── Damaged            bytes are not what was written
├── UnusableIndex      the index is missing, damaged or of another version
├── RemoteError        a store elsewhere did not do what it was asked
│   ├── Unreachable        no usable answer, however often it was asked
│   ├── AccessDenied       it knows no such user, or this one may not
│   ├── NotThere           it has no such bucket, folder or file
│   └── OtherBytes         it has something else under the name
├── UnknownKey         nothing in the archive has this key
│   ├── TakenDown          it was, and somebody had it taken down
│   └── OriginalMissing    a revisit whose original is not in the archive
└── AmbiguousKey       several things have this prefix

A caller's mistake is a ValueError. A page that a stage will not take is no error of the archive: see
`archive.records.Refusal`.
"""

from pathlib import Path


class ArchiveError(Exception):
    """Root of all errors of this package; the message is a sentence for people."""


class NotAnArchive(ArchiveError):
    """The folder does not hold an archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is not a Variorum archive (it has no variorum.json). "
            "Name another folder with --archive, or submit a page to start one there."
        )


class NewerFormat(ArchiveError):
    """The archive was written by a later version of Variorum."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"{path} has format {found}; this Variorum reads up to {known}. Upgrade Variorum."
        )


class ArchiveBusy(ArchiveError):
    """Another process holds the writer's lock."""

    def __init__(self, path: Path, holder: str) -> None:
        self.path, self.holder = path, holder
        super().__init__(
            f"{path} is being written by {holder}. Try again when it has finished; "
            "reading commands work meanwhile."
        )


class NotKept(ArchiveError):
    """The disk refused a write. What had been acknowledged before is unharmed."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} could not be written ({why}). Nothing of this capture was kept.")


class Damaged(ArchiveError):
    """Bytes are not what was written."""

    def __init__(self, path: str, offset: int, why: str) -> None:
        self.path, self.offset, self.why = path, offset, why
        super().__init__(f"{path} at byte {offset}: {why}. Run `variorum verify` for the extent.")


class UnknownKey(ArchiveError):
    """Nothing in the archive has this key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"Nothing in this archive has the key {key[:80]!r}.")


class TakenDown(UnknownKey):
    """Something that was in the archive until somebody had it taken down."""

    def __init__(self, key: str, by: str, reason: str, day: str) -> None:
        super().__init__(key)
        self.by, self.reason, self.day = by, reason, day
        self.args = (f"{key[:80]!r} was taken down on {day} by {by}: {reason}",)


class OriginalMissing(UnknownKey):
    """A revisit record whose original is not in the archive, so that its bytes are nowhere."""

    def __init__(self, key: str, original: str) -> None:
        super().__init__(key)
        self.original = original
        self.args = (
            f"The capture {key[:80]!r} repeats {original[:80] or 'another one'!r}, which is not in "
            "this archive. Import the WARC file that holds it.",
        )


class UnusableIndex(ArchiveError):
    """The index cannot be used; the WARCs hold everything to make it again."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(
            f"{path} {why}. The WARC files hold all that was in it: run `variorum rebuild-index`."
        )


class AmbiguousKey(ArchiveError):
    """Several things have this prefix."""

    def __init__(self, key: str, candidates: tuple[str, ...]) -> None:
        self.key, self.candidates = key, candidates
        shown = ", ".join(candidate[:20] + "…" for candidate in candidates[:5])
        super().__init__(f"{key!r} begins {len(candidates)} keys ({shown}). Give more of it.")


class RemoteError(ArchiveError):
    """A store elsewhere did not do what it was asked; `store` is its address, as people write it."""

    def __init__(self, store: str, message: str) -> None:
        self.store = store
        super().__init__(f"{store}: {message}")


class Unreachable(RemoteError):
    """No usable answer, however often it was asked."""


class AccessDenied(RemoteError):
    """The store knows no such user, or this one may not do what was asked."""


class NotThere(RemoteError):
    """The store has no such bucket, folder or file."""


class OtherBytes(RemoteError):
    """Under this name the store has bytes that are not ours; neither is touched."""

    def __init__(self, store: str, name: str, ours: str, theirs: str) -> None:
        self.name, self.ours, self.theirs = name, ours, theirs
        super().__init__(
            store,
            f"{name} is there with {theirs}; here it has {ours}. Nothing was overwritten: compare the "
            "two, and keep this archive under a prefix of its own.",
        )
