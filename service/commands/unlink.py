"""The command that takes apart what was put together wrongly."""

import getpass

import click

from archive import keys
from archive.records import Fingerprint, Unlink
from pipelines import flow
from pipelines.workers import Readers
from service import terminal, views
from service.options import Settings, common, print_json


class Text(click.ParamType[str]):
    """A whole fingerprint, or its exact part: a prefix is too little to name a text for good."""

    name = "key"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The exact part."""
        try:
            key = keys.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if isinstance(key, Fingerprint):
            return key.exact
        if not isinstance(key, keys.Exact):
            self.fail(f"{value[:80]!r} is not a whole fingerprint or exact part.", param, ctx)
        return key.text


@click.command()
@click.argument("text", type=Text())
@click.argument("other", type=Text())
@click.option(
    "--reason", required=True, help="Why they do not belong together; kept in the archive."
)
@click.option("--by", default=getpass.getuser, help="Who says so [default: your user name].")
@common
@click.pass_obj
def unlink(settings: Settings, text: str, other: str, reason: str, by: str) -> int:
    """Say that two texts do not belong together; they are taken apart and stay so.

    TEXT and OTHER are whole fingerprints or exact parts, as `show` prints them.
    """
    if text == other:
        raise click.UsageError("A text cannot be taken apart from itself.")
    with settings.writer() as archive, Readers() as readers:
        archive.unlink(Unlink(source=text, target=other, by=by, reason=reason))
        flow.catch_up(archive, readers)
        documents = {archive.index.version(key).document for key in (text, other)}
        shown = [views.document(archive, key) for key in sorted(documents)]
    if settings.as_json:
        print_json({"documents": shown})
    else:
        for view in shown:
            terminal.document(view)
    return 0
