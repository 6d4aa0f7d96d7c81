"""What several test files share: web servers on loopback, and crawls in processes of their own."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import crawl_driver, forked
from tests.commands import Variorum, page
from tests.crawl_driver import Report
from tests.forked import Forked
from tests.loopback import Loopback, Page
from tests.seaweed import Seaweed

# Minutes each: begun first, so that no core waits for the last of them. The rest keeps its order.
SLOW = (
    "test_crawl_site.py", "test_jobs_worker.py", "test_web.py", "test_hostile_crawl.py",
    "test_faults.py", "test_kill_crawl.py", "test_demo.py", "test_remote_cli.py",
    "test_remote_faults.py", "test_works.py", "test_crawl.py", "test_api_serve.py",
    "test_addon.py", "test_imports.py", "test_discovery.py", "test_browser.py",
    "test_api_schema.py", "test_attachment_limits.py", "test_bad_input.py",
)  # fmt: skip


# A machine that stands still for a second has found no fault.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.name, len(SLOW)))


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with Seaweed.start(tmp_path_factory.mktemp("s3")) as started:
        yield started


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
def start_crawl() -> Iterator[Callable[..., Forked]]:
    """Starts a crawl and leaves it running; `tests.crawl_driver.report_of` waits for it."""
    running: list[Forked] = []

    def start(*addresses: str, **options: Any) -> Forked:
        running.append(crawl_driver.start(*addresses, **options))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="session", autouse=True)
def _forks() -> Iterator[None]:
    """Whatever was forked, the process that forks ends with the tests."""
    yield
    forked.close()


@pytest.fixture
def variorum(tmp_path: Path) -> Variorum:
    return Variorum(tmp_path / "archive")


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive that every `filled` is a copy of."""
    folder = tmp_path_factory.mktemp("filled")
    saved = folder / "plan.html"
    saved.write_bytes(page())
    made = Variorum(folder / "archive")
    answer = made("ingest", str(saved), "--url", "https://example.org/plan.html", "--json")
    assert answer.status == 0, answer.err
    return made.archive


@pytest.fixture
def filled(variorum: Variorum, _filled: Path) -> Variorum:
    """An archive with one document, ingested from a file."""
    shutil.copytree(_filled, variorum.archive)
    return variorum
