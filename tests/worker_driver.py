"""A worker as tests run it: a process of its own, and what it says on standard error."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.jobs import Job, Jobs
from tests.commands import ROOT

READY = "does the jobs of"
SECONDS = 600.0  # for anything: the machine may be busy


class Worker:
    """A worker that was started."""

    def __init__(self, archive: Path, environment: dict[str, str], *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "--archive", str(archive), "worker", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | environment,
        )
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def says(self, words: str) -> None:
        """Returns once it has said this."""
        eventually(lambda: any(words in line for line in self.said), lambda: self.said)

    def stop(self) -> int:
        """Its exit status, once it has stopped as it should."""
        self.process.terminate()
        return self.ended()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.ended()

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        status = self.process.wait(SECONDS)
        self._listener.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        assert not any("Traceback" in line for line in self.said), "".join(self.said)
        return status

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)


@contextmanager
def worker(archive: Path, environment: dict[str, str], *options: str) -> Iterator[Worker]:
    """A worker that has begun to work, and is stopped afterwards."""
    started = Worker(archive, environment, *options)
    try:
        started.says(READY)
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def over(jobs: Jobs, job: Job) -> Job:
    """The job, once it is over."""
    eventually(lambda: jobs.job(job.id).is_over, lambda: (jobs.job(job.id), jobs.log(job.id)))
    return jobs.job(job.id)


def eventually(holds: Callable[[], bool], told: Callable[[], object] = str) -> None:
    """Returns once it holds."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(0.02)
