"""Receivers for what the service tells: a web server that takes webhooks, and a mail server."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller


@dataclass
class Taken:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Hook:
    """A web server on loopback that answers each POST with the next of `answers`, the last one again."""

    def __init__(self, *answers: int, location: str = "") -> None:
        self.taken: list[Taken] = []
        left = list(answers or (204,))

        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                taken.append(Taken(self.path, dict(self.headers), self.rfile.read(length)))
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/in?a=1"
        self.allow = f"127.0.0.1/32:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Mailbox:
    """What an SMTP server has taken: its handler, as aiosmtpd wants one."""

    refuse: str = ""  # an answer to RCPT in place of yes
    mails: list[Any] = field(default_factory=list)

    async def _named(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def _taken(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"

    handle_RCPT, handle_DATA = _named, _taken  # noqa: N815 - the names that aiosmtpd looks for


class MailServer(Controller):
    """A real SMTP server on any free port of loopback, as a context."""

    def __init__(self, box: Mailbox) -> None:
        super().__init__(box, hostname="127.0.0.1", port=0)

    def _trigger_server(self) -> None:
        # The port is known only now, and the first connection is what makes the server ready.
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
