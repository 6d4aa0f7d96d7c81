"""The commands for the tokens that programs and people open the API with: create, list, revoke."""

from datetime import UTC, datetime, timedelta

import click

from archive import folder
from archive.store import Archive
from service import terminal
from service.api.tokens import SCOPES, Token, TokenNameTaken, Tokens, beside
from service.options import Settings, common, print_json
from service.views import View, rfc3339


@click.group()
def token() -> None:
    """Make and revoke the tokens of the web API: read, submit pages, or operate everything."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="read",
    help="What it allows; each includes those before it [read].",
)
@click.option("--days", type=click.IntRange(min=1, max=36500), help="After which it expires.")
@common
@click.pass_obj
def create(settings: Settings, name: str, scope: str, days: int | None) -> int:
    """Print a new token. It is shown this once; the archive keeps only its SHA-256."""
    if not name.strip() or not name.isprintable() or len(name) > 80:
        raise click.UsageError("A name is one line of at most 80 characters.")
    if folder.is_vacant(settings.path):
        Archive.open(settings.path, write=True).close()
    folder.check_format(settings.path)
    known = next(each for each in SCOPES if each == scope)
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days) if days else None
    try:
        secret = _tokens(settings).create(name, known, expires)
    except TokenNameTaken as error:
        raise click.UsageError(str(error)) from error
    if settings.as_json:
        ends = rfc3339(expires) if expires else None
        print_json({"name": name, "scope": scope, "token": secret, "expires_at": ends})
    else:
        click.echo(secret)
    return 0


@token.command("list")
@common
@click.pass_obj
def list_(settings: Settings) -> int:
    """Show all tokens by name, without the tokens themselves."""
    return _report(settings)


@token.command()
@click.argument("name")
@common
@click.pass_obj
def revoke(settings: Settings, name: str) -> int:
    """Let a token open nothing any more; a running server knows at once."""
    _tokens(settings).revoke(name)
    return _report(settings)


def _report(settings: Settings) -> int:
    found = [_view(each) for each in _tokens(settings).all()]
    if settings.as_json:
        print_json({"tokens": found})
    elif not found:
        terminal.say("There are no tokens: nothing can be changed through the API.")
    for each in () if settings.as_json else found:
        ends = f", expires {each['expires_at']}" if each["expires_at"] else ""
        terminal.say(f"{each['name']}  {each['scope']}, created {each['created_at']}{ends}")
    return 0


def _view(token: Token) -> View:
    return {
        "name": token.name,
        "scope": token.scope,
        "created_at": rfc3339(token.created_at),
        "expires_at": rfc3339(token.expires_at) if token.expires_at else None,
    }


def _tokens(settings: Settings) -> Tokens:
    return Tokens(beside(settings.path))
