"""WARC records as captures, and exchanges as WARC records."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, Protocol, get_args

from archive import message, warc
from archive.records import Capture, Exchange, Place, Resource, Truncation
from archive.warc import Record

ENTITY_LIMIT = 32 << 20  # bytes of a decoded entity; a bomb ends here
RESPONSE_TYPE = "application/http; msgtype=response"
REQUEST_TYPE = "application/http; msgtype=request"
SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_DIGEST = re.compile(r"[A-Za-z0-9-]{1,20}:[A-Za-z0-9+/=_-]{1,200}\Z")
_DATE = re.compile(
    r"(\d{4})-?(\d\d)?-?(\d\d)?[Tt ]?(?:(\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d+))?)?)?"
    r"([Zz]|[+-]\d\d:?\d\d)?\Z",
    re.ASCII,
)
_CLAIM_LIMIT = 200  # characters of a media type that we take over
_CHAIN_LIMIT = 20  # revisits of revisits that are followed

_KINDS: dict[str, Literal["response", "resource", "revisit"]] = {
    "response": "response",
    "resource": "resource",
    "revisit": "revisit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a capture holds for a reader: its entity, decoded from the wire."""

    data: bytes
    media_type: str  # as claimed, parameters included
    complete: bool  # False: cut off, damaged, or longer than ENTITY_LIMIT
    decoded: bool  # False: a content coding could not be undone
    note: str  # what was odd; "" when nothing was


class Known(Protocol):
    """The captures that an archive has already."""

    def capture(self, id: str) -> Capture | None:
        """The capture with this id, if it is there."""
        ...

    def captures_at(self, url: str, moment: datetime | None = None) -> tuple[Capture, ...]:
        """Every capture of the address, oldest first; or the first that was kept of one moment."""
        ...

    def newest_at(self, url: str, limit: int) -> tuple[Capture, ...]:
        """At most `limit` captures of the address, newest first."""
        ...


def body_of(record: Record) -> Body:
    """The entity that a response or resource record holds."""
    if record.type == "resource":
        media_type = clean_claim(record.header("Content-Type") or "")
        return Body(data=record.block, media_type=media_type, complete=True, decoded=True, note="")
    answer = message.parse(record.block)
    entity = message.entity(answer, ENTITY_LIMIT)
    return Body(
        data=entity.body,
        media_type=clean_claim(answer.header("Content-Type") or ""),
        complete=entity.complete,
        decoded=entity.decoded,
        note=entity.note,
    )


def is_cut(body: Body) -> bool:
    """Whether the end of the entity is missing because it never came, and not because it is too long."""
    return not body.complete and len(body.data) < ENTITY_LIMIT


def is_capture(record: Record) -> bool:
    """Whether the record is an answer from an address."""
    if record.type == "response":  # Heritrix writes "text/dns" responses too
        kind = (record.header("Content-Type") or "").lower()
        return kind.startswith("application/http") and is_web_address(record.url)
    return record.type in ("resource", "revisit") and is_web_address(record.url)


def is_readable(capture: Capture) -> bool:
    """Whether it stands for a page: a file, an answer that is no error, or a 304 whose page is here."""
    return capture.status == 0 or 200 <= capture.status < 300 or is_unmodified(capture)


def is_unmodified(capture: Capture) -> bool:
    """Whether a server has confirmed with it that an earlier answer, which is here, still holds."""
    return capture.kind == "revisit" and capture.status == 304 and bool(capture.entity_digest)


def is_web_address(url: str) -> bool:
    """Whether the address is one of http or https."""
    return url[:8].lower().startswith(("http://", "https://"))


