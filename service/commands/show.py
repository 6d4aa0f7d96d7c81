"""Commands that show what is there: show, text, diff."""

from collections import Counter

import click

from archive import lookup
from archive.records import Reading, Version
from archive.store import Archive
from pipelines import collate
from service import terminal, views
from service.options import Settings, common, print_json

_CONTEXT = 12  # characters shown on either side of a change


@click.command()
@click.argument("key")
@common
@click.pass_obj
def show(settings: Settings, key: str) -> int:
    """Show a document: its versions, where each was seen, and what is linked to it."""
    with settings.reader() as archive:
        view = views.document(archive, _version(archive, key).document)
    if settings.as_json:
        print_json(view)
    else:
        terminal.document(view)
    return 0


@click.command()
@click.argument("key")
@click.option("--how", is_flag=True, help="Say instead how the text was read from the bytes.")
@common
@click.pass_obj
def text(settings: Settings, key: str, how: bool) -> int:
    """Print the main text of a version."""
    with settings.reader() as archive:
        version = _version(archive, key)
        filed = archive.index.first_filed(version.key)
        reading = archive.reading(filed.entry.record, filed.entry.text)
    if settings.as_json:
        print_json({"version": version.key, "text": reading.text, "reading": _how(reading)})
    elif how:
        terminal.facts(_how(reading) | {"repairs": _repairs(reading)})
    else:
        click.echo(reading.text, nl=not reading.text.endswith("\n"))
    return 0


def _how(reading: Reading) -> views.View:
    """How the text came out of the bytes; offsets of repairs are those of the text."""
    return {
        "capture": reading.capture,
        "encoding": reading.encoding,
        "evidence": reading.evidence,
        "damage": reading.damage,
        "chosen": reading.chosen,
        "language": reading.language.tag,
        "confidence": reading.language.confidence,
        "repairs": [
            {
                "kind": repair.kind,
                "span": [repair.start, repair.end],
                "text": reading.text[repair.start : repair.end],
                "reading": repair.reading,
            }
            for repair in reading.repairs
        ],
    }


def _repairs(reading: Reading) -> str:
    """The kinds of damage with their counts, in a line."""
    counted = Counter(repair.kind for repair in reading.repairs)
    return ", ".join(f"{count} {kind}" for kind, count in counted.items()) or "none"


@click.command()
@click.argument("older")
@click.argument("newer")
@common
@click.pass_obj
def diff(settings: Settings, older: str, newer: str) -> int:
    """Show what changed between two versions."""
    with settings.reader() as archive:
        a, b = (archive.text(_version(archive, key).text) for key in (older, newer))
    view = {"changes": [_change(a, b, change) for change in collate.changes(a, b)]}
    if settings.as_json:
        print_json(view)
    else:
        terminal.changes(view)
    return 0


def _version(archive: Archive, key: str) -> Version:
    try:
        return lookup.by_key(archive, key)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _change(a: str, b: str, change: collate.Change) -> views.View:
    before = a[max(0, change.a[0] - _CONTEXT) : change.a[0]].rpartition("\n")[2]
    after = a[change.a[1] : change.a[1] + _CONTEXT].partition("\n")[0]
    return {
        "op": change.op,
        "a": list(change.a),
        "b": list(change.b),
        "a_text": a[slice(*change.a)],
        "b_text": b[slice(*change.b)],
        "context": [before, after],
    }
