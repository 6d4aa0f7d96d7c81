"""ZIP packages, opened so that no bomb in them goes off."""

import io
import zipfile
import zlib

from lxml import etree

from pipelines.attachments.model import refused

# No standard sets these. The longest official texts have parts of a few MiB; the largest ratio
# seen in one, of a table of empty cells, is below 100, of a bomb it is 1,000.
_MOST_ENTRIES = 10_000
_MOST_BYTES = 256 << 20  # of all parts together, inflated
_MOST_PART_BYTES = 32 << 20  # of one part that is read
_MOST_RATIO = 250
_RATIO_FROM = 1 << 20  # bytes; a small part may shrink as it likes

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # what the formats allow
_ENCRYPTED = 0x1  # APPNOTE.TXT 4.4.4, general purpose flag, bit 0

# What zipfile raises for damaged archives; NotImplementedError is its word for a method it lacks.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OverflowError, OSError
)  # fmt: skip


class Package:
    """The parts of a ZIP file by name. Nothing is ever written to disk, so names can do no harm."""

    def __init__(self, data: bytes) -> None:
        """Open the package in `data`.

        Raises:
            Refused: it is broken, or its table of contents is a bomb's.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise refused(f"The ZIP file is broken ({error}).") from error
        entries = self._zip.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise refused(f"The ZIP file has {len(entries):,} entries; {_MOST_ENTRIES:,} is most.")
        # `zipfile` never gives more bytes of an entry than its table says, so the table is enough.
        total = sum(entry.file_size for entry in entries)
        if total > _MOST_BYTES:
            raise refused(f"The ZIP file inflates to {total >> 20:,} MiB: a decompression bomb.")
        self._given = 0  # bytes; a file may name one part many times
        self._entries = {entry.filename.lstrip("/"): entry for entry in entries}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def read(self, name: str) -> bytes:
        """The bytes of a part.

        Raises:
            Refused: it is not there, broken, encrypted, or a bomb.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise refused(f"The file is broken: its part {name[:200]} is missing.")
        if entry.flag_bits & _ENCRYPTED:
            raise refused("The file is encrypted.")
        if entry.compress_type not in _METHODS:
            raise refused(
                f"The file is packed by a method ({entry.compress_type}) that it may not."
            )
        size = entry.file_size
        ratio = size / max(1, entry.compress_size)
        if size > _MOST_PART_BYTES or (size > _RATIO_FROM and ratio > _MOST_RATIO):
            raise refused(
                f"The part {name[:200]} inflates to {size >> 20:,} MiB, {ratio:.0f} times its size: "
                "a decompression bomb."
            )
        self._given += size
        if self._given > _MOST_BYTES:
            raise refused(f"The file asks for more than {_MOST_BYTES >> 20} MiB of its parts.")
        try:
            return self._zip.read(entry)
        except _BROKEN as error:
            raise refused(f"The file is broken in its part {name[:200]} ({error}).") from error

    def xml(self, name: str) -> etree._Element:
        """The root element of an XML part; entities in it are never resolved.

        Raises:
            Refused: as `read` does; or it is no XML, nests too deeply, or declares a document type,
                which neither OOXML nor OFD use and bombs need.
        """
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(self.read(name), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise refused(f"The file is broken in its part {name[:200]} ({error}).") from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise refused(f"The part {name[:200]} declares a document type, as only bombs do.")
        return root


def local(element: etree._Element) -> str:
    """The name of an element without its namespace: both editions of OOXML use the same names."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str | None:
    """The value of the attribute with this local name."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element below `element` along a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((below for below in element if local(below) == name), None)
    return element


def resolved(base: str, target: str) -> str:
    """The name of the part that `target` names from the part `base`.

    >>> resolved("Doc_0/Document.xml", "Pages/Page_0/Content.xml"), resolved("a/b.xml", "/c.xml")
    ('Doc_0/Pages/Page_0/Content.xml', 'c.xml')
    """
    if target.startswith("/"):
        return target.lstrip("/")
    steps: list[str] = []
    for step in [*base.split("/")[:-1], *target.split("/")]:
        if step == "..":
            del steps[-1:]
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)
