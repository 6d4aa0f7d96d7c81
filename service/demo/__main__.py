"""`python -m service.demo`: the demo, from an empty folder to the last line."""

import shutil
import sys
from pathlib import Path

import click
from rich.console import Console

from service.demo.picture import draw
from service.demo.show import Stage, StoryBroken, tell
from service.demo.world import served

MARK = "made-by-the-demo.txt"  # only a folder that holds this file is ever emptied


def emptied(folder: Path) -> Path:
    """The folder, new and empty but for its mark.

    Raises:
        StoryBroken: it is there and holds something that the demo did not make.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise StoryBroken(f"{folder} is not empty. Name a new one with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("`make demo` empties this folder when it runs again.\n", "utf-8")
    return folder


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("variorum-demo"),
    show_default=True,
    help="Where the demo's archive goes. What an earlier demo left there is deleted.",
)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    hidden=True,
    help="Where a picture of two of the commands goes, for README.md.",
)
def main(folder: Path, picture: Path | None) -> None:
    """Archive six made-up pages about one plan, then show what became of it."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    try:
        with served() as world:
            stage = Stage(console, world, emptied(folder) / "archive")
            pasted = folder / "pasted.txt"
            first, second = tell(stage, pasted)
            if picture is not None:
                draw(stage, first, second, pasted, picture)
    except (StoryBroken, OSError) as broken:
        console.file.flush()
        sys.exit(f"The demo stopped: {broken}")


if __name__ == "__main__":
    main()
