"""Runs one crawl in a process of its own, because Twisted's reactor cannot start twice.

Its standard input is a pickled `Order`, its standard output a pickled `Report`.
"""

import os
import pickle
import sys
import threading
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from archive.records import Exchange
from archive.store import Archive
from crawlers.memory import ArchiveMemory
from crawlers.policy import Policy
from crawlers.run import Limits, Manners, Progress, Summary, fetch
from crawlers.sink import Arrival, Failure
from tests import forked
from tests.forked import Forked


@dataclass(kw_only=True)
class Order:
    addresses: list[str]
    limits: Limits
    raise_at: int | None = None  # `receive` raises at this item, counted from 0
    receive_seconds: float = 0.0  # how long `receive` takes
    policies: tuple[Policy, ...] = ()
    archive: Path | None = None  # where every exchange is kept, and what the crawl remembers


@dataclass(kw_only=True)
class Report:
    items: list[Arrival | Failure] = field(default_factory=list)
    summary: Summary | None = None
    raised: BaseException | None = None
    threads: set[str] = field(default_factory=set)  # in which `receive` was called
    most_at_once: int = 0  # calls of `receive`
    progress: list[Progress] = field(default_factory=list)

    @property
    def finals(self) -> list[Arrival | Failure]:
        """The outcomes of the requested addresses."""
        return [item for item in self.items if isinstance(item, Failure) or item.final]

    def outcome(self, address: str) -> Arrival | Failure:
        """The one outcome of this address."""
        (found,) = [item for item in self.finals if item.requested == address]
        return found

    def answer(self, address: str) -> Exchange:
        """The exchange that answers this address."""
        found = self.outcome(address)
        assert isinstance(found, Arrival), found.reason
        return found.exchange

    def reason(self, address: str) -> str:
        """Why this address has no answer."""
        found = self.outcome(address)
        assert isinstance(found, Failure), found.exchange
        return found.reason

    def exchanges(self, url: str) -> list[Exchange]:
        """All exchanges with this URL, in order."""
        return [
            item.exchange
            for item in self.items
            if isinstance(item, Arrival) and item.exchange.url == url
        ]


def run(order: Order) -> Report:
    report = Report()
    counter = threading.Lock()
    kept = Archive.open(order.archive, write=True) if order.archive else None
    memory = ArchiveMemory(order.archive) if order.archive else None
    now = 0

    def receive(item: Arrival | Failure) -> None:
        nonlocal now
        with counter:
            now += 1
            report.most_at_once = max(report.most_at_once, now)
        report.threads.add(threading.current_thread().name)
        if order.raise_at == len(report.items):
            raise RuntimeError("the disk is full")
        report.items.append(item)
        if kept is not None and isinstance(item, Arrival):
            kept.keep(item.exchange)
        time.sleep(order.receive_seconds)
        with counter:
            now -= 1

    try:
        report.summary = fetch(
            order.addresses,
            order.limits,
            receive,
            report.progress.append,
            manners=Manners(policies=order.policies, memory=memory),
        )
    except RuntimeError as error:
        report.raised = error
    finally:
        if kept is not None:
            kept.close()
    return report


def start(
    *addresses: str,
    allow: str = "",
    env: dict[str, str] | None = None,
    **options: Any,
) -> Forked:
    """A crawl that has begun in a process of its own; `options` are fields of Limits and of Order."""
    named = {field.name for field in fields(Limits)}
    limits = {name: options.pop(name) for name in named & options.keys()}
    order = Order(
        addresses=list(addresses),
        limits=Limits(**{"delay_seconds": 0.0, "timeout_seconds": 5.0} | limits),
        **options,
    )
    environment = os.environ | {"VARIORUM_ALLOW_ADDRESSES": allow} | (env or {})
    return forked.start("crawl", environment=environment, stdin=pickle.dumps(order))


def report_of(process: Forked) -> Report:
    """What a crawl that was started has done, once it is over."""
    out, err = process.output(timeout=600)
    assert process.returncode == 0, err.decode()
    assert err == b"", err.decode()
    report = pickle.loads(out)
    assert isinstance(report, Report)
    return report


def answer() -> None:
    """The process: reads its order, writes its report."""
    pickle.dump(run(pickle.load(sys.stdin.buffer)), sys.stdout.buffer)
