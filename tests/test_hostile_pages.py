"""Pages built to do harm, each taken in through `ingest`: the outcome, the text, the time, the memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from benchmarks.processes import watched
from tests.commands import ROOT, Answer, Variorum

SCRIPT = ROOT.parent / "shared" / "measure" / "hostile_server.py"
CATEGORIES = ("charset", "parser", "xss", "lang", "document", "xml")
ROOM_BYTES = 512 << 20  # by which no process may grow
SPARE_SECONDS = 25  # for starting workers, and for trying a page that broke a limit once more

pytestmark = pytest.mark.skipif(
    not SCRIPT.exists(), reason=f"{SCRIPT.name} is not beside this checkout"
)


def listed() -> list[dict[str, Any]]:
    if not SCRIPT.exists():
        return []
    listing = subprocess.run(
        [sys.executable, str(SCRIPT), "--list"], capture_output=True, text=True, check=True
    )
    cases = json.loads(listing.stdout)["cases"]
    return [case for case in cases if case["category"] in CATEGORIES]


CASES = listed()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of the server, which is asked over loopback by this process only."""
    command = [sys.executable, str(SCRIPT), "--port", "0", "--canary-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield json.loads(server.stdout.readline())["base"]
        finally:
            server.terminate()


def ingest(variorum: Variorum, folder: Path, address: str) -> Answer:
    with urlopen(address, timeout=600) as answer:
        saved, media_type = folder / "page", answer.headers["Content-Type"] or ""
        saved.write_bytes(answer.read())
    return variorum("ingest", str(saved), "--url", address, "--type", media_type, "--json")


@pytest.fixture(scope="module")
def idle_bytes(base: str, tmp_path_factory: pytest.TempPathFactory) -> int:
    """What a process that reads a harmless page has resident."""
    folder = tmp_path_factory.mktemp("idle")
    with watched(os.getpid()) as peaks:
        answer = ingest(Variorum(folder / "archive"), folder, f"{base}/ok")
    assert answer.status == 0, answer.err
    return max(peaks.values())


@pytest.mark.parametrize("case", CASES, ids=[case["path"] for case in CASES])
def test_a_hostile_page_has_its_listed_outcome(
    case: dict[str, Any], variorum: Variorum, base: str, idle_bytes: int, tmp_path: Path
) -> None:
    begun = time.monotonic()
    with watched(os.getpid()) as peaks:
        answer = ingest(variorum, tmp_path, base + case["path"])
    assert time.monotonic() - begun < 2 * 20 + SPARE_SECONDS
    assert max(peaks.values()) - idle_bytes < ROOM_BYTES
    assert "Traceback" not in answer.err
    (result,) = answer.json["results"]
    assert result["capture"], "the bytes are kept whatever becomes of them"
    assert variorum("verify", "--json").json["ok"]
    allowed = {case["expect"], case["either"]}
    if result["document"] is None:
        assert result["reason"], "a page without a document says why"
        assert answer.status == 1
        assert not case["document"] or "rejected" in allowed
        return
    assert answer.status == 0
    assert "archived" in allowed
    text = variorum("text", result["version"], "--json").json["text"]
    for words in case["text"]:
        assert words in text
    assert case.get("never_text") is None or case["never_text"] not in text
    if "lang" in case:
        assert result["language"] in case["lang"]


def test_no_page_made_anything_connect_to_another_server(base: str) -> None:
    """The last test here: the server counted what came to the addresses that the pages name."""
    with urlopen(f"{base}/canary", timeout=600) as answer:
        assert json.load(answer)["connections"] == 0