def capture_of(record: Record, place: Place, known: Known) -> Capture:
    """The capture that the record is, beside those that are `known` already.

    A record without a usable id, or with the id of another capture, gets one that its content decides.
    """
    kind = _KINDS[record.type]
    answer = message.parse(record.block)
    original = original_of(record, known) if kind == "revisit" else None
    refers_to: str | None = None
    if kind == "revisit":
        named = warc.bare_id(record.header("WARC-Refers-To") or "")
        refers_to = original.id if original else named or None
        entity_digest = original.entity_digest if original else ""
        media_type = _media_type_of_revisit(record, answer, original, known)
        payload_digest = record.header("WARC-Payload-Digest") or ""
        payload_digest = payload_digest if _DIGEST.match(payload_digest) else ""
    else:
        body = body_of(record)
        entity_digest, media_type = warc.digest(body.data), body.media_type
        payload_digest = warc.digest(record.block if kind == "resource" else answer.body)
    capture = Capture(
        id=record.id or warc.derived_id(record),
        url=record.url,
        fetched_at=date_of(record),
        kind=kind,
        status=_status(record, answer, original),
        media_type=media_type,
        payload_digest=payload_digest,
        entity_digest=entity_digest,
        place=place,
        refers_to=refers_to,
        truncated=truncation_of(record.header("WARC-Truncated")),
    )
    other = known.capture(capture.id)
    if other is None or other.place == place or same_answer(capture, other):
        return capture
    return replace(capture, id=warc.derived_id(record))


def _media_type_of_revisit(
    record: Record, answer: message.Message, original: Capture | None, known: Known
) -> str:
    """What the answer claims; a 304 claims nothing about the page, so that of the page before counts."""
    claimed = clean_claim(answer.header("Content-Type") or "")
    unmodified = answer.status == 304 or is_not_modified(record)
    if original is None or (claimed and not unmodified):
        return claimed
    if unmodified:
        for earlier in known.newest_at(record.url, _CHAIN_LIMIT):
            if earlier.status != 304 and original.id in (earlier.id, earlier.refers_to):
                return earlier.media_type
    return original.media_type


