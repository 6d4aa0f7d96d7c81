"""What a check says: counts, and problems with their places."""

from dataclasses import dataclass

from archive.containers.parts import Damage, Found
from archive.problems import Problem

INDEX = "index.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked, and what is wrong."""

    checked: dict[str, int]  # "files", "bytes", "records", "rows"
    problems: tuple[Problem, ...]
    proved: tuple[str, ...] = ()  # the WARC files of which every byte was proved, in that order
    left: int = 0  # WARC files that were not looked into: not of the subset, or the time was over

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def of_index(message: str) -> Problem:
    """A problem of the index itself."""
    return Problem(code="bad-index", path=INDEX, offset=None, message=message)


def of_file(code: str, name: str, message: str, offset: int | None = None) -> Problem:
    """A problem of a whole file."""
    return Problem(code=code, path=name, offset=offset, message=f"{name}: {message}.")


def of_damage(damage: Damage, name: str) -> Problem:
    """Bytes that are no record."""
    message = f"{name} at byte {damage.offset}: {damage.message}."
    return Problem(code=damage.code, path=name, offset=damage.offset, message=message)


def of_record(name: str, found: Found, code: str, message: str) -> Problem:
    """A problem of one record."""
    text = f"{name} at byte {found.offset}: {message}."
    return Problem(code=code, path=name, offset=found.offset, message=text)
