"""Reads captures in processes that can be killed.

A page can make a parser loop, swell or crash. So each reading runs in a long-lived child with limits on
address space, CPU time, open files and wall time; a child that breaks one is replaced, and the page is
tried once more before it is refused. Neither the crawl nor the other pages notice.
"""

import logging
import multiprocessing
import multiprocessing.process
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol, Self

from archive.captures import Body
from archive.records import Capture, Reading
from pipelines.errors import Refused

# Forks of a server that has loaded the stages once start in milliseconds and inherit no lock.
_SPAWN = multiprocessing.get_context("forkserver")


_READY = "ready"
_START_SECONDS = 120.0  # for loading the stages; no limit of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost."""

    wall_seconds: float = 20.0
    cpu_seconds: int = 20
    extra_bytes: int = 512 << 20  # of address space beyond what an idle worker has
    open_files: int = 64
    tries: int = 2


class Reads(Protocol):
    """Makes readings, some of them side by side."""

    count: int  # readings that are made side by side

    def read(self, body: Body, capture: Capture) -> Future[Reading]:
        """The reading, once it is made; its exception is Refused where a stage or a limit says no."""
        ...


class Readers:
    """A few worker processes, and the readings that they make."""

    def __init__(self, count: int = 0, limits: Limits | None = None) -> None:
        """`count` workers, or one for each core; they start when they are first needed."""
        self._limits = limits or Limits()
        count = count or len(os.sched_getaffinity(0))
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(count):
            self._idle.put(_Worker(self._limits))
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="reader")
        self.count = count

    def warm_up(self) -> None:
        """Start the workers ahead of need; returns at once."""
        for _ in range(self.count):
            self._threads.submit(self._start)

    def _start(self) -> None:
        worker = self._idle.get()
        try:
            worker.start()
        except _Broken:  # whoever brings a page tries again, and hears why
            worker.stop()
        finally:
            self._idle.put(worker)

    def read(self, body: Body, capture: Capture) -> Future[Reading]:
        """See `Reads.read`."""
        return self._threads.submit(self._read, body, capture)

    def _read(self, body: Body, capture: Capture) -> Reading:
        worker = self._idle.get()
        try:
            for attempt in range(self._limits.tries):
                try:
                    return worker.read(body, capture)
                except _Broken as broken:
                    why = str(broken)
                    if attempt + 1 == self._limits.tries:
                        break
            raise Refused("read", f"Text failed: {why}.")
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End the workers; what was begun is finished first."""
        self._threads.shutdown(wait=True)
        for _ in range(self.count):
            self._idle.get().stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Broken(Exception):
    """A worker broke a limit or died; the message says which."""


class _Worker:
    """One child process, started when it is needed and again after it broke."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def read(self, body: Body, capture: Capture) -> Reading:
        """What the child makes of the page.

        Raises:
            Refused: a stage will not take it.
            _Broken: the child broke a limit, and is gone.
        """
        try:
            pipe = self._ready()
            pipe.send((body, capture))
            if not pipe.poll(self._limits.wall_seconds):
                raise self._broken(f"it took more than {self._limits.wall_seconds:g} seconds")
            answer = pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise self._broken(self._cause_of_death()) from error
        if isinstance(answer, Reading):
            return answer
        if isinstance(answer, Refused):
            raise answer
        raise self._broken(answer)

    def start(self) -> None:
        """Have the child ready.

        Raises:
            _Broken: none could be started.
        """
        try:
            self._ready()
        except (EOFError, ConnectionError) as error:
            raise self._broken(self._cause_of_death()) from error

    def stop(self) -> None:
        """End the child."""
        if self._process:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._pipe:
            self._pipe.close()
        self._process = self._pipe = None

    def _ready(self) -> Connection:
        if self._pipe is None:
            _SPAWN.set_forkserver_preload(["pipelines.warmed"])
            ours, theirs = _SPAWN.Pipe()
            process = _SPAWN.Process(target=_serve, args=(theirs, self._limits), daemon=True)
            process.start()
            theirs.close()
            self._process, self._pipe = process, ours
            if not ours.poll(_START_SECONDS) or ours.recv() != _READY:
                raise self._broken("no worker could be started")
        return self._pipe

    def _broken(self, why: str) -> _Broken:
        self.stop()
        return _Broken(why)

    def _cause_of_death(self) -> str:
        assert self._process is not None
        self._process.join(5)
        if self._process.exitcode == -signal.SIGXCPU:
            return f"it took more than {self._limits.cpu_seconds} seconds of CPU"
        if self._process.exitcode == -signal.SIGABRT:  # how C++ libraries end without memory
            return "it needed too much memory"
        return f"the worker ended with {self._process.exitcode}"


def _serve(pipe: Connection, limits: Limits) -> None:
    """The child: reads what comes until the parent is gone."""
    # Here and not above: the stages take seconds to load, and only the children need them.
    from pipelines import reading  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    reading.warm_up()
    _confine(limits)
    pipe.send(_READY)
    while True:
        try:
            body, capture = pipe.recv()
        except (EOFError, ConnectionError):
            return
        _allow_cpu(limits.cpu_seconds)
        pipe.send(_answer(reading.read, body, capture))


def _answer(
    read: Callable[[Body, Capture], Reading], body: Body, capture: Capture
) -> Reading | Refused | str:
    try:
        return read(body, capture)
    except Refused as refused:
        return refused
    except MemoryError:
        return "it needed too much memory"
    except RecursionError:
        return "it is nested too deeply"
    except Exception as error:
        logging.getLogger("variorum").exception("reading %s failed", capture.url)
        return f"{type(error).__name__}: {error}"[:300]


def _confine(limits: Limits) -> None:
    with open("/proc/self/statm") as statm:  # noqa: PTH123 - no path of ours
        space = int(statm.read().split()[0]) * resource.getpagesize() + limits.extra_bytes
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
