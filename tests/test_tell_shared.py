"""Who tells where several processes could, and in which words."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.changes import KINDS
from service.tell import LOCK, tell, telling
from service.tell.news import words_in
from service.tell.outbox import Outbox
from service.words import LANGUAGES
from tests.receivers import Hook
from tests.samples import START
from tests.test_tell import LATER, at, bodies, config_for, file, toml
from tests.worker_driver import READY, Worker, eventually

PLACES = re.compile(r"\{(\w+)\}")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One that was told of, before the first change of the test."""
    folder = tmp_path / "archive"
    file(folder, "alpha")
    return folder


def test_one_process_tells_and_another_takes_over_when_it_ends(
    archive: Path, tmp_path: Path
) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, lambda: datetime.now(UTC))
        with telling(config, every=0.05):
            eventually((archive / LOCK).exists)
            started = Worker(archive, {}, "--config", str(toml(tmp_path, hook)))
            started.says(READY)
            for number in range(6):
                file(archive, f"text {number}", hours=1, url=f"https://b.example/{number}")
            eventually(lambda: len(hook.taken) >= 6)
        file(archive, "the last one", hours=2, url="https://c.example/")
        eventually(lambda: len(hook.taken) >= 7)  # by the worker
        assert started.stop() == 0
        urls = [f"https://b.example/{number}" for number in range(6)] + ["https://c.example/"]
        assert sorted(body["url"] for body in bodies(hook)) == urls


def test_a_channel_that_two_processes_open_begins_where_the_first_one_did(archive: Path) -> None:
    with Outbox(archive) as one, Outbox(archive) as other:
        assert one.open("webhook:desk", "first", START) == "first"
        assert other.open("webhook:desk", "second", START) == "first"


def test_messages_speak_the_language_that_is_configured(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook, language="zh-Hans")
        tell(config, at(LATER))
        file(archive, "beta", hours=1, url="https://b.example/")
        tell(config, at(LATER))
        (body,) = bodies(hook)
        assert body["headline"] == f"新文件：{body['title']}"


def test_every_kind_of_change_has_words_in_every_language() -> None:
    for tag in LANGUAGES:
        words = words_in(tag)
        assert all(words(f"kind.{kind}") for kind in KINDS)
    english, chinese = (words_in(tag).words for tag in LANGUAGES)
    for key, text in english.items():
        assert set(PLACES.findall(text)) == set(PLACES.findall(chinese[key])), key
