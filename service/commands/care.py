"""Commands that look after an archive: verify, stats."""

import click

from archive import verify as verification
from service import terminal, views
from service.options import Settings, common, print_json


@click.command()
@click.option("--quick", is_flag=True, help="Sizes, tails and references only; not every byte.")
@common
@click.pass_obj
def verify(settings: Settings, quick: bool) -> int:
    """Prove that the archive is what was written. Never repairs; exit status 1 on damage."""
    with settings.reader() as archive:
        check = verification.verify_quickly if quick else verification.verify_fully
        report = check(archive)
    problems = [views.problem(problem) for problem in report.problems]
    if settings.as_json:
        print_json({"ok": not problems, "checked": report.checked, "problems": problems})
    else:
        terminal.facts(report.checked)
        terminal.problems(problems)
        terminal.say(f"{len(problems)} problems." if problems else "No problems.")
    return 1 if problems else 0


@click.command()
@common
@click.pass_obj
def stats(settings: Settings) -> int:
    """Counts and sizes."""
    with settings.reader() as archive:
        counts = archive.index.counts()
        files = [
            *(archive.path / "warc").glob("*.warc.gz"),
            *(archive.path / "warc").glob("*.open"),
        ]
        sizes = {
            "warc_files": len(files),
            "warc_bytes": sum(path.stat().st_size for path in files),
            "index_bytes": (archive.path / "index.sqlite").stat().st_size,
        }
    view = {"archive": str(settings.path), **counts, **sizes}
    if settings.as_json:
        print_json(view)
    else:
        terminal.facts(view)
    return 0
