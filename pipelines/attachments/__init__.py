"""Attachments that carry the plan itself: a file to its text and what the file says about itself.

    bytes -> kind (by content, never by the claimed type alone) -> PDF | DOCX | OFD | DOC

Plain text needs no reader of its own: `pipelines.extract.plain_text`.
"""

from pipelines.attachments import docx, ofd
from pipelines.attachments.kinds import Kind, is_plain, recognise
from pipelines.attachments.model import Attached, refused
from pipelines.attachments.package import Package

VERSION = "1"

__all__ = ["VERSION", "Attached", "Kind", "is_plain", "read", "recognise"]

_OTHERS = {  # parts that tell other packages; what to call those
    "xl/workbook.xml": "an Excel table",
    "xl/workbook.bin": "an Excel table",
    "ppt/presentation.xml": "a set of PowerPoint slides",
    "content.xml": "an OpenDocument file",
    "META-INF/container.xml": "an EPUB book",
}


def read(data: bytes, kind: Kind) -> Attached:
    """The text of an attachment of this kind, with its description.

    Raises:
        Refused: it is of a kind that is not read, broken, encrypted, a bomb, or needs OCR.
    """
    # Two imports here and not above: what they load takes a fifth of a second and 20 MiB, in a process
    # that most often never meets such a file.
    match kind:
        case "pdf":
            from pipelines.attachments import pdf  # noqa: PLC0415

            return pdf.read(data)
        case "ole":
            from pipelines.attachments import doc  # noqa: PLC0415

            return doc.read(data)
        case "rtf":
            raise refused("The file is RTF: not read.")
        case "zip":
            return _packed(data)


def _packed(data: bytes) -> Attached:
    package = Package(data)
    if ofd.ROOT in package:
        return ofd.read(package)
    part = docx.main_part(package)
    for name, called in _OTHERS.items():
        if name in package or part == name:
            raise refused(f"The file is {called}: not read.")
    if part in package:
        return docx.read(package, part)
    raise refused(f"The file is a ZIP archive with {len(package):,} entries: not opened.")
