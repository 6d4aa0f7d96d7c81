"""Texts side by side: what says the same stands in one row, and nothing is left out."""

from pathlib import Path

import pytest

from archive.errors import UnknownKey
from archive.store import Archive
from service.pages.parallel import parallel_page
from tests.commands import ITEMS, Variorum, page


def put(variorum: Variorum, folder: Path, name: str, body: bytes) -> str:
    saved = folder / f"{name}.html"
    saved.write_bytes(body)
    answer = variorum("ingest", str(saved), "--url", f"https://{name}.example/", "--json")
    assert answer.status == 0, answer.err
    version = answer.json["results"][0]["version"]
    assert isinstance(version, str)
    return version


@pytest.fixture
def versions(variorum: Variorum, tmp_path: Path) -> tuple[str, str]:
    """A plan, and the next one, which has lost an item and got another."""
    more = "对违反本方案规定的单位，由上级机关责令限期改正，并予以通报批评。"
    changed = (*ITEMS[:1], ITEMS[1].replace("季度", "年度"), *ITEMS[3:], more)
    return (
        put(variorum, tmp_path, "one", page()),
        put(variorum, tmp_path, "two", page(changed)),
    )


def test_every_unit_of_every_text_stands_in_one_row(
    variorum: Variorum, versions: tuple[str, str]
) -> None:
    with Archive.open(variorum.archive) as archive:
        made = parallel_page(archive, versions)
        texts = [archive.text(archive.index.version(key).text) for key in versions]
    assert [side.version for side in made.sides] == list(versions)
    for column, text in enumerate(texts):
        cells = [row.cells[column] for row in made.rows]
        said = "".join(text[a:b] for a, b in sorted(cell.span for cell in cells if cell))
        assert "".join(said.split()) == "".join(text.split())
    assert all(any(row.cells) for row in made.rows)


def test_what_one_text_alone_has_stands_beside_nothing(
    variorum: Variorum, versions: tuple[str, str]
) -> None:
    with Archive.open(variorum.archive) as archive:
        rows = parallel_page(archive, versions).rows
    beside = {row.cells[0].text: row.cells[1] for row in rows if row.cells[0]}
    assert beside[ITEMS[2]] is None
    other = beside[ITEMS[1]]
    assert other is not None
    assert "年度" in other.text
    assert any(row.cells[0] is None for row in rows)


def test_a_text_beside_itself_is_the_same_in_every_row(
    variorum: Variorum, versions: tuple[str, str]
) -> None:
    with Archive.open(variorum.archive) as archive:
        rows = parallel_page(archive, (versions[0],) * 3).rows
    for row in rows:
        assert len({cell.span for cell in row.cells if cell}) == 1
        assert all(row.cells)


def test_too_few_texts_and_unknown_ones_are_told(
    variorum: Variorum, versions: tuple[str, str]
) -> None:
    with Archive.open(variorum.archive) as archive:
        for keys in ((), versions[:1], versions * 3):
            with pytest.raises(ValueError, match="stand side by side, not"):
                parallel_page(archive, keys)
        with pytest.raises(UnknownKey):
            parallel_page(archive, (versions[0], "a" * 52))
