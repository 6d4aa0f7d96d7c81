"""Notices when a site's lists have gone dead. The archive is the memory of what they were."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from crawlers.discovery.findings import Page
from crawlers.discovery.frontier import Target
from crawlers.discovery.links import Link
from crawlers.discovery.shelf import Shelf
from crawlers.sites import Site

_LOOKED_UP = 200  # documents of one list whose first capture is looked for; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a person should look at."""

    code: Literal["layout", "quiet", "start"]
    url: str  # the list, or the first start address
    message: str


class LayoutWatch:
    """Compares what start addresses lead to with what they led to before this crawl."""

    def __init__(self, site: Site, shelf: Shelf | None, began: datetime) -> None:
        self._site, self._shelf, self._began = site, shelf, began
        self._found: list[Notice] = []
        self._newest: datetime | None = None  # first capture of any document on the lists
        self._anything_new = shelf is None

    def note(
        self, target: Target, page: Page | None, led_to: int, count: Callable[[Target, Page], int]
    ) -> None:
        """Take in what a start address gave: `led_to` documents and further lists."""
        if target.is_document or led_to:
            return
        kept = self._shelf.page(target.url, self._began) if self._shelf is not None else None
        there = page is not None and page.is_there
        if kept is None:
            what = "led to no page" if there else "gave no page"
            message = f"{target.url} {what}. The row of {self._site.name} may want mending."
            self._found.append(Notice(code="start", url=target.url, message=message))
            return
        before = count(target, Page(
            url=kept.url, status=200, data=kept.body.data, media_type=kept.body.media_type
        ))  # fmt: skip
        day = f"{kept.seen_at:%Y-%m-%d}"
        if not there:
            message = f"{target.url} gave no page; on {day} it did. The layout may have changed."
        elif before:
            message = (
                f"{target.url} led to {before} pages on {day} and leads to none now. "
                "The layout may have changed."
            )
        else:
            return
        self._found.append(Notice(code="layout", url=target.url, message=message))

    def note_documents(self, documents: Iterable[Link]) -> None:
        """Take in documents on a list of a start address."""
        for each in islice(documents, _LOOKED_UP):
            if self._anything_new or self._shelf is None:
                return
            first = self._shelf.first_seen(each.url, self._began)
            if first is None:
                self._anything_new = True
            elif self._newest is None or first > self._newest:
                self._newest = first

    def notices(self) -> tuple[Notice, ...]:
        """All there is to say."""
        quiet = timedelta(days=self._site.quiet_days)
        if self._anything_new or self._newest is None or self._began - self._newest < quiet:
            return tuple(self._found)
        message = (
            f"{self._site.name} has shown nothing new since {self._newest:%Y-%m-%d}. "
            "The layout may have changed."
        )
        notice = Notice(code="quiet", url=self._site.starts[0], message=message)
        return (*self._found, notice)
