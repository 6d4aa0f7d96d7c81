"""Every case of `hostile_server.py`, by the command line: one crawl of its index, the others one by one.

    python -m benchmarks.hostile            a line for each case, and what it cost
    python -m benchmarks.hostile netns      the same in a network namespace of its own (root)

A case is held when its outcome is one of those that the server lists for it. The canary plays the
internal network: one connection to it is a failure of the whole.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from archive.store import Archive
from benchmarks import corpus
from benchmarks.figures import Extent, Figure
from benchmarks.processes import watched

ROOM_BYTES = 512 << 20  # by which no process may grow
# For one case: 10 to fetch it, two tries of 20 to read it, and as much to start workers where the
# machine is busy.
SECONDS = 10 + 2 * 20 + 40
_PATIENCE_SECONDS = 1800  # for a command as a whole; then it hangs
_INSIDE = "ip link set lo up && exec {python} -m benchmarks.hostile inside"
Case = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The server while it runs."""

    base: str  # "http://127.0.0.2:8808"
    cases: tuple[Case, ...]

    @property
    def allow(self) -> str:
        """The entry of VARIORUM_ALLOW_ADDRESSES for the server, and for nothing else."""
        host, _, port = self.base.removeprefix("http://").partition(":")
        return f"{host}/32:{port}"

    def asked(self, path: str) -> Any:
        """What the server says of itself: "/hits", "/canary"."""
        with urlopen(self.base + path, timeout=30) as answer:
            return json.load(answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one case."""

    path: str
    outcome: tuple[str, ...]  # the classes that it can be counted as
    expected: tuple[str, ...]
    why: str  # reason of the Result
    wrong: str  # "" when the case is held


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of all cases, and what it cost."""

    verdicts: list[Verdict] = field(default_factory=list)
    canary: int = 0  # connections
    growth_bytes: int = 0  # of the process that grew most, against a crawl of a harmless page
    slowest_seconds: float = 0.0  # of the cases that were submitted one by one
    crawl_seconds: float = 0.0
    sound: bool = False  # `verify`

    @property
    def broken(self) -> list[Verdict]:
        """The cases that are not held."""
        return [each for each in self.verdicts if each.wrong]


def measure(extent: Extent) -> list[Figure]:
    """Cases that are held, connections to the canary, memory; the same in a namespace for root."""
    figures = []
    worlds = {"": ["inside"]} | ({"netns ": ["netns"]} if _can_unshare() else {})
    for name, words in worlds.items():
        command = [sys.executable, "-m", "benchmarks.hostile", *words, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        told = json.loads(done.stdout)
        for what, value, unit in (
            ("broken", len(told["broken"]), f"of {told['cases']}"),
            ("canary", told["canary"], "connections"),
            ("growth", told["growth_bytes"] / (1 << 20), "MiB"),
        ):
            full = f"{extent.prefix}hostile/{name}{what}"
            figures.append(Figure(name=full, value=value, unit=unit, bound="<="))
    return figures


@contextmanager
def world(*, netns: bool = False) -> Iterator[World]:
    """The server on ports that the system chooses."""
    script = corpus.folder("measure") / "hostile_server.py"
    command = [sys.executable, str(script), "--port", "0", "--canary-port", "0"]
    command += ["--netns"] * netns
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            base = json.loads(server.stdout.readline())["base"]
            with urlopen(f"{base}/cases", timeout=30) as answer:
                cases = tuple(json.load(answer)["cases"])
            yield World(base=base, cases=cases)
        finally:
            server.terminate()


class Trial:
    """One archive that the cases are taken into, by commands."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.archive = folder / "archive"
        self.report = Report()
        self._idle = 0

    def begin(self) -> None:
        """Takes in a harmless page, to know what memory that needs."""
        with watched(os.getpid()) as peaks:
            self.command("submit", f"{self.world.base}/ok?first", "--delay", "0")
        self._idle = max(peaks.values())

    def crawl(self, pages: int = 500) -> dict[str, Any]:
        """Crawls the index with links followed, and judges what it asked; the Results by path."""
        sites = self.folder / "sites.toml"
        sites.write_text(
            '[hostile]\nkind = "news"\npublisher = "Nobody"\nlanguage = "en"\nzone = "UTC"\n'
            f'listings = ["{self.world.base}/index.html"]\nfollow = true\nmax_pages = {pages}\n',
            encoding="utf-8",
        )
        began = time.monotonic()
        told = self.command("crawl", "hostile", "--sites", str(sites), "--delay", "0")
        self.report.crawl_seconds = time.monotonic() - began
        results = {
            each["url"].removeprefix(self.world.base): each for each in told.get("results", [])
        }
        self.judge(results)
        return results

    def submit(self, cases: Sequence[Case]) -> None:
        """Submits these cases one by one, and judges them."""
        for case in cases:
            began = time.monotonic()
            told = self.command("submit", self.world.base + case["path"], "--delay", "0")
            seconds = time.monotonic() - began
            self.report.slowest_seconds = max(self.report.slowest_seconds, seconds)
            late = f"it took {seconds:.0f} s" if seconds > SECONDS else ""
            (result,) = told["results"]
            self.judge({case["path"]: result}, late)

    def unasked(self) -> list[Case]:
        """The cases that have no verdict yet."""
        known = {verdict.path for verdict in self.report.verdicts}
        return [case for case in self.world.cases if case["path"] not in known]

    def end(self) -> Report:
        """The report, with what is known only at the end."""
        self.report.canary = self.world.asked("/canary")["connections"]
        hits = self.world.asked("/hits")
        for case in self.world.cases:
            if hits.get(case["path"], 0) > case.get("max_hits", sys.maxsize):
                self.report.verdicts.append(_broken(case, f"asked {hits[case['path']]} times"))
        self.report.sound = bool(self.command("verify").get("ok"))
        return self.report

    def judge(self, results: dict[str, Any], wrong: str = "") -> None:
        """Adds a verdict for each of these paths that is a case."""
        for case in self.world.cases:
            result = results.get(case["path"])
            if result is not None:
                self.report.verdicts.append(self._verdict(case, result, wrong))

    def _verdict(self, case: Case, result: dict[str, Any], wrong: str) -> Verdict:
        classes = outcome(result)
        if not result["document"] and result["capture"] and not case["document"]:
            classes.add("archived")  # the capture is there, and no text was asked for
        expected = {case["expect"], case["either"]} - {None}
        if not wrong and not classes & expected:
            wrong = f"it is {' or '.join(sorted(classes))}"
        if not wrong and not result["document"] and not result["reason"]:
            wrong = "no document, and no reason"
        if not wrong and result["version"]:
            wrong = self._misread(case, result)
        return Verdict(
            path=case["path"],
            outcome=tuple(sorted(classes)),
            expected=tuple(sorted(expected)),
            why=result["reason"] or "",
            wrong=wrong,
        )

    def _misread(self, case: Case, result: dict[str, Any]) -> str:
        with Archive.open(self.archive) as archive:
            text = archive.text(archive.index.version(result["version"]).text)
        missing = [words for words in case["text"] if words not in text]
        if missing and not result["truncated"]:
            return f"the text lacks {missing[0]!r}"
        if case.get("never_text") and case["never_text"] in text:
            return f"the text has {case['never_text']!r}"
        if "lang" in case and result["language"] not in case["lang"]:
            return f"its language is {result['language']}"
        return ""

    def command(self, name: str, *words: str) -> dict[str, Any]:
        """What a command answers; a crash or a hang ends the trial."""
        command = [sys.executable, "-m", "service.cli", "--archive", str(self.archive), name]
        with watched(os.getpid()) as peaks:
            done = subprocess.run(
                [*command, *words, "--json"],
                env=os.environ | {"VARIORUM_ALLOW_ADDRESSES": self.world.allow},
                capture_output=True,
                text=True,
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
        if done.returncode not in (0, 1) or "Traceback" in done.stderr:
            raise RuntimeError(f"{name} {words[0] if words else ''}: {done.stderr[-2000:]}")
        if self._idle and name in ("crawl", "submit"):
            growth = max(peaks.values(), default=0) - self._idle
            self.report.growth_bytes = max(self.report.growth_bytes, growth)
        told: dict[str, Any] = json.loads(done.stdout)
        return told


def outcome(result: dict[str, Any]) -> set[str]:
    """The classes that a Result can be counted as; a cut capture without a document is two."""
    if result["document"]:
        return {"truncated" if result["truncated"] else "archived"}
    return {"rejected", "truncated"} if result["truncated"] else {"rejected"}


def trial(*, netns: bool) -> Report:
    """All cases."""
    with world(netns=netns) as there, tempfile.TemporaryDirectory() as folder:
        made = Trial(there, Path(folder))
        made.begin()
        made.crawl()
        made.submit(made.unasked())
        return made.end()


def _broken(case: Case, wrong: str) -> Verdict:
    return Verdict(path=case["path"], outcome=(), expected=(), why="", wrong=wrong)


def _can_unshare() -> bool:
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return False
    tried = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def main(words: list[str]) -> None:
    """Runs all cases and prints what became of them."""
    as_json = "--json" in words
    if "netns" in words:
        inside = _INSIDE.format(python=sys.executable) + (" --json" if as_json else "")
        subprocess.run(["unshare", "-n", "env", "VARIORUM_NETNS=1", "sh", "-c", inside], check=True)
        return
    report = trial(netns=bool(os.environ.get("VARIORUM_NETNS")))
    if as_json:
        json.dump(
            {
                "cases": len(report.verdicts),
                "broken": [asdict(each) for each in report.broken],
                "canary": report.canary,
                "growth_bytes": report.growth_bytes,
            },
            sys.stdout,
        )
        return
    for each in report.verdicts:
        mark = f"BROKEN: {each.wrong}" if each.wrong else "held"
        print(f"{each.path:28} {'/'.join(each.outcome):20} {mark:8} {each.why[:100]}")
    print(
        f"{len(report.verdicts)} cases, {len(report.broken)} broken, canary {report.canary}, "
        f"growth {report.growth_bytes >> 20} MiB, crawl {report.crawl_seconds:.0f} s, "
        f"slowest {report.slowest_seconds:.0f} s, sound {report.sound}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
