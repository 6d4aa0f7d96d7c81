"""Archived pages as they were, on an origin of their own: nothing that they hold runs or asks anybody.

It is a separate application on another port or host, so that even a page that broke out of its sandbox
would find no cookie, no session and no API there. It gives the archived body and no archived header; the
type is one of a few that are safe to show, everything else is a download. docs/replay.md.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.captures import Body
from archive.errors import ArchiveError, UnknownKey
from archive.records import Capture
from archive.store import Archive
from service.api.origin import is_answered
from service.config import Config

_SHOWN = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "text/plain": "text/plain",
    **{f"image/{kind}": f"image/{kind}" for kind in ("png", "jpeg", "gif", "webp")},
}
_STOP_SECONDS = 10.0  # that answers under way get at the end; no source
_CHARSET = re.compile(r"[a-z0-9_.:-]{1,40}")
# Chromium connects ahead to the host of a link or a frame before a policy stops it (found with 150), and
# there is no header against it. So in what is shown they are elements without a meaning. The bytes of the
# archive, and of a download, are not touched.
_AHEAD = re.compile(r"<(link|base)(?=[\s/>])", re.IGNORECASE)
_FRAMES = re.compile(r"<(/?)(i?frame|fencedframe|object|embed)(?=[\s/>])", re.IGNORECASE)
POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


def create_replay_app(config: Config) -> Starlette:
    """The application that shows archived pages, `/c/{capture}` each."""
    own = {config.replay_host, urlsplit(config.replay_url).hostname or ""}
    names = frozenset({*own, "localhost", "127.0.0.1", "::1"} - {""})

    everywhere = config.replay_host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound

    async def show(request: Request) -> Response:
        if not is_answered(request.headers.get("host", ""), names, addresses=everywhere):
            return _said(421, "This server does not answer for that host name.")
        return await run_in_threadpool(_replayed, config, request.path_params["capture"])

    return Starlette(routes=[Route("/c/{capture}", show, methods=["GET"])])


def _replayed(config: Config, id: str) -> Response:
    """The archived body, harmless."""
    try:
        with Archive.open(config.archive) as archive:
            capture = archive.index.capture(id)
            body = archive.body(capture)
            encoding = _encoding(archive, capture)
    except UnknownKey as error:
        return _said(404, str(error))
    except ArchiveError:
        return _said(503, "The archived bytes cannot be read at this moment.")
    return _answer(body, encoding)


def _encoding(archive: Archive, capture: Capture) -> str:
    """What the page was decoded with; "" where it was not read."""
    filed = archive.index.filed(capture.id)
    if filed is None:
        return ""
    return archive.reading(filed.entry.record, filed.entry.text).encoding


def _answer(body: Body, encoding: str) -> Response:
    claimed, _, parameters = body.media_type.lower().partition(";")
    shown = _SHOWN.get(claimed.strip())
    if shown is None or not body.decoded:
        headers = {**_HEADERS, "Content-Disposition": "attachment"}
        return Response(body.data, headers=headers, media_type="application/octet-stream")
    if shown.startswith("image/"):
        return Response(body.data, headers={**_HEADERS, "Content-Type": shown})
    text = _decoded(body.data, encoding or _claimed_charset(parameters))
    if shown == "text/html":
        text = _FRAMES.sub(r"<\1was-\2", _AHEAD.sub(r'<meta data-was="\1"', text))
    headers = {**_HEADERS, "Content-Type": f"{shown}; charset=utf-8"}
    return Response(text.encode("utf-8", "replace"), headers=headers)


def _decoded(data: bytes, encoding: str) -> str:
    """The text as a reader saw it; UTF-8 where no encoding that is known is named."""
    try:
        return data.decode(encoding or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _claimed_charset(parameters: str) -> str:
    name = parameters.partition("charset=")[2].strip(" \"'")
    return name if _CHARSET.fullmatch(name) else ""


def _said(status: int, sentence: str) -> Response:
    return Response(sentence, status, _HEADERS, media_type="text/plain")


@contextmanager
def replaying(config: Config) -> Iterator[Config]:
    """Archived pages are shown while the context lasts; it gives the configuration that says where.

    Where the port is taken and nobody was told of it, another one is taken.

    Raises:
        OSError: the port is taken, and the configuration has given it a public address.
    """
    own = f"http://{_named(config.replay_host)}"
    untold = config.replay_url in (own, f"{own}:{config.replay_port}")
    try:
        listening = _bound(config.replay_host, config.replay_port)
    except OSError:
        if not untold:
            raise
        listening = _bound(config.replay_host, 0)
    port = int(listening.getsockname()[1])
    if untold:
        config = replace(config, replay_url=f"{own}:{port}")
    app = create_replay_app(config)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    )
    thread = Thread(target=server.run, args=([listening],), name="replay", daemon=True)
    thread.start()
    try:
        yield replace(config, replay_port=port)
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        listening.close()


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=128)
