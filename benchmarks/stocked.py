"""An archive of many made-up plans, filled through the real stages and the real store.

    python -m benchmarks.stocked FOLDER 100000

Of every 25 versions, 15 are documents of their own, seen once; the others make two documents of five versions
each, and each of those versions was seen at two addresses. A text has 700 Han characters. What a page reader
would add (parsing, metadata) is left out: it costs time and no index.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.records import (
    Description,
    Evidence,
    Filing,
    Fingerprint,
    Found,
    Language,
    Link,
    Reading,
    Relation,
    Resource,
)
from archive.store import Archive
from pipelines import fingerprint as fingerprints
from pipelines import iscc
from pipelines.normal_form import normalise

_HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
_LENGTH = 700  # characters: a short notice
_TITLE = 14  # characters
_SINGLE, _EDITIONS = 15, 5  # documents of one version in 25, versions of one of the others
_BATCH = 250  # versions of one transaction
_START = datetime(2020, 1, 1, tzinfo=UTC)
_PUBLISHERS = ("科技部", "人民网", "新华网", "仪器网", "Ministry of Plans")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocked:
    """A version that was put in, as a driver asks for it."""

    document: str
    version: str
    fingerprint: str
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A version that is to be put in."""

    number: int  # of the version
    text: str
    of: str  # the text of the first version of its document; its own for a new one
    addresses: tuple[str, ...]


def fill(folder: Path, versions: int, *, keep: int = 2000) -> tuple[Stocked, ...]:
    """Put so many versions into a new archive; `keep` of them, evenly chosen, to ask for."""
    every = max(1, versions // keep)
    kept: list[Stocked] = []
    batch: list[_Plan] = []
    with Archive.open(folder, write=True) as archive:
        for plan in _plans(versions):
            batch.append(plan)
            if len(batch) == _BATCH:
                kept += _file(archive, batch, every)
                batch.clear()
        kept += _file(archive, batch, every)
    return tuple(kept)


def _plans(versions: int) -> Iterator[_Plan]:
    chance = random.Random(20260304)
    first = ""
    for number in range(versions):
        place = number % (_SINGLE + 2 * _EDITIONS)
        edition = 0 if place < _SINGLE else (place - _SINGLE) % _EDITIONS
        if edition:
            text = _amended(first, chance, edition)
        else:
            text = first = "".join(chance.choices(_HAN, k=_LENGTH))
        began = number - edition
        hosts = (began % 97,) if place < _SINGLE else (began % 97, 100 + began % 13)
        page = f"/plans/{began}.html"
        addresses = tuple(f"https://h{host}.example{page}" for host in hosts)
        yield _Plan(number=number, text=text, of=first, addresses=addresses)


def _amended(text: str, chance: random.Random, edition: int) -> str:
    """The text with one passage written anew."""
    at = 100 * edition
    return text[:at] + "".join(chance.choices(_HAN, k=20)) + text[at + 20 :]


def _file(archive: Archive, plans: list[_Plan], every: int) -> list[Stocked]:
    kept = []
    with archive.batch():
        for plan in plans:
            filed = _file_one(archive, plan)
            if plan.number % every == 0:
                kept.append(filed)
    return kept


def _file_one(archive: Archive, plan: _Plan) -> Stocked:
    form = normalise(plan.text)
    key = fingerprints.fingerprint(form)
    document = _exact(plan.of) if plan.of != plan.text else key.exact
    placed = _filing(document, key)
    seen = _START + timedelta(minutes=plan.number)
    for number, url in enumerate(plan.addresses):
        moment = seen + timedelta(seconds=number)
        body = plan.text.encode()
        new = Resource(url=url, fetched_at=moment, media_type="text/plain", body=body)
        capture = archive.keep(new)
        reading = _reading(capture.id, plan, key)
        if number == 0:
            archive.file(reading, placed, fingerprints.sketch(form))
            text_id = archive.index.first_filed(key.exact).entry.text_id
        else:
            same = Filing(document=document, version=key.exact, relation=Relation.SAME)
            archive.file(reading, same, None, text_id)
    return Stocked(
        document=document,
        version=key.exact,
        fingerprint=str(key),
        text=plan.text,
        url=plan.addresses[0],
    )


_known: dict[str, str] = {}  # first text of a document -> its key; only the last one is needed


def _exact(text: str) -> str:
    if text not in _known:
        _known.clear()
        _known[text] = fingerprints.fingerprint(normalise(text)).exact
    return _known[text]


def _filing(document: str, key: Fingerprint) -> Filing:
    if document == key.exact:
        return Filing(document=document, version=key.exact, relation=Relation.NEW)
    evidence = Evidence(because="One passage is another.", covered=(0.97, 0.97))
    link = Link(
        source=key.exact,
        target=document,
        relation=Relation.VERSION,
        score=0.97,
        evidence=evidence,
        recipe="bench",
    )
    return Filing(document=document, version=key.exact, relation=Relation.VERSION, links=(link,))


def _reading(capture: str, plan: _Plan, key: Fingerprint) -> Reading:
    publisher = _PUBLISHERS[plan.number % len(_PUBLISHERS)]
    return Reading(
        capture=capture,
        stages={"decode": "1"},
        encoding="utf-8",
        damage=0.0,
        text=plan.text + "\n",
        blocks=(),
        description=Description(
            title=Found(value=plan.text[:_TITLE], origin="text"),
            publisher=Found(value=publisher, origin="text"),
            published_at=Found(value="2026-03-04", origin="text"),
        ),
        language=Language(tag="zh-Hans", confidence=1.0, shares=(("zh-Hans", 1.0),)),
        fingerprint=key,
        iscc=_ISCC,
        iscc_form=_ISCC,
    )


_ISCC = iscc.text_code("计划")

if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        fill(Path(sys.argv[1]), int(sys.argv[2]))
