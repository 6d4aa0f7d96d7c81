"""Finds versions by key, and by address and time, with the reason for each match."""

from dataclasses import dataclass
from datetime import datetime

from archive import keys
from archive.errors import AmbiguousKey, TakenDown, UnknownKey
from archive.records import Capture, Evidence, Fingerprint, Sketch, Version
from archive.store import Archive

_MOST = 20  # matches of one lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A version that fits what was looked up, and why."""

    version: Version
    relation: str  # of what was looked up to the version: same, version, excerpt, similar
    score: float  # 0..1
    evidence: Evidence


def by_key(archive: Archive, key: str) -> Version:
    """The version that the key names: fingerprint, exact part, unique prefix, ISCC or payload digest.

    Raises:
        UnknownKey: nothing has it; TakenDown: nothing has it any more.
        AmbiguousKey: several versions do.
        ValueError: it has the form of no key.
    """
    parsed = keys.parse(key)
    found = _named(archive, parsed)
    if not found:
        _demand_not_taken(archive, parsed, key)
        raise UnknownKey(key)
    if len(found) > 1:
        raise AmbiguousKey(key, found)
    return archive.index.version(found[0])


def matches(archive: Archive, key: str) -> tuple[Match, ...]:
    """What the key leads to, best first.

    That is the version it names or, for the fingerprint of a text that the archive has never seen, the
    versions whose near part is most like its own.

    Raises:
        UnknownKey, AmbiguousKey, ValueError: as for `by_key`.
    """
    try:
        version = by_key(archive, key)
    except TakenDown:
        raise
    except UnknownKey:
        parsed = keys.parse(key)
        alike = _alike(archive, parsed) if isinstance(parsed, Fingerprint) else ()
        if not alike:
            raise
        return alike
    because = f"Its key is or begins with {key[:20]}{'…' if len(key) > 20 else ''}."
    return (Match(version=version, relation="same", score=1.0, evidence=Evidence(because=because)),)


def by_url(archive: Archive, url: str, at: datetime | None) -> tuple[Match, ...]:
    """What was seen at the address, newest first; with `at`, only what stood there at that moment.

    An address without its scheme or with another one, and with or without a slash at its end, is found too.
    """
    captures = sorted(
        (capture for form in spellings(url) for capture in archive.index.captures_at(form)),
        key=lambda capture: capture.fetched_at,
        reverse=True,
    )
    found: dict[str, Match] = {}
    for capture in captures:
        filed = archive.index.filed(capture.id)
        if filed is None or filed.version in found or (at and capture.fetched_at > at):
            continue
        found[filed.version] = _seen(archive, capture, filed.version)
        if at:
            break
    return tuple(found.values())[:_MOST]


def _seen(archive: Archive, capture: Capture, version: str) -> Match:
    because = f"Seen at {capture.url} on {capture.fetched_at:%Y-%m-%d %H:%M} UTC."
    return Match(
        version=archive.index.version(version),
        relation="same",
        score=1.0,
        evidence=Evidence(because=because),
    )


def spellings(url: str) -> tuple[str, ...]:
    """The address without its fragment, and the ways in which others would write it."""
    bare = url.partition("#")[0]
    rest = bare.partition("://")[2] or bare
    paths = {rest, rest.removesuffix("/"), rest + "/"}
    return (bare, *sorted({f"{s}://{p}" for s in ("https", "http") for p in paths} - {bare}))


def _named(archive: Archive, key: keys.Key) -> tuple[str, ...]:
    """Keys of the versions that the key names, at most a few."""
    if isinstance(key, keys.Digest):
        filed = (archive.index.filed(c.id) for c in archive.index.captures_with(key.text))
        return tuple(dict.fromkeys(each.version for each in filed if each))
    prefix = key.exact if isinstance(key, Fingerprint) else key.text
    return archive.index.versions_with(prefix, _MOST)


def _demand_not_taken(archive: Archive, key: keys.Key, typed: str) -> None:
    """Return when nothing of the archive's past has the key."""
    prefix = key.exact if isinstance(key, Fingerprint) else key.text
    for gone in archive.index.tombstones():
        digests = (gone.payload_digest, gone.entity_digest)
        if prefix in digests or any(each.startswith(prefix) for each in gone.keys):
            raise TakenDown(typed, gone.by, gone.reason, f"{gone.at:%Y-%m-%d}")


def near_sketch(key: Fingerprint) -> Sketch:
    """What the near part alone says to the index: enough for near-copies, not for excerpts."""
    return Sketch(bands=keys.bands(key.near), sample=())


def _alike(archive: Archive, key: Fingerprint) -> tuple[Match, ...]:
    """The versions of which the near part shares most with that of the key."""
    own = set(keys.bands(key.near))
    found = []
    for candidate in archive.index.candidates(near_sketch(key), _MOST):
        version = archive.index.version(candidate)
        shared = len(own & set(keys.bands(version.fingerprint.near)))
        because = (
            f"{shared} of the {len(own)} values of its near part are the same; the text decides."
        )
        evidence = Evidence(because=because)
        score = shared / len(own)
        found.append(Match(version=version, relation="similar", score=score, evidence=evidence))
    return tuple(sorted(found, key=lambda match: -match.score))
