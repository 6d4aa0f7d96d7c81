"""A command of ours in a process of its own: verify, push, import, rebuild-index as jobs.

The process prints what the command prints with --json, says how far it is where the command shows a bar,
and ends at once when its worker is gone.
"""

import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from multiprocessing.connection import Connection

import msgspec

from service.cli import run
from service.progress import Far, heard_by
from service.views import View

_FORKS = multiprocessing.get_context("forkserver")
BUSY = 4  # exit status: another process writes to the archive


class ChoreDied(Exception):
    """The process ended without an answer; the message is a sentence."""


class Chore:
    """The process as its worker sees it."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        """`arguments` are those of the command line, the name of the command first."""
        self._pipe, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=_serve, args=(theirs, arguments), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, hear: Callable[[str | Far], None]) -> tuple[int, View]:
        """Its exit status and its answer; `hear` gets each line of its standard error, and how far it is.

        Raises:
            ChoreDied: it was killed, or broke.
        """
        try:
            while True:
                said = self._pipe.recv()
                if isinstance(said, str | Far):
                    hear(said)
                    continue
                status, text = said
                return status, _view(text)
        except (EOFError, ConnectionError) as error:
            self._process.join(5)
            raise ChoreDied(f"The process ended with {self._process.exitcode}.") from error
        finally:
            self.kill()
            self._pipe.close()
            self._process.join()

    def kill(self) -> None:
        """End it at once; an archive outlives that at any moment."""
        pid = self._process.pid
        if pid is not None and self._process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _view(text: str) -> View:
    try:
        view: View = msgspec.json.decode(text, type=dict)
    except msgspec.MsgspecError as error:
        raise ChoreDied(f"The command answered {text[:80]!r}.") from error
    return view


def _serve(pipe: Connection, arguments: tuple[str, ...]) -> None:
    """The child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(_Lines(pipe)), heard_by(pipe.send):
        status = run(list(arguments))
        sys.stderr.flush()
    pipe.send((status, out.getvalue()))


def _end_with_parent(pipe: Connection) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    os._exit(1)  # nobody would hear the answer


class _Lines(io.TextIOBase):
    """Standard error of the child: each line goes to the parent."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._rest = pipe, ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            self._pipe.send(line.strip())
        return len(text)
