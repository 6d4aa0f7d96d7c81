"""A writer that is made to die: it keeps and files, and says on standard output what is acknowledged.

    python -m benchmarks.faults.victim ARCHIVE SEED STEPS [MUTANT]

A line is said once the call for it has returned:

    kept CAPTURE DIGEST     a capture, and the SHA-256 of its entity
    filed KEY DIGEST        a version, and the SHA-256 of its text
    refused CAPTURE         a capture and the reason why it has no text
    apart KEY KEY           two texts that a person has put apart
"""

import base64
import hashlib
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

from archive.errors import NotKept
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
    Reading,
    Refusal,
    Relation,
    Resource,
    Sketch,
    Unlink,
)
from archive.store import Archive
from benchmarks.faults.mutants import SOUND, planted

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FULL = 5  # exit status when the disk would not take it; that of `variorum`
_MOST = 20_000  # bytes of a page that do not compress: several blocks of a disk

Say = Callable[[str], None]


def sha256(data: bytes) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def key_of(text: str) -> str:
    """A key as a fingerprint would have; equal for equal texts."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower().rstrip("=")


def exchange(body: bytes, url: str, after: int) -> Exchange:
    """An answer with this body, so many seconds after START."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    return Exchange(
        url=url,
        fetched_at=START + timedelta(seconds=after),
        request=b"GET / HTTP/1.1\r\nHost: faults.example\r\n\r\n",
        response=head + body,
    )


def reading(capture: Capture, text: str) -> Reading:
    """A reading of the capture with this main text; no stage has run."""
    return Reading(
        capture=capture.id,
        stages={"extract": "1"},
        encoding="utf-8",
        damage=0.0,
        text=text,
        blocks=(),
        description=Description(title=Found(value=f"Plan {text[:12]}", origin="text")),
        language=Language(tag="en", confidence=1.0),
        fingerprint=Fingerprint(recipe="v1", exact=key_of(text), near="aaaaaa" * 20),
        iscc="ISCC:EADZZZZZ" + key_of(text).upper()[:40],
    )


def sketch(text: str) -> Sketch:
    """A sketch that no other text has."""
    chance = random.Random(text)
    bands = tuple(chance.getrandbits(30) for _ in range(20))
    return Sketch(bands=bands, sample=tuple(sorted({chance.getrandbits(32) for _ in range(40)})))


def new(text: str) -> Filing:
    """The filing of a text that is like no other."""
    return Filing(document=key_of(text), version=key_of(text), relation=Relation.NEW)


def version_of(other: str, text: str, merged: tuple[str, ...] = ()) -> Filing:
    """The filing of a text as a version of the document that `other` began."""
    link = Link(
        source=key_of(text),
        target=key_of(other),
        relation=Relation.VERSION,
        score=0.9,
        evidence=Evidence(because="One number is another."),
        recipe="v1",
    )
    return Filing(
        document=key_of(other),
        version=key_of(text),
        relation=Relation.VERSION,
        links=(link,),
        merged=tuple(key_of(each) for each in merged),
    )


class Writer:
    """Does a bit of everything, one step after the other, by chance and the same for a seed."""

    def __init__(self, archive: Archive, seed: str, say: Say, most: int = _MOST) -> None:
        """`most` is the bytes of its longest page."""
        self._archive, self._seed, self._say, self._most = archive, seed, say, most
        self._chance = random.Random(seed)
        self._texts: list[str] = []

    def step(self, number: int) -> None:
        """Keep something and say so.

        Raises:
            NotKept: the disk would not take it.
        """
        kind = number % 6
        if kind == 4:
            self._batch(number)
        elif kind == 5:
            self._refuse(number)
        else:
            self._file(number, versions=kind in (1, 3))
        if number % 12 == 11 and len(self._texts) > 2:
            self._apart()

    def _text(self, number: int) -> str:
        noise = self._chance.randbytes(self._chance.randrange(self._most // 2)).hex()
        return f"text {self._seed} {number} {noise}"

    def _keep(self, number: int, body: bytes) -> Capture:
        url = f"https://faults.example/{self._seed}/{number % 7}"
        return self._archive.keep(exchange(body, url, number))

    def _file(self, number: int, *, versions: bool) -> None:
        text = self._text(number)
        capture = self._keep(number, text.encode())
        self._say(f"kept {capture.id} {sha256(text.encode())}")
        filing = version_of(self._texts[0], text) if versions and self._texts else new(text)
        self._archive.file(reading(capture, text), filing, sketch(text))
        self._texts.append(text)
        self._say(f"filed {key_of(text)} {sha256(text.encode())}")

    def _batch(self, number: int) -> None:
        """A page, the same bytes again, and a text that shows two documents to be one."""
        text = self._text(number)
        first, second = self._texts[0], self._texts[-2]
        with self._archive.batch():
            capture = self._keep(number, text.encode())
            again = self._keep(number + 1, text.encode())
            filing = version_of(first, text, merged=(second,))
            self._archive.file(reading(capture, text), filing, sketch(text))
        self._texts.append(text)
        for each in (capture, again):
            self._say(f"kept {each.id} {sha256(text.encode())}")
        self._say(f"filed {key_of(text)} {sha256(text.encode())}")

    def _refuse(self, number: int) -> None:
        body = self._text(number).encode()
        handed = Resource(
            url=f"https://faults.example/{self._seed}/handed",
            fetched_at=START,
            media_type="image/png",
            body=body,
        )
        capture = self._archive.keep(handed)
        self._say(f"kept {capture.id} {sha256(body)}")
        reason = "This is an image."
        self._archive.refuse(Refusal(capture=capture.id, stage="decode", reason=reason))
        self._say(f"refused {capture.id}")

    def _apart(self) -> None:
        one, other = key_of(self._texts[0]), key_of(self._texts[1])
        self._archive.unlink(Unlink(source=one, target=other, by="faults", reason="A test."))
        self._say(f"apart {one} {other}")


def write(path: Path, seed: str, steps: int | None, say: Say, most: int = _MOST) -> int:
    """Exit status of a writer that makes so many steps, or goes on until it is stopped."""
    try:
        with Archive.open(path, write=True) as archive:
            writer = Writer(archive, seed, say, most)
            for number in islice(count(), steps):
                writer.step(number)
    except NotKept as error:
        sys.stderr.write(f"{error}\n")
        return FULL
    return 0


def main(words: list[str]) -> int:
    """Exit status of one victim."""
    path, seed, steps = Path(words[0]), words[1], int(words[2])
    with planted(words[3] if len(words) > 3 else SOUND):
        return write(path, seed, steps, lambda line: print(line, flush=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
