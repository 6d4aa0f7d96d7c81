"""The commands about works: which documents are one plan, and a person's word on that."""

import getpass
from datetime import UTC, datetime

import click
import msgspec
from rich.markup import escape
from rich.text import Text

from archive import lookup
from archive.store import Archive
from archive.works import WorkWord
from pipelines.works import encoder, linking
from service import terminal
from service.options import Settings, common, print_json
from service.pages.works import WorkLinkView, WorkPage, work_named, work_page, works_page

_LATER = 3600.0  # seconds that `work update` takes at most; it can be called again


@click.group()
def work() -> None:
    """Works: the documents that are one plan, in one language or several."""


@work.command("list")
@click.option("--several", is_flag=True, help="Only works of more than one document.")
@common
@click.pass_obj
def list_(settings: Settings, several: bool) -> int:
    """List the works, those with most documents first."""
    with settings.reader() as archive:
        page = works_page(archive, several=several)
    if settings.as_json:
        print_json(msgspec.to_builtins(page))
        return 0
    out = terminal.console()
    for row in page.works:
        languages = " ".join(row.languages)
        counts = f"{_count(len(row.documents), 'document')}, {_count(row.witnesses, 'address')}"
        asks = f"  {row.suggestions} to decide" if row.suggestions else ""
        out.print(
            Text.assemble((terminal.short(row.work), "bold"), f"  {row.title or '(no title)'}")
        )
        out.print(Text(f"  {languages}  {counts}{asks}", style="dim"))
    return 0


@work.command()
@click.argument("key")
@common
@click.pass_obj
def show(settings: Settings, key: str) -> int:
    """Show a work: its documents, why they are one, and what a person should decide.

    KEY names the work, or any document or version of it.
    """
    with settings.reader() as archive:
        page = work_page(archive, work_named(archive, key))
    _answer(settings, page)
    return 0


@work.command()
@click.argument("text")
@click.argument("other")
@click.option("--by", default=getpass.getuser, help="Who says so [default: your user name].")
@click.option("--reason", default="", help="Why; kept in the archive.")
@common
@click.pass_obj
def link(settings: Settings, text: str, other: str, by: str, reason: str) -> int:
    """Say that two documents are one work; no detector undoes that.

    TEXT and OTHER are keys of the documents, or of versions of them.
    """
    return _say(settings, (text, other), by, reason, belongs=True)


@work.command()
@click.argument("text")
@click.argument("other")
@click.option("--by", default=getpass.getuser, help="Who says so [default: your user name].")
@click.option("--reason", required=True, help="Why they are two works; kept in the archive.")
@common
@click.pass_obj
def unlink(settings: Settings, text: str, other: str, by: str, reason: str) -> int:
    """Say that two documents are no one work; they are kept apart for good.

    TEXT and OTHER are keys of the documents, or of versions of them.
    """
    return _say(settings, (text, other), by, reason, belongs=False)


@work.command()
@common
@click.pass_obj
def update(settings: Settings) -> int:
    """Weigh every text that was not weighed yet against those of other languages.

    Commands that take something in do this for what is new, and for a while; this does the rest.
    """
    with settings.writer() as archive:
        count = linking.link(archive, seconds=_LATER)
        several = sum(len(each.documents) > 1 for each in archive.index.all_works())
    if settings.as_json:
        print_json({"weighed": count, "works": several, "encoder": encoder.is_there()})
        return 0
    terminal.say(f"{count} texts weighed; {several} works of several documents.")
    if not encoder.is_there():
        terminal.say(str(encoder.NoEncoder()))
    return 0


def _say(settings: Settings, keys: tuple[str, str], by: str, reason: str, *, belongs: bool) -> int:
    with settings.writer() as archive:
        source, target = (_text(archive, key) for key in keys)
        if archive.index.version(source).document == archive.index.version(target).document:
            raise click.UsageError(
                "These are versions of one document; `variorum unlink` takes such apart."
            )
        said = WorkWord(
            source=source,
            target=target,
            belongs=belongs,
            by=by,
            reason=reason,
            at=datetime.now(UTC),
        )
        archive.say(said)
        page = work_page(archive, source)
    _answer(settings, page)
    return 0


def _text(archive: Archive, key: str) -> str:
    """The exact part of the first version of what the key names."""
    return archive.index.versions(lookup.by_key(archive, key).document)[0].key


def _answer(settings: Settings, page: WorkPage) -> None:
    if settings.as_json:
        print_json(msgspec.to_builtins(page))
        return
    out = terminal.console()
    out.print(Text.assemble(("Work ", "dim"), (page.work, "bold"), f"  {' '.join(page.languages)}"))
    for each in page.documents:
        counts = f"{_count(each.versions, 'version')}, {_count(len(each.witnesses), 'address')}"
        out.print()
        out.print(Text.assemble((each.title or "(no title)", "bold"), f"  {each.language}"))
        out.print(Text(f"  {terminal.short(each.document)}  {counts}", style="dim"))
        for url in each.witnesses:
            out.print(f"  {escape(url)}")
    for heading, views in (
        ("Why they are one", page.links),
        ("To decide: `variorum work link` or `work unlink`", page.suggestions),
        ("Circulars", page.announced_by),
    ):
        if views:
            out.print(f"\n{heading}", style="bold")
        for view in views:
            out.print(_line(view))


def _line(view: WorkLinkView) -> Text:
    ends = f"{terminal.short(view.source.document)} - {terminal.short(view.target.document)}"
    who = f"  {view.by}: {view.reason}" if view.by else ""
    return Text.assemble(
        f"  {ends}  {view.kind}, {view.standing}{who}", (f"\n    {view.because}", "dim")
    )


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{'' if number == 1 else plural}"
