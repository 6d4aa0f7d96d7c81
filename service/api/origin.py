"""Who asks: by which host name, from which origin, and with which right.

A page of another site can make a browser ask this server for anything, with the browser's own cookies and
from this machine. So a request for a host name that is not ours is refused (DNS rebinding), and so is one
that would change something and comes from another origin. Browsers say where a request comes from in
`Origin` and `Sec-Fetch-Site`; programs say nothing, and need a token.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from service.api.tokens import Scope, allows
from service.config import Config

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, section 9.2.1
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_REMEMBERED = 1024  # headers and addresses that were taken apart lately
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who asks, as far as that is known."""

    key: str  # what limits count by: the name of a token, or an address
    address: str  # IP address; "" for a local socket
    scope: Scope | None  # None: nobody in particular
    csrf: str = ""  # what a form must bring along; "" where there is no session
    local: bool = False  # on this machine, and not through a proxy

    def may(self, wanted: Scope) -> bool:
        """Whether this client's right is enough."""
        return self.scope is not None and allows(self.scope, wanted)


def host_names(config: Config) -> frozenset[str]:
    """The names in the Host header that are answered; addresses of this machine are always among them."""
    public = urlsplit(config.url).hostname or ""
    named = {*config.hosts} if config.hosts else {config.host, public}
    return frozenset({each.lower() for each in named if each} | LOOPBACK_NAMES)


def listens_everywhere(config: Config) -> bool:
    """Whether the server listens on every interface and was told no name: then any address is its own."""
    public = urlsplit(config.url).hostname or ""
    return not config.hosts and config.host in _ANY and public in ("", config.host)


@lru_cache(_REMEMBERED)
def host_of(header: str) -> str:
    """The name in a Host header, without its port; "" for none that could be one.

    >>> host_of("[::1]:8420"), host_of("Plans.Example:80"), host_of("a b")
    ('::1', 'plans.example', '')
    """
    try:
        parts = urlsplit(f"//{header}")
        sound = not (parts.path or parts.query or parts.fragment or "@" in header)
        _ = parts.port  # raises where there is none
    except ValueError:
        return ""
    name = parts.hostname or ""
    return name if sound and name.isprintable() and " " not in name else ""


def is_answered(header: str, names: frozenset[str], *, addresses: bool) -> bool:
    """Whether a request with this Host header is for us: one of the names or, if so told, any address.

    An address cannot be made to mean another machine, as a name can.
    """
    name = host_of(header)
    return name in names or (addresses and is_address(name))


def is_foreign(headers: Mapping[str, str], scheme: str, own: str) -> bool:
    """Whether a page of another origin makes this request; `own` is the origin by our public address."""
    if headers.get("sec-fetch-site", "none") in ("cross-site", "same-site"):
        return True
    origin = headers.get("origin")
    return origin is not None and origin not in (own, f"{scheme}://{headers.get('host', '')}")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address.

    >>> origin_of("https://plans.example/variorum")
    'https://plans.example'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(_REMEMBERED)
def is_loopback(text: str) -> bool:
    """Whether the text is an address of this machine alone; so is the end of a local socket."""
    return not text or (is_address(text) and ipaddress.ip_address(text).is_loopback)
