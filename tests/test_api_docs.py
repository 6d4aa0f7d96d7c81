"""docs/api.md names every route and every code that the API has, and no others."""

import re
from pathlib import Path

import pytest

from archive.takedown import take_down
from service.api.app import create_app
from tests import samples
from tests.api_driver import config_of, serving
from tests.commands import ROOT
from tests.test_api import problem

DOC = (ROOT / "docs" / "api.md").read_text("utf-8")
CODE = re.compile(r'(?:\(\s*\d{3},|, \d{3},|\d{3}:|500 else) "([a-z]+(?:-[a-z]+)*)"')


def test_every_route_of_the_api_is_described_and_only_those(tmp_path: Path) -> None:
    paths = create_app(config_of(tmp_path / "a")).openapi()["paths"]
    real = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/api/")
    }
    told = set(re.findall(r"`(GET|POST|PUT|DELETE) (/api/v1/[^`?]*)[^`]*`", DOC))
    assert told == real


def test_every_code_is_listed() -> None:
    sources = [*(ROOT / "service" / "api").glob("*.py"), ROOT / "service" / "memento.py"]
    used = {code for path in sources for code in CODE.findall(path.read_text("utf-8"))}
    table = DOC.partition("| code | status |")[2].partition("## From Python")[0]
    listed = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", table)) - {"candidates", "errors", "detail"}
    assert len(used) > 25
    assert used - listed == set()
    assert listed - used == set()


@pytest.mark.parametrize("place", ["versions/{}", "versions/{}/text", "documents/{}"])
def test_what_was_taken_down_is_gone_with_the_reason(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "a"
    samples.fill(folder)
    key = samples.exact("alpha two")
    take_down(folder, key, "the court", "case 12.")
    with serving(folder) as served, served.client("") as client:
        answer = client.get("/api/v1/" + place.format(key))
        assert (answer.status_code, problem(answer)) == (410, "taken-down")
        assert "case 12" in answer.json()["detail"]
        found = client.get("/api/v1/lookup", params={"key": key}).json()
        assert found["matches"] == []
        assert "case 12" in found["remark"]
