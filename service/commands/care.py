"""Commands that look after an archive: verify, repair, takedown, stats."""

import getpass
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from archive import verify as verification
from archive.adopted import linked
from archive.errors import NotKept
from archive.records import Fingerprint, Reading, Tombstone
from archive.repairs import Copies, FolderCopies, Repairs
from archive.repairs import repair as mend
from archive.store import Archive
from archive.takedown import take_down
from archive.verify import Chosen, rounds
from pipelines import fingerprint as fingerprints
from pipelines import flow
from pipelines.normal_form import normalise
from pipelines.repair import repaired
from pipelines.workers import Readers
from service import progress, terminal, views
from service.elsewhere import clear_stores, or_remote
from service.fetching import Span
from service.options import Settings, common, print_json

_PART = re.compile(r"(\d{1,6})/(\d{1,6})")


class Part(click.ParamType[tuple[int, int]]):
    """A part of all files, such as 2/7."""

    name = "n/m"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The part, and of how many."""
        found = _PART.fullmatch(value)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"{value!r} is no part; write 1/7 for the first of seven.", param, ctx)
        return int(found[1]), int(found[2])


@click.command()
@click.option("--quick", is_flag=True, help="Sizes, tails and references only; not every byte.")
@click.option("--subset", type=Part(), help="Prove only the files of one part, such as 1/7.")
@click.option(
    "--max-duration",
    type=Span(),
    metavar="TIME",
    help="Begin no file after so long; the next run goes on with those left, longest first.",
)
@click.option("--recompute", is_flag=True, help="Work out the key of every text again.")
@common
@or_remote
@click.pass_obj
def verify(
    settings: Settings,
    quick: bool,
    subset: tuple[int, int] | None,
    max_duration: float | None,
    recompute: bool,
) -> int:
    """Prove that the archive is what was written. Never repairs; exit status 1 on damage."""
    again = _fingerprint if recompute else None
    began = datetime.now(UTC)
    with settings.reader() as archive:
        names = tuple(archive.index.indexed())
        names = rounds.subset(names, *subset) if subset else names
        if quick:
            report = verification.verify_quickly(archive)
        elif subset or max_duration is not None:
            names = rounds.longest_unproved(archive.path, names)
            chosen = Chosen(names=names, seconds=max_duration)
            with progress.advancing("verify", len(names), files=True) as advance:
                report = verification.verify_partly(archive, chosen, again, advance)
        else:
            with progress.advancing("verify", len(names), files=True) as advance:
                report = verification.verify_fully(archive, again, advance)
    with suppress(NotKept):  # a read-only medium can be proved too
        rounds.note(settings.path, report, began)
    problems = [views.problem(problem) for problem in report.problems]
    times = rounds.last_proved(settings.path)
    oldest = min(times.values(), default=None)
    if settings.as_json:
        view = {"ok": not problems, "checked": report.checked, "problems": problems}
        when = views.rfc3339(oldest) if oldest else None
        print_json(view | {"left": report.left, "oldest_proof": when})
    else:
        terminal.facts(report.checked | ({} if quick else {"files left": report.left}))
        terminal.problems(problems)
        terminal.say(f"{len(problems)} problems." if problems else "No problems.")
    return 1 if problems else 0


def _fingerprint(reading: Reading) -> Fingerprint | None:
    """The fingerprint that the text has today; None where another recipe made the one it has."""
    if reading.fingerprint.recipe != fingerprints.recipe():
        return None
    form = normalise(repaired(reading.text, reading.repairs))
    return fingerprints.fingerprint(form)


@click.command()
@click.option(
    "--from",
    "source",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with good copies: another archive, or its WARC files and sidecars.",
)
@common
@click.pass_obj
def repair(settings: Settings, source: Path | None) -> int:
    """Restore what can be restored; what is changed is copied aside first. Status 1 if damage stays."""
    return report(settings, FolderCopies(source) if source else None)


def report(settings: Settings, copies: Copies | None) -> int:
    """Repair with these copies and print what came of it; exit status 1 if damage stays."""
    repairs = mend(settings.path, copies)
    if repairs.mended:
        _catch_up(settings)
    _print_repairs(settings, repairs)
    return 1 if repairs.left else 0


def _print_repairs(settings: Settings, repairs: Repairs) -> None:
    left = [views.problem(problem) for problem in repairs.left]
    if settings.as_json:
        mended = [
            {"path": each.path, "how": each.how, "message": each.message} for each in repairs.mended
        ]
        print_json({"ok": not left, "mended": mended, "problems": left})
        return
    for each in repairs.mended:
        terminal.say(each.message)
    terminal.problems(left)
    terminal.say(f"{len(repairs.mended)} things mended, {len(left)} problems left.")


def _catch_up(settings: Settings) -> None:
    """Make sketches and readings that a fresh index lacks."""
    with settings.writer() as archive, Readers() as readers:
        flow.catch_up(archive, readers)


@click.command()
@click.argument("target", metavar="KEY|CAPTURE")
@click.option("--reason", required=True, help="Why it must go; kept in the archive.")
@click.option("--by", default=getpass.getuser, help="Who says so [default: your user name].")
@common
@click.pass_obj
def takedown(settings: Settings, target: str, reason: str, by: str) -> int:
    """Take a version or a capture out of the archive for good; a tombstone stays.

    KEY names a version, of which every capture goes; CAPTURE is the id of one. Captures of the same bytes go
    with it, and so do they in the store of the last push; status 1 when a store still has them. Other copies,
    in quarantine/ too, are yours to delete; so are the bytes of a capture that was imported with --in-place.
    """
    Archive.open(settings.path).close()  # says what is wrong with a folder that is none
    try:
        tombstones = take_down(settings.path, target, by, reason)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    _catch_up(settings)
    stores = clear_stores(settings.path)
    if settings.as_json:
        print_json({"taken": [_tombstone(each) for each in tombstones], "stores": stores})
    else:
        for each in tombstones:
            terminal.say(f"{each.url}  {each.captured_at:%Y-%m-%d %H:%M}  {len(each.gone)} records")
        terminal.say(f"{len(tombstones)} captures taken down.")
        _print_stores(stores)
    return 1 if any(store["left"] for store in stores) else 0


def _print_stores(stores: list[views.View]) -> None:
    for store in stores:
        for name in store["replaced"]:
            terminal.say(f"{store['store']}: {name} was replaced there.")
        for left in store["left"]:
            terminal.say(f"{store['store']} still has {left['name']}: {left['reason']}")


def _tombstone(tombstone: Tombstone) -> views.View:
    return {
        "capture": tombstone.capture,
        "url": tombstone.url,
        "captured_at": views.rfc3339(tombstone.captured_at),
        "payload_digest": tombstone.payload_digest,
        "keys": list(tombstone.keys),
        "gone": [
            {"type": each.type, "id": each.id, "digest": each.digest, "length": each.length}
            for each in tombstone.gone
        ],
        "by": tombstone.by,
        "reason": tombstone.reason,
        "at": views.rfc3339(tombstone.at),
    }


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
            "adopted_files": len(linked(archive.path)),
            "index_bytes": (archive.path / "index.sqlite").stat().st_size,
        }
    view = {"archive": str(settings.path), **counts, **sizes}
    if settings.as_json:
        print_json(view)
    else:
        terminal.facts(view)
    return 0
