"""A plan in three languages, its circular and its summary, in an archive with the linker run on them."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path

from archive.records import Resource
from archive.store import Archive
from pipelines.direct import process
from pipelines.works import linking
from tests.samples import START

PAGES = Path(__file__).resolve().parents[1] / "service/demo/pages"
# How the pages of the demo mark the number of the circular, then the title of the plan.
CENTRED = "^ "


@cache
def lines(language: str) -> tuple[str, ...]:
    return tuple((PAGES / f"plan.{language}.txt").read_text("utf-8").splitlines())


def bare(chosen: Iterable[str]) -> str:
    return "\n".join(line.lstrip("=^>#").strip() for line in chosen)


def split(language: str) -> int:
    """Where the plan begins behind its circular."""
    return [n for n, line in enumerate(lines(language)) if line.startswith(CENTRED)][1]


def plan(language: str) -> str:
    return bare(lines(language)[split(language) :])


def circular(language: str) -> str:
    return bare(lines(language)[: split(language)])


def summary() -> str:
    return bare((PAGES / "summary.zh-Hant.txt").read_text("utf-8").splitlines())


def page(text: str) -> str:
    """The text as a page with its first line as its title."""
    title, *lines = text.split("\n")
    body = "".join(f"<p>{line}</p>\n" for line in lines)
    head = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head>'
    return f'{head}<body><div class="article-content"><h1>{title}</h1>{body}</div></body></html>'


def add(archive: Archive, *texts: str, link: bool = True) -> list[str]:
    """The documents of the texts, each filed and, if so wanted, weighed before the next one comes."""
    found = []
    for text in texts:
        number = archive.index.counts()["captures"]
        capture = archive.keep(
            Resource(
                url=f"https://site{number}.example/plan.txt",
                fetched_at=START + timedelta(minutes=number),
                media_type=f"text/{'html' if text.startswith('<') else 'plain'}; charset=utf-8",
                body=text.encode(),
            )
        )
        process(archive, capture)
        filed = archive.index.filed(capture.id)
        assert filed is not None
        found.append(filed.document)
        if link:
            linking.link(archive, [filed.version])
    return found
