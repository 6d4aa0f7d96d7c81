"""Every dependency has a reason and a licence in docs/dependencies.md, and no line there is left over."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = {
    "To run": PROJECT["project"]["dependencies"],
    "To render pages (extra `browser`)": PROJECT["project"]["optional-dependencies"]["browser"],
    "To link works across languages (extras `works` and `dictionary`)": [
        *PROJECT["project"]["optional-dependencies"]["works"],
        *PROJECT["project"]["optional-dependencies"]["dictionary"],
    ],
    "To test and measure": PROJECT["dependency-groups"]["dev"],
}


def rows(heading: str) -> dict[str, str]:
    """Package to licence, of the table under a heading."""
    table = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([\w.-]+)` \| .+ \| ([^|]+) \|$", table, re.MULTILINE))


@pytest.mark.parametrize("heading", ASKED)
def test_the_page_has_a_row_for_each_dependency_and_no_other(heading: str) -> None:
    names = {re.split(r"[^\w.-]", requirement)[0] for requirement in ASKED[heading]}
    assert set(rows(heading)) == names


@pytest.mark.parametrize("heading", ASKED)
def test_no_licence_forbids_giving_the_application_away(heading: str) -> None:
    assert rows(heading)
    assert not [row for row in rows(heading).items() if "GPL" in row[1]]
