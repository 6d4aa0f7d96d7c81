"""How far a command is, told to whoever runs it as a job."""

from pathlib import Path

from service.cli import run
from service.progress import Far, advancing, heard_by
from tests.commands import Variorum


def test_a_listener_hears_the_beginning_and_the_end_and_never_goes_back() -> None:
    heard: list[Far] = []
    with heard_by(heard.append), advancing("plans.warc", 1000) as advance:
        for _ in range(1000):
            advance(1)
    assert (heard[0].passed, heard[-1].passed) == (0, 1000)
    assert {(each.what, each.total) for each in heard} == {("plans.warc", 1000)}
    assert [each.passed for each in heard] == sorted(each.passed for each in heard)
    assert len(heard) < 1000  # now and then, not each time


def test_what_is_not_listened_to_any_more_is_not_told() -> None:
    heard: list[Far] = []
    with heard_by(heard.append):
        pass
    with advancing("plans.warc", 1) as advance:
        advance(1)
    assert heard == []


def test_the_commands_that_take_long_say_how_far_they_are(filled: Variorum, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    warc = next((filled.archive / "warc").glob("*.warc.gz"))
    ends = {
        ("verify",): (1, 1),
        ("verify", "--subset", "1/1"): (1, 1),
        ("rebuild-index",): (1, 1),
        ("archive", "push", "--store", str(tmp_path / "store")): (1, 1),
        ("import", str(warc)): (warc.stat().st_size,) * 2,
    }
    for words, end in ends.items():
        heard: list[Far] = []
        with heard_by(heard.append):
            assert run(["--archive", str(filled.archive), "--json", *words]) == 0
        assert (heard[-1].passed, heard[-1].total) == end, words
