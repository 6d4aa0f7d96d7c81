"""Which files a check looks into, and when each was proved last: `verified.json` in the archive's folder.

A large archive is proved bit by bit: a subset each night, or as much as an hour allows, those first that
have waited longest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from archive import files
from archive.verify.report import Report

LOG = "verified.json"
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The files that are to be proved, in which order, and for how long."""

    names: tuple[str, ...]
    seconds: float | None = None  # no file is begun after so many; None: all are proved


def subset(names: tuple[str, ...], part: int, of: int) -> tuple[str, ...]:
    """The files of one part, 1 to `of`; together the parts are all files, and each file has one part.

    >>> subset(("a", "b", "c"), 1, 2)
    ('a', 'c')

    Raises:
        ValueError: there is no such part.
    """
    if not 1 <= part <= of:
        raise ValueError(f"There is no part {part} of {of}.")
    return names[part - 1 :: of]


def longest_unproved(archive: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """The files in the order in which they should be proved: never, then longest ago."""
    times = last_proved(archive)
    return tuple(sorted(names, key=lambda name: times.get(name, _NEVER)))


def last_proved(archive: Path) -> dict[str, datetime]:
    """When each file was last found without a problem; an unreadable log counts as none."""
    try:
        return msgspec.json.decode((archive / LOG).read_bytes(), type=dict[str, datetime])
    except (OSError, msgspec.MsgspecError):
        return {}


def note(archive: Path, report: Report, at: datetime) -> None:
    """Keep when the files were proved in which nothing was found wrong.

    Raises:
        NotKept: the disk would not take it.
    """
    wrong = {problem.path for problem in report.problems}
    times = last_proved(archive) | {name: at for name in report.proved if name not in wrong}
    times = {name: time for name, time in times.items() if name not in wrong}
    data = msgspec.json.format(msgspec.json.encode(dict(sorted(times.items()))), indent=1)
    files.replace(archive / LOG, data + b"\n")
