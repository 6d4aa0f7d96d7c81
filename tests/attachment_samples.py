"""Files made for the tests: PDF by reportlab, OFD and ZIP by zipfile, DOC by hand.

Nobody but Word writes DOC files, so `doc` lays one out from the two specifications: [MS-CFB], a
compound file with sectors of 512 bytes, and [MS-DOC], a header, the text and its piece table.
"""

import io
import struct
import zipfile
from collections.abc import Sequence

from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

HAN, LATIN = "STSong-Light", "Helvetica"
WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 76.0  # points: A4 with margins

pdfmetrics.registerFont(UnicodeCIDFont(HAN))


class Paper:
    """A PDF that is written line by line, from the top of the page downwards."""

    def __init__(self, **options: object) -> None:
        self._out = io.BytesIO()
        self.canvas = Canvas(self._out, pagesize=(WIDTH, HEIGHT), **options)
        self.y = HEIGHT - 100

    def line(self, text: str, x: float = MARGIN, *, size: float = 12, font: str = HAN) -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, self.y, text)
        self.y -= 1.6 * size

    def at(self, x: float, y: float, text: str) -> None:
        self.canvas.setFont(HAN, 10)
        self.canvas.drawString(x, y, text)

    def centred(self, text: str, *, size: float) -> None:
        self.canvas.setFont(HAN, size)
        self.canvas.drawCentredString(WIDTH / 2, self.y, text)
        self.y -= 1.6 * size

    def paragraph(self, text: str, *, columns: int = 36, size: float = 12) -> None:
        """Chinese as it is set: two characters in, then full lines of `columns` characters."""
        first, rest = text[: columns - 2], text[columns - 2 :]
        self.line(first, MARGIN + 2 * size, size=size)
        for start in range(0, len(rest), columns):
            self.line(rest[start : start + columns], size=size)

    def picture(self) -> None:
        """A grey picture over the whole page, as a scanner makes it."""
        grey = io.BytesIO(b"P5 8 8 255\n" + bytes(64))
        self.canvas.drawImage(ImageReader(grey), 0, 0, WIDTH, HEIGHT)

    def next_page(self) -> None:
        self.canvas.showPage()
        self.y = HEIGHT - 100

    def done(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self._out.getvalue()


def raw_pdf(content: bytes, filters: bytes = b"/FlateDecode", pages: bytes = b"/Count 1") -> bytes:
    """A PDF of one page whose content stream is `content`, coded by `filters`."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] %s >>" % pages,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(content), filters, content),
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 5\n0000000000 65535 f \n%strailer << /Size 5 /Root 1 0 R >>\n" % table
    return out + head + b"startxref\n%d\n%%%%EOF" % len(out)


def zipped(parts: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


def docx_parts(document: str, **others: str) -> dict[str, bytes | str]:
    """The parts of a DOCX around this body, for what python-docx would not write."""
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return {
        "word/document.xml": f"<w:document {word}><w:body>{document}</w:body></w:document>",
        **{f"word/{name}.xml": text for name, text in others.items()},
    }


def ofd(pages: Sequence[Sequence[str]], title: str = "") -> bytes:
    """An OFD whose pages hold `pages`, each a list of text objects as `ofd_text` makes them."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    listed = "".join(
        f'<ofd:Page ID="{place + 1}" BaseLoc="Pages/Page_{place}/Content.xml"/>'
        for place in range(len(pages))
    )
    parts: dict[str, bytes | str] = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody><ofd:DocInfo><ofd:Title>{title}</ofd:Title>"
        "<ofd:Author>张三</ofd:Author><ofd:CreationDate>2022-03-04</ofd:CreationDate></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:CommonData><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
    }
    for place, objects in enumerate(pages):
        parts[f"Doc_0/Pages/Page_{place}/Content.xml"] = (
            f"<ofd:Page {space}><ofd:Content><ofd:Layer>{''.join(objects)}</ofd:Layer></ofd:Content>"
            "</ofd:Page>"
        )
    return zipped(parts)


