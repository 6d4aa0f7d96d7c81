"""The captures of an address as a TimeMap (RFC 7089, section 5), in link format (RFC 6690)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from archive.records import Capture
from archive.store import Archive

MEDIA_TYPE = "application/link-format"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """One capture of the address."""

    uri: str
    at: datetime  # UTC, to the second
    capture: Capture


def mementos(archive: Archive, url: str, base: str) -> tuple[Memento, ...]:
    """The captures of the address, oldest first; `base` is the address below which they are served."""
    return tuple(
        Memento(uri=f"{_place(base)}{_stamp(capture)}/{url}", at=_second(capture), capture=capture)
        for capture in sorted(archive.index.captures_at(url), key=lambda each: each.fetched_at)
    )


def link_format(url: str, found: tuple[Memento, ...], base: str) -> str:
    """The TimeMap of the address; `found` has at least one memento."""
    span = f'from="{_date(found[0].at)}"; until="{_date(found[-1].at)}"'
    timemap = f"{base.rstrip('/')}/timemap/link/{url}" if base else f"timemap/link/{url}"
    links = [
        f'<{_target(url)}>; rel="original"',
        f'<{_target(timemap)}>; rel="self"; type="{MEDIA_TYPE}"; {span}',
        f'<{_target(_place(base) + url)}>; rel="timegate"',
    ]
    for number, memento in enumerate(found):
        ends = [
            word
            for word, holds in (("first", number == 0), ("last", number == len(found) - 1))
            if holds
        ]
        relation = " ".join((*ends, "memento"))
        date = _date(memento.at)
        links.append(f'<{_target(memento.uri)}>; rel="{relation}"; datetime="{date}"')
    return ",\n".join(links) + "\n"


def _place(base: str) -> str:
    return f"{base.rstrip('/')}/web/" if base else "web/"


def _stamp(capture: Capture) -> str:
    return capture.fetched_at.strftime("%Y%m%d%H%M%S").rjust(14, "0")


def _second(capture: Capture) -> datetime:
    return capture.fetched_at.astimezone(UTC).replace(microsecond=0)


def _date(moment: datetime) -> str:
    """As RFC 7089 asks: the form of HTTP dates."""
    return format_datetime(moment, usegmt=True)


def _target(uri: str) -> str:
    """The address as it may stand between angle brackets."""
    return "".join(
        letter if "!" <= letter <= "~" and letter not in '<>"' else _escaped(letter)
        for letter in uri
    )


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "replace"))
