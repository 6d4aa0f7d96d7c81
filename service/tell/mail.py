"""The digest: one mail about everything that changed since the last one."""

import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from archive.changes import KINDS, Change
from service.config import Mail
from service.tell.news import one_line, title
from service.words import Words

_TIMEOUT = 20.0  # seconds for each wait on the network
_MOST = 200  # changes that are written out; the rest is counted


class NotMailed(Exception):
    """The mail server did not take it; it may be tried again."""


def digest(
    mail: Mail, changes: Sequence[Change], base: str, now: datetime, words: Words
) -> EmailMessage:
    """The mail about these changes, at least one; `base` is the public address of the pages."""
    message = EmailMessage()
    message["Subject"] = words("tell.subject", n=len(changes), title=title(changes[0])[:80])
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    message.set_content(_text(changes, base, words))
    message["Content-Language"] = words.tag
    return message


def _text(changes: Sequence[Change], base: str, words: Words) -> str:
    lines: list[str] = []
    for kind in KINDS:
        of_kind = [change for change in changes[:_MOST] if change.kind == kind]
        if of_kind:
            lines += [words("tell.group", kind=words(f"kind.{kind}"), n=len(of_kind)), ""]
        for change in of_kind:
            lines.append(f"* {title(change)}")
            lines += [f"  {part}" for part in (one_line(change.because), change.url) if part]
            lines += [f"  {base}/x/{change.id}", ""]
    if len(changes) > _MOST:
        lines.append(words("tell.more", n=len(changes) - _MOST, page=f"{base}/"))
    return "\n".join(lines) + "\n"


def send(mail: Mail, message: EmailMessage) -> None:
    """Nothing, once the server has taken the mail for every address.

    Raises:
        NotMailed: it has not, with a sentence why.
    """
    context = ssl.create_default_context()
    try:
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, timeout=_TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT)
        with server:
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.user:
                server.login(mail.user, mail.password)
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise NotMailed(f"{mail.host} port {mail.port}: {error or type(error).__name__}") from error
    if refused:
        raise NotMailed(f"{mail.host} does not take mail for {', '.join(refused)}")