def ofd_text(text: str, x: float, y: float, size: float = 5) -> str:
    """One text object whose left end and base line are at (x, y), in millimetres."""
    steps = f"g {len(text) - 1} {size}" if len(text) > 1 else ""
    return (
        f'<ofd:TextObject ID="9" Boundary="{x} {y - size} {len(text) * size} {size}" Size="{size}">'
        f'<ofd:TextCode X="0" Y="{size}" DeltaX="{steps}">{text}</ofd:TextCode></ofd:TextObject>'
    )


def doc(pieces: Sequence[str | bytes], *, flags: int = 0, title: bytes = b"") -> bytes:
    """A Word 97 file; a piece of text is stored in 16 bits, one of bytes in 8 bits as cp1252."""
    header, text = bytearray(0x800), bytearray()
    positions, table = [0], b""
    for piece in pieces:
        data = piece if isinstance(piece, bytes) else piece.encode("utf-16-le")
        start = len(header) + len(text)
        where = 2 * start | 1 << 30 if isinstance(piece, bytes) else start
        positions.append(
            positions[-1] + (len(piece) if isinstance(piece, bytes) else len(data) // 2)
        )
        table += struct.pack("<HIH", 0, where, 0)
        text += data
    plc = struct.pack(f"<{len(positions)}I", *positions) + table
    prc = b"\x01\x04\x00" + bytes(4)  # formats that pieces share come first
    clx = prc + b"\x02" + struct.pack("<I", len(plc)) + plc
    struct.pack_into("<H", header, 0, 0xA5EC)
    struct.pack_into("<H", header, 10, 0x0200 | flags)
    struct.pack_into("<I", header, 0x4C, positions[-1])
    struct.pack_into("<II", header, 0x01A2, 0, len(clx))
    streams = {"WordDocument": bytes(header + text), "1Table": clx}
    if title:
        streams["\x05SummaryInformation"] = _summary(title)
    return compound(streams)


def _summary(title: bytes) -> bytes:
    """[MS-OLEPS] 2.21: code page 936 and a title."""
    name = title + b"\0"
    name += bytes(-len(name) % 4)
    values = struct.pack("<II", 2, 936) + struct.pack("<II", 30, len(title) + 1) + name
    fields = struct.pack("<IIIIII", 24 + len(values), 2, 1, 24, 2, 32) + values
    identity = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    return struct.pack("<HHI16sI16sI", 0xFFFE, 0, 0, bytes(16), 1, identity, 48) + fields


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file with these streams, [MS-CFB]; each is padded, so that none is a small one."""
    free, end, fat_mark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    lengths = {name: max(4096, len(data)) for name, data in streams.items()}
    sectors = sum(-(-length // 512) for length in lengths.values())
    tables = -(-(sectors + 1) // 127)  # of 128 sectors each, one of which is the table itself
    chain, body, directory = (
        [fat_mark] * tables + [end],
        b"",
        _entry("Root Entry", 5, end, 0, child=1),
    )
    for place, (name, data) in enumerate(streams.items(), start=2):
        count = -(-lengths[name] // 512)
        last = place > len(streams)
        directory += _entry(name, 2, len(chain), lengths[name], right=free if last else place)
        chain += [*range(len(chain) + 1, len(chain) + count), end]
        body += data.ljust(count * 512, b"\0")
    assert len(directory) <= 512, "one sector of directory holds three streams"
    chain += [free] * (128 * tables - len(chain))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", *range(tables), *[free] * (109 - tables))
    return head + struct.pack(f"<{len(chain)}I", *chain) + directory.ljust(512, b"\0") + body


def _entry(
    name: str, kind: int, start: int, size: int, *, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF
) -> bytes:
    spelt = (name + "\0").encode("utf-16-le")
    links = struct.pack("<III", 0xFFFFFFFF, right, child)
    return (
        spelt.ljust(64, b"\0") + struct.pack("<HBB", len(spelt), kind, 1) + links + bytes(36)
        + struct.pack("<IQ", start, size)
    )  # fmt: skip
