"""A proxy in front of an S3 server that goes wrong on demand.

    with FaultProxy(server.endpoint) as proxy:
        proxy.fault = Fault("503", method="PUT", times=1)
        ...  # proxy.endpoint; proxy.hits says how often it went wrong

One request a connection. What it passes on, it passes on byte for byte, so signatures stay good.
"""

import re
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

Kind = Literal["503", "403", "stall", "cut", "reset", "etag"]
KINDS: tuple[Kind, ...] = ("503", "403", "stall", "cut", "reset", "etag")
_CODES = {"503": "503 Slow Down:SlowDown", "403": "403 Forbidden:AccessDenied"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, at which requests, and how often.

    503 and 403 are answers; "stall" says nothing; "cut" breaks off in the middle of the request; "reset"
    passes the request on, and breaks off in the middle of the answer, behind its 200; "etag" passes on
    another ETag than the server's.
    """

    kind: Kind
    method: str = ""  # "" is any
    target: str = ""  # a pattern that the request target must hold
    times: int = 1_000_000
    after: int = 0  # requests that fit and go well before the first that does not

    def fits(self, method: str, target: str) -> bool:
        return self.method in {"", method} and re.search(self.target, target) is not None


class FaultProxy:
    """A proxy on a port that the system chooses, or on this one; `fault` may change at any time."""

    def __init__(self, upstream: str, port: int = 0) -> None:
        parts = urlsplit(upstream)
        assert parts.hostname
        assert parts.port
        self._upstream = (parts.hostname, parts.port)
        self._fault: Fault | None = None
        self._fitted = 0
        self.hits = 0
        self.seen: list[str] = []  # "METHOD target" of every request
        self.heads: list[bytes] = []  # of every request, in lower case
        self._gone = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def fault(self) -> Fault | None:
        """What goes wrong from now on; counting begins when it is set."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault, self._fitted, self.hits = fault, 0, 0

    def close(self) -> None:
        """Stops; from now on connections are refused."""
        self._gone.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while not self._gone.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(30)
            head, rest = _head(connection)
            if not head:
                return
            self.heads.append(head.lower())
            method, target = head.split(b" ", 2)[:2]
            fault = self._fault_of(method.decode(), target.decode())
            length = _length(head)
            if fault and fault.kind == "stall":
                self._gone.wait(30)
            elif fault and fault.kind == "cut":
                _body(connection, head, rest, length // 2)
                _reset(connection)
            elif fault and fault.kind in _CODES:
                _body(connection, head, rest, length)
                connection.sendall(_error(_CODES[fault.kind], method))
            else:
                body = _body(connection, head, rest, length)
                answer = self._ask(head, body)
                if fault and fault.kind == "reset":
                    connection.sendall(_half(answer))
                    time.sleep(0.05)  # what was sent arrives before the reset does
                    _reset(connection)
                    return
                if fault and fault.kind == "etag":
                    answer = re.sub(rb"(?i)(etag: *\"?)[0-9a-f]{32}", rb"\g<1>" + b"0" * 32, answer)
                connection.sendall(answer)

    def _fault_of(self, method: str, target: str) -> Fault | None:
        self.seen.append(f"{method} {target}")
        fault = self._fault
        if not fault or not fault.fits(method, target):
            return None
        self._fitted += 1
        if not fault.after < self._fitted <= fault.after + fault.times:
            return None
        self.hits += 1
        return fault

    def _ask(self, head: bytes, body: bytes) -> bytes:
        """The server's whole answer."""
        line, _, headers = head.partition(b"\r\n")
        headers = re.sub(rb"(?im)^(connection|expect):.*\r\n", b"", headers)
        with socket.create_connection(self._upstream, timeout=30) as upstream:
            upstream.sendall(line + b"\r\nConnection: close\r\n" + headers + body)
            pieces = []
            while piece := upstream.recv(1 << 16):
                pieces.append(piece)
        return b"".join(pieces)


def _head(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1 << 16)
        if not piece:
            return b"", b""
        data += piece
    head, mark, rest = data.partition(b"\r\n\r\n")
    return head + mark, rest


def _length(head: bytes) -> int:
    found = re.search(rb"(?im)^content-length: *(\d+)", head)
    return int(found[1]) if found else 0


def _body(connection: socket.socket, head: bytes, rest: bytes, length: int) -> bytes:
    """The first `length` bytes of the request's body."""
    if re.search(rb"(?im)^expect: *100-continue", head) and not rest:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    pieces, held = [rest], len(rest)
    while held < length:
        piece = connection.recv(min(1 << 16, length - held))
        if not piece:
            raise ConnectionError("the client has gone")
        pieces.append(piece)
        held += len(piece)
    return b"".join(pieces)


def _half(answer: bytes) -> bytes:
    """All of the head and half of the body; half of the head where there is no body."""
    head, mark, body = answer.partition(b"\r\n\r\n")
    return head + mark + body[: len(body) // 2] if body else head[: len(head) // 2]


def _error(status: str, method: bytes) -> bytes:
    line, _, code = status.partition(":")
    body = f"<Error><Code>{code}</Code><Message>by the proxy</Message></Error>".encode()
    head = (
        f"HTTP/1.1 {line}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == b"HEAD" else body)


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
