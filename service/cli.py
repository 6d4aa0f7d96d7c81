"""The command `variorum`: parse, call, print. Exit statuses are listed in docs/exit-codes.md."""

import logging
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from archive.errors import (
    AmbiguousKey,
    ArchiveBusy,
    ArchiveError,
    NotKept,
    UnknownKey,
)
from crawlers.errors import CrawlError
from pipelines.errors import StageError
from service.errors import ServiceError
from service.options import Settings, print_json

DONE, NO, USAGE, UNUSABLE, BUSY, NOT_KEPT, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 5, 70, 130

_STATUS: tuple[tuple[type[Exception], int], ...] = (  # the first that fits
    (UnknownKey, NO),
    (AmbiguousKey, NO),
    (ArchiveBusy, BUSY),
    (NotKept, NOT_KEPT),
    (ArchiveError, UNUSABLE),
    (CrawlError, NO),
    (StageError, NO),
)


# What stands behind each command is loaded when the command is used: the stages and Scrapy take seconds.
_COMMANDS = {
    "submit": ("submit:submit", "Fetch pages politely, archive them, and say what each one is."),
    "crawl": ("crawl:crawl", "Find the pages of a site, fetch them, and say what each one is."),
    "watch": ("watch:watch", "Name plans to look for; crawls follow what fits."),
    "ingest": ("ingest:ingest", "Archive a file that somebody saved."),
    "import": ("ingest:import_", "Take over WARC, ARC and WACZ files made by other tools."),
    "lookup": ("lookup:lookup", "Find a version by key, pasted text or address."),
    "search": ("search:search", "Find versions by the words of their titles and texts."),
    "show": ("show:show", "Show a document, its versions, and where each was seen."),
    "text": ("show:text", "Print the main text of a version."),
    "diff": ("show:diff", "Show what changed between two versions."),
    "timemap": ("timemap:timemap", "List the captures of an address in link format."),
    "export": ("export:export", "Copy documents or the whole archive for other tools and people."),
    "work": ("work:work", "Which documents are one plan, and a person's word on that."),
    "report": ("report:report", "What each witness of a work did to its text."),
    "unlink": ("unlink:unlink", "Take two texts apart that were put together wrongly."),
    "fingerprint": ("fingerprint:fingerprint", "Print the fingerprint of a file."),
    "verify": ("care:verify", "Prove that the archive is what was written."),
    "repair": ("care:repair", "Restore what can be restored of a damaged archive."),
    "takedown": ("care:takedown", "Take a version or a capture out of the archive for good."),
    "rebuild-index": ("rebuild:rebuild_index", "Make the index again from the WARCs alone."),
    "archive": ("remote:archive", "Keep sealed files in S3 or another folder: push, pull, status."),
    "serve": ("serve:serve", "Serve the web pages and the REST API."),
    "token": ("token:token", "Make and revoke the tokens of the API."),
    "tell": ("tell:tell", "Tell webhooks and mailboxes what changed."),
    "config": ("config:config", "Check and show the configuration of server and worker."),
    "stats": ("care:stats", "Counts and sizes."),
    "worker": ("worker:worker", "Do the jobs of an archive, until told to stop."),
    "jobs": ("jobs:jobs", "Look at jobs, cancel them, try them again."),
    "schedule": ("schedule:schedule", "Crawl sites again and again, by cron lines."),
}


class _Commands(click.Group):
    """The commands by name, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(f"service.commands.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--archive", type=click.Path(path_type=Path), help="The archive folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.version_option(package_name="variorum", message="variorum %(version)s")
@click.pass_context
def variorum(context: click.Context, archive: Path | None, as_json: bool) -> None:
    """Archive every published variant of a plan or policy, with the evidence.

    The archive folder is --archive, or VARIORUM_ARCHIVE, or ./variorum-archive.
    """
    context.obj = Settings(archive=archive, as_json=as_json)


def main() -> None:
    """Run the command line; ends the process with its exit status."""
    if os.environ.get("VARIORUM_DEBUG"):
        logging.basicConfig(level=logging.DEBUG)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Exit status of one command. The outermost edge: every error becomes a sentence here."""
    as_json = "--json" in arguments
    try:
        status = variorum.main(arguments, prog_name="variorum", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (KeyboardInterrupt, click.Abort):
        return _fail("Interrupted. What was reported as archived is kept.", INTERRUPTED, as_json)
    except Exception as error:
        logging.getLogger("variorum").debug("traceback", exc_info=True)
        return _fail(*_explained(error), as_json)
    return status if isinstance(status, int) else DONE


def _explained(error: Exception) -> tuple[str, int]:
    """What to say about an error, and the exit status."""
    if isinstance(error, click.ClickException):
        return _usage(error), USAGE
    if isinstance(error, ServiceError):
        return str(error), error.exit_status
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return str(error), status
    hint = "Set VARIORUM_DEBUG=1 to see where, and report it."
    return f"Variorum failed: {type(error).__name__}: {error}. {hint}", INTERNAL


def _usage(error: click.ClickException) -> str:
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
    hint = f" See `{command} --help`." if command else ""
    return f"{error.format_message()}{hint}"


def _fail(sentence: str, status: int, as_json: bool) -> int:
    if as_json:
        print_json({"error": {"status": status, "message": sentence}})
    click.echo(f"variorum: {sentence}", err=True)
    return status


if __name__ == "__main__":
    main()
