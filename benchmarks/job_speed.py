"""How soon a page that is handed in is archived, and how many are accepted while a crawl runs."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Extent, Figure
from benchmarks.worker_world import begun, environment, served
from service.jobs import Job, Jobs

_PAGES = 20  # handed in one after the other
_BURST_SECONDS = 5.0  # of submissions while a crawl runs
_END_SECONDS = 120.0


def measure(extent: Extent) -> list[Figure]:
    """Seconds from handing in to archived on a quiet worker; submissions a second beside a crawl."""
    with tempfile.TemporaryDirectory(prefix="variorum-jobs-") as folder, served() as site:
        settings = environment(Path(folder), site)
        os.environ["VARIORUM_SITES"] = settings["VARIORUM_SITES"]
        archive = Path(folder) / "archive"
        with Jobs.open(None, archive) as jobs:
            worker = begun(archive, settings)
            try:
                waits = [_wait(jobs, f"{site.origin}/plan/{n}?single") for n in range(_PAGES + 1)]
                jobs.submit("crawl", {"site": "plans.example", "delay_seconds": 1})
                accepted, seconds = _burst(jobs, site.origin)
                lost = sum(jobs.job(job.id).id != job.id for job in accepted)
            finally:
                worker.terminate()
                worker.communicate()
    waits = sorted(waits[1:])  # the first one loads what the readers need
    p95 = waits[int(0.95 * (len(waits) - 1))]
    name = f"{extent.prefix}jobs"
    return [
        Figure(name=f"{name}/archived p50", value=statistics.median(waits), unit="s", bound="<="),
        Figure(name=f"{name}/archived p95", value=p95, unit="s", bound="<="),
        Figure(name=f"{name}/accepted", value=len(accepted) / seconds, unit="a second"),
        Figure(name=f"{name}/lost", value=lost, unit="jobs", bound="<="),
    ]


def _wait(jobs: Jobs, url: str) -> float:
    """Seconds from handing the page in until it is archived."""
    began = time.monotonic()
    job = jobs.submit("submit", {"urls": [url], "delay_seconds": 0})
    while not jobs.job(job.id).is_over:
        if time.monotonic() - began > _END_SECONDS:
            raise RuntimeError(f"The job {job.id} does not end.")
        time.sleep(0.01)
    took = time.monotonic() - began
    time.sleep(0.3)  # so that the worker is at rest when the next one comes
    return took


def _burst(jobs: Jobs, origin: str) -> tuple[list[Job], float]:
    """What was accepted, one submission after the other, and in how many seconds."""
    accepted: list[Job] = []
    began = time.monotonic()
    while time.monotonic() - began < _BURST_SECONDS:
        url = f"{origin}/plan/{len(accepted) % 10}?burst={len(accepted)}"
        accepted.append(jobs.submit("submit", {"urls": [url]}))
    return accepted, time.monotonic() - began
