"""The stages in this process, without workers or limits: for pages that are trusted, and for one file."""

from concurrent.futures import Future
from datetime import UTC, datetime

from archive.captures import Body
from archive.index import Outcome
from archive.records import Capture, Place, Reading
from archive.store import Archive
from pipelines import reading
from pipelines.errors import Refused
from pipelines.flow import Flow

_TYPES = {".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml"}


def read_file(data: bytes, suffix: str) -> Reading:
    """The reading of a file that is in no archive; `suffix` tells HTML from plain text.

    Raises:
        Refused: a stage will not take it.
    """
    body = Body(
        data=data,
        media_type=_TYPES.get(suffix.lower(), "text/plain"),
        complete=True,
        decoded=True,
        note="",
    )
    return reading.read(body, _nowhere())


class InProcess:
    """Makes each reading at once: `pipelines.workers.Reads` without workers."""

    count = 0

    def read(self, body: Body, capture: Capture) -> Future[Reading]:
        """See `Reads.read`."""
        made: Future[Reading] = Future()
        try:
            made.set_result(reading.read(body, capture))
        except Refused as refused:
            made.set_exception(refused)
        return made


def process(archive: Archive, capture: Capture) -> Outcome:
    """Take one capture the whole way in this process, and say what became of it."""
    settled: list[Outcome] = []
    flow = Flow(archive, InProcess(), settled.append)
    flow.take(capture)
    flow.finish()
    return settled[0]


def _nowhere() -> Capture:
    return Capture(
        id="",
        url="",
        fetched_at=datetime.fromtimestamp(0, UTC),
        kind="resource",
        status=0,
        media_type="",
        payload_digest="",
        entity_digest="",
        place=Place(warc="", offset=0, length=0),
    )
