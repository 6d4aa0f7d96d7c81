"""Webhooks tell each change once, and blinks to nobody."""

import hmac
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archive.changes import changes
from archive.store import Archive
from archive.takedown import take_down
from crawlers.addresses import Guard, allowances
from service.config import Config, Webhook, read_config
from service.tell import Told, tell, telling
from service.tell.outbox import ATTEMPTS, FILE, Outbox, waiting
from service.tell.webhook import Message, NotDelivered, deliver, is_ours, signature
from tests.commands import Variorum
from tests.receivers import Hook
from tests.samples import (
    START,
    exact,
    new,
    outcomes,
    put,
    run_python,
    same_as,
    version_of,
)

SECRET = "0123456789abcdef"
HOUR = timedelta(hours=1)
LATER = START + timedelta(days=30)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def config_for(archive: Path, hook: Hook | None = None, **changed: Any) -> Config:
    config = read_config(None, {"VARIORUM_ARCHIVE": str(archive)})
    if hook:
        told = Webhook(name="desk", url=hook.url, secret=SECRET)
        config = replace(config, webhooks=(told,), allow_addresses=hook.allow)
    return replace(config, url="https://plans.example", **changed)


def file(archive: Path, text: str, *, hours: float = 0, first: str = "", url: str = "") -> str:
    """Keep and file a text; the id of its capture. With `first` it is a version of that one."""
    with Archive.open(archive, write=True) as opened:
        known = text in (each.title for each in opened.index.all_versions())
        filing = same_as(text) if known else version_of(first, text) if first else new(text)
        address = {"url": url} if url else {}
        return put(opened, text, filing, after=3600 * hours, **address).id


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One that was told of, before the first change of the test."""
    folder = tmp_path / "archive"
    file(folder, "alpha")
    return folder


def bodies(hook: Hook) -> list[Any]:
    return [json.loads(taken.body) for taken in hook.taken]


def test_a_new_webhook_is_told_of_what_comes_and_not_of_the_past(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        assert tell(config, at(LATER)) == Told(queued=0, sent=0, failed=0, waiting=0, mailed=0)
        capture = file(archive, "beta", hours=1, url="https://b.example/")
        assert tell(config, at(LATER)).sent == 1
        (body,) = bodies(hook)
        assert body["id"] == body["capture"] == capture
        assert (body["kind"], body["url"]) == ("document", "https://b.example/")
        assert body["page"] == f"https://plans.example/x/{capture}"
        assert body["version"] == exact("beta")


def test_nothing_is_sent_twice(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        for days in range(5):
            tell(config, at(LATER + timedelta(days=days)))
        assert len(hook.taken) == 1


def test_a_message_proves_who_sent_it_and_when(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        tell(config, at(LATER))
        (taken,) = hook.taken
    assert taken.path == "/in?a=1"
    assert taken.headers["Content-Type"] == "application/json"
    assert taken.headers["Host"] == f"127.0.0.1:{hook.port}"
    stamp = int(LATER.timestamp())
    delivery, given = taken.headers["Variorum-Delivery"], taken.headers["Variorum-Signature"]
    signed = f"{stamp}.{delivery}.".encode() + taken.body
    assert given == f"t={stamp},v1={hmac.new(SECRET.encode(), signed, sha256).hexdigest()}"


def test_a_signature_holds_for_its_message_and_minutes_alone() -> None:
    message = Message(id="d1", body=b"{}", secret=SECRET, sent_at=1_000_000)
    given = signature(message)
    assert is_ours(given, message, 1_000_100)
    assert not is_ours(given, message, 1_000_400)
    assert not is_ours(given, replace(message, body=b"{ }"), 1_000_100)
    assert not is_ours(given, replace(message, secret=SECRET[::-1]), 1_000_100)
    assert not is_ours(given, replace(message, id="d2"), 1_000_100)
    assert not is_ours(given.replace("1000000", "1000050"), message, 1_000_100)
    for broken in ("", "t=", "v1=x", "t=1,v1=", "t=x,v1=y", "é=1", f"t={'9' * 40},v1=z"):
        assert not is_ours(broken, message, 1_000_100)


def test_a_receiver_that_fails_is_asked_again_later_under_the_same_id(archive: Path) -> None:
    with Hook(500, 503, 200) as hook:
        config = config_for(archive, hook)
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        told = tell(config, at(LATER))
        assert (told.queued, told.sent, told.failed, told.waiting) == (1, 0, 1, 1)
        assert tell(config, at(LATER + timedelta(seconds=5))).failed == 0  # too early
        assert tell(config, at(LATER + timedelta(minutes=1))).failed == 1
        assert tell(config, at(LATER + timedelta(minutes=10))).sent == 1
        assert len({taken.headers["Variorum-Delivery"] for taken in hook.taken}) == 1
        assert len(hook.taken) == 3


def test_a_receiver_that_never_answers_well_is_given_up_and_named(archive: Path) -> None:
    with Hook(500) as hook:
        config = config_for(archive, hook)
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        moments = [LATER + n * 13 * HOUR for n in range(ATTEMPTS + 5)]
        assert sum(tell(config, at(moment)).failed for moment in moments) == ATTEMPTS
        assert len(hook.taken) == ATTEMPTS
    status = Variorum(archive)("tell", "status", "--json").json
    assert status["messages"] == {"waiting": 0, "sent": 0, "given up": 1}
    assert status["troubles"][0]["error"] == "127.0.0.1 answered 500"


def test_a_redirect_is_not_followed(archive: Path) -> None:
    with Hook() as elsewhere, Hook(307, location=elsewhere.url) as hook:
        config = config_for(archive, hook, allow_addresses=f"{hook.allow},{elsewhere.allow}")
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        assert tell(config, at(LATER)).failed == 1
        assert elsewhere.taken == []


def test_a_private_address_is_refused_unless_it_is_allowed(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook, allow_addresses="")
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        assert tell(config, at(LATER)).failed == 1
        assert hook.taken == []


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"]
)
def test_no_spelling_of_a_private_address_gets_by(name: str) -> None:
    with Hook() as hook:
        message = Message(id="d", body=b"{}", secret=SECRET, sent_at=1)
        odd_ports = Guard(allowed=allowances(f"192.0.2.1/32:{hook.port}"))
        with pytest.raises(NotDelivered):
            deliver(f"http://{name}:{hook.port}/", message, odd_ports)
        assert hook.taken == []


def test_a_name_whose_second_answer_is_private_is_connected_to_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [
        ["198.51.100.7"],
        ["127.0.0.1"],
    ]  # rebinding: the first one is refused by nobody's guard
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with Hook() as hook:
        message = Message(id="d", body=b"{}", secret=SECRET, sent_at=1)
        guard = Guard(allowed=allowances(f"192.0.2.1/32:{hook.port}"))
        with pytest.raises(NotDelivered, match=r"198\.51\.100\.7"):
            deliver(f"http://rebinding.example:{hook.port}/", message, guard)
        assert hook.taken == []
    assert asked == ["rebinding.example"]


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "http:///x", "http://a:b@127.0.0.1:1/", "x", "http://a..b/"]
)
def test_what_cannot_be_delivered_is_said_and_not_raised(url: str) -> None:
    message = Message(id="d", body=b"{}", secret=SECRET, sent_at=1)
    with pytest.raises(NotDelivered):
        deliver(url, message, Guard())


def test_a_receiver_that_talks_nonsense_is_one_that_failed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"\x00\xff nonsense\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        message = Message(id="d", body=b"{}", secret=SECRET, sent_at=1)
        guard = Guard(allowed=allowances(f"127.0.0.1/32:{port}"))
        with pytest.raises(NotDelivered, match=r"127\.0\.0\.1"):
            deliver(f"http://127.0.0.1:{port}/", message, guard)
        thread.join()


def test_a_webhook_hears_of_the_kinds_it_asks_for(archive: Path) -> None:
    with Hook() as hook:
        told = Webhook(name="desk", url=hook.url, secret=SECRET, kinds=("version",))
        config = config_for(archive, hook, webhooks=(told,))
        tell(config, at(LATER))
        file(archive, "beta", hours=1, url="https://b.example/")
        file(archive, "alpha amended", hours=48, first="alpha")
        assert tell(config, at(LATER)).sent == 1
        assert [body["kind"] for body in bodies(hook)] == ["version"]


def test_a_change_is_held_back_while_it_may_be_a_blink(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(START))
        file(archive, "alpha amended", hours=1, first="alpha")
        other = file(archive, "beta", hours=2, url="https://b.example/")
        assert tell(config, at(START + 2 * HOUR)).sent == 1  # the other one alone
        assert [body["id"] for body in bodies(hook)] == [other]
        assert tell(config, at(START + 25 * HOUR)).sent == 1
        assert [body["kind"] for body in bodies(hook)] == ["document", "version"]


def test_a_blink_tells_nobody(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(START))
        file(archive, "error", hours=1, first="alpha")
        tell(config, at(START + HOUR))
        with Archive.open(archive, write=True) as opened:
            put(opened, "alpha", same_as("alpha"), after=2 * 3600)
        for hours in (3, 30, 300):
            tell(config, at(START + hours * HOUR))
        assert hook.taken == []


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from service.config import Webhook, read_config
from service.tell import tell
from service.tell.outbox import Outbox
from tests.test_tell import LATER, SECRET, at
archive, url, allow, at_what = sys.argv[1:]
setattr(Outbox, at_what, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
config = read_config(None, {"VARIORUM_ARCHIVE": archive, "VARIORUM_ALLOW_ADDRESSES": allow})
hook = Webhook(name="desk", url=url, secret=SECRET)
tell(replace(config, webhooks=(hook,)), at(LATER))
"""


