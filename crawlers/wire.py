"""What crossed the wire, byte for byte, for each request of a crawl.

Scrapy's response has lost the reason phrase, the order and case of headers, the chunk framing and
more. So the download handler here listens where bytes are written to and read from the connection,
and a middleware hands what it heard to `exchange_done`, for answers and for failures alike. It builds
on private names of Scrapy and Twisted; tests/test_wire.py holds record and wire together. HTTP/1.1
only.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.web._newclient import BODY, DONE
from twisted.web.client import _HTTP11ClientFactory

from archive.records import Exchange, Truncation
from crawlers import certificates, errors, guard
from crawlers.pacing import OVERLOADED, Host, pacing_of
from crawlers.reasons import TRANSFER_ERRORS, explained
from crawlers.robots import CUT_FLAG, MAX_ROBOTS_BYTES, is_robots_request

exchange_done = object()  # signal: (request, exchange), once for each request that was answered
MAX_HEAD_BYTES = 512 << 10  # of an answer with its interim answers; no source
MAX_HEAD_LINE_BYTES = 64 << 10  # Twisted's own 16 KiB fail pages with long policies or cookies
_LONGEST_NAP_SECONDS = 0.25  # how soon what waits for its turn notices that the crawl is stopped
_META_KEY = "variorum_recording"


@dataclass(slots=True, kw_only=True)
class Recording:
    """What crosses the wire for one request, while it does."""

    max_bytes: int  # of the answer, head included
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    address: str | None = None
    tls: str | None = None
    certificate: str | None = None
    cut: Truncation | None = None  # which limit ended it
    finished: bool = False  # the end of the answer came
    reset: bool = False  # the connection was torn down, not closed
    reused: bool = False  # the connection had served other requests before
    protocol: "WireProtocol | None" = None  # while it is under way

    def begin(self, protocol: "WireProtocol") -> None:
        """Starts over: a request is written once more when a kept connection had gone stale."""
        self.protocol = protocol
        self.started = datetime.now(UTC)
        self.sent.clear()
        self.received.clear()
        self.reset = self.finished = False

    @property
    def is_stale(self) -> bool:
        """Whether a kept connection ended before a byte of the answer: the server had let go of it."""
        return self.reused and not self.received

    def exchange(self, request: Request) -> Exchange | None:
        """The frozen value, or None when the server sent not one byte."""
        if not self.received:
            return None
        http = "http/1.0" if self.received[:8].upper() == b"HTTP/1.0" else "http/1.1"
        lost: Truncation | None = "disconnect" if self.reset or not self.finished else None
        hops = request.meta.get("redirect_urls", [])
        return Exchange(
            url=urldefrag(request.url)[0],
            fetched_at=self.started,
            request=bytes(self.sent),
            response=bytes(self.received),
            address=self.address,
            protocols=(http, self.tls) if self.tls else (http,),
            certificate=self.certificate,
            truncated=self.cut or lost,
            referrer=urldefrag(hops[-1])[0] if hops else None,
        )


class _TeeTransport:
    """A transport that notes what a request writes to it."""

    def __init__(self, transport: Any, sent: bytearray) -> None:
        self._transport, self._sent = transport, sent

    def write(self, data: bytes) -> None:
        self._sent += data
        self._transport.write(data)

    def writeSequence(self, pieces: Any) -> None:  # noqa: N802 - Twisted's name
        for piece in pieces:
            self.write(piece)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class WireProtocol(_LenientHTTP11ClientProtocol):
    """One connection, which tells the recording of its current request what passes."""

    transport: Any  # with or without TLS; Twisted's interfaces do not tell
    _currentRequest: Any  # noqa: N815 - Twisted's name
    _parser: Any
    _recording: Recording | None = None
    _is_used: bool = False  # has served a request

    def request(self, request: Any) -> Any:
        """Twisted's hook: sends a request that carries its recording."""
        recording: Recording = request.variorum_recording
        recording.begin(self)
        recording.reused, self._is_used = self._is_used, True
        self._recording = recording
        write = type(request).writeTo.__get__(request)
        request.writeTo = lambda transport: write(_TeeTransport(transport, recording.sent))
        answer = super().request(request)
        if self._parser is not None:
            self._parser.MAX_LENGTH = MAX_HEAD_LINE_BYTES
            self._parser.lineLengthExceeded = lambda _: self.cut_short("length")
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Twisted's hook: keeps the bytes, then lets them be parsed, up to the limits."""
        recording = self._recording
        if recording is None:  # nobody asked: Twisted drops the connection
            super().dataReceived(data)  # type: ignore[no-untyped-call]
            return
        if not recording.received:
            self._describe(recording)
        data = data[: recording.max_bytes - len(recording.received)]
        recording.received += data
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._recording is not recording:
            return
        too_long = len(recording.received) >= recording.max_bytes
        in_head = self._parser is not None and self._parser.state not in (BODY, DONE)
        if too_long or (in_head and len(recording.received) > MAX_HEAD_BYTES):
            self.cut_short("length")

    def _describe(self, recording: Recording) -> None:
        """Notes who is at the other end, once TLS is agreed on."""
        transport = self.transport
        recording.address = transport.getPeer().host
        recording.certificate = certificates.outcome(transport)
        if recording.certificate is not None:
            version = transport.getHandle().get_protocol_version_name()  # "TLSv1.3"
            recording.tls = version.lower().replace("tlsv", "tls/")

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.finished = True
            recording.protocol = None
            if rest:  # bytes behind the answer belong to no request of ours
                del recording.received[-len(rest) :]
                self._currentRequest.persistent = False
        super()._finishResponse(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Twisted's hook: notes whether the connection was closed or torn down."""
        if self._recording is not None:
            self._recording.reset = reason.check(ConnectionLost) is not None  # type: ignore[no-untyped-call]
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        self._recording = None

    def cut_short(self, why: Truncation) -> None:
        """Ends the connection; what was received stands, marked as cut.

        It counts as cancelled: after any other failure Twisted may send the request once more.
        """
        recording, self._recording = self._recording, None
        if recording is None:
            return
        recording.cut = why
        recording.protocol = None
        self.transport.abortConnection()
        cancelled = Failure(CancelledError())  # type: ignore[no-untyped-call]
        self._disconnectParser(cancelled)  # type: ignore[no-untyped-call]


class _WireFactory(_HTTP11ClientFactory):
    """Makes `WireProtocol`s."""

    noisy = False

    def buildProtocol(self, addr: Any) -> WireProtocol:  # noqa: ARG002, N802 - Twisted's name
        return WireProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _RecordingPool:
    """The connection pool, as one request sees it: it sends along where to record."""

    persistent = True

    def __init__(self, pool: Any, recording: Recording) -> None:
        self._pool, self._recording = pool, recording

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:  # noqa: N802 - Twisted's name
        connecting: Deferred[Any] = self._pool.getConnection(key, endpoint)
        return connecting.addCallback(partial(_RecordedConnection, self._recording))


class _RecordedConnection:
    """A connection that marks the one request it is given with its recording."""

    def __init__(self, recording: Recording, connection: Any) -> None:
        self._recording, self._connection = recording, connection

    def request(self, request: Any) -> Any:
        request.variorum_recording = self._recording
        return self._connection.request(request)


class WireHandler(HTTP11DownloadHandler):
    """Scrapy's download handler for http and https, with limits, guard and recording."""

    lazy = False  # the guard must stand before the first connection of any kind
    guarded = True  # says to crawlers.guard that every connection of it is

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        self._reactor: Any = reactor
        settings = crawler.settings
        guard.check_handlers(settings)
        self._guard = guard.guard_of(settings)
        self._resolver = guard.install(reactor, self._guard)
        self._pool._factory = _WireFactory
        self._pool.retryAutomatically = False  # it would ask again at once, without the pause
        self._contextFactory: Any = certificates.LenientTrust.from_crawler(crawler)
        self._max_bytes = settings.getint("VARIORUM_MAX_BYTES")
        self._seconds = settings.getfloat("VARIORUM_TIMEOUT_SECONDS")
        self._pacing = pacing_of(crawler)
        self._begun = False

    async def download_request(self, request: Request) -> Response:
        """Scrapy's hook: the answer, whole or cut short.

        Raises:
            CrawlError: when there is none that can be used.
        """
        if not self._begun:  # Scrapy installs a resolver of its own when it starts the reactor
            self._reactor.installNameResolver(self._resolver)
            self._begun = True
        guard.check_stands(self._reactor)
        self._guard.check(request.url)  # once more: middlewares may have changed it
        self._guard.check_proxy(request.url, request.meta.get("proxy"))
        # Scrapy counts a transfer only after its task has begun, so with asyncio several can begin
        # at once (scrapy/scrapy#6982): each host's requests take turns here.
        host = self._pacing.host(request.url)
        await maybe_deferred_to_future(host.turn.acquire())
        try:
            try:
                return await self._asked(request, host)
            except errors.ConnectionLost:
                recording: Recording = request.meta[_META_KEY]
                if not recording.is_stale:
                    raise
            # Servers close kept connections when they like, and one of them was closed just when it
            # was used. That says nothing of the page: RFC 9110, section 9.2.2, has us ask again.
            return await self._asked(request, host)
        finally:
            host.turn.release()

    async def _asked(self, request: Request, host: Host) -> Response:
        """The answer, asked for when the host may be asked; its pause begins behind it."""
        try:
            await self._its_time(host)
            if not self._crawler.crawling:
                raise errors.Interrupted(request.url)
            self._pacing.check(request.url)
            response: Response | None = None
            try:
                response = await self._transferred(request)
            finally:
                latency = request.meta.get("download_latency") if response else None
                self._pacing.answered(host, latency, response.status if response else 0)
            if response.status in OVERLOADED:
                self._pacing.heed(request.url, response.headers)
            return response
        finally:
            self._pacing.end(host)

    async def _its_time(self, host: Host) -> None:
        """Returns when the host may be asked, or the crawl is being stopped."""
        while self._crawler.crawling and (wait := self._pacing.begin(host)) > 0:
            pause: Deferred[None] = deferLater(self._reactor, min(wait, _LONGEST_NAP_SECONDS))
            await maybe_deferred_to_future(pause)

    async def _transferred(self, request: Request) -> Response:
        recording = Recording(max_bytes=self._max_bytes)
        if is_robots_request(request):  # its limit is that of RFC 9309, whatever that of pages is
            recording.max_bytes = max(self._max_bytes, MAX_ROBOTS_BYTES + MAX_HEAD_BYTES)
        request.meta[_META_KEY] = recording
        agent = _ScrapyAgent(
            contextFactory=self._contextFactory,
            pool=cast("Any", _RecordingPool(self._pool, recording)),
            fail_on_dataloss=False,
            crawler=self._crawler,
        )
        transfer = agent.download_request(request)
        timer = self._reactor.callLater(self._seconds, _out_of_time, recording, transfer)
        try:
            response = await maybe_deferred_to_future(transfer)
            if recording.cut or recording.reset or not recording.finished:
                response.flags.append(CUT_FLAG)
            return response
        except TRANSFER_ERRORS as error:
            if recording.cut == "time" or isinstance(error, DownloadTimeoutError):
                raise errors.TimedOut(request.url, self._seconds) from error
            if recording.cut == "length":
                raise errors.NoAnswer(request.url, "the head of its answer is too long") from error
            received = bytes(recording.received[:16])
            raise explained(error, request.url, received, self._resolver.refused) from error
        finally:
            if timer.active():
                timer.cancel()


def _out_of_time(recording: Recording, transfer: Deferred[Response]) -> None:
    """Ends a transfer that has used up its time, whatever it is doing."""
    if recording.protocol is not None:
        recording.protocol.cut_short("time")
    else:
        recording.cut = "time"
        transfer.cancel()


class WireMiddleware:
    """Hands out the exchange of each request; stands next to the downloader, at 950."""

    def __init__(self, crawler: Any) -> None:
        self._signals = crawler.signals

    @classmethod
    def from_crawler(cls, crawler: Any) -> "WireMiddleware":
        """The middleware of this crawl."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Scrapy's hook: after an answer."""
        await self._hand_out(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002
        """Scrapy's hook: after a failure, which may have left part of an answer."""
        await self._hand_out(request)

    async def _hand_out(self, request: Request) -> None:
        recording: Recording | None = request.meta.pop(_META_KEY, None)
        exchange = recording.exchange(request) if recording is not None else None
        if exchange is not None:
            await self._signals.send_catch_log_async(
                exchange_done, request=request, exchange=exchange
            )
