"""The file in which the vectors of the units of texts are kept, beside the index and made from the texts.

It saves encoding a text again each time another one is compared with it. What is not in it is worked out
again; it can be deleted at any time, and a takedown does.
"""

from pathlib import Path

from archive.sqlite_connection import Connection, connect

FILE = "unit-vectors.sqlite"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS units (text TEXT NOT NULL, recipe TEXT NOT NULL,"
    " vectors BLOB NOT NULL, PRIMARY KEY (text, recipe)) STRICT, WITHOUT ROWID"
)
_LARGEST = 1 << 30  # bytes of the file, beyond which it is begun anew


def drop(archive: Path) -> None:
    """Delete the file of an archive folder."""
    (archive / FILE).unlink(missing_ok=True)
    (archive / f"{FILE}-journal").unlink(missing_ok=True)


class UnitVectors:
    """The vectors of units, by the exact part of their text's fingerprint and the recipe of the encoder."""

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

    def of(self, text: str, recipe: str) -> bytes:
        """What was kept of a text; b"" where nothing was."""
        row = self._db.row(
            "SELECT vectors FROM units WHERE text = ? AND recipe = ?", (text, recipe)
        )
        return bytes(row[0]) if row else b""

    def keep(self, text: str, recipe: str, vectors: bytes) -> None:
        """Keep the vectors of a text."""
        self._db.execute("INSERT OR REPLACE INTO units VALUES (?, ?, ?)", (text, recipe, vectors))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
