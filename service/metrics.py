"""Figures for Prometheus: what is archived and refused, what waits, how long answers take, what was verified.

The registry is our own: nothing of the process stands in it that we did not put there. What the archive
says is asked when somebody scrapes, at most every few seconds.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from archive.errors import ArchiveError
from archive.recovery import warc_files
from archive.store import Archive
from archive.verify.rounds import last_proved
from service.tell.outbox import waiting

MEDIA_TYPE = CONTENT_TYPE_LATEST
_FRESH_SECONDS = 15.0  # that what was read of the archive serves further scrapes
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)  # seconds
_COUNTED = ("captures", "readings", "documents", "versions", "links", "works")


class Queue(Protocol):
    """What is asked of the jobs: see `service.jobs.Jobs`."""

    def counts(self) -> Mapping[Any, int]:
        """How many jobs there are in each state that has any."""
        ...

    def oldest_queued_at(self) -> datetime | None:
        """When the job was accepted that has waited longest; None while none waits."""
        ...


class Metrics:
    """The figures of one server."""

    def __init__(
        self,
        archive: Path,
        queue: Queue | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "variorum_request_seconds",
            "Time to answer a request, by route and status.",
            ("route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Scraped(archive, queue, clock))

    def exposition(self) -> bytes:
        """All figures, in the text format of MEDIA_TYPE."""
        return generate_latest(self.registry)


class Timed:
    """ASGI middleware that takes the time of every answer, by the route that gave it."""

    def __init__(self, app: Any, metrics: Metrics, quick: str) -> None:
        self._app, self._metrics = app, metrics
        self._quick = quick  # the address that is answered before any route is looked for

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on. An answer without end, as of progress, counts to its first byte."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()

        async def timed(message: Any) -> None:
            if message["type"] == "http.response.start":
                labelled = self._metrics.requests.labels(self._route(scope), str(message["status"]))
                labelled.observe(time.perf_counter() - start)
            await send(message)

        await self._app(scope, receive, timed)

    def _route(self, scope: Any) -> str:
        """The route as it is written in the program: addresses are too many to be labels."""
        if scope["path"] == self._quick:
            return self._quick
        return str(getattr(scope.get("route"), "path", "none"))


class _Scraped(Collector):
    """What the archive, the queue and the outbox say at the moment."""

    def __init__(self, archive: Path, queue: Queue | None, clock: Callable[[], datetime]) -> None:
        self._archive, self._queue, self._clock = archive, queue, clock
        self._read: tuple[Metric, ...] = ()
        self._read_at = float("-inf")

    def collect(self) -> Iterator[Metric]:
        """Every family of figures."""
        if time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._read = (*self._holdings(), *self._fixity())
            self._read_at = time.monotonic()
        yield from self._read
        yield from self._jobs()
        yield _gauge(
            "messages_waiting", "Webhook messages to be delivered.", waiting(self._archive)
        )

    def describe(self) -> list[Metric]:
        """Nothing, so that registering reads no archive."""
        return []

    def _holdings(self) -> Iterator[Metric]:
        try:
            with Archive.open(self._archive) as archive:
                counts, refused = archive.index.counts(), archive.index.refused()
        except ArchiveError:
            yield _gauge("archive_up", "Whether the archive can be read.", 0)
            return
        yield _gauge("archive_up", "Whether the archive can be read.", 1)
        for name in _COUNTED:
            yield _gauge(name, f"{name.capitalize()} in the archive.", counts[name])
        yield _by("refusals", "Captures that a stage would not take.", "stage", refused)

    def _fixity(self) -> Iterator[Metric]:
        """When the WARC files were last found sound."""
        names = warc_files(self._archive).keys() if self._archive.is_dir() else ()
        times = last_proved(self._archive)
        proved = [times[name] for name in names if name in times]
        unproved = len(names) - len(proved)
        yield _gauge("files_never_verified", "WARC files that were never verified.", unproved)
        if proved:
            oldest = (self._clock() - min(proved)).total_seconds()
            text = "Age of the longest-standing verification of a WARC file."
            yield _gauge("verified_age_seconds", text, oldest)

    def _jobs(self) -> Iterator[Metric]:
        if self._queue is None:
            return
        counts = {str(state): number for state, number in self._queue.counts().items()}
        yield _by("jobs", "Jobs by state.", "state", counts)
        since = self._queue.oldest_queued_at()
        age = (self._clock() - since).total_seconds() if since else 0.0
        yield _gauge("queue_age_seconds", "How long the oldest queued job has waited.", age)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"variorum_{name}", text, value=value)


def _by(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"variorum_{name}", text, labels=(label,))
    for value, number in sorted(counts.items()):
        family.add_metric((value,), number)
    return family
