"""What can be configured, as frozen values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one client may ask for."""

    reads_per_minute: int  # requests that only read, from one client
    writes_per_minute: int  # requests that change something, from one client
    body_bytes: int  # of a request; longer ones get a 413
    upload_bytes: int  # of a file that is handed in


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Where the e-mail digest goes, and the server that takes it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str  # "" for a server that asks for none
    password: str
    sender: str
    to: tuple[str, ...]  # at least one
    every_hours: int  # at least, between two digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of changes."""

    name: str  # unique; letters, digits, "-" and "_"
    url: str
    secret: str  # key of the signature, at least 16 characters
    kinds: tuple[str, ...] = ()  # of `archive.changes.Change`; () for all


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How the server and the worker write their log."""

    format: Literal["text", "json"]
    level: Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it: from the file, the environment and the defaults, in the order of their rank."""

    archive: Path
    database_url: str  # of jobs and schedules: "sqlite:///..." or "postgresql://..."
    contact: str  # mail or web address that sites are told
    # Networks that the address guard lets pass: see crawlers.addresses.allowances.
    allow_addresses: str
    sites: tuple[Path, ...]  # files with rows of sites, beside the shipped ones
    language: str  # of mails, webhooks and feeds: one of service.words.LANGUAGES
    host: str  # that the web pages and the API listen on
    port: int  # 0 for any free one
    url: str  # the public address of the pages, without a slash at its end
    hosts: tuple[str, ...]  # values of the Host header that are answered; () for all
    trusted_proxies: tuple[str, ...]  # addresses whose X-Forwarded-For is believed
    public_reading: bool  # whether pages and API can be read without a token
    writing: Literal["token", "local"]  # "local": who sits at this machine needs no token
    stop_seconds: int  # that running requests and jobs get at the end
    replay_host: str  # that archived pages are shown on: an origin of their own
    replay_port: int
    replay_url: str
    fresh_seconds: int  # within which the same submission is the same job
    heartbeat_seconds: int  # between two signs of life of a worker
    limits: Limits
    mail: Mail | None
    webhooks: tuple[Webhook, ...]
    log: Log
