"""`variorum serve` as a process: one command for a newcomer, and what happens when it is told to stop."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from archive.store import Archive
from service.jobs import Jobs
from tests import samples
from tests.commands import ROOT, Variorum, page
from tests.loopback import Loopback, ok

START_SECONDS, STOP_SECONDS = 300, 300  # on a busy machine


@dataclass
class Process:
    """A server that runs by itself."""

    process: "subprocess.Popen[str]"
    url: str

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=600)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)


@contextmanager
def started(archive: Path, *options: str, allow: str = "") -> Iterator[Process]:
    command = [sys.executable, "-m", "service.cli", "--archive", str(archive), "--json", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--local", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=os.environ | {"VARIORUM_ALLOW_ADDRESSES": allow, "VARIORUM_REPLAY_PORT": "0"},
    )
    try:
        assert process.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            line = process.stdout.readline()
            assert line, "the server ended before it said where it is"
            told += line
        found = Process(process, json.loads(told)["url"])
        _await_ready(found)
        yield found
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def _await_ready(found: Process) -> None:
    end = time.monotonic() + START_SECONDS
    with found.client() as client:
        while time.monotonic() < end:
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
    raise AssertionError("the server did not become ready")


def test_one_command_takes_a_page_from_its_address_to_the_archive(tmp_path: Path) -> None:
    with Loopback({"/plan.html": ok(page())}) as site:
        url = f"{site.origin}/plan.html"
        with started(tmp_path / "a", allow=site.allow) as server, server.client() as client:
            asked = {"urls": [url]}
            job = client.post("/api/v1/submissions", json=asked).json()
            with client.stream("GET", f"/api/v1/jobs/{job['id']}/events") as events:
                told = "".join(events.iter_text())
            assert "event: end" in told
            done = client.get(f"/api/v1/jobs/{job['id']}").json()
            assert (done["job"]["state"], done["job"]["error"]) == ("done", None)
            (result,) = done["results"]
            assert (result["status"], result["relation"]) == ("archived", "new")
            found = client.get("/api/v1/lookup", params={"key": result["version"]}).json()
            assert found["matches"][0]["witnesses"][0]["url"] == url
            assert server.stop() == 0
    assert Variorum(tmp_path / "a")("verify", "--json").json["ok"]


def test_what_was_accepted_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    accepted: list[str] = []
    with started(tmp_path / "a", "--no-worker") as server:

        def submit() -> None:
            with server.client() as client:
                for number in range(10_000):
                    asked = {"urls": [f"http://plans.example/{number}"]}
                    try:
                        answer = client.post("/api/v1/submissions", json=asked)
                    except httpx.TransportError:
                        return
                    accepted.append(answer.json()["id"])

        thread = threading.Thread(target=submit)
        thread.start()
        while len(accepted) < 20:
            time.sleep(0.01)
        server.process.kill()
        thread.join(120)
        server.process.wait(STOP_SECONDS)
    assert len(accepted) >= 20
    with Jobs.open(None, tmp_path / "a") as jobs:
        kept = {jobs.job(each).state for each in accepted}
    assert kept == {"queued"}


def test_stopping_under_load_cuts_off_no_answer(tmp_path: Path) -> None:
    samples.fill(tmp_path / "a")
    with Archive.open(tmp_path / "a") as archive:
        keys = [version.key for version in archive.index.all_versions()]
    broken: list[str] = []
    answered = [0]

    def ask(server: Process) -> None:
        with server.client() as client:
            while True:
                for key in keys:
                    try:
                        answer = client.get(f"/api/v1/documents/{key}")
                        answered[0] += 1
                        if answer.status_code != 200 or answer.json()["document"] not in keys:
                            broken.append(answer.text)
                    except httpx.ConnectError:
                        return
                    except httpx.RemoteProtocolError as error:
                        if "incomplete" in str(error) or "peer closed" in str(error):
                            broken.append(str(error))
                        return
                    except httpx.TransportError:
                        return

    with started(tmp_path / "a", "--no-worker") as server:
        threads = [threading.Thread(target=ask, args=(server,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        while answered[0] < 40:
            time.sleep(0.01)
        assert server.stop() == 0
        for thread in threads:
            thread.join(120)
    assert not broken
    assert answered[0] >= 40


def test_a_port_that_is_taken_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    with started(tmp_path / "a", "--no-worker") as server:
        port = server.url.rpartition(":")[2]
        answer = Variorum(tmp_path / "b")("serve", "--port", port)
    assert answer.status == 2
    assert "cannot be listened on" in answer.err


def test_tokens_are_made_listed_and_revoked_by_command(tmp_path: Path) -> None:
    variorum = Variorum(tmp_path / "a")
    made = variorum("token", "create", "press", "--scope", "submit", "--json").json
    assert made["token"].startswith("vrm_")
    assert variorum("token", "create", "press").status == 2
    listed = variorum("token", "list", "--json").json["tokens"]
    assert [(each["name"], each["scope"]) for each in listed] == [("press", "submit")]
    assert made["token"] not in json.dumps(listed)
    assert "press" in variorum("token", "list").out
    assert variorum("token", "revoke", "press", "--json").json == {"tokens": []}
    assert variorum("token", "revoke", "press").status == 1
    bare = variorum("token", "create", "again", "--days", "30").out.strip()
    assert bare.startswith("vrm_")
    assert "\n" not in bare


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81])
def test_a_token_needs_a_name_that_can_be_listed(tmp_path: Path, name: str) -> None:
    assert Variorum(tmp_path / "a")("token", "create", name).status == 2
