"""Lines of a CDXJ index: where a replay tool finds the capture of an address at a time.

A line is the SURT of the address, the time in 14 digits, and a JSON object; the file is sorted by bytes
(pywb, "CDXJ format"; WACZ 1.1.1, section 5.2.1).
"""

import json
from dataclasses import dataclass

from archive import message
from archive.captures import date_of, is_capture
from archive.exports.surt import surt
from archive.warc import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; `str()` gives it without its line break."""

    key: str
    timestamp: str  # 14 digits, UTC
    values: dict[str, str]

    def __str__(self) -> str:
        return f"{self.key} {self.timestamp} {json.dumps(self.values, ensure_ascii=False)}"


def line_of(record: Record, warc: str, offset: int, length: int) -> Line | None:
    """The line for a record in the file `warc`; None for one that is no capture.

    What stands at the name `warc` is up to the reader: in a WACZ it is the bare name of the file.
    """
    if not is_capture(record):
        return None
    values = {"url": record.url, "mime": _mime(record)}
    if record.type != "resource" and (status := message.parse(record.block).status):
        values["status"] = str(status)
    if digest := record.header("WARC-Payload-Digest"):
        values["digest"] = digest
    values |= {"length": str(length), "offset": str(offset), "filename": warc}
    stamp = date_of(record).strftime("%Y%m%d%H%M%S").rjust(14, "0")
    return Line(key=surt(record.url), timestamp=stamp, values=values)


def sorted_lines(lines: list[Line]) -> bytes:
    """The file that holds the lines."""
    return b"".join(sorted(f"{line}\n".encode("utf-8", "replace") for line in lines))


def _mime(record: Record) -> str:
    """The media type alone; that a record is a revisit stands in its place, as replay tools expect."""
    if record.type == "revisit":
        return "warc/revisit"
    if record.type == "resource":
        claimed = record.header("Content-Type") or ""
    else:
        claimed = message.parse(record.block).header("Content-Type") or ""
    bare = claimed.partition(";")[0].strip()
    return "".join(letter for letter in bare if letter.isprintable()) or "unk"
