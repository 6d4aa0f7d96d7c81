"""The application: the gate, the API below /api/v1, the pages, and one body for every error.

Handlers find what is open in `request.app.state.opened`. The web pages put `problem_page` beside it, which
renders a problem for people, and whoever runs the server sets `stopping`, so that endless answers end.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version as installed
from threading import Event

from fastapi import APIRouter, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from archive.errors import ArchiveError
from service import memento
from service.api import errands, plans, reading, uploads, watches
from service.api.answers import PRIVATE, answer
from service.api.gate import Gate, needs
from service.api.opened import Opened
from service.api.permanent import Permanent
from service.api.problems import answer_errors
from service.api.quick import Quick
from service.config import Config
from service.metrics import MEDIA_TYPE, Metrics, Timed
from service.pages.lookup import lookup_text
from service.tell.routes import router as feeds
from service.web import mount

ROOT = "/api/v1"
_SAMPLE = "规划 plan 2026 "
_ABOUT = (
    "Every published variant of a plan or policy, with the evidence. Errors are problem documents "
    "(RFC 9457). Lists are paged by `cursor`. Reading may be public; whatever changes something needs a "
    "bearer token."
)


def create_app(config: Config) -> FastAPI:
    """The application of this configuration, ready to be served.

    Raises:
        ArchiveError: the archive cannot be opened or made.
        JobsUnreachable: the database of jobs cannot be used.
    """
    ours = Opened(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm, ours)
        yield
        ours.close()

    app = FastAPI(
        title="Variorum",
        version=installed("variorum"),
        description=_ABOUT,
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere; docs/api.md is ours
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.opened = ours
    app.state.stopping = Event()
    app.state.metrics = Metrics(config.archive, ours.jobs)
    answer_errors(app)
    for router in (
        reading.router,
        plans.router,
        errands.reading,
        watches.reading,
        errands.submitting,
        uploads.router,
        errands.operating,
        watches.operating,
    ):
        app.include_router(router, prefix=ROOT)
    app.include_router(memento.router)
    app.include_router(feeds)
    app.include_router(_watching())
    mount(app, config)
    app.add_middleware(Permanent, root=ROOT)
    app.add_middleware(Quick, path=f"{ROOT}/lookup")
    app.add_middleware(Gate, config=config, tokens=ours.tokens, sessions=ours.sessions)
    app.add_middleware(Timed, metrics=app.state.metrics, quick=f"{ROOT}/lookup")
    return app


def _warm(ours: Opened) -> None:
    """Load the tables that a text is compared with, so that the first who asks need not wait for them."""
    with suppress(ArchiveError), ours.archive() as archive:  # what is wrong, /readyz says
        lookup_text(archive, _SAMPLE * 30, seconds=0)


def _watching() -> APIRouter:
    """What those ask who keep the server running."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz")
    def healthz(request: Request) -> Response:
        """Whether the process answers."""
        return answer(request, {"ok": True}, cache=PRIVATE)

    @router.get("/readyz")
    def readyz(request: Request) -> Response:
        """Whether it can do its work: the archive and the jobs can be read."""
        ours: Opened = request.app.state.opened
        with ours.archive() as archive:
            archive.index.indexed()
        ours.jobs.counts()
        return answer(request, {"ok": True}, cache=PRIVATE)

    @router.get("/metrics", dependencies=[needs("read")])
    def metrics(request: Request) -> Response:
        """Figures for Prometheus: docs/configuration.md lists them."""
        figures: Metrics = request.app.state.metrics
        headers = {"Cache-Control": PRIVATE, "Content-Type": MEDIA_TYPE}
        return Response(figures.exposition(), headers=headers)

    return router
