"""Runs the measuring scripts beside the checkout as they are, in processes of their own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.corpus import folder

ROOT = Path(__file__).resolve().parents[1]
_LONGEST = 1800  # seconds; the longest script takes one minute on two cores


class ScriptFailed(RuntimeError):
    """A measuring script ended with an error."""


def printed(script: str, *arguments: str) -> str:
    """What a script prints when it is run from the project's root.

    Raises:
        ScriptFailed: it did not end with status 0; the message has its last lines.
    """
    return _run([str(folder("measure") / script), *arguments])


def printed_by(module: str) -> str:
    """What one of our own modules prints, where it must not share a process with others.

    Raises:
        ScriptFailed: it did not end with status 0.
    """
    return _run(["-m", module])


def written(script: str, *arguments: str) -> dict[str, Any]:
    """The JSON that a script leaves with `--out`.

    Raises:
        ScriptFailed: it did not end with status 0.
    """
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out.json"
        printed(script, *arguments, "--out", str(out))
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found


def _run(words: list[str]) -> str:
    done = subprocess.run(
        # Nothing is written beside the scripts: that folder is not ours.
        [sys.executable, "-B", "-X", "utf8", *words],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=_LONGEST,
        check=False,
    )
    if done.returncode:
        raise ScriptFailed(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
    return done.stdout
