"""A client of the REST API: the same calls that the server documents, with typed results.

    with Client("http://127.0.0.1:8420", token="vrm_...") as archive:
        job = archive.wait(archive.submit("https://www.gov.example/plan.html"))
        for match in archive.lookup(text="各市要把湿地修复列入年度计划").matches:
            print(match.title, match.witnesses[0].url)

Errors, all of them ClientError:

    ClientError
    ├── NoAnswer       the server cannot be reached, or what it says is no answer of this API
    └── ProblemAnswer  the server answered with a problem, which the error carries
        ├── NotAllowed     401 or 403: no token, a wrong one, or one that does not allow this
        ├── NotFound       404 or 410
        └── TooMany        429: `retry_seconds` says when to ask again
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from service.api.errands import JobList
from service.api.problems import KIND, Problem
from service.api.reading import Changes, Documents, Stats
from service.api.watches import Watches
from service.jobs import Job
from service.pages.diff import DiffPage
from service.pages.document import CapturePage, DocumentPage, VersionPage
from service.pages.home import HealthPage
from service.pages.jobs import JobPage, SchedulesPage
from service.pages.lookup import LookupPage
from service.pages.search import SearchPage
from service.schedules import Schedule
from service.watches import Watch

_T = TypeVar("_T")
_ROOT = "/api/v1"


class ClientError(Exception):
    """Root of what can go wrong with a call."""


class NoAnswer(ClientError):
    """No usable answer came."""

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(f"{url} gave no usable answer: {why}")


class ProblemAnswer(ClientError):
    """The server answered with a problem (RFC 9457)."""

    def __init__(self, problem: Problem, retry_seconds: float | None) -> None:
        self.problem, self.retry_seconds = problem, retry_seconds
        super().__init__(problem.detail)

    @property
    def code(self) -> str:
        """The stable name of the problem, such as `unknown-key`."""
        return self.problem.type.removeprefix(KIND)


class NotAllowed(ProblemAnswer):
    """No token, a wrong one, or one that does not allow this."""


class NotFound(ProblemAnswer):
    """The server has no such thing, or has it no more."""


class TooMany(ProblemAnswer):
    """Too many requests: ask again after `retry_seconds`."""


_KINDS: dict[int, type[ProblemAnswer]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    410: NotFound,
    429: TooMany,
}


class Client:
    """One server; keeps its connections until it is closed."""

    def __init__(self, base_url: str, *, token: str = "", timeout_seconds: float = 30.0) -> None:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # ------------------------------------------------------------------ reading

    def lookup(
        self,
        key: str | None = None,
        *,
        url: str | None = None,
        at: datetime | None = None,
        text: str | None = None,
    ) -> LookupPage:
        """Versions by one of: a key, an address (at a time), or a text of at most 1 MB.

        Raises:
            ValueError: not exactly one of them is given.
        """
        if sum(each is not None for each in (key, url, text)) != 1:
            raise ValueError("give one of: a key, url=, text=")
        if text is not None:
            return self._ask("POST", "/lookup", LookupPage, json={"text": text})
        asked = {"key": key, "url": url, "at": at.isoformat() if at else None}
        return self._ask("GET", "/lookup", LookupPage, params=asked)

    def document(self, key: str) -> DocumentPage:
        """The document that the key names, with all of its versions and their witnesses."""
        return self._ask("GET", f"/documents/{_segment(key)}", DocumentPage)

    def documents(self) -> Iterator[Any]:
        """Every document as a `DocumentRow`, those that came last first; asks as it is read."""
        for page in self._pages("/documents", Documents, {}):
            yield from page.documents

    def version(self, key: str) -> VersionPage:
        """The version that the key names, with its text."""
        return self._ask("GET", f"/versions/{_segment(key)}", VersionPage)

    def capture(self, id: str) -> CapturePage:
        """The capture with this id."""
        return self._ask("GET", f"/captures/{_segment(id)}", CapturePage)

    def raw(self, id: str) -> bytes:
        """The archived bytes of a capture, decoded from the wire."""
        return self._send("GET", f"/captures/{_segment(id)}/raw").content

    def diff(self, older: str, newer: str) -> DiffPage:
        """What changed from one version to the other."""
        return self._ask("GET", f"/diffs/{_segment(older)}..{_segment(newer)}", DiffPage)

    def search(self, words: str, **filters: str) -> SearchPage:
        """The best versions for the words; filters are those of the API, such as `language="zh"`."""
        return self._ask("GET", "/search", SearchPage, params={"q": words, **filters})

    def changes(self, document: str | None = None) -> Iterator[Any]:
        """Every `Change`, newest first; asks as it is read."""
        for page in self._pages("/changes", Changes, {"document": document}):
            yield from page.changes

    def stats(self) -> dict[str, int]:
        """How much of everything there is."""
        return self._ask("GET", "/stats", Stats).counts

    def health(self) -> HealthPage:
        """What the archive weighs, and when it was last proved."""
        return self._ask("GET", "/health", HealthPage)

    # ------------------------------------------------------------------ having things done

    def submit(self, *urls: str, freshness_seconds: float | None = None) -> Job:
        """The job that archives the pages at these addresses."""
        asked = {"urls": list(urls), "freshness_seconds": freshness_seconds}
        return self._ask("POST", "/submissions", Job, json=asked)

    def upload(self, file: Path, *, url: str = "") -> Job:
        """The job that takes in a file: a page with its address, or a WARC or WACZ."""
        with file.open("rb") as handle:
            sent = {"file": (file.name, handle)}
            return self._ask("POST", "/uploads", Job, data={"url": url}, files=sent)

    def begin(self, kind: str, **argument: Any) -> Job:
        """The job of another kind: crawl, verify, push, rebuild."""
        return self._ask("POST", "/jobs", Job, json={"kind": kind, "argument": argument})

    def job(self, id: str) -> JobPage:
        """The job, its log, and the Results of its pages."""
        return self._ask("GET", f"/jobs/{_segment(id)}", JobPage)

    def jobs(self, **filters: str) -> Iterator[Job]:
        """Every job, newest first; filters are `kind` and `state`."""
        for page in self._pages("/jobs", JobList, filters):
            yield from page.jobs

    def cancel(self, id: str) -> Job:
        """The job, which goes no further."""
        return self._ask("POST", f"/jobs/{_segment(id)}/cancel", Job)

    def retry(self, id: str) -> Job:
        """The job, queued again."""
        return self._ask("POST", f"/jobs/{_segment(id)}/retry", Job)

    def wait(self, job: Job, *, seconds: float = 600.0, poll_seconds: float = 0.5) -> JobPage:
        """The job once it is over.

        Raises:
            TimeoutError: it is not over after so many seconds.
        """
        end = time.monotonic() + seconds
        while True:
            page = self.job(job.id)
            if page.job.is_over:
                return page
            if time.monotonic() > end:
                raise TimeoutError(f"The job {job.id} is {page.job.state} after {seconds:g} s.")
            time.sleep(poll_seconds)

    def schedules(self) -> SchedulesPage:
        """All schedules, and what a new one may be for."""
        return self._ask("GET", "/schedules", SchedulesPage)

    def schedule(self, name: str, *, cron: str, **plan: Any) -> Schedule:
        """The schedule of this name, kept; the plan has `site`, `watch`, `zone`, `jitter_seconds`."""
        sent = {"cron": cron, **plan}
        return self._ask("PUT", f"/schedules/{_segment(name)}", Schedule, json=sent)

    def unschedule(self, name: str) -> None:
        """Forget the schedule of this name."""
        self._send("DELETE", f"/schedules/{_segment(name)}")

    def watches(self) -> tuple[Watch, ...]:
        """All watches, by name."""
        return self._ask("GET", "/watches", Watches).watches

    def watch(self, name: str, *, titles: Sequence[str] = (), terms: Sequence[str] = ()) -> Watch:
        """The watch of this name, kept; each of the terms is a few words that must all be there."""
        sent = {"titles": list(titles), "terms": list(terms)}
        return self._ask("PUT", f"/watches/{_segment(name)}", Watch, json=sent)

    def unwatch(self, name: str) -> None:
        """Forget the watch of this name."""
        self._send("DELETE", f"/watches/{_segment(name)}")

    # ------------------------------------------------------------------ asking

    def _pages(self, path: str, kind: type[_T], params: Mapping[str, Any]) -> Iterator[_T]:
        cursor: str | None = None
        while True:
            page: Any = self._ask("GET", path, kind, params={**params, "cursor": cursor})
            yield page
            cursor = page.next
            if cursor is None:
                return

    def _ask(self, method: str, path: str, kind: type[_T], **given: Any) -> _T:
        answer = self._send(method, path, **given)
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise NoAnswer(str(answer.url), str(error)) from error

    def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        if "params" in given:
            given["params"] = {k: v for k, v in given["params"].items() if v is not None}
        try:
            answer = self._http.request(method, _ROOT + path, **given)
        except httpx.HTTPError as error:
            raise NoAnswer(f"{self._http.base_url}{path}", str(error)) from error
        if answer.is_success:
            return answer
        raise _problem(answer)


def _problem(answer: httpx.Response) -> ClientError:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        return NoAnswer(str(answer.url), f"HTTP {answer.status_code}")
    wait = answer.headers.get("retry-after", "")
    retry = float(wait) if wait.isdecimal() else None
    return _KINDS.get(answer.status_code, ProblemAnswer)(problem, retry)


def _segment(text: str) -> str:
    return quote(text, safe="")