def same_answer(one: Capture, other: Capture) -> bool:
    """Whether two captures are one answer, wherever they are kept."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("url", "fetched_at", "kind", "status", "payload_digest")
    )


def original_of(record: Record, known: Known) -> Capture | None:
    """The capture that holds the bytes of a revisit record, through revisits of revisits.

    It is named by its id, or by its address and time (WARC 1.1, section 6.7.3).
    """
    found = known.capture(warc.bare_id(record.header("WARC-Refers-To") or ""))
    if found is None and (stamp := record.header("WARC-Refers-To-Date")):
        url = record.header("WARC-Refers-To-Target-URI") or record.url
        if moment := parse_date(stamp):
            at = known.captures_at(url.removeprefix("<").removesuffix(">"), moment)
            found = next(iter(at), None)
    for _ in range(_CHAIN_LIMIT):
        if found is None or found.kind != "revisit":
            return found
        found = known.capture(found.refers_to or "")
    return None


def _status(record: Record, answer: message.Message, original: Capture | None) -> int:
    """What the server answered; 0 for a file, which no server gave."""
    if record.type == "revisit" and not record.block:
        if is_not_modified(record):
            return 304
        return 0 if original is not None and original.kind == "resource" else answer.status
    return 0 if record.type == "resource" else answer.status


def is_not_modified(record: Record) -> bool:
    """Whether it is the revisit that a 304 became, here or elsewhere."""
    profile = record.header("WARC-Profile") or ""
    return record.type == "revisit" and "/revisit/server-not-modified" in profile


def date_of(record: Record) -> datetime:
    """WARC-Date in UTC; 1970 where it is missing or no date, so that a bad date cannot stop a reader."""
    return parse_date(record.header("WARC-Date") or "") or datetime.fromtimestamp(0, UTC)


def parse_date(text: str) -> datetime | None:
    """The moment that a W3C date names, from the year alone to nanoseconds; None where it is no date.

    Fractions finer than a microsecond are cut; a leap second counts as the one before it.
    """
    found = _DATE.match(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction = int((found[7] or "0")[:6].ljust(6, "0"))
    try:
        zone = UTC if (found[8] or "Z") in "Zz" else datetime.strptime(found[8], "%z").tzinfo
        second = min(second, 59) if second == 60 else second
        moment = datetime(year, month or 1, day or 1, hour, minute, second, fraction, zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def clean_claim(claim: str) -> str:
    """A claimed media type as one short line."""
    return _CONTROLS.sub(" ", claim)[:_CLAIM_LIMIT].strip()


def truncation_of(value: str | None) -> Truncation | None:
    """What WARC-Truncated says, in the words that we know."""
    if value is None:
        return None
    return next((known for known in get_args(Truncation) if known == value), "unspecified")


def to_records(new: Exchange | Resource, original: Capture | None) -> tuple[Record, ...]:
    """The records that keep `new`, the one that is the capture last; `original` makes it a revisit.

    That of a 304 says that the server has confirmed the original.

    Raises:
        ValueError: the address is none of http or https, or would break out of its header.
    """
    if not is_web_address(new.url):
        raise ValueError(f"{new.url[:200]!r} is not an http or https address")
    if isinstance(new, Resource):
        return (_resource_record(new, original),)
    answer = message.parse(new.response)
    fields = [
        ("WARC-Target-URI", new.url),
        ("WARC-Date", warc.timestamp(new.fetched_at)),
        ("WARC-IP-Address", new.address or ""),
        *(("WARC-Protocol", protocol) for protocol in new.protocols),
        ("Variorum-Certificate", new.certificate or ""),
        ("Variorum-Via", new.referrer or ""),
        ("WARC-Truncated", new.truncated or ""),
    ]
    *heard, answered = _answered(new, answer, original, fields)
    if not new.request:
        return (*heard, answered)
    asked = warc.record(
        "request",
        new.request,
        REQUEST_TYPE,
        [
            *fields[:3],
            ("WARC-Concurrent-To", warc.wrapped_id(answered.id)),
            ("WARC-Payload-Digest", warc.digest(new.request.partition(b"\r\n\r\n")[2])),
        ],
    )
    return (asked, *heard, answered)


def _answered(
    new: Exchange,
    answer: message.Message,
    original: Capture | None,
    fields: list[tuple[str, str]],
) -> list[Record]:
    """The record of an answer; before it, of a 304 that confirms something, its head."""
    if original and answer.status == 304:
        # Replay tools show the head of a revisit above the original's bytes, and a browser that
        # gets a 304 shows nothing. So the record has no block, and the head stands beside it,
        # without an address, by which they would take it for another capture.
        about = [*fields, *_refers_to(original, NOT_MODIFIED)]
        confirmation = warc.record("revisit", b"", RESPONSE_TYPE, about)
        beside = [fields[1], ("WARC-Concurrent-To", warc.wrapped_id(confirmation.id))]
        return [warc.record("metadata", new.response, RESPONSE_TYPE, beside), confirmation]
    if original:
        block = new.response[: len(new.response) - len(answer.body)]
        about = [*fields, *_refers_to(original, SAME_PAYLOAD)]
        return [warc.record("revisit", block, RESPONSE_TYPE, about)]
    digest = [("WARC-Payload-Digest", warc.digest(answer.body))]
    plain = _has_plain_head(new.response, answer.body_start)
    about = [*fields, *(digest if plain else [])]
    return [warc.record("response", new.response, RESPONSE_TYPE, about)]


def _has_plain_head(response: bytes, body_start: int) -> bool:
    """Whether every tool finds the payload where we do, so that one digest suits them all.

    They differ where a 1xx answer comes first, where lines end in a bare LF, and where there is no head.
    """
    return response.startswith(b"HTTP/1") and response.find(b"\r\n\r\n") + 4 == body_start


def _resource_record(new: Resource, original: Capture | None) -> Record:
    fields = [("WARC-Target-URI", new.url), ("WARC-Date", warc.timestamp(new.fetched_at))]
    if original:
        return warc.record("revisit", b"", "", [*fields, *_refers_to(original, SAME_PAYLOAD)])
    fields.append(("WARC-Payload-Digest", warc.digest(new.body)))
    return warc.record("resource", new.body, new.media_type, fields)


def _refers_to(original: Capture, profile: str) -> list[tuple[str, str]]:
    return [
        ("WARC-Profile", profile),
        ("WARC-Refers-To", warc.wrapped_id(original.id)),
        ("WARC-Refers-To-Target-URI", original.url),
        ("WARC-Refers-To-Date", warc.timestamp(original.fetched_at)),
        ("WARC-Payload-Digest", original.payload_digest),
    ]
