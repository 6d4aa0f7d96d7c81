"""TimeMaps, the commands that export, and replay by the tools of others."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.exports.timemap import link_format, mementos
from archive.exports.warcs import to_warc
from archive.store import Archive
from service.commands.export import export
from service.commands.timemap import timemap
from service.options import Settings
from tests import foreign_tools
from tests.samples import CHINESE, PAGE, exact, exchange, fill_with_chinese


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with some of everything, and an address that is not ASCII."""
    folder = tmp_path_factory.mktemp("timemap") / "archive"
    fill_with_chinese(folder)
    return folder


# TimeMap

LINK = re.compile(r'<([^>]*)>((?:; [a-z]+="[^"]*")+)')


def test_a_timemap_names_every_capture_in_order(folder: Path) -> None:
    with Archive.open(folder) as archive:
        found = mementos(archive, PAGE, "https://archive.example/")
        text = link_format(PAGE, found, "https://archive.example/")
    links = [
        (each[1], dict(re.findall(r'([a-z]+)="([^"]*)"', each[2]))) for each in LINK.finditer(text)
    ]
    assert [each["rel"] for _, each in links] == [
        "original", "self", "timegate", "first memento", "memento", "last memento",
    ]  # fmt: skip
    assert links[0][0] == PAGE
    assert links[1][1]["type"] == "application/link-format"
    assert links[1][1]["from"] == links[3][1]["datetime"] == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert links[1][1]["until"] == links[5][1]["datetime"]
    assert links[3][0] == f"https://archive.example/web/20260304050607/{PAGE}"
    assert text.count("\n") == len(links)


def test_a_timemap_of_a_single_capture_of_a_chinese_address_is_ascii(folder: Path) -> None:
    with Archive.open(folder) as archive:
        found = mementos(archive, CHINESE, "")
        text = link_format(CHINESE, found, "")
    assert text.isascii()
    assert 'rel="first last memento"' in text
    assert ">" not in text.split("<")[1].split(">")[0]


# Commands


def command(folder: Path, *arguments: str) -> Result:
    which = {"export": export, "timemap": timemap}[arguments[0]]
    settings = Settings(archive=folder, as_json=False)
    return CliRunner().invoke(which, arguments[1:], obj=settings, standalone_mode=False)


@pytest.mark.parametrize("form", ["wacz", "warc", "cdxj"])
def test_the_command_says_what_it_wrote(folder: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"all.{form}"
    answer = command(folder, "export", f"--{form}", str(target), "--json")
    assert answer.exception is None
    assert json.loads(answer.stdout) == {"path": str(target), "captures": 10}
    assert target.stat().st_size > 100
    answer = command(folder, "export", f"--{form}", str(target), exact("alpha one"), "--json")
    assert json.loads(answer.stdout)["captures"] == 5


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--wacz", "a", "--warc", "b"),
        ("--folder", "a"),
        ("--warc", "no/such/folder/a"),
        ("--warc", "a", "short"),
    ],
)
def test_a_wrong_call_writes_nothing(
    folder: Path, tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command(folder, "export", *arguments)
    assert type(answer.exception).__name__ == "UsageError"
    assert list(tmp_path.iterdir()) == []


def test_the_timemap_command_ends_with_1_where_there_is_no_capture(folder: Path) -> None:
    assert command(folder, "timemap", "https://nowhere.example/").return_value == 1
    answer = command(folder, "timemap", PAGE)
    assert (answer.return_value, answer.stdout.count("memento")) == (0, 3)
    answer = command(folder, "timemap", PAGE, "--json")
    assert len(json.loads(answer.stdout)["mementos"]) == 3


# Replay


def test_pywb_replays_exported_captures_byte_for_byte(tmp_path: Path) -> None:
    manager = foreign_tools.tool("wb-manager", "pywb", "setuptools<81")
    bodies = {
        f"https://ministry.example/{n}": f"<p>页面 {n}</p>".encode() * (n + 1) for n in range(20)
    }
    with Archive.open(tmp_path / "a", write=True) as archive:
        for number, (url, body) in enumerate(bodies.items()):
            archive.keep(exchange(body, url=url, after=number))
        assert to_warc(archive, None, tmp_path / "all.warc.gz") == 20
    foreign_tools.run(manager, "init", "c", folder=tmp_path)
    foreign_tools.run(manager, "add", "c", tmp_path / "all.warc.gz", folder=tmp_path)
    said = foreign_tools.run(manager.with_name("python"), "-c", REPLAY, *bodies, folder=tmp_path)
    lines = [line.split() for line in said.splitlines()]
    replayed = [bytes.fromhex(line[1]) for line in lines if line[:1] == ["replayed"]]
    assert replayed == list(bodies.values())


REPLAY = """
import sys, warnings
warnings.simplefilter("ignore")
from pywb.apps.frontendapp import FrontEndApp
from werkzeug.test import Client
client = Client(FrontEndApp(config_file=None))
for url in sys.argv[1:]:
    answer = client.get(f"/c/20260304050607id_/{url}")
    assert answer.status_code == 200, (url, answer.status)
    print("replayed", answer.data.hex())
"""
