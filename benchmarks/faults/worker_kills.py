"""Workers killed at random moments of a running schedule: no job lost, no settled address asked again."""

import os
import random
import time
from pathlib import Path

from archive.store import Archive
from archive.verify import verify_fully
from benchmarks.faults.outcome import Outcome
from benchmarks.worker_world import PAGES, Site, begun, environment, served
from service.jobs import Jobs
from service.jobs.ledger import Ledger
from service.schedules import Schedules

_MOST_SECONDS = 3.0  # of a worker's life
_END_SECONDS = 300.0


def at_random(folder: Path, count: int, seed: int = 7) -> Outcome:
    """Kills as many workers of one archive, then lets one end what they began."""
    outcome = Outcome(fault="kill -9 of the worker of a running schedule", runs=count)
    chance = random.Random(seed)
    archive = folder / "archive"
    with served() as site:
        settings = environment(folder, site)
        os.environ["VARIORUM_SITES"] = settings["VARIORUM_SITES"]
        with Jobs.open(None, archive) as jobs:
            schedules = Schedules(jobs, archive)
            schedules.add("often", site="plans.example", cron="* * * * *")
            settled: dict[tuple[str, str], int] = {}  # (job, address): requests before it was noted
            for kill in range(count):
                schedules.run("often")
                for number in range(3):
                    url = f"{site.origin}/plan/{kill % PAGES}?submission={kill}-{number}"
                    jobs.submit("submit", {"urls": [url], "delay_seconds": 0})
                worker = begun(archive, settings)
                time.sleep(chance.uniform(0, _MOST_SECONDS))
                worker.kill()
                worker.communicate()
                _note(jobs, site, settled)
            worker = begun(archive, settings)
            _wait(jobs)
            worker.terminate()
            worker.communicate()
            _judge(jobs, site, settled, outcome)
    with Archive.open(archive) as kept:
        outcome.losses += [problem.message for problem in verify_fully(kept).problems]
    return outcome


def _note(jobs: Jobs, site: Site, settled: dict[tuple[str, str], int]) -> None:
    """Which addresses of submissions have their outcome by now, and how often they were asked."""
    ledger = Ledger(jobs.database, "judge")
    for job in jobs.jobs(kind="submit", limit=1000):
        for page in ledger.pages(job.id):
            if page.result is not None:
                target = page.url.removeprefix(site.origin)
                settled.setdefault((job.id, target), site.asked.count(target))


def _judge(jobs: Jobs, site: Site, settled: dict[tuple[str, str], int], outcome: Outcome) -> None:
    attempts = 0
    for job in jobs.jobs(limit=1000):
        attempts += max(job.attempts - 1, 0)
        outcome.acknowledged += 1
        if job.state != "done" or job.result is None:
            outcome.losses.append(f"the {job.kind} job {job.id} is {job.state}: {job.error}")
        elif job.kind == "submit" and len(job.result["results"]) != 1:
            outcome.losses.append(f"the job {job.id} has {len(job.result['results'])} results")
    outcome.losses += [
        f"{target} was asked for again after it was settled"
        for (_, target), before in settled.items()
        if site.asked.count(target) > before
    ]
    asked = {target for target in site.asked if target.startswith("/plan/")}
    missing = {f"/plan/{number}" for number in range(PAGES)} - asked
    outcome.losses += [f"{target} was never crawled" for target in sorted(missing)]
    outcome.notes["jobs taken over"] = attempts
    outcome.notes["requests"] = len(site.asked)


def _wait(jobs: Jobs) -> None:
    end = time.monotonic() + _END_SECONDS
    while jobs.jobs(state="queued") or jobs.jobs(state="running"):
        if time.monotonic() > end:
            return  # the judge finds them
        time.sleep(0.2)
