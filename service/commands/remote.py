"""Commands about sealed files in a store elsewhere: archive push, pull, repair, status."""

from collections.abc import Iterable
from typing import Any

import click

from archive.adopted import linked
from archive.remote import address as addresses
from archive.remote import receipts
from archive.remote.copies import StoreCopies
from archive.remote.interface import Store
from archive.remote.pulling import Pulled
from archive.remote.pulling import pull as pull_files
from archive.remote.pushing import Pushed
from archive.remote.pushing import push as push_files
from pipelines import flow
from pipelines.workers import Readers
from service import progress, terminal, views
from service.commands import care
from service.elsewhere import store_named
from service.options import Settings, common, print_json
from service.views import View


@click.group()
def archive() -> None:
    """Keep sealed WARC files in S3 or in another folder, and get them back."""


_STORE = click.option(
    "--store",
    "address",
    metavar="ADDRESS",
    help="s3://bucket/prefix or a folder [default: that of the last push or pull].",
)
_ENDPOINT = click.option(
    "--endpoint-url",
    metavar="URL",
    help="Of an S3 server that is not AWS's [default: AWS_ENDPOINT_URL or the profile's].",
)


_HELD = {
    "checksum": "proved there by its checksum",
    "read back": "proved there by reading it back",
    "sidecar": "there by its sidecar's word",
    None: "not pushed",
}
_OUTDATED = "there as it was before a takedown: push"


@archive.command()
@_STORE
@_ENDPOINT
@click.option("--drop-local", is_flag=True, help="Delete each file here once it is proved there.")
@common
@click.pass_obj
def push(
    settings: Settings, address: str | None, endpoint_url: str | None, drop_local: bool
) -> int:
    """Send every sealed file that the store does not hold; exit status 1 when one was refused."""
    store = store_named(settings, address, endpoint_url)
    rows = _report(settings, store, push_files(settings.path, store, drop_local=drop_local))
    if outside := linked(settings.path):
        click.echo(
            f"variorum: {len(outside)} files that were imported with --in-place are not the archive's "
            "own; they stay where they are, outside the store.",
            err=True,
        )
    return _status_of(rows)


@archive.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@_STORE
@_ENDPOINT
@click.option(
    "--sidecars-only", is_flag=True, help="Leave the files there; records are read from the store."
)
@common
@click.pass_obj
def pull(
    settings: Settings,
    names: tuple[str, ...],
    address: str | None,
    endpoint_url: str | None,
    sidecars_only: bool,
) -> int:
    """Fetch the files that are not here, all or those with NAME in their names, and index them."""
    store = store_named(settings, address, endpoint_url)
    pulled = pull_files(settings.path, store, names, sidecars_only=sidecars_only)
    rows = _report(settings, store, pulled)
    if any(row["state"] in {"fetched", "left there", "replaced"} for row in rows):
        with settings.writer() as opened, Readers() as readers:
            flow.catch_up(opened, readers)
    return _status_of(rows)


@archive.command()
@_STORE
@_ENDPOINT
@common
@click.pass_obj
def repair(settings: Settings, address: str | None, endpoint_url: str | None) -> int:
    """Like `variorum repair`, with good copies of damaged or lost files from the store."""
    return care.report(settings, StoreCopies(store_named(settings, address, endpoint_url)))


@archive.command()
@common
@click.pass_obj
def status(settings: Settings) -> int:
    """What is here, what a store has proved to hold, and what is only there. Asks no network."""
    view = _status(settings)
    if settings.as_json:
        print_json(view)
        return 0
    terminal.facts({name: value for name, value in view.items() if name != "files"})
    for each in view["files"]:
        place = "here" if each["here"] else "only in the store"
        held = _OUTDATED if each["outdated"] else _HELD[each["proof"]]
        terminal.say(f"{each['name']}  {each['size']} bytes, {place}, {held}")
    return 0


def _report(settings: Settings, store: Store, outcomes: Iterable[Pushed | Pulled]) -> list[View]:
    """Each file as soon as something became of it; all of them, for --json and for the caller."""
    rows: list[View] = []
    files = len(list((settings.path / "warc").glob("*.warc.gz")))
    with progress.advancing(store.address, files, files=True) as advance:
        for each in outcomes:
            row = _row(each)
            rows.append(row)
            advance(1)
            if not settings.as_json:
                terminal.say(_line(row))
    refused = [row for row in rows if row["state"] == "refused"]
    if settings.as_json:
        print_json({"store": store.address, "files": rows})
    else:
        terminal.say(f"{len(rows)} files, {len(refused)} refused. Store: {store.address}")
    return rows


def _status_of(rows: list[View]) -> int:
    return 1 if any(row["state"] == "refused" for row in rows) else 0


def _row(each: Pushed | Pulled) -> View:
    row: dict[str, Any] = {
        "name": each.name,
        "size": each.size,
        "state": each.state,
        "reason": each.reason or None,
    }
    if isinstance(each, Pushed):
        row |= {"proof": each.proof or None, "dropped": each.dropped, "earlier": list(each.earlier)}
    return row


def _line(row: View) -> str:
    proof = f", proved by {row['proof']}" if row.get("proof") else ""
    gone = ", dropped here" if row.get("dropped") else ""
    if earlier := row.get("earlier"):
        gone += f", but the bucket keeps versions from before a takedown: {', '.join(earlier)}"
    reason = f": {row['reason']}" if row["reason"] else ""
    return f"{row['state']:<10}  {row['name']}  {row['size']} bytes{proof}{gone}{reason}"


def _status(settings: Settings) -> View:
    path = settings.path
    with settings.reader():
        where = addresses.remembered(path)
    outdated = receipts.outdated(path)
    rows = []
    for name in receipts.sealed(path):
        receipt = receipts.kept(path, name)
        here = (path / name).exists()
        rows.append(
            {
                "name": name,
                "size": (path / name).stat().st_size if here else receipt.size if receipt else None,
                "here": here,
                "outdated": name in outdated,
                "proof": receipt.proof if receipt else None,
                "confirmed_at": views.rfc3339(receipt.confirmed_at) if receipt else None,
            }
        )
    return {
        "archive": str(path),
        "store": str(where) if where else None,
        "sealed": len(rows),
        "pushed": sum(1 for row in rows if row["proof"]),
        "only_there": sum(1 for row in rows if not row["here"]),
        "files": rows,
    }
