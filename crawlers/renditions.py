"""What a browser makes of a page: kept as a WARC `conversion` of the capture, and read in its place."""

from dataclasses import dataclass, replace
from datetime import datetime

from archive import warc
from archive.captures import Body
from archive.records import Capture, Refusal
from archive.store import Archive
from archive.warc import Record
from pipelines import flow
from pipelines.errors import Refused
from pipelines.workers import Reads

page_rendered = object()  # signal: (request, rendition), after the exchange of the page itself
ASKED = "variorum_browser"  # Request.meta: True for a page that is to be rendered
PART = "variorum_part"  # Request.meta: True for what a page under rendering asks for
PART_REASON = "It is a part of a page that a browser rendered, and no document of its own."
MEDIA_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A page as a browser shows it, with all that its programs put in."""

    url: str  # of the page whose answer was rendered
    rendered_at: datetime  # timezone-aware, UTC
    html: bytes  # the document tree, serialised, UTF-8
    software: str  # "Chromium 156.0.8078.79"
    resources: tuple[str, ...]  # addresses that were fetched for it, in order
    refused: tuple[str, ...]  # sentences: what was asked for in vain
    complete: bool  # False: time was up before the page had come to rest


def is_rendered(status: int, media_type: str) -> bool:
    """Whether an answer is a page that a browser can fill in."""
    return status == 200 and "html" in media_type.lower()


def conversion(rendition: Rendition, capture: Capture) -> Record:
    """The WARC record of a rendered page; `capture` is that of the answer which was rendered."""
    fields = [
        ("WARC-Target-URI", rendition.url),
        ("WARC-Date", warc.timestamp(rendition.rendered_at)),
        ("WARC-Refers-To", warc.wrapped_id(capture.id)),
        ("WARC-Conversion-Software", rendition.software),
    ]
    if not rendition.complete:
        fields.append(("WARC-Truncated", "time"))
    return warc.record("conversion", rendition.html, MEDIA_TYPE, fields)


def body(rendition: Rendition) -> Body:
    """The rendered page as the stages read it."""
    return Body(
        data=rendition.html,
        media_type=MEDIA_TYPE,
        complete=rendition.complete,
        decoded=True,
        note=f"rendered by {rendition.software}",
    )


def keep_rendered(archive: Archive, capture: Capture, rendition: Rendition) -> None:
    """Keep the rendered page beside the capture that it was made from.

    Raises:
        NotKept: the disk would not take it.
    """
    record = conversion(rendition, capture)
    archive.take_members([(record, warc.to_member(record))])


def file_rendered(archive: Archive, reads: Reads, capture: Capture, rendition: Rendition) -> None:
    """Keep the rendered page, read it in place of the answer, and file or refuse the capture.

    Raises:
        NotKept: the disk would not take it.
    """
    keep_rendered(archive, capture, rendition)
    try:
        reading = reads.read(body(rendition), capture).result()
        stages = reading.stages | {flow.BROWSER: rendition.software}
        reading = replace(reading, stages=stages)
    except Refused as refused:
        archive.refuse(Refusal(capture=capture.id, stage=refused.stage, reason=refused.reason))
    else:
        flow.file(archive, capture, reading)
