"""Every setting: its key in the file, its default, and what it means. docs/configuration.md is this table.

The environment variable of a setting is its key in capitals behind `VARIORUM_`, with `_` for the dots:
`server.port` is VARIORUM_SERVER_PORT. Lists are separated by commas there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers.addresses import allowances
from service.words import DEFAULT, LANGUAGES

Value = str | int | bool | tuple[str, ...]
_LEAST_SECRET = 16  # characters of a webhook's key: 128 bits of hexadecimal would be 32; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. The type of its values is that of its default."""

    key: str  # dotted, as in TOML
    default: Value
    means: str  # half a sentence for people
    check: Callable[[Value], str] = lambda _: ""  # what is wrong with a value, "" for nothing
    secret: bool = False  # never printed

    @property
    def variable(self) -> str:
        """The environment variable that outranks the file."""
        return "VARIORUM_" + self.key.upper().replace(".", "_")


def _between(least: int, most: int) -> Callable[[Value], str]:
    def check(value: Value) -> str:
        fits = isinstance(value, int) and least <= value <= most
        return "" if fits else f"must be from {least} to {most}"

    return check


def _one_of(*words: str) -> Callable[[Value], str]:
    def check(value: Value) -> str:
        return "" if value in words else f"must be one of {', '.join(words)}"

    return check


def _filled(value: Value) -> str:
    return "" if value else "must not be empty"


def _networks(value: Value) -> str:
    try:
        allowances(str(value))
    except ValueError as error:
        return f"cannot be used: {error}"
    return ""


def web_address(value: Value) -> str:
    """What is wrong with the address of a web server, "" for nothing or for none."""
    try:
        parts = urlsplit(str(value))
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        sound = sound and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        sound = False
    sound = sound and str(value).isprintable() and " " not in str(value)
    return "" if sound or not value else "must be an http or https address"


def own_address(value: Value) -> str:
    """The same for an address of this service: no query, no fragment."""
    odd = any(mark in str(value) for mark in "?#") or str(value).endswith("/")
    wrong = "must have no query, no fragment and no slash at its end" if odd else ""
    return web_address(value) or wrong


def database(value: Value) -> str:
    """What is wrong with the address of a database, "" for nothing or for none."""
    known = ("sqlite:///", "postgresql://", "postgresql+psycopg://")
    sound = not value or str(value).startswith(known)
    return "" if sound else "must begin with sqlite:/// or postgresql://"


def secret(value: Value) -> str:
    """What is wrong with the key of a webhook."""
    short = len(str(value)) < _LEAST_SECRET
    return f"must have at least {_LEAST_SECRET} characters" if short else ""


def mailbox(value: Value) -> str:
    """What is wrong with a mail address, "" for nothing or for none."""
    name, at, host = str(value).rpartition("@")
    sound = bool(name and at and host) and str(value).isprintable() and " " not in str(value)
    return "" if sound or not value else "must be a mail address"


def _mailboxes(value: Value) -> str:
    each = value if isinstance(value, tuple) else ()
    return next((f"{wrong}: {one!r}" for one in each if (wrong := mailbox(one))), "")


_PORT = _between(0, 65535)
_MINUTE = _between(1, 1_000_000)  # requests
_BYTES = _between(1024, 1 << 32)

