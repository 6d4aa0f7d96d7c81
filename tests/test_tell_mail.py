"""The mail digest: what changed since the last one, once a day, and never a forged header."""

import socket
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from archive.store import Archive
from service.config import Config, Mail
from service.tell import tell
from tests.receivers import Mailbox, MailServer
from tests.samples import START, exchange, new, reading
from tests.test_tell import at, config_for, file

HOUR = timedelta(hours=1)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One that was told of, before the first change of the test."""
    folder = tmp_path / "archive"
    file(folder, "alpha")
    return folder


def mailing(archive: Path, port: int, **changed: Any) -> Config:
    mail = Mail(
        host="127.0.0.1",
        port=port,
        security="none",
        user="",
        password="",
        sender="variorum@plans.example",
        to=("desk@plans.example", "ann@plans.example"),
        every_hours=24,
    )
    return config_for(archive, mail=replace(mail, **changed))


def test_a_digest_names_what_changed_once_a_day(archive: Path) -> None:
    box = Mailbox()
    with MailServer(box) as server:
        config = mailing(archive, server.port)
        assert tell(config, at(START)).mailed == 0
        capture = file(archive, "beta", hours=1, url="https://b.example/")
        assert tell(config, at(START + 2 * HOUR)).mailed == 0  # told of the past a moment ago
        assert tell(config, at(START + 25 * HOUR)).mailed == 1
        assert tell(config, at(START + 26 * HOUR)).mailed == 0
        file(archive, "gamma", hours=26, url="https://c.example/")
        assert tell(config, at(START + 27 * HOUR)).mailed == 0
        assert tell(config, at(START + 50 * HOUR)).mailed == 1
    first, second = (message_from_bytes(each.content, policy=policy.default) for each in box.mails)
    assert box.mails[0].rcpt_tos == ["desk@plans.example", "ann@plans.example"]
    assert first["Subject"] == "Variorum: 1 change: 关于印发规划的通知"
    text = first.get_content()
    assert "https://b.example/" in text
    assert f"https://plans.example/x/{capture}" in text
    assert "https://b.example/" not in second.get_content()


def test_a_digest_speaks_the_language_that_is_configured(archive: Path) -> None:
    box = Mailbox()
    with MailServer(box) as server:
        config = replace(mailing(archive, server.port), language="zh-Hans")
        tell(config, at(START))
        for name in ("beta", "gamma"):
            file(archive, name, hours=1, url=f"https://{name}.example/")
        assert tell(config, at(START + 25 * HOUR)).mailed == 2
    (mail,) = (message_from_bytes(each.content, policy=policy.default) for each in box.mails)
    assert mail["Subject"].startswith("Variorum：2 项变动：")
    assert mail["Content-Language"] == "zh-Hans"
    assert "新文件（2）" in mail.get_content()


def test_a_mail_server_that_refuses_is_asked_again(archive: Path) -> None:
    box = Mailbox(refuse="451 later")
    with MailServer(box) as server:
        config = mailing(archive, server.port)
        tell(config, at(START))
        file(archive, "beta", hours=1, url="https://b.example/")
        assert tell(config, at(START + 25 * HOUR)).mailed == 0
        box.refuse = ""
        assert tell(config, at(START + 25.1 * HOUR)).mailed == 0  # not at once
        assert tell(config, at(START + 26 * HOUR)).mailed == 1
        assert len(box.mails) == 1


def test_a_mail_server_that_is_not_there_stops_nothing(archive: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = mailing(archive, port)
    tell(config, at(START))
    file(archive, "beta", hours=1, url="https://b.example/")
    assert tell(config, at(START + 25 * HOUR)).mailed == 0


def test_a_title_cannot_forge_a_header(archive: Path) -> None:
    box = Mailbox()
    with MailServer(box) as server:
        config = mailing(archive, server.port)
        tell(config, at(START))
        with Archive.open(archive, write=True) as opened:
            text = "beta"
            capture = opened.keep(exchange(b"<p>beta</p>", url="https://b.example/", after=3600))
            read = reading(capture, text, title="Plan\r\nBcc: eve@evil.example\r\n\r\nHello")
            opened.file(read, new(text), None)
        assert tell(config, at(START + 25 * HOUR)).mailed == 1
    (mail,) = box.mails
    parsed = message_from_bytes(mail.content, policy=policy.default)
    assert parsed["Bcc"] is None
    assert mail.rcpt_tos == ["desk@plans.example", "ann@plans.example"]
    assert parsed["Subject"] == "Variorum: 1 change: Plan Bcc: eve@evil.example Hello"
