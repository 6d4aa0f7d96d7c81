"""The command that fetches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from crawlers.run import Limits, fetch
from crawlers.sink import Arrival, Failure
from service import terminal
from service.intake import Intake, report
from service.options import Address, Settings, common

INTERRUPTED = 130


@click.command()
@click.argument("urls", nargs=-1, required=True, type=Address(), metavar="URL...")
@click.option(
    "--delay", type=click.FloatRange(min=0), default=1.0, help="Seconds between requests."
)
@click.option("--max-bytes", type=click.IntRange(min=1), default=8 << 20, help="Of one answer.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=10.0, help="Seconds for a page.")
@common
@click.pass_obj
def submit(
    settings: Settings, urls: tuple[str, ...], delay: float, max_bytes: int, timeout: float
) -> int:
    """Fetch pages politely, archive them, and say what each one is."""
    limits = Limits(delay_seconds=delay, max_bytes=max_bytes, timeout_seconds=timeout)
    with Intake(settings) as intake, _progress(len(set(urls))) as advance:

        def receive(item: Arrival | Failure) -> None:
            if isinstance(item, Failure):
                intake.fail(item.requested, item.reason)
            elif item.final:
                intake.take(item.requested, item.exchange)
            else:
                intake.keep(item.exchange)

        summary = fetch(urls, limits, receive, lambda progress: advance(progress.latest))
    places = {url: place for place, url in enumerate(dict.fromkeys(urls))}
    status = report(settings, sorted(intake.results, key=lambda result: places[result["url"]]))
    if summary.interrupted:
        click.echo("variorum: Interrupted. What is reported as archived is kept.", err=True)
        return INTERRUPTED
    return status


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error while pages are fetched; nothing where that is no terminal."""
    console = terminal.progress_console()
    columns = (
        TextColumn("fetching"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[url]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("fetching", total=total, url="")
        yield lambda url: bar.update(task, advance=1, url=url[:60])
