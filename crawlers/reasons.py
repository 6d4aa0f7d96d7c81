"""What Twisted's failures mean, in words for people."""

from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy.exceptions import DownloadTimeoutError
from twisted.internet import error as network
from twisted.internet.defer import CancelledError
from twisted.web._newclient import ParseError, _WrapperException

from crawlers import errors
from crawlers.addresses import default_port

# What a transfer can fail with; anything else is a defect of ours and keeps its traceback.
TRANSFER_ERRORS = (
    CancelledError,
    DownloadTimeoutError,  # Scrapy's backstop behind our own limit
    network.DNSLookupError,
    network.ConnectError,  # refused, no route, timed out while connecting
    network.TimeoutError,
    SSL.Error,
    _WrapperException,  # all others of Twisted's HTTP client, packed
    ValueError,  # an address that Twisted's client cannot take
)


def explained(
    error: Exception, url: str, received: bytes, refused: dict[tuple[str, int], str]
) -> errors.CrawlError:
    """The failure of a transfer as an error of this package.

    `received` is what had come before it, `refused` the names whose addresses the guard dropped.
    """
    if isinstance(error, network.DNSLookupError):
        return _unresolved(url, refused)
    if isinstance(error, ValueError):  # Twisted's client looks at the host name more closely
        return errors.Unfetchable(url, "its host name is not a valid one")
    if isinstance(error, network.ConnectError | network.TimeoutError):
        return errors.NoAnswer(url, _not_connected(error))
    causes = [error, *_packed_in(error)]
    for cause in causes:
        if isinstance(cause, SSL.Error):
            return errors.NoAnswer(url, f"TLS failed ({_tls_words(cause)})")
    not_http = received and not received.startswith(b"HTTP/")
    if not_http or any(isinstance(c, ParseError | ValueError | KeyError) for c in causes):
        return errors.NoAnswer(url, "what came is not valid HTTP")
    return errors.ConnectionLost(url, "the connection was lost before an answer")


def _unresolved(url: str, refused: dict[tuple[str, int], str]) -> errors.CrawlError:
    """Why a name gave no address to connect to."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or default_port(parts.scheme)
    if (host, port) in refused:
        return errors.AddressRefused(url, refused[host, port], port)
    return errors.NoAnswer(url, f"unknown host {errors.shortened(host)}")


def _not_connected(error: Exception) -> str:
    """Why there is no connection."""
    if isinstance(error, network.ConnectionRefusedError):
        return "the connection was refused; nothing listens there"
    if isinstance(error, network.NoRouteError):
        return "there is no route to it"
    if isinstance(error, network.TimeoutError):
        return "it does not take connections"
    return f"no connection ({error})"


def _packed_in(error: BaseException) -> list[BaseException]:
    """The errors inside an error of Twisted's HTTP client, and inside those."""
    found: list[BaseException] = []
    for reason in getattr(error, "reasons", ()):
        found += [reason.value, *_packed_in(reason.value)]
    return found


def _tls_words(error: SSL.Error) -> str:
    """OpenSSL's own words for a TLS failure."""
    told = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(entry[-1] for entry in told if entry) or "no reason given"
