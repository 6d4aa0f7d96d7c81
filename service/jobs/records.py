"""The nouns of jobs, as frozen values, and what each kind of job may be asked."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from service.jobs.errors import UnusableArgument

Kind = Literal["submit", "crawl", "import", "verify", "push", "rebuild"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
Level = Literal["info", "warning", "error"]
Unit = Literal["addresses", "files", "bytes"]
Argument = dict[str, Any]

KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)
OVER: frozenset[State] = frozenset({"done", "failed", "cancelled"})

MOST_ADDRESSES = 1000  # in one submission; no source: a list that a person can still look through
MOST_URL = 8192  # characters; longer ones no server takes
_PART = re.compile(r"[1-9]\d{0,5}/[1-9]\d{0,5}")
UNITS: dict[Kind, Unit] = {  # what `Progress` counts
    "submit": "addresses",
    "crawl": "addresses",
    "import": "bytes",
    "verify": "files",
    "push": "files",
    "rebuild": "files",
}
# A submission that is made twice is one for an hour: somebody pressed the button again, or two
# readers saw the same news. No source. What else is asked twice is one only while it is not over.
FRESH_SECONDS: dict[Kind, float] = {"submit": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is."""

    settled: int  # that have their outcome
    total: int  # in all, as far as is known
    latest: str  # the address that was settled last, or the file that it is at; "" before
    unit: Unit = "addresses"  # of both numbers; by the kind of the job


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that is done later, again, or on another machine."""

    id: str  # 16 characters a-z2-7; later jobs have greater ones
    kind: Kind
    argument: Argument
    state: State
    progress: Progress | None  # None where there is nothing to count
    waiting: str | None  # a sentence: what it waits for, while it does
    created_at: datetime  # UTC, as all times
    started_at: datetime | None  # of the first attempt
    ended_at: datetime | None
    result: dict[str, Any] | None  # what the command of the same name prints with --json
    error: str | None  # a sentence, when it failed
    attempts: int  # begun so far
    schedule: str | None  # name of the schedule that asked for it

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it, unless somebody tries it again."""
        return self.state in OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line about what a job did."""

    number: int  # ascending in one job
    at: datetime
    level: Level
    text: str


def checked(kind: str, argument: Argument) -> tuple[Kind, Argument]:
    """The kind, and the argument in its one form: two that ask the same are equal.

    Raises:
        UnusableArgument: there is no such kind, or it cannot be asked this.
    """
    known = next((each for each in KINDS if each == kind), None)
    if known is None:
        raise UnusableArgument("kind", f"{kind[:80]!r} is none of {', '.join(KINDS)}.")
    rules = _FIELDS[known]
    unknown = sorted(argument.keys() - rules.keys())
    if unknown:
        raise UnusableArgument(unknown[0][:80], f"a {kind} job has no such field.")
    found = {}
    for field, rule in rules.items():
        value = rule(field, argument.get(field))
        if value is not None:
            found[field] = value
    return known, found


def same_as(kind: Kind, argument: Argument) -> str:
    """A key that two jobs share when they ask the same."""
    asked = msgspec.json.encode([kind, argument], order="deterministic")
    return hashlib.sha256(asked).hexdigest()


def _addresses(field: str, value: Any) -> list[str]:
    urls = [value] if isinstance(value, str) else value
    if not isinstance(urls, list | tuple) or not urls:
        raise UnusableArgument(field, "name at least one http or https address.")
    if len(urls) > MOST_ADDRESSES:
        raise UnusableArgument(field, f"at most {MOST_ADDRESSES} addresses at once.")
    for url in urls:
        if not isinstance(url, str) or not is_address(url):
            raise UnusableArgument(field, f"{str(url)[:200]!r} is not an http or https address.")
    return list(dict.fromkeys(urls))


def is_address(url: str) -> bool:
    """Whether it is an http or https address that can be asked for."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
    return sound and url.isprintable() and " " not in url and len(url) <= MOST_URL


def _text(field: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable() or len(value) > MOST_URL:
        raise UnusableArgument(field, "it is one line of text.")
    return value


def _name(field: str, value: Any) -> str:
    found = _text(field, value)
    if found is None:
        raise UnusableArgument(field, "it is missing.")
    return found


def _texts(field: str, value: Any) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise UnusableArgument(field, "it is a list.")
    return [_name(field, each) for each in value] or None


def _paths(field: str, value: Any) -> list[str]:
    found = _texts(field, [value] if isinstance(value, str) else value)
    if not found:
        raise UnusableArgument(field, "name at least one file.")
    if any(path.startswith("-") for path in found):
        raise UnusableArgument(field, "a file's name here does not begin with a hyphen.")
    return list(dict.fromkeys(found))


def _switch(field: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise UnusableArgument(field, "it is true or false.")
    return value or None


def _number(least: float, *, whole: bool = False) -> Callable[[str, Any], float | None]:
    def rule(field: str, value: Any) -> float | None:
        if value is None:
            return None
        sound = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not sound or not least <= value < float("inf"):
            kind = "a whole number" if whole else "a number"
            raise UnusableArgument(field, f"it is {kind}, {least:g} or more.")
        return int(value) if whole else float(value)

    return rule


def _part(field: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _PART.fullmatch(value):
        raise UnusableArgument(field, "it is a part such as 1/7.")
    part, of = value.split("/")
    if int(part) > int(of):
        raise UnusableArgument(field, f"there is no part {part} of {of}.")
    return value


_LIMITS = {
    "delay_seconds": _number(0),
    "max_bytes": _number(1, whole=True),
    "timeout_seconds": _number(0.1),
}
_FIELDS: dict[Kind, dict[str, Callable[[str, Any], Any]]] = {
    "submit": {"urls": _addresses, "browser": _switch, **_LIMITS},
    "crawl": {
        "site": _name,
        "watches": _texts,
        "max_pages": _number(1, whole=True),
        "max_depth": _number(0, whole=True),
        "fresh_seconds": _number(0),
        **_LIMITS,
    },
    "import": {"paths": _paths},
    "verify": {"quick": _switch, "subset": _part, "max_seconds": _number(1)},
    "push": {"store": _text, "endpoint_url": _text},
    "rebuild": {},
}
