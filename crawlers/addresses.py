"""Which addresses may be connected to: those of the public web, and what is allowed by name.

Only the rules: `crawlers.guard` holds Scrapy and its reactor to them, `service.tell` its deliveries.
"""

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from crawlers.errors import AddressRefused, Unfetchable
from crawlers.policy import Policy, policy_for

WEB_PORTS = (80, 443)
MAX_URL_LENGTH = 8192  # characters; RFC 9110, section 4.1, asks for at least 8000

# `is_global` of Python 3.11 accepts these, though none is a host of the public internet.
NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "168.63.129.16/32",  # Azure's host agent
        "224.0.0.0/4",  # multicast
        "::/96",  # IPv4-compatible, RFC 4291
        "64:ff9b::/96",  # NAT64, RFC 6052: leads to any IPv4 address
        "64:ff9b:1::/48",  # NAT64 inside a network, RFC 8215
        "2002::/16",  # 6to4: leads to any IPv4 address
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
        "ff00::/8",  # multicast
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A network that may be connected to although it is not public, or on an odd port."""

    network: IPv4Network | IPv6Network
    port: int | None = None  # None: every port


def allowances(text: str) -> tuple[Allowance, ...]:
    """The networks in a comma-separated list such as `127.0.0.2/32:8808, 10.1.0.0/16, [::1]:80`.

    Raises:
        ValueError: for an entry that is no network with an optional port.
    """
    return tuple(_allowance(entry.strip()) for entry in text.split(",") if entry.strip())


def _allowance(entry: str) -> Allowance:
    bare, slash, tail = entry.partition("/")
    length, colon, port = tail.partition(":")
    if not slash:
        if bare.startswith("["):
            bare, _, rest = bare[1:].partition("]")
            colon, port = rest[:1], rest[1:]
        elif bare.count(":") == 1:
            bare, colon, port = bare.partition(":")
    try:
        network = ip_network(bare.strip("[]") + slash + length, strict=False)
        number = int(port) if colon else None
    except ValueError as error:
        raise ValueError(
            f"{entry!r} is not a network with an optional port. Write 127.0.0.2/32:8808."
        ) from error
    if number is not None and not 0 < number < 65536:
        raise ValueError(f"{entry!r} names port {number}; ports go from 1 to 65535.")
    return Allowance(network=network, port=number)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether a host of the public internet can have this address.

    >>> is_public(ip_address("8.8.8.8")), is_public(ip_address("::ffff:127.0.0.1"))
    (True, False)
    """
    plain = _plain(address)
    return plain.is_global and not any(
        plain in network for network in NOT_PUBLIC if network.version == plain.version
    )


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv4-mapped one; IPv6 without its zone."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Says where connections may go."""

    allowed: tuple[Allowance, ...] = ()
    policies: tuple[Policy, ...] = ()  # of the sites whose other ports may be asked
    proxy: str = ""  # the one proxy that may be used; it resolves names, so it must guard them

    def lets_pass(self, address: str, port: int, host: str | None = None) -> bool:
        """Whether this literal address may be connected to; anything else than a literal may not.

        `host` is the name that led to it; without one, the ports of every policy count.
        """
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        forms = (parsed, _plain(parsed))  # an IPv4-mapped address may be allowed as either
        for allowance in self.allowed:
            if allowance.port in (None, port) and any(form in allowance.network for form in forms):
                return True
        return self._is_asked(port, host) and is_public(parsed)

    def _is_asked(self, port: int, host: str | None) -> bool:
        """Whether this port is one of the web, or of the site."""
        if host is None:
            return port in WEB_PORTS or any(port in policy.ports for policy in self.policies)
        policy = policy_for(self.policies, host)
        return port in WEB_PORTS or bool(policy and port in policy.ports)

    def check(self, url: str) -> None:
        """Nothing, if the address can be asked as far as can be told without looking it up.

        Raises:
            Unfetchable: if it is no http or https URL with a host, or too long.
            AddressRefused: if its host is a literal that is not public, or its port is odd.
        """
        if len(url) > MAX_URL_LENGTH:
            raise Unfetchable(url, f"it is longer than {MAX_URL_LENGTH} characters")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise Unfetchable(url, f"it is not a valid URL ({error})") from error
        if parts.scheme not in ("http", "https"):
            raise Unfetchable(url, "only http and https addresses are fetched")
        if not host:
            raise Unfetchable(url, "it names no host")
        if (
            any(not 0 < len(label) < 64 for label in host.rstrip(".").split("."))
            and ":" not in host
        ):
            raise Unfetchable(url, "its host name is not a valid one")
        port = port or default_port(parts.scheme)
        if _is_literal(host):
            if not self.lets_pass(host, port, host):
                raise AddressRefused(url, host, port)
        elif not self._is_asked(port, host) and not any(
            a.port in (None, port) for a in self.allowed
        ):
            raise Unfetchable(
                url,
                f"only ports 80 and 443 are asked, not {port}, "
                "unless VARIORUM_ALLOW_ADDRESSES names its network and port",
            )

    def check_proxy(self, url: str, proxy: str | None) -> None:
        """Nothing, if the request goes straight to its server, or over the one configured proxy.

        Raises:
            Unfetchable: if it names another one.
        """
        if proxy and proxy != self.proxy:
            raise Unfetchable(url, "it would go over a proxy that is not configured")


def default_port(scheme: str) -> int:
    """The port of a web address that names none."""
    return 443 if scheme == "https" else 80


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
