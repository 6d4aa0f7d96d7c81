"""Search among many versions: time of a query, bytes a version, and what being findable costs a page.

    python -m benchmarks.search --limit 10000

Texts are made of four thousand two-character words, as often as words are in real text (Zipf), some
eight hundred a text. A thousand of them are kept in WARC files; a version among 100,000 has
one of those, under a title of its own, so that every word is in as large a share of versions as it would
be. Queries are words of the texts, each as likely as it is often: about half of them stand in most texts.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from archive.captures import Body
from archive.index import Entry
from archive.query import Filters
from archive.records import Capture, Filing, Fingerprint, Place, Relation, Resource
from archive.search import Search
from archive.searchable import Searchable, path_of
from archive.store import Archive
from benchmarks.figures import Extent, Figure
from benchmarks.way import Spent, Stopwatch
from pipelines import reading
from pipelines.direct import InProcess
from pipelines.flow import Flow
from pipelines.normal_form import normalise
from pipelines.search_form import search_in, words

_VERSIONS, _SAMPLED = 100_000, 5_000
_TEXTS = 1_000  # that are kept; the versions have them in turn
_WORDS, _LEXICON = 800, 4_000  # of a text; of the language
_BATCH = 2_000  # versions of a transaction
_QUERIES = 60  # of each kind
_KEPT = 40  # pages whose cost is measured
_START = datetime(2026, 3, 4, tzinfo=UTC)
_LETTERS = [chr(0x4E00 + number) for number in range(0, 20_000, 13)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """Words, and how often each is."""

    words: tuple[str, ...]
    weights: tuple[float, ...]  # cumulative

    def some(self, chance: random.Random, count: int) -> list[str]:
        """So many words, each as likely as it is often."""
        return chance.choices(self.words, cum_weights=self.weights, k=count)


def measure(extent: Extent) -> list[Figure]:
    """The figures of an archive of 100,000 versions, of fewer for a sample; and the cost of a page."""
    versions = _VERSIONS if extent.rivals else _SAMPLED
    return [*_asked(versions, extent.prefix), *_costs(extent.prefix)]


def _asked(versions: int, prefix: str) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="variorum-search-") as name:
        folder, language = Path(name), _language()
        fill(folder, versions)
        size = path_of(folder).stat().st_size / versions
        figures = [
            Figure(name=f"{prefix}search/file {versions}", value=size, unit="B/version", bound="<=")
        ]
        with search_in(folder) as search:
            for kind, ask in _kinds(search, language).items():
                asked = [_timed(ask, random.Random(number)) for number in range(_QUERIES)]
                cpu, wall = [each.cpu for each in asked], [each.wall for each in asked]
                named = f"{prefix}search/{kind} {versions}"
                figures += [
                    Figure(name=f"{named} p50", value=median(cpu), unit="ms of CPU", bound="<="),
                    Figure(name=f"{named} p95", value=_p95(cpu), unit="ms of CPU", bound="<="),
                    Figure(name=f"{named} p95 by the clock", value=_p95(wall), unit="ms"),
                ]
    return figures


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _kinds(search: Search, language: _Language) -> dict[str, Callable[[random.Random], object]]:
    """Kinds of queries, each as what asks one of them."""
    march = Filters(since=date(2026, 3, 1), until=date(2026, 3, 31), language="zh")
    return {
        "two characters": lambda chance: search.find(language.some(chance, 1)[0]),
        "one character": lambda chance: search.find(language.some(chance, 1)[0][0]),
        "two words": lambda chance: search.find(" ".join(language.some(chance, 2))),
        "phrase": lambda chance: search.find("".join(language.some(chance, 2))),
        "filtered": lambda chance: search.find(language.some(chance, 1)[0], filters=march),
    }


def _timed(ask: Callable[[random.Random], object], chance: random.Random) -> Spent:
    """Milliseconds of one query."""
    spent = Spent()
    with Stopwatch(spent):
        ask(chance)
    return Spent(cpu=1000 * spent.cpu, wall=1000 * spent.wall)


def fill(folder: Path, versions: int) -> None:
    """An archive of so many versions, each a document, that can be searched."""
    with Archive.open(folder, write=True) as archive:
        readings = tuple(_kept(archive))
        searchable = archive.searchable
        assert searchable is not None
        for start in range(0, versions, _BATCH):
            with archive.index.transaction():
                for number in range(start, min(start + _BATCH, versions)):
                    _add(archive, searchable, readings[number % len(readings)], number)
            searchable.settle(kept=True)
            searchable.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A text that the WARC files hold."""

    capture: Capture
    entry: Entry
    text: str


