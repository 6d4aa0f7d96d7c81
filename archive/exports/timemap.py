"""The captures of an address as a TimeMap (RFC 7089, section 5), in link format (RFC 6690)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from archive.records import Capture
from archive.store import Archive

MEDIA_TYPE = "application/link-format"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a server has what a TimeMap names, below its address."""

    timemap: str
    timegate: str
    memento: str


REPLAY = Layout(timemap="timemap/link/", timegate="web/", memento="web/")  # as replay tools have it


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """One capture of the address."""

    uri: str
    at: datetime  # UTC, to the second
    capture: Capture


def mementos(archive: Archive, url: str, base: str, layout: Layout = REPLAY) -> tuple[Memento, ...]:
    """The captures of the address, oldest first; `base` is the address below which they are served."""
    return tuple(
        Memento(
            uri=f"{_below(base)}{layout.memento}{_stamp(capture)}/{url}",
            at=_second(capture),
            capture=capture,
        )
        for capture in sorted(archive.index.captures_at(url), key=lambda each: each.fetched_at)
    )


def link_format(url: str, found: tuple[Memento, ...], base: str, layout: Layout = REPLAY) -> str:
    """The TimeMap of the address; `found` has at least one memento."""
    span = f'from="{http_date(found[0].at)}"; until="{http_date(found[-1].at)}"'
    timemap = _below(base) + layout.timemap + url
    links = [
        f'<{target(url)}>; rel="original"',
        f'<{target(timemap)}>; rel="self"; type="{MEDIA_TYPE}"; {span}',
        f'<{target(_below(base) + layout.timegate + url)}>; rel="timegate"',
    ]
    for number, memento in enumerate(found):
        ends = [
            word
            for word, holds in (("first", number == 0), ("last", number == len(found) - 1))
            if holds
        ]
        relation = " ".join((*ends, "memento"))
        date = http_date(memento.at)
        links.append(f'<{target(memento.uri)}>; rel="{relation}"; datetime="{date}"')
    return ",\n".join(links) + "\n"


def _below(base: str) -> str:
    return f"{base.rstrip('/')}/" if base else ""


def _stamp(capture: Capture) -> str:
    return capture.fetched_at.strftime("%Y%m%d%H%M%S").rjust(14, "0")


def _second(capture: Capture) -> datetime:
    return capture.fetched_at.astimezone(UTC).replace(microsecond=0)


def http_date(moment: datetime) -> str:
    """The moment as RFC 7089 asks: the form of HTTP dates."""
    return format_datetime(moment, usegmt=True)


def target(uri: str) -> str:
    """The address as it may stand between angle brackets."""
    return "".join(
        letter if "!" <= letter <= "~" and letter not in '<>"' else _escaped(letter)
        for letter in uri
    )


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "replace"))
