"""A site on loopback, and a worker that may ask it, for the benchmarks of jobs."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_HOST = "127.0.0.2"
PAGES = 6  # of the site that is crawled
_READY = "does the jobs of"
_START_SECONDS = 120.0
_SITE = """
["plans.example"]
kind = "ministry"
publisher = "Plans"
language = "en"
hosts = ["{host}"]
listings = ["{origin}/list"]
article = ["/plan/"]
ports = [{port}]
"""


@dataclass
class Site:
    """A site on loopback, and what it was asked for."""

    asked: list[str] = field(default_factory=list)  # request targets, in order
    origin: str = ""
    port: int = 0


def begun(archive: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """A worker that has begun to work."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "--archive", str(archive), "worker"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
        cwd=Path(__file__).resolve().parents[1],
    )  # fmt: skip
    assert worker.stderr is not None
    end = time.monotonic() + _START_SECONDS
    while _READY not in (line := worker.stderr.readline()):
        if not line or time.monotonic() > end:
            raise RuntimeError("The worker did not start.")
    threading.Thread(target=worker.stderr.read, daemon=True).start()  # so that it never waits
    return worker


def environment(folder: Path, site: Site) -> dict[str, str]:
    """Of a worker that may ask the site, and of a process that names it."""
    sites = folder / "sites.toml"
    sites.write_text(_SITE.format(host=_HOST, origin=site.origin, port=site.port), "utf-8")
    return os.environ | {
        "VARIORUM_ALLOW_ADDRESSES": f"{_HOST}/32:{site.port}",
        "VARIORUM_SITES": str(sites),
        "PYTHONDONTWRITEBYTECODE": "",
        # A worker that starts again starts sooner.
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", str(folder / "bytecode")),
    }


@contextmanager
def served() -> Iterator[Site]:
    """The site, while it listens."""
    site = Site()

    class Answers(BaseHTTPRequestHandler):
        """Every page of the site."""

        def do_GET(self) -> None:
            """Answer one request."""
            site.asked.append(self.path)
            data = _body(self.path).encode()
            self.send_response(200)
            kind = "text/plain" if self.path == "/robots.txt" else "text/html; charset=utf-8"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing: standard error is for the outcome."""

    server = ThreadingHTTPServer((_HOST, 0), Answers)
    server.daemon_threads = True
    site.port = server.server_port
    site.origin = f"http://{_HOST}:{site.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _body(path: str) -> str:
    if path == "/robots.txt":
        return "User-agent: *\nAllow: /\n"
    if path == "/list":
        links = "".join(f'<li><a href="/plan/{n}">Plan {n}</a></li>' for n in range(PAGES))
        return f"<html><body><ul>{links}</ul></body></html>"
    number = path.partition("?")[0].rpartition("/")[2]
    items = "".join(
        f"<p>Measure {item} of plan {number}: {word} by the year 20{item}0, with {number}{item} "
        "places in every district and a yearly report to the council.</p>"
        for item, word in enumerate(("build wetlands", "plant forests", "clean rivers"), start=3)
    )
    title = f"Plan {number} for the district"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{items}</body></html>"
