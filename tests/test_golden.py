"""The reading of each of the five seeds, fact by fact, as it is stored in `tests/golden`.

    python -m tests.test_golden     stores the facts of the readings of today

The stored facts are numbers, digests, tags and titles: no text of the seeds.
"""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.captures import Body
from archive.records import Block, Capture, Found, Place, Reading
from pipelines import reading
from tests.seed_pages import NAMES, PAGES, needs_seeds

GOLDEN = Path(__file__).with_name("golden")
WHEN_WANTED = (
    "If these changes are wanted, run `.venv/bin/python -m tests.test_golden`, read `git diff "
    "tests/golden`, and commit the new facts with the change and its reason."
)


def read(name: str) -> Reading:
    """The seed's page as its site would send it, read by the real stages."""
    body = Body(
        data=PAGES[name]().encode(),
        media_type="text/html; charset=utf-8",
        complete=True,
        decoded=True,
        note="",
    )
    capture = Capture(
        id=f"golden-{name}",
        url=f"https://site{name}.example/2022/{name}.html",
        fetched_at=datetime(2022, 3, 4, tzinfo=UTC),
        kind="response",
        status=200,
        media_type=body.media_type,
        payload_digest="",
        entity_digest="",
        place=Place(warc="", offset=0, length=0),
    )
    return reading.read(body, capture)


def facts(made: Reading) -> dict[str, Any]:
    """What is stored of a reading: each fact under its name."""
    described = made.description

    def value(found: Found | None) -> str | None:
        return found.value if found else None

    return {
        "encoding": f"{made.encoding} ({made.evidence})",
        "chosen": made.chosen,
        "language": made.language.tag,
        "shares": {tag: round(share, 3) for tag, share in made.language.shares},
        "title": value(described.title),
        "publisher": value(described.publisher),
        "source": value(described.source),
        "published_at": value(described.published_at),
        "document_number": value(described.document_number),
        "repairs": dict(sorted(Counter(each.kind for each in made.repairs).items())),
        "sections": " ".join(section.path for section in made.sections),
        "blocks": len(made.blocks),
        "characters": len(made.text),
        "text": f"sha256:{hashlib.sha256(made.text.encode()).hexdigest()}",
        "recipe": made.fingerprint.recipe,
        "exact": made.fingerprint.exact,
        "iscc": made.iscc,
        "iscc_form": made.iscc_form,
    }


def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return found


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """A line for each fact that is not as it was."""
    return [
        f"{fact}: {before.get(fact)!r} -> {now.get(fact)!r}"
        for fact in before | now
        if before.get(fact) != now.get(fact)
    ]


@needs_seeds
@pytest.mark.parametrize("name", NAMES)
def test_the_reading_of_the_seed_is_the_stored_one(name: str) -> None:
    changed = changes(stored(name), facts(read(name)))
    lines = "\n  ".join(changed)
    assert not changed, f"The reading of {name} changed:\n  {lines}\n{WHEN_WANTED}"


@needs_seeds
def test_a_changed_reading_is_told_fact_by_fact() -> None:
    made = read("004")
    damaged = replace(
        made, text=made.text[:-1], blocks=(*made.blocks, Block(kind="row", start=0, end=0))
    )
    told = [line.partition(":")[0] for line in changes(facts(made), facts(damaged))]
    assert told == ["blocks", "characters", "text"]


@needs_seeds
@pytest.mark.parametrize("name", NAMES)
def test_nothing_stored_is_long_enough_to_be_text(name: str) -> None:
    text = "".join(read(name).text.split())
    lines = [str(fact) for fact in stored(name).values()]
    assert not [line for line in lines if len(line) > 80 and "".join(line.split()) in text]


def test_the_same_facts_are_stored_of_every_seed() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(NAMES)
    assert len({tuple(stored(name)) for name in NAMES}) == 1


if __name__ == "__main__":
    for each in NAMES:
        kept = json.dumps(facts(read(each)), ensure_ascii=False, indent=1)
        (GOLDEN / f"{each}.json").write_text(f"{kept}\n", "utf-8")