@pytest.mark.parametrize(("moment", "deliveries"), [("put", 1), ("due", 1), ("delivered", 2)])
def test_a_process_that_is_killed_loses_no_message(
    archive: Path, moment: str, deliveries: int
) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        ((status, _, err),) = outcomes([run_python(KILLED, archive, hook.url, hook.allow, moment)])
        assert status == -9, err
        tell(config, at(LATER + HOUR))
        tell(config, at(LATER + 2 * HOUR))
        assert len(hook.taken) == deliveries
        # Killed between the answer and the note: a receiver knows the second one by its id.
        assert len({taken.headers["Variorum-Delivery"] for taken in hook.taken}) == 1


def test_two_processes_deliver_each_message_once(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(LATER))
        for number in range(12):
            file(archive, f"text {number}", hours=1, url=f"https://b.example/{number}")
        rounds = [threading.Thread(target=tell, args=(config, at(LATER))) for _ in range(3)]
        for each in rounds:
            each.start()
        for each in rounds:
            each.join()
        assert sorted(body["url"] for body in bodies(hook)) == sorted(
            f"https://b.example/{number}" for number in range(12)
        )


def test_a_mark_that_was_taken_down_loses_nothing(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, at(START + HOUR))
        gone = file(archive, "beta", hours=2, url="https://b.example/")
        tell(config, at(START + 3 * HOUR))
        file(archive, "gamma", hours=4, url="https://c.example/")
        take_down(archive, gone, "ann", "a court's order")
        assert tell(config, at(START + 5 * HOUR)).sent == 1
        assert [body["url"] for body in bodies(hook)] == [
            "https://b.example/",
            "https://c.example/",
        ]


