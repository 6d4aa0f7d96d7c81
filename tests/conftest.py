"""What several test files share: web servers on loopback, and crawls in processes of their own."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import crawl_driver
from tests.commands import Variorum, page
from tests.crawl_driver import Report
from tests.loopback import Loopback, Page

# Minutes each: begun first, so that no core waits for the last of them. The rest keeps its order.
SLOW = (
    "test_hostile_crawl.py", "test_faults.py", "test_kill_crawl.py", "test_web.py",
    "test_jobs_kill.py", "test_api_fuzz.py", "test_remote_faults.py", "test_remote_cli.py",
    "test_crawl_site.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.name, len(SLOW)))


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Starts servers that are closed after the test: `serve({"/": ok(b"text")})`."""
    with ExitStack() as servers:

        def start(pages: dict[str, Page], **options: Any) -> Loopback:
            return servers.enter_context(Loopback(pages, **options))

        yield start


@pytest.fixture
def crawl() -> Callable[..., Report]:
    """Runs a crawl to its end: `crawl("http://...", allow=server.allow).answer("http://...")`."""

    def run(*addresses: str, **options: Any) -> Report:
        return crawl_driver.report_of(crawl_driver.start(*addresses, **options))

    return run


@pytest.fixture
def start_crawl() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts a crawl and leaves it running; `tests.crawl_driver.report_of` waits for it."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*addresses: str, **options: Any) -> "subprocess.Popen[bytes]":
        running.append(crawl_driver.start(*addresses, **options))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def variorum(tmp_path: Path) -> Variorum:
    return Variorum(tmp_path / "archive")


@pytest.fixture
def filled(variorum: Variorum, tmp_path: Path) -> Variorum:
    """An archive with one document, ingested from a file."""
    saved = tmp_path / "plan.html"
    saved.write_bytes(page())
    answer = variorum("ingest", str(saved), "--url", "https://example.org/plan.html", "--json")
    assert answer.status == 0, answer.err
    return variorum
