"""Five real documents, each served as a plausible page of its kind, through the real commands."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from service.cli import run
from tests.seed_pages import (
    FURNITURE,
    GOLD,
    LANGUAGES,
    NAMES,
    OWN_FURNITURE,
    PAGES,
    needs_seeds,
    seed,
)

pytestmark = needs_seeds
KEPT = 0.99  # share of the sentences; from the issue that asked for these tests


class OnePage(BaseHTTPRequestHandler):
    """Any path but robots.txt is the page."""

    page: bytes

    def do_GET(self) -> None:
        robots = self.path == "/robots.txt"
        body = b"User-agent: *\nDisallow: /admin/\n" if robots else self.page
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if robots else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: pytest shows what matters."""


# The archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The five pages after `submit`."""

    folder: Path
    urls: dict[str, str]
    results: dict[str, dict[str, Any]]  # as `submit --json` gives them, by seed

    def ask(self, *words: str) -> dict[str, Any]:
        """What a reading command gives with `--json`; run in this process, where it costs less."""
        printed = StringIO()
        with redirect_stdout(printed):
            assert run(["--archive", str(self.folder), "--json", *words]) == 0, words
        found: dict[str, Any] = json.loads(printed.getvalue())
        return found

    def document(self, name: str) -> str:
        return str(self.results[name]["document"])

    def text(self, name: str) -> str:
        """The page's own main text, which is kept also where another page's stands for the version."""
        for path in sorted(self.folder.rglob("*.warc.gz")):
            with path.open("rb") as stream:
                for record in ArchiveIterator(stream):
                    target = record.rec_headers.get_header("WARC-Target-URI")
                    if (record.rec_type, target) == ("conversion", self.urls[name]):
                        return str(record.content_stream().read().decode("utf-8"))
        raise LookupError(f"no main text of {name}")

    def ask_for(self, name: str) -> dict[str, Any]:
        """The best match for the seed's address."""
        found: dict[str, Any] = self.ask("lookup", "--url", self.urls[name])["matches"][0]
        return found

    def first(self, *words: str) -> str:
        return str(self.ask("lookup", *words)["matches"][0]["document"])


def submitted(folder: Path, allowed: str, urls: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The results of `submit` as a user runs it, by address."""
    command = [sys.executable, "-m", "service.cli", "--archive", str(folder), "--json"]
    done = subprocess.run(
        [*command, "submit", "--delay", "0.1", *urls],
        env={**os.environ, "VARIORUM_ALLOW_ADDRESSES": allowed, "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {result["url"]: result for result in json.loads(done.stdout)["results"]}


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    folder = tmp_path_factory.mktemp("seeds") / "archive"
    urls, allowed = {}, []
    with ExitStack() as stack:
        for number, (name, page) in enumerate(PAGES.items(), start=21):
            handler = type(name, (OnePage,), {"page": page().encode()})
            address = f"127.0.0.{number}"  # a host of its own for each
            server = stack.enter_context(ThreadingHTTPServer((address, 0), handler))
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
            urls[name] = f"http://{address}:{server.server_port}/2022/{name}.html"
            allowed.append(f"{address}/32:{server.server_port}")
        results = submitted(folder, ",".join(allowed), urls.values())
    return Archived(
        folder=folder, urls=urls, results={name: results[url] for name, url in urls.items()}
    )


def squeezed(text: str) -> str:
    """Text with width and white space taken out of the comparison, and nothing else."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def full_sentences(name: str) -> list[str]:
    """The seed's sentences of those sections that the annotation calls full, markup off."""
    witness = json.loads(GOLD.read_text(encoding="utf-8"))["witnesses"][name]
    raw, found = seed(name), []
    for section in witness["sections"].values():
        if section["status"] == "full":
            plain = re.sub(r"<[^>]+>", "", raw[slice(*section["span"])])
            found += re.split(r"(?<=[。！？；])|(?<=[.;!?])\s|\n", plain)
    return [sentence for sentence in found if squeezed(sentence)]


@pytest.mark.parametrize("name", NAMES)
def test_each_page_is_archived_in_its_language(archived: Archived, name: str) -> None:
    result = archived.results[name]
    assert result["status"] == "archived", result
    assert result["language"] == LANGUAGES[name]


def test_the_two_full_chinese_texts_are_one_version_of_one_document(archived: Archived) -> None:
    one, other = archived.results["000"], archived.results["001"]
    assert (one["document"], one["version"]) == (other["document"], other["version"])
    versions = archived.ask("show", one["document"])["versions"]
    assert [len(version["witnesses"]) for version in versions] == [2]


def test_the_summary_is_an_excerpt_of_that_document_and_both_sides_say_so(
    archived: Archived,
) -> None:
    whole, part = archived.document("001"), archived.document("002")
    assert whole != part
    for here, there, relations in (
        (part, whole, {"excerpt"}),
        (whole, part, {"excerpt", "contains"}),
    ):
        related = {each["document"]: each for each in archived.ask("show", here)["related"]}
        assert related[there]["relation"] in relations
        assert related[there]["evidence"]["because"]


def test_the_translations_are_documents_of_their_own(archived: Archived) -> None:
    assert len({archived.document(name) for name in ("001", "002", "003", "004")}) == 4
    assert {archived.results[name]["relation"] for name in ("003", "004")} == {"new"}


@pytest.mark.parametrize("name", NAMES)
def test_the_main_text_has_no_line_of_navigation(archived: Archived, name: str) -> None:
    lines = archived.text(name).splitlines()
    words = FURNITURE[name].split() + OWN_FURNITURE[name]
    assert [line for line in lines if any(word in line for word in words)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_main_text_keeps_the_sentences(archived: Archived, name: str) -> None:
    text, sentences = squeezed(archived.text(name)), full_sentences(name)
    lost = [sentence for sentence in sentences if squeezed(sentence) not in text]
    assert len(sentences) >= 8
    assert len(lost) <= (1 - KEPT) * len(sentences), lost


@pytest.mark.parametrize("name", NAMES)
def test_the_fingerprint_finds_the_document(archived: Archived, name: str, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text(archived.text(name), encoding="utf-8")
    key = archived.ask("fingerprint", str(file))
    whole, exact = key["fingerprint"], key["exact"]
    for given in (whole, exact, whole[:10], exact[:10], key["iscc"], key["iscc_form"]):
        assert archived.first(given) == archived.document(name), given


@pytest.mark.parametrize("name", NAMES)
def test_the_address_finds_the_document(archived: Archived, name: str) -> None:
    match = archived.ask_for(name)
    assert match["document"] == archived.document(name)
    assert archived.urls[name] in {witness["url"] for witness in match["witnesses"]}


@pytest.mark.parametrize("line", [6, 7, 18, 30])
def test_a_pasted_paragraph_finds_the_document_that_has_it(
    archived: Archived, line: int, tmp_path: Path
) -> None:
    pasted = tmp_path / "pasted.txt"
    pasted.write_text(seed("001").splitlines()[line], encoding="utf-8")
    assert archived.first("--text", str(pasted)) == archived.document("001")


def test_the_warcs_are_sound_for_other_tools(archived: Archived) -> None:
    warcs = [str(path) for path in sorted(archived.folder.rglob("*.warc.gz"))]
    assert warcs
    check = [sys.executable, "-m", "warcio.cli", "check", *warcs]
    done = subprocess.run(check, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout
    assert archived.ask("verify", "--quick")["ok"]
