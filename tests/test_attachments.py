"""Attachments: what is read in PDF, DOCX, DOC and OFD files, and why some are refused."""

import io
import subprocess
import sys
from collections import Counter
from datetime import datetime

import docx
import pypdf
import pytest
from docx.document import Document
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Found
from pipelines import attachments
from pipelines.attachments import Attached
from pipelines.attachments.joining import joined
from pipelines.attachments.kinds import is_plain, recognise
from pipelines.attachments.numbering import shaped
from pipelines.errors import Refused
from tests.attachment_samples import (
    HEIGHT,
    LATIN,
    MARGIN,
    Paper,
    doc,
    docx_parts,
    ofd,
    ofd_text,
    zipped,
)

SENTENCE = "各地区各部门要完善规划实施机制，每年对主要指标的进展开展评估，并向社会公布结果。"


def read(data: bytes, media_type: str = "") -> Attached:
    kind = recognise(data, media_type)
    assert kind is not None
    return attachments.read(data, kind)


def said(found: Found | None) -> tuple[str, str]:
    assert found is not None
    return found.origin, found.value


def lines(data: bytes) -> list[str]:
    return read(data).main.text.splitlines()


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read(data)
    assert caught.value.stage == "attachment"
    return caught.value.reason


def saved(document: Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_the_line_breaks_of_a_chinese_pdf_are_joined_without_a_space() -> None:
    paper = Paper()
    paper.paragraph(SENTENCE * 3)
    paper.paragraph(SENTENCE * 2)
    assert lines(paper.done()) == [SENTENCE * 3, SENTENCE * 2]


def test_a_line_that_ends_early_ends_its_paragraph() -> None:
    paper = Paper()
    paper.paragraph(SENTENCE * 3)
    paper.line("一、总体要求", MARGIN + 24)
    paper.paragraph(SENTENCE * 2)
    assert lines(paper.done()) == [SENTENCE * 3, "一、总体要求", SENTENCE * 2]


def test_full_lines_that_begin_with_a_number_after_a_full_stop_stay_apart() -> None:
    paper = Paper()
    first = "第一条" + "为了规范规划的编制和实施制定本办法" * 2
    for line in (first[:35] + "。", "第二条" + SENTENCE[:33], SENTENCE[33:]):
        paper.line(line)
    assert lines(paper.done()) == [first[:35] + "。", "第二条" + SENTENCE]


def test_latin_lines_are_joined_with_a_space_and_hyphenation_is_undone() -> None:
    paper = Paper()
    for line in (
        "The ministries assess every year how far the plan has come and sus-",
        "tain what works; a long-term view and mid-",
        "term reviews are part of it. Another mid-term review follows in the",
    ):
        paper.line(line, font=LATIN)
    paper.line("autumn.", font=LATIN)
    assert lines(paper.done()) == [
        "The ministries assess every year how far the plan has come and sustain what works; "
        "a long-term view and mid-term reviews are part of it. Another mid-term review follows "
        "in the autumn."
    ]


def test_a_paragraph_goes_on_over_the_end_of_a_page() -> None:
    paper = Paper()
    paper.paragraph(SENTENCE * 3)
    first, second = SENTENCE[:36], SENTENCE[36:]
    paper.line(first)
    paper.at(280, 40, "— 1 —")
    paper.next_page()
    paper.line(second)
    paper.paragraph(SENTENCE * 3)
    paper.at(280, 40, "— 2 —")
    assert lines(paper.done()) == [SENTENCE * 3, SENTENCE, SENTENCE * 3]


def test_running_heads_feet_and_page_numbers_are_left_out() -> None:
    paper = Paper()
    texts = [f"{word * 4}的第{word}年。" + SENTENCE for word in "甲乙丙丁戊己"]
    for number, text in enumerate(texts):
        paper.at(MARGIN, HEIGHT - 40, "发展规划编" if number % 2 else f"第 {number} 期")
        paper.at(290, 40, str(number + 4))
        paper.paragraph(text)
        paper.next_page()
    assert lines(paper.done()) == texts


def test_a_number_in_the_text_is_no_page_number() -> None:
    paper = Paper()
    paper.paragraph(SENTENCE)
    paper.y = 500
    paper.line("2035")
    paper.y = 60  # in the foot, but not counting the pages
    paper.line("1949")
    paper.next_page()
    paper.paragraph(SENTENCE[::-1])
    assert lines(paper.done()) == [SENTENCE, "2035", "1949", SENTENCE[::-1]]


def test_a_title_over_two_lines_is_one_heading_and_the_title() -> None:
    paper = Paper(initialFontSize=12)
    paper.canvas.setTitle("Microsoft Word - 附件1.doc")
    paper.canvas.setAuthor("Administrator")
    paper.centred("关于印发《城市更新", size=22)
    paper.centred("行动规划》的通知", size=22)
    paper.paragraph(SENTENCE * 3)
    attached = read(paper.done())
    assert attached.main.text.splitlines()[0] == "关于印发《城市更新行动规划》的通知"
    block = attached.main.blocks[0]
    assert (block.kind, block.level) == ("heading", 1)
    description = attached.description
    assert said(description.title) == ("text", "关于印发《城市更新行动规划》的通知")
    assert description.author is None


def test_what_the_pdf_states_and_its_text_bears_out_is_taken_with_its_origin() -> None:
    paper = Paper(invariant=1)
    paper.canvas.setTitle("城市更新行动规划")
    paper.canvas.setAuthor("住房城乡建设部")
    paper.line("城市更新行动规划")
    paper.paragraph(SENTENCE * 3)
    description = read(paper.done()).description
    assert said(description.title) == ("pdf:Title", "城市更新行动规划")
    assert said(description.author) == ("pdf:Author", "住房城乡建设部")
    assert said(description.published_at) == ("pdf:CreationDate", "2000-01-01T00:00:00+00:00")
    assert description.zone == "stated"


def test_the_signature_of_a_text_names_issuers_and_day() -> None:
    paper = Paper()
    paper.line("国科发区〔2022〕25号", MARGIN + 150)
    paper.paragraph(SENTENCE * 3)
    paper.line("科技部", MARGIN + 330)
    paper.line("2022年3月4日", MARGIN + 310)
    description = read(paper.done()).description
    assert said(description.document_number) == ("text", "国科发区〔2022〕25号")
    assert [found.value for found in description.issuers] == ["科技部"]
    assert said(description.issued_on) == ("text", "2022-03-04")


def test_a_scanned_pdf_needs_ocr() -> None:
    paper = Paper()
    paper.picture()
    assert refusal(paper.done()) == "The PDF has no text layer: needs OCR."


def test_a_pdf_that_is_mostly_pictures_needs_ocr_and_says_how_many() -> None:
    paper = Paper()
    paper.paragraph(SENTENCE * 3)
    for _ in range(2):
        paper.next_page()
        paper.picture()
    assert refusal(paper.done()) == "2 of the PDF's 3 pages have no text layer: needs OCR."


def test_an_empty_pdf_has_no_text_layer() -> None:
    assert refusal(Paper().done()) == "The PDF has no text layer: needs OCR."


def test_a_pdf_behind_a_password_is_refused_and_one_that_only_forbids_printing_is_read() -> None:
    paper = Paper()
    paper.paragraph(SENTENCE * 2)
    plain = paper.done()

    def locked(user: str) -> bytes:
        writer, out = pypdf.PdfWriter(clone_from=io.BytesIO(plain)), io.BytesIO()
        writer.encrypt(user, "owner", algorithm="AES-128")
        writer.write(out)
        return out.getvalue()

    assert refusal(locked("secret")) == "The PDF is encrypted: it opens with a password only."
    assert lines(locked("")) == [SENTENCE * 2]


def test_a_pdf_that_only_the_second_reader_opens_is_read_by_it() -> None:
    paper = Paper()
    paper.line("The ministries assess every year how far the plan has come", font=LATIN)
    paper.line("and sustain what works.", font=LATIN)
    broken = paper.done().replace(b"/Root", b"/Rood")
    main = read(broken).main
    assert main.chosen == "pdf:pypdf"
    assert main.text == (
        "The ministries assess every year how far the plan has come and sustain what works.\n"
    )


def test_a_docx_gives_headings_items_rows_and_fields() -> None:
    document = docx.Document()
    document.core_properties.title = "行动规划"
    document.core_properties.author = "科技部"
    document.core_properties.modified = datetime(2022, 3, 4, 8, 30)  # UTC, says the format
    document.add_heading("行动规划", level=0)
    document.add_heading("总体要求", level=2)
    document.add_paragraph(SENTENCE)
    document.add_paragraph("加强领导", style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "指标", "2025年"
    attached = read(saved(document))
    text = attached.main.text
    assert [
        (block.kind, block.level, text[block.start : block.end]) for block in attached.main.blocks
    ] == [
        ("heading", 1, "行动规划"),
        ("heading", 2, "总体要求"),
        ("paragraph", 0, SENTENCE),
        ("item", 0, "加强领导"),
        ("row", 0, "指标\t2025年"),
    ]
    description = attached.description
    assert said(description.title) == ("docx:title", "行动规划")
    assert said(description.author) == ("docx:creator", "科技部")
    assert said(description.published_at) == ("docx:modified", "2022-03-04T08:30:00Z")


def test_a_docx_keeps_insertions_and_controls_and_drops_deletions_and_hidden_text() -> None:
    def run(text: str, properties: str = "") -> str:
        return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"

    body = (
        f"<w:p>{run('保留')}<w:ins>{run('插入')}</w:ins><w:del>{run('删除')}</w:del>"
        f"{run('隐藏', '<w:vanish/>')}{run('显示', '''<w:vanish w:val='0'/>''')}</w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run('控件')}</w:p></w:sdtContent></w:sdt>"
        f"<w:p>{run('上')}<w:r><w:br/></w:r>{run('下')}</w:p>"
    )
    assert lines(zipped(docx_parts(body))) == ["保留插入显示", "控件", "上", "下"]


def test_a_docx_prints_the_numbers_that_word_counts() -> None:
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def level(number: int, shape: str, pattern: str) -> str:
        return (
            f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{shape}"/>'
            f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        )

    numbering = (
        f'<w:numbering {word}><w:abstractNum w:abstractNumId="0">'
        f"{level(0, 'chineseCountingThousand', '第%1章')}{level(1, 'decimal', '%2.')}"
        '</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    body = "".join(
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="7"/></w:numPr></w:pPr>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p>"
        for depth, text in ((0, "总则"), (1, "aim"), (1, "scope"), (0, "附则"), (1, "term"))
    )
    parts = docx_parts(body, numbering=numbering)
    parts["word/_rels/document.xml.rels"] = (
        '<Relationships><Relationship Type="http://x/numbering" Target="numbering.xml"/></Relationships>'
    )
    assert lines(zipped(parts)) == ["第一章总则", "1. aim", "2. scope", "第二章附则", "1. term"]


@pytest.mark.parametrize(
    ("number", "shape", "printed"),
    [
        (10, "chineseCounting", "十"),
        (21, "chineseCounting", "二十一"),
        (105, "chineseCountingThousand", "一百零五"),
        (1010, "chineseCountingThousand", "一千零一十"),
        (1994, "upperRoman", "MCMXCIV"),
        (27, "upperLetter", "AA"),
        (3, "decimalEnclosedCircle", "③"),
        (7, "no such format", "7"),
    ],
)
def test_numbers_are_printed_in_their_format(number: int, shape: str, printed: str) -> None:
    assert shaped(number, shape) == printed


def test_a_doc_is_read_by_its_piece_table_in_both_widths() -> None:
    data = doc(
        [SENTENCE + "\r", b"He said \x93yes\x94.\r", "末行\r"], title="行动规划".encode("gbk")
    )
    attached = read(data)
    assert attached.main.text.splitlines() == [SENTENCE, "He said “yes”.", "末行"]
    assert said(attached.description.title) == ("doc:Title", "行动规划")


def test_a_doc_gives_rows_and_the_results_of_fields() -> None:
    text = '甲\x07乙\x07\x07丙\x07丁\x07\x07见\x13 HYPERLINK "http://a.example" \x14附件\x15。\r'
    attached = read(doc([text]))
    assert attached.main.text.splitlines() == ["甲\t乙", "丙\t丁", "见附件。"]
    assert [block.kind for block in attached.main.blocks] == ["row", "row", "paragraph"]


def test_an_ofd_gives_its_lines_joined_and_its_fields() -> None:
    title = ofd_text("城市更新行动规划", 60, 40, 8)
    rest = [ofd_text(SENTENCE[:30], 30, 60), ofd_text(SENTENCE[30:], 20, 68)]
    attached = read(ofd([[title, *rest], [ofd_text("第二页", 30, 60)]], "城市更新行动规划"))
    assert attached.main.text.splitlines() == ["城市更新行动规划", SENTENCE, "第二页"]
    assert attached.main.blocks[0].kind == "heading"
    description = attached.description
    assert said(description.title) == ("ofd:Title", "城市更新行动规划")
    assert said(description.author) == ("ofd:Author", "张三")
    assert said(description.published_at) == ("ofd:CreationDate", "2022-03-04")


def test_the_characters_of_one_ofd_line_are_put_together() -> None:
    page = [ofd_text(character, 30 + 5 * place, 60) for place, character in enumerate("发展规划")]
    assert lines(ofd([page])) == ["发展规划"]


def test_an_ofd_of_pictures_needs_ocr() -> None:
    assert refusal(ofd([["<ofd:ImageObject/>"]])) == "The OFD file has no text layer: needs OCR."


@pytest.mark.parametrize(
    ("body", "claimed", "kind"),
    [
        (b"%PDF-1.7", "text/html", "pdf"),
        (b"\n\n%PDF-1.7", "", "pdf"),
        (b"HTTP says:\n%PDF-1.7", "application/pdf", "pdf"),
        (b"Every file begins with %PDF-1.7", "text/plain", None),
        (b"<p>Every file begins with %PDF-1.7", "application/pdf", None),
        (b"PK\x03\x04", "application/msword", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/pdf", "ole"),
        (b"<!doctype html>", "application/pdf", None),
    ],
)
def test_content_decides_what_a_file_is(body: bytes, claimed: str, kind: str | None) -> None:
    assert recognise(body, claimed) == kind


@pytest.mark.parametrize(
    ("text", "claimed", "plain"),
    [
        ("<p>a</p>", "text/plain; charset=utf-8", True),
        ("a\nb", "application/octet-stream", True),
        ("<p>a</p>", "application/octet-stream", False),
        ("a < b", "", True),
        ("a\nb", "text/html", False),
    ],
)
def test_text_without_markup_is_plain_unless_it_is_said_to_be_a_page(
    text: str, claimed: str, *, plain: bool
) -> None:
    assert is_plain(text, claimed) is plain


@given(st.text("规划建设", min_size=1), st.text("规划建设", min_size=1))
def test_joining_full_width_lines_adds_nothing(one: str, two: str) -> None:
    assert joined(one, two, Counter()) == one + two


def test_a_process_that_reads_no_attachment_loads_none_of_their_libraries() -> None:
    code = (
        "import sys; from pipelines import reading; reading.warm_up(); "
        "print({'pypdfium2', 'pypdf', 'olefile'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"
