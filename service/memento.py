"""Memento (RFC 7089): every archived address at every time at which it was seen.

    /timegate/{address}             to the capture nearest to Accept-Datetime, or to the newest one
    /timemap/link/{address}         all captures, in link format
    /memento/{14 digits}/{address}  one capture, its bytes as archived

The address stands as it is behind the slash, with its query. What is shown here is data: a browser may not
run any of it, nor load anything for it.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urljoin

from fastapi import APIRouter, Request
from starlette.responses import Response

from archive import lookup, message
from archive.captures import ENTITY_LIMIT
from archive.errors import UnknownKey
from archive.exports.timemap import (
    MEDIA_TYPE,
    Layout,
    Memento,
    http_date,
    link_format,
    mementos,
    target,
)
from archive.store import Archive
from service.api.answers import CHECKED, entity
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import Refused

LAYOUT = Layout(timemap="timemap/link/", timegate="timegate/", memento="memento/")
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STAMP = re.compile(r"[0-9]{14}")
_SLASHES = re.compile(r"^(https?):/+", re.IGNORECASE)  # proxies and clients fold "//" in paths
_TYPE = re.compile(r"[\w!#$&^.+-]{1,64}/[\w!#$&^.+-]{1,64}(?:; *charset=[\w-]{1,32})?", re.ASCII)

# An address with its slashes and its query is no parameter that OpenAPI could describe.
router = APIRouter(dependencies=[needs("read")], include_in_schema=False)


@router.get("/timegate/{url:path}", status_code=302, response_class=Response)
def timegate(request: Request) -> Response:
    """The way to the capture nearest to Accept-Datetime; without it, to the newest."""
    wanted = _wanted(request.headers.get("accept-datetime"))
    with opened(request).archive() as archive:
        url, found = _known(archive, request, "/timegate/")
    best = _nearest(found, wanted) if wanted else found[-1]
    headers = {
        "Location": target(best.uri),
        "Vary": "accept-datetime",
        "Link": _links(request, url, found, best),
        "Cache-Control": CHECKED,
    }
    return Response(status_code=302, headers=headers)


@router.get("/timemap/link/{url:path}", response_class=Response)
def timemap(request: Request) -> Response:
    """Every capture of an address, in link format (RFC 6690)."""
    with opened(request).archive() as archive:
        url, found = _known(archive, request, "/timemap/link/")
    return entity(request, link_format(url, found, _base(request), LAYOUT).encode(), MEDIA_TYPE)


@router.get("/memento/{stamp}/{url:path}", response_class=Response)
def memento(request: Request, stamp: str) -> Response:
    """A capture as it was archived; another time leads to the nearest one."""
    wanted = _moment(stamp)
    with opened(request).archive() as archive:
        url, found = _known(archive, request, f"/memento/{stamp}/")
        best = _nearest(found, wanted)
        links = _links(request, url, found, best)
        if best.at != wanted:
            headers = {"Location": target(best.uri), "Link": links, "Cache-Control": CHECKED}
            return Response(status_code=302, headers=headers)
        return _shown(request, archive, best, links)


def _shown(request: Request, archive: Archive, found: Memento, links: str) -> Response:
    """The bytes under the status that the server gave then (RFC 7089, section 4.5)."""
    capture = found.capture
    headers = {
        "Memento-Datetime": http_date(found.at),
        "Link": links,
        "Content-Security-Policy": SANDBOX,
    }
    if 300 <= capture.status < 400 and capture.status != 304:
        there = _location(archive, found)
        if there:
            led = f"{_base(request)}/{LAYOUT.memento}{found.at:%Y%m%d%H%M%S}/{there}"
            return Response(status_code=capture.status, headers=headers | {"Location": target(led)})
    body = archive.body(capture)
    if not body.complete and len(body.data) >= ENTITY_LIMIT:
        raise Refused(422, "too-long", f"It is longer than {ENTITY_LIMIT >> 20} MiB unpacked.")
    media_type = body.media_type if _TYPE.fullmatch(body.media_type) else "application/octet-stream"
    answer = entity(request, body.data, media_type, headers=headers)
    if answer.status_code == 200 and capture.status >= 400:
        answer.status_code = capture.status
    return answer


def _location(archive: Archive, found: Memento) -> str:
    """Where the server sent people then; "" when it did not say, or named no address."""
    location = message.parse(archive.record(found.capture.place).block).header("Location")
    try:
        return urljoin(found.capture.url, location) if location else ""
    except ValueError:
        return ""


def _known(archive: Archive, request: Request, before: str) -> tuple[str, tuple[Memento, ...]]:
    """The address behind this part of the path as it was captured, and its captures, oldest first."""
    base = _base(request)
    for asked in _asked(request, before):
        for url in lookup.spellings(asked):
            if found := mementos(archive, url, base, LAYOUT):
                return url, found
    raise UnknownKey(unquote(_asked(request, before)[0]))


def _asked(request: Request, before: str) -> tuple[str, ...]:
    """What may have been meant: as it came, and without its escapes, as some addresses were captured."""
    path = request.scope["raw_path"].decode("latin-1").partition(before)[2]
    query = request.scope["query_string"].decode("latin-1")
    asked = _SLASHES.sub(r"\1://", f"{path}?{query}" if query else path)
    return tuple(dict.fromkeys((asked, unquote(asked), _SLASHES.sub(r"\1://", unquote(asked)))))


def _base(request: Request) -> str:
    return opened(request).config.url


def _links(request: Request, url: str, found: tuple[Memento, ...], at: Memento) -> str:
    """The Link header: the original, its TimeGate and TimeMap, and the captures around this one."""
    base = _base(request)
    span = f'from="{http_date(found[0].at)}"; until="{http_date(found[-1].at)}"'
    links = [
        f'<{target(url)}>; rel="original"',
        f'<{target(f"{base}/{LAYOUT.timegate}{url}")}>; rel="timegate"',
        f'<{target(f"{base}/{LAYOUT.timemap}{url}")}>; rel="timemap"; type="{MEDIA_TYPE}"; {span}',
    ]
    here = found.index(at)
    places: dict[int, list[str]] = {}
    for word, place in (
        ("first", 0),
        ("prev", here - 1),
        ("next", here + 1),
        ("last", len(found) - 1),
    ):
        if 0 <= place < len(found):
            places.setdefault(place, []).append(word)
    places.setdefault(here, [])
    for place, words in sorted(places.items()):
        relation, each = " ".join((*words, "memento")), found[place]
        date = http_date(each.at)
        links.append(f'<{target(each.uri)}>; rel="{relation}"; datetime="{date}"')
    return ", ".join(links)


def _nearest(found: tuple[Memento, ...], wanted: datetime) -> Memento:
    """The capture nearest to the moment; of two equally near, the earlier one."""
    return min(found, key=lambda each: (abs(each.at - wanted), each.at))


def _wanted(header: str | None) -> datetime | None:
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError) as error:
        detail = "Accept-Datetime is no HTTP date; write Wed, 04 Mar 2026 05:06:07 GMT."
        raise Refused(400, "bad-time", detail) from error


def _moment(stamp: str) -> datetime:
    try:
        if _STAMP.fullmatch(stamp) is None:
            raise ValueError(stamp)
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        detail = "A time here has fourteen digits: 20260304050607."
        raise Refused(400, "bad-time", detail) from error
