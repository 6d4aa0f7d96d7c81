"""Documents of ARC files, the format before WARC, as records.

An ARC file (Burner and Kahle, "Arc File Format", Internet Archive, 1996) is a row of documents, each behind
one line with its address, the server, the time in 14 digits, the media type and the length in bytes; version
2 has five more fields between the last two. A document is an HTTP answer as received. The block of the record
is that, byte for byte; the header is ours and says so.
"""

import re
from dataclasses import replace

from archive import warc
from archive.containers.parts import Window
from archive.warc import CutOff, Malformed, Record

_LINE_LIMIT = 1 << 16  # bytes of a line; addresses beyond that are no addresses
_LINE = re.compile(rb"(\S.*?) ([0-9A-Fa-f.:]+) ([0-9]{4,17}) (.*?) ?([0-9]{1,18})\Z")
_PRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\U0010ffff]")
BEGINNING = b"filedesc:"


def take_arc(window: Window) -> Record:
    """The document at the start of the window, which moves behind it, as a WARC record.

    Raises:
        Malformed: no document stands there; TooLarge: one that was skipped; CutOff: half of one.
    """
    while (end := window.data.find(b"\n", 0, _LINE_LIMIT)) < 0:
        if len(window.data) >= _LINE_LIMIT:
            raise Malformed("the line before an ARC document has no end")
        if not window.grow(len(window.data) + 1):
            raise CutOff("the line before an ARC document is cut off")
    line = bytes(window.data[:end]).rstrip(b"\r")
    parts = _LINE.match(line)
    if not parts:
        raise Malformed(f"no line before an ARC document but {line[:60]!r}")
    window.drop(end + 1)
    block = window.take(int(parts[5]))
    url, address, date, kind = (_text(part) for part in parts.groups()[:4])
    media_type = kind.partition(" ")[0]
    shape = ("response", "application/http; msgtype=response")
    if url.startswith("filedesc:"):
        shape = ("warcinfo", "text/plain")
    elif not url.lower().startswith(("http://", "https://")):
        shape = ("resource", media_type)
    bare = Record(
        headers=(
            ("WARC-Type", shape[0]),
            ("WARC-Target-URI", url),
            ("WARC-Date", _date(date)),
            ("WARC-IP-Address", address),
            ("Variorum-Converted-From", "ARC"),
            ("Content-Type", shape[1]),
            ("WARC-Block-Digest", warc.digest(block)),
            ("Content-Length", str(len(block))),
        ),
        block=block,
    )
    named = ("WARC-Record-ID", warc.wrapped_id(warc.derived_id(bare)))
    return replace(bare, headers=(bare.headers[0], named, *bare.headers[1:]))


def _text(data: bytes) -> str:
    """A field of the line, without what a header of ours may not hold."""
    return _PRINTABLE.sub("", data.decode("utf-8", "replace"))


def _date(digits: str) -> str:
    """The 14 digits as WARC-Date; other counts of digits stay as they are, and are flagged.

    >>> _date("20240102030405")
    '2024-01-02T03:04:05Z'
    """
    if len(digits) != 14:
        return digits
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:]}Z"
