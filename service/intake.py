"""An archive that takes something in: kept at once, read by workers, filed in order, told as Results."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.imports import Advance, ImportReport, adopt_warc, import_warc
from archive.index import Outcome
from archive.records import Capture, Exchange, Refusal, Relation, Resource
from crawlers.renditions import PART_REASON, Rendition, file_rendered, keep_rendered
from pipelines import flow
from pipelines.workers import Readers
from pipelines.works import linking
from service import terminal, views
from service.options import Settings, print_json
from service.views import View

LEADS_ON = "A list, sitemap or feed that a crawl found pages by; it is kept, and not filed."
ON_THE_WAY = "It came on the way to an answer, or in place of one; it is kept, and not filed."

Tell = Callable[[View], None]


class Intake:
    """The archive, open for writing while this context lasts, and what became of all that it was given."""

    def __init__(self, settings: Settings, readers: Readers | None = None) -> None:
        """`readers` are those of the caller, who ends them; without them there are some of its own."""
        self.results: list[View] = []  # in the order of filing; complete when the context has ended
        self.tell: Tell = self._note  # who hears what becomes of that which is taken from now on
        self.fresh: list[str] = []  # versions that were filed, for `pipelines.works.linking`
        self._asked: dict[str, tuple[str, Tell]] = {}  # by capture: the address that was asked for
        with ExitStack() as stack:
            self._archive = stack.enter_context(settings.writer())
            self._readers = readers or stack.enter_context(Readers())
            flow.catch_up(self._archive, self._readers)
            self._flow = flow.Flow(self._archive, self._readers, self._settle)
            self._open = stack.pop_all()

    def keep(self, new: Exchange, *, part: bool = False) -> None:
        """Keep what nobody would read: a redirect, a robots.txt, a `part` of a rendered page."""
        stage, reason = ("browser", PART_REASON) if part else ("fetch", ON_THE_WAY)
        with self._archive.batch():
            self._keep_unread(new, stage, reason)

    def shelve(self, new: Exchange, rendition: Rendition | None = None) -> None:
        """Keep a page that only leads to others: it gets no reading."""
        with self._archive.batch():
            capture = self._keep_unread(new, "discovery", LEADS_ON)
            if rendition is not None:
                keep_rendered(self._archive, capture, rendition)

    def take(self, asked: str, new: Exchange | Resource) -> None:
        """Keep a page and begin its way; `asked` is the address that its Result will name."""
        self._begin(asked, self._archive.keep(new))

    def take_rendered(self, asked: str, new: Exchange, rendition: Rendition) -> None:
        """Keep a page and what a browser made of it, and go the whole way with that.

        All at once: a page that is kept without its rendition would pass for one that was read.
        """
        self._flow.finish()  # what came before it is filed before it
        with self._archive.batch():
            capture = self._archive.keep(new)
            file_rendered(self._archive, self._readers, capture, rendition)
        self._asked[capture.id] = asked, self.tell
        filed = self._archive.index.filed(capture.id)
        refusal = self._archive.index.refusal(capture.id)
        self._settle(Outcome(capture=capture, filed=filed, refusal=refusal))

    def take_warc(
        self, path: Path, advance: Advance = lambda _: None, *, in_place: bool = False
    ) -> ImportReport:
        """Keep what the file holds and begin the way of every page in it; see `archive.imports`."""
        take = adopt_warc if in_place else import_warc
        return take(self._archive, path, self._begin_page, advance)

    def fail(self, asked: str, reason: str, *, refused: bool = False) -> None:
        """Note an address that gave nothing to keep; `refused` by a rule, so that it never will."""
        self.tell(views.failure(asked, "refused" if refused else "failed", reason))

    def proceed(self) -> bool:
        """File what is read by now, without waiting; whether more is being read."""
        return self._flow.proceed()

    def settle_left(self, before: "Intake") -> None:
        """Tell what became of what an intake of this process had begun, and could not finish."""
        while before._asked:
            capture, (asked, tell) = before._asked.popitem()
            found = flow.outcome(self._archive, self._archive.index.capture(capture))
            tell(views.result(self._archive, asked, found))

    def recall(self, asked: str, url: str, fetched_at: datetime) -> View | None:
        """The Result of an answer that an earlier process was about to keep; None if it did not."""
        for capture in self._archive.index.captures_at(url):
            if capture.fetched_at == fetched_at:
                return views.result(self._archive, asked, flow.outcome(self._archive, capture))
        return None

    def _keep_unread(self, new: Exchange, stage: str, reason: str) -> Capture:
        capture = self._archive.keep(new)
        if flow.is_page(capture):
            self._archive.refuse(Refusal(capture=capture.id, stage=stage, reason=reason))
        return capture

    def _begin_page(self, capture: Capture) -> None:
        if flow.is_page(capture):
            self._begin(capture.url, capture)

    def _begin(self, asked: str, capture: Capture) -> None:
        self._asked[capture.id] = asked, self.tell
        self._flow.take(capture)

    def _settle(self, outcome: Outcome) -> None:
        if outcome.filed and outcome.filed.relation != Relation.SAME:
            self.fresh.append(outcome.filed.version)
        asked, tell = self._asked.pop(outcome.capture.id)
        tell(views.result(self._archive, asked, outcome))

    def _note(self, result: View) -> None:
        self.results.append(result)

    def abandon(self) -> None:
        """Let go of the archive after an error; what was kept is finished by the next intake."""
        self._open.close()

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
                linking.link(self._archive, self.fresh)


def report(settings: Settings, results: list[View]) -> int:
    """Print the results; exit status 0 when every page became a document, 1 when one did not."""
    if settings.as_json:
        print_json({"results": results})
    else:
        terminal.results(results)
    return 0 if all(result["document"] for result in results) else 1
