"""The gate that every request passes: host, origin, size, right and rate, before any handler sees it.

It is plain ASGI, so that what it refuses costs almost nothing.
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from service.api.limits import Bucket
from service.api.origin import (
    SAFE,
    Client,
    host_names,
    is_answered,
    is_foreign,
    is_loopback,
    listens_everywhere,
    origin_of,
)
from service.api.problems import Refused, respond
from service.api.sessions import COOKIE, Sessions
from service.api.tokens import Scope, Tokens
from service.config import Config

MARK_HEADER = "x-csrf-token"
_ESCAPED = 3  # times as long a text may be in JSON as in UTF-8: 12 characters for 4 bytes
_LONGEST = 32 << 10  # bytes of path and query: 8,192 characters, escaped, and some more
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox")

HOW_TO_WRITE = (
    "Changing something needs a token. Make one where the archive is, with "
    "`variorum token create NAME --scope submit`, and send it as `Authorization: Bearer vrm_...`."
)
HOW_TO_READ = (
    "This archive is not public. Make a token where it is, with `variorum token create NAME`, "
    "and send it as `Authorization: Bearer vrm_...`."
)


class Gate:
    """Refuses what is not for us, and tells the handlers who asks: `client_of(request)`."""

    def __init__(self, app: ASGIApp, config: Config, tokens: Tokens, sessions: Sessions) -> None:
        self._app = app
        self._config = config
        self._tokens = tokens
        self._sessions = sessions
        self._names = host_names(config)
        self._bare = listens_everywhere(config)
        self._origin = origin_of(config.url)
        self._reads = Bucket(config.limits.reads_per_minute)
        self._writes = Bucket(config.limits.writes_per_minute)

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        send = _with_headers(send)
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
            request = Request(scope)
        try:
            client = self._check(request)
        except Refused as refused:
            answer: Response = respond(request, refused.problem, refused.headers)
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["client"] = client
        await self._app(scope, _limited(receive, self._most(request)), send)

    def _check(self, request: Request) -> Client:
        headers = request.headers
        hosts = headers.getlist("host")
        if len(hosts) != 1:  # RFC 9112, section 3.2
            raise Refused(400, "bad-request", "A request names its host once.")
        if not is_answered(hosts[0], self._names, addresses=self._bare):
            raise Refused(421, "wrong-host", "This server does not answer for that host name.")
        if request.method not in SAFE and is_foreign(headers, request.url.scheme, self._origin):
            detail = "A page of another origin cannot change anything here."
            raise Refused(403, "foreign-origin", detail)
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > _LONGEST:
            raise Refused(414, "too-long", f"An address may have {_LONGEST:,} bytes.")
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._most(request):
            raise Refused(413, "too-large", _too_large(self._most(request)))
        client = self._client(request)
        self._count(request, client)
        return client

    def _client(self, request: Request) -> Client:
        address = request.client.host if request.client else ""
        forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded"))
        local = is_loopback(address) and not forwarded
        nobody = Client(key=address, address=address, scope=None, local=local)
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind:
            token = self._tokens.owner(secret.strip()) if kind.lower() == "bearer" else None
            if token is None:
                detail = "This token is none of this server's, or it has expired."
                raise Refused(401, "wrong-token", detail, {"WWW-Authenticate": "Bearer"})
            return replace(nobody, key=token.name, scope=token.scope)
        cookie = request.cookies.get(COOKIE, "")
        if cookie and (token := self._sessions.owner(cookie)):
            mark = self._sessions.mark(cookie)
            return replace(nobody, key=token.name, scope=token.scope, csrf=mark)
        if local and self._config.writing == "local":
            return replace(nobody, scope="operate")
        return replace(nobody, scope="read") if self._config.public_reading else nobody

    def _count(self, request: Request, client: Client) -> None:
        safe = request.method in SAFE
        if safe and client.local:
            return  # whoever sits at this machine can only keep himself waiting
        wait = (self._reads if safe else self._writes).take(client.key)
        if wait:
            seconds = int(wait) + 1
            detail = f"That were too many requests in a minute. Ask again in {seconds} s."
            raise Refused(429, "too-many-requests", detail, {"Retry-After": str(seconds)})

    def _most(self, request: Request) -> int:
        """Bytes that the body of this request may have."""
        limits = self._config.limits
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            return limits.upload_bytes
        searches = request.scope["path"].endswith("/lookup")
        return limits.body_bytes * (_ESCAPED if searches else 1)


def client_of(request: Request) -> Client:
    """Who asks."""
    client = request.scope["state"]["client"]
    assert isinstance(client, Client)
    return client


def demand(request: Request, wanted: Scope) -> Client:
    """Who asks, if the right is enough.

    Raises:
        Refused: it is not, or an API request of a browser's session came without the mark of its pages.
    """
    client = client_of(request)
    if not client.may(wanted):
        if client.scope in (None, "read") and not client.csrf:
            detail = HOW_TO_READ if wanted == "read" else HOW_TO_WRITE
            raise Refused(401, "no-token", detail, {"WWW-Authenticate": "Bearer"})
        raise Refused(403, "wrong-scope", f"This needs a token with the scope {wanted}.")
    api = request.scope["path"].startswith("/api/")
    if api and client.csrf and request.method not in SAFE:
        demand_mark(client, request.headers.get(MARK_HEADER, ""))
    return client


def demand_mark(client: Client, given: str) -> None:
    """Return when a form of this client's session was sent, or when it has no session to be abused.

    Raises:
        Refused: the form came from elsewhere.
    """
    if client.csrf and client.csrf != given:
        detail = "This form is not of your session. Load the page again."
        raise Refused(403, "foreign-form", detail)


_BEARER = HTTPBearer(auto_error=False, description="`variorum token create NAME --scope SCOPE`")


def needs(wanted: Scope) -> Any:
    """A dependency of a route: whoever asks must have this right."""

    async def check(request: Request, _: Annotated[object, Security(_BEARER)] = None) -> Client:
        return demand(request, wanted)

    return Depends(check)


def _too_large(most: int) -> str:
    return f"The body may have {most:,} bytes."


def _limited(receive: Receive, most: int) -> Receive:
    """The body, cut off where it is longer than allowed: chunked ones declare no length."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, _too_large(most))
        return message

    return limited


def _with_headers(send: Send) -> Send:
    """Answers with the headers that keep browsers from guessing, framing and telling others."""

    async def sends(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            known = {name.lower() for name, _ in headers}
            headers += [pair for pair in (*_HEADERS, _POLICY) if pair[0] not in known]
            message["headers"] = headers
        await send(message)

    return sends


def _without_body(send: Send) -> Send:
    """The answer to HEAD: that of GET without its body."""

    async def sends(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sends
