"""What the commands that fetch share: how politely, which rows, and where what arrives goes."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from crawlers import run as runs
from crawlers import turns
from crawlers.chromium import chromium
from crawlers.memory import ArchiveMemory
from crawlers.run import Limits
from crawlers.sink import Arrival, Failure, Receive
from crawlers.sites import Site, UnusableSites, read_sites
from crawlers.turns import Turns
from service import terminal
from service.intake import Intake

INTERRUPTED = 130
_KEPT_FREE = 128  # MiB: more than all that a crawl can have under way, 16 answers of 8 MiB

_Command = TypeVar("_Command", bound=Callable[..., Any])
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw]?)")
_OPTIONS = (
    click.option("--delay", type=click.FloatRange(min=0), default=1.0, show_default=True,
                 help="Seconds between requests to one host, at least."),
    click.option("--max-bytes", type=click.IntRange(min=1), default=8 << 20, show_default=True,
                 help="Of one answer; what is longer is cut and marked."),
    click.option("--timeout", type=click.FloatRange(min=0.1), default=10.0, show_default=True,
                 help="Seconds for a page."),
    click.option("--contact", envvar="VARIORUM_CONTACT", default="",
                 help="Mail or web address of yours that sites are told [VARIORUM_CONTACT]."),
)  # fmt: skip


def politely(command: _Command) -> _Command:
    """The command with --delay, --max-bytes, --timeout and --contact, which it gets as `limits`."""

    @wraps(command)
    def limited(*args: Any, **given: Any) -> Any:
        contact = given.pop("contact")
        if not contact.isprintable() or not contact.isascii() or set(contact) & set("()"):
            raise click.UsageError("--contact is a mail or web address in plain ASCII.")
        limits = Limits(
            delay_seconds=given.pop("delay"),
            max_bytes=given.pop("max_bytes"),
            timeout_seconds=given.pop("timeout"),
            contact=contact,
        )
        return command(*args, limits=limits, **given)

    decorated: Any = limited
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def with_sites(command: _Command) -> _Command:
    """The command with --sites, which it gets as `sites`: the rows by name."""

    def rows(_: click.Context, __: click.Parameter, files: tuple[Path, ...]) -> dict[str, Site]:
        named = [
            Path(each) for each in os.environ.get("VARIORUM_SITES", "").split(os.pathsep) if each
        ]
        try:
            return read_sites((*named, *files))
        except UnusableSites as error:
            raise click.UsageError(str(error)) from error

    return click.option(
        "--sites",
        type=click.Path(path_type=Path),
        multiple=True,
        callback=rows,
        metavar="FILE",
        help="Rows of your own beside the shipped ones; later files win [VARIORUM_SITES].",
    )(command)


class Span(click.ParamType[float]):
    """A span of time: seconds, or a number with s, m, h, d or w."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The span in seconds.

        >>> Span().convert("1d", None, None)
        86400.0
        """
        found = _SPAN.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is no span of time; write 3600, 90m, 12h or 1d.", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


def manners(
    archive: Path, sites: dict[str, Site], limits: Limits, *, browser: bool = False
) -> runs.Manners:
    """Every row's wishes for a visit, the archive's memory of earlier ones, and whether to render.

    Of a row's delay and the crawl's own, the longer one is kept.

    Raises:
        NoBrowser: pages are to be rendered, and the machine cannot.
    """
    if browser:
        chromium()
    policies = [site.policy() for site in sites.values()]
    return runs.Manners(
        policies=tuple(
            replace(each, delay_seconds=max(each.delay_seconds or 0.0, limits.delay_seconds))
            for each in policies
        ),
        memory=ArchiveMemory(archive),
        browser=browser,
        turns=Turns(archive / turns.FILE),
        may_go_on=Reserve(archive, _kept_free()),
    )


def _kept_free() -> int:
    """What VARIORUM_KEEP_FREE asks for, in bytes."""
    typed = os.environ.get("VARIORUM_KEEP_FREE", "") or str(_KEPT_FREE)
    if not typed.isascii() or not typed.isdigit():
        raise click.UsageError(f"VARIORUM_KEEP_FREE is a number of MiB, not {typed[:40]!r}.")
    return int(typed) << 20


class Reserve:
    """Whether so much of the archive's disk is free that what is under way can be kept.

    A crawl that finds the disk nearly full pauses rather than fails, and goes on when there is room.
    """

    def __init__(self, archive: Path, least: int) -> None:
        self._archive, self._least = archive, least  # bytes
        self._was_enough = True

    def __call__(self) -> bool:
        """Says so on standard error, once each time, when it is no longer enough and when it is again."""
        free = shutil.disk_usage(self._archive).free
        enough = free >= self._least
        if enough != self._was_enough:
            self._was_enough = enough
            least = f"{self._least >> 20} MiB"
            told = (
                f"there are {least} again; the crawl goes on"
                if enough
                else f"only {free >> 20} MiB are; the crawl pauses until there are {least}"
            )
            click.echo(f"variorum: Free on the disk of {self._archive}: {told}.", err=True)
        return enough


class Counted:
    """Takes what a crawl delivers into the archive, and counts it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.fetched = 0  # answers to what was asked, lists included
        self.captures = 0  # all that was kept: redirects, repeated attempts, robots.txt included

    @property
    def receive(self) -> Receive:
        """What a crawl calls with each item."""
        return self._take

    def _take(self, item: Arrival | Failure) -> None:
        if isinstance(item, Failure):
            self._intake.fail(item.requested, item.reason, refused=item.refused)
            return
        self.captures += 1
        self.fetched += item.final
        if not item.final:
            self._intake.keep(item.exchange, part=item.part)
        elif item.leads:
            self._intake.shelve(item.exchange, item.rendition)
        elif item.rendition is not None:
            self._intake.take_rendered(item.requested, item.exchange, item.rendition)
        else:
            self._intake.take(item.requested, item.exchange)


@contextmanager
def progress(word: str) -> Iterator[Callable[[runs.Progress], None]]:
    """A bar on standard error while pages are fetched; nothing where that is no terminal."""
    console = terminal.progress_console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[url]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(word, total=None, url="")
        yield lambda now: bar.update(
            task, completed=now.settled, total=now.total, url=now.latest[:60]
        )


def say_interrupted() -> None:
    """One line for whoever interrupted."""
    click.echo("variorum: Interrupted. What is reported as archived is kept.", err=True)
