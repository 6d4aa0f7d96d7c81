"""An archive that takes something in: kept at once, read by workers, filed in order, told as Results."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.imports import ImportReport, import_warc
from archive.index import Outcome
from archive.records import Capture, Exchange, Resource
from pipelines import flow
from pipelines.workers import Readers
from service import terminal, views
from service.options import Settings, print_json
from service.views import View


class Intake:
    """The archive, open for writing while this context lasts, and what became of all that it was given."""

    def __init__(self, settings: Settings) -> None:
        self.results: list[View] = []  # in the order of filing; complete when the context has ended
        self._asked: dict[str, str] = {}  # capture id -> the address that was asked for
        with ExitStack() as stack:
            self._archive = stack.enter_context(settings.writer())
            readers = stack.enter_context(Readers())
            flow.catch_up(self._archive, readers)
            self._flow = flow.Flow(self._archive, readers, self._settle)
            self._open = stack.pop_all()

    def keep(self, new: Exchange | Resource) -> Capture:
        """The capture, on the disk, of something that is not a page: a redirect, a robots.txt."""
        return self._archive.keep(new)

    def take(self, asked: str, new: Exchange | Resource) -> None:
        """Keep a page and begin its way; `asked` is the address that its Result will name."""
        self._begin(asked, self.keep(new))

    def take_warc(self, path: Path) -> ImportReport:
        """Keep what the file holds and begin the way of every page in it."""
        return import_warc(self._archive, path, self._begin_page)

    def fail(self, asked: str, reason: str) -> None:
        """Note an address that gave nothing to keep."""
        self.results.append(views.failure(asked, "failed", reason))

    def _begin_page(self, capture: Capture) -> None:
        if flow.is_page(capture):
            self._begin(capture.url, capture)

    def _begin(self, asked: str, capture: Capture) -> None:
        self._asked[capture.id] = asked
        self._flow.take(capture)

    def _settle(self, outcome: Outcome) -> None:
        asked = self._asked.pop(outcome.capture.id)
        self.results.append(views.result(self._archive, asked, outcome))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._open:
            if error is None:
                self._flow.finish()


def report(settings: Settings, results: list[View]) -> int:
    """Print the results; exit status 0 when every page became a document, 1 when one did not."""
    if settings.as_json:
        print_json({"results": results})
    else:
        terminal.results(results)
    return 0 if all(result["document"] for result in results) else 1
