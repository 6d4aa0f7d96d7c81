"""A small real web server on loopback that sends exactly the bytes it was given.

    with Loopback({"/": ok(b"<p>text</p>")}) as server:
        ...  # server.origin, server.allow; afterwards server.log

It answers one connection in one thread, on a port that the system chooses. What it was asked and what
it sent is in `log`, with times of `time.monotonic()`. Without a page of its own, /robots.txt allows all.
"""

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

After = Literal["close", "keep", "reset", "hang"]
ALLOW_ALL = b"User-agent: *\nAllow: /\n"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What to send, in pieces, and what to do with the connection afterwards."""

    pieces: tuple[bytes, ...]
    pause_seconds: float = 0.0  # before each piece
    after: After = "close"


@dataclass(kw_only=True)
class Asked:
    """One request that came, and what was sent for it."""

    path: str  # the request target
    request: bytes  # as received
    began: float
    ended: float = 0.0
    sent: bytes = b""
    connection: int = 0  # number of the connection, 0, 1, ...


Page = bytes | Reply | Callable[[Asked], bytes | Reply]


def ok(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with this body, its length, and more headers."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if not any(line.lower().startswith("content-type:") for line in headers):
        lines.append("Content-Type: text/html; charset=utf-8")
    return "\r\n".join([*lines, "", ""]).encode() + body


def moved(location: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return ok(b"moved", f"Location: {location}", status=status)


def keep_alive(answer: bytes) -> Reply:
    """The answer, after which the connection stays open."""
    return Reply(pieces=(answer,), after="keep")


@dataclass
class Loopback:
    """The server; a context manager that listens while it is open."""

    pages: Mapping[str, Page]
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    log: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, 0), family=family, backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for connection in self._open:
            connection.close()

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def allow(self) -> str:
        """The entry of VARIORUM_ALLOW_ADDRESSES for this server."""
        return f"{self.host}/{128 if ':' in self.host else 32}:{self.port}"

    def asked(self, path: str) -> list[Asked]:
        return [asked for asked in self.log if asked.path == path]

    def _accept(self) -> None:
        number = 0
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()
            number += 1

    def _serve(self, plain: socket.socket, number: int) -> None:
        try:
            connection = self.tls.wrap_socket(plain, server_side=True) if self.tls else plain
            self._open.append(connection)
            while self._answer(connection, number):
                pass
            connection.close()
        except OSError:
            plain.close()

    def _answer(self, connection: socket.socket, number: int) -> bool:
        """Whether the connection stays open after one request and its answer."""
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65536)
            if not received:
                return False
            head += received
            if head[:1] == b"\x16":  # somebody speaks TLS to a plain port
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return False
        asked = Asked(
            path=head.split(b" ")[1].decode(),
            request=head,
            began=time.monotonic(),
            connection=number,
        )
        self.log.append(asked)
        page = self.pages.get(asked.path)
        if page is None and asked.path == "/robots.txt":
            page = keep_alive(ok(ALLOW_ALL, "Content-Type: text/plain"))
        if page is None:
            page = keep_alive(ok(b"not here", status="404 Not Found"))
        if callable(page):
            page = page(asked)
        reply = page if isinstance(page, Reply) else Reply(pieces=(page,))
        for piece in reply.pieces:
            if reply.pause_seconds:
                time.sleep(reply.pause_seconds)
            connection.sendall(piece)
            asked.sent += piece
        asked.ended = time.monotonic()
        if reply.after == "hang":
            self._closing.wait(60)
        if reply.after == "reset":
            time.sleep(0.2)  # let what was sent be read before the reset overtakes it
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.after == "keep"


def certificate(folder: Path, host: str = "127.0.0.1", *, expired: bool = False) -> Path:
    """A file with a key and a self-signed certificate for this address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * day)
        .not_valid_after(now - day if expired else now + day)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host.replace(':', '_')}{'-expired' if expired else ''}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_tls(pem: Path) -> ssl.SSLContext:
    """The server's side of TLS with a file of `certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
