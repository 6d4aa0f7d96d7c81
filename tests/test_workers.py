"""Readings in processes that can be killed: a page that breaks a limit ends nothing but its own reading."""

import os
import signal
import time

import pytest

from archive.captures import Body
from archive.records import Capture
from pipelines.direct import InProcess
from pipelines.errors import Refused
from pipelines.workers import Limits, Readers, Reads
from tests.samples import captured

PAGE = "<html><body><article><h1>Plan</h1><p>{}</p></article></body></html>"
SENTENCE = "The archive keeps every capture of a page and says when its words have changed. "


def body(html: str) -> Body:
    return Body(data=html.encode(), media_type="text/html", complete=True, decoded=True, note="")


def capture(name: str) -> Capture:
    return captured(id=name, url=f"https://example.org/{name}")


class ReadsContract:
    """What every way of making readings does."""

    reads: Reads

    def test_a_page_becomes_a_reading(self) -> None:
        reading = self.reads.read(body(PAGE.format(SENTENCE * 5)), capture("a")).result(600)
        assert reading.capture == "a"
        assert SENTENCE.strip() in reading.text
        assert reading.language.tag == "en"

    def test_a_refusal_comes_back_with_its_stage_and_reason(self) -> None:
        with pytest.raises(Refused) as caught:
            self.reads.read(body("<html><body></body></html>"), capture("b")).result(600)
        assert caught.value.stage
        assert str(caught.value) == caught.value.reason
        assert caught.value.reason.endswith(".")

    def test_the_same_page_gives_the_same_reading(self) -> None:
        page = body(PAGE.format(SENTENCE * 5))
        first, second = (self.reads.read(page, capture("a")).result(600) for _ in range(2))
        assert first == second


class TestInProcess(ReadsContract):
    reads = InProcess()


class TestReaders(ReadsContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def readers(cls) -> object:
        with Readers(1) as readers:
            cls.reads = readers
            yield


def test_a_worker_that_takes_too_long_is_killed_and_the_next_page_is_read() -> None:
    with Readers(1) as readers:
        readers.read(body(PAGE.format(SENTENCE * 5)), capture("warm")).result(600)
    with Readers(1, Limits(wall_seconds=0.001)) as readers:
        began = time.monotonic()
        with pytest.raises(Refused, match=r"^Text failed: it took more than 0\.001 seconds\.$"):
            readers.read(body(PAGE.format(SENTENCE * 5000)), capture("slow")).result(600)
        assert time.monotonic() - began < 300


def test_a_worker_that_is_killed_from_outside_is_replaced_and_the_page_is_tried_again() -> None:
    with Readers(1) as readers:
        readers.read(body(PAGE.format(SENTENCE * 5)), capture("a")).result(600)
        worker = readers._idle.get()
        readers._idle.put(worker)
        os.kill(worker._process.pid, signal.SIGKILL)
        reading = readers.read(body(PAGE.format(SENTENCE * 5)), capture("b")).result(600)
        assert reading.capture == "b"


def test_a_page_that_needs_too_much_memory_is_refused_and_others_are_read() -> None:
    with Readers(1, Limits(extra_bytes=64 << 20)) as readers:
        bomb = body(PAGE.format("<p>" + "a b " * (24 << 20) + "</p>"))
        with pytest.raises(Refused, match=r"^Text failed: "):
            readers.read(bomb, capture("bomb")).result(120)
        reading = readers.read(body(PAGE.format(SENTENCE * 5)), capture("good")).result(600)
        assert reading.capture == "good"
