"""The file in which reports on witnesses are kept, beside the index and made from the texts.

A report on a translation costs about a second of CPU; here it is made once. The file quotes the texts, so
that a takedown deletes it; it can be deleted at any time.
"""

from collections.abc import Iterator, MutableMapping
from pathlib import Path

from archive.sqlite_connection import Connection, connect

FILE = "witness-reports.sqlite"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS reports (key TEXT PRIMARY KEY, report BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID"
)
_LARGEST = 1 << 28  # bytes of the file, beyond which it is begun anew


def drop(archive: Path) -> None:
    """Delete the file of an archive folder."""
    (archive / FILE).unlink(missing_ok=True)
    (archive / f"{FILE}-journal").unlink(missing_ok=True)


class KeptReports(MutableMapping[str, bytes]):
    """Reports as bytes, by a digest of everything that they depend on."""

    def __init__(self, archive: Path) -> None:
        """Open the file of an archive folder, which is made where it is missing.

        Raises:
            UnusableIndex: it is damaged; `drop` it.
            NotKept: the disk will not have it.
        """
        path = archive / FILE
        if path.exists() and path.stat().st_size > _LARGEST:
            drop(archive)
        self._db: Connection = connect(path, write=True)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_SCHEMA)

    def __getitem__(self, key: str) -> bytes:
        row = self._db.row("SELECT report FROM reports WHERE key = ?", (key,))
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: str, report: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", (key, report))

    def __delitem__(self, key: str) -> None:
        self._db.execute("DELETE FROM reports WHERE key = ?", (key,))

    def __iter__(self) -> Iterator[str]:
        return (str(row[0]) for row in self._db.execute("SELECT key FROM reports ORDER BY key"))

    def __len__(self) -> int:
        row = self._db.row("SELECT COUNT(*) FROM reports", ())
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