def _kept(archive: Archive) -> Iterator[_Kept]:
    flow = Flow(archive, InProcess(), lambda _: None)
    language = _language()
    for start in range(0, _TEXTS, 100):
        captures = []
        with archive.batch():
            for number in range(start, start + 100):
                captures.append(archive.keep(_resource(number, _text(number, language))))
                flow.take(captures[-1])
            flow.finish()
        for capture in captures:
            filed = archive.index.filed(capture.id)
            assert filed is not None
            yield _Kept(capture=capture, entry=filed.entry, text=archive.text(filed.entry.text))


def _add(archive: Archive, searchable: Searchable, kept: _Kept, number: int) -> None:
    """A version with the text of another one, as the index has it."""
    key = f"{number:052d}".translate(str.maketrans("0123456789", "abcdefghij"))
    capture = Capture(
        id=f"00000000-0000-4000-8000-{number:012d}",
        url=f"https://bench.example/{number}",
        fetched_at=_START + timedelta(minutes=number),
        kind="resource",
        status=0,
        media_type="text/plain",
        payload_digest=f"sha256:{key}",
        entity_digest=f"sha256:{key}",
        place=Place(warc=kept.capture.place.warc, offset=number, length=1),
    )
    title = f"关于印发第{number}号{kept.text[:8]}方案的通知"
    entry = Entry(
        capture=capture.id,
        fingerprint=Fingerprint(recipe="v1", exact=key, near=kept.entry.fingerprint.near),
        iscc=kept.entry.iscc,
        iscc_form=kept.entry.iscc_form,
        language="zh-Hans",
        title=title,
        publisher="科技部",
        published_at=None,
        text_id=kept.entry.text_id,
        text=kept.entry.text,
        record=kept.entry.record,
    )
    archive.index.add_capture(capture)
    archive.index.add_reading(entry, Filing(document=key, version=key, relation=Relation.NEW))
    searchable.add(key, words(normalise(kept.text), normalise(title)))


def _costs(prefix: str) -> list[Figure]:
    """CPU of making a page findable, beside that of reading it."""
    language = _language()
    reading.warm_up()
    read, found = 0.0, 0.0
    with tempfile.TemporaryDirectory() as name, Archive.open(Path(name), write=True) as archive:
        searchable = archive.searchable
        assert searchable is not None
        for number in range(_KEPT):
            text = _text(number, language)
            capture = archive.keep(_resource(number, text))
            page = "".join(f"<p>{line}</p>" for line in text.split("\n"))
            html = (
                f"<html><head><title>{text[:20]}</title></head><body>{page}</body></html>".encode()
            )
            body = Body(data=html, media_type="text/html", complete=True, decoded=True, note="")
            start = time.process_time()
            made = reading.read(body, capture)
            read += time.process_time() - start
            form = normalise(made.text)  # filing has it already
            start = time.process_time()
            searchable.add(made.fingerprint.exact, words(form, normalise(text[:20])))
            searchable.settle(kept=True)
            found += time.process_time() - start
    return [
        Figure(name=f"{prefix}search/cost of a text", value=1000 * found / _KEPT, unit="ms"),
        Figure(
            name=f"{prefix}search/cost beside reading", value=found / read, unit="x", bound="<="
        ),
    ]


def _resource(number: int, text: str) -> Resource:
    return Resource(
        url=f"https://bench.example/text/{number}",
        fetched_at=_START,
        media_type="text/plain; charset=utf-8",
        body=text.encode(),
    )


def _language() -> _Language:
    chance = random.Random(1)
    made = sorted({"".join(chance.choices(_LETTERS, k=2)) for _ in range(_LEXICON)})
    chance.shuffle(made)
    total, weights = 0.0, []
    for rank in range(1, len(made) + 1):
        total += 1 / rank
        weights.append(total)
    return _Language(words=tuple(made), weights=tuple(weights))


def _text(number: int, language: _Language) -> str:
    """Sentences of some fifteen words, four to a line."""
    chance = random.Random(number)
    said = language.some(chance, _WORDS)
    sentences = ["".join(said[start : start + 15]) + "。" for start in range(0, _WORDS, 15)]
    return "\n".join("".join(sentences[start : start + 4]) for start in range(0, len(sentences), 4))


def main() -> None:
    """Print the figures for as many versions as the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("--limit", type=int, default=_VERSIONS, help="versions")
    for figure in [*_asked(parser.parse_args().limit, ""), *_costs("")]:
        print(f"{figure.name:<44} {figure.value:>10.3f} {figure.unit}")


if __name__ == "__main__":
    main()
