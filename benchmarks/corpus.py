"""The pages and texts beside the checkout that the floors were measured on."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
FOLDERS = {
    "aeb": "corpus/aeb",  # scrapinghub/article-extraction-benchmark, part of it
    "traf": "corpus/traf",  # evaluation pages of adbar/trafilatura, part of them
    "cn": "corpus/gne",  # test pages of GeneralNewsExtractor
    "ntrex": "corpus/ntrex",  # the same news in many languages
    "laws": "corpus/laws",  # laws of China, the District of Columbia and Uruguay
    "seeds": "seeds",
    "measure": "measure",  # the measuring scripts
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """A page as a server sent it."""

    url: str
    body: bytes


def folder(name: str) -> Path:
    """Where a set lies, whether it is there or not."""
    return SHARED / FOLDERS[name]


def missing(names: tuple[str, ...]) -> list[str]:
    """Those of the sets that are not beside this checkout."""
    return [name for name in names if not folder(name).is_dir()]


def digest(path: Path) -> str:
    """SHA-256 over the names and the bytes of all files in a folder, as "sha256:" + 64 hex digits."""
    whole = hashlib.sha256()
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    for name in sorted(files):
        if "__pycache__" not in name:  # Python leaves it beside a script
            whole.update(
                f"{name}\0{hashlib.sha256(files[name].read_bytes()).hexdigest()}\n".encode()
            )
    return f"sha256:{whole.hexdigest()}"


def pages(name: str) -> Iterator[WebPage]:
    """The pages of "aeb", "traf" or "cn", always in the same order."""
    return {"aeb": _aeb, "traf": _traf, "cn": _cn}[name]()


def _aeb() -> Iterator[WebPage]:
    truth = json.loads((folder("aeb") / "ground-truth.json").read_text("utf-8"))
    for name in sorted(truth):
        body = gzip.decompress((folder("aeb") / f"html/{name}.html.gz").read_bytes())
        yield WebPage(url=truth[name].get("url") or f"https://aeb.example/{name}", body=body)


def _traf() -> Iterator[WebPage]:
    tests = folder("traf") / "tests"
    truth = json.loads((tests / "evaldata.json").read_text("utf-8"))
    for url in sorted(truth):
        places = (tests / part / truth[url]["file"] for part in ("cache", "eval"))
        file = next((place for place in places if place.is_file()), None)
        if file:  # a few pages have a name instead of an address
            address = url if url.startswith("http") else f"https://traf.example/{file.name}"
            yield WebPage(url=address, body=file.read_bytes())


def _cn() -> Iterator[WebPage]:
    tests = folder("cn") / "tests"
    for file in sorted(tests.glob("*/*.html")):
        name = file.relative_to(tests).with_suffix("").as_posix()
        yield WebPage(url=f"https://cn.example/{name}", body=file.read_bytes())
