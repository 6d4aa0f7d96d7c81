"""A server that runs until it is told to stop, the site of archived pages, and a worker beside it."""

import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import FrameType

import uvicorn
from fastapi import FastAPI

from service.api.app import create_app
from service.config import Config
from service.errors import ServiceError
from service.replay_site import replaying
from service.tell import telling

_LOG = logging.getLogger("variorum")
_RESTART_SECONDS = 5.0  # before a worker that ended by itself is begun again; no source
# A thread that computes lets others run: short answers wait less for long ones.
_SWITCH_SECONDS = 0.0005
_KEEP_ALIVE_SECONDS = 30  # an idle connection stays open; longer than a person reads between clicks


class PortTaken(ServiceError):
    """An address cannot be listened on."""

    exit_status = 2  # wrong usage: another port has to be named

    def __init__(self, host: str, port: int, why: str) -> None:
        self.host, self.port = host, port
        super().__init__(
            f"{host} port {port} cannot be listened on ({why}). Name another with --port."
        )


class Server(uvicorn.Server):
    """Stops at SIGTERM and Ctrl-C when what runs is done, and returns: the worker is still to be stopped."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; what is loaded by then is never searched for garbage again.

        Such a search takes 50 to 100 ms in which nobody is answered, and comes at any moment.
        """
        await super().startup(sockets)
        if threading.current_thread() is threading.main_thread():  # else the process is not ours
            gc.collect()
            gc.freeze()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear the signals while the server runs; uvicorn would raise them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            app = self.config.app
            if isinstance(app, FastAPI):
                app.state.stopping.set()  # answers that would go on for ever end
            self.handle_exit(number, frame)

        before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


class Worker:
    """A worker in a process of its own, begun again when it ends by itself."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin the process, and look after it."""
        self._watch.start()

    def stop(self) -> None:
        """Let it finish what it does, for as long as the configuration allows."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(self._config.stop_seconds + 5)
            except subprocess.TimeoutExpired:
                _LOG.warning(
                    "The worker did not stop in time and was killed; its jobs go on later."
                )
                process.kill()
        self._watch.join()

    def _run(self) -> None:
        command = [sys.executable, "-m", "service.cli", "worker"]
        while not self._stopping.is_set():
            # Its own session: Ctrl-C in the terminal reaches the server alone, which then stops it.
            self._process = subprocess.Popen(command, env=os.environ, start_new_session=True)  # noqa: S603 - ours
            if self._stopping.is_set():
                self._process.terminate()
            status = self._process.wait()
            if not self._stopping.is_set():
                _LOG.error("The worker ended with status %d and is begun again.", status)
                self._stopping.wait(_RESTART_SECONDS)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        PortTaken: the address is taken, or none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise PortTaken(host, port, error.strerror or str(error)) from error
    return listening


def with_port(config: Config, listening: socket.socket) -> Config:
    """The configuration with the port that was free, where it asked for any."""
    port = int(listening.getsockname()[1])
    if config.port == port:
        return config
    named = f"[{config.host}]" if ":" in config.host else config.host
    url = (
        f"http://{named}:{port}" if config.port == 0 and config.url.count(":") == 1 else config.url
    )
    return replace(config, port=port, url=url)


def as_environment(config: Config) -> dict[str, str]:
    """What a worker beside the server is told: the same archive, database and rules."""
    return {
        "VARIORUM_ARCHIVE": str(config.archive),
        "VARIORUM_DATABASE": config.database_url,
        "VARIORUM_SERVER_URL": config.url,
        "VARIORUM_SITES": os.pathsep.join(map(str, config.sites)),
        "VARIORUM_ALLOW_ADDRESSES": config.allow_addresses,
    }


def settings(app: FastAPI, config: Config) -> uvicorn.Config:
    """How the server listens; its log goes where ours goes."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=",".join(config.trusted_proxies),
        timeout_graceful_shutdown=config.stop_seconds,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=64 << 10,
    )


def serve(config: Config, listening: socket.socket, *, worker: bool) -> None:
    """Answer until SIGTERM or Ctrl-C; then what runs is finished, and the worker is stopped.

    Raises:
        ArchiveError: the archive cannot be opened or made.
        JobsUnreachable: the database of jobs cannot be used.
        OSError: the port of archived pages is taken.
    """
    os.environ.update(as_environment(config))
    sys.setswitchinterval(_SWITCH_SECONDS)
    with ExitStack() as stack:
        stack.enter_context(listening)
        try:
            config = stack.enter_context(replaying(config))
        except OSError as error:
            why = f"for archived pages: {error.strerror}"
            raise PortTaken(config.replay_host, config.replay_port, why) from error
        server = Server(settings(create_app(config), config))
        stack.enter_context(telling(config))
        if worker:
            beside = Worker(config)
            beside.start()
            stack.callback(beside.stop)
        server.run(sockets=[listening])