def test_a_webhook_that_is_no_longer_named_is_not_called(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook, allow_addresses="")
        tell(config, at(LATER))
        file(archive, "beta", hours=1)
        tell(config, at(LATER))
        assert waiting(archive) == 1
        tell(replace(config, webhooks=(), allow_addresses=hook.allow), at(LATER + HOUR))
        assert hook.taken == []


def test_a_server_tells_by_itself(archive: Path) -> None:
    with Hook() as hook:
        config = config_for(archive, hook)
        tell(config, lambda: datetime.now(UTC))
        file(archive, "beta", hours=1)
        with telling(config, every=0.05):
            for _ in range(200):
                if hook.taken:
                    break
                threading.Event().wait(0.05)
        assert len(hook.taken) == 1


def toml(folder: Path, hook: Hook) -> Path:
    """A configuration with this webhook."""
    written = folder / "variorum.toml"
    written.write_text(
        f'allow_addresses = "{hook.allow}"\n[[webhooks]]\nname = "desk"\nurl = "{hook.url}"\n'
        f'secret = "{SECRET}"\n'
    )
    return written


def test_the_command_makes_one_round(archive: Path, tmp_path: Path) -> None:
    with Hook() as hook:
        variorum = Variorum(archive)
        arguments = ("tell", "now", "--config", str(toml(tmp_path, hook)), "--json")
        assert variorum(*arguments).json["queued"] == 0
        file(archive, "beta", hours=1)
        assert variorum(*arguments).json["sent"] == 1
        assert len(hook.taken) == 1
    assert (archive / FILE).exists()
    with Outbox(archive) as outbox:
        assert outbox.counts()["sent"] == 1
    with Archive.open(archive) as opened:
        assert len(changes(opened.index)) == 2
