"""What looks after the archive, as jobs: verify, push, import, rebuild. Each is the command of that name."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from service.jobs.case import Case, Ceased
from service.jobs.chore import BUSY, Chore, ChoreDied
from service.jobs.errors import JobError
from service.jobs.ledger import Page
from service.jobs.records import Argument, Level, Progress
from service.progress import Far
from service.views import View

_WAIT_SECONDS = 1.0  # between two looks whether what is waited for is over
_MOST_PROBLEMS = 100  # that are written into the log; the result has all of them
Hear = Callable[[str | Far], None]


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
                return self._answer(case, ("rebuild-index",), _listener(case))
        answer = self._answer(case, _words(kind, argument), _listener(case))
        _note(case, answer)
        return answer

    def cease(self, case: Case) -> None:
        """End its process at once."""
        with self._lock:
            if case.id in self._under_way:
                self._under_way[case.id].kill()

    def _import(self, case: Case) -> View:
        """One file after the other; what an earlier attempt has taken is not taken again."""
        paths: list[str] = case.job.argument["paths"]
        sizes = {path: _size(path) for path in paths}
        known = case.known()
        for path in paths:
            if path in known:
                continue
            before, total = sum(sizes[each] for each in known), sum(sizes.values())
            with self._alone(case):
                words = ("import", "--", path)
                known[path] = self._answer(case, words, _listener(case, before, total))
            progress = Progress(settled=before + sizes[path], total=total, latest=Path(path).name)
            page = Page(
                url=path, answered_by=path, fetched_at=case.job.created_at, result=known[path]
            )
            case.ledger.settled(case.id, page, progress)
            _note(case, known[path])
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

    def _answer(self, case: Case, words: tuple[str, ...], hear: Hear) -> View:
        said = False
        while True:
            status, view = self._once(case, words, hear)
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

    def _once(self, case: Case, words: tuple[str, ...], hear: Hear) -> tuple[int, View]:
        chore = Chore(("--archive", str(case.desk.path), "--json", *words))
        with self._lock:
            self._under_way[case.id] = chore
            if case.ceased.is_set():
                chore.kill()
        try:
            return chore.run(hear)
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


def _listener(case: Case, before: int = 0, total: int | None = None) -> Hear:
    """Writes down what a command says; it is one of several, `before` and `total` are of all of them."""

    def hear(said: str | Far) -> None:
        if isinstance(said, str):
            case.ledger.note(case.id, said)
            return
        every = said.total if total is None else total
        case.ledger.advance(
            case.id, Progress(settled=before + said.passed, total=every, latest=said.what)
        )

    return hear


def _size(path: str) -> int:
    """Of a file, in bytes; 0 where it cannot be looked at: the import says why."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _note(case: Case, answer: View) -> None:
    """Write the outcome of a command into the log: what each file came to, and what is wrong."""
    for count, (level, line) in enumerate(_lines(answer)):
        if count == _MOST_PROBLEMS:
            case.ledger.note(case.id, "There is more; the result has all of it.")
            return
        case.ledger.note(case.id, line, level)


def _lines(answer: View) -> Iterator[tuple[Level, str]]:
    for each in answer.get("files", ()):
        if "records" in each:
            yield (
                "info",
                (
                    f"{each['path']}: {each['records']} records, {each['captures']} answers, "
                    f"{each['new']} of them new."
                ),
            )
        elif each["state"] == "refused":
            yield "warning", f"{each['name']}: {each['reason']}"
        for problem in each.get("problems", ()):
            yield "warning", problem["message"]
    for problem in answer.get("problems", ()):
        yield "warning", problem["message"]
