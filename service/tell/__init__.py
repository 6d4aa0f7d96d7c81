"""Tells people and programs what changed: feeds to be read, webhooks and a mail digest to be sent.

A channel that is new is told of what comes from then on, never of the past.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread

import msgspec

from archive import files
from archive.changes import Change, latest
from archive.errors import ArchiveBusy, ArchiveError, UnknownKey
from archive.store import Archive
from crawlers.addresses import Guard, allowances
from service.config import Config, Mail, Webhook
from service.tell.mail import NotMailed, digest, send
from service.tell.news import headline, since, words_in
from service.tell.outbox import Outbox
from service.tell.webhook import Message, NotDelivered, deliver

MAIL, _TRIED = "mail", "mail tried"  # channels of the digest; webhooks are "webhook:NAME"
LOCK = "tell.lock"
_EVERY = 30.0  # seconds between two looks at what there is to tell
_STAND_BY = 5.0  # seconds between two looks whether the process that tells has ended
_STOP_SECONDS = 5.0  # that a delivery gets to end; one that is cut off is made again
_RETRY = timedelta(minutes=10)  # before a digest that was not taken is tried again
Clock = Callable[[], datetime]
_log = logging.getLogger("variorum.tell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one round came to."""

    queued: int  # messages for webhooks that are new
    sent: int
    failed: int  # tried in vain this time
    waiting: int  # to be tried later
    mailed: int  # changes in the digest that went out


def tell(config: Config, clock: Clock) -> Told:
    """Queue what changed, deliver what is due, mail the digest when it is. `clock` gives UTC.

    Raises:
        ArchiveError: the archive cannot be read, or the disk will not have the notes.
    """
    now = clock()
    with Archive.open(config.archive) as archive, Outbox(config.archive) as outbox:
        queued = sum(_queue(archive, outbox, hook, config, now) for hook in config.webhooks)
        sent, failed = _deliver(outbox, config, clock)
        mailed = _mail(archive, outbox, config.mail, config, now) if config.mail else 0
        waiting = outbox.counts()["waiting"]
    return Told(queued=queued, sent=sent, failed=failed, waiting=waiting, mailed=mailed)


def tell_until(stop: Event, config: Config, *, every: float = _EVERY) -> None:
    """Rounds of `tell` until `stop` is set; what goes wrong is logged, and tried again.

    Any number of servers and workers of an archive may do this: one of them at a time tells, and when it
    ends, another one does.
    """
    if not (config.webhooks or config.mail):
        return
    while not stop.is_set():
        with ExitStack() as turn:
            if _is_ours(turn, config.archive):
                while not stop.is_set():
                    _round(config)
                    stop.wait(every)
        stop.wait(min(every, _STAND_BY))


def _is_ours(turn: ExitStack, archive: Path) -> bool:
    """Whether this process is the one that tells, as long as the context lasts."""
    try:
        turn.enter_context(files.writer_lock(archive / LOCK))
    except ArchiveBusy:
        return False
    except ArchiveError as error:
        _log.warning("nobody was told: %s", error)
        return False
    return True


def _round(config: Config) -> None:
    try:
        told = tell(config, lambda: datetime.now(UTC))
    except ArchiveError as error:
        _log.warning("nobody was told: %s", error)
    else:
        if told.sent or told.failed or told.mailed:
            _log.info("told: %d sent, %d failed, %d mailed", told.sent, told.failed, told.mailed)


@contextmanager
def telling(config: Config, *, every: float = _EVERY) -> Iterator[None]:
    """`tell_until` in a thread of its own while this lasts."""
    stop = Event()
    rounds = partial(tell_until, stop, config, every=every)
    thread = Thread(target=rounds, name="tell", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_SECONDS)


def _queue(archive: Archive, outbox: Outbox, hook: Webhook, config: Config, now: datetime) -> int:
    name = f"webhook:{hook.name}"
    found, mark = _news(archive, outbox, name, now)
    fitting = [each for each in found if not hook.kinds or each.kind in hook.kinds]
    return outbox.put(name, mark, [(each.id, _body(each, config)) for each in fitting], now)


def _news(
    archive: Archive, outbox: Outbox, name: str, now: datetime
) -> tuple[tuple[Change, ...], str | None]:
    """What a channel is to be told of, and from where it goes on."""
    channel = outbox.channel(name)
    if channel is None:  # a new one: what was before is none of its business
        last = latest(archive.index, limit=1)
        return (), outbox.open(name, last[0].id if last else None, now)
    try:
        return since(archive.index, channel.after, now)
    except UnknownKey:  # the capture was taken down; what came in since it was told is still news
        found, mark = since(archive.index, None, now)
        return tuple(each for each in found if each.at > channel.told_at), mark


def _body(change: Change, config: Config) -> bytes:
    """What a webhook is told: the change, where to read of it, and one line for people."""
    said = headline(change, words_in(config.language))
    told = msgspec.to_builtins(change) | {"page": f"{config.url}/x/{change.id}", "headline": said}
    return msgspec.json.encode(told)


def _deliver(outbox: Outbox, config: Config, clock: Clock) -> tuple[int, int]:
    """How many were delivered, and how many were not."""
    guard = Guard(allowed=allowances(config.allow_addresses))
    hooks = {f"webhook:{hook.name}": hook for hook in config.webhooks}
    sent = failed = 0
    for due in outbox.due(clock):
        hook, now = hooks.get(due.channel), clock()
        if hook is None:
            outbox.failed(due, "no webhook has this name any more", now)
            continue
        stamp = int(now.timestamp())
        message = Message(id=due.id, body=due.body, secret=hook.secret, sent_at=stamp)
        try:
            deliver(hook.url, message, guard)
        except NotDelivered as error:
            failed += 1
            outbox.failed(due, str(error), now)
            _log.warning("webhook %s: %s", hook.name, error)
        else:
            sent += 1
            outbox.delivered(due.id, now)
    return sent, failed


def _mail(archive: Archive, outbox: Outbox, mail: Mail, config: Config, now: datetime) -> int:
    """How many changes went out in a digest."""
    with outbox.alone():  # two processes must not send the same digest
        told, tried = outbox.channel(MAIL), outbox.channel(_TRIED)
        if told and now - told.told_at < timedelta(hours=mail.every_hours):
            return 0
        if tried and now - tried.told_at < _RETRY:
            return 0
        found, mark = _news(archive, outbox, MAIL, now)
        if not found:
            return 0
        outbox.move(_TRIED, None, now)
    try:
        send(mail, digest(mail, found, config.url, now, words_in(config.language)))
    except NotMailed as error:
        _log.warning("digest: %s", error)
        return 0
    outbox.move(MAIL, mark, now)
    return len(found)
