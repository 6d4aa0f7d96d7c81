"""Delivers one message to one address: signed, through the address guard, without following redirects.

    Variorum-Delivery: 6b1f...                       the same when it is tried again
    Variorum-Signature: t=1772600000,v1=<hex>        HMAC-SHA256 of "{t}.{delivery}.{body}"

The name is resolved once, and the connection goes to an address of that answer that the guard lets pass:
a name that changes its address between two look-ups gains nothing.
"""

import hmac
import http.client
import socket
import ssl
from dataclasses import dataclass
from hashlib import sha256
from threading import Timer
from urllib.parse import urlsplit

from crawlers.addresses import Guard, default_port
from crawlers.errors import CrawlError

DELIVERY, SIGNATURE = "Variorum-Delivery", "Variorum-Signature"
TOLERANCE = 300  # seconds that a receiver lets a message be old: a replayed one is older
_TIMEOUT = 10.0  # seconds for each wait on the network
_WHOLE = 30.0  # seconds for all of it: a receiver that drips holds up nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is delivered."""

    id: str  # of the delivery
    body: bytes  # JSON
    secret: str
    sent_at: int  # seconds since the epoch


class NotDelivered(Exception):
    """The receiver did not take it; it may be tried again."""


def deliver(url: str, message: Message, guard: Guard) -> None:
    """Nothing, once the receiver has answered with a 2xx.

    Raises:
        NotDelivered: it has not, with a sentence why.
    """
    try:
        guard.check(url)
    except CrawlError as error:
        raise NotDelivered(str(error)) from error
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or default_port(parts.scheme)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        with _connected(host, port, guard, secure=parts.scheme == "https") as connected:
            connection.sock = connected
            watchdog = Timer(_WHOLE, connected.shutdown, (socket.SHUT_RDWR,))
            watchdog.start()
            try:
                headers = {"Host": parts.netloc.rpartition("@")[2], **_headers(message)}
                connection.request("POST", target, message.body, headers)
                answer = connection.getresponse()  # what it says beside its status does not matter
            finally:
                watchdog.cancel()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDelivered(f"{host}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"{host} answered {answer.status}")


def _connected(host: str, port: int, guard: Guard, *, secure: bool) -> socket.socket:
    """A connection to the first address of the host that passes and answers."""
    why: Exception = OSError("its name has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(place[0])
        if not guard.lets_pass(address, port, host):
            why = OSError(f"{address} port {port} is no public web address")
            continue
        plain = socket.socket(family, kind, protocol)
        plain.settimeout(_TIMEOUT)
        try:
            plain.connect(place)
            if not secure:
                return plain
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except OSError as error:
            plain.close()
            why = error
    raise why


def _headers(message: Message) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Variorum",
        "Connection": "close",
        DELIVERY: message.id,
        SIGNATURE: signature(message),
    }


def signature(message: Message) -> str:
    """The value of the header that proves who sent the message, and when."""
    signed = f"{message.sent_at}.{message.id}.".encode() + message.body
    digest = hmac.new(message.secret.encode(), signed, sha256).hexdigest()
    return f"t={message.sent_at},v1={digest}"


def is_ours(given: str, message: Message, now: int) -> bool:
    """Whether a signature that a receiver was given is that of the message, and not too old.

    `sent_at` of the message does not count: the signature says it.
    """
    fields = dict(part.split("=", 1) for part in given.split(",") if "=" in part)
    stamp = fields.get("t", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        return False
    said = Message(id=message.id, body=message.body, secret=message.secret, sent_at=int(stamp))
    right = hmac.compare_digest(signature(said).encode(), given.encode())
    return right and abs(now - int(stamp)) <= TOLERANCE
