"""Answers of the API: a frozen value as JSON, with a strong ETag, and pages of a list behind a cursor."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request
from starlette.responses import Response

from service.api.problems import Refused

FOREVER = "public, max-age=31536000, immutable"  # bytes and texts of a capture never change
CHECKED = "no-cache"  # may be kept, and is asked after each time
PRIVATE = "no-store"
_LONGEST_CURSOR = 512  # characters


def answer(
    request: Request,
    value: Any,
    *,
    status: int = 200,
    cache: str = CHECKED,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The value as JSON; 304 without a body where the client has it already."""
    body = msgspec.json.encode(value)
    if status != 200:
        return Response(body, status, dict(headers or {}), "application/json")
    return entity(request, body, "application/json", cache=cache, headers=headers)


def entity(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    cache: str = CHECKED,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The bytes under a strong ETag of their own; 304 where the client has them already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    more = {**(headers or {}), "ETag": tag, "Cache-Control": cache}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=more)
    return Response(body, 200, more, media_type)


def _has(given: str, tag: str) -> bool:
    """Whether If-None-Match names the tag: weak comparison, RFC 9110, section 13.1.2."""
    tags = (each.strip().removeprefix("W/") for each in given.split(","))
    return any(each in (tag, "*") for each in tags)


def to_cursor(place: str) -> str:
    """The place in a list as clients hand it back: opaque to them, and stable over restarts."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> str | None:
    """The place that a cursor stands for; None for the beginning.

    Raises:
        Refused: it is none of ours.
    """
    if not cursor:
        return None
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        place = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        if not place.isprintable():
            raise ValueError("not printable")
    except (ValueError, binascii.Error) as error:
        detail = "This cursor is none of this server's. Begin again without one."
        raise Refused(400, "bad-cursor", detail) from error
    return place
