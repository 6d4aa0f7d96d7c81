"""Serves the replica on loopback: each site at an address of its own, on a port that was free."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC
from email.utils import format_datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from service.demo.sites import ISSUED, MINISTRY, PAGES, REVISED, SITES, Edition, Site, page


class SiteServer(ThreadingHTTPServer):
    """A web server with the one page of one site, and its robots.txt."""

    daemon_threads = True

    def __init__(self, site: Site) -> None:
        self.site = site
        self.edition = ISSUED
        super().__init__((site.address, 0), SiteHandler)

    @property
    def port(self) -> int:
        """The port that was free when this server began."""
        return int(self.server_address[1])


class SiteHandler(BaseHTTPRequestHandler):
    """Answers one request to a site."""

    protocol_version = "HTTP/1.1"
    server: SiteServer

    def do_GET(self) -> None:
        """The page, robots.txt, or 404."""
        site, edition = self.server.site, self.server.edition
        if self.path == site.path:
            self.answer(HTTPStatus.OK, content_type(site), page(site, edition))
        elif self.path == "/robots.txt":
            self.answer(HTTPStatus.OK, "text/plain", (PAGES / "robots.txt").read_bytes())
        else:
            self.answer(HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", b"<h1>404</h1>")

    do_HEAD = do_GET  # noqa: N815 - the same, without the body

    def answer(self, status: HTTPStatus, media_type: str, body: bytes) -> None:
        """Send the head and, unless only that was asked for, the body."""
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.OK:
            changed = last_modified(self.server.site, self.server.edition)
            self.send_header("Last-Modified", changed)
            self.send_header("ETag", f'"{sha256(body).hexdigest()[:16]}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the demo speaks for itself."""


def content_type(site: Site) -> str:
    """The Content-Type that the site's server sends; old ones leave the charset to the page."""
    return f"text/html; charset={site.encoding}" if site.charset_in_header else "text/html"


def last_modified(site: Site, edition: Edition) -> str:
    """The Last-Modified of the site's page, as an HTTP date."""
    changed = edition.updated if site is MINISTRY else site.published
    return format_datetime(changed.astimezone(UTC), usegmt=True)


class World:
    """The replica while it is being served."""

    def __init__(self, servers: dict[str, SiteServer]) -> None:
        self._servers = servers  # by the name of the site

    @property
    def allowed(self) -> str:
        """What VARIORUM_ALLOW_ADDRESSES must say so that these sites may be fetched."""
        return ",".join(f"{each.site.address}/32:{each.port}" for each in self._servers.values())

    @property
    def urls(self) -> list[str]:
        """The addresses of the six pages."""
        return [self.url(site) for site in SITES]

    def url(self, site: Site) -> str:
        """The address of the site's page."""
        return f"http://{site.address}:{self._servers[site.name].port}{site.path}"

    def amend(self) -> None:
        """From now on the ministry's page holds another number and another date."""
        self._servers[MINISTRY.name].edition = REVISED


@contextmanager
def served() -> Iterator[World]:
    """The replica, for as long as the context lasts.

    Raises:
        OSError: this machine gives no sockets on 127.0.0.11 to .16 (Linux does).
    """
    with ExitStack() as stack:
        servers = {site.name: stack.enter_context(SiteServer(site)) for site in SITES}
        for server in servers.values():
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield World(servers)
