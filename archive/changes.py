"""What changed: a new document, a new version, an excerpt, or a text at a further address.

A change is named by the capture that showed it, and stands in the order in which captures came in, so
that an import of old captures is news too. A capture that shows what its address has shown before is no
change; neither is one whose text is the same but for noise, for that is the same version, and neither
is a blink (see `archive.blinks`). Whether something was a blink can be known a day later at the latest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal, get_args

from archive.blinks import LONGEST, Sighting, blinks
from archive.errors import UnknownKey
from archive.index import Arrival, Index, Turn

Kind = Literal["document", "version", "excerpt", "witness"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that the archive did not have before."""

    id: str  # that of the capture: there is one change for each, at most
    at: datetime  # when it was captured; UTC
    kind: Kind
    document: str  # key
    version: str  # key
    capture: str  # id
    url: str
    title: str | None
    language: str
    publisher: str | None
    relation: str  # as it was filed: new, same, version, excerpt
    because: str  # the evidence for that in one line; "" where the text is like no other
    before: str | None  # the version that the address showed before, if any
    open_until: datetime | None  # until then it may turn out to be a blink; None: it cannot


def changes(
    index: Index, *, after: str | None = None, limit: int = 50, document: str | None = None
) -> tuple[Change, ...]:
    """At most `limit` changes, oldest first, from behind the one with the id `after`.

    Raises:
        UnknownKey: nothing has this id, or there is no such document.
    """
    start = index.arrival(after).seq if after else 0
    return tuple(islice(_changes(index, index.arrivals(start, document)), limit))


def latest(
    index: Index, *, before: str | None = None, limit: int = 50, document: str | None = None
) -> tuple[Change, ...]:
    """At most `limit` changes, newest first, from before the one with the id `before`.

    Raises:
        UnknownKey: nothing has this id, or there is no such document.
    """
    end = index.arrival(before).seq if before else None
    return tuple(islice(_changes(index, index.arrivals_back(end, document)), limit))


def change(index: Index, id: str) -> Change:
    """The change with this id.

    Raises:
        UnknownKey: there is none, or the capture that made it was a blink.
    """
    for found in _changes(index, (index.arrival(id),)):
        return found
    raise UnknownKey(id)


def _changes(index: Index, arrivals: Iterable[Arrival]) -> Iterator[Change]:
    history = _History(index)
    for arrival in arrivals:
        shown = history.at(arrival.url)
        if shown.first.get(arrival.version) != arrival.seq:
            continue
        yield Change(
            id=arrival.capture,
            at=arrival.seen_at,
            kind=_kind(history, arrival),
            document=arrival.document,
            version=arrival.version,
            capture=arrival.capture,
            url=arrival.url,
            title=arrival.title,
            language=arrival.language,
            publisher=arrival.publisher,
            relation=arrival.relation,
            because=arrival.because,
            before=shown.before[arrival.seq][0],
            open_until=shown.before[arrival.seq][1],
        )


def _kind(history: "_History", arrival: Arrival) -> Kind:
    """What the arrival is to those before it that were no blinks."""
    known = False
    for earlier in history.of(arrival.document):
        if earlier.seq >= arrival.seq:
            break
        if history.at(earlier.url).first.get(earlier.version) != earlier.seq:
            continue
        if earlier.version == arrival.version:
            return "witness"
        known = True
    if known:
        return "version"
    return "excerpt" if arrival.relation == "excerpt" else "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What one address has shown, blinks left out."""

    first: dict[str, int]  # version -> seq of the capture that came in first with it
    before: dict[int, tuple[str | None, datetime | None]]  # by seq: see Change


class _History:
    """What addresses and documents have shown, each read once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._addresses: dict[str, _Shown] = {}
        self._documents: dict[str, tuple[Arrival, ...]] = {}

    def at(self, url: str) -> _Shown:
        """What the address has shown."""
        if url not in self._addresses:
            self._addresses[url] = _shown(self._index.turns(url))
        return self._addresses[url]

    def of(self, document: str) -> tuple[Arrival, ...]:
        """What may be a change of the document, in the order of writing."""
        if document not in self._documents:
            self._documents[document] = tuple(self._index.arrivals(0, document))
        return self._documents[document]


def _shown(turns: tuple[Turn, ...]) -> _Shown:
    sightings = {
        turn.seq: Sighting(capture=turn.capture, seen_at=turn.seen_at, version=turn.version)
        for turn in turns
    }
    left_out = blinks(sightings.values())
    first: dict[str, int] = {}
    before: dict[int, tuple[str | None, datetime | None]] = {}
    last: Sighting | None = None  # of another version than the run that goes on
    previous: Sighting | None = None
    for seq, sighting in sightings.items():
        if sighting.capture in left_out:
            continue
        if previous is not None and previous.version != sighting.version:
            last = previous
        previous = sighting
        first[sighting.version] = min(seq, first.get(sighting.version, seq))
        before[seq] = (last.version, last.seen_at + LONGEST) if last else (None, None)
    return _Shown(first=first, before=before)
