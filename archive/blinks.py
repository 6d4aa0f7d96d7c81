"""Blinks: an address that shows A, then B, then A again within a day has not changed twice.

A cache, a mirror out of step or a page caught half-way through an edit looks like that. Every sighting
is kept; this only says which of them a reader need not take for a change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.records import Witness
from archive.store import Archive

LONGEST = timedelta(hours=24)  # from the sighting before to the one after; no source


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A version that an address showed at one moment."""

    capture: str  # id
    seen_at: datetime  # timezone-aware, UTC
    version: str  # its key


def blinks(sightings: Iterable[Sighting]) -> frozenset[str]:
    """Ids of the captures that are blinks among the sightings of one address, in any order.

    A sighting is one when some other version was seen both before and after it, within LONGEST. What
    was seen first or last never is: nothing says what came before or after.
    """
    ordered = sorted(sightings, key=lambda each: (each.seen_at, each.capture))
    found: set[str] = set()
    last: dict[str, int] = {}  # version -> the newest sighting of it so far
    for now, sighting in enumerate(ordered):
        before = last.get(sighting.version)
        if before is not None and sighting.seen_at - ordered[before].seen_at <= LONGEST:
            between = ordered[before + 1 : now]
            found.update(each.capture for each in between)
        last[sighting.version] = now
    return frozenset(found)


def is_blink(archive: Archive, witness: Witness) -> bool:
    """Whether the address showed the version of this witness in blinks only."""
    turns = archive.index.turns(witness.url)
    if all(turn.version == witness.version for turn in turns):
        return False
    # Captures in a row that show the same are blinks together or not at all: their ends are enough.
    at = blinks(
        Sighting(capture=turn.capture, seen_at=turn.seen_at, version=turn.version) for turn in turns
    )
    return all(turn.capture in at for turn in turns if turn.version == witness.version)
