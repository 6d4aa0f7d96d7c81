"""The command that searches titles and texts by words."""

from datetime import date

import click

from archive.lookup import Match
from archive.records import Evidence
from archive.search import BadQuery, Filters, Hit, Hits, Passage
from archive.store import Archive
from pipelines.search_form import search_in
from service import terminal, views
from service.options import Settings, common, print_json
from service.views import View

_MOST = 100  # matches of one answer


class Day(click.ParamType[date]):
    """An ISO day; anything else is a mistake of the caller."""

    name = "day"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day that was written."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value[:40]!r} is no day; write 2026-03-04.", param, ctx)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--language", help="Only texts in this language: zh, zh-Hant, es, en.")
@click.option("--publisher", help="Only what a publisher with this in its name has published.")
@click.option("--since", type=Day(), help="Only what was published on this day or later.")
@click.option("--until", type=Day(), help="Only what was published on this day or earlier.")
@click.option("--document", help="Only the versions of this document.")
@click.option(
    "--relation", type=click.Choice(["new", "version", "excerpt"]), help="Only such texts."
)
@click.option("--limit", type=click.IntRange(1, _MOST), default=20, show_default=True)
@common
@click.pass_obj
def search(
    settings: Settings, /, words: tuple[str, ...], limit: int, **filters: str | date | None
) -> int:
    """Find versions by the words of their titles and texts.

    All WORDS must be there. Quotes make a phrase: '"wetland plan"'; -word leaves out what has it (behind --),
    word* finds what begins so. Traditional characters find simplified ones and the other way round.
    """
    chosen = Filters(**filters)  # type: ignore[arg-type]  # click gives each the type it asks for
    with settings.reader() as archive:
        if chosen.document is not None:
            archive.index.document(chosen.document)  # UnknownKey says so
        with search_in(settings.path) as open_search:
            try:
                found = open_search.find(" ".join(words), filters=chosen, limit=limit)
            except BadQuery as error:
                raise click.UsageError(str(error)) from error
        view = {"matches": [_match(archive, hit) for hit in found.hits]}
    if settings.as_json:
        print_json(view)
    else:
        _print(view["matches"], found)
    return 0 if found.hits else 1


def _match(archive: Archive, hit: Hit) -> View:
    because = "Its title or text has the words." if hit.passages else "Its title has the words."
    evidence = Evidence(because=because)
    found = Match(version=hit.version, relation="mentions", score=hit.score, evidence=evidence)
    view = views.match(archive, found)
    view["evidence"]["passages"] = [_passage(each) for each in hit.passages]
    return view


def _passage(passage: Passage) -> View:
    marks = [list(mark) for mark in passage.marks]
    return {"text": passage.text, "marks": marks, "start": passage.start}


def _print(matches: list[View], found: Hits) -> None:
    terminal.matches(matches, passages=True)
    if not matches:
        click.echo("variorum: Nothing in this archive has these words.", err=True)
    elif found.next or not found.all:
        click.echo("variorum: There is more; add a word, or ask for more with --limit.", err=True)
