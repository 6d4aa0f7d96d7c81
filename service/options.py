"""What every command takes: the archive folder and the form of the answer."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click
import msgspec

if TYPE_CHECKING:
    from archive.store import Archive

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The two options that stand before or behind the name of any command."""

    archive: Path | None
    as_json: bool

    @property
    def path(self) -> Path:
        """The archive folder."""
        return self.archive or Path(os.environ.get("VARIORUM_ARCHIVE") or "variorum-archive")

    def reader(self) -> "Archive":
        """The archive, to look things up in."""
        return _opened(self.path, write=False)

    def writer(self) -> "Archive":
        """The archive, to add to; a missing or empty folder becomes one."""
        return _opened(self.path, write=True)


def _opened(path: Path, *, write: bool) -> "Archive":
    # Here and not above: it takes half a second to load, and `variorum --help` opens no archive.
    from archive.store import Archive  # noqa: PLC0415

    return Archive.open(path, write=write)


class Address(click.ParamType[str]):
    """An http or https address; anything else is a mistake of the caller."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address as it was given."""
        try:
            parts = urlsplit(value)
            sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
            sound = sound and value.isprintable() and " " not in value
        except ValueError:
            sound = False
        if not sound:
            self.fail(f"{value[:200]!r} is not an http or https address.", param, ctx)
        return value


def common(command: _Command) -> _Command:
    """The command with --archive and --json, which it gets as one `settings`."""

    def settle(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
            if value:
                context.obj = replace(context.obj, **{name: value})

        return callback

    command = click.option(
        "--archive",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=settle("archive"),
        help="The archive folder [default: VARIORUM_ARCHIVE or ./variorum-archive].",
    )(command)
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=settle("as_json"),
        help="One JSON document on standard output.",
    )(command)


def database(command: _Command) -> _Command:
    """The command with --database, which it gets as `url`."""
    return click.option(
        "--database",
        "url",
        envvar="VARIORUM_DATABASE",
        metavar="URL",
        help="Of jobs and schedules [VARIORUM_DATABASE; default: a file beside the archive].",
    )(command)


def moment(text: str) -> datetime:
    """The time that a person wrote; without a zone it is taken for UTC."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no time; write 2026-03-04 or 2026-03-04T12:00Z."
        raise click.UsageError(message) from error
    return parsed.replace(tzinfo=parsed.tzinfo or UTC)


def content(path: Path) -> bytes:
    """The bytes of a file that the caller named; of standard input for "-"."""
    with click.open_file(str(path), "rb") as handle:
        data: bytes = handle.read()
    return data


def print_json(view: dict[str, Any]) -> None:
    """The one JSON document of a command."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(view), indent=2).decode() + "\n")
