"""What /metrics says follows the archive, the queue and the answers; the log is lines or JSON."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive.store import Archive
from archive.verify import verify_fully
from archive.verify.rounds import note
from service.config import Log
from service.logs import configure
from service.metrics import Metrics
from tests.api_driver import serving
from tests.samples import START, fill

NOW = START + timedelta(days=10)


class Waiting:
    """A queue in which two jobs wait, the older one since an hour."""

    def counts(self) -> dict[str, int]:
        return {"queued": 2, "done": 5}

    def oldest_queued_at(self) -> datetime | None:
        return NOW - timedelta(hours=1)


def figures(exposition: bytes) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {
        " ".join(
            [sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))]
        ): sample.value
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_archive(tmp_path: Path) -> None:
    fill(tmp_path)
    found = figures(Metrics(tmp_path, clock=lambda: NOW).exposition())
    with Archive.open(tmp_path) as archive:
        counts = archive.index.counts()
    for name in ("captures", "documents", "versions", "readings", "links"):
        assert found[f"variorum_{name}"] == counts[name] > 0
    assert found["variorum_refusals stage=decode"] == 1
    assert found["variorum_archive_up"] == 1


def test_verification_has_an_age_and_what_was_never_verified_a_count(tmp_path: Path) -> None:
    fill(tmp_path)
    found = figures(Metrics(tmp_path, clock=lambda: NOW).exposition())
    assert found["variorum_files_never_verified"] == 2
    assert "variorum_verified_age_seconds" not in found
    with Archive.open(tmp_path) as archive:
        note(tmp_path, verify_fully(archive), NOW - timedelta(hours=2))
    found = figures(Metrics(tmp_path, clock=lambda: NOW).exposition())
    assert found["variorum_files_never_verified"] == 0
    assert found["variorum_verified_age_seconds"] == 7200


def test_the_queue_has_states_and_an_age(tmp_path: Path) -> None:
    fill(tmp_path)
    found = figures(Metrics(tmp_path, Waiting(), clock=lambda: NOW).exposition())
    assert found["variorum_jobs state=queued"] == 2
    assert found["variorum_queue_age_seconds"] == 3600


def test_an_archive_that_cannot_be_read_is_a_figure_and_no_failure(tmp_path: Path) -> None:
    found = figures(Metrics(tmp_path / "none").exposition())
    assert found["variorum_archive_up"] == 0
    assert found["variorum_messages_waiting"] == 0


def test_nothing_of_the_process_is_told(tmp_path: Path) -> None:
    fill(tmp_path)
    assert all(name.startswith("variorum_") for name in figures(Metrics(tmp_path).exposition()))


def test_the_server_times_its_answers_by_route_and_never_by_address(tmp_path: Path) -> None:
    fill(tmp_path)
    with serving(tmp_path) as server, server.client() as client:
        for number in range(3):
            client.get(f"/api/v1/documents/{'a' * 51}{number}")
        client.get("/no/such/page")
        client.get("/api/v1/lookup", params={"key": "a" * 52})
        found = figures(client.get("/metrics").content)
    counted = {name: value for name, value in found.items() if "request_seconds_count" in name}
    assert sum(counted.values()) == 5
    assert not any("aaaa" in name or "no/such" in name for name in counted)
    assert any("route=/api/v1/lookup" in name for name in counted)


def test_figures_of_an_archive_that_is_not_public_take_a_token(tmp_path: Path) -> None:
    fill(tmp_path)
    with serving(tmp_path, public_reading=False) as server:
        with server.client("") as stranger:
            assert stranger.get("/metrics").status_code == 401
        with server.client() as known:
            assert known.get("/metrics").status_code == 200


@contextmanager
def logging_to(form: str) -> Iterator[io.StringIO]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    configure(Log(format=form, level="info"), stream)  # type: ignore[arg-type]
    try:
        yield stream
    finally:
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)


def test_a_json_log_has_one_document_a_line_with_its_fields() -> None:
    with logging_to("json") as stream:
        logging.getLogger("variorum.x").info(
            "two\nlines %s", "湿地", extra={"job": "j1", "when": NOW}
        )
        logging.getLogger("variorum.x").debug("not this")
    (line,) = stream.getvalue().splitlines()
    document = json.loads(line)
    assert document["message"] == "two\nlines 湿地"
    assert document["level"] == "info"
    assert document["logger"] == "variorum.x"
    assert document["job"] == "j1"
    assert abs(datetime.fromisoformat(document["at"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_json_log_holds_the_traceback_of_what_failed() -> None:
    with logging_to("json") as stream:
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger("variorum").exception("it failed")
    document = json.loads(stream.getvalue())
    assert "ValueError: why" in document["error"]


def test_a_text_log_is_for_people() -> None:
    with logging_to("text") as stream:
        logging.getLogger("variorum").warning("low disk")
    assert stream.getvalue().endswith("WARNING variorum: low disk\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())
