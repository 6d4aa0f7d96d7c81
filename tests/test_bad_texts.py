"""Texts that nobody would call one: each has its outcome, in bounded time and memory.

Each is read in a process of its own, so that its memory is its own and a limit ends nothing else.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from archive.records import Candidate, Issued, Resource
from archive.store import Archive
from pipelines.candidates import candidates
from pipelines.direct import process
from pipelines.filing import place
from pipelines.fingerprint import NEAR_VALUES, SAMPLE_MOST, signed
from pipelines.normal_form import normalise
from pipelines.relate import relate

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120  # of CPU for the largest text through every stage, most of it in reading
MEGABYTES = 2400  # resident, for a text of 20 MB: two forms of it, and all stages in one process
PAGES = 240  # of one template
MOST_CANDIDATES = 20
LARGE = 1_000_000  # characters: longer ones go through the archive once, which takes 15 s
ADDRESS_SPACE = 6 << 30  # bytes; beyond it an allocation fails

TEXTS: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "one character": lambda: "甲",
    "20 MB of one character": lambda: "a" * 20_000_000,
    "4 MB without a space": lambda: "".join(random.Random(1).choices("etaoinshrdlu", k=4_000_000)),
    "digits": lambda: "".join(random.Random(2).choices("0123456789", k=3000)),
    "punctuation": lambda: "…！？—，。;:-" * 300,
    "unpaired surrogates": lambda: "第一条\ud800本法\udfff自公布之日起施行。" * 30,
    "NULs": lambda: "\0第\0一\0条 本法自公布之日起施行。\0" * 30,
    "right-to-left marks": lambda: "\u200f\u202eالمادة\u202c \u200fالأولى\u2067 من القانون\u2069. " * 30,
    "one paragraph 10,000 times": lambda: "同一段话反复出现，毫无区别，每一次都和上一次一样。\n" * 10_000,
}  # fmt: skip

# Length of the normal form; what the text is to the same with a word before it; where it is filed
# beside that; and what the archive says of the two.
OUTCOMES: dict[str, tuple[int, str, str, list[str]]] = {
    "empty": (0, "different", "new", ["The answer is empty.", "new"]),
    "one character": (1, "different", "new", ["new", "new"]),
    "20 MB of one character": (20_000_000, "same", "same", ["new"]),
    "4 MB without a space": (4_000_000, "same", "same", ["new"]),
    "digits": (3000, "same", "same", ["new", "same"]),
    "punctuation": (0, "different", "new", ["The file has no text.", "new"]),
    "unpaired surrogates": (390, "same", "same", ["new", "same"]),
    "NULs": (390, "same", "same", ["new", "same"]),
    "right-to-left marks": (630, "same", "same", ["new", "same"]),
    "one paragraph 10,000 times": (220_000, "same", "same", ["new", "same"]),
}


def outcome(name: str) -> None:
    """Take one text through every stage and print what became of it; for a process of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    text = TEXTS[name]()
    form, other = normalise(text), normalise(f"前言 {text}")
    key, sketch = signed(form)
    near, sample = len(key.near) // 6, len(sketch.sample)
    known = Candidate(version="v", document="d", text=text, issued=Issued(), exact=key.exact)
    filed = place(signed(other)[0], other, Issued(), [known])
    found = {
        "form": len(form.text),
        "near": near,
        "sample": sample,
        "itself": relate(form, form).relation,
        "relations": [relate(form, other).relation, relate(other, form).relation],
        "placed": filed.relation.value,
        "archive": archived([text] if len(text) > LARGE else [text, f"前言 {text}"]),
        "seconds": time.process_time(),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }
    sys.stdout.write(json.dumps(found))


def archived(texts: list[str]) -> list[str]:
    """What the real archive says of each text: its relation, or why it has no document."""
    said = []
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        for number, text in enumerate(texts):
            kept = archive.keep(
                Resource(
                    url=f"https://bad.example/{number}",
                    fetched_at=datetime.now(UTC),
                    media_type="text/plain; charset=utf-8",
                    body=text.encode("utf-8", "surrogatepass"),
                )
            )
            settled = process(archive, kept)
            filed = archive.index.filed(kept.id)
            refused = settled.refusal.reason if settled.refusal else ""
            said.append(str(filed.relation) if filed else refused)
    return said


@pytest.mark.parametrize("name", TEXTS)
def test_a_bad_text_has_its_outcome_in_bounded_time_and_memory(name: str) -> None:
    child = f"from tests.test_bad_texts import outcome; outcome({name!r})"
    done = subprocess.run(
        [sys.executable, "-c", child], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    length, relation, placed, filed = OUTCOMES[name]
    assert found["form"] == length
    assert found["itself"] == "same"
    assert found["relations"] == [relation, relation], "either way round"
    assert found["placed"] == placed
    assert found["archive"] == filed
    assert found["near"] <= NEAR_VALUES
    assert found["sample"] <= SAMPLE_MOST
    assert found["seconds"] <= SECONDS
    assert found["megabytes"] <= MEGABYTES


SHARED = "\n".join(
    f"<p>第{number}条 "
    + "".join(
        chr(0x4E00 + int(2500 * random.Random(number * 99 + place).random())) for place in range(55)
    )
    + "。</p>"
    for number in range(1, 19)
)


def page_of_a_template(number: int) -> bytes:
    """A page of which nine tenths are the same for all numbers, under a title of its own."""
    chance = random.Random(number + 10**6)
    name = "".join(chr(0x4E00 + int(2500 * chance.random())) for _ in range(6))
    own = "".join(chr(0x4E00 + int(2500 * chance.random())) for _ in range(110))
    body = f"<h1>{name}市养犬管理条例</h1>{SHARED}<p>{own}。</p>"
    head = f'<meta name="ArticleTitle" content="{name}市养犬管理条例">'
    return f"<html><head>{head}</head><body><article>{body}</article></body></html>".encode()


def filed_pages(count: int) -> tuple[list[str], list[float]]:
    """The documents of so many such pages, and the CPU seconds that each took."""
    documents, seconds = [], []
    with tempfile.TemporaryDirectory() as folder, Archive.open(Path(folder), write=True) as archive:
        for number in range(count):
            with archive.batch():
                before = time.process_time()
                body = Resource(
                    url=f"https://city{number}.example/",
                    fetched_at=datetime.now(UTC),
                    media_type="text/html",
                    body=page_of_a_template(number),
                )
                settled = process(archive, archive.keep(body))
                seconds.append(time.process_time() - before)
            assert settled.filed is not None
            documents.append(settled.filed.document)
        found = list(candidates(archive, signed(normalise(SHARED))[1]).near)
        assert 0 < len(found) <= MOST_CANDIDATES
    return documents, seconds


def test_pages_of_one_template_stay_apart_and_cost_no_more_when_there_are_many() -> None:
    documents, seconds = filed_pages(PAGES)
    assert len(set(documents)) == PAGES
    early, late = seconds[PAGES // 4 : PAGES // 2], seconds[-PAGES // 4 :]
    assert median(late) <= 1.6 * median(early)
