"""The command that lists the captures of an address for Memento clients: timemap."""

import click

from archive.exports.timemap import MEDIA_TYPE, Memento, link_format, mementos
from service import terminal, views
from service.options import Address, Settings, common, print_json


@click.command()
@click.argument("url", type=Address())
@click.option("--base", default="", help="The address below which this archive is served.")
@common
@click.pass_obj
def timemap(settings: Settings, url: str, base: str) -> int:
    """List the captures of an address in link format (RFC 7089)."""
    with settings.reader() as archive:
        found = mementos(archive, url, base)
    if settings.as_json:
        rows = [_row(memento) for memento in found]
        print_json({"url": url, "type": MEDIA_TYPE, "mementos": rows})
    elif found:
        click.echo(link_format(url, found, base), nl=False)
    else:
        terminal.say(f"There is no capture of {url}.")
    return 0 if found else 1


def _row(memento: Memento) -> views.View:
    capture = memento.capture
    return {
        "uri": memento.uri,
        "datetime": views.rfc3339(memento.at),
        "capture": capture.id,
        "status": capture.status,
        "media_type": capture.media_type,
        "payload_digest": capture.payload_digest,
    }
