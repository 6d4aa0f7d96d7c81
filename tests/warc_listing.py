"""The records of an archive as three other tools list them: warcio, FastWARC and npm's `warcio`.

The last one is not among the packages of the project: it is installed into a folder of its own
where npm can reach a registry, and left out, with the reason, where it cannot.
"""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from fastwarc.warc import ArchiveIterator

from archive.members import Found, walk
from tests.samples import warcs

NPM_WARCIO = "warcio@2.4.11"
# `warcio check` decodes bodies on the way to their digests, which are over the coded bytes, and fails
# at any coding that it or the brotli package beside it does not know. So it reads them as they are.
_CHECK = (
    "from warcio.cli import main; from warcio.recordloader import ArcWarcRecord;"
    " ArcWarcRecord.content_stream = lambda self: self.raw_stream; main()"
)
Listing = list[tuple[int, str]]  # (offset, type of the record) in order


def demand_that_others_list_the_same(folder: Path) -> str:
    """Fails where a tool sees other records or a wrong digest; says why npm's was left out, if it was."""
    others = {"warcio": _python_warcio, "FastWARC": _fastwarc}
    missing = npm_is_missing()
    if not missing:
        others["npm's warcio"] = _npm_warcio
    for path in warcs(folder):
        ours = [(each.offset, each.record.type) for each in walk(path) if isinstance(each, Found)]
        assert ours
        for name, listing in others.items():
            assert listing(path) == ours, f"{name} lists other records of {path.name}"
        _run(sys.executable, "-c", _CHECK, "check", str(path))
    return missing


@cache
def npm_is_missing() -> str:
    """Why npm's warcio cannot be asked; "" when it can."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm is not installed"
    return "" if _npm_program() else f"npm could not install {NPM_WARCIO}"


@cache
def _npm_program() -> Path | None:
    folder = Path(mkdtemp(prefix="npm-warcio-"))
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    try:
        subprocess.run([*command, NPM_WARCIO], capture_output=True, timeout=600, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return folder / "node_modules" / "warcio" / "dist" / "cli.js"


def _python_warcio(path: Path) -> Listing:
    said = _run(sys.executable, "-m", "warcio.cli", "index", "-f", "offset,warc-type", str(path))
    return _of_json(said)


def _npm_warcio(path: Path) -> Listing:
    program = str(_npm_program())
    return _of_json(_run("node", program, "index", str(path), "--fields", "offset,warc-type"))


def _of_json(said: str) -> Listing:
    listed = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return [(int(each["offset"]), each["warc-type"]) for each in listed]


def _fastwarc(path: Path) -> Listing:
    """With the digest of each block; HTTP is left alone, because it has a limit for heads."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            record.freeze()
            assert record.verify_block_digest()
            found.append((record.stream_pos, record.headers["WARC-Type"]))
    return found


def _run(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
