"""The command `report`: what each witness of a work did to its text."""

from collections import Counter
from pathlib import Path

import click
from rich.text import Text

from archive import files
from pipelines.report import Event, Report, WitnessReport
from pipelines.report.model import WHOLE
from service import terminal
from service.exports import FORMS, export
from service.options import Settings, common, print_json
from service.pages.report import report_page, view

_LINES = 25  # events of a witness that are printed without --all: a screen
_SHOWN = 60  # characters of a passage
_STYLE = {"full": "green", "absent": "red"}


@click.command()
@click.argument("key")
@click.option(
    "--html",
    "as_html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one HTML file that needs nothing beside it.",
)
@click.option(
    "--tei",
    "as_tei",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the base with its apparatus as TEI XML.",
)
@click.option(
    "--zip",
    "as_zip",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all of these and the text of every witness in one folder.",
)
@click.option(
    "--all", "every", is_flag=True, help="Show notation, furniture and what is not certain too."
)
@common
@click.pass_obj
def report(settings: Settings, /, key: str, every: bool, **into: Path | None) -> int:
    """Report what each witness of a work kept, cut, added, changed and damaged.

    KEY names the work, or any document or version of it.
    """
    with settings.reader() as archive:
        try:
            made = report_page(archive, key)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        for form in FORMS:
            if path := into.get(f"as_{form}"):
                files.replace(path, export(archive, made, form).body)
    if settings.as_json:
        print_json(view(made))
    else:
        _print(made, every=every)
    return 0


def _print(made: Report, *, every: bool) -> None:
    out = terminal.console()
    base = made.base.identity
    out.print(Text.assemble((base.title or made.work, "bold"), f"\n  base: {base.url}"))
    for lost in made.base.apparatus:
        out.print(
            Text(
                f"  restored at character {lost.at}: {lost.text} (it stands at {', '.join(lost.witnesses)})"
            )
        )
    for each in made.witnesses:
        _print_witness(each, every=every)
    out.print(Text("\nWho copied from whom", style="bold"))
    for edge in made.descent:
        out.print(Text(f"  {edge.target}\n    from {edge.source}  p = {edge.p:.2g}"))
        out.print(Text(f"    {edge.evidence}", style="dim"))
    for url in made.undecided:
        out.print(Text(f"  {url}: not enough evidence", style="dim"))


def _print_witness(each: WitnessReport, *, every: bool) -> None:
    out = terminal.console()
    who = each.identity
    line = f"  {who.language}  {each.coverage:.1%}  {who.published_at or 'undated'}"
    out.print(Text.assemble(("\n" + who.url, "bold"), line))
    for status, count in Counter(state.status for state in each.sections).items():
        names = [state.id for state in each.sections if state.status == status]
        listed = "" if status == "full" else ": " + " ".join(names)
        said = f"  {count} {status.replace('_', ' ')}{listed}"
        out.print(Text(said, style=_STYLE.get(status, "yellow")))
    shown = [
        event
        for event in each.events
        if every
        or (event.certain and event.note != WHOLE and event.severity in {"substantive", "minor"})
    ]
    shown = shown if every else shown[:_LINES]
    for event in shown:
        out.print(Text(_line(event)))
    if len(shown) < len(each.events):
        left = len(each.events) - len(shown)
        said = (
            f"  {left} more with --all, among them notation, page furniture and passages that are not "
            "certain and stand side by side"
        )
        out.print(Text(said, style="dim"))
    if each.caution:
        out.print(Text(f"  {each.caution}", style="dim"))


def _line(event: Event) -> str:
    """One event: what, where, and the characters on both sides."""
    sides = " -> ".join(f"“{_short(said)}”" for said in (event.base_text, event.text) if said)
    unsure = "" if event.certain else " (?)"
    repair = f" read as “{_short(event.repair)}”" if event.repair else ""
    head = f"  {event.severity:<11} {event.type:<10} {event.section or '-':<7}"
    return f"{head} {sides}{repair}{unsure}  {event.note}".rstrip()


def _short(said: str) -> str:
    plain = said.replace("\n", " ")
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
