"""Processes that begin at once: forks of one that has loaded what commands and crawls need.

A process of its own costs a test two seconds of loading; there are hundreds of them. What is forked here is
one all the same: own memory, own network loop, killed by signals, its output in files of its own.

    process = start("crawl", {"VARIORUM_ALLOW_ADDRESSES": "..."}, stdin=b"...")
    out, err = process.communicate(timeout=600)
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


class Forked:
    """One such process, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, program: list[str], environment: dict[str, str], stdin: bytes) -> None:
        self.returncode: int | None = None
        self._out, self._err = TemporaryFile(), TemporaryFile()  # noqa: SIM115 - until it has ended
        told, tells = os.pipe()
        with TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            fds = [given.fileno(), self._out.fileno(), self._err.fileno(), tells]
            order = json.dumps([program, environment]).encode()
            socket.send_fds(_forker().control, [order], fds)
        os.close(tells)
        self._told = os.fdopen(told)
        pid = self._told.readline()
        assert pid, "the process that forks has ended; standard error says why"
        self.pid = int(pid)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status as `Popen` has it: minus the signal that ended it."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked process", timeout or 0)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def output(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """What it wrote, once it has ended; can be asked once."""
        self.wait(timeout)
        return _all_of(self._out), _all_of(self._err)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """As `output`, as text."""
        out, err = self.output(timeout)
        return out.decode(), err.decode()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _all_of(file: IO[bytes]) -> bytes:
    with file:
        file.seek(0)
        return file.read()


class Forker:
    """The process that forks, as the tests' process has it."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
            )

    def close(self) -> None:
        self.control.close()
        self._process.wait()


_forker = cache(Forker)


def start(*program: str, environment: dict[str, str], stdin: bytes = b"") -> Forked:
    """A process that has begun: "cli" with its arguments, or "crawl" with a pickled order to read."""
    return Forked(list(program), environment, stdin)


def close() -> None:
    """End the process that forks, if there is one."""
    if _forker.cache_info().currsize:
        _forker().close()
        _forker.cache_clear()
