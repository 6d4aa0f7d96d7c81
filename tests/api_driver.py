"""A real server of the API on a port of its own, in a thread, for the tests that talk to it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from service.api.app import create_app
from service.api.tokens import Scope, Tokens, beside
from service.config import Config, read_config
from service.serving import Server, bound, settings, with_port


@dataclass(frozen=True)
class Served:
    """A server that answers, and a token for whoever may do everything."""

    origin: str
    config: Config
    token: str

    def client(self, token: str | None = None, **given: Any) -> httpx.Client:
        """A client; it has the token of an operator unless another one, or "", is named."""
        bearer = self.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= given.pop("headers", {})
        return httpx.Client(base_url=self.origin, headers=headers, timeout=120, **given)

    def new_token(self, scope: Scope) -> str:
        """A token with this scope."""
        return Tokens(beside(self.config.archive)).create(f"test-{time.time_ns()}", scope)


def config_of(archive: Path, **changed: Any) -> Config:
    """The defaults, for this archive, on any free port."""
    config = read_config(None, {"VARIORUM_ARCHIVE": str(archive), "VARIORUM_SERVER_PORT": "0"})
    return replace(config, **changed)


@contextmanager
def serving(archive: Path, **changed: Any) -> Iterator[Served]:
    """A server of the archive while the context lasts."""
    config = config_of(archive, **changed)
    listening = bound(config.host, config.port)
    config = with_port(config, listening)
    server = Server(settings(create_app(config), config))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    token = Tokens(beside(archive)).create(f"driver-{time.time_ns()}", "operate")
    try:
        yield Served(f"http://127.0.0.1:{config.port}", config, token)
    finally:
        server.should_exit = True
        thread.join(120)
        listening.close()
