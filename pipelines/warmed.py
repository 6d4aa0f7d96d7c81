"""Importing this loads all that a reader of pages needs, once for all readers that are forked from here.

A page is read: parsers, tables and models that are loaded at first use are there when a process is forked,
and no page waits for them.
"""

from datetime import UTC, datetime

from archive.captures import Body
from archive.records import Capture, Place
from pipelines import reading

_PAGE = """<!DOCTYPE html><html lang="zh"><head><title>保护规划</title>
<meta name="PubDate" content="2026-03-04 12:00"></head><body><h1>保护规划</h1>
<p>发布时间：2026年3月4日 来源：自然资源部</p>
<p>第一条 湿地应当得到保护，各区每年向议会报告一次，并公布结果。</p>
<p>第二条 Every district reports to the council once a year, and publishes what it found.</p>
</body></html>"""
_CAPTURE = Capture(
    id="00000000-0000-0000-0000-000000000000",
    url="https://www.gov.example/plan.html",
    fetched_at=datetime(2026, 3, 4, tzinfo=UTC),
    kind="response",
    status=200,
    media_type="text/html; charset=utf-8",
    payload_digest="",
    entity_digest="",
    place=Place(warc="", offset=0, length=0),
)
_BODY = Body(
    data=_PAGE.encode(), media_type=_CAPTURE.media_type, complete=True, decoded=True, note=""
)

reading.warm_up()
READ = reading.read(_BODY, _CAPTURE)
