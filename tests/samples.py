"""What the tests of the archive put into it: answers, readings and filings that need no stage."""

import base64
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.records import (
    Capture,
    Description,
    Evidence,
    Exchange,
    Filing,
    Fingerprint,
    Found,
    Language,
    Link,
    Place,
    Reading,
    Refusal,
    Relation,
    Resource,
    Sketch,
)
from archive.store import Archive

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
PAGE = "https://ministry.example/plan.html"
CHINESE = "http://www.gov.example/湿地/计划一.htm?标题=湿地&b=1"
REQUEST = b"GET /plan.html HTTP/1.1\r\nHost: ministry.example\r\n\r\n"


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """An HTTP answer with a true Content-Length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: text/html; charset=utf-8", *headers]
    if not any(line.lower().startswith(b"transfer-encoding") for line in headers):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchange(
    body: bytes = b"<p>plan</p>",
    *headers: bytes,
    url: str = PAGE,
    after: float = 0,
    response: bytes | None = None,
) -> Exchange:
    """An exchange `after` so many seconds; `response` stands for the whole answer."""
    return Exchange(
        url=url,
        fetched_at=START + timedelta(seconds=after),
        request=REQUEST,
        response=answer(body, *headers) if response is None else response,
        address="192.0.2.7",
        protocols=("http/1.1", "tls/1.3"),
        certificate="trusted",
    )


def resource(body: bytes = b"<p>plan</p>", *, url: str = PAGE, after: float = 0) -> Resource:
    """A file that somebody handed in."""
    moment = START + timedelta(seconds=after)
    return Resource(url=url, fetched_at=moment, media_type="text/html", body=body)


def captured(**given: Any) -> Capture:
    """A page that was fetched, with what is `given` in place of what it is made up of."""
    usual: dict[str, Any] = {
        "id": "made-up",
        "url": PAGE,
        "fetched_at": START,
        "kind": "response",
        "status": 200,
        "media_type": "text/html",
        "payload_digest": "",
        "entity_digest": "",
        "place": Place(warc="", offset=0, length=0),
    }
    return Capture(**usual | given)


def exact(text: str) -> str:
    """A key as a fingerprint would have; equal for equal texts."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower().rstrip("=")


def sketch(text: str) -> Sketch:
    """A sketch of the words: texts that share a word share a key."""
    keys = sorted({int(hashlib.md5(word.encode()).hexdigest()[:7], 16) for word in text.split()})
    return Sketch(bands=tuple(keys), sample=tuple(keys))


def reading(capture: Capture, text: str, *, title: str | None = "关于印发规划的通知") -> Reading:
    """A reading of a capture with this main text."""
    return Reading(
        capture=capture.id,
        stages={"decode": "1", "extract": "1"},
        encoding="utf-8",
        damage=0.0,
        text=text,
        blocks=(),
        description=Description(
            title=Found(value=title, origin="meta:ArticleTitle") if title else None,
            publisher=Found(value="科技部", origin="meta:SiteName"),
            published_at=Found(value="2026-03-04", origin="text"),
        ),
        language=Language(tag="zh-Hans", confidence=0.99, shares=(("zh-Hans", 1.0),)),
        fingerprint=Fingerprint(recipe="v1", exact=exact(text), near="aaaaaa" * 20),
        iscc="ISCC:EADZZZZZ" + exact(text).upper()[:40],
        iscc_form="ISCC:EADYYYYY" + exact(text).upper()[:40],
    )


def new(text: str) -> Filing:
    """The filing of a text that is like no other."""
    return Filing(document=exact(text), version=exact(text), relation=Relation.NEW)


def version_of(other: str, text: str, *, merged: tuple[str, ...] = ()) -> Filing:
    """The filing of a text as another version of the document that `other` began."""
    link = link_between(text, other, Relation.VERSION)
    return Filing(
        document=exact(other),
        version=exact(text),
        relation=Relation.VERSION,
        links=(link,),
        merged=tuple(exact(each) for each in merged),
    )


def same_as(other: str) -> Filing:
    """The filing of a text that says what `other` says."""
    return Filing(document=exact(other), version=exact(other), relation=Relation.SAME)


def link_between(source: str, target: str, relation: Relation) -> Link:
    """A link with some evidence."""
    evidence = Evidence(because="One number is another.", changed_numbers=(("2025", "2030"),))
    return Link(
        source=exact(source),
        target=exact(target),
        relation=relation,
        score=0.97,
        evidence=evidence,
        recipe="v1",
    )


def put(
    archive: Archive, text: str, filing: Filing, *, url: str = PAGE, after: float = 0
) -> Capture:
    """Keep a page with this text and file it."""
    capture = archive.keep(exchange(f"<p>{text}</p>".encode(), url=url, after=after))
    archive.file(reading(capture, text), filing, sketch(text))
    return capture


def fill(folder: Path) -> None:
    """An archive with some of everything: two files, a merge, an excerpt, a refusal, a revisit."""
    with Archive.open(folder, write=True) as archive:
        put(archive, "alpha one", new("alpha one"))
        put(archive, "alpha two", version_of("alpha one", "alpha two"), after=10)
        again = archive.keep(exchange(b"<p>alpha one</p>", url=f"{PAGE}?copy", after=20))
        archive.file(reading(again, "alpha one"), same_as("alpha one"), None)
        image = archive.keep(exchange(b"\x89PNG", url=f"{PAGE}.png", after=30))
        archive.refuse(_refusal(image))
    with Archive.open(folder, write=True) as archive:
        put(archive, "beta", new("beta"), url=f"{PAGE}/beta", after=40)
        put(archive, "gamma", version_of("alpha one", "gamma", merged=("beta",)), after=50)
        part = Filing(
            document=exact("part"),
            version=exact("part"),
            relation=Relation.EXCERPT,
            links=(link_between("part", "gamma", Relation.EXCERPT),),
        )
        put(archive, "part", part, url=f"{PAGE}/part", after=60)
        handed = archive.keep(resource(url=f"{PAGE}/handed", after=70))
        archive.keep(resource(url=f"{PAGE}/handed-again", after=80))
        archive.file(reading(handed, "handed in"), new("handed in"), sketch("handed in"))


def fill_with_chinese(path: Path) -> None:
    """An archive with some of everything, and an address that is not ASCII."""
    fill(path)
    with Archive.open(path, write=True) as archive:
        put(archive, "湿地保护", new("湿地保护"), url=CHINESE, after=200)


def _refusal(capture: Capture) -> Refusal:
    return Refusal(capture=capture.id, stage="decode", reason="This is an image.")


def dump(folder: Path) -> list[str]:
    """Every row of the index."""
    with Archive.open(folder) as archive:
        return list(archive.index.dump())


def warcs(folder: Path) -> list[Path]:
    """The WARC files of an archive, oldest first."""
    return sorted(each for each in (folder / "warc").iterdir() if each.suffix in {".gz", ".open"})


def run_python(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """A process that runs `code` with the packages of this repository."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def outcomes(processes: Iterable[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """Exit status, standard output and standard error of each, when they have ended."""
    found = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        found.append((process.returncode, out, err))
    return found
