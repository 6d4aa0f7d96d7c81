"""What looks after the archive, as jobs: verify, push, import, rebuild. Each is the command of that name."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from service.jobs.case import Case, Ceased
from service.jobs.chore import BUSY, Chore, ChoreDied
from service.jobs.errors import JobError
from service.jobs.ledger import Page
from service.jobs.records import Argument, Progress
from service.views import View

_WAIT_SECONDS = 1.0  # between two looks whether what is waited for is over


class ChoreFailed(JobError):
    """The command could not do it; the message is its sentence."""


class Chores:
    """The commands that run in one worker."""

    def __init__(self, is_fetching: Callable[[], bool]) -> None:
        """`is_fetching` says whether somebody reads the index who cannot do without it."""
        self._is_fetching = is_fetching
        self._lock = threading.Lock()
        self._under_way: dict[str, Chore] = {}  # by job

    def run(self, case: Case) -> View:
        """What the command answers.

        Raises:
            Ceased: it goes no further here.
            ArchiveError: the archive cannot be used.
            JobError: the command could not do it, or the database cannot be used.
        """
        kind, argument = case.job.kind, case.job.argument
        if kind == "import":
            return self._import(case)
        if kind == "rebuild":
            self._await_quiet(case)
            with self._alone(case):
                return self._answer(case, ("rebuild-index",))
        return self._answer(case, _words(kind, argument))

    def cease(self, case: Case) -> None:
        """End its process at once."""
        with self._lock:
            if case.id in self._under_way:
                self._under_way[case.id].kill()

    def _import(self, case: Case) -> View:
        """One file after the other; what an earlier attempt has taken is not taken again."""
        paths: list[str] = case.job.argument["paths"]
        known = case.known()
        for path in paths:
            if path in known:
                continue
            with self._alone(case):
                known[path] = self._answer(case, ("import", "--", path))
            progress = Progress(settled=len(known), total=len(paths), latest=path)
            page = Page(
                url=path, answered_by=path, fetched_at=case.job.created_at, result=known[path]
            )
            case.ledger.settled(case.id, page, progress)
        answers = [known[path] for path in paths]
        return {
            "files": [each for answer in answers for each in answer["files"]],
            "results": [each for answer in answers for each in answer["results"]],
        }

    def _await_quiet(self, case: Case) -> None:
        said = False
        while self._is_fetching():
            if not said:
                case.waits("Crawls and submissions are under way; it begins when they are over.")
                said = True
            if case.ceased.wait(_WAIT_SECONDS):
                raise Ceased

    def _alone(self, case: Case) -> AbstractContextManager[None]:
        """The archive for the command alone, as long as it runs."""
        why = f"The job {case.id} ({case.job.kind}) has the archive for itself."
        return case.desk.closed(why, case.ceased.is_set)

    def _answer(self, case: Case, words: tuple[str, ...]) -> View:
        said = False
        while True:
            status, view = self._once(case, words)
            if status != BUSY:
                break
            if not said:
                case.waits(view["error"]["message"])
                said = True
            time.sleep(_WAIT_SECONDS)
        if said:
            case.waits(None)
        if "error" in view:
            raise ChoreFailed(view["error"]["message"])
        return view

    def _once(self, case: Case, words: tuple[str, ...]) -> tuple[int, View]:
        chore = Chore(("--archive", str(case.desk.path), "--json", *words))
        with self._lock:
            self._under_way[case.id] = chore
            if case.ceased.is_set():
                chore.kill()
        try:
            return chore.run(lambda line: case.ledger.note(case.id, line))
        except ChoreDied as death:
            if case.ceased.is_set():
                raise Ceased from death
            raise ChoreFailed(str(death)) from death
        finally:
            with self._lock:
                del self._under_way[case.id]


def _words(kind: str, argument: Argument) -> tuple[str, ...]:
    """The command line of a job that only reads the archive."""
    if kind == "push":
        options = {"--store": argument.get("store"), "--endpoint-url": argument.get("endpoint_url")}
        given = [word for name, value in options.items() if value for word in (name, value)]
        return ("archive", "push", *given)
    words = ["verify", *(["--quick"] if argument.get("quick") else [])]
    if "subset" in argument:
        words += ["--subset", argument["subset"]]
    if "max_seconds" in argument:
        words += ["--max-duration", f"{argument['max_seconds']:g}"]
    return tuple(words)