SETTINGS = (
    Setting(key="archive", default="variorum-archive", means="the archive folder", check=_filled),
    Setting(
        key="database",
        default="",
        means="of jobs and schedules: `sqlite:///FILE` or `postgresql://...`;"
        " when empty, a SQLite file beside the archive folder, named after it",
        check=database,
        secret=True,  # the address of a Postgres holds its password
    ),
    Setting(key="contact", default="", means="a mail or web address of yours that sites are told"),
    Setting(
        key="allow_addresses",
        default="",
        means="networks that may be connected to although they are not public:"
        " `127.0.0.2/32:8808, 10.1.0.0/16`",
        check=_networks,
    ),
    Setting(key="sites", default=(), means="files with rows of sites beside the shipped ones"),
    Setting(
        key="language",
        default=DEFAULT,
        means="the language of mails, webhooks and feeds: `en` or `zh-Hans`; pages ask the browser",
        check=_one_of(*LANGUAGES),
    ),
    Setting(
        key="server.host",
        default="127.0.0.1",
        means="the address that pages and API listen on",
        check=_filled,
    ),
    Setting(key="server.port", default=8420, means="their port; 0 for any free one", check=_PORT),
    Setting(
        key="server.url",
        default="",
        means="the public address of the pages, which links in feeds and messages begin with;"
        " when empty, made of host and port",
        check=own_address,
    ),
    Setting(
        key="server.hosts",
        default=(),
        means="host names that are answered; when empty, those of `server.url` and of this machine",
    ),
    Setting(
        key="server.trusted_proxies",
        default=(),
        means="addresses of proxies whose X-Forwarded-For is believed",
    ),
    Setting(
        key="server.public_reading",
        default=True,
        means="whether everybody may read; writing always needs a token",
    ),
    Setting(
        key="server.writing",
        default="token",
        means="who may change something: `token`, or `local` for whoever sits at this machine too",
        check=_one_of("token", "local"),
    ),
    Setting(
        key="server.stop_seconds",
        default=20,
        means="how long running requests may go on when the server is told to stop",
        check=_between(0, 3600),
    ),
    Setting(
        key="replay.host",
        default="127.0.0.1",
        means="the address that archived pages are shown on",
        check=_filled,
    ),
    Setting(
        key="replay.port",
        default=8421,
        means="their port: another one than `server.port`, so that they are another origin",
        check=_PORT,
    ),
    Setting(
        key="replay.url",
        default="",
        means="the public address of archived pages; when empty, made of host and port",
        check=own_address,
    ),
    Setting(
        key="jobs.fresh_seconds",
        default=3600,
        means="how long the same submission is the same job",
        check=_between(0, 31_536_000),
    ),
    Setting(
        key="jobs.heartbeat_seconds",
        default=5,
        means="between two signs of life of a worker; six of them missed, and its jobs are taken over",
        check=_between(1, 600),
    ),
    Setting(
        key="limits.reads_per_minute",
        default=600,
        means="requests that only read, from one client",
        check=_MINUTE,
    ),
    Setting(
        key="limits.writes_per_minute",
        default=6000,
        means="requests that change something, from one client",
        check=_MINUTE,
    ),
    Setting(
        key="limits.body_bytes", default=1 << 20, means="of one request, in bytes", check=_BYTES
    ),
    Setting(
        key="limits.upload_bytes",
        default=64 << 20,
        means="of one file that is handed in, in bytes",
        check=_BYTES,
    ),
    Setting(key="mail.host", default="", means="the SMTP server; when empty, no mail is sent"),
    Setting(key="mail.port", default=587, means="its port", check=_between(1, 65535)),
    Setting(
        key="mail.security",
        default="starttls",
        means="`starttls`, `tls` from the first byte, or `none`",
        check=_one_of("starttls", "tls", "none"),
    ),
    Setting(key="mail.user", default="", means="the name to log in with; when empty, nobody does"),
    Setting(key="mail.password", default="", means="the password to log in with", secret=True),
    Setting(key="mail.from", default="", means="the address that mails come from", check=mailbox),
    Setting(
        key="mail.every_hours",
        default=24,
        means="hours between two digests, at least; nothing is sent when nothing changed",
        check=_between(1, 8784),
    ),
    Setting(key="mail.to", default=(), means="the addresses they go to", check=_mailboxes),
    Setting(
        key="log.format",
        default="text",
        means="`text` for people, or `json` with one document a line",
        check=_one_of("text", "json"),
    ),
    Setting(
        key="log.level",
        default="info",
        means="the least that is logged: `debug`, `info`, `warning`, `error`",
        check=_one_of("debug", "info", "warning", "error"),
    ),
)
