"""The address guard: connections only to public web addresses.

It is asked where a connection is made, not where an address is read: names are resolved here,
answers that are not public are dropped, and the reactor itself refuses to connect anywhere else. So
redirects, robots.txt and whatever else fetches in this process pass through it, and a name that
changes its address between two look-ups gains nothing.
"""

import socket
from collections.abc import Callable
from typing import Any

from scrapy import Request
from scrapy.utils.misc import load_object
from twisted.internet.address import IPv4Address as TcpAddress4
from twisted.internet.address import IPv6Address as TcpAddress6
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer  # type: ignore[import-untyped]

from crawlers.addresses import Guard, allowances
from crawlers.errors import AddressRefused, Unguarded

type_of_address = {socket.AF_INET: TcpAddress4, socket.AF_INET6: TcpAddress6}


class GuardMiddleware:
    """Refuses what can be refused before a connection, so that the reason is a good sentence."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard

    @classmethod
    def from_crawler(cls, crawler: Any) -> "GuardMiddleware":
        """The middleware with what the settings allow.

        Raises:
            Unguarded: if they name a download handler that connects past the guard.
        """
        check_handlers(crawler.settings)
        return cls(guard_of(crawler.settings))

    def process_request(self, request: Request) -> None:
        """Scrapy's hook.

        Raises:
            Unfetchable, AddressRefused: see `Guard.check`.
        """
        self.guard.check(request.url)


def guard_of(settings: Any) -> Guard:
    """The guard that Scrapy settings describe."""
    return Guard(
        allowed=allowances(settings.get("VARIORUM_ALLOW_ADDRESSES") or ""),
        policies=tuple(settings.get("VARIORUM_POLICIES") or ()),
        proxy=settings.get("VARIORUM_PROXY") or "",
    )


def check_handlers(settings: Any) -> None:
    """Nothing, if every download handler of the settings connects under the guard.

    Raises:
        Unguarded: for one that does not say so by a true `guarded`.
    """
    for scheme, handler in settings.getwithbase("DOWNLOAD_HANDLERS").items():
        if handler is not None and not getattr(load_object(handler), "guarded", False):
            raise Unguarded(f"the download handler of {scheme}: ({handler})")


@implementer(IHostResolution)
class _Resolution:
    """One look-up. It cannot be cancelled: a thread waits in the system's resolver."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Required by the interface; the answer is ignored when it comes."""


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names with the system's resolver and drops every answer that may not be used."""

    def __init__(self, reactor: Any, guard: Guard) -> None:
        self.reactor, self.guard = reactor, guard
        self.refused: dict[tuple[str, int], str] = {}  # (host, port) -> an address dropped for it

    def resolveHostName(  # noqa: N802 - Twisted's name and signature
        self,
        resolutionReceiver: Any,  # noqa: N803 - an IResolutionReceiver
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: ARG002, N803
        transportSemantics: str = "TCP",  # noqa: ARG002, N803
    ) -> _Resolution:
        """Twisted's interface: hands the receiver each usable address, then says that it is done."""
        resolution = _Resolution(hostName)

        async def resolve() -> None:
            resolutionReceiver.resolutionBegan(resolution)
            pool = self.reactor.getThreadPool()
            found = await deferToThreadPool(self.reactor, pool, _looked_up, hostName, portNumber)
            usable = [a for a in found if self.guard.lets_pass(a.host, portNumber, hostName)]
            if found and not usable:
                self.refused[hostName, portNumber] = found[0].host
            for address in usable:
                resolutionReceiver.addressResolved(address)
            resolutionReceiver.resolutionComplete()

        Deferred.fromCoroutine(resolve())
        return resolution


def _looked_up(host: str, port: int) -> list[Any]:
    """The TCP addresses of a name; none for a name that is unknown or no name."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):  # the last two: too long a label, a NUL
        return []
    return [
        type_of_address[family]("TCP", *place[:2])
        for family, _, _, _, place in answers
        if family in type_of_address
    ]


def install(reactor: Any, guard: Guard) -> GuardedResolver:
    """The resolver, after every way that this reactor has to connect was put under the guard."""
    resolver = GuardedResolver(reactor, guard)
    reactor.installNameResolver(resolver)
    reactor.connectTCP = _guarded(reactor.connectTCP, guard)
    reactor.connectSSL = _guarded(reactor.connectSSL, guard)
    return resolver


def _guarded(connect: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    """The same way to connect, for addresses that pass."""

    def guarded(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if not guard.lets_pass(host, port):
            raise AddressRefused(host, host, port)
        return connect(host, port, *args, **kwargs)

    guarded.guard = guard  # type: ignore[attr-defined]  # the mark that `check_stands` looks for
    return guarded


def check_stands(reactor: Any) -> None:
    """Nothing, if this reactor still resolves names and connects under a guard.

    Raises:
        Unguarded: if something has taken its place since `install`.
    """
    if not isinstance(reactor.nameResolver, GuardedResolver):
        raise Unguarded("another resolver of names")
    for name in ("connectTCP", "connectSSL"):
        if not hasattr(getattr(reactor, name), "guard"):
            raise Unguarded(f"another {name} of the reactor")
