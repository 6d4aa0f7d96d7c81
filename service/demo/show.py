"""The story that the demo tells, with the real commands.

Nothing here knows how Variorum works: every line of output below a `$` is that command's own, run as a
process, and what the story needs to go on it takes from the same commands' `--json`.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from service.demo.sites import ISSUED, MINISTRY, REVISED, SITES, passage
from service.demo.world import World

# Seconds for one command, which takes a few: against one that hangs, not a slow machine.
PATIENCE = 600.0
DELAY = "0.1"  # seconds between requests to one site; all of them are on this machine
SHORT = 12  # characters of a key, as the commands show it
PASTED = "地下淡水透镜体"  # stands in the paragraph that somebody pastes, and nowhere else


class StoryBroken(Exception):
    """A command failed, or its answer is not what the story needs; the message is for people."""


class Stage:
    """Where the story is told: what it says, and the commands that it runs on one archive."""

    def __init__(self, console: Console, world: World, archive: Path) -> None:
        self.archive = archive
        self.world = world
        self._console = console
        self._settings = {
            "VARIORUM_ARCHIVE": str(archive),
            "VARIORUM_ALLOW_ADDRESSES": world.allowed,
        }

    def chapter(self, title: str) -> None:
        """Print a heading."""
        self._console.print()
        self._console.print(Rule(f"[bold]{title}", align="left"))

    def say(self, *lines: str) -> None:
        """Print some lines of prose."""
        for line in lines:
            self._console.print(Text(line))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows of words."""
        grid = Table.grid(padding=(0, 2))
        for row in rows:
            grid.add_row(*(Text(word) for word in row))
        self._console.print(Padding(grid, (0, 2)))

    def file(self, path: Path) -> None:
        """Print where a file lies and its size, on one line so that it can be copied."""
        shown = Text(f"  {path}  {path.stat().st_size:,} bytes")
        self._console.print(shown, soft_wrap=True)

    def settings(self) -> None:
        """Print the two settings that the commands below run with."""
        values = (f"export {name}={shlex.quote(value)}" for name, value in self._settings.items())
        self._typed("\n$ ".join(values))

    def run(self, *words: str) -> None:
        """Print a command as a user would type it, and run it with its output below.

        Raises:
            StoryBroken: it ended with another status than 0.
        """
        self._typed(typed(words))
        self._ended(words, self._command(words, None).returncode)

    def coloured(self, *words: str) -> str:
        """What a command prints on a terminal; nothing is printed here.

        Raises:
            StoryBroken: it ended with another status than 0.
        """
        answer = self._command(words, subprocess.PIPE, {"FORCE_COLOR": "1"})
        self._ended(words, answer.returncode)
        return answer.stdout

    def ask(self, *words: str) -> dict[str, Any]:
        """What a command gives with `--json`; nothing is printed.

        Raises:
            StoryBroken: it ended with another status than 0, or printed no JSON.
        """
        answer = self._command(("--json", *words), subprocess.PIPE)
        self._ended(words, answer.returncode)
        try:
            found: dict[str, Any] = json.loads(answer.stdout)
        except ValueError as wrong:
            raise StoryBroken(f"`variorum --json {words[0]}` printed no JSON: {wrong}.") from wrong
        return found

    def _typed(self, line: str) -> None:
        self._console.print()
        shown = Text(f"$ {line}", style="bold green")
        self._console.print(shown, soft_wrap=True)
        self._console.file.flush()

    def _command(
        self, words: Sequence[str], stdout: int | None, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603 - our own command line, on our own words
                [sys.executable, "-m", "service.cli", *words],
                env=environment({**self._settings, **(more or {})}),
                stdout=stdout,
                text=True,
                encoding="utf-8",
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise StoryBroken(
                f"`variorum {words[0]}` had not ended after {PATIENCE:.0f} seconds."
            ) from late

    @staticmethod
    def _ended(words: Sequence[str], status: int) -> None:
        if status:
            raise StoryBroken(f"`variorum {words[0]}` ended with status {status} instead of 0.")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with the settings, for a command that writes UTF-8."""
    return {**os.environ, "PYTHONIOENCODING": "utf-8", **settings}


def typed(words: Sequence[str]) -> str:
    """A command as a user would type it, each address on a line of its own."""
    if sum(word.startswith("http://") for word in words) < 2:
        return shlex.join(("variorum", *words))
    first = shlex.join(["variorum", *(word for word in words if not word.startswith("http://"))])
    return " \\\n    ".join([first, *(word for word in words if word.startswith("http://"))])


def tell(stage: Stage, pasted: Path) -> tuple[str, str]:
    """Tell the whole story; the keys of the plan's two versions. `pasted` is written on the way.

    Raises:
        StoryBroken: a command failed, or gave what the story cannot go on with.
    """
    began = monotonic()
    introduce(stage)
    archive_all(stage)
    amend(stage)
    first, second = versions(stage)
    stage.chapter("4  What changed from one version to the other")
    stage.run("diff", first, second)
    look_up(stage, first, pasted)
    prove(stage)
    stage.chapter(f"That was all, in {monotonic() - began:.0f} seconds")
    stage.say("The archive stays, and so does everything in it, until the demo runs again:")
    stage.say(str(stage.archive))
    return first, second


def introduce(stage: Stage) -> None:
    """Who is in the story."""
    stage.chapter("A ministry publishes a plan, and five other sites make something of it")
    stage.say("Six web sites, served from this machine; each has one page that was made up for it:")
    stage.table([(site.address, site.what) for site in SITES])
    stage.say("", "Addresses of one's own machine are refused unless they are allowed by name, so:")
    stage.settings()


def archive_all(stage: Stage) -> None:
    """The pages as they were published: the ministry's first, then what others made of it."""
    stage.chapter("1  Archive the six pages")
    stage.say("On the first day there is only the ministry's page:")
    ministry, *others = stage.world.urls
    stage.run("submit", ministry)
    stage.say("", "Within a week, five others have it:")
    stage.run("submit", "--delay", DELAY, *others)


def amend(stage: Stage) -> None:
    """All six again, after one of them changed."""
    stage.chapter("2  A month later the ministry changes a number, and tells nobody")
    stage.world.amend()
    stage.say(
        f"Among the 2,500 characters of its page, {ISSUED.target} (foster 30 companies) is now "
        f"{REVISED.target} (50). The other sites keep what they have. Fetch all six again:"
    )
    stage.run("submit", "--delay", DELAY, *stage.world.urls)


def versions(stage: Stage) -> tuple[str, str]:
    """The keys of the plan's two versions, older first, after showing its document.

    Raises:
        StoryBroken: there are not two versions.
    """
    stage.chapter("3  One document, its two versions, and who shows which")
    matches = stage.ask("lookup", "--url", stage.world.url(MINISTRY))["matches"]
    found = sorted((each["number"], each["version"]) for each in matches)
    if [number for number, _ in found] != [1, 2]:
        raise StoryBroken(f"The ministry's page should have had two versions, not {len(found)}.")
    stage.run("show", found[0][1][:SHORT])
    return found[0][1][:SHORT], found[1][1][:SHORT]


def look_up(stage: Stage, version: str, pasted: Path) -> None:
    """Two ways in for somebody who has a text, or a key, and nothing else."""
    stage.chapter("5  Find it again")
    stage.say("By its fingerprint, of which the first characters are enough:")
    stage.run("lookup", version)
    pasted.write_text(passage(PASTED) + "\n", encoding="utf-8")
    stage.say("", f"By a paragraph that somebody pasted, here in {pasted}:")
    stage.run("lookup", "--text", str(pasted))


def prove(stage: Stage) -> None:
    """The bytes behind it all."""
    stage.chapter("6  The evidence")
    stage.say("What was sent and received lies in WARC files, byte for byte, for any tool to read:")
    files = sorted(stage.archive.rglob("*.warc.gz"))
    if not files:
        raise StoryBroken(f"There is no WARC file below {stage.archive}.")
    for file in files:
        stage.file(file)
    stage.say("Are they all whole, and does the index say what they say?")
    stage.run("verify", "--quick")
    stage.run("stats")
