"""What kind of file the bytes are, whatever their media type claims."""

import re
from typing import Literal

Kind = Literal["pdf", "zip", "ole", "rtf"]

_PDF_HEAD = 1024  # bytes within which readers look for "%PDF-" (PDF 1.7, appendix H, note 13)
_MARKUP = re.compile(rb"^\s*<[!?a-zA-Z]")
_TAG = re.compile(r"<(?:[a-zA-Z]|!doctype|!--|\?xml)", re.IGNORECASE)
_PAGES = frozenset({"application/xhtml+xml", "application/xml", "text/xml", "text/html"})
_BLANKS = b" \t\r\n\f\0\xef\xbb\xbf"


def recognise(body: bytes, media_type: str) -> Kind | None:
    """The kind of attachment that `body` is, None for a page, a text or anything else."""
    head = body[:_PDF_HEAD].lstrip(_BLANKS)
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    # Some servers put a line of their own before the file; a page may well speak of "%PDF-".
    if bare(media_type) == "application/pdf" and b"%PDF-" in head and not _MARKUP.match(head):
        return "pdf"
    return None


def is_plain(text: str, media_type: str) -> bool:
    """Whether `text` is read line by line: it is said to be plain, or nothing says it is a page."""
    claimed = bare(media_type)
    if claimed == "text/plain":
        return True
    return claimed not in _PAGES and not _TAG.search(text[:100_000])


def bare(media_type: str) -> str:
    """The media type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()
