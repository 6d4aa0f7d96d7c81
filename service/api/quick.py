"""A short way for the one request that programs make by the thousand: which version has this key?

What the framework does for a route (matching it, checking its parameters, solving its dependencies) costs
several times what the lookup costs. A request that has a key and nothing else is answered before all that,
by the same function and with the same errors.
"""

import re

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.errors import ArchiveError
from service.api.gate import demand
from service.api.problems import Refused, of_archive, respond
from service.api.reading import found_by_key

_ONLY_KEY = re.compile(rb"key=([A-Za-z0-9:-]{1,600})")  # what would be escaped goes the long way


class Quick:
    """Answers lookups by key; all else goes on."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request here, or pass it on."""
        asked = None
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "GET":
            asked = _ONLY_KEY.fullmatch(scope["query_string"])
        if asked is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            demand(request, "read")
            answer = found_by_key(request, asked[1].decode())
        except Refused as refused:
            answer = respond(request, refused.problem, refused.headers)
        except ArchiveError as error:
            answer = respond(request, of_archive(error))
        await answer(scope, receive, send)
